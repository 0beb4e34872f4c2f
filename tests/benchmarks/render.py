"""How long a render takes and how much memory, next to ffmpeg alone: ``uv run python tests/benchmarks/render.py``.

Each figure is of a whole ``coach render`` in a process of its own, start-up included. “ffmpeg alone” encodes the same
samples from a raw file with the same options, in the same run. Warm and ffmpeg are the best of several rounds, taken in
turn, so that both meet the same machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from coach.encoder import MP3_KBIT_PER_S
from coach.ffmpeg import ffmpeg_path
from coach.units import SAMPLE_RATE

STRETCHES = ["knee-to-chest", "lying-knee-twist", "childs-pose", "cat-cow", "piriformis", "glute-bridge", "cobra"]


class Run(NamedTuple):
    """One process."""

    seconds: float
    peak_mb: float


def run(command: list[str], environment: dict[str, str], folder: Path) -> Run:
    """Run a command and return its time and peak memory (the larger of its own and its children's)."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return Run(seconds, usage.ru_maxrss / 1024)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"{'minutes':>8} {'cold':>7} {'warm':>7} {'ffmpeg':>7} {'warm/ffmpeg':>12} {'peak MB':>8}")
    warm_s, peaks = {}, {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for times in (1, 4):
            minutes, cold, warm, alone = measure(folder, times, rounds)
            warm_s[times], peaks[times] = warm.seconds, warm.peak_mb
            ratio = warm.seconds / alone.seconds
            print(
                f"{minutes:8.1f} {cold.seconds:6.2f}s {warm.seconds:6.2f}s {alone.seconds:6.2f}s "
                f"{ratio:12.2f} {warm.peak_mb:8.0f}"
            )
    print(
        f"four times the length: {warm_s[4] / warm_s[1]:.2f} times as long, {peaks[4] / peaks[1]:.2f} times the memory"
    )


def measure(folder: Path, times: int, rounds: int) -> tuple[float, Run, Run, Run]:
    """Render a routine of the seven stretches ``times`` over: cold, warm, and ffmpeg alone."""
    script = folder / f"bench{times}.yaml"
    script.write_text(f"name: Bench\npurpose: to be timed\nstretches: [{', '.join(STRETCHES * times)}]\n")
    environment = {**os.environ, "COACH_CACHE": str(folder / f"cache{times}")}
    command = [sys.executable, "-m", "coach", "render", script.name]
    cold = run([*command, "-o", "x.mp3"], environment, folder)
    run([*command, "-o", "x.wav"], environment, folder)
    raw = folder / "x.raw"
    decode = ["-v", "error", "-y", "-i", "x.wav", "-f", "s16le", "x.raw"]
    subprocess.run([ffmpeg_path(), *decode], cwd=folder, check=True)
    minutes = raw.stat().st_size / 2 / SAMPLE_RATE / 60
    encode = ["-v", "error", "-y", "-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "x.raw"]
    encode += ["-c:a", "libmp3lame", "-b:a", f"{MP3_KBIT_PER_S}k", "-f", "mp3", "alone.mp3"]
    warm, alone = [], []
    for _ in range(rounds):
        warm.append(run([*command, "-o", "x.mp3"], environment, folder))
        alone.append(run([ffmpeg_path(), *encode], environment, folder))
    return minutes, cold, min(warm), min(alone)


if __name__ == "__main__":
    main()
