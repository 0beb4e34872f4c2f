"""``coach show``: a script as a person wants to read it."""

from __future__ import annotations

import typer

from coach.cli.options import JsonOption
from coach.cli.order_options import TARGET, takes
from coach.cli.output import say, say_json
from coach.compiler import estimate_fitted
from coach.drawing.facts import Facts, RoutineFacts, StretchFacts
from coach.library.paths import path_library
from coach.order import Group, Order
from coach.recipe import notes, routine_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(show)


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
