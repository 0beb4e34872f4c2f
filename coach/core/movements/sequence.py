"""Sequence: one repetition is several timed holds in different places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from coach.core.delivery import Delivery, Words
from coach.core.dose import Unit
from coach.core.fields import DoseText, Keys, Step
from coach.core.movements.base import (
    Movement,
    Task,
    one_way,
    ready,
    repetition_name,
    seconds_hold_problem,
)
from coach.core.paced import held
from coach.core.segments import Chime, Segment, Where
from coach.core.timeline import Sound


class Place(Step):
    """One timed hold of a sequence, and the way there."""

    hold: DoseText = Field(description="How long to stay, in seconds.")


class Sequence(Movement):
    """One repetition is several timed holds in different places."""

    units: ClassVar = (Unit.REPETITIONS,)

    kind: Literal["sequence"]
    dose: DoseText = Field(description="Repetitions, like “4-5 x”.")
    places: tuple[Place, ...] = Field(min_length=1)

    def segments(self, task: Task, where: Where) -> Iterator[Segment]:
        """From place to place, again and again."""
        times = task.dose.value
        yield ready(task.delivery)
        yield Chime(Sound.BEGIN, where)
        for rep in range(1, times + 1):
            yield from repetition_name(rep, times, where, task.speech)
            yield from self._places(rep, task.delivery, replace(where, rep=rep))
        yield Chime(Sound.END, where)

    def _places(self, rep: int, delivery: Delivery, where: Where) -> Iterator[Segment]:
        # Where to go is what a sequence is: it is said at every level.
        spoken = replace(delivery, words=min(delivery.words, Words.BRIEF, key=list(Words).index))
        for place in self.places:
            yield from one_way(place, rep, where, spoken)
            yield held(place.hold.amount().value, delivery, where)

    def paced_ms(self, task: Task) -> int:
        """All of its holds."""
        return task.dose.value * sum(place.hold.amount().value for place in self.places)

    def dose_words(self, task: Task) -> str:
        """Say “Four times.”, for one."""
        return task.speech.repeated_dose(task.dose.value, task.is_sided)

    def lines_shown(self) -> Iterator[str]:
        """The way to each place."""
        for place in self.places:
            yield f"{place.say} (held {place.hold})"

    def problems(self) -> Iterator[tuple[Keys, str]]:
        """The hold of each place, besides what is wrong with any."""
        yield from super().problems()
        for index, place in enumerate(self.places):
            if problem := seconds_hold_problem(place.hold):
                yield ("places", index, "hold"), problem
