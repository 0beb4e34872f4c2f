"""Rest: stay, with no paced breathing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from coach.core.dose import Amount, Unit
from coach.core.effort import Activity
from coach.core.fields import DoseText, Lines
from coach.core.movements.base import Task, ready
from coach.core.movements.holding import Lined, said_lines
from coach.core.paced import halfway_in, timed_lines
from coach.core.segments import Chime, Paced, Segment, Where
from coach.core.timeline import Sound

_STEPS_MS = ((60_000, 5_000), (120_000, 10_000), (float("inf"), 30_000))


class Rest(Lined):
    """Stay, with no paced breathing."""

    units: ClassVar = (Unit.SECONDS,)

    kind: Literal["rest"]
    dose: DoseText = Field(description="Seconds or minutes.")
    activity: Activity = Field(default=Activity.REST, description="rest, or walk.")
    lines: Lines = ()

    @property
    def stays(self) -> bool:
        """Always."""
        return True

    def segments(self, task: Task, where: Where) -> Iterator[Segment]:
        """Silence between two chimes, but for the script's words, or else “halfway”."""
        length_ms = task.dose.value
        lines = timed_lines(said_lines(self.lines, task, where, always=True), length_ms)
        yield ready(task.delivery)
        yield Paced(
            length_ms=length_ms,
            where=where,
            lines=lines,
            halfway=None if lines else halfway_in(length_ms, where.worded(task.speech.HALFWAY)),
            chime=True,
        )
        yield Chime(Sound.END, where)

    def fixed_dose(self, amount: Amount) -> Amount:
        """Return a dose that is said in few words: in steps of five seconds, ten from one minute on, thirty from two.

        Either end of its range stays as it is written.
        """
        step_ms = next(step for until, step in _STEPS_MS if amount.value < until)
        value = amount.value - amount.value % step_ms
        is_inside = amount.dose.low * 1000 <= value and amount.value < amount.dose.high * 1000
        return replace(amount, value=value) if is_inside else amount

    def paced_ms(self, task: Task) -> int:
        """All of it."""
        return task.dose.value

    def dose_words(self, task: Task) -> str:
        """Say “Rest here for one minute.”, for one."""
        return task.speech.rest_dose(round(task.dose.value / 1000), self.activity)

    def lines_shown(self) -> Iterator[str]:
        """What one does, and the words at their times."""
        yield f"{self.activity.capitalize()}."
        yield from super().lines_shown()
