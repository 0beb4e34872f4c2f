"""How a session is written into the database's rows, and read from rows that may be damaged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from coach.history.model import Outcome, Session, Stretch

SCHEMA_VERSION = 1
"""Of the tables below, kept in the file; a coach that knows only older ones leaves the file alone."""

TABLES = {
    "session": """CREATE TABLE session (
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
    "session_began": "CREATE INDEX session_began ON session (began_utc)",
    "stretch": """CREATE TABLE stretch (
        session TEXT NOT NULL REFERENCES session (id),
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        practised_ms INTEGER NOT NULL,
        done INTEGER NOT NULL,
        PRIMARY KEY (session, number)
    ) WITHOUT ROWID""",
}
"""What makes each table and index, by its name."""

WRITE_SESSION = """INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
    practised_ms = excluded.practised_ms, outcome = excluded.outcome, place = excluded.place, side = excluded.side"""
WRITE_STRETCH = "INSERT OR REPLACE INTO stretch VALUES (?, ?, ?, ?, ?, ?)"
READ_SESSIONS = "SELECT * FROM session ORDER BY began_utc DESC, rowid DESC"
READ_SESSION = "SELECT * FROM session WHERE id = ?"
READ_STRETCHES = "SELECT * FROM stretch WHERE session = ? ORDER BY number"

_LONGEST_MS = 10**12
_ID = re.compile("[0-9a-f]{32}")


def session_row(session: Session) -> tuple[Any, ...]:
    """Return the row of a session, without its stretches."""
    return (
        session.id,
        session.began.isoformat(timespec="milliseconds"),
        _in_utc(session.began),
        session.routine,
        session.title,
        session.order,
        session.planned_ms,
        session.practised_ms,
        session.outcome.value,
        session.index,
        session.side,
    )


def stretch_rows(session: Session) -> list[tuple[Any, ...]]:
    """Return the rows of a session's stretches."""
    return [
        (session.id, number, part.id, part.name, part.practised_ms, int(part.done))
        for number, part in enumerate(session.stretches)
    ]


def read_session(row: Sequence[Any], stretches: Sequence[Sequence[Any]]) -> Session:
    """Return the session of its rows, in which texts are bytes or text.

    Raises:
        ValueError: something in them cannot be as it was written.
    """
    id_, began, began_utc, routine, title, order, planned_ms, practised_ms, outcome, index, side = row
    when = datetime.fromisoformat(text_of(began))
    if not _ID.fullmatch(text_of(id_)) or when.utcoffset() is None or _in_utc(when) != text_of(began_utc):
        raise ValueError("its id or its time is damaged")
    parts = tuple(_stretch(number, *part[1:]) for number, part in enumerate(stretches))
    return Session(
        id=text_of(id_),
        began=when,
        routine=text_of(routine),
        title=text_of(title),
        order=text_of(order),
        planned_ms=_whole(planned_ms, _LONGEST_MS),
        practised_ms=_whole(practised_ms, _LONGEST_MS),
        stretches=parts,
        outcome=Outcome(text_of(outcome)),
        index=None if index is None else _whole(index, len(parts) - 1),
        side=None if side is None else text_of(side),
    )


def text_of(value: object) -> str:
    """Return a text of a row.

    Raises:
        ValueError: it is not one.
    """
    if isinstance(value, bytes):
        return value.decode()
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    value.encode()  # or it could not be written
    return value


def _stretch(expected: int, number: object, id_: object, name: object, practised_ms: object, done: object) -> Stretch:
    if number != expected:
        raise ValueError("a stretch is missing")
    return Stretch(text_of(id_), text_of(name), _whole(practised_ms, _LONGEST_MS), bool(_whole(done, 1)))


def _in_utc(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds")


def _whole(value: object, most: int) -> int:
    if not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{value!r} is not a number from 0 to {most}")
    return value
