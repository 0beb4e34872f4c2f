"""``coach safety``: when to see a doctor before stretching."""

from __future__ import annotations

import contextlib
import textwrap
from pathlib import Path

import platformdirs
import typer

from coach.cli.output import say
from coach.core.languages.english.safety import AVOIDING, TEXT
from coach.library.standard import standard_library

_WIDTH = 118
_POINTER = "Before your first stretch: “coach safety” says when to see a doctor instead."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(safety)


def safety() -> None:
    """Say when to see a doctor before stretching, how to stretch with care, and what can be avoided."""
    say(TEXT)
    say(AVOIDING)
    conditions = standard_library().conditions.by_name
    widest = max(map(len, conditions))
    for name, condition in conditions.items():
        say(f"  {name:{widest}}  {condition.name}")
        for text in (condition.why, f"Source: {condition.source}."):
            indent = " " * (widest + 4)
            say(textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False))


def point_to_safety_once() -> None:
    """Point to ``coach safety`` on stderr, the first time on a machine."""
    marker = platformdirs.user_state_path("stretch-coach", appauthor=False) / "pointed-to-safety"
    if not marker.exists():
        say(_POINTER, err=True)
        _leave(marker)


def _leave(marker: Path) -> None:
    with contextlib.suppress(OSError):  # then it is said again next time
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
