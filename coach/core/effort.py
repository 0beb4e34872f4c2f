"""What one does in a hold, or meanwhile."""

from __future__ import annotations

from enum import StrEnum


class Effort(StrEnum):
    """What one does in a hold: it is the first word of its count, “Press, two, three …”."""

    STAY = "stay"
    PRESS = "press"
    PULL = "pull"
    SQUEEZE = "squeeze"


class Activity(StrEnum):
    """What one does while nothing is paced."""

    REST = "rest"
    WALK = "walk"
