"""Paths as people write them."""

from __future__ import annotations

from pathlib import Path

from coach.errors import InputError


def expanded(text: str) -> Path:
    """Return a path with ``~`` resolved.

    Raises:
        InputError: it names the home of somebody who is not there.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise InputError(f"{text} begins with the home folder of an unknown user; write the path in full") from error
