"""Counted: a plain count of movements on the beat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from coach.core.dose import Unit
from coach.core.fields import DoseText, Lines
from coach.core.movements.base import Task, ready
from coach.core.movements.holding import Lined, said_lines
from coach.core.paced import counted
from coach.core.segments import Chime, Segment, Where
from coach.core.timeline import Sound


class Counted(Lined):
    """A plain count of movements on the beat."""

    units: ClassVar = (Unit.REPETITIONS,)
    description: ClassVar = "Count the movements on the beat."

    kind: Literal["counted"]
    dose: DoseText = Field(description="Movements, like “30-50 x”.")
    beats: int = Field(default=1, ge=1, le=20, description="Beats that one movement takes.")
    step: int = Field(
        default=1, ge=1, le=20, description="How many movements belong together: 2 if both legs take turns."
    )

    lines: Lines = ()

    @property
    def dose_step(self) -> int:
        """As many movements as belong together."""
        return self.step

    def segments(self, task: Task, where: Where) -> Iterator[Segment]:
        """The count."""
        yield ready(task.delivery)
        said = said_lines(self.lines, task, where)
        yield counted(task.dose.value, self.beats * task.delivery.beat_ms, task.delivery, where, said)
        yield Chime(Sound.END, where)

    def paced_ms(self, task: Task) -> int:
        """All of its beats."""
        return task.dose.value * self.beats * task.delivery.beat_ms

    def dose_words(self, task: Task) -> str:
        """Say “Thirty times.”, for one."""
        return task.speech.repeated_dose(task.dose.value, task.is_sided)
