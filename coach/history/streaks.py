"""What sessions add up to: weeks, and days in a row.

A day counts when a session was finished on it, however short, or when three minutes or more were practised on it in
all. A session belongs to the day on which it began, by the clock of the place; one over midnight to the first of the
two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from coach.history.model import Outcome, Session

COUNTS_MS = 180_000
"""How much practice makes a day count if no session was finished."""

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday on."""

    monday: date
    practised_ms: int
    """Pauses left out."""
    days: tuple[bool, ...]
    """Which of them count."""


@dataclass(frozen=True, slots=True)
class Streaks:
    """How many days in a row count."""

    current: int
    """Up to today; or up to yesterday, as long as today does not count yet."""
    longest: int


def days_that_count(sessions: Iterable[Session]) -> frozenset[date]:
    """Return the days that count."""
    finished: set[date] = set()
    practised_ms: dict[date, int] = {}
    for session in sessions:
        practised_ms[session.day] = practised_ms.get(session.day, 0) + session.practised_ms
        if session.outcome is Outcome.FINISHED:
            finished.add(session.day)
    return frozenset(finished | {day for day, ms in practised_ms.items() if ms >= COUNTS_MS})


def weeks(sessions: Iterable[Session], today: date, count: int) -> tuple[Week, ...]:
    """Return the last weeks, the newest last: this one and those before it, ``count`` in all."""
    sessions = tuple(sessions)
    counting = days_that_count(sessions)
    practised_ms: dict[date, int] = {}
    for session in sessions:
        monday = _monday(session.day)
        practised_ms[monday] = practised_ms.get(monday, 0) + session.practised_ms
    mondays = [_monday(today) - back * _WEEK for back in reversed(range(count))]
    return tuple(
        Week(monday, practised_ms.get(monday, 0), tuple(monday + day * _DAY in counting for day in range(7)))
        for monday in mondays
    )


def streaks(sessions: Iterable[Session], today: date) -> Streaks:
    """Return the streak that is going on, and the longest there was."""
    counting = days_that_count(sessions)
    last = today if today in counting else today - _DAY
    firsts = (day for day in counting if day - _DAY not in counting)
    return Streaks(_run(counting, last, -_DAY), max((_run(counting, day, _DAY) for day in firsts), default=0))


def _run(counting: frozenset[date], day: date, step: timedelta) -> int:
    length = 0
    while day in counting:
        length += 1
        day += step
    return length


def _monday(day: date) -> date:
    return day - day.weekday() * _DAY
