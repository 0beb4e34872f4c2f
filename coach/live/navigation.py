"""Where a command leads: pure questions about a programme and a moment of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from coach.core.guide import going_on
from coach.core.routine import Breathing, Programme, Routine, Turn
from coach.live.commands import Command

if TYPE_CHECKING:
    from coach.core.guide import Guide

RESTART_AFTER_MS = 5_000
"""“Previous” goes back to the beginning of a stretch that has lasted longer than this, as players of music do."""


@dataclass(frozen=True, kw_only=True)
class Here:
    """Where a session is when a command comes."""

    programme: Programme
    guide: Guide
    ms: int
    closes_early: bool = False
    """Whether these are the closing words that were asked for before everything was done."""
    left: int | None = None
    """Which stretch was left for them, from 0."""


@dataclass(frozen=True)
class Jump:
    """To another moment of what is being played."""

    ms: int
    skipped: int | None = None
    """The stretch, from 0, whose last hold is skipped."""


@dataclass(frozen=True)
class Depart:
    """To something else, from its beginning."""

    programme: Programme
    closes_early: bool = False
    left: int | None = None


@dataclass(frozen=True)
class Return:
    """To where the closing words were asked for."""


@dataclass(frozen=True)
class Refuse:
    """Nowhere."""

    reason: str


Destination = Jump | Depart | Return | Refuse
NOTHING_TO_SKIP = "There is nothing to skip: this is breathing alone."


def destination(command: Command, here: Here) -> Destination | None:
    """Return where a command leads; ``None`` if everything stays as it is."""
    programme = here.programme
    if not isinstance(programme, Routine):
        return _in_breathing(command, programme, here)
    match command:
        case Command.FINISH:
            return _finished(programme, here)
        case Command.SKIP_SIDE:
            return _side_skipped(programme, here)
        case _:
            return _turned(command, programme, here)


def _departing(routine: Routine, here: Here, index: int, turn: Turn) -> Depart:
    return Depart(going_on(routine, here.guide.timeline, here.ms, index, turn))


def _turned(command: Command, routine: Routine, here: Here) -> Destination | None:
    item = here.guide.at(here.ms).item
    if item is None:
        return _turned_outside(command, routine, here)
    index = item - 1
    if command is Command.NEXT:
        return _departing(routine, here, index + 1, Turn.NEXT)
    if command is Command.PREVIOUS and index and here.ms - here.guide.item_begins_ms(item) <= RESTART_AFTER_MS:
        return _departing(routine, here, index - 1, Turn.BACK)
    return _departing(routine, here, index, Turn.AGAIN)


def _turned_outside(command: Command, routine: Routine, here: Here) -> Destination | None:
    """In the opening “next” is the first stretch, in the closing “previous” is the last, or that which was left."""
    if here.closes_early or here.guide.is_closing(here.ms):
        if command is Command.NEXT:
            return None
        index = len(routine.items) - 1 if here.left is None else here.left
        return _departing(routine, here, index, Turn.BACK)
    return _departing(routine, here, routine.first, Turn.NEXT) if command is Command.NEXT else Jump(0)


def _side_skipped(routine: Routine, here: Here) -> Destination | None:
    over_ms = here.guide.side_over_ms(here.ms)
    if over_ms is None:
        return None if here.guide.is_between_sides(here.ms) else _turned(Command.NEXT, routine, here)
    item = here.guide.at(here.ms).item
    is_last = item is not None and over_ms == here.guide.item_done_ms(item)
    return Jump(over_ms, skipped=item - 1 if item is not None and is_last else None)


def _finished(routine: Routine, here: Here) -> Destination | None:
    if here.closes_early or here.guide.is_closing(here.ms):
        return None
    count, item = len(routine.items), here.guide.at(here.ms).item
    left = routine.first if item is None else item - 1
    done_ms = here.guide.item_done_ms(count)
    is_early = left != count - 1 or done_ms is None or done_ms > here.ms
    closing = _departing(routine, here, count, Turn.NEXT)
    return replace(closing, closes_early=True, left=left) if is_early else closing


def _in_breathing(command: Command, programme: Programme, here: Here) -> Destination | None:
    match command:
        case Command.FINISH:
            if here.closes_early or not isinstance(programme, Breathing) or here.guide.is_closing(here.ms):
                return None
            return Depart(replace(programme, closes_early=True), closes_early=True)
        case Command.PREVIOUS | Command.REPEAT if here.closes_early:
            return Return()
        case Command.PREVIOUS | Command.REPEAT:
            return Jump(0)
        case _:
            return None if here.closes_early else Refuse(NOTHING_TO_SKIP)
