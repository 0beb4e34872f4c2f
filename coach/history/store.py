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
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import platformdirs

from coach.errors import HistoryError
from coach.files import expanded, is_held, sweep
from coach.history import damage, rows
from coach.history.damage import DamagedError
from coach.history.model import Outcome, Record, Session, Stretch
from coach.history.session_log import WRITE_WAIT_S, SessionLog

DATA_VARIABLE = "COACH_DATA"
FILE_NAME = "history.db"

_READ_WAIT_S = 5.0
_RUNNING = ".running"
_BESIDE = ("-journal", "-wal", "-shm")


def data_folder() -> Path:
    """Return where the history is: ``COACH_DATA``, or the platform's data folder; it need not exist.

    Raises:
        InputError: the variable names the home folder of an unknown user.
    """
    chosen = os.environ.get(DATA_VARIABLE)
    return expanded(chosen) if chosen else platformdirs.user_data_path("stretch-coach", appauthor=False)


def _local_now() -> datetime:
    return datetime.now().astimezone()


class History:
    """The sessions in one file. No file is touched before something is read or written."""

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
            stretches: id and name of each, in their order; empty for breathing alone.
        """
        session = Session(
            id=uuid.uuid4().hex,
            began=self._now(),
            routine=routine,
            title=title,
            order=order,
            planned_ms=planned_ms,
            practised_ms=0,
            stretches=tuple(Stretch(id_, name) for id_, name in stretches),
            outcome=Outcome.RUNNING,
        )
        return SessionLog(self, session)

    def read(self, since: date | None = None, limit: int | None = None) -> Record:
        """Return the sessions, the newest first; one that cannot be read is left out, and counted.

        Args:
            since: the first day that is wanted.
            limit: how many are wanted at most.

        Raises:
            HistoryError: the file cannot be read.
        """
        if not self._is_there():
            return Record()
        try:
            with self._opened("BEGIN", _READ_WAIT_S) as database:
                if not damage.version_of(database):
                    return Record()
                damage.check_all(database)
                return self._read(database, since or date.min, limit)
        except (sqlite3.Error, ValueError, OSError) as error:
            raise HistoryError(
                f"the history {self.path} cannot be read: {damage.reason(error)}. {_advice(error)}"
            ) from error

    def sessions(self, since: date | None = None, limit: int | None = None) -> tuple[Session, ...]:
        """Return the sessions that can be read (see :meth:`read`).

        Raises:
            HistoryError: the file cannot be read.
        """
        return self.read(since, limit).sessions

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
            self.sweep_marks()
        except OSError as error:
            raise HistoryError(f"the history {self.path} cannot be removed: {error.strerror}") from error

    def mark(self, session_id: str) -> Path:
        """Return the file that is held while a session runs."""
        return self._with(f".{session_id}{_RUNNING}")

    def sweep_marks(self) -> None:
        """Remove the marks of sessions that were killed."""
        sweep(self._beside(f".{'[0-9a-f]' * 32}{_RUNNING}"))

    def write(
        self, session: Session, tell: Callable[[str], None], *, check: bool = False, wait_s: float = WRITE_WAIT_S
    ) -> None:
        """Write a session, new or known; a damaged file is set aside.

        Args:
            session: the session.
            tell: called with a line for the person when a damaged file was set aside.
            check: whether to look through the whole file for damage, and read back what was written.
            wait_s: how long to wait for another program that writes.

        Raises:
            HistoryError: it is not written.
            ValueError: it could not be read back, wherever it was written.
        """
        rows.read_session(rows.session_row(session), rows.stretch_rows(session))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            before = self._identity()
            try:
                self._put(session, wait_s, check=check)
            except (sqlite3.Error, UnicodeDecodeError) as error:
                if not damage.is_damage(error):
                    raise
                tell(self._set_aside(before))
                self._put(session, wait_s, check=check)
        except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
            raise HistoryError(f"the history {self.path} cannot be written: {damage.reason(error)}") from error

    def _put(self, session: Session, wait_s: float, *, check: bool) -> None:
        if not self._is_there():
            # Only its owner may read it; what SQLite makes beside it gets the same rights.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._opened("BEGIN IMMEDIATE", wait_s) as database:
            if not damage.version_of(database):
                for statement in (*rows.TABLES.values(), f"PRAGMA user_version = {rows.SCHEMA_VERSION}"):
                    database.execute(statement)
            if check:
                damage.check_all(database)
            database.execute(rows.WRITE_SESSION, rows.session_row(session))
            database.executemany(rows.WRITE_STRETCH, rows.stretch_rows(session))
            database.execute("COMMIT")
        if check:
            self._read_back(session, wait_s)

    def _read_back(self, session: Session, wait_s: float) -> None:
        """Make sure that a session is in the file as it was written.

        Raises:
            DamagedError: it is not.
        """
        with self._opened("BEGIN", wait_s) as database:
            row = database.execute(rows.READ_SESSION, (session.id,)).fetchone()
            stretches = database.execute(rows.READ_STRETCHES, (session.id,)).fetchall()
        try:
            written = None if row is None else rows.read_session(row, stretches)
        except (ValueError, OverflowError) as error:
            raise DamagedError("what was written reads otherwise") from error
        if written is None or rows.session_row(written) != rows.session_row(session):
            raise DamagedError("what was written reads otherwise")

    def _read(self, database: sqlite3.Connection, since: date, limit: int | None) -> Record:
        sessions: list[Session] = []
        unreadable = 0
        for row in database.execute(rows.READ_SESSIONS):
            if limit is not None and len(sessions) >= limit:
                break
            try:
                id_ = rows.text_of(row[0])
                session = rows.read_session(row, database.execute(rows.READ_STRETCHES, (id_,)).fetchall())
            except (ValueError, OverflowError):
                unreadable += 1
                continue
            if session.outcome is Outcome.RUNNING and not is_held(self.mark(session.id)):
                session = replace(session, outcome=Outcome.STOPPED)
            if session.day >= since:
                sessions.append(session)
        return Record(tuple(sessions), unreadable)

    @contextlib.contextmanager
    def _opened(self, begin: str, wait_s: float) -> Iterator[sqlite3.Connection]:
        """Yield the database in a transaction, its texts as bytes; what is not committed is as if it had not been."""
        damage.check_head(self.path)
        with contextlib.closing(sqlite3.connect(self.path, timeout=wait_s, isolation_level=None)) as database:
            database.text_factory = bytes
            database.execute(begin)
            version = damage.version_of(database)
            if version > rows.SCHEMA_VERSION:
                raise HistoryError(
                    f"the history {self.path} was written by a newer Stretch Coach; update this one to use it"
                )
            if not version and database.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise HistoryError(f"{self.path} is not a history of Stretch Coach; move it away to begin one")
            yield database

    def _set_aside(self, before: int | None) -> str:
        """Rename a damaged file, unless another coach has just done so; return a line that says so."""
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


def _advice(error: Exception) -> str:
    if damage.is_damage(error):
        return "The next session sets it aside and begins a new one"
    if damage.is_locked(error):
        return "Try again when that has ended"
    return f"Check its permissions, or name another folder in {DATA_VARIABLE}"
