"""What a person can ask of a session, by key, by voice or by a media key."""

from __future__ import annotations

from enum import StrEnum


class Command(StrEnum):
    """One thing to do. In breathing alone there are no stretches: again is from the beginning, next does nothing."""

    TOGGLE = "toggle"
    """Pause, or go on."""
    PAUSE = "pause"
    GO_ON = "go-on"
    NEXT = "next"
    """The next stretch."""
    PREVIOUS = "previous"
    """The stretch before, or this one from its beginning when it has begun a while ago."""
    REPEAT = "repeat"
    """This stretch again."""
    SKIP_SIDE = "skip-side"
    SLOWER = "slower"
    """A longer beat, from the next breath on."""
    FASTER = "faster"
    LOUDER = "louder"
    SOFTER = "softer"
    FINISH = "finish"
    """The closing words, and the end."""
    STOP = "stop"
    """The end, at once."""
    KEYS = "keys"
    """Show what each key does."""
