"""Plans: a table (CSV) with a row for each person or file, from which many files are rendered at once."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from coach.errors import InputError, did_you_mean
from coach.files import expanded

COLUMNS = {
    "routine": "a routine, or several stretches with a space or + between them",
    "minutes": "how long it is to last",
    "breath": "the breath pattern, like 4-6",
    "beat": "the length of one count in seconds",
    "pace": "what is heard of the breath",
    "words": "how much is said",
    "guidance": "how soon counting thins out",
    "setup": "how much time there is to get into a position",
    "voice": "who speaks",
    "rate": "words a minute",
    "title": "what the file calls itself, and the welcome says",
    "output": "the file's name",
}
"""What a plan may say; only ``routine`` must be there. What a row leaves empty is as the command line says."""


@dataclass(frozen=True)
class Row:
    """One file to make."""

    place: str
    """The file and line, like ``plan.csv:3``."""
    routine: tuple[str, ...]
    cells: dict[str, str]
    """What else it says, by column; nothing is empty."""


def read_plan(path: Path) -> list[Row]:
    """Read a plan; comma, semicolon or tab separate its columns.

    Raises:
        InputError: it cannot be read, has no rows, or has a column that is not known.
    """
    text = _text_of(path)
    head = text.partition("\n")[0].strip()
    named = re.fullmatch("sep=([,;\t])", head, re.IGNORECASE)  # as Excel writes and hides it
    separator = named[1] if named else max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    try:
        if named:
            next(rows)
        columns = [name.strip().lower() for name in next(rows, [])]
        _check_columns(path, columns)
        found = []
        for cells in rows:
            if any(cell.strip() for cell in cells):
                found.append(_row(f"{path}:{rows.line_num}", columns, cells))
    except csv.Error as error:
        raise InputError(f"{path}:{rows.line_num}: this is no table: {error}") from error
    if not found:
        raise InputError(f"{path} has no rows under its heads; write one for each file")
    return found


def _text_of(path: Path) -> str:
    """Return the text of a table as spreadsheets save it: UTF-8, UTF-16, or the encoding of older Windows."""
    if not path.is_file():
        raise InputError(f"there is no plan {path}; check the path, or make a table (CSV) with a row for each file")
    try:
        data = path.read_bytes()
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("cp1252")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no table: save it as CSV (UTF-8)") from error


def _check_columns(path: Path, columns: list[str]) -> None:
    for name in filter(None, columns):
        if name not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise InputError(f"{path}:1: no column is called “{name}”{did_you_mean(name, COLUMNS)}. There are: {known}")
        if columns.count(name) > 1:
            raise InputError(f"{path}:1: the column “{name}” is there twice; leave one out")
    if "routine" not in columns:
        raise InputError(f"{path}:1: a plan needs a column “routine”; its first line names the columns")


def _row(place: str, columns: list[str], cells: list[str]) -> Row:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        raise InputError(f"{place}: there are more cells than columns; put quotes around a cell with a separator in it")
    named = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
    if "" in named:
        raise InputError(f"{place}: there is something in a column without a name: {named['']}")
    routine = named.pop("routine", "")
    # A script may lie anywhere, and be called anything.
    targets = (routine,) if expanded(routine).is_file() else tuple(routine.replace("+", " ").split())
    if not targets:
        raise InputError(f"{place}: the row names no routine")
    return Row(place, targets, named)
