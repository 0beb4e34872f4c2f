"""What a session was: pure data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Outcome(StrEnum):
    """How a session ended."""

    RUNNING = "running"
    """It has not ended yet."""
    FINISHED = "finished"
    STOPPED = "stopped"
    """Before its end, by the listener or because the coach was ended."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of a session."""

    id: str
    name: str
    practised_ms: int = 0
    """Without pauses."""
    done: bool = False
    """Whether it was done to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session, as far as it is known."""

    id: str
    """32 hexadecimal digits."""
    began: datetime
    """By the clock of the place where it began, with its distance from UTC."""
    routine: str
    """The routine's id."""
    title: str
    order: str
    """How to play it again; the history keeps it and does not look into it."""
    planned_ms: int
    practised_ms: int
    """Without pauses."""
    stretches: tuple[Stretch, ...]
    outcome: Outcome
    index: int | None = None
    """The stretch it is at, or was at when it ended, from 0; ``None`` in opening, closing and breathing alone."""
    side: str | None = None

    @property
    def stretch(self) -> Stretch | None:
        """The stretch it is at, or was at when it ended."""
        return None if self.index is None else self.stretches[self.index]

    @property
    def goes_on_at(self) -> int | None:
        """The stretch it can go on with, from 0; ``None`` if it runs, was finished, or nothing is left to do."""
        if self.outcome is not Outcome.STOPPED:
            return None
        if self.index is None:
            return None if any(stretch.practised_ms for stretch in self.stretches) else 0
        index = self.index + 1 if self.stretches[self.index].done else self.index
        return index if index < len(self.stretches) else None

    @property
    def day(self) -> date:
        """The day it belongs to: the day it began, by the clock of the place."""
        return self.began.date()


@dataclass(frozen=True, slots=True)
class Record:
    """What a history holds."""

    sessions: tuple[Session, ...] = ()
    """The newest first."""
    unreadable: int = 0
    """How many sessions are left out because they cannot be read."""
