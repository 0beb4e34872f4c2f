"""Many files at once: each order becomes a file in a folder."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import length_hint
from pathlib import Path
from typing import TYPE_CHECKING

from coach.compiler import IsCancelled, Progress, never, no_progress
from coach.errors import CoachError, InputError
from coach.order import Order
from coach.publish.formats import FORMATS
from coach.publish.rendering import Rendered, prepare
from coach.publish.table import read_plan
from coach.publish.workers import results_of
from coach.recipe import NothingLeftError, file_stem

if TYPE_CHECKING:
    from coach.library.library import Library
    from coach.publish.table import Row

DEFAULT_FORMAT = ".mp3"
LONGEST_STEM = 120
"""Bytes of a name that follows a title; disks hold 255, with all endings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What came of one file."""

    number: int
    """Which of the files it was, from 1."""
    path: Path
    rendered: Rendered | None = None
    """``None`` if it was not made."""
    failure: str = ""
    """Why it could not be made."""
    left_out: str = ""
    """Why there was nothing to make."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One file to make."""

    order: Order
    path: Path
    number: int
    place: str
    """Where it was asked for, to begin a message with."""
    person: str = ""
    """Whose it is, if a plan says so."""


def render_many(
    orders: Iterable[Order],
    folder: Path | str,
    *,
    library: Library | None = None,
    force: bool = False,
    progress: Progress = no_progress,
    cancelled: IsCancelled = never,
) -> Iterator[Made]:
    """Write each order as a file in a folder, several at a time; yield what came of each, as it is made.

    Each file is called by what is ordered (``daily.mp3``), and numbered as a track. A failure stops none of the
    others. Processes are started anew, so a program that calls this keeps its own start under
    ``if __name__ == "__main__"``.

    Args:
        orders: what is asked for; taken only as there is room for more.
        folder: where the files go; it is made if its parent is there.
        library: where routines and stretches are looked for; the person's own and the coach's if not given.
        force: make all anew, and replace files even if the coach did not make them.
        progress: called with how many files are done, and how many there are, as far as that is known.
        cancelled: asked several times a second whether to give up; whole files stay, and nothing half.

    Raises:
        InputError: the folder is none and cannot become one.
        MachineError: a process that renders ended.
        Cancelled: ``cancelled`` said so.
    """
    folder = checked_folder(Path(folder))
    made = _made(Names(folder).jobs(orders), library, force, cancelled)
    return _told(made, progress, length_hint(orders))


def render_plan(
    plan: Path | str,
    folder: Path | str,
    *,
    over: Order | None = None,
    library: Library | None = None,
    force: bool = False,
    progress: Progress = no_progress,
    cancelled: IsCancelled = never,
) -> Iterator[Made]:
    """Do as :func:`render_many` with the rows of a plan (see :mod:`coach.publish.table`).

    Args:
        plan: the table.
        folder: where the files go.
        over: the order that tells what rows leave open.
        library: where routines and stretches are looked for.
        force: make all anew, and replace files even if the coach did not make them.
        progress: called with how many files are done, and how many there are.
        cancelled: asked several times a second whether to give up.

    Raises:
        InputError: the plan cannot be read as a whole, or the folder is none.
        MachineError: a process that renders ended.
        Cancelled: ``cancelled`` said so.
    """
    rows = read_plan(Path(plan))
    folder = checked_folder(Path(folder))
    made = _made(Names(folder).jobs_of_plan(rows, over or Order()), library, force, cancelled)
    return _told(made, progress, len(rows))


def _told(files: Iterator[Made], progress: Progress, total: int) -> Iterator[Made]:
    for done, made in enumerate(files, 1):
        progress("rendering", done, max(done, total))
        yield made


def _made(jobs: Iterable[Job | Made], library: Library | None, force: bool, cancelled: IsCancelled) -> Iterator[Made]:
    refused: list[Made] = []

    def possible() -> Iterator[Job]:
        for each in jobs:
            if isinstance(each, Made):
                refused.append(each)
            else:
                yield each

    for made in results_of(functools.partial(_make, library, force), possible(), cancelled=cancelled):
        yield made
        while refused:
            yield refused.pop(0)
    yield from refused


def _make(library: Library | None, force: bool, job: Job) -> Made:
    """Make one file, unless it is up to date; a failure is told and stops none of the others."""
    try:
        rendered = prepare(job.order, job.path, library=library, force=force).as_track(job.number).run()
    except NothingLeftError:
        return Made(number=job.number, path=job.path, left_out="left out: nothing is left of it")
    except CoachError as error:
        return Made(number=job.number, path=job.path, failure=f"{job.place}: {error}")
    return Made(number=job.number, path=job.path, rendered=rendered)


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
                yield Job(order=order, path=path, number=number, place=place)
            except InputError as error:
                yield Made(number=number, path=path, failure=f"order {number}: {error}")

    def jobs_of_plan(self, rows: Iterable[Row], over: Order) -> Iterator[Job | Made]:
        """Yield each row of a plan as a job; one that is not possible as failed."""
        for number, row in enumerate(rows, 1):
            shown = self.folder / (row.output or row.routine or f"row {number}")
            try:
                order = row.order(over)
                path = self.folder / _file_name(row.output or _name_of(row.title) or file_stem(order))
                self._take(path, row.place, "give one an “output”")
                yield Job(order=order, path=path, number=number, place=row.place, person=row.person)
            except InputError as error:
                yield Made(number=number, path=shown, failure=f"{row.place}: {error}")

    def _take(self, path: Path, place: str, remedy: str) -> None:
        # Captions are called like it, whatever its format; and to some disks large and small letters are the same.
        key = unicodedata.normalize("NFC", path.stem).casefold()
        if key in self._taken:
            raise InputError(f"“{path.stem}” is already made by {self._taken[key]}; {remedy}")
        self._taken[key] = place


def checked_folder(folder: Path) -> Path:
    """Return a folder for many files, which is made if its parent is there.

    Raises:
        InputError: it is none and cannot become one.
    """
    if folder.suffix.lower() in FORMATS:
        raise InputError(f"{folder} would be a file; with many, -o names the folder they go into")
    if not folder.parent.is_dir() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{folder} is not a folder and cannot become one; name another with -o")
    folder.mkdir(exist_ok=True)
    return folder


def _name_of(title: str) -> str:
    """Return what a file is called by its title: what no disk can hold becomes a hyphen."""
    name = re.sub(r'[/\\:*?"<>|\x00-\x1f\x7f]+', "-", title).encode()[:LONGEST_STEM].decode(errors="ignore")
    return name.strip(" .-")


def _file_name(name: str) -> str:
    if Path(name).suffix.lower() not in FORMATS:
        name = f"{name}{DEFAULT_FORMAT}"
    if set(name) & set("/\\:") or not name.isprintable():
        raise InputError(f"the output “{name}” must be a file's name, with no folder; -o names the folder")
    return name
