"""Doses: how much of a stretch, as scripts write them and as a routine fixes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from coach.core.quoting import quoted


class Unit(StrEnum):
    """What a dose counts."""

    SECONDS = "s"
    BREATHS = "breaths"
    REPETITIONS = "x"


LIMITS = {Unit.SECONDS: 3600, Unit.BREATHS: 360, Unit.REPETITIONS: 500}
"""The largest dose a script may ask for: nothing in the sources comes near, and a slip of the finger no further."""

DOSE_PATTERN = r"^\s*[0-9]{1,6}\s*(-\s*[0-9]{1,6}\s*)?(s|min|breaths?|x)\s*$"
"""What a dose looks like, for editors (JSON Schema); :meth:`Dose.parse` reads it."""

_DOSE = re.compile(r"\s*(\d{1,6})\s*(?:[-–]\s*(\d{1,6})\s*)?(s|min|breaths?|x)\s*")
_HOW = "write a number or a range with its unit, like “30 s”, “10-20 s”, “2 min”, “5 breaths” or “8-10 x”"


@dataclass(frozen=True)
class Dose:
    """A range in a script: ``10-20 s``, ``5 breaths``, ``8-10 x``."""

    unit: Unit
    low: int
    """The least, in the unit (whole seconds, breaths or repetitions)."""
    high: int
    """The most, in the unit; equal to ``low`` when the source gives one number."""

    def __post_init__(self) -> None:
        if not 1 <= self.low <= self.high:
            raise ValueError(f"a dose goes from 1 at least to more, not from {self.low} to {self.high}")

    @classmethod
    def parse(cls, text: object) -> Dose:
        """Read a dose as scripts write it.

        Raises:
            ValueError: with a message for a person.
        """
        match = _DOSE.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(f"{quoted(text)} is not a dose; {_HOW}")
        low, high, unit_text = int(match[1]), int(match[2] or match[1]), match[3]
        if unit_text == "min":
            low, high, unit_text = low * 60, high * 60, "s"
        unit = Unit.BREATHS if unit_text.startswith("breath") else Unit(unit_text)
        if low < 1:
            raise ValueError(f"a dose of “{text}” is nothing; the least is 1")
        if high < low:
            raise ValueError(f"the dose “{text}” goes from more to less; write the smaller number first")
        if high > LIMITS[unit]:
            raise ValueError(f"a dose of “{text}” is too much; the most is {Dose(unit, LIMITS[unit], LIMITS[unit])}")
        return cls(unit, low, high)

    def amount(self) -> Amount:
        """Return the default dose of a routine: the middle of the range.

        Repetitions and breaths round down, to the gentler side.
        """
        if self.unit is Unit.SECONDS:
            return Amount(self, (self.low + self.high) * 500)
        return Amount(self, (self.low + self.high) // 2)

    def at(self, share: int, of: int) -> Amount:
        """Return a value inside the range: ``share`` of ``of`` equal parts above the least, rounded down."""
        scale = 1000 if self.unit is Unit.SECONDS else 1
        return Amount(self, self.low * scale + (self.high - self.low) * scale * share // of)

    def __str__(self) -> str:
        numbers = f"{self.low}" if self.low == self.high else f"{self.low}-{self.high}"
        one = self.unit is Unit.BREATHS and self.high == 1
        return f"{numbers} {'breath' if one else self.unit}"


@dataclass(frozen=True)
class Amount:
    """One value inside a dose."""

    dose: Dose
    value: int
    """Milliseconds if the dose is in seconds, else breaths or repetitions; 1 at least."""

    def __post_init__(self) -> None:
        if self.value < 1:
            raise ValueError(f"a dose is 1 at least, not {self.value}")
