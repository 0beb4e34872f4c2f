"""What a running session tells the history."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from coach.errors import HistoryError
from coach.files import HeldFile
from coach.history.model import Outcome, Session

WRITE_WAIT_S = 0.5
"""How long a session waits for another program that writes: short, since keys are not read meanwhile."""
_LAST_WAIT_S = 5.0
"""How long the last write of a session waits: no later write makes it good."""
_RETRY_S = 30.0
"""How long a change of place alone is not written after a failed write; beginning, stretches done and the end are."""


class Store(Protocol):
    """Where sessions are written: see :class:`coach.history.store.History`."""

    def write(
        self, session: Session, tell: Callable[[str], None], *, check: bool = False, wait_s: float = WRITE_WAIT_S
    ) -> None:
        """Write a session."""

    def mark(self, session_id: str) -> Path:
        """Return the file that is held while a session runs."""

    def sweep_marks(self) -> None:
        """Remove the marks of sessions that were killed."""


class SessionLog:
    """What one running session tells the history. Nothing here ever raises: a session goes on without its history.

    Each call is on the disk when it returns, and takes some hundredths of a second, at most about half a second if
    another program keeps the history locked. All calls come from one thread.
    """

    def __init__(self, store: Store, session: Session) -> None:
        self._store = store
        self._session = session
        self._mark: HeldFile | None = None
        self._told: str | None = None
        self._trouble: str | None = None
        self._try_again_s = 0.0
        self._checked = False
        self._save()

    @property
    def problem(self) -> str | None:
        """What to tell the person at the end, in one line: that something is not kept, or that a damaged history was
        set aside. ``None`` while all is well, and again once a write has made good what others missed.
        """
        return "; ".join(filter(None, (self._told, self._trouble))) or None

    def at(self, index: int | None, side: str | None, practised_ms: int) -> None:
        """Say where the session is; at every change, and every few seconds.

        Args:
            index: which stretch, from 0; ``None`` in the opening, the closing and breathing alone.
            side: left or right, if there are sides.
            practised_ms: since the session began, without pauses.
        """
        self._add_practice(practised_ms)
        known = index is not None and 0 <= index < len(self._session.stretches)
        self._session = replace(self._session, index=index if known else None, side=side if known else None)
        if self._trouble is None or time.monotonic() >= self._try_again_s:
            self._save()

    def done(self, index: int) -> None:
        """Say that a stretch, counted from 0, was done to its end."""
        if 0 <= index < len(self._session.stretches):
            self._change_stretch(index, done=True)
            self._save()

    def end(self, finished: bool, practised_ms: int) -> None:
        """Say that the session is over: to its end, or stopped where it was.

        Args:
            finished: whether it came to its end.
            practised_ms: since the session began, without pauses.
        """
        self._add_practice(practised_ms)
        self._session = replace(self._session, outcome=Outcome.FINISHED if finished else Outcome.STOPPED)
        self._checked = False
        self._save(_LAST_WAIT_S)
        if self._mark is not None:
            self._mark.release()

    def _add_practice(self, total_ms: int) -> None:
        """Credit what was practised since the last call to the stretch it was in."""
        more_ms = total_ms - self._session.practised_ms
        if more_ms <= 0:
            return
        self._session = replace(self._session, practised_ms=total_ms)
        if self._session.index is not None and self._session.stretch is not None:
            self._change_stretch(self._session.index, practised_ms=self._session.stretch.practised_ms + more_ms)

    def _change_stretch(self, index: int, **change: Any) -> None:
        before = self._session.stretches
        after = (*before[:index], replace(before[index], **change), *before[index + 1 :])
        self._session = replace(self._session, stretches=after)

    def _save(self, wait_s: float = WRITE_WAIT_S) -> None:
        try:
            self._hold_mark()
            self._store.write(self._session, self._tell, check=not self._checked, wait_s=wait_s)
        except Exception as error:  # whatever it is, the session must go on
            self._trouble = self._trouble or (
                str(error) if isinstance(error, HistoryError) else f"the history cannot be written: {error}"
            )
            self._try_again_s = time.monotonic() + _RETRY_S
            return
        self._checked = True
        self._trouble = None

    def _tell(self, line: str) -> None:
        self._told = self._told or line

    def _hold_mark(self) -> None:
        """Hold the mark that tells a running session from one that was killed; without it, it counts as stopped."""
        if self._mark is None:
            with contextlib.suppress(OSError):
                mark = self._store.mark(self._session.id)
                mark.parent.mkdir(parents=True, exist_ok=True)
                self._store.sweep_marks()
                self._mark = HeldFile(mark, wait_s=WRITE_WAIT_S)
