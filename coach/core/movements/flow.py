"""Flow: a movement with the breath; one repetition is one breath, or several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from coach.core.breath import BreathPattern, Phase
from coach.core.delivery import Words
from coach.core.dose import Amount, Unit
from coach.core.fields import BreathLine, BreathPair, DoseText, Keys, Lines, PatternText
from coach.core.movements.base import Task, breaths_text, in_breaths, ready, sided
from coach.core.movements.holding import Lined, said_lines
from coach.core.paced import FLOW_HALFWAY_FROM_MS, Pacing, TimedText, breathed
from coach.core.segments import Chime, Segment, Where
from coach.core.timeline import Sound


class Flow(Lined):
    """A movement with the breath; one repetition is one breath, or several."""

    units: ClassVar = (Unit.REPETITIONS, Unit.BREATHS, Unit.SECONDS)

    kind: Literal["flow"]
    dose: DoseText = Field(description="Repetitions (“5-10 x”), breaths or seconds, rounded to whole repetitions.")
    inhale: BreathLine | None = None
    exhale: BreathLine | None = None
    breaths: tuple[BreathPair, ...] = Field(
        default=(),
        max_length=10,
        description="Instead of “inhale” and “exhale”, if one repetition is several breaths: "
        "in to the middle, out to the right; in to the middle, out to the left.",
    )
    named: int = Field(
        default=2, ge=1, le=20, description="In how many repetitions the movement is named before counting."
    )
    lines: Lines = ()
    breath: PatternText | None = Field(
        default=None,
        description="The movement's own breath pattern, kept whatever a routine or the listener chooses.",
    )

    @model_validator(mode="after")
    def _has_one_way(self) -> Flow:
        is_alone = self.inhale is not None and self.exhale is not None
        if bool(self.breaths) == is_alone or (self.breaths and (self.inhale or self.exhale)):
            raise ValueError("a flow has “inhale” and “exhale”; or “breaths”, each of them with both")
        return self

    @property
    def pairs(self) -> tuple[tuple[BreathLine, BreathLine], ...]:
        """What is said in each breath of one repetition."""
        if self.inhale is not None and self.exhale is not None:
            return ((self.inhale, self.exhale),)
        return tuple((pair.inhale, pair.exhale) for pair in self.breaths)

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
        """Name the movement in the first repetitions, then count their breaths; several in one are always named."""
        unit, breaths = len(self.pairs), self._breaths(task)
        named = breaths if unit > 1 else min(self.named, breaths)
        if task.delivery.words is Words.NAMES and unit == 1:
            named = 0
        pacing = Pacing(
            said=(*self._named_lines(named, task, where), *said_lines(self.lines, task, where)),
            last=where.worded(task.speech.LAST_ONE),
            halfway_from_ms=FLOW_HALFWAY_FROM_MS,
            stays=True,
            named=named,
            unit=unit,
        )
        yield ready(task.delivery)
        yield breathed(breaths, task.stages, task.delivery, where, pacing)
        yield Chime(Sound.END, where)

    def _breaths(self, task: Task) -> int:
        """Return how many breaths the dose comes to: whole repetitions, and at least one."""
        unit = len(self.pairs)
        if task.dose.dose.unit is Unit.REPETITIONS:
            return task.dose.value * unit
        return max(1, task.breaths // unit) * unit

    def _named_lines(self, named: int, task: Task, where: Where) -> Iterator[TimedText]:
        pairs = self.pairs
        for breath in range(named):
            for phase, line in zip((Phase.IN, Phase.OUT), pairs[breath % len(pairs)], strict=True):
                text = line.say if breath < len(pairs) or line.again is None else line.again
                yield TimedText(breath + 1, phase, sided(text, where.side, task.speech))

    def paced_ms(self, task: Task) -> int:
        """All of its breaths."""
        return task.stages.length_ms(self._breaths(task))

    def dose_words(self, task: Task) -> str:
        """Say “Eight slow breaths.”, for one."""
        breaths, unit = self._breaths(task), len(self.pairs)
        if unit > 1:
            return task.speech.repeated_dose(breaths // unit, task.is_sided)
        if task.dose.dose.unit is Unit.REPETITIONS:
            return task.speech.flow_times(breaths, task.is_sided)
        return task.speech.flow_dose(breaths, task.is_sided)

    def comes_to(self, task: Task) -> str:
        """“8 breaths of 4-6, 80 s”."""
        return breaths_text(task.stages, in_breaths(self._breaths(task)))

    def kept(self, task: Task) -> tuple[Amount, Amount | None]:
        """The breaths it comes to."""
        return in_breaths(self._breaths(task)), task.hold

    def lines_shown(self) -> Iterator[str]:
        """The words of each half."""
        for inhale, exhale in self.pairs:
            yield inhale.say
            yield exhale.say
        yield from super().lines_shown()

    def problems(self) -> Iterator[tuple[Keys, str]]:
        """Its own breath cannot hold it, besides what is wrong with any."""
        yield from super().problems()
        if self.breath is not None and self.breath.holds:
            yield ("breath",), "a movement flows with the breath, so its own breath cannot hold it"
