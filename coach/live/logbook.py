"""What is remembered of a session: where it is, what was done, how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coach.live.playhead import Place

EVERY_MS = 5_000
"""How often the place is noted."""


class Log(Protocol):
    """What remembers a session, like :class:`coach.history.session_log.SessionLog`."""

    @property
    def problem(self) -> str | None:
        """What of it is not kept, in a line; ``None`` while all is well."""

    def at(self, index: int | None, side: str | None, practised_ms: int) -> None:
        """Note where it is: in which stretch, from 0, or in none."""

    def done(self, index: int) -> None:
        """Note that a stretch was done to its end."""

    def end(self, finished: bool, practised_ms: int) -> None:
        """Note that it is over."""


class Logbook:
    """Tells a log what it has not been told yet."""

    def __init__(self, numbers: Iterable[int]) -> None:
        """Begin without a log; ``numbers`` are those of the stretches, from 1."""
        self.log: Log | None = None
        self._is_over = False
        self._numbers = tuple(numbers)
        self._noted: tuple[object, ...] = ()

    @property
    def problem(self) -> str | None:
        """What of it is not kept, in a line; ``None`` while all is well."""
        return None if self.log is None else self.log.problem

    def note(self, place: Place, left: int | None, practised_ms: int) -> None:
        """Note where a session is.

        Args:
            place: where it is.
            left: which stretch, from 0, was left for the closing words; ``None`` if none was.
            practised_ms: how long was played.
        """
        take, ms = place
        moment = take.guide.at(ms)
        for number in self._numbers:
            done_ms = take.guide.item_done_ms(number)
            if done_ms is not None and ms >= done_ms and number - 1 not in take.done:
                take.done.add(number - 1)
                if self.log is not None:
                    self.log.done(number - 1)
        index = left if moment.item is None else moment.item - 1
        noted = (index, moment.side, practised_ms // EVERY_MS)
        if noted != self._noted and self.log is not None:
            self._noted = noted
            self.log.at(index, moment.side, practised_ms)

    def end(self, is_finished: bool, practised_ms: int) -> None:
        """Note that the session is over; a second time it changes nothing."""
        if self.log is not None and not self._is_over:
            self.log.end(is_finished, practised_ms)
        self._is_over = True
