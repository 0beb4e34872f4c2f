"""A routine with every name found and every dose fixed: what the engine compiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from coach.core.breath import BreathPattern
from coach.core.dose import Amount, Dose, Unit
from coach.core.positions import Position
from coach.core.script import (
    RepeatedHold,
    RoutineItem,
    RoutineScript,
    Side,
    StretchScript,
    dose_problem,
    hold_problem,
    is_breathed,
)


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


class Turn(StrEnum):
    """In which direction a routine goes on."""

    NEXT = "next"
    AGAIN = "again"
    BACK = "back"


@dataclass(frozen=True)
class Departure:
    """Where a routine goes on, when it does not begin at its beginning."""

    index: int
    """With which of its items, from 0; with its closing words, where there is no such item."""
    turn: Turn = Turn.NEXT
    position: Position | None = None
    """The position the listener is in; ``None`` where nobody knows."""
    leaves: tuple[int, Side | None] | None = None
    """The item, and its side, that the listener is in the middle of: first of all they are led out of it."""
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
    slack_ms: int = 0
    """Time shared out evenly to the pauses after the stretches, to fit a length."""
    departure: Departure | None = None
    """Where it goes on; ``None`` for the whole of it, from its opening words on."""

    @property
    def first(self) -> int:
        """With which of its items it begins, from 0; their number where only closing words are left."""
        return self.departure.index if self.departure else 0


@dataclass(frozen=True)
class Breathing:
    """Paced breath alone, with no stretch."""

    id: str
    name: str
    dose: Amount
    """How long, to the nearest whole breath."""


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
    dose = Dose(Unit.SECONDS, max(1, length_ms // 1000), max(1, -(-length_ms // 1000)))
    return Breathing(f"breathe-{pattern.replace(' ', '-')}", f"Breathe {pattern}", Amount(dose, length_ms))


def item_problem(item: RoutineItem, script: StretchScript) -> tuple[str, str] | None:
    """Return (key, message) for a dose in a routine that the stretch cannot take."""
    if item.dose is not None and (problem := dose_problem(script.movement, item.dose)):
        return "dose", problem
    if item.hold is not None and (problem := hold_problem(script.movement, item.hold)):
        return "hold", problem
    if item.breath is not None and not is_breathed(script.movement):
        return "breath", f"the breath is not paced in a {script.movement.kind}; leave “breath” out"
    return None


def fix(id_: str, script: RoutineScript, stretches: Mapping[str, StretchScript]) -> Routine:
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
        tuple(
            fix_item(item.stretch, stretches[item.stretch], item.dose, item.hold, item.breath or script.breath)
            for item in script.stretches
        ),
    )


def fix_item(
    id_: str,
    script: StretchScript,
    dose: Dose | None = None,
    hold: Dose | None = None,
    breath: BreathPattern | None = None,
) -> Item:
    """Fix the doses of one stretch: those given, else the script's own."""
    movement = script.movement
    held = (hold or movement.hold).amount() if isinstance(movement, RepeatedHold) else None
    return Item(id_, script, (dose or movement.dose).amount(), held, breath)


def gentle(routine: Routine, find: Callable[[str], StretchScript]) -> tuple[Routine, tuple[str, ...]]:
    """Leave out, or swap for a gentler one, each stretch that is unsuitable in some condition.

    Args:
        routine: what to make gentle.
        find: returns the script of a stretch by name.

    Returns:
        The gentle routine, which may have no stretches left, and a line about each change.
    """
    names = {item.id for item in routine.items}
    kept: list[Item] = []
    changes: list[str] = []
    for item in routine.items:
        if not item.script.unsuitable:
            kept.append(item)
            continue
        other = item.script.instead
        if other is not None and other not in names:
            swapped = fix_item(other, find(other), breath=item.breath)
            names.add(other)
            kept.append(swapped)
            changes.append(f"{swapped.script.name} instead of {item.script.name}")
        else:
            changes.append(f"without {item.script.name}")
    return replace(routine, items=tuple(kept)), tuple(changes)


def joined(routines: Sequence[Routine]) -> Routine:
    """Return one routine of several, in their order, with the coach's own opening and closing words."""
    items = tuple(item for routine in routines for item in routine.items)
    names = ", ".join(routine.name for routine in routines)
    return Routine("my-routine", "My routine", names, None, None, items)
