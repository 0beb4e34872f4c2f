"""``coach show`` and ``coach list``: scripts as a person wants to read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import typer

from coach.cli.options import JsonOption
from coach.cli.order_options import TARGET, notes, takes
from coach.cli.output import say, say_json
from coach.cli.tables import print_table
from coach.compiler import estimate, estimate_fitted
from coach.drawing.facts import Facts, RoutineFacts, StretchFacts
from coach.errors import CoachError
from coach.library.library import Library
from coach.library.paths import path_library
from coach.order import Group, Order
from coach.recipe import DEFAULT_DELIVERY, routine_of
from coach.units import clock_text


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(show)
    app.command("list")(list_)


@takes(Group.CONTENT, Group.MANNER, instead={"targets": TARGET})
def show(*, order: Order, json: JsonOption = False) -> None:
    """Show a stretch or routine: steps, doses, cautions, length."""
    library = path_library()
    routine, changes = routine_of(order, library)
    routine, timeline, dropped = estimate_fitted(routine, order.delivery, order.length)
    for note in notes(changes, dropped):
        say(note, err=True)
    is_stretch = library.is_stretch(order.targets[0]) and routine.items[0].id == routine.id
    kind: type[Facts] = StretchFacts if is_stretch else RoutineFacts
    facts = kind.of(routine, order.delivery, timeline)
    if json:
        say_json(facts.data())
        return
    for line in facts.lines():
        say(line)


def list_(json: JsonOption = False) -> None:
    """List every routine and stretch, one line each."""
    library = path_library()
    routines = list(_rows(library, library.routines))
    stretches = list(_rows(library, (name for name in library.stretches if name not in library.routines)))
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


def _rows(library: Library, names: Iterable[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        try:
            routine = library.routine(name)
            length_ms = estimate(routine, DEFAULT_DELIVERY).duration_ms
            yield {"name": name, "title": routine.name, "length_ms": length_ms, "about": routine.purpose}
        except CoachError as error:
            yield {"name": name, "about": str(error).splitlines()[0]}
