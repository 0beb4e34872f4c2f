"""``coach show`` and ``coach list``: scripts as a person wants to read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from coach.cli.options import JsonOption
from coach.cli.order_options import TARGET, notes, takes
from coach.cli.output import say, say_json
from coach.cli.tables import print_table
from coach.compiler import estimate, estimate_fitted
from coach.library.library import Library
from coach.library.paths import is_path, path_library
from coach.order import Group, Order
from coach.recipe import DEFAULT_DELIVERY, routine_of

if TYPE_CHECKING:
    from coach.core.breath_stages import BreathStages
    from coach.core.delivery import Delivery
    from coach.core.routine import Item, Routine
    from coach.core.timeline import Timeline


CONDITIONS = {"fresh-injury": "With a fresh injury", "pregnancy": "In pregnancy"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(show)
    app.command("list")(list_)


@takes(Group.CONTENT, Group.MANNER, instead={"targets": TARGET})
def show(*, order: Order, json: JsonOption = False) -> None:
    """Show a stretch or routine: steps, doses, cautions, length."""
    library = path_library()
    routine, changes = routine_of(order, library)
    delivery, (name,) = order.delivery, order.targets
    routine, timeline, dropped = estimate_fitted(routine, delivery, order.length)
    for note in notes(changes, dropped):
        say(note, err=True)
    length_ms = timeline.duration_ms
    is_stretch = (
        len(routine.items) == 1
        and routine.items[0].id == routine.id
        and (is_path(name) or name not in library.routines)
    )
    if is_stretch:
        facts = stretch_facts(routine, delivery, length_ms)
        lines = _stretch_lines(facts)
    else:
        facts = routine_facts(routine, delivery, timeline)
        lines = _routine_lines(facts)
    if json:
        say_json(facts)
        return
    for line in lines:
        say(line)


def comes_to(item: Item, stages: BreathStages, delivery: Delivery) -> str:
    """Return what a dose came to: “2 breaths of 4-6, 20 s” (timing contract, T4)."""
    return item.script.movement.comes_to(item.task(stages, delivery)) + (" each side" if item.script.sides else "")


def stretch_facts(routine: Routine, delivery: Delivery, length_ms: int) -> dict[str, Any]:
    """Return what there is to know about the one stretch of a routine."""
    (item,) = routine.items
    (stages,) = routine.stages(delivery)
    script = item.script.model_dump(mode="json", exclude_none=True)
    return {"id": item.id, **script, "comes_to": comes_to(item, stages, delivery), "length_ms": length_ms}


def routine_facts(routine: Routine, delivery: Delivery, timeline: Timeline) -> dict[str, Any]:
    """Return what there is to know about a routine."""
    return {
        "id": routine.id,
        "name": routine.name,
        "breath": timeline.breath,
        "length_ms": timeline.duration_ms,
        "stretches": [
            {
                "id": item.id,
                "name": item.script.name,
                "position": item.script.position,
                "dose": str(item.dose.dose),
                "comes_to": comes_to(item, stages, delivery),
                "cautions": [caution.note for caution in item.script.cautions],
                "unsuitable": list(item.script.unsuitable),
                "instead": item.script.instead,
            }
            for item, stages in zip(routine.items, routine.stages(delivery), strict=True)
        ],
    }


def _about(length_ms: int) -> str:
    from coach.units import clock_text

    return f"about {clock_text(length_ms)}"


def _stretch_lines(facts: dict[str, Any]) -> Iterator[str]:
    """Yield the lines for a person; a script with sides is shown as its first side hears it."""
    sides = facts.get("sides")
    for line in _stretch_texts(facts):
        yield line.replace("{side}", sides[0]).replace("{other_side}", sides[1]) if sides else line
    if sides:
        yield f"The {sides[0]} side comes first, then the {sides[1]}, in fewer words."


def _stretch_texts(facts: dict[str, Any]) -> Iterator[str]:
    movement = facts["movement"]
    yield f"{facts['name']}  ({facts['id']}, {_about(facts['length_ms'])})"
    yield f"Eases {facts['eases']}."
    yield f"Position: {facts['position']}. Kind: {movement['kind']}."
    yield f"Dose: {movement['dose']}{_held(movement)}; here {facts['comes_to']}."
    yield ""
    yield "Into it:"
    yield from _steps(facts["setup"])
    yield "Then:"
    yield from (f"  {text}" for text in _movement_texts(movement))
    yield "Out of it:"
    yield from _steps(facts["release"])
    for key, title in (("cautions", "Caution"), ("easier", "Easier"), ("harder", "Harder")):
        yield from (f"{title}: {note['note']}" for note in facts.get(key, ()))
    for condition in facts.get("unsuitable", ()):
        instead = f" --gentle takes {facts['instead']} instead." if "instead" in facts else ""
        yield f"{CONDITIONS[condition]} leave this out.{instead}"
    for source in facts["sources"]:
        note = f" ({source['note']})" if "note" in source else ""
        yield f"Source: article {source['article']}, dose {source['dose']}{note}"


def _held(movement: dict[str, Any]) -> str:
    return f", each held {movement['hold']}" if "hold" in movement else ""


def _steps(steps: list[dict[str, Any]]) -> Iterator[str]:
    return (f"  {step['say']}" for step in steps)


def _movement_texts(movement: dict[str, Any]) -> Iterator[str]:
    for key in ("inhale", "exhale", "out", "back"):
        if key in movement:
            yield movement[key]["say"]
    for line in movement.get("lines", ()):
        yield f"{line['say']} (breath {line['breath']}, {line['phase']})"
    for place in movement.get("places", ()):
        yield f"{place['say']} (held {place['hold']})"
    if movement["kind"] in ("rest", "counted"):
        yield {"rest": "Rest.", "counted": "Count the movements on the beat."}[movement["kind"]]


def _routine_lines(facts: dict[str, Any]) -> Iterator[str]:
    yield f"{facts['name']}  ({facts['id']}, {_about(facts['length_ms'])}, breath {facts['breath']})"
    yield ""
    width = max(len(stretch["name"]) for stretch in facts["stretches"])
    for number, stretch in enumerate(facts["stretches"], 1):
        yield f"{number:3}. {stretch['name']:{width}}  {stretch['comes_to']}  (dose {stretch['dose']})"
        yield from (f"     Caution: {caution}" for caution in stretch["cautions"])
    for condition, title in CONDITIONS.items():
        unsuitable = [stretch["name"] for stretch in facts["stretches"] if condition in stretch["unsuitable"]]
        if unsuitable:
            yield f"{title} leave out {', '.join(unsuitable)}; --gentle does."


def list_(json: JsonOption = False) -> None:
    """List every routine and stretch, one line each."""
    library = path_library()
    routines = list(_rows(library, list(library.routines)))
    stretches = list(_rows(library, [n for n in library.stretches if n not in library.routines]))
    if json:
        say_json({"routines": routines, "stretches": stretches})
        return
    from coach.units import clock_text

    lines: list[tuple[str, str, str]] = []
    for title, rows in (("ROUTINES", routines), ("STRETCHES", stretches)):
        lines.append((title, "", ""))
        for row in rows:
            length = clock_text(row["length_ms"]) if "length_ms" in row else "-"
            lines.append((f"  {row['name']}", length, row["about"]))
    print_table(("name", "about", ""), lines)


def _rows(library: Library, names: list[str]) -> Iterator[dict[str, Any]]:
    from coach.errors import CoachError

    for name in names:
        try:
            routine = library.routine(name)
            length_ms = estimate(routine, DEFAULT_DELIVERY).duration_ms
            yield {"name": name, "title": routine.name, "length_ms": length_ms, "about": routine.purpose}
        except CoachError as error:
            yield {"name": name, "about": str(error).splitlines()[0]}
