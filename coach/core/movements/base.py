"""What every kind of movement can be asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from coach.core.breath import BreathPattern
from coach.core.breath_stages import BreathStages
from coach.core.delivery import Delivery, Level, Words
from coach.core.dose import Amount, Dose, Unit
from coach.core.fields import OTHER_SIDE, Keys, Model, Side, Step
from coach.core.languages import Phrases
from coach.core.segments import Say, Segment, Wait, Where
from coach.core.timeline import Part

READY_MS = 2_500
"""From the last words of a setup to the chime: enough before movements, which need no settling."""
SENTENCE_MS = 900
"""Pause after words that ask for no movement."""
LONG_REST_MS = 20_000
"""In a rest longer than this the coach says when it ends."""
TEN_MORE_MS = 10_000

_UNIT_EXAMPLES = {Unit.SECONDS: "30 s", Unit.BREATHS: "5 breaths", Unit.REPETITIONS: "8 x"}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One stretch with its doses fixed, and how it is to be delivered."""

    dose: Amount
    hold: Amount | None
    """Length of each hold, in a movement that has several."""
    stages: BreathStages
    delivery: Delivery
    is_sided: bool

    @property
    def breaths(self) -> int:
        """The breaths that the dose comes to."""
        return self.stages.breaths_in(self.dose)

    @property
    def speech(self) -> Phrases:
        """The words that the coach adds of its own accord."""
        return self.delivery.speech


class Movement(Model, ABC):
    """A movement of a script: what is laid out for it, how long it takes, what its dose comes to."""

    units: ClassVar[tuple[Unit, ...]]
    """In which its dose can be given."""
    description: ClassVar[str] = ""
    """What is done in it, for a person who reads it; empty if its own lines say so."""

    if TYPE_CHECKING:
        kind: str
        dose: Dose

    @property
    def is_breathed(self) -> bool:
        """Whether the breath is paced in it."""
        return False

    @property
    def holds_breath(self) -> bool:
        """Whether a pattern's pauses are kept in it: not while one moves, nor under load."""
        return True

    @property
    def stays(self) -> bool:
        """Whether it is one hold, so that one has to be led into it again for another set."""
        return False

    @property
    def strains_at_once(self) -> bool:
        """Whether one bears a load once one is led into it: then nothing is told there that can be told before."""
        return False

    @property
    def own_breath(self) -> BreathPattern | None:
        """The movement's own breath pattern, kept whatever a routine or the listener chooses."""
        return None

    @property
    def dose_step(self) -> int:
        """What its dose is a multiple of, in repetitions."""
        return 1

    def fixed_dose(self, amount: Amount) -> Amount:
        """Return a dose rounded down to what belongs together, if that is inside its range."""
        value = amount.value - amount.value % self.dose_step
        return replace(amount, value=value) if value >= amount.dose.low and self.dose_step > 1 else amount

    @abstractmethod
    def segments(self, task: Task, where: Where) -> Iterator[Segment]:
        """Lay it out, from the words that led into it to the chime that ends it."""

    @abstractmethod
    def paced_ms(self, task: Task) -> int:
        """Return how much of it, on one side, belongs to the clock at least."""

    @abstractmethod
    def dose_words(self, task: Task) -> str:
        """Say how much it will be."""

    def comes_to(self, task: Task) -> str:
        """Return what the dose came to, for a person: “2 breaths of 4-6, 20 s” (timing contract, T4)."""
        seconds = task.dose.dose.unit is Unit.SECONDS
        return seconds_text(task.dose.value) if seconds else f"{task.dose.value} times"

    def kept(self, task: Task) -> tuple[Amount, Amount | None]:
        """Return its doses so that another beat leaves what was said of them true."""
        return task.dose, task.hold

    def lines_shown(self) -> Iterator[str]:
        """Yield what is said in it, for a person who reads the script."""
        if self.description:
            yield self.description

    def fixed_hold(self, asked: Dose | None) -> Amount | None:  # noqa: ARG002 - others have one
        """Return the length of each hold: what is asked for, else the script's own; ``None`` if it has none."""
        return None

    def dose_problem(self, dose: Dose) -> str | None:
        """Return what is wrong with a dose for this kind of movement, if anything."""
        if dose.unit in self.units:
            return None
        examples = " or ".join(f"“{_UNIT_EXAMPLES[unit]}”" for unit in self.units)
        return f"the dose of a {self.kind} is written like {examples}, not “{dose}”"

    def hold_problem(self, hold: Dose) -> str | None:  # noqa: ARG002 - others take some
        """Return what is wrong with the length of each hold for this kind of movement, if anything."""
        return f"a {self.kind} takes no “hold”; its dose says it all"

    def problems(self) -> Iterator[tuple[Keys, str]]:
        """Yield what no single field can see, as (path of keys, message)."""
        if problem := self.dose_problem(self.dose):
            yield ("dose",), problem


def seconds_hold_problem(hold: Dose, *, breaths_allowed: bool = False) -> str | None:
    """Return what is wrong with the length of a hold that is counted on the beat, if anything."""
    if hold.unit is Unit.SECONDS or (hold.unit is Unit.BREATHS and breaths_allowed):
        return None
    return f"a hold counted on the beat is written in seconds, like “8-10 s”, not “{hold}”"


def seconds_text(ms: int) -> str:
    """Return a length in seconds: “12.5 s”."""
    return f"{ms / 1000:g} s"


def breaths_text(stages: BreathStages, amount: Amount) -> str:
    """Return what a dose comes to in breaths: “2 breaths of 4-6, 20 s”."""
    breaths = stages.breaths_in(amount)
    first, last = stages.pattern(0, breaths), stages.pattern(breaths - 1, breaths)
    pattern = str(first) if first == last else f"{first} to {last}"
    return f"{breaths} breath{'' if breaths == 1 else 's'} of {pattern}, {seconds_text(stages.length_ms(breaths))}"


def in_breaths(number: int) -> Amount:
    """Return a dose of n breaths and no other."""
    return Amount(Dose(Unit.BREATHS, number, number), number)


def sided(text: str, side: Side | None, speech: Phrases) -> str:
    """Return a line of a script as it is said on a side."""
    if side is not None:
        text = text.replace("{side}", speech.SIDES[side]).replace("{other_side}", speech.SIDES[OTHER_SIDE[side]])
    return text[0].upper() + text[1:]


def ready(delivery: Delivery) -> Wait:
    """Return the time from the last words of a setup to the chime, where no settling is needed."""
    return Wait(delivery.setup.of(READY_MS))


def repetition_name(rep: int, times: int, where: Where, delivery: Delivery) -> Iterable[Segment]:
    """From the second repetition on, say which one it is; the last is named as such, also in few words."""
    speech = delivery.speech
    if rep == times > 1:
        yield Say(where.worded(speech.LAST_ONE), SENTENCE_MS // 2, replace(where, rep=rep, part=Part.LAST))
    elif rep > 1 and delivery.words is not Words.BRIEF:
        yield Say(speech.repetition(rep), SENTENCE_MS // 2, replace(where, rep=rep))


def rested(rest_ms: int, where: Where, delivery: Delivery, words: tuple[str, ...] = ()) -> Iterator[Segment]:
    """Rest for a time: say so, or what the script says.

    In a long rest it is said when it is about to end, and in full words something to rest with before.
    """
    speech = delivery.speech
    *before, last = words or (speech.rest_between(round(rest_ms / 1000)),)
    yield from (Say(text, SENTENCE_MS, where) for text in before)
    if rest_ms <= LONG_REST_MS:
        yield Say(last, rest_ms, where)
        return
    quiet_ms = rest_ms - TEN_MORE_MS
    if delivery.words is Words.FULL:
        yield Say(last, quiet_ms // 2, where)
        yield Say(where.worded(speech.RESTING), quiet_ms - quiet_ms // 2, where)
    else:
        yield Say(last, quiet_ms, where)
    yield Say(speech.TEN_MORE, TEN_MORE_MS, where)


def moving(text: str, move_ms: int, where: Where, delivery: Delivery) -> Say:
    """Say what to do, and leave time to do it: in few words, which one knows, one moves while they are said."""
    return Say(text, delivery.setup.of(move_ms), where, meanwhile=delivery.words is Words.BRIEF)


def at_level(step: Step, level: Level) -> Step | None:
    """Return a step as a level does it; ``None`` if the level leaves it out."""
    other = {Level.EASIER: step.easier, Level.USUAL: None, Level.HARDER: step.harder}[level]
    if other is False:
        return None
    return step if other is None else step.model_copy(update={"say": other, "again": None, "option": None})


def one_way(step: Step, rep: int, where: Where, delivery: Delivery) -> Iterable[Segment]:
    """A movement inside a set: later repetitions use the shorter words if there are any, but always some."""
    step = at_level(step, delivery.level) or step
    if delivery.words is Words.NAMES:
        yield Wait(delivery.setup.of(step.move))
        return
    short = rep > 1 or delivery.words is Words.BRIEF
    text = step.again if short and step.again else step.say
    yield moving(sided(text, where.side, delivery.speech), step.move, where, delivery)
