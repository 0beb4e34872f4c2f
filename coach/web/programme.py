"""What the player in the page needs of a programme: its parts, its words and its breath, with their times."""

from __future__ import annotations

from typing import Any

from coach.compiler import Compiled
from coach.core.captions import lines
from coach.core.chapters import chapters
from coach.core.routine import Routine, stretch_names
from coach.drawing.facts import RoutineFacts
from coach.order import Order
from coach.web.forms import form_of


def programme_data(compiled: Compiled, order: Order, changes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return it as plain values; every time is in milliseconds from the start of the sound.

    Args:
        compiled: the programme.
        order: what it was ordered with.
        changes: a line about each stretch that was swapped or left out.
    """
    programme, timeline = compiled.programme, compiled.timeline
    notes = [*([compiled.voice_note] if compiled.voice_note else []), *(f"Avoided: {change}." for change in changes)]
    if compiled.dropped:
        notes.append(f"Left out to fit: {', '.join(compiled.dropped)}.")
    return {
        "title": programme.name,
        "purpose": programme.purpose if isinstance(programme, Routine) else "Paced breath alone.",
        "routine": timeline.routine,
        "breathing": order.breathing,
        "order": form_of(order),
        "voice": timeline.voice,
        "breath": timeline.breath,
        "length_ms": timeline.duration_ms,
        "notes": notes,
        "chapters": [[part.start_ms, part.end_ms, part.title] for part in chapters(timeline, stretch_names(programme))],
        "stretches": _stretches(compiled, order),
        "lines": [[line.start_ms, line.end_ms, line.text] for line in lines(timeline)],
        "breaths": [[cue.start_ms, cue.end_ms, cue.phase] for cue in timeline.cues if cue.kind == "breath"],
    }


def _stretches(compiled: Compiled, order: Order) -> list[dict[str, Any]]:
    """Return what each stretch is called and what it came to, in the order in which they come."""
    programme = compiled.programme
    if not isinstance(programme, Routine):
        return []
    facts = RoutineFacts.of(programme, order.delivery, compiled.timeline)
    starts: dict[int, int] = {}
    for cue in compiled.timeline.cues:
        if cue.item is not None:
            starts.setdefault(cue.item, cue.start_ms)
    return [
        {
            "id": done.item.id,
            "name": done.item.script.name,
            "start_ms": starts[number],
            "comes_to": done.comes_to,
            "cautions": [caution.note for caution in done.item.script.cautions],
        }
        for number, done in enumerate(facts.done, 1)
        if number in starts
    ]
