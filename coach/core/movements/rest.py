"""Rest: stay, with no paced breathing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from coach.core.dose import Unit
from coach.core.effort import Activity
from coach.core.fields import DoseText, Lines
from coach.core.movements.base import Task, ready
from coach.core.movements.holding import Lined, said_lines
from coach.core.paced import halfway_in, timed_lines
from coach.core.segments import Chime, Paced, Segment, Where
from coach.core.timeline import Sound


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
