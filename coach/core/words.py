"""Instruction levels."""

from __future__ import annotations

from enum import StrEnum


class Words(StrEnum):
    """How much is said."""

    FULL = "full"
    """Everything: for the first weeks."""
    BRIEF = "brief"
    """The essentials, as the second side hears them."""
    NAMES = "names"
    """Names, sides and signals, for those who know the stretches; the time to move stays."""
