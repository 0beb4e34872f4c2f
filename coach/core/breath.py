"""Breath patterns: how many counts to breathe in, hold, breathe out and rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from coach.core.quoting import quoted

MAX_COUNTS = 20
"""The longest phase, in counts: the number words go no further without becoming longer than a beat."""


class Phase(StrEnum):
    """A part of one breath."""

    IN = "in"
    HOLD = "hold"
    OUT = "out"
    REST = "rest"


# What a pattern of two, three or four numbers means.
_SHAPES = {
    2: (Phase.IN, Phase.OUT),
    3: (Phase.IN, Phase.HOLD, Phase.OUT),
    4: (Phase.IN, Phase.HOLD, Phase.OUT, Phase.REST),
}


@dataclass(frozen=True)
class BreathPattern:
    """The counts of one breath, phase by phase: ``4-6``, ``4-7-8``, ``4-4-4-4``."""

    phases: tuple[tuple[Phase, int], ...]
    """Each phase with its counts (1 to 20)."""

    @classmethod
    def parse(cls, text: str) -> BreathPattern:
        """Read ``in-out``, ``in-hold-out`` or ``in-hold-out-rest``.

        Raises:
            ValueError: with a message for a person, when the text is anything else.
        """
        counts = text.strip().split("-")
        shape = _SHAPES.get(len(counts))
        if shape is None or not all(re.fullmatch(r"[0-9]{1,3}", count) for count in counts):
            raise ValueError(
                f"{quoted(text)} is not a breath pattern; write in-out, in-hold-out or in-hold-out-rest, like 4-6"
            )
        numbers = [int(count) for count in counts]
        if not all(1 <= number <= MAX_COUNTS for number in numbers):
            raise ValueError(f"a breath pattern has 1 to {MAX_COUNTS} counts a phase, “{text}” has not")
        return cls(tuple(zip(shape, numbers, strict=True)))

    @property
    def counts(self) -> int:
        """All counts of one breath together."""
        return sum(count for _, count in self.phases)

    def __str__(self) -> str:
        return "-".join(str(count) for _, count in self.phases)
