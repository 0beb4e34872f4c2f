"""Hold: stay while the breath is paced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from coach.core.breath import Phase
from coach.core.delivery import Words
from coach.core.dose import Amount, Unit
from coach.core.effort import Effort
from coach.core.fields import DoseText, Keys, Lines
from coach.core.movements.base import READY_MS, Movement, Task, breaths_text, in_breaths
from coach.core.movements.holding import Doing, Holding, Loaded, care, line_problems, line_shown, said_lines
from coach.core.paced import Pacing, TimedText, breathed
from coach.core.segments import Chime, Segment, Wait, Where
from coach.core.timeline import Sound

SETTLE_MS = 5_000
"""From the last words of a setup to the chime: time to find the place and let go (apps use 5 to 10 s)."""
SETTLE_BRIEF_MS = 3_000
"""In few words, which are for those who know the place."""


class Hold(Movement, Holding):
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
        said = said_lines(self.lines, task, where)
        if (keep := care(self, task, rep=1)) is not None:
            said = (TimedText(1, Phase.IN, keep), *said)
        settle_ms = SETTLE_MS if task.delivery.words is Words.FULL else SETTLE_BRIEF_MS
        yield Wait(task.delivery.setup.of(READY_MS if self.is_loaded else settle_ms))
        pacing = Pacing(said=said, last=where.worded(task.speech.LAST_BREATH))
        yield breathed(task.breaths, task.stages, task.delivery, where, pacing)
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

    def lines_shown(self) -> Iterator[str]:
        """The words on its breaths."""
        for line in self.lines:
            yield line_shown(line)

    def problems(self) -> Iterator[tuple[Keys, str]]:
        """A repetition in a line, besides what is wrong with any."""
        yield from super().problems()
        yield from line_problems(self.lines, is_breathed=True, has_reps=False)
