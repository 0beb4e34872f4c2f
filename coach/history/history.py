"""What was practised: a small SQLite database in the user's data folder. Nothing of it leaves the machine.

A session is written whole each time, so that a write that failed (a full disk, a lock) is made good by the next one,
and in one transaction, so that a kill or a power cut at any moment leaves what was written before. The journal is
SQLite's oldest kind, because the newer one (WAL) needs memory shared between processes, which network folders lack.
"""

from __future__ import annotations

import contextlib
import glob
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import platformdirs

from coach.errors import HistoryError
from coach.history.marks import Mark, is_alive, sweep
from coach.paths import expanded

DATA_VARIABLE = "COACH_DATA"
FILE_NAME = "history.db"
SCHEMA_VERSION = 1
"""Of the tables below, kept in the file; a coach that knows only older ones leaves the file alone."""

_WRITE_WAIT_S = 0.5
"""How long a session waits for another program that writes: short, since keys are not read meanwhile."""
_READ_WAIT_S = _LAST_WAIT_S = 5.0
"""How long reading waits, and the last write of a session, which no other makes good."""
_RETRY_S = 30.0
"""How long after a failed write a mere change of place is not written; beginning, stretches done and the end are."""
_RUNNING = ".running"
_BESIDE = ("-journal", "-wal", "-shm")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_BUSY: "another program keeps it locked",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked",
    sqlite3.SQLITE_READONLY: "it may only be read",
    sqlite3.SQLITE_PERM: "it may not be opened",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk failed, or is full",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is damaged",
}
_SCHEMA = (
    """CREATE TABLE session (
        id TEXT PRIMARY KEY,
        began TEXT NOT NULL,
        began_utc TEXT NOT NULL,
        routine TEXT NOT NULL,
        title TEXT NOT NULL,
        play_order TEXT NOT NULL,
        planned_ms INTEGER NOT NULL,
        practised_ms INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        place INTEGER,
        side TEXT
    )""",
    "CREATE INDEX session_began ON session (began_utc)",
    """CREATE TABLE stretch (
        session TEXT NOT NULL REFERENCES session (id),
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        practised_ms INTEGER NOT NULL,
        done INTEGER NOT NULL,
        PRIMARY KEY (session, number)
    ) WITHOUT ROWID""",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)
_SESSIONS = """SELECT id, began, routine, title, play_order, planned_ms, practised_ms, outcome, place, side
    FROM session WHERE substr(began, 1, 10) >= ? ORDER BY began_utc DESC, rowid DESC LIMIT ?"""
_STRETCHES = "SELECT id, name, practised_ms, done FROM stretch WHERE session = ? ORDER BY number"


class Outcome(StrEnum):
    """How a session ended."""

    RUNNING = "running"
    """It has not, yet."""
    FINISHED = "finished"
    STOPPED = "stopped"
    """Before its end, by the person or by whatever ended the coach."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of a session."""

    id: str
    name: str
    practised_ms: int = 0
    """Pauses left out."""
    done: bool = False
    """Whether it was done to its end."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session, as far as it is known."""

    id: str
    began: datetime
    """By the clock of the place where it began, with that clock's distance from UTC."""
    routine: str
    """Its id."""
    title: str
    order: str
    """How to play it again; the history keeps it and does not look into it."""
    planned_ms: int
    practised_ms: int
    """Pauses left out."""
    stretches: tuple[Stretch, ...]
    outcome: Outcome
    index: int | None = None
    """Which stretch it is at, or was when it ended, from 0; ``None`` in the opening, the closing and mere breathing."""
    side: str | None = None

    @property
    def stretch(self) -> Stretch | None:
        """The stretch it is at, or was when it ended."""
        return None if self.index is None else self.stretches[self.index]

    @property
    def goes_on_at(self) -> int | None:
        """With which stretch it can go on, from 0; ``None`` where it runs, was finished, or nothing is left to do."""
        if self.outcome is not Outcome.STOPPED:
            return None
        if self.index is None:
            return None if any(stretch.practised_ms for stretch in self.stretches) else 0
        index = self.index + 1 if self.stretches[self.index].done else self.index
        return index if index < len(self.stretches) else None

    @property
    def day(self) -> date:
        """The day it belongs to: that on which it began, by the clock of the place."""
        return self.began.date()


def data_folder() -> Path:
    """Return where the history is: ``COACH_DATA``, or the platform's data folder; it need not exist.

    Raises:
        InputError: the variable names the home of somebody who is not there.
    """
    chosen = os.environ.get(DATA_VARIABLE)
    return expanded(chosen) if chosen else platformdirs.user_data_path("stretch-coach", appauthor=False)


def _local_now() -> datetime:
    return datetime.now().astimezone()


class History:
    """The sessions of one file. Nothing is touched before something is read or written."""

    def __init__(self, path: Path, now: Callable[[], datetime] = _local_now) -> None:
        self.path = path
        """The database; it need not exist."""
        self._now = now

    @classmethod
    def open(cls, path: Path | None = None) -> History:
        """Return the history in a file, or in the data folder.

        Raises:
            InputError: ``COACH_DATA`` names no possible folder.
        """
        return cls(data_folder() / FILE_NAME if path is None else path)

    def begin(
        self, routine: str, title: str, order: str, planned_ms: int, stretches: Sequence[tuple[str, str]]
    ) -> SessionLog:
        """Begin a session and write that it has begun; never raises (see :attr:`SessionLog.problem`).

        Args:
            routine: its id.
            title: its title.
            order: how to play it again, as any text.
            planned_ms: how long it is to last.
            stretches: id and name of each, in their order; none where only breath is paced.
        """
        todo = tuple(Stretch(id_, name) for id_, name in stretches)
        began = self._now()
        session = Session(uuid.uuid4().hex, began, routine, title, order, planned_ms, 0, todo, Outcome.RUNNING)
        return SessionLog(self, session)

    def sessions(self, since: date | None = None, limit: int | None = None) -> tuple[Session, ...]:
        """Return the sessions, the newest first.

        Args:
            since: the first day of which they are wanted.
            limit: how many are wanted at most.

        Raises:
            HistoryError: the file cannot be read.
        """
        if not self._is_there():
            return ()
        wanted = ("" if since is None else since.isoformat(), -1 if limit is None else limit)
        try:
            with self._opened("BEGIN", _READ_WAIT_S) as database:
                if not _version(database):
                    return ()
                rows = database.execute(_SESSIONS, wanted).fetchall()
                return tuple(self._session(row, database.execute(_STRETCHES, row[:1])) for row in rows)
        except sqlite3.Error as error:
            raise HistoryError(f"the history {self.path} cannot be read: {_reason(error)}. {_advice(error)}") from error
        except (ValueError, TypeError, OSError) as error:
            raise HistoryError(
                f"the history {self.path} cannot be read: {error}. Move it away to begin a new one"
            ) from error

    def last_unfinished(self) -> Session | None:
        """Return the newest session if it was stopped before its end (see :attr:`Session.goes_on_at`).

        Raises:
            HistoryError: the file cannot be read.
        """
        newest = self.sessions(limit=1)
        return newest[0] if newest and newest[0].goes_on_at is not None else None

    def clear(self) -> None:
        """Remove the whole history, and what was set aside of it; a session that is running writes itself once more.

        Raises:
            HistoryError: it cannot be removed.
        """
        try:
            for path in [*self._beside(".damaged-*"), *(self._with(end) for end in (*_BESIDE, ""))]:
                path.unlink(missing_ok=True)
            self.sweep()
        except OSError as error:
            raise HistoryError(f"the history {self.path} cannot be removed: {error.strerror}") from error

    def mark(self, session_id: str) -> Path:
        """Return the file that is held while a session runs."""
        return self._with(f".{session_id}{_RUNNING}")

    def sweep(self) -> None:
        """Remove the marks of sessions that were killed."""
        sweep(self._beside(f".*{_RUNNING}"))

    def write(
        self, session: Session, tell: Callable[[str], None], *, check: bool = False, wait_s: float = _WRITE_WAIT_S
    ) -> None:
        """Write a session, new or known; a damaged file is set aside.

        Args:
            session: the session.
            tell: called with a line for the person when a damaged file was set aside.
            check: whether to look through the whole file for damage.
            wait_s: how long to wait for another program that writes.

        Raises:
            HistoryError: it is not written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            before = self._identity()
            try:
                self._put(session, wait_s, check=check)
            except sqlite3.DatabaseError as error:
                if _code(error) not in _DAMAGED:
                    raise
                tell(self._set_aside(before))
                self._put(session, wait_s, check=False)
        except sqlite3.Error as error:
            raise HistoryError(f"the history {self.path} cannot be written: {_reason(error)}") from error
        except OSError as error:
            raise HistoryError(f"the history {self.path} cannot be written: {error.strerror}") from error

    def _put(self, session: Session, wait_s: float, *, check: bool) -> None:
        if not self._is_there():
            # Nobody else's business; what SQLite makes beside it gets the same rights.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._opened("BEGIN IMMEDIATE", wait_s) as database:
            if check:
                (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
                if found != "ok":
                    raise _damaged(found)
            if not _version(database):
                for statement in _SCHEMA:
                    database.execute(statement)
            database.execute(
                "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "practised_ms = excluded.practised_ms, outcome = excluded.outcome, "
                "place = excluded.place, side = excluded.side",
                _row(session),
            )
            database.executemany(
                "INSERT OR REPLACE INTO stretch VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (session.id, number, part.id, part.name, part.practised_ms, part.done)
                    for number, part in enumerate(session.stretches)
                ),
            )
            database.execute("COMMIT")

    @contextlib.contextmanager
    def _opened(self, begin: str, wait_s: float) -> Iterator[sqlite3.Connection]:
        """Yield the database in a transaction; what is not committed is as if it had not been."""
        with contextlib.closing(sqlite3.connect(self.path, timeout=wait_s, isolation_level=None)) as database:
            database.execute(begin)
            version = _version(database)
            if version > SCHEMA_VERSION:
                raise HistoryError(
                    f"the history {self.path} was written by a newer Stretch Coach; update this one to use it"
                )
            if not version and database.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise HistoryError(f"{self.path} is no history of Stretch Coach; move it away to begin one")
            yield database

    def _session(self, row: Any, parts: Iterable[Any]) -> Session:
        id_, began, routine, title, order, planned_ms, practised_ms, outcome, index, side = row
        when, known = datetime.fromisoformat(began), Outcome(outcome)
        stretches = tuple(Stretch(part, name, ms, bool(done)) for part, name, ms, done in parts)
        if known is Outcome.RUNNING and not is_alive(self.mark(id_)):
            known = Outcome.STOPPED
        if index is not None and not 0 <= index < len(stretches):
            index = None
        return Session(id_, when, routine, title, order, planned_ms, practised_ms, stretches, known, index, side)

    def _set_aside(self, before: int | None) -> str:
        """Rename a damaged file, unless another coach has just done so."""
        number = 1
        while (aside := self._with(f".damaged-{number}")).exists():
            number += 1
        if before is not None and self._identity() == before:
            for end in (*_BESIDE, ""):
                with contextlib.suppress(FileNotFoundError):
                    self._with(end).rename(aside.with_name(aside.name + end))
        return f"the history {self.path} was damaged; it is kept as {aside.name}, and a new one is begun"

    def _is_there(self) -> bool:
        try:
            return self.path.exists()
        except OSError:  # asking is not allowed: then neither is opening, and that says why
            return True

    def _identity(self) -> int | None:
        return self.path.stat().st_ino if self._is_there() else None

    def _with(self, end: str) -> Path:
        return self.path.with_name(self.path.name + end)

    def _beside(self, pattern: str) -> list[Path]:
        return list(self.path.parent.glob(glob.escape(self.path.name) + pattern))


class SessionLog:
    """What one running session tells the history. Nothing here ever raises: a session goes on without its history.

    Each call is on the disk when it returns, and takes some hundredths of a second, at most about half a second where
    another program keeps the history locked. All calls come from one thread.
    """

    def __init__(self, history: History, session: Session) -> None:
        self._history = history
        self._session = session
        self._mark: Mark | None = None
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
            index: which stretch, from 0; ``None`` in the opening, the closing and in mere breathing.
            side: left or right, where there are sides.
            practised_ms: since the session began, pauses left out.
        """
        self._practised(practised_ms)
        known = index is not None and 0 <= index < len(self._session.stretches)
        self._session = replace(self._session, index=index if known else None, side=side if known else None)
        if self._trouble is None or time.monotonic() >= self._try_again_s:
            self._save()

    def done(self, index: int) -> None:
        """Say that a stretch, counted from 0, was done to its end."""
        if 0 <= index < len(self._session.stretches):
            self._change(index, done=True)
            self._save()

    def end(self, finished: bool, practised_ms: int) -> None:
        """Say that the session is over: to its end, or stopped where it was.

        Args:
            finished: whether it came to its end.
            practised_ms: since the session began, pauses left out.
        """
        self._practised(practised_ms)
        self._session = replace(self._session, outcome=Outcome.FINISHED if finished else Outcome.STOPPED)
        self._save(_LAST_WAIT_S)
        if self._mark is not None:
            self._mark.release()

    def _practised(self, total_ms: int) -> None:
        """Credit what was practised since the last call to the stretch it was in."""
        more_ms = total_ms - self._session.practised_ms
        if more_ms <= 0:
            return
        self._session = replace(self._session, practised_ms=total_ms)
        if self._session.index is not None and self._session.stretch is not None:
            self._change(self._session.index, practised_ms=self._session.stretch.practised_ms + more_ms)

    def _change(self, index: int, **change: Any) -> None:
        before = self._session.stretches
        after = (*before[:index], replace(before[index], **change), *before[index + 1 :])
        self._session = replace(self._session, stretches=after)

    def _save(self, wait_s: float = _WRITE_WAIT_S) -> None:
        try:
            self._hold()
            self._history.write(self._session, self._tell, check=not self._checked, wait_s=wait_s)
        except Exception as error:  # whatever it is: nobody lying on the floor is to be left alone for it
            self._trouble = self._trouble or (
                str(error) if isinstance(error, HistoryError) else f"the history cannot be written: {error}"
            )
            self._try_again_s = time.monotonic() + _RETRY_S
            return
        self._checked = True
        self._trouble = None

    def _tell(self, line: str) -> None:
        self._told = self._told or line

    def _hold(self) -> None:
        """Hold the mark that tells a running session from one that was killed; without it, it counts as stopped."""
        if self._mark is None:
            with contextlib.suppress(OSError):
                self._history.path.parent.mkdir(parents=True, exist_ok=True)
                self._history.sweep()
                self._mark = Mark(self._history.mark(self._session.id))


def _row(session: Session) -> tuple[Any, ...]:
    utc = session.began.astimezone(UTC).isoformat(timespec="milliseconds")
    return (
        session.id,
        session.began.isoformat(timespec="milliseconds"),
        utc,
        session.routine,
        session.title,
        session.order,
        session.planned_ms,
        session.practised_ms,
        session.outcome.value,
        session.index,
        session.side,
    )


def _version(database: sqlite3.Connection) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return int(version)


def _damaged(found: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(found)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _code(error: sqlite3.Error) -> int:
    """Return the plain code of an error; what is above the lowest byte says more exactly what no one needs to know."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _reason(error: sqlite3.Error) -> str:
    return _REASONS.get(_code(error), str(error))


def _advice(error: sqlite3.Error) -> str:
    if _code(error) in _DAMAGED:
        return "The next session sets it aside and begins a new one"
    if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "Try again when that has ended"
    return f"Look at its rights, or say with {DATA_VARIABLE} where another is"
