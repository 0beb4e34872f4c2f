"""``coach safety``: when to see a doctor before stretching."""

from __future__ import annotations

import contextlib
from pathlib import Path

import platformdirs
import typer

from coach.cli.output import say
from coach.core.languages.english.safety import TEXT

_POINTER = "Before your first stretch: “coach safety” says when to see a doctor instead."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(safety)


def safety() -> None:
    """Say when to see a doctor before stretching, and how to stretch with care."""
    say(TEXT.rstrip("\n"))


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
