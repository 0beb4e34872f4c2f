"""Jobs: files to make, each with a name of its own, and what came of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from coach.errors import InputError
from coach.files import check_name, is_reserved
from coach.order import Order
from coach.publish.formats import FORMATS
from coach.publish.rendering import Rendered
from coach.recipe import file_stem

if TYPE_CHECKING:
    from coach.publish.table import Row

DEFAULT_FORMAT = ".mp3"
LONGEST_STEM = 120
"""Bytes of a name that follows a title; disks hold 255, with all endings."""
LONGEST_NAME = 240
"""Bytes of a name that a plan writes under “output”: an ending of what lies beside the file may be longer."""
_NEVER = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
"""Characters that control a terminal, ends of lines and paragraphs, halves of characters."""
_NO_NAME = re.compile(rf'[/\\:*?"<>|{_NEVER}]+')
"""What no disk can hold in a name, or some cannot."""
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What came of one file."""

    number: int
    """Which of the files it was, from 1; of a plan, the line of its row."""
    path: Path
    rendered: Rendered | None = None
    """``None`` if it was not made."""
    failure: str = ""
    """Why it could not be made."""
    left_out: str = ""
    """Why there was nothing to make."""
    place: str = ""
    """Where it was asked for, with which ``failure`` begins; empty if no plan asked for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One file to make."""

    order: Order
    path: Path
    number: int
    """Which of the files it is, from 1; of a plan, the line of its row."""
    place: str
    """Where it was asked for, to begin a message with."""
    person: str = ""
    """Whose it is, if a plan says so."""
    track: int | None = None
    """Its number among the others, if its file is to say it."""


@dataclass(frozen=True)
class Names:
    """Gives each file of a folder a name of its own."""

    folder: Path
    _taken: dict[str, str] = field(default_factory=dict)

    def jobs(self, orders: Iterable[Order]) -> Iterator[Job | Made]:
        """Yield each order as a job; one whose name is taken as failed."""
        for number, order in enumerate(orders, 1):
            path = self.folder / (file_stem(order) + DEFAULT_FORMAT)
            place = path.stem
            try:
                self._take(path, f"order {number}", "leave one out")
                yield Job(order=order, path=path, number=number, place=place, track=number)
            except InputError as error:
                yield Made(number=number, path=path, failure=f"order {number}: {error}")

    def jobs_of_plan(self, rows: Iterable[Row], over: Order) -> Iterator[Job | Made]:
        """Yield each row of a plan as a job; one that is not possible as failed.

        Their files have no number unless the row gives one: one row less, and every file after it would be another.
        """
        for row in rows:
            shown = self.folder / (row.output or row.title or row.routine or f"row {row.line}")
            try:
                order = row.order(over)
                path = self.folder / _file_name(row.output or _name_of(row.title) or file_stem(order))
                self._take(path, row.place, "give one an “output”")
                track = int(row.track) if row.track else None
                yield Job(order=order, path=path, number=row.line, place=row.place, person=row.person, track=track)
            except InputError as error:
                yield Made(number=row.line, path=shown, failure=f"{row.place}: {error}", place=row.place)

    def _take(self, path: Path, place: str, remedy: str) -> None:
        # Captions are called like it, whatever its format; and to some disks large and small letters are the same.
        key = unicodedata.normalize("NFC", path.stem).casefold()
        if key in self._taken:
            raise InputError(f"“{path.stem}” is already made by {self._taken[key]}; {remedy}")
        self._taken[key] = place


def _name_of(title: str) -> str:
    """Return what a file is called by its title: what no disk can hold becomes a hyphen."""
    name = _seen(_NO_NAME.sub("-", title)).encode()[:LONGEST_STEM].decode(errors="ignore")
    name = name.strip(" .-")
    return f"_{name}" if is_reserved(name) else name


def _file_name(name: str) -> str:
    name = _seen(name)
    if Path(name).suffix.lower() not in FORMATS:
        name = f"{name}{DEFAULT_FORMAT}"
    if set(name) & set("/\\:"):
        raise InputError(f"the output “{name}” must be a file's name, with no folder; -o names the folder")
    if re.search(f"[{_NEVER}]", name):
        raise InputError(f"the output “{name}” has a line break or another such character in it; type it anew")
    if len(name.encode()) > LONGEST_NAME:
        raise InputError(f"the output “{name[:20]}…” is too long for a file's name; {LONGEST_NAME} bytes are allowed")
    check_name(name)
    return name


def _seen(name: str) -> str:
    """Return a name without what cannot be seen in it, as it comes from web pages and word processors.

    What joins letters, or keeps them apart, stays: Persian and Hindi are written with it.
    """
    letters = (" " if unicodedata.category(letter) == "Zs" else letter for letter in name)
    return "".join(letter for letter in letters if letter in _JOINERS or unicodedata.category(letter) != "Cf")
