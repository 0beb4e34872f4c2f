"""How long a render takes and how much memory, next to other ways: ``uv run python tests/benchmarks/render.py``.

The seven stretches once, twice and four times over (15, 30 and 60 minutes; ``--long`` adds 4 hours), with the clips in
the cache, and no encoded block. In the same run, on the same machine:

- **coach**: the whole command ``coach render``, start-up, tags, picture and captions included;
- **ffmpeg**: ffmpeg encoding the same samples from a file on one core, and nothing else; and the same with its threads
  on any core (**free**), where it takes some 1.3 cores;
- **pydub**: its plain way, each clip overlaid on a silent bed, then exported (not beyond ``--pydub`` minutes: its time
  grows with the square of the length);
- **espeak**: one text with SSML breaks, spoken by espeak-ng and piped to lame, with no count on any beat (where both
  are installed).

Times are the best of the rounds, which take turns. Memory is the most that the process and all it started held at any
moment (proportional set size), looked at every 20 ms.

``--files N`` renders a plan of N short files instead, next to ffmpeg encoding the samples of the same files, one a core
at a time: its share of that speed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from coach.audio.ffmpeg import ffmpeg_path
from coach.audio.finish import Quality
from coach.core.timeline import Timeline
from coach.publish.encoder import kbit_per_s
from coach.units import SAMPLE_RATE

STRETCHES = ["knee-to-chest", "lying-knee-twist", "childs-pose", "cat-cow", "piriformis", "glute-bridge", "cobra"]
COACH = [sys.executable, "-m", "coach"]
KBIT_PER_S = kbit_per_s(Quality.USUAL)
RAW = ["-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1"]
MP3 = ["-c:a", "libmp3lame", "-b:a", f"{KBIT_PER_S}k", "-f", "mp3"]


class Run(NamedTuple):
    """One process and what it started."""

    seconds: float
    peak_mb: float


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in children:
            # One that is a copy of its parent has not begun its own program yet: its memory is counted there.
            if command_of(int(child)) != command_of(pid):
                yield from tree(int(child))


def command_of(pid: int) -> bytes:
    """Return the command line of a process; nothing where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def memory_mb(pid: int) -> float:
    """Return what a process and all below it hold."""
    total_kb = 0
    for each in tree(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total_kb += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total_kb / 1024


def run(
    command: list[str], environment: dict[str, str], folder: Path, *, watch: bool = False, on_core: int | None = None
) -> Run:
    """Run a command and return its time, and its peak memory if it is watched (which takes time of its own)."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    if on_core is not None:
        os.sched_setaffinity(process.pid, {on_core})  # before it starts threads, which inherit it
    peak = 0.0
    while watch and process.poll() is None:
        peak = max(peak, memory_mb(process.pid))
        time.sleep(0.02)
    if process.wait():
        raise SystemExit(f"{command} failed")
    return Run(time.perf_counter() - started, peak)


def by_pydub(timeline: Timeline, clips: dict[str, Path], target: Path) -> float:
    """Lay every clip on a silent bed and export it, as pydub's examples do; return the time."""
    from pydub import AudioSegment

    AudioSegment.converter = ffmpeg_path()
    started = time.perf_counter()
    sounds = {text: AudioSegment.from_wav(path) for text, path in clips.items()}
    bed = AudioSegment.silent(duration=timeline.duration_ms, frame_rate=SAMPLE_RATE)
    for cue in timeline.cues:
        name = cue.text or cue.sound
        if name in sounds:
            bed = bed.overlay(sounds[name], position=cue.start_ms)
    bed.export(target, format="mp3", bitrate=f"{KBIT_PER_S}k")
    return time.perf_counter() - started


def clips_of(timeline: Timeline, samples: Path, folder: Path) -> dict[str, Path]:
    """Cut each clip out of the rendered samples, for pydub to lay down again."""
    folder.mkdir()
    found: dict[str, Path] = {}
    raw = samples.read_bytes()
    for cue in timeline.cues:
        name = cue.text or cue.sound
        if name and name not in found and cue.kind != "breath":
            first, last = (2 * (ms * SAMPLE_RATE // 1000) for ms in (cue.start_ms, cue.end_ms))
            found[name] = folder / f"{len(found)}.wav"
            with wave.open(str(found[name]), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(SAMPLE_RATE)
                file.writeframes(raw[first:last])
    return found


def ssml(timeline: Timeline) -> str:
    """Return the same words with breaks between them, as a script of one's own would do it."""
    parts, at_ms = [], 0
    for cue in timeline.cues:
        if cue.text is not None:
            parts.append(f'<break time="{max(0, cue.start_ms - at_ms)}ms"/>{cue.text}')
            at_ms = cue.end_ms
    return f"<speak>{' '.join(parts)}</speak>"


def measure(folder: Path, times: int, rounds: int, pydub_minutes: float) -> Run:
    """Print a line for the seven stretches ``times`` over."""
    script = folder / f"bench{times}.yaml"
    script.write_text(f"name: Bench\npurpose: to be timed\nstretches: [{', '.join(STRETCHES * times)}]\n")
    environment = {**os.environ, "COACH_CACHE": str(folder / "cache")}
    command = [*COACH, "render", script.name]
    run([*command, "-o", "x.wav", "--no-captions", "--force"], environment, folder)
    told = subprocess.run([*COACH, "timeline", script.name, "--json"], cwd=folder, env=environment, capture_output=True)
    timeline = Timeline.from_json(told.stdout.decode())
    decode = ["-v", "error", "-y", "-i", "x.wav", "-f", "s16le", "x.raw"]
    subprocess.run([ffmpeg_path(), *decode], cwd=folder, check=True)
    (folder / "x.wav").unlink()
    minutes = timeline.duration_ms / 60_000
    coach, alone, free = [], [], []
    encode = [ffmpeg_path(), "-v", "error", "-y", *RAW, "-i", "x.raw", *MP3, "a.mp3"]
    for _ in range(rounds):
        for block in (folder / "cache").rglob("*.block"):
            block.unlink()
        coach.append(run([*command, "-o", "x.mp3", "--force"], environment, folder).seconds)
        alone.append(run(encode, environment, folder, on_core=min(os.sched_getaffinity(0))).seconds)
        free.append(run(encode, environment, folder).seconds)
    watched = run([*command, "-o", "x.mp3", "--force"], environment, folder, watch=True)
    line = f"{minutes:7.1f} {min(coach):7.2f} s {watched.peak_mb:6.0f} MB"
    for other in (alone, free):
        line += f" {min(other):7.2f} s {min(coach) / min(other):6.2f}"
    if minutes <= pydub_minutes:
        spent = by_pydub(timeline, clips_of(timeline, folder / "x.raw", folder / f"clips{times}"), folder / "p.mp3")
        line += f" {spent:8.1f} s {spent / min(coach):5.0f} x"
    else:
        line += f" {'-':>10} {'-':>7}"
    if shutil.which("espeak-ng") and shutil.which("lame"):
        (folder / "x.ssml").write_text(ssml(timeline))
        piped = f"espeak-ng -m -s 145 --stdout -f x.ssml | lame --quiet -b {KBIT_PER_S} - e.mp3"
        line += f" {run(['bash', '-c', piped], environment, folder).seconds:7.2f} s"
    print(line)
    return Run(min(coach), watched.peak_mb)


def routines(rounds: int, pydub_minutes: float, *, long: bool) -> None:
    """Print the table of lengths."""
    heads = f"{'minutes':>7} {'coach':>9} {'memory':>9} {'ffmpeg':>9} {'ratio':>6} {'free':>9} {'ratio':>6}"
    print(f"{heads} {'pydub':>10} {'':>7} {'espeak':>9}")
    with tempfile.TemporaryDirectory() as name:
        done = {
            times: measure(Path(name), times, rounds, pydub_minutes) for times in (1, 2, 4, *((16,) if long else ()))
        }
    first, last = done[1], done[max(done)]
    print(
        f"{max(done)} times the length: {last.seconds / first.seconds:.2f} times as long, "
        f"{last.peak_mb / first.peak_mb:.2f} times the memory"
    )


def plan(count: int) -> None:
    """Print how fast a plan of short files is, seen from what an encoder a core could do."""
    environment = dict(os.environ)
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment["COACH_CACHE"] = str(folder / "cache")
        told = subprocess.run([*COACH, "list", "--json"], env=environment, capture_output=True, check=True)
        names = [row["name"] for row in json.loads(told.stdout)["stretches"]]
        rows = [f"{names[index % len(names)]},Person {index},{index:04}" for index in range(count)]
        (folder / "plan.csv").write_text("routine,title,output\n" + "\n".join(rows) + "\n")
        (folder / "warm.csv").write_text("routine,output\n" + "\n".join(f"{each},{each}.wav" for each in names) + "\n")
        run([*COACH, "render", "--plan", "warm.csv", "-o", "warm", "--no-captions"], environment, folder)
        waves = [folder / "warm" / f"{names[index % len(names)]}.wav" for index in range(count)]

        def encode(left: Iterator[int], core: int | None) -> None:
            for index in left:
                target = f"alone{core}.{index % 7}.mp3"
                command = [ffmpeg_path(), "-v", "error", "-y", "-i", str(waves[index]), "-map", "0:a", *MP3, target]
                run(command, environment, folder, on_core=core)

        alone = {}
        for on_one_core in (True, False):
            left = iter(range(count))
            started = time.perf_counter()
            with ThreadPoolExecutor(len(cores)) as threads:
                list(threads.map(partial(encode, left), cores if on_one_core else [None] * len(cores)))
            alone[on_one_core] = time.perf_counter() - started
        spent = run([*COACH, "render", "--plan", "plan.csv", "-o", "out"], environment, folder).seconds
        again = run([*COACH, "render", "--plan", "plan.csv", "-o", "out"], environment, folder).seconds
        minutes = sum(path.stat().st_size for path in waves) / 2 / SAMPLE_RATE / 60
    print(f"{count} files, {minutes:.0f} minutes: {spent:.1f} s")
    for on_one_core, how in ((True, "each kept to its core"), (False, "free")):
        taken = alone[on_one_core]
        print(f"{len(cores)} encoders alone, {how}: {taken:.1f} s, so the plan has {taken / spent:.0%} of their speed")
    print(f"asked for again, all up to date: {again:.1f} s")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pydub", type=float, default=31, metavar="MINUTES", help="how far pydub is asked to go")
    parser.add_argument("--long", action="store_true", help="4 hours too")
    parser.add_argument("--files", type=int, help="a plan of so many short files instead")
    asked = parser.parse_args()
    if asked.files:
        plan(asked.files)
    else:
        routines(asked.rounds, asked.pydub, long=asked.long)


if __name__ == "__main__":
    main()
