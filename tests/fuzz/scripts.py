"""Scripts that are nearly right: texts of the library, changed with knowledge of the format.

uv run python tests/fuzz/scripts.py --number 100000
"""

from __future__ import annotations

import functools
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.harness import NASTY, CaseError, Program, main

KINDS = {
    "flow": "kind: flow\n  dose: 6 x\n  inhale: Breathe in.\n  exhale: Breathe out.\n",
    "hold": "kind: hold\n  dose: 10-20 s\n  lines:\n    - {breath: 1, phase: out, say: Soften.}\n",
    "repeated-hold": "kind: repeated-hold\n  dose: 3 x\n  hold: 9 s\n  out: Lift.\n  back: {say: Lower.}\n",
    "sequence": "kind: sequence\n  dose: 2 x\n  places: [{say: Roll., hold: 5 s}, {say: To., hold: 3 s, move: 2 s}]\n",
    "counted": "kind: counted\n  dose: 30-50 x\n  beats: 2\n",
    "rest": "kind: rest\n  dose: 1 min\n",
}
KEYS = (
    *("name", "eases", "position", "ends_in", "sides", "breath", "setup", "movement", "release", "cautions", "easier"),
    *("harder", "unsuitable", "instead", "sources", "say", "again", "move", "kind", "dose", "hold", "pace", "out"),
    *("back", "rest", "inhale", "exhale", "named", "places", "beats", "lines", "phase", "note", "article", "purpose"),
    *("source", "opening", "closing", "stretches", "stretch", "other", "1", "<<", "? a", "[a]"),
)
PLAIN = ("back", "sitting", "hands-and-knees", "left", "[left, right]", "in", "out", "count", "breath", "false")


@functools.cache
def _library() -> tuple[str, ...]:
    from coach.files import data_folder

    paths = sorted(data_folder("scripts").glob("*/*.yaml"))
    return tuple(path.read_text(encoding="utf-8") for path in paths)


def make(rng: random.Random) -> str:
    """Make a script: one of the library, with one to six changes."""
    text = rng.choice(_library())
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        text = rng.choice(CHANGES)(text, rng)
    return text


def _value(rng: random.Random) -> str:
    return rng.choice((rng.choice(NASTY), rng.choice(PLAIN)))


def _at_line(change: Callable[[list[str], int, random.Random], None]) -> Callable[[str, random.Random], str]:
    def changed(text: str, rng: random.Random) -> str:
        lines = text.split("\n")
        change(lines, rng.randrange(len(lines)), rng)
        return "\n".join(lines)

    return changed


@_at_line
def _drop(lines: list[str], at: int, _rng: random.Random) -> None:
    del lines[at]


@_at_line
def _repeat(lines: list[str], at: int, rng: random.Random) -> None:
    lines[at:at] = [lines[at]] * rng.choice((1, 1, 2, 50))


@_at_line
def _move(lines: list[str], at: int, rng: random.Random) -> None:
    lines.insert(rng.randrange(len(lines)), lines.pop(at))


@_at_line
def _indent(lines: list[str], at: int, rng: random.Random) -> None:
    lines[at] = rng.choice(("  ", " ", "\t", "- ", "? ")) + lines[at]


@_at_line
def _outdent(lines: list[str], at: int, _rng: random.Random) -> None:
    lines[at] = lines[at][2:]


@_at_line
def _other_value(lines: list[str], at: int, rng: random.Random) -> None:
    head, colon, value = lines[at].partition(": ")
    start = f"{head}: " if colon else f"{head[: len(head) - len(head.lstrip())]}- "
    lines[at] = start + rng.choice((_value(rng), _value(rng) + value))


@_at_line
def _other_key(lines: list[str], at: int, rng: random.Random) -> None:
    lines[at] = re.sub(r"[\w-]+:", lambda _: f"{rng.choice(KEYS)}:", lines[at], count=1)


@_at_line
def _more(lines: list[str], at: int, rng: random.Random) -> None:
    space = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    lines.insert(at, f"{space}{rng.choice(KEYS)}: {_value(rng)}")


@_at_line
def _anchor(lines: list[str], at: int, rng: random.Random) -> None:
    marks = ("&a ", "*a ", "&a *a ", "!!str ", "!!int ", "!x ", "<<: *a ", "| ", "> ", '"', "'", "[", "{")
    mark = rng.choice(marks)
    lines[at] = re.sub(r"(: |- )", lambda found: found[0] + mark, lines[at], count=1)


@_at_line
def _other_number(lines: list[str], at: int, rng: random.Random) -> None:
    number = rng.choice(("0", "1", "2", "9", "59", "360", "500", "3600", "999999", "-1", "1.5"))
    lines[at] = re.sub(r"\d+", lambda _: number, lines[at], count=rng.choice((0, 1)))


def _other_movement(text: str, rng: random.Random) -> str:
    kind = rng.choice(tuple(KINDS))
    return re.sub(r"(?m)^movement:\n(  .*\n)+", lambda _: f"movement:\n  {KINDS[kind]}", text)


def _splice(text: str, rng: random.Random) -> str:
    other = rng.choice(_library()).split("\n")
    lines = text.split("\n")
    at, start = rng.randrange(len(lines)), rng.randrange(len(other))
    lines[at:at] = other[start : start + rng.randint(1, 8)]
    return "\n".join(lines)


def _noise(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice((rng.choice(NASTY), chr(rng.randrange(0x110000)))) + text[at + rng.randint(0, 3) :]


def _nested(text: str, rng: random.Random) -> str:
    return f"{text}\nname: {rng.choice(('[', '{a: ', '- ', '? ')) * rng.choice((20, 5000))}"


CHANGES: tuple[Callable[[str, random.Random], str], ...] = (
    *(_drop, _repeat, _move, _indent, _outdent, _other_value, _other_value, _other_key, _more, _more, _anchor),
    *(_other_number, _other_number, _other_movement, _splice, _noise, _nested),
)


def attempt(text: str, folder: Path) -> None:
    """Check a script, list it, and compile it if it is sound."""
    from coach.library.library import Library
    from coach.library.paths import PathLibrary
    from coach.library.standard import standard_folders

    path = folder / "mine.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    library = PathLibrary(standard_folders())
    problems = library.problems_at(path)
    if not problems:
        library.findings_at(path)
    try:
        routine = library.routine(str(path))
    finally:
        _same_by_text(text, bool(problems), Library(standard_folders(), stretches={"mine": text}))
    if problems and not all(problem.message.startswith("there is no stretch") for problem in problems):
        raise CaseError(f"is taken in spite of {problems[:3]}")
    _compile(routine)


def _same_by_text(text: str, is_wrong: bool, library: object) -> None:
    """A text is read like a file, but for what is no text at all."""
    from coach.errors import InputError
    from coach.library.library import Library

    assert isinstance(library, Library)
    if max(text, default="") >= "\ud800" and any("\ud800" <= char <= "\udfff" for char in text):
        return
    entry = library.stretches["mine"]
    try:
        library.opened("mine", entry)
    except InputError:
        if not is_wrong:
            raise


def _compile(routine: object) -> None:
    from coach.compiler import estimate
    from coach.core.routine import Routine
    from coach.core.timeline import Timeline
    from coach.recipe import DEFAULT_DELIVERY

    assert isinstance(routine, Routine)
    timeline = estimate(routine, DEFAULT_DELIVERY)
    if Timeline.from_json(timeline.to_json()) != timeline:
        raise CaseError("its timeline is another after it was written and read")


if __name__ == "__main__":
    main(Program("scripts", make, attempt))
