"""Command lines: every command with any of its options, plausible and absurd, on scripts that are hostile.

    uv run python tests/fuzz/commands.py --number 10000

Each runs inside this process, so that it is quick. Besides what the harness looks for, no command may print a character
that moves a terminal's cursor, and a problem is told on stderr in a few lines.
"""

from __future__ import annotations

import functools
import importlib
import io
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.harness import NASTY, CaseError, Program, main

WEIGHTS = {
    **dict.fromkeys(("show", "timeline", "list", "check", "new", "history", "playlist", "feed", "breathe"), 10),
    **dict.fromkeys(("sheet", "verify", "plan"), 10),
    **dict.fromkeys(("patterns", "schema", "safety", "cache"), 2),
    "render": 4,
    "play": 2,
    "voices": 0.1,
    "doctor": 0.1,
}
"""How often each command is tried; those that start processes are slow."""
NAMES = ("cat-cow", "daily", "bad-day", "hostile", "hostile-routine", "broken", "mine.yaml", "./no.yaml", "caet", ".")
VALUES: dict[str, tuple[str, ...]] = {
    "breath": ("4-6", "box", "4-7-8", "99-99", "0-0", "4", "calm"),
    "ramp": ("3-4:4-6", "4-6:3-4", "4-6", ":"),
    "beat": ("1", "0.3", "5", "0", "-1", "nan", "1,5"),
    "minutes": ("1", "5", "0.1", "400", "nan", "-5", "1e9"),
    "pace": ("count", "tone", "loud"),
    "words": ("full", "brief", "names"),
    "voice": ("silent", "silent:x", "sylent"),
    "count_voice": ("silent", "x"),
    "rate": ("80", "300", "79", "1e3"),
    "loudness": ("-16", "-30", "0"),
    "background": ("mine.yaml", "no.wav", "/dev/null", "tone.wav"),
    "background_level": ("-12", "1", "-99"),
    "player": ("record:x.wav", "record:", "record:/", "recorder"),
    "output": ("x.mp3", "x.wav", "x.txt", "folder", "no/x.mp3", ".", "x.json", "CON.mp3"),
    "folder": (".", "folder", "no"),
    "url": ("https://example.org/a", "x", "javascript:x"),
    "weeks": ("1", "520", "0"),
    "kind": ("stretch", "routine"),
    "action": ("show", "clear", "new", "check", "x"),
    "file": ("plan.csv", "mine.yaml", "no.csv"),
    "files": ("mine.yaml", "folder", "no.mp3"),
    "download": (),
    "plan": (),
}
"""What is plausible for an option or argument; nothing is given to those that are empty."""
_SLOW, _LONG = ("render", "play"), ("daily", "bad-day")
"""What makes sound takes more than the limit for a whole routine, on a busy machine."""
_QUIET = {"quiet": True, "hands_free": False, "every": False, "clear": False}
"""Flags that are always or never given: ``--all`` is for another program, and a microphone is not for this one."""
_HOSTILE = r"\e]0;title\a\e[2J\x9b31m\u202e"


def make(rng: random.Random) -> list[str]:
    """Make a command line."""
    if rng.random() < 0.02:
        return [rng.choice(NASTY) for _ in range(rng.randint(0, 3))]
    name = rng.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]
    words = [name]
    for param in _params(name):
        words += [word for word in _given(param, rng) if not (name in _SLOW and word in _LONG)]
    if rng.random() < 0.1:
        words.insert(rng.randrange(1, len(words) + 1), rng.choice(NASTY))
    if name == "play" and "--player" not in words:
        words += ["--player", "record:x.wav"]
    return words


def _given(param: Any, rng: random.Random) -> Sequence[str]:
    is_flag = getattr(param, "is_flag", False)
    if is_flag:
        given = _QUIET.get(param.name, rng.random() < 0.15)
        return [max(param.opts, key=len)] if given else []
    known = VALUES.get(param.name, NAMES if param.param_type_name == "argument" else ("Calm", "5"))
    if not known or rng.random() < (0.1 if param.param_type_name == "argument" else 0.8):
        return []
    value = rng.choice(known) if rng.random() < 0.8 else rng.choice(NASTY)
    if param.param_type_name == "argument":
        return [value, *rng.choices(known, k=rng.choice((0, 0, 0, 1, 3)) if param.nargs == -1 else 0)]
    return [max(param.opts, key=len), value]


@functools.cache
def _params(name: str) -> tuple[Any, ...]:
    import typer

    from coach.cli import COMMANDS

    own = typer.Typer(rich_markup_mode=None, add_completion=False)
    importlib.import_module(f"coach.cli.{COMMANDS[name][0]}").register(own)
    group: Any = typer.main.get_group(own)
    return tuple(group.commands[name].params)


def attempt(words: list[str], folder: Path) -> None:
    """Run a command line, and look at what it prints."""
    from coach import __main__
    from coach.core.quoting import harmless

    _furnish(folder)
    os.environ["COACH_SCRIPTS"] = str(folder / "scripts")
    before = sys.argv, sys.stdout, sys.stderr, sys.stdin
    out, err = io.StringIO(), io.StringIO()
    sys.argv, sys.stdout, sys.stderr, sys.stdin = ["coach", *words], out, err, io.StringIO()
    try:
        status = __main__._run()
    finally:
        sys.argv, sys.stdout, sys.stderr, sys.stdin = before
    said = out.getvalue() + err.getvalue()
    if harmless(said) != said:
        raise CaseError(f"a control character was printed: {said!r}")
    if status not in (0, 1, 2):
        raise CaseError(f"ended with {status}")
    if status == 2 and not (err.getvalue().startswith("coach: ") or words[:1] == ["check"]):
        raise CaseError(f"refused without a word: {said!r}")
    if "Traceback" in said:
        raise CaseError(said)


_STRETCH = f"""\
name: Hostile
eases: "{_HOSTILE}"
position: back
setup: [Lie down.]
movement: {{kind: rest, dose: 10 s}}
release: [Rise.]
cautions: [{{note: "{_HOSTILE}"}}]
unsuitable: [pregnancy]
sources: [{{article: "{_HOSTILE}", dose: "{_HOSTILE}", note: "{_HOSTILE}"}}]
"""
_ROUTINE = f"""\
name: Hostile
purpose: "{_HOSTILE}"
source: "{_HOSTILE}"
stretches: [hostile]
"""


def _furnish(folder: Path) -> None:
    """Put hostile scripts and files with strange names into a folder."""
    stretches, routines = folder / "scripts" / "stretches", folder / "scripts" / "routines"
    stretches.mkdir(parents=True)
    routines.mkdir()
    (stretches / "hostile.yaml").write_text(_STRETCH)
    (stretches / "wro\x1b[2Jng.yaml").write_text(f'"{_HOSTILE}": 1\n')
    (stretches / "broken.yaml").write_text("? ? a: b: \x1b\n")
    (routines / "hostile-routine.yaml").write_text(_ROUTINE)
    (folder / "mine.yaml").write_text('name: M\npurpose: p\nstretches: ["\\e[2J", hostile]\n')
    (folder / "folder").mkdir()
    (folder / "folder" / "\x1b[2J.mp3").write_bytes(b"\x1b[2J")


if __name__ == "__main__":
    main(Program("command lines", make, attempt))
