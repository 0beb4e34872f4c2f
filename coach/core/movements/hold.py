"""Hold: stay while the breath is paced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from coach.core.delivery import Words
from coach.core.dose import Amount, Unit
from coach.core.effort import Effort
from coach.core.fields import DoseText, Lines
from coach.core.movements.base import READY_MS, Task, breaths_text, in_breaths
from coach.core.movements.holding import Doing, Holding, Lined, Loaded, one_hold
from coach.core.segments import Chime, Segment, Wait, Where
from coach.core.timeline import Sound

SETTLE_MS = 5_000
"""From the last words of a setup to the chime: time to find the place and let go (apps use 5 to 10 s)."""
SETTLE_BRIEF_MS = 3_000
"""In few words, which are for those who know the place."""


class Hold(Lined, Holding):
    """Stay while the breath is paced."""

    units: ClassVar = (Unit.SECONDS, Unit.BREATHS)

    kind: Literal["hold"]
    dose: DoseText = Field(description="Seconds (“10-20 s”), rounded to whole breaths, or breaths.")
    lines: Lines = ()
    loaded: Loaded = False
    effort: Doing = Effort.STAY

    @property
    def is_breathed(self) -> bool:
        """Always."""
        return True

    @property
    def holds_breath(self) -> bool:
        """Not under load."""
        return not self.is_loaded

    @property
    def stays(self) -> bool:
        """Always."""
        return True

    @property
    def strains_at_once(self) -> bool:
        """Under load."""
        return self.is_loaded

    def segments(self, task: Task, where: Where) -> Iterator[Segment]:
        """Time to settle, then the breaths, with the script's words on some of them."""
        settle_ms = SETTLE_MS if task.delivery.words is Words.FULL else SETTLE_BRIEF_MS
        yield Wait(task.delivery.setup.of(READY_MS if self.is_loaded else settle_ms))
        yield one_hold(task.dose, self, self.lines, task, task.stages, where, chime=True)
        yield Chime(Sound.END, where)

    def paced_ms(self, task: Task) -> int:
        """All of its breaths."""
        return task.stages.length_ms(task.breaths)

    def dose_words(self, task: Task) -> str:
        """Say “Stay for three slow breaths.”, for one."""
        return task.speech.hold_dose(task.breaths, task.is_sided, self.effort)

    def comes_to(self, task: Task) -> str:
        """“3 breaths of 4-6, 30 s”."""
        return breaths_text(task.stages, task.dose)

    def kept(self, task: Task) -> tuple[Amount, Amount | None]:
        """The breaths it comes to."""
        return in_breaths(task.breaths), task.hold
