"""What blocks save, next to ffmpeg: ``uv run python tests/benchmarks/blocks.py``; ``--rows N`` renders a plan too.

The usual voice says ``lower-back-seven`` (16 minutes). In each round, on the same machine: the whole command with an
empty cache; again with every block kept; with brief words and fitted to 15 minutes, each for the first time and again;
and ffmpeg encoding the samples from a file, free to use every core. Then, in a process that has rendered before: the
file again, and how soon a stream gives its first part and its first sound. Last, what three commands take of a core.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from coach.audio.ffmpeg import ffmpeg_path
from coach.audio.finish import Quality
from coach.order import Order
from coach.publish.encoder import kbit_per_s
from coach.publish.publish import mix
from coach.publish.rendering import render
from coach.publish.streaming import stream
from coach.recipe import compile as compile_order
from coach.recipe import finish_of
from coach.units import SAMPLE_RATE

COACH = [sys.executable, "-m", "coach"]
ORDER = Order(targets=("lower-back-seven",))
PROGRAMMES = 50


def seconds(command: list[str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def commands(folder: Path, rounds: int) -> None:
    """Print how long the command takes, next to ffmpeg."""
    samples = np.concatenate(list(mix(compile_order(ORDER), finish_of(ORDER)).blocks()))
    samples.tofile(folder / "x.raw")
    raw = ["-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "x.raw"]
    coded = ["-c:a", "libmp3lame", "-b:a", f"{kbit_per_s(Quality.USUAL)}k", "a.mp3"]
    ways: dict[str, list[str]] = {
        "nothing kept": [],
        "all blocks kept": [],
        "brief words": ["--words", "brief"],
        "brief words again": ["--words", "brief"],
        "15 minutes": ["--minutes", "15"],
        "15 minutes again": ["--minutes", "15"],
    }
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        shutil.rmtree(os.environ["COACH_CACHE"], ignore_errors=True)
        alone = seconds([ffmpeg_path(), "-v", "error", "-y", *raw, *coded], folder)
        found["ffmpeg alone"].append(alone)
        for way, more in ways.items():
            took = seconds([*COACH, "render", *ORDER.targets, *more, "-o", "y.mp3", "--force"], folder)
            found[way].append(took)
            found[f"{way} / ffmpeg"].append(took / alone)
    for way, each in found.items():
        print(f"{way:28} {statistics.median(each):6.2f}   ({min(each):.2f} to {max(each):.2f})")


def one_process(folder: Path, rounds: int) -> None:
    """Print how long it takes where everything is loaded."""
    found: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds + 2):
        started = time.perf_counter()
        render(ORDER, folder / f"z{number}.mp3")
        found["file, in a running process"].append(time.perf_counter() - started)
        started = time.perf_counter()
        heard = stream(ORDER)
        parts = iter(heard)
        next(parts)
        found["stream, first part"].append(time.perf_counter() - started)
        next(parts)
        found["stream, first sound"].append(time.perf_counter() - started)
        heard.close()
    for way, each in found.items():
        print(f"{way:28} {statistics.median(each[2:]):6.3f}   ({min(each[2:]):.3f} to {max(each[2:]):.3f})")
    shutil.rmtree(os.environ["COACH_CACHE"], ignore_errors=True)
    started = time.perf_counter()
    parts = iter(stream(ORDER))
    next(parts), next(parts), next(parts)
    print(f"{'stream, first sound, no block kept':34} {time.perf_counter() - started:6.3f}")


def starts(folder: Path, rounds: int) -> None:
    """Print what commands take of a core."""
    for command in (["list"], ["timeline", "daily"], ["--version"]):
        taken = []
        for _ in range(rounds + 1):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds([*COACH, *command], folder)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        print(
            f"coach {' '.join(command):22} {statistics.median(taken[1:]):6.2f} s of a core, least {min(taken[1:]):.2f}"
        )


def plan(folder: Path, rows: int, kind: str) -> None:
    """Print how long a plan takes: so many rows over 50 programmes, with names in their titles, clips known."""
    names = subprocess.run([*COACH, "list", "--json"], capture_output=True, check=True, text=True).stdout
    each = [row["name"] for row in json.loads(names)[kind]]
    ways = [("full", "normal"), ("brief", "normal"), ("full", "brisk"), ("brief", "brisk")]
    programmes = [(name, *way) for way in ways for name in each][:PROGRAMMES]
    lines = ["routine,words,setup,title,output"]
    for number in range(rows):
        lines.append(",".join((*programmes[number % len(programmes)], f"For person {number}", f"{number:05}")))
    (folder / "plan.csv").write_text("\n".join(lines) + "\n")
    shutil.rmtree(os.environ["COACH_CACHE"], ignore_errors=True)
    for way in ("nothing kept", "up to date"):
        started = time.perf_counter()
        command = [*COACH, "render", "--plan", "plan.csv", "-o", "out", "--no-captions"]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL)
        made = list((folder / "out").glob("*.mp3"))
        size = sum(path.stat().st_size for path in made)
        hours = size * 8 / 1000 / kbit_per_s(Quality.USUAL) / 3600
        took = time.perf_counter() - started
        print(f"plan, {way}: {took:.1f} s for {len(made)} files, {hours:.0f} hours, status {done.returncode}")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, help="a plan of so many rows instead")
    parser.add_argument("--of", choices=("routines", "stretches"), default="stretches", help="what the plan is made of")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["COACH_CACHE"] = f"{name}/cache"
        if asked.rows:
            plan(Path(name), asked.rows, asked.of)
        else:
            commands(Path(name), asked.rounds)
            one_process(Path(name), asked.rounds)
            starts(Path(name), asked.rounds)


if __name__ == "__main__":
    main()
