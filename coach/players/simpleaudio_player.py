"""Plays through simpleaudio, in a process of its own."""

from __future__ import annotations

import importlib.util
import sys

from coach.errors import PlayerError
from coach.players.base import Read

CRASHES_FROM = (3, 12)
"""The first Python on which simpleaudio 1.0.4 crashes the interpreter."""
_INSTEAD = "use --player miniaudio, which is always there"


def why_not() -> str | None:
    """Return why simpleaudio cannot be used here; ``None`` when it can."""
    if sys.version_info >= CRASHES_FROM:
        version = ".".join(map(str, sys.version_info[:2]))
        return f"simpleaudio crashes on Python 3.12 and later, and this is {version}; {_INSTEAD}"
    if importlib.util.find_spec("simpleaudio") is None:
        return f"simpleaudio is not installed; install stretch-coach[simpleaudio], or {_INSTEAD}"
    return None


class SimpleaudioPlayer:
    """Plays through simpleaudio."""

    name = "simpleaudio"
    latency_ms = 200
    underruns = 0

    def start(self, read: Read) -> None:
        """Start the process and begin to read."""
        raise PlayerError(why_not() or f"simpleaudio cannot be used yet; {_INSTEAD}")

    def problem(self) -> str | None:
        """Why it no longer plays."""
        return None

    def stop(self) -> None:
        """End the process."""
