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


HEIGHTS = {Phase.IN: (0.0, 1.0), Phase.HOLD: (1.0, 1.0), Phase.OUT: (1.0, 0.0), Phase.REST: (0.0, 0.0)}
"""How full the breath is at the beginning and at the end of each phase, from 0 to 1."""

# What a pattern of two, three or four numbers means.
_SHAPES = {
    2: (Phase.IN, Phase.OUT),
    3: (Phase.IN, Phase.HOLD, Phase.OUT),
    4: (Phase.IN, Phase.HOLD, Phase.OUT, Phase.REST),
}


@dataclass(frozen=True)
class NamedPattern:
    """A pattern that has a name."""

    counts: str
    purpose: str
    """What it is for."""
    source: str
    """Where it comes from. None of these promises anything: the evidence is mixed, and people differ."""


NAMED_PATTERNS = {
    "calm": NamedPattern(
        "4-6",
        "slow, with the longer breath out; the default",
        "near six a minute with the longer exhale: Laborde 2021, doi 10.3390/su13147775",
    ),
    "even": NamedPattern(
        "4-4",
        "in and out alike; an easy start for people new to slow breathing",
        "at six a minute more than a third of beginners breathe too much: doi 10.1371/journal.pone.0218550",
    ),
    "resonance": NamedPattern(
        "5-5",
        "six breaths a minute, in and out alike",
        "Steffen 2017, doi 10.3389/fpubh.2017.00222; equal phases near this rate: PubMed 24380741",
    ),
    "box": NamedPattern(
        "4-4-4-4",
        "four equal sides, two of them held; for composure, sitting",
        "one of the practices in Balban 2023, doi 10.1016/j.xcrm.2022.100895",
    ),
    "relax": NamedPattern(
        "4-7-8",
        "a long hold and a longer breath out; a few breaths, before sleep",
        "Vierra 2022, doi 10.14814/phy2.15389: three sets of six breaths with pauses between",
    ),
}
"""Patterns by name."""
_HYPHENS = dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-")
"""Hyphens, dashes and minus signs that word processors put in place of a typed one."""


@dataclass(frozen=True)
class BreathPattern:
    """The counts of one breath, phase by phase: ``4-6``, ``4-7-8``, ``4-4-4-4``."""

    phases: tuple[tuple[Phase, int], ...]
    """Each phase with its counts (1 to 20)."""

    @classmethod
    def parse(cls, text: str) -> BreathPattern:
        """Read ``in-out``, ``in-hold-out`` or ``in-hold-out-rest``, or a name (:data:`NAMED_PATTERNS`).

        Raises:
            ValueError: the text is anything else; the message is for a person.
        """
        plain = text.strip().translate(_HYPHENS)
        named = NAMED_PATTERNS.get(plain.lower())
        counts = (named.counts if named else plain).split("-")
        shape = _SHAPES.get(len(counts))
        if shape is None or not all(re.fullmatch(r"[0-9]{1,3}", count) for count in counts):
            raise ValueError(
                f"{quoted(text)} is not a breath pattern; write in-out, in-hold-out or in-hold-out-rest, like 4-6, "
                f"or a name: {', '.join(NAMED_PATTERNS)}"
            )
        numbers = [int(count) for count in counts]
        if not all(1 <= number <= MAX_COUNTS for number in numbers):
            raise ValueError(f"a breath pattern has 1 to {MAX_COUNTS} counts a phase, “{text}” has not")
        return cls(tuple(zip(shape, numbers, strict=True)))

    @property
    def counts(self) -> int:
        """All counts of one breath together."""
        return sum(count for _, count in self.phases)

    @property
    def holds(self) -> bool:
        """Whether the breath is held in it, after the inhale or the exhale."""
        return len(self.phases) > len(_SHAPES[2])

    @property
    def unheld(self) -> BreathPattern:
        """The same without its pauses: for movements, and for holds under load."""
        return BreathPattern(tuple(pair for pair in self.phases if pair[0] in (Phase.IN, Phase.OUT)))

    def __str__(self) -> str:
        return "-".join(str(count) for _, count in self.phases)


def read_ramp(text: str) -> tuple[BreathPattern, ...]:
    """Read ``3-4:4-6`` as the row of patterns that leads from the first to the last, one count longer each.

    The phases grow evenly side by side, so that inhale and exhale keep their proportion: 3-4, 3-5, 4-5, 4-6.

    Raises:
        ValueError: it is not a ramp; the message is for a person.
    """
    ends = text.split(":")
    if len(ends) != 2:  # noqa: PLR2004 - from and to
        raise ValueError(f"{quoted(text)} is not a ramp; write the first and the last breath pattern, like 3-4:4-6")
    first, last = (BreathPattern.parse(end) for end in ends)
    if len(first.phases) != len(last.phases):
        raise ValueError(f"{quoted(text)} does not lengthen evenly: both patterns need the same phases")
    growth = [after - before for (_, before), (_, after) in zip(first.phases, last.phases, strict=True)]
    if min(growth) < 0:
        raise ValueError(f"{quoted(text)} does not lengthen: no phase of the last pattern may be shorter than before")
    # The k-th of n single counts that a phase grows by comes in the middle of the k-th of n equal parts.
    steps = sorted((((2 * k + 1) / (2 * n), phase) for phase, n in enumerate(growth) for k in range(n)))
    stages = [first]
    for _, growing in steps:
        counts = [(phase, n + (index == growing)) for index, (phase, n) in enumerate(stages[-1].phases)]
        stages.append(BreathPattern(tuple(counts)))
    return tuple(stages)
