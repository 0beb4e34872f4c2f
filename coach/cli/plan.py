"""``coach plan``: a table to begin with, and what would be made of one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from coach.cli.options import ForceOption
from coach.cli.order_options import takes
from coach.cli.output import end_with, say
from coach.cli.tables import print_table
from coach.errors import InputError
from coach.files import check_free, place_named, written_whole
from coach.library.paths import path_library
from coach.order import Group, Order
from coach.publish.planning import Foreseen, foresee, template
from coach.publish.table import read_plan
from coach.units import clock_text

_MANY = 1_000
"""Rows that are shown at once: each such part of a table has widths of its own."""


class Action(StrEnum):
    """What to do."""

    NEW = "new"
    CHECK = "check"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(plan)


@takes(*(group for group in Group if group is not Group.CONTENT), "minutes", "drop", "gentle", "avoid", "level")
def plan(
    *,
    action: Annotated[Action, typer.Argument(metavar="new|check", show_default=False)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The table: .csv, .xlsx or .ods.", show_default=False)],
    order: Order,
    force: ForceOption = False,
) -> None:
    """Write a table to begin with (new), or show row by row what one would make (check); nothing is rendered."""
    if action is Action.NEW:
        _write_new(place_named(str(file)), force=force)
        return
    report(foresee(read_plan(file), None, order, path_library()))


def report(rows: Iterable[Foreseen]) -> None:
    """Show what would be made, and end with status 1 if a row cannot be."""
    total = Total()
    iterator = iter(rows)
    while part := list(itertools.islice(iterator, _MANY)):
        print_table(("row", "file", "length", ""), (_row(each) for each in part))
        for each in part:
            total.add(each)
    for line in total.told():
        say(line)
    end_with(total.problems)


class Total:
    """What the rows come to, one after another."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._rows = self._sounds = self._length_ms = self._unlike_ms = self._size = self._spoken = 0
        self._lines: set[str] = set()

    def add(self, row: Foreseen) -> None:
        """Add a row."""
        if row.problem:
            self.problems.append(f"{row.place}: {row.problem}")
            return
        self._rows += 1
        self._length_ms += row.length_ms
        self._size += row.size
        if not row.is_like_another:
            self._sounds += 1
            self._unlike_ms += row.length_ms
            self._spoken += len(row.lines)
            self._lines.update(row.lines)

    def told(self) -> Iterator[str]:
        """Yield a line about the files, and one about what is said in them."""
        files = f"{self._rows} file{'' if self._rows == 1 else 's'}"
        yield (
            f"{files}, {clock_text(self._length_ms)} of sound, about {self._size / 1e6:.0f} MB; "
            f"{self._sounds} different sound{'' if self._sounds == 1 else 's'}, {clock_text(self._unlike_ms)}"
        )
        if self._spoken:
            yield f"{self._spoken:,} lines to speak, {len(self._lines):,} of them different"


def _row(row: Foreseen) -> tuple[str, str, str, str]:
    line, name = row.place.rpartition(":")[2], row.path.name
    if row.problem:
        return line, name, "", "PROBLEM"
    notes = (*(("sounds like one above",) if row.is_like_another else ()), *row.notes)
    return line, name, clock_text(row.length_ms), "; ".join(notes)


def _write_new(path: Path, *, force: bool) -> None:
    if path.suffix.lower() != ".csv":
        raise InputError(f"{path} should end in .csv; a spreadsheet opens it, and may save it as .xlsx or .ods")
    check_free(path, force=force)
    with written_whole(path) as part:
        # With a mark at its beginning, or Excel takes it for the letters of its own country.
        part.write_text(template(), encoding="utf-8-sig", newline="\n")
    say(path)
