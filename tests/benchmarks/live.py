"""A live session: time to first sound, share of a core, memory: ``uv run python tests/benchmarks/live.py``.

- **first sound**: from the command to the first sample that a private PulseAudio plays (clips in the cache, system
  voice), over ``--rounds`` starts of each player;
- **share**: processor time over time, of the command and all it started, in ``--seconds`` of playing with its screen in
  a terminal of 80 × 24; and how often the device ran dry;
- **an hour**: the seven stretches four times over, played fast into a file: memory at its peak, processor time for each
  second that is heard.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import numpy as np  # noqa: E402
from render import COACH, STRETCHES, run, tree  # noqa: E402

from support.pulse import AudioServer  # noqa: E402
from support.terminals import Pseudo  # noqa: E402

PLAYERS = ("miniaudio", "simpleaudio")


def cpu_s(pid: int) -> float:
    """Return the processor time of a process and all below it so far."""
    ticks = 0
    for each in tree(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def session(server: AudioServer, folder: Path, *arguments: str) -> Pseudo:
    """Begin a session in a terminal of its own."""
    words = ["coach", "play", *STRETCHES, "--voice", "system", *arguments]
    code = f"import sys; sys.argv = {words!r}; from coach.__main__ import main; main()"
    return Pseudo(code, folder, {**server.env, "COACH_DATA": str(folder / "data")})


def first_sound_s(server: AudioServer, folder: Path, player: str) -> float:
    """Return how long it takes until something is heard."""
    with server.recording() as recording:
        started = time.perf_counter()
        played = session(server, folder, "--player", player, "--quiet")
        seen = recording.frames
        try:
            while True:
                samples = recording.samples()
                if np.any(samples[seen:]):
                    return time.perf_counter() - started
                seen = len(samples)
                if played.process.poll() is not None or time.perf_counter() - started > 30:
                    raise SystemExit(f"nothing is heard: {played.output}{played.errors}")
                time.sleep(0.005)
        finally:
            played.close()


def playing(server: AudioServer, folder: Path, player: str, seconds: float) -> tuple[float, str]:
    """Return the share of one core that playing takes, and what was said of the device at the end."""
    played = session(server, folder, "--player", player)
    try:
        time.sleep(5)  # beyond the start
        began, before = time.perf_counter(), cpu_s(played.process.pid)
        time.sleep(seconds)
        share = (cpu_s(played.process.pid) - before) / (time.perf_counter() - began)
        played.press(b"\x03")
        played.ended()
        dry = [line for line in played.errors.splitlines() if "ran dry" in line]
        return share, dry[0] if dry else "the device never ran dry"
    finally:
        played.close()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fast = [
            *COACH,
            "play",
            *STRETCHES * 4,
            "--voice",
            "system",
            "--player",
            f"record:{folder / 'hour.wav'}",
            "--quiet",
        ]
        environment = {**os.environ, "COACH_DATA": str(folder / "data")}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        hour = run(fast, environment, folder, watch=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        heard_s = (folder / "hour.wav").stat().st_size / 2 / 48_000
        print(
            f"{heard_s / 60:.1f} minutes into a file: {hour.seconds:.1f} s, {hour.peak_mb:.0f} MB at the peak, "
            f"{used / heard_s:.2%} of a core for each second heard"
        )
        server = AudioServer()
        try:
            server.start()
            for player in PLAYERS:
                times = sorted(first_sound_s(server, folder, player) for _ in range(options.rounds))
                print(f"{player}: first sound after {times[0]:.2f} s, median {statistics.median(times):.2f} s")
                share, dry = playing(server, folder, player, options.seconds)
                print(f"{player}: {share:.1%} of a core while playing; {dry}")
        finally:
            server.close()


if __name__ == "__main__":
    main()
