"""Spreadsheets as rows of texts: the first sheet of an ``.xlsx`` or ``.ods`` file.

Nothing in a cell is ever run: a formula of an ``.xlsx`` is the text that it is; an ``.ods`` gives what the program that
saved it last worked out.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

from coach.errors import InputError

KINDS = (".xlsx", ".ods")
MOST_BYTES = 50_000_000
"""Of a file: they are zipped, and unpack to some ten times as much."""
HOW_TO_GET = "pip install 'stretch-coach[tables]', or save it as CSV"

_Rows = Generator[tuple[int, list[str]], None, None]


def is_spreadsheet(path: Path) -> bool:
    """Return whether a file's name says that it is one."""
    return path.suffix.lower() in KINDS


def spreadsheet_rows(path: Path) -> _Rows:
    """Yield each row of the first sheet with its number, from 1; those before the first that says something left out.

    Raises:
        InputError: it cannot be read, is too large, or the package that reads it is not installed.
        OSError: it is not there.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InputError(f"{path} is too large for a plan ({size / 1e6:.0f} MB); save it as CSV")
    read = _xlsx_rows if path.suffix.lower() == ".xlsx" else _ods_rows
    begun = False
    with contextlib.closing(read(path)) as rows:
        for number, row in enumerate(rows, 1):
            cells = [_text(value) for value in row]
            begun = begun or any(cells)
            if begun:
                yield number, cells


def _xlsx_rows(path: Path) -> Generator[Iterable[object], None, None]:
    try:
        import openpyxl
    except ImportError:
        raise InputError(f"{path} needs a package to be read: {HOW_TO_GET}") from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    except Exception as error:  # whatever a damaged archive makes its parsers raise
        raise _damaged(path) from error
    try:
        yield from _careful(path, book.worksheets[0].iter_rows(values_only=True) if book.worksheets else ())
    finally:
        book.close()


def _ods_rows(path: Path) -> Generator[Iterable[object], None, None]:
    try:
        import python_calamine
    except ImportError:
        raise InputError(f"{path} needs a package to be read: {HOW_TO_GET}") from None
    try:
        book = python_calamine.load_workbook(path)
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False) if book.sheet_names else []
    except Exception as error:  # as above
        raise _damaged(path) from error
    yield from rows


def _careful(path: Path, rows: Iterable[Any]) -> Iterator[Any]:
    """Yield rows; what a damaged file makes its parser raise becomes a plain message."""
    iterator = iter(rows)
    while True:
        try:
            row = next(iterator)
        except StopIteration:
            return
        except Exception as error:
            raise _damaged(path) from error
        yield row


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} cannot be read as a spreadsheet; save it anew in its program, or as CSV")


def _text(value: object) -> str:
    """Return what a cell says, as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return str(value).strip()
