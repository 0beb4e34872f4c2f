"""What is wrong with a database: damage, which no later attempt makes good, or something that may pass."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from coach.history.rows import SCHEMA_VERSION, TABLES

_MAGIC = b"SQLite format 3\0"
_MOST_VERSION = 99
"""A higher one was never written by any coach."""
_MAY_PASS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_BUSY: "another program keeps it locked",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked",
    sqlite3.SQLITE_READONLY: "it may only be read",
    sqlite3.SQLITE_PERM: "it may not be opened",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk failed, or is full",
    sqlite3.SQLITE_NOMEM: "there is not enough memory",
    sqlite3.SQLITE_PROTOCOL: "another program keeps it locked",
    sqlite3.SQLITE_INTERRUPT: "reading was interrupted",
}
"""Errors that are not damage, and how to tell them; every other error is damage, as only our own statements are run."""
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


class DamagedError(sqlite3.DatabaseError):
    """The file is not as the coach wrote it."""


def is_damage(error: Exception) -> bool:
    """Return whether an error means that the file is damaged."""
    if isinstance(error, sqlite3.Error):
        return _code(error) not in _MAY_PASS
    # SQLite quotes what it cannot read, and Python cannot decode that.
    return isinstance(error, UnicodeDecodeError)


def reason(error: Exception) -> str:
    """Return why a database cannot be used, for a person."""
    if is_damage(error):
        return "it is damaged"
    if isinstance(error, sqlite3.Error):
        return _MAY_PASS[_code(error)]
    return (isinstance(error, OSError) and error.strerror) or str(error)


def is_locked(error: Exception) -> bool:
    """Return whether an error means that another program uses the file just now."""
    return isinstance(error, sqlite3.Error) and _code(error) in _LOCKED


def check_head(path: Path) -> None:
    """Check the first bytes, by which SQLite takes a file for one of another kind, or one that may only be read.

    Raises:
        DamagedError: it is not a database of a kind that the coach writes.
        OSError: it cannot be read.
    """
    head = b""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        head = file.read(20)
    if head and (head[:16] != _MAGIC or not set(head[18:20]) <= {1, 2}):
        raise DamagedError("the first bytes are damaged")


def check_all(database: sqlite3.Connection) -> None:
    """Check a whole database, whose texts are bytes.

    Raises:
        DamagedError: it is damaged.
        sqlite3.Error: it cannot be read.
    """
    (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if found != b"ok":
        raise DamagedError("the check found damage")
    made = dict(
        database.execute("SELECT CAST(name AS TEXT), CAST(sql AS TEXT) FROM sqlite_master WHERE sql IS NOT NULL")
    )
    for name, statement in TABLES.items():
        if made.get(name.encode(), b"").split() != statement.encode().split():
            raise DamagedError("a table is not as the coach makes it")


def version_of(database: sqlite3.Connection) -> int:
    """Return the version of a database's tables; 0 if it is empty.

    Raises:
        DamagedError: no coach writes such a version.
        sqlite3.Error: it cannot be read.
    """
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (ours,) = database.execute("SELECT count(*) FROM sqlite_master WHERE name IN ('session', 'stretch')").fetchone()
    if not 0 <= version <= _MOST_VERSION or (not version and ours):
        raise DamagedError("the version is damaged")
    if version == SCHEMA_VERSION and not ours:
        raise DamagedError("the tables are missing")
    return int(version)


def _code(error: sqlite3.Error) -> int:
    """Return the plain code of an error: its lowest byte."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
