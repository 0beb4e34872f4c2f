"""Plans that are nearly right: tables with cells that have broken programs before, in any encoding and separator."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

from harness import NASTY, CaseError, Program, badly_told, main

COLUMNS = (
    *("routine", "breathing", "minutes", "drop", "gentle", "words", "breath", "ramp", "beat", "pace", "guidance"),
    *("setup", "voice", "rate", "count voice", "title", "loudness", "background", "background level", "captions"),
    *("podcast", "output"),
)
FITTING = {
    "routine": ("cobra", "cat-cow + cobra", "five-minutes", "bird-dog childs-pose", "kobra", "mine.yaml", "../x.yaml"),
    "breathing": ("yes", "no", "1"),
    "minutes": ("3", "12,5", "0", "361", "1e9"),
    "words": ("full", "BRIEF", "names"),
    "breath": ("4-6", "box", "4-7-8", "21-1"),
    "ramp": ("3-4:4-6", "4-6"),
    "beat": ("1", "0,8", "0.29", "5"),
    "pace": ("count", "tone+count", "silent"),
    "guidance": ("fading", "full"),
    "setup": ("brisk", "slow"),
    "voice": ("silent", "auto"),
    "rate": ("145", "80.4", "301"),
    "title": ("Für Jörg", "🌞 <b>"),
    "loudness": ("-16", "-31"),
    "background": ("rain.wav", "~nobody-of-this-name/x", "/dev/zero"),
    "background level": ("-12", "1"),
    "output": ("a", "A.mp3", "b.flac", "../x.mp3", "NUL.mp3", "CON", "a\x00b", ".hidden", "x" * 300, "link.mp3"),
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")


def make(rng: random.Random) -> bytes:
    """Make a plan of up to eight rows."""
    columns = rng.sample(COLUMNS, rng.randrange(1, 7))
    if rng.random() < 0.9 and "routine" not in columns:
        columns[0] = "routine"
    rows = [[_head(column, rng) for column in columns]]
    for _ in range(rng.choice((0, 1, 2, 4, 8))):
        cells = [_cell(column, rng) for column in columns]
        if rng.random() < 0.1:
            cells += [rng.choice(NASTY)] * rng.choice((1, 1, 50))
        rows.append(cells[: rng.choice((len(cells), len(cells), len(cells), 1))])
    return _encoded(_written(rows, rng), rng)


def _head(column: str, rng: random.Random) -> str:
    if rng.random() < 0.01:
        return rng.choice(NASTY)
    return rng.choice((column, column, column.upper(), f" {column} ", column.replace(" ", "_")))


def _cell(column: str, rng: random.Random) -> str:
    if column in FITTING and rng.random() < (0.97 if column == "routine" else 0.8):
        return rng.choice(FITTING[column])
    return rng.choice(("", rng.choice(NASTY)))


def _written(rows: list[list[str]], rng: random.Random) -> str:
    separator = rng.choice(",;\t")
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=rng.choice(("\n", "\r\n", "\r"))).writerows(rows)
    head = f"sep={separator}\r\n" if rng.random() < 0.1 else ""
    return head + text.getvalue()


def _encoded(text: str, rng: random.Random) -> bytes:
    data = bytearray(text.encode(rng.choice(ENCODINGS), errors="replace"))
    if rng.random() < 0.1 and data:
        for _ in range(rng.choice((1, 3, 20))):
            data[rng.randrange(len(data))] = rng.choice((0, 0x22, 0x0A, 0x2C, 0xFF, rng.randrange(256)))
    return bytes(data)


def attempt(plan: bytes, folder: Path) -> None:
    """Read a plan, and do for each row all that is done before a voice is opened."""
    from coach.errors import CoachError
    from coach.library.paths import path_library
    from coach.order import Order
    from coach.publish.jobs import Made, Names
    from coach.publish.rendering import prepare
    from coach.publish.table import read_plan
    from coach.recipe import estimate

    path, out, library = folder / "plan.csv", folder / "out", path_library()
    path.write_bytes(plan)
    out.mkdir()
    (out / "link.mp3").symlink_to(folder.parent / "outside.mp3")
    rows = read_plan(path)
    jobs = list(Names(out).jobs_of_plan(rows, Order(voice="silent")))
    if len(jobs) != len(rows):
        raise CaseError(f"{len(rows)} rows, of which {len(jobs)} were told of")
    for job in jobs:
        if isinstance(job, Made):
            _check_failure(job.failure, folder)
            continue
        if job.path.parent != out:
            raise CaseError(f"outside: {job.path}")
        try:
            prepare(job.order, job.path, library=library)
            estimate(job.order, library=library)
        except CoachError as error:
            _check_failure(f"{job.place}: {error}", folder)


def _check_failure(failure: str, folder: Path) -> None:
    if not failure.startswith(f"{folder / 'plan.csv'}:"):
        raise CaseError(f"a failure without its row: {failure}")
    if wrong := badly_told(failure):
        raise CaseError(f"{wrong}: {failure}")


if __name__ == "__main__":
    main(Program("plans", make, attempt), 2000)
