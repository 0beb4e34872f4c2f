"""A routine with every name found and every dose fixed: what the engine compiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coach.core.dose import Amount, Dose
from coach.core.script import (
    RepeatedHold,
    RoutineItem,
    RoutineScript,
    StretchScript,
    dose_problem,
    hold_problem,
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


def item_problem(item: RoutineItem, script: StretchScript) -> tuple[str, str] | None:
    """Return (key, message) for a dose in a routine that the stretch cannot take."""
    if item.dose is not None and (problem := dose_problem(script.movement, item.dose)):
        return "dose", problem
    if item.hold is not None and (problem := hold_problem(script.movement, item.hold)):
        return "hold", problem
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
        tuple(fix_item(item.stretch, stretches[item.stretch], item.dose, item.hold) for item in script.stretches),
    )


def fix_item(id_: str, script: StretchScript, dose: Dose | None = None, hold: Dose | None = None) -> Item:
    """Fix the doses of one stretch: those given, else the script's own."""
    movement = script.movement
    held = (hold or movement.hold).amount() if isinstance(movement, RepeatedHold) else None
    return Item(id_, script, (dose or movement.dose).amount(), held)
