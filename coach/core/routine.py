"""A routine with every name found and every dose fixed: what the engine compiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from coach.core.breath import BreathPattern
from coach.core.breath_stages import BreathStages
from coach.core.delivery import Delivery, Level
from coach.core.dose import Amount, Dose, Unit
from coach.core.fields import Keys, Side
from coach.core.movements.base import Task
from coach.core.positions import Positions
from coach.core.script import RoutineItem, RoutinePause, RoutineRounds, RoutineScript, StretchScript


@dataclass(frozen=True)
class Pause:
    """Time between two stretches."""

    length_ms: int
    """From the end of its words."""
    words: tuple[str, ...] = ()
    """The script's own, if it has some."""


@dataclass(frozen=True)
class Round:
    """Which of several rounds a stretch is in."""

    number: int
    """From 1."""
    of: int
    rest_ms: int
    """Between two rounds."""


KeptDoses = tuple[Amount, Amount | None, tuple[tuple[Side, Amount], ...]]
"""The dose, the length of each hold, and the doses of sides that get others."""


@dataclass(frozen=True)
class Item:
    """One stretch of a routine with its doses."""

    id: str
    """The stretch's file name without its ending."""
    script: StretchScript
    dose: Amount
    hold: Amount | None
    """Length of each hold, for repeated holds."""
    breath: BreathPattern | None = None
    """The pattern that the routine asks for, if it does."""
    level: Level | None = None
    """The level that the routine asks for, if it does."""
    sides: tuple[Side, ...] = ()
    """In their order; empty if there are none."""
    side_doses: tuple[tuple[Side, Amount], ...] = ()
    """The doses of sides that get others."""
    sets: int = 1
    """How many times all of it is done."""
    set_rest_ms: int = 0
    """Between two sets."""
    words: tuple[str, ...] = ()
    """The routine's own, after the name."""
    pauses: tuple[Pause, ...] = ()
    """Before it."""
    round: Round | None = None

    @property
    def turns(self) -> tuple[Side | None, ...]:
        """What is done in one set: each side, or the one thing."""
        return self.sides or (None,)

    def task(self, stages: BreathStages, delivery: Delivery, side: Side | None = None) -> Task:
        """Return what its movement is to do on a side."""
        return Task(
            dose=dict(self.side_doses).get(side, self.dose) if side else self.dose,
            hold=self.hold,
            stages=stages,
            delivery=delivery,
            is_sided=len(self.sides) > 1 and not self.side_doses,
        )

    def paced_ms(self, stages: BreathStages, delivery: Delivery) -> int:
        """Return how much of it belongs to the clock at least."""
        movement = self.script.movement
        once_ms = sum(movement.paced_ms(self.task(stages, delivery, side)) for side in self.turns)
        return self.sets * once_ms + (self.sets - 1) * self.set_rest_ms

    def kept_doses(self, stages: BreathStages, delivery: Delivery) -> KeptDoses:
        """Return what its doses come to: what it is, whatever doses come to the same."""
        keep = self.script.movement.kept
        dose, hold = keep(self.task(stages, delivery))
        side_doses = tuple((side, keep(self.task(stages, delivery, side))[0]) for side, _ in self.side_doses)
        return dose, hold, side_doses

    def kept(self, stages: BreathStages, delivery: Delivery) -> Item:
        """Return it so that another beat leaves what was said of its doses true."""
        dose, hold, side_doses = self.kept_doses(stages, delivery)
        return replace(self, dose=dose, hold=hold, side_doses=side_doses)

    def at(self, share: int, of: int) -> Item:
        """Return it with every dose at the same share of its range: ``share`` of ``of`` equal parts above the least."""
        fixed = self.script.movement.fixed_dose
        return replace(
            self,
            dose=fixed(self.dose.dose.at(share, of)),
            hold=None if self.hold is None else self.hold.dose.at(share, of),
            side_doses=tuple((side, fixed(amount.dose.at(share, of))) for side, amount in self.side_doses),
        )

    @property
    def ends_in(self) -> str:
        """The position in which its release ends."""
        return self.script.ends_in or self.script.position

    @property
    def _follows_ramp(self) -> bool:
        return self.script.movement.is_breathed and self.script.movement.own_breath is None


class Turn(StrEnum):
    """In which direction a routine goes on."""

    NEXT = "next"
    AGAIN = "again"
    BACK = "back"


@dataclass(frozen=True)
class Departure:
    """Where a routine goes on, if it does not begin at its beginning."""

    index: int
    """With which of its items, from 0; with its closing words if there is no such item."""
    turn: Turn = Turn.NEXT
    position: str | None = None
    """The position the listener is in, if it is known."""
    leaves: tuple[int, Side | None] | None = None
    """The item, and its side, that the listener is in the middle of: first they are led out of it."""
    greeting: tuple[str, ...] = ()
    """What is said before everything else."""


@dataclass(frozen=True)
class Routine:
    """An ordered list of stretches with their doses, opening and closing words."""

    id: str
    name: str
    purpose: str
    """What it is for, in a line."""
    opening: tuple[str, ...] | None
    """``None`` for the coach's own words."""
    closing: tuple[str, ...] | None
    items: tuple[Item, ...]
    positions: Positions
    """Those that its stretches know, and the ways between them."""
    slack_ms: int = 0
    """Time shared out evenly to the pauses after the stretches, to fit a length."""
    departure: Departure | None = None
    """Where it goes on; ``None`` for the whole of it, from its opening words on."""

    @property
    def first(self) -> int:
        """With which of its items it begins, from 0; their number if only closing words are left."""
        return self.departure.index if self.departure else 0

    @property
    def props(self) -> tuple[str, ...]:
        """What must be at hand for it, in the order of need."""
        found: dict[str, None] = {}
        before: str | None = None
        for item in self.items:
            ways = self.positions.path(before, item.script.position)
            here = self.positions.positions[item.script.position]
            found |= dict.fromkeys((*(prop for way in ways for prop in way.props), *here.props, *item.script.props))
            before = item.ends_in
        if before is not None:
            found |= dict.fromkeys(self.positions.positions[before].rise_props)
        return tuple(found)

    def at(self, share: int, of: int) -> Routine:
        """Return it with every dose at the same share of its range (see :meth:`Item.at`)."""
        return replace(self, items=tuple(item.at(share, of) for item in self.items))

    @property
    def pauses_ms(self) -> int:
        """How long the pauses between its stretches are at least."""
        rests = (item.round.rest_ms for index, item in enumerate(self.items) if item.round and self.begins_round(index))
        return sum(pause.length_ms for item in self.items for pause in item.pauses) + sum(rests)

    def begins_round(self, index: int) -> bool:
        """Whether a round begins with an item."""
        before = self.items[index - 1].round if index else None
        return self.items[index].round is not None and self.items[index].round != before

    def eyes_are_closed(self, index: int) -> bool:
        """Whether they may be closed in an item."""
        script = self.items[index].script
        return (script.eyes or self.positions.positions[script.position].eyes) == "closed"

    def opens_eyes(self, index: int) -> bool:
        """Whether they are closed in an item whose release ends where they should be open."""
        return self.eyes_are_closed(index) and self.positions.positions[self.items[index].ends_in].eyes == "open"

    def ends_with_eyes_closed(self, index: int) -> bool:
        """Whether they are closed after an item's release."""
        return self.eyes_are_closed(index) and not self.opens_eyes(index)

    def is_familiar(self, index: int) -> bool:
        """Whether an item was heard in an earlier round."""
        item = self.items[index]
        return item.round is not None and item.id in {other.id for other in self.items[self.first : index]}

    def stages(self, delivery: Delivery) -> tuple[BreathStages, ...]:
        """Return how the breath goes through each stretch.

        A ramp climbs evenly from the first stretch with paced breath to the last; both sides of one breathe alike.
        """
        count = max(1, sum(item._follows_ramp for item in self.items))
        found: list[BreathStages] = []
        index = 0
        for item in self.items:
            found.append(_stages(item, delivery, index, count))
            index += item._follows_ramp
        return tuple(found)


def _stages(item: Item, delivery: Delivery, index: int, count: int) -> BreathStages:
    asked = item.breath or item.script.breath
    own = item.script.movement.own_breath or (None if delivery.breath_is_chosen else asked)
    stages = BreathStages((own,) if own else delivery.breath, delivery.beat_ms)
    if not own:
        stages = stages.part(index if item._follows_ramp else 0, count)
    if item.script.movement.holds_breath:
        return stages
    return BreathStages(tuple(pattern.unheld for pattern in stages.stages), delivery.beat_ms)


@dataclass(frozen=True)
class Breathing:
    """Paced breath alone, with no stretch."""

    id: str
    name: str
    dose: Amount
    """How long: as many whole breaths as are not longer."""
    closes_early: bool = False
    """Whether only its closing words are left."""


@dataclass(frozen=True)
class Sample:
    """A few sentences and one counted breath: what a voice sounds like."""

    id: str
    name: str
    sentences: tuple[str, ...]


Programme = Routine | Breathing | Sample
"""What can be compiled."""


def breathing(pattern: str, length_ms: int) -> Breathing:
    """Return paced breath of a length; ``pattern`` names it in its title."""
    return Breathing(f"breathe-{pattern.replace(' ', '-')}", f"Breathe {pattern}", of_length(length_ms))


def of_length(length_ms: int) -> Amount:
    """Return the dose that lasts a length in milliseconds, at least one."""
    length_ms = max(1, length_ms)
    return Amount(Dose(Unit.SECONDS, max(1, length_ms // 1000), -(-length_ms // 1000)), length_ms)


_AS_IT_IS = RoutineItem(stretch="any")


def item_problems(item: RoutineItem, script: StretchScript) -> Iterator[tuple[Keys, str]]:
    """Yield (path of keys, message) for what a routine asks for that a stretch cannot take."""
    movement, sides = script.movement, script.sides or ()
    doses: dict[Keys, Dose | None] = {("dose",): item.dose}
    doses |= {("side_doses", side): dose for side, dose in item.side_doses.items()}
    for path, dose in doses.items():
        if dose is not None and (problem := movement.dose_problem(dose)):
            yield path, problem
    if item.hold is not None and (problem := movement.hold_problem(item.hold)):
        yield ("hold",), problem
    if item.breath is not None and not movement.is_breathed:
        yield ("breath",), f"the breath is not paced in a {movement.kind}; leave “breath” out"
    asked = sides if item.sides is None else item.sides
    if asked != sides and not (asked and len(set(asked)) == len(asked) and set(asked) <= set(sides)):
        known = f"sides are {' and '.join(sides)}, each once at most" if sides else "this stretch has no sides"
        yield ("sides",), known
    yield from (
        (("side_doses", side), f"there is no {side} side here") for side in item.side_doses if side not in asked
    )
    sets = item.sets or 1
    yield from ((("sets",), problem) for _, problem in script.model_copy(update={"sets": sets}).set_problems())


def fix(id_: str, script: RoutineScript, stretches: Mapping[str, StretchScript], positions: Positions) -> Routine:
    """Fix every dose of a routine; ``stretches`` holds each script it names.

    Raises:
        KeyError: when a stretch is not among them.
    """
    items = tuple(_fixed(script, stretches))
    return Routine(id_, script.name, script.purpose, script.opening, script.closing, items, positions)


def _fixed(script: RoutineScript, stretches: Mapping[str, StretchScript]) -> Iterator[Item]:
    pauses: list[Pause] = []
    for entry, round_ in _laid_out(script):
        if isinstance(entry, RoutinePause):
            pauses.append(Pause(entry.pause, entry.say))
            continue
        fixed = fix_item(entry.stretch, stretches[entry.stretch], entry, script.breath)
        yield replace(fixed, pauses=tuple(pauses), round=round_)
        pauses = []


def _laid_out(script: RoutineScript) -> Iterator[tuple[RoutineItem | RoutinePause, Round | None]]:
    for entry in script.stretches:
        if not isinstance(entry, RoutineRounds):
            yield entry, None
            continue
        for number in range(1, entry.repeat + 1):
            yield from ((inner, Round(number, entry.repeat, entry.rest)) for inner in entry.stretches)


def fix_item(
    id_: str, script: StretchScript, asked: RoutineItem | None = None, breath: BreathPattern | None = None
) -> Item:
    """Fix the doses of one stretch: those that a routine asks for, else the script's own."""
    movement, asked = script.movement, asked or _AS_IT_IS
    sides = asked.sides or script.sides or ()
    side_doses = {**({} if asked.dose else script.side_doses), **asked.side_doses}
    item = Item(
        id_,
        script,
        movement.fixed_dose((asked.dose or movement.dose).amount()),
        movement.fixed_hold(asked.hold),
        asked.breath or breath,
        sides=sides,
        side_doses=tuple(
            (side, movement.fixed_dose(side_doses[side].amount())) for side in sides if side in side_doses
        ),
        sets=asked.sets or script.sets,
        set_rest_ms=script.set_rest if asked.set_rest is None else asked.set_rest,
        words=asked.say,
    )
    return item if asked.level is None else at_level(item, asked.level)


def at_level(item: Item, level: Level) -> Item:
    """Return a stretch at a level: easier takes the smallest dose of its range, harder the largest."""
    item = replace(item, level=level)
    return item if level is Level.USUAL else item.at(int(level is Level.HARDER), 1)


def stretch_names(programme: Programme) -> dict[str, str]:
    """Return what each stretch of a programme is called, by its id."""
    return {item.id: item.script.name for item in programme.items} if isinstance(programme, Routine) else {}


def names_in(programme: Programme) -> dict[int, str]:
    """Return what each stretch of a programme is called, by its number from 1."""
    items = programme.items if isinstance(programme, Routine) else ()
    return {number: item.script.name for number, item in enumerate(items, 1)}


def joined(routines: Sequence[Routine]) -> Routine:
    """Return one routine of several, in their order, with the coach's own opening and closing words."""
    items = tuple(item for routine in routines for item in routine.items)
    names = ", ".join(routine.name for routine in routines)
    return Routine("my-routine", "My routine", names, None, None, items, routines[0].positions)
