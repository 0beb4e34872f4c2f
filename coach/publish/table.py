"""Plans: a table with a row for each person or file, from which many files are rendered at once."""

from __future__ import annotations

import codecs
import contextlib
import csv
import itertools
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import EnumType
from pathlib import Path
from typing import TextIO

from coach.errors import InputError, suggested
from coach.files import expanded
from coach.order import Order
from coach.publish.spreadsheet import is_spreadsheet, spreadsheet_rows

_OUTPUT, _PERSON, _TRACK = "output", "person", "track"
MOST_TRACKS = 9_999


def _allowed(kind: object) -> str:
    """Return what a column of some kind takes, if that can be listed."""
    values = ("yes", "no") if kind is bool else tuple(kind) if isinstance(kind, EnumType) else ()
    return f" [{', '.join(map(str, values))}]" if values else ""


COLUMNS = {
    "routine": "A routine, or several stretches with a space or + between them.",
    **{
        name.replace("_", " "): f"{field.description}{_allowed(field.annotation)}".replace("--", "")
        for name, field in Order.model_fields.items()
        if name != "targets"
    },
    _OUTPUT: "The file's name.",
    _TRACK: f"Its number among the others (1 to {MOST_TRACKS}), by which playlists and feeds put it in order.",
    _PERSON: "Whose it is, for “coach site”: the rows of one person share a podcast feed.",
}
"""What a plan may say; only ``routine`` must be there. What a row leaves empty is as the command line says."""
_READ_CHARS = 1 << 16
_NUMBERS = ("minutes", "breath", "ramp", "beat", "rate")
"""Columns of numbers, of which a spreadsheet may make dates."""
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d\S*|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}[-. /]+[^\W\d]{3,}.*|[^\W\d]{3,}[-. /]+\d{1,4}"
)
"""What spreadsheets make of 4-6: a day of June, written as they do in many countries."""
_WRONG_QUOTES = {
    "unexpected end of data": 'a cell begins with a quote (") that nothing closes',
    "expected after": 'there is something behind the quote (") that closes a cell; write a quote inside of it twice',
    "field larger": "a cell is too long",
    "new-line character": "a line ends otherwise than the others; save it as CSV (UTF-8)",
}
"""What is wrong with a table, by what Python says of it."""
NOTE = "#"
"""How a line begins that only explains; it is left out."""
MOST_ROWS = 200_000
"""Rows are read as they are made, but their names are all held at once, so that none is made twice."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One file to make."""

    place: str
    """The file and line, like ``plan.csv:3``."""
    line: int
    """Where it ends in the file, from 1."""
    cells: dict[str, str]
    """What it says besides the file's name, by column; nothing is empty."""
    output: str = ""
    """The file's name, if it has one."""
    person: str = ""
    """Whose it is, if the plan says so."""
    track: str = ""
    """Its number among the others, as it is written."""
    problem: str = ""
    """Why it cannot be read."""

    @property
    def title(self) -> str:
        """What it calls itself, if the row says so."""
        return self.cells.get("title", "")

    @property
    def routine(self) -> str:
        """The routine as the row writes it; else the breath it asks for alone."""
        return self.cells.get("routine") or self.cells.get("breath", "")

    def order(self, over: Order) -> Order:
        """Return what it asks for; what it leaves open is as in another order.

        Raises:
            InputError: something in it is impossible.
        """
        if self.problem:
            raise InputError(self.problem)
        if not self.routine and "breathing" not in self.cells:
            raise InputError("the row names no routine; write one under “routine”")
        for name, cell in self.cells.items():
            if name in _NUMBERS and _DATE.fullmatch(cell):
                problem = f"{name}: a spreadsheet took this for a date ({cell})"
                raise InputError(f"{problem}; make the column text there, and write it again")
        # A script may lie anywhere, and be called anything.
        whole = {"routine": (self.routine,)} if "routine" in self.cells and _is_file(self.routine) else {}
        return Order.read({**self.cells, **whole}, over=over)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A table that can be read; its rows are read anew each time, and never all held at once."""

    path: Path
    encoding: str
    count: int
    """How many rows there are."""

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Row]:
        return _rows(self.path, self.encoding)


def read_plan(path: Path) -> Plan:
    """Open a plan: CSV, of which comma, semicolon or tab separate the columns, or the first sheet of a spreadsheet.

    The whole table is looked through first, so that one that cannot be read is refused before anything is made of it.

    Raises:
        InputError: it cannot be read, has no rows, too many, or a column that is not known.
    """
    _check_file(path)
    encoding = "" if is_spreadsheet(path) else _encoding_of(path)
    count = 0
    for count, _ in enumerate(_rows(path, encoding), 1):
        if count > MOST_ROWS:
            raise InputError(f"{path} has more than {MOST_ROWS:,} rows; make several plans of it")
    if not count:
        raise InputError(f"{path} has no rows under its heads; write one for each file")
    return Plan(path=path, encoding=encoding, count=count)


def _rows(path: Path, encoding: str) -> Iterator[Row]:
    read = spreadsheet_rows(path) if is_spreadsheet(path) else _csv_rows(path, encoding)
    with contextlib.closing(read):
        lines = (
            (number, cells) for number, cells in read if any(map(str.strip, cells)) and not cells[0].startswith(NOTE)
        )
        number, head = next(lines, (1, []))
        columns = [re.sub(r"[\s_-]+", " ", name.strip().lower()) for name in head]
        _check_columns(path, columns, number)
        for number, cells in lines:
            yield _row(path, number, columns, cells)


def _csv_rows(path: Path, encoding: str) -> Generator[tuple[int, list[str]], None, None]:
    """Yield each row with the number of its last line."""
    with path.open(encoding=encoding, newline="") as file:
        head = file.readline(_READ_CHARS).strip()
        named = re.fullmatch("sep=([,;\t])", head, re.IGNORECASE)  # as Excel writes and hides it
        before = 1 if named else 0
        start = file.tell() if named else 0
        lines = itertools.chain([head], iter(lambda: file.readline(_READ_CHARS), ""))
        head = next((line for line in lines if line.strip(' ",;\t\r\n') and not line.lstrip('"').startswith(NOTE)), "")
        separator = named[1] if named else max(",;\t", key=head.count)
        file.seek(start)
        rows = csv.reader(file, delimiter=separator, strict=True)
        line = before
        try:
            for cells in rows:
                line = before + rows.line_num
                yield line, cells
        except csv.Error as error:
            said = str(error)
            why = next((why for what, why in _WRONG_QUOTES.items() if what in said), said)
            raise InputError(f"{path}:{line + 1}: {why}") from error


def _check_file(path: Path) -> None:
    try:
        is_file, is_there = path.is_file(), path.exists()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if not is_file:
        what = "is not a file" if is_there else "is not there"
        raise InputError(f"the plan {path} {what}; name a table (.csv, .xlsx or .ods) with a row for each file")


def _encoding_of(path: Path) -> str:
    """Return how a table is encoded as spreadsheets save it: UTF-8, UTF-16, or as older Windows does it."""
    try:
        with path.open("rb") as file:
            is_utf16 = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1252"):
            with path.open(encoding=encoding, newline="") as file:
                if _is_readable(file):
                    return encoding
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    raise _no_table(path)


def _no_table(path: Path) -> InputError:
    return InputError(f"{path} is not a table; save it as .xlsx, .ods or CSV (UTF-8)")


def _is_readable(file: TextIO) -> bool:
    try:
        while file.read(_READ_CHARS):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _check_columns(path: Path, columns: list[str], line: int) -> None:
    if any("\0" in name for name in columns):  # UTF-16 that does not say so, or no text at all
        raise _no_table(path)
    for name in filter(None, columns):
        if name not in COLUMNS:
            problem = f"{path}:{line}: no column is called “{name}”"
            raise InputError(suggested(problem, name, COLUMNS, f"there are {', '.join(COLUMNS)}"))
        if columns.count(name) > 1:
            raise InputError(f"{path}:{line}: the column “{name}” is there twice; leave one out")
    if "routine" not in columns and "breathing" not in columns:
        raise InputError(f"{path}:{line}: a plan needs a column “routine”; its first line names the columns")


def _row(path: Path, line: int, columns: list[str], cells: list[str]) -> Row:
    named = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
    unnamed = named.pop("", "")
    output, person, track = (named.pop(name, "") for name in (_OUTPUT, _PERSON, _TRACK))
    problem = ""
    if any(cell.strip() for cell in cells[len(columns) :]):
        problem = "there are more cells than columns; put quotes around a cell with a separator in it"
    elif unnamed:
        problem = f"there is something in a column without a name: {unnamed}"
    elif track and not (re.fullmatch("[0-9]{1,4}", track) and int(track)):
        problem = f"track: “{track}” is not a whole number from 1 to {MOST_TRACKS}"
    return Row(
        place=f"{path}:{line}", line=line, cells=named, output=output, person=person, track=track, problem=problem
    )


def _is_file(text: str) -> bool:
    try:
        return expanded(text).is_file()
    except (OSError, ValueError, InputError):  # too long, or the home folder of an unknown user
        return False
