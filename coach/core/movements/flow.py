"""Flow: one repetition is one breath."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from coach.core.breath import BreathPattern, Phase
from coach.core.delivery import Words
from coach.core.dose import Amount, Unit
from coach.core.fields import BreathLine, DoseText, Keys, PatternText
from coach.core.movements.base import Movement, Task, breaths_text, in_breaths, ready, sided
from coach.core.paced import FLOW_HALFWAY_FROM_MS, Pacing, TimedText, breathed
from coach.core.segments import Chime, Segment, Where
from coach.core.timeline import Sound


class Flow(Movement):
    """One repetition is one breath."""

    units: ClassVar = (Unit.REPETITIONS, Unit.BREATHS, Unit.SECONDS)

    kind: Literal["flow"]
    dose: DoseText = Field(description="Repetitions (“5-10 x”), breaths or seconds, rounded to whole breaths.")
    inhale: BreathLine
    exhale: BreathLine
    named: int = Field(default=2, ge=1, le=20, description="On how many breaths the movement is named before counting.")
    breath: PatternText | None = Field(
        default=None,
        description="The movement's own breath pattern, kept whatever a routine or the listener chooses.",
    )

    @property
    def is_breathed(self) -> bool:
        """Always."""
        return True

    @property
    def holds_breath(self) -> bool:
        """Never: it moves with the breath."""
        return False

    @property
    def own_breath(self) -> BreathPattern | None:
        """The script's, if it gives one."""
        return self.breath

    def segments(self, task: Task, where: Where) -> Iterator[Segment]:
        """Name the movement on the first breaths, then count them."""
        said = () if task.delivery.words is Words.NAMES else tuple(self._named_lines(task, where))
        pacing = Pacing(
            said=said,
            last=where.worded(task.speech.LAST_ONE),
            halfway_from_ms=FLOW_HALFWAY_FROM_MS,
            stays=True,
            named=min(self.named, task.breaths) if said else 0,
        )
        yield ready(task.delivery)
        yield breathed(task.breaths, task.stages, task.delivery, where, pacing)
        yield Chime(Sound.END, where)

    def _named_lines(self, task: Task, where: Where) -> Iterator[TimedText]:
        for breath in range(1, min(self.named, task.breaths) + 1):
            for phase, line in ((Phase.IN, self.inhale), (Phase.OUT, self.exhale)):
                text = line.say if breath == 1 or line.again is None else line.again
                yield TimedText(breath, phase, sided(text, where.side, task.speech))

    def paced_ms(self, task: Task) -> int:
        """All of its breaths."""
        return task.stages.length_ms(task.breaths)

    def dose_words(self, task: Task) -> str:
        """Say “Eight slow breaths.”, for one."""
        if task.dose.dose.unit is Unit.REPETITIONS:
            return task.speech.flow_times(task.breaths, task.is_sided)
        return task.speech.flow_dose(task.breaths, task.is_sided)

    def comes_to(self, task: Task) -> str:
        """“8 breaths of 4-6, 80 s”."""
        return breaths_text(task.stages, task.dose)

    def kept(self, task: Task) -> tuple[Amount, Amount | None]:
        """The breaths it comes to."""
        return in_breaths(task.breaths), task.hold

    def lines_shown(self) -> Iterator[str]:
        """The words of both halves."""
        yield self.inhale.say
        yield self.exhale.say

    def problems(self) -> Iterator[tuple[Keys, str]]:
        """Its own breath cannot hold it, besides what is wrong with any."""
        yield from super().problems()
        if self.breath is not None and self.breath.holds:
            yield ("breath",), "a movement flows with the breath, so its own breath cannot hold it"
