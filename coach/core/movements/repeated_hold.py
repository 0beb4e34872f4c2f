"""Repeated hold: move, hold, return, n times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from coach.core.breath_stages import BreathStages
from coach.core.dose import Amount, Dose, Unit
from coach.core.effort import Effort
from coach.core.fields import DoseText, Keys, Lines, SecondsText, Step
from coach.core.movements.base import (
    Task,
    breaths_text,
    in_breaths,
    one_way,
    ready,
    repetition_name,
    rested,
    seconds_hold_problem,
    seconds_text,
)
from coach.core.movements.holding import Doing, Holding, Lined, Loaded, one_hold
from coach.core.segments import Chime, Segment, Wait, Where
from coach.core.timeline import Sound

REST_SAID_FROM_MS = 10_000
"""A rest between repetitions is announced from this length on; a shorter one is only a pause."""


class RepeatedHold(Lined, Holding):
    """Move, hold, return, n times."""

    units: ClassVar = (Unit.REPETITIONS,)
    has_reps: ClassVar = True

    kind: Literal["repeated-hold"]
    dose: DoseText = Field(description="Repetitions, like “4-5 x”.")
    hold: DoseText = Field(description="How long each hold is: seconds or breaths.")
    pace: Literal["count", "breath"] = Field(
        default="count", description="Whether a hold is counted on the beat or paced by the breath."
    )
    out: Step = Field(description="Into the hold.")
    back: Step = Field(description="Out of the hold again.")
    rest: SecondsText = Field(default=0, description="Rest between repetitions, if the source asks for one.")
    lines: Lines = ()
    loaded: Loaded = False
    effort: Doing = Effort.STAY

    @property
    def is_breathed(self) -> bool:
        """Whether its holds are."""
        return self.pace == "breath"

    @property
    def holds_breath(self) -> bool:
        """Not under load."""
        return not self.is_loaded

    def segments(self, task: Task, where: Where) -> Iterator[Segment]:
        """The way out, the hold and the way back, again and again, with rests between."""
        times, delivery = task.dose.value, task.delivery
        yield ready(delivery)
        yield Chime(Sound.BEGIN, where)
        for rep in range(1, times + 1):
            here = replace(where, rep=rep)
            yield from repetition_name(rep, times, where, task.delivery)
            yield from one_way(self.out, rep, here, delivery)
            yield self._held(task, rep, here)
            yield from one_way(self.back, rep, here, delivery)
            if self.rest and rep < times:
                said = self.rest >= REST_SAID_FROM_MS
                yield from rested(self.rest, here, task.delivery) if said else (Wait(self.rest),)
        yield Chime(Sound.END, where)

    def _held(self, task: Task, rep: int, here: Where) -> Segment:
        stages = task.stages.part(rep - 1, task.dose.value) if self.is_breathed else None
        return one_hold(_each(task), self, self.lines, task, stages, here)

    def _stages(self, task: Task) -> list[BreathStages]:
        return [task.stages.part(rep, task.dose.value) for rep in range(task.dose.value)]

    def _breaths(self, task: Task) -> set[int]:
        """Return how many breaths the holds come to: one number, unless a ramp lengthens them on the way."""
        return {stages.breaths_in(_each(task)) for stages in self._stages(task)} if self.is_breathed else set()

    def paced_ms(self, task: Task) -> int:
        """Its holds, each as long as the last one, and the rests between."""
        times, hold_ms = task.dose.value, _each(task).value
        if self.is_breathed:
            last = task.stages.part(times - 1, times)  # the longest, where they lengthen
            hold_ms = last.length_ms(last.breaths_in(_each(task)))
        return times * hold_ms + (times - 1) * self.rest

    def dose_words(self, task: Task) -> str:
        """“Four times, each side.”, with the breaths of each hold if they are all alike."""
        times, breaths = task.dose.value, self._breaths(task)
        if len(breaths) != 1:
            return task.speech.repeated_dose(times, task.is_sided)
        (each,) = breaths
        if times == 1:
            return task.speech.hold_dose(each, task.is_sided)
        return task.speech.repeated_breaths(times, each, task.is_sided)

    def comes_to(self, task: Task) -> str:
        """“4 times 9 s”, or “2 times 3 breaths of 4-6, 30 s”."""
        times = task.dose.value
        if not self.is_breathed:
            return f"{times} times {seconds_text(_each(task).value)}"
        texts = list(dict.fromkeys(breaths_text(stages, _each(task)) for stages in self._stages(task)))
        return f"{times} times {texts[0] if len(texts) == 1 else f'{texts[0]} to {texts[-1]}'}"

    def kept(self, task: Task) -> tuple[Amount, Amount | None]:
        """Each hold as the breaths it comes to, if they are all alike."""
        breaths = self._breaths(task)
        return task.dose, in_breaths(*breaths) if len(breaths) == 1 else task.hold

    def lines_shown(self) -> Iterator[str]:
        """The way out and the way back."""
        yield self.out.say
        yield from super().lines_shown()
        yield self.back.say

    def fixed_hold(self, asked: Dose | None) -> Amount:
        """What is asked for, else the script's own."""
        return (asked or self.hold).amount()

    def hold_problem(self, hold: Dose) -> str | None:
        """It is in seconds, or in breaths if it is paced by them."""
        return seconds_hold_problem(hold, breaths_allowed=self.is_breathed)

    def problems(self) -> Iterator[tuple[Keys, str]]:
        """Its hold, besides what is wrong with any."""
        yield from super().problems()
        if problem := self.hold_problem(self.hold):
            yield ("hold",), problem


def _each(task: Task) -> Amount:
    assert task.hold is not None  # noqa: S101 - a repeated hold is fixed with one
    return task.hold
