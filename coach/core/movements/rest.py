"""Rest: stay, with no paced breathing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from coach.core.dose import Unit
from coach.core.fields import DoseText
from coach.core.movements.base import Movement, Task, ready
from coach.core.paced import halfway_in
from coach.core.segments import Chime, Paced, Segment, Where
from coach.core.timeline import Sound


class Rest(Movement):
    """Stay, with no paced breathing."""

    units: ClassVar = (Unit.SECONDS,)
    description: ClassVar = "Rest."

    kind: Literal["rest"]
    dose: DoseText = Field(description="Seconds or minutes.")

    def segments(self, task: Task, where: Where) -> Iterator[Segment]:
        """Silence between two chimes, but for “halfway”."""
        length_ms = task.dose.value
        yield ready(task.delivery)
        yield Paced(
            length_ms=length_ms,
            where=where,
            halfway=halfway_in(length_ms, where.worded(task.speech.HALFWAY)),
            chime=True,
        )
        yield Chime(Sound.END, where)

    def paced_ms(self, task: Task) -> int:
        """All of it."""
        return task.dose.value

    def dose_words(self, task: Task) -> str:
        """Say “Rest here for one minute.”, for one."""
        return task.speech.rest_dose(round(task.dose.value / 1000))
