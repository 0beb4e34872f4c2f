"""``coach list``: all scripts, a line each. It needs no voice, and loads little."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import typer

from coach.cli.options import JsonOption
from coach.cli.output import say_json
from coach.cli.tables import print_table
from coach.compiler import estimated_lengths
from coach.core.routine import Routine
from coach.errors import CoachError
from coach.library.library import Library
from coach.library.paths import path_library
from coach.order import Order
from coach.units import clock_text


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("list")(list_)


def list_(json: JsonOption = False) -> None:
    """List every routine and stretch, one line each."""
    library = path_library()
    length_of = estimated_lengths(Order().delivery)
    alone = (name for name in library.stretches if name not in library.routines)
    routines, stretches = (list(_rows(library, names, length_of)) for names in (library.routines, alone))
    if json:
        say_json({"routines": routines, "stretches": stretches})
        return
    lines: list[tuple[str, str, str]] = []
    for title, rows in (("ROUTINES", routines), ("STRETCHES", stretches)):
        lines.append((title, "", ""))
        for row in rows:
            length = clock_text(row["length_ms"]) if "length_ms" in row else "-"
            lines.append((f"  {row['name']}", length, row["about"]))
    print_table(("name", "about", ""), lines)


def _rows(library: Library, names: Iterable[str], length_of: Callable[[Routine], int]) -> Iterator[dict[str, Any]]:
    for name in names:
        try:
            routine = library.routine(name)
            length_ms = length_of(routine)
            yield {"name": name, "title": routine.name, "length_ms": length_ms, "about": routine.purpose}
        except CoachError as error:
            yield {"name": name, "about": str(error).splitlines()[0]}
