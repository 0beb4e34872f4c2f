"""A routine with every name found and every dose fixed: what the engine compiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from coach.core.breath import BreathPattern
from coach.core.breath_stages import BreathStages
from coach.core.delivery import Delivery, Level
from coach.core.dose import Amount, Dose, Unit
from coach.core.fields import Side
from coach.core.movements.base import Task
from coach.core.positions import Positions
from coach.core.script import RoutineItem, RoutineScript, StretchScript


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

    def task(self, stages: BreathStages, delivery: Delivery) -> Task:
        """Return what its movement is to do."""
        return Task(
            dose=self.dose,
            hold=self.hold,
            stages=stages,
            delivery=delivery,
            is_sided=self.script.sides is not None,
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


def item_problem(item: RoutineItem, script: StretchScript) -> tuple[str, str] | None:
    """Return (key, message) for a dose in a routine that the stretch cannot take."""
    movement = script.movement
    if item.dose is not None and (problem := movement.dose_problem(item.dose)):
        return "dose", problem
    if item.hold is not None and (problem := movement.hold_problem(item.hold)):
        return "hold", problem
    if item.breath is not None and not movement.is_breathed:
        return "breath", f"the breath is not paced in a {movement.kind}; leave “breath” out"
    return None


def fix(id_: str, script: RoutineScript, stretches: Mapping[str, StretchScript], positions: Positions) -> Routine:
    """Fix every dose of a routine; ``stretches`` holds each script it names.

    Raises:
        KeyError: when a stretch is not among them.
    """
    return Routine(
        id_,
        script.name,
        script.purpose,
        script.opening,
        script.closing,
        tuple(_fixed(item, stretches[item.stretch], item.breath or script.breath) for item in script.stretches),
        positions,
    )


def _fixed(item: RoutineItem, script: StretchScript, breath: BreathPattern | None) -> Item:
    fixed = fix_item(item.stretch, script, item.dose, item.hold, breath)
    return fixed if item.level is None else at_level(fixed, item.level)


def fix_item(
    id_: str,
    script: StretchScript,
    dose: Dose | None = None,
    hold: Dose | None = None,
    breath: BreathPattern | None = None,
) -> Item:
    """Fix the doses of one stretch: those given, else the script's own."""
    movement = script.movement
    return Item(id_, script, movement.fixed_dose((dose or movement.dose).amount()), movement.fixed_hold(hold), breath)


def at_level(item: Item, level: Level) -> Item:
    """Return a stretch at a level: easier takes the smallest dose of its range, harder the largest."""
    if level is Level.USUAL:
        return replace(item, level=level)
    share = int(level is Level.HARDER)
    dose = item.script.movement.fixed_dose(item.dose.dose.at(share, 1))
    hold = None if item.hold is None else item.hold.dose.at(share, 1)
    return replace(item, dose=dose, hold=hold, level=level)


def stretch_names(programme: Programme) -> dict[str, str]:
    """Return what each stretch of a programme is called, by its id."""
    return {item.id: item.script.name for item in programme.items} if isinstance(programme, Routine) else {}


def joined(routines: Sequence[Routine]) -> Routine:
    """Return one routine of several, in their order, with the coach's own opening and closing words."""
    items = tuple(item for routine in routines for item in routine.items)
    names = ", ".join(routine.name for routine in routines)
    return Routine("my-routine", "My routine", names, None, None, items, routines[0].positions)
