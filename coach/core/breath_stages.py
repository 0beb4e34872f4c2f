"""How the breath goes through one hold or set: one pattern, or the stages of a ramp; and how many breaths a dose is."""

from __future__ import annotations

from dataclasses import dataclass

from coach.core.breath import BreathPattern
from coach.core.dose import Amount, Unit


@dataclass(frozen=True)
class BreathStages:
    """One breath pattern, or the stages of a ramp in their order; each stage gets the same share of the breaths."""

    stages: tuple[BreathPattern, ...]
    beat_ms: int
    """Length of one count."""

    def __post_init__(self) -> None:
        if not self.stages or self.beat_ms < 1:
            raise ValueError("a breath has at least one pattern, and a beat lasts at least 1 ms")

    def part(self, index: int, count: int) -> BreathStages:
        """Return the stages of one repetition (from 0) out of ``count``: a ramp climbs through all of them."""
        first = index * len(self.stages) // count
        last = max(first, (index + 1) * len(self.stages) // count - 1)
        return BreathStages(self.stages[first : last + 1], self.beat_ms)

    def pattern(self, breath: int, breaths: int) -> BreathPattern:
        """Return the pattern of one breath (from 0) out of ``breaths``.

        Fewer breaths than stages leave stages out, but neither the first nor the last.
        """
        last = len(self.stages) - 1
        if breaths <= last:
            return self.stages[breath * last // max(1, breaths - 1)]
        return self.stages[breath * len(self.stages) // breaths]

    def length_ms(self, breaths: int) -> int:
        """Return how long a number of breaths takes, in milliseconds."""
        count = len(self.stages)
        if count == 1:
            return breaths * self.stages[0].counts * self.beat_ms
        if breaths < count:
            return sum(self.pattern(breath, breaths).counts for breath in range(breaths)) * self.beat_ms
        # How many breaths each stage gets, without going through all of them.
        bounds = [-(-stage * breaths // count) for stage in range(count + 1)]
        counts = sum((bounds[i + 1] - bounds[i]) * stage.counts for i, stage in enumerate(self.stages))
        return counts * self.beat_ms

    def breaths_in(self, amount: Amount) -> int:
        """Return the whole breaths a dose comes to (timing contract, T4).

        Seconds become the nearest whole number of breaths inside the dose's range, the longer of two equally near. If
        no whole breath fits the range, they become the most that are not longer than it, and always at least one.
        """
        if amount.dose.unit is not Unit.SECONDS:
            return amount.value
        low_ms, high_ms = amount.dose.low * 1000, amount.dose.high * 1000
        longest_ms = max(stage.counts for stage in self.stages) * self.beat_ms
        breaths = fitting = max(1, low_ms // longest_ms)  # fewer are too short in any case
        off_ms: int | None = None
        while (length_ms := self.length_ms(breaths)) <= high_ms:
            if length_ms < low_ms:
                fitting = breaths
            elif off_ms is None or abs(length_ms - amount.value) <= off_ms:
                fitting, off_ms = breaths, abs(length_ms - amount.value)
            breaths += 1
        return fitting
