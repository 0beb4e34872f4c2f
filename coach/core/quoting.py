"""Showing in a message, or in a table, what a person wrote."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

_MOST_CHARS = 60
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but line end and tab, what turns the direction of writing around, and halves of characters."""

_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def harmless(text: str) -> str:
    """Return a text in which nothing can move a terminal's cursor, set its title or hide what follows."""
    return _HARMFUL.sub("\N{REPLACEMENT CHARACTER}", text)


def escaped(json: str) -> str:
    """Return JSON text in which the same characters stand as escapes: it means what it meant."""
    return _HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", json)


def as_csv(rows: Iterable[Iterable[object]]) -> str:
    """Return a table as CSV, of which a spreadsheet runs nothing: what it would take for a formula has an apostrophe.

    A text that has apostrophes before it already gets another, so that :func:`from_cell` finds the way back.
    """
    text = io.StringIO()
    table = csv.writer(text)  # its line end makes it quote each line end in a cell
    for row in rows:
        table.writerow([f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell for cell in row])
        text.seek(text.tell() - len("\r\n"))
        text.write("\n")
        text.truncate()
    return text.getvalue()


def from_cell(cell: str) -> str:
    """Return a text that :func:`as_csv` has written."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def quoted(value: object) -> str:
    """Return what was given, in quotes and not too long; what is not a plain value is only named."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "“key: value” lines"
    if isinstance(value, (list, tuple)):
        return "a list"
    try:
        text = harmless(str(value))
    except ValueError:  # a number of thousands of digits
        return "a huge number"
    return f"“{text}”" if len(text) <= _MOST_CHARS else f"“{text[:_MOST_CHARS]}…”"
