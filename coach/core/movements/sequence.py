"""Sequence: one repetition is several timed holds in different places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from coach.core.delivery import Words
from coach.core.dose import Unit
from coach.core.effort import Effort
from coach.core.fields import DoseText, Keys, Lines, Step
from coach.core.movements.base import (
    Movement,
    Task,
    one_way,
    ready,
    repetition_name,
    seconds_hold_problem,
)
from coach.core.movements.holding import Doing, Holding, Loaded, line_problems, line_shown, one_hold
from coach.core.segments import Chime, Segment, Where
from coach.core.timeline import Sound


class Place(Step, Holding):
    """One hold of a sequence, and the way there."""

    hold: DoseText = Field(description="How long: seconds, counted on the beat, or breaths.")
    lines: Lines = ()
    loaded: Loaded = False
    effort: Doing = Effort.STAY

    @property
    def is_breathed(self) -> bool:
        """Whether it is paced by the breath."""
        return self.hold.unit is Unit.BREATHS


class Sequence(Movement):
    """One repetition is several timed holds in different places."""

    units: ClassVar = (Unit.REPETITIONS,)

    kind: Literal["sequence"]
    dose: DoseText = Field(description="Repetitions, like “4-5 x”.")
    places: tuple[Place, ...] = Field(min_length=1, max_length=50)

    @property
    def is_breathed(self) -> bool:
        """Whether any of its holds is."""
        return any(place.is_breathed for place in self.places)

    @property
    def holds_breath(self) -> bool:
        """Not if there is a load in any of them."""
        return not any(place.is_loaded for place in self.places)

    def segments(self, task: Task, where: Where) -> Iterator[Segment]:
        """From place to place, again and again."""
        times = task.dose.value
        yield ready(task.delivery)
        yield Chime(Sound.BEGIN, where)
        for rep in range(1, times + 1):
            yield from repetition_name(rep, times, where, task.delivery)
            yield from self._places(task, replace(where, rep=rep))
        yield Chime(Sound.END, where)

    def _places(self, task: Task, where: Where) -> Iterator[Segment]:
        # Where to go is what a sequence is: it is said at every level.
        delivery, rep = task.delivery, where.rep or 1
        spoken = replace(delivery, words=min(delivery.words, Words.BRIEF, key=list(Words).index))
        stages = task.stages.part(rep - 1, task.dose.value)
        for place in self.places:
            yield from one_way(place, rep, where, spoken)
            paced = stages if place.is_breathed else None
            yield one_hold(place.hold.amount(), place, place.lines, task, paced, where)

    def paced_ms(self, task: Task) -> int:
        """All of its holds, each with the longest breath."""
        last = task.stages.part(task.dose.value - 1, task.dose.value)
        amounts = ((place.is_breathed, place.hold.amount()) for place in self.places)
        each_ms = sum(
            last.length_ms(last.breaths_in(amount)) if is_breathed else amount.value for is_breathed, amount in amounts
        )
        return task.dose.value * each_ms

    def dose_words(self, task: Task) -> str:
        """Say “Four times.”, for one."""
        return task.speech.repeated_dose(task.dose.value, task.is_sided)

    def lines_shown(self) -> Iterator[str]:
        """The way to each place."""
        for place in self.places:
            yield f"{place.say} (held {place.hold})"
            yield from map(line_shown, place.lines)

    def problems(self) -> Iterator[tuple[Keys, str]]:
        """The hold of each place, besides what is wrong with any."""
        yield from super().problems()
        for index, place in enumerate(self.places):
            path: Keys = ("places", index)
            if problem := seconds_hold_problem(place.hold, breaths_allowed=True):
                yield (*path, "hold"), problem
            for keys, problem in line_problems(place.lines, is_breathed=place.is_breathed, has_reps=True):
                yield (*path, *keys), problem
