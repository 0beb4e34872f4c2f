"""Positions of the body. How one gets from each to each is said in :mod:`coach.core.languages`."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Position(StrEnum):
    """Where the body is when a stretch begins or ends."""

    BACK = "back"
    BACK_KNEES_BENT = "back-knees-bent"
    HANDS_AND_KNEES = "hands-and-knees"
    KNEELING = "kneeling"
    FACE_DOWN = "face-down"
    SITTING = "sitting"
    STANDING = "standing"


class Move(NamedTuple):
    """One spoken step from a position toward another."""

    text: str
    move_ms: int
    """Time to do it, from the end of the words."""
