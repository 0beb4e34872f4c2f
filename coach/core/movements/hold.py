"""Hold: stay while the breath is paced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from coach.core.breath import Phase
from coach.core.delivery import Words
from coach.core.dose import Amount, Unit
from coach.core.fields import DoseText, TimedLine
from coach.core.movements.base import Movement, Task, breaths_text, in_breaths, sided
from coach.core.paced import Pacing, TimedText, breathed
from coach.core.segments import Chime, Segment, Wait, Where
from coach.core.timeline import Sound

SETTLE_MS = 5_000
"""From the last words of a setup to the chime: time to find the place and let go (apps use 5 to 10 s)."""


class Hold(Movement):
    """Stay while the breath is paced."""

    units: ClassVar = (Unit.SECONDS, Unit.BREATHS)

    kind: Literal["hold"]
    dose: DoseText = Field(description="Seconds (“10-20 s”), rounded to whole breaths, or breaths.")
    lines: tuple[TimedLine, ...] = Field(default=(), description="Words that fall on a breath of the hold.")

    @property
    def is_breathed(self) -> bool:
        """Always."""
        return True

    def segments(self, task: Task, where: Where) -> Iterator[Segment]:
        """Time to settle, then the breaths, with the script's words on some of them."""
        lines = self.lines if task.delivery.words is Words.FULL else ()
        said = tuple(
            TimedText(line.breath, Phase(line.phase), sided(line.say, where.side, task.speech)) for line in lines
        )
        yield Wait(task.delivery.setup.of(SETTLE_MS))
        pacing = Pacing(said=said, last=where.worded(task.speech.LAST_BREATH))
        yield breathed(task.breaths, task.stages, task.delivery, where, pacing)
        yield Chime(Sound.END, where)

    def paced_ms(self, task: Task) -> int:
        """All of its breaths."""
        return task.stages.length_ms(task.breaths)

    def dose_words(self, task: Task) -> str:
        """Say “Stay for three slow breaths.”, for one."""
        return task.speech.hold_dose(task.breaths, task.is_sided)

    def comes_to(self, task: Task) -> str:
        """“3 breaths of 4-6, 30 s”."""
        return breaths_text(task.stages, task.dose)

    def kept(self, task: Task) -> tuple[Amount, Amount | None]:
        """The breaths it comes to."""
        return in_breaths(task.breaths), task.hold

    def lines_shown(self) -> Iterator[str]:
        """The words on its breaths."""
        for line in self.lines:
            yield f"{line.say} (breath {line.breath}, {line.phase})"
