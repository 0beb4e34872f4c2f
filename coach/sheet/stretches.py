"""The stretches of a sheet: each with its dose, and its steps as the coach says them on the first side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from coach.core.delivery import Delivery, Level, Words
from coach.core.dose import Dose, Unit
from coach.core.fields import Side
from coach.core.movements.base import at_level, sided
from coach.core.movements.flow import Flow
from coach.core.movements.sequence import Sequence
from coach.core.routine import Item, Routine
from coach.core.script import Note
from coach.core.timeline import Cue, Part, Timeline
from coach.drawing.facts import Done
from coach.sheet.words import on_paper, plain_dose

_ORDER = (Part.SETUP, Part.DOSE, Part.MOVEMENT, Part.RELEASE)
"""The parts that are steps on paper; a dose only where one stays: “Stay for three slow breaths.”"""
_EACH_SIDE = re.compile(r",? (?:on )?each side\b")


@dataclass(frozen=True)
class Stretch:
    """One stretch of a routine."""

    number: int
    """From 1."""
    name: str
    dose: str
    """What it comes to: “2 breaths of 4-6, 20 s each side”."""
    range: str
    """The range it may move in: “10-20 s”; empty if there is none."""
    position: str
    """Where the body is when it begins: “on the back, knees bent”."""
    before: str
    """What comes before it: a rest, another round; empty for nothing."""
    steps: tuple[str, ...]
    """What to do, as its first side hears it."""
    then: str
    """What to do after that: the other side, or the steps of an earlier number; empty for nothing."""
    cautions: tuple[str, ...]
    easier: tuple[str, ...]
    """Easier ways to do it."""


def stretches_of(routine: Routine, done: Iterable[Done], timeline: Timeline, delivery: Delivery) -> Iterator[Stretch]:
    """Yield the stretches of a routine that was compiled; one that comes again points back to its steps."""
    first: dict[str, int] = {}
    for index, each in enumerate(done):
        item, number = each.item, index + 1
        known = first.setdefault(item.id, number)
        script, is_new = item.script, known == number
        side = item.sides[0] if item.sides else None
        is_eased = is_new and delivery.words is Words.FULL and (item.level or delivery.level) is Level.USUAL
        yield Stretch(
            number=number,
            name=script.name,
            dose=plain_dose(each.comes_to),
            range=_range(item),
            position=routine.positions.positions[script.position].name,
            before=_before(routine, index),
            steps=tuple(_steps(item, number, timeline, delivery)) if is_new else (),
            then=_other_side(item) if is_new else f"As number {known}.",
            cautions=_notes(script.cautions, side, delivery) if is_new else (),
            easier=_notes(script.easier, side, delivery) if is_eased else (),
        )


def _range(item: Item) -> str:
    if item.side_doses:
        return ""
    dose, hold = item.dose.dose, item.hold.dose if item.hold else None
    parts = [_from_to(dose)] if dose.low < dose.high else []
    return ", ".join(parts + ([f"each held {_from_to(hold)}"] if hold and hold.low < hold.high else []))


def _from_to(dose: Dose) -> str:
    """Return a range: “10-20 s”, or “90 s to 5 min”."""
    text = plain_dose(f"{dose.high} s")
    if dose.unit is not Unit.SECONDS or text == f"{dose.high} s":
        return str(dose)
    return f"{plain_dose(f'{dose.low} s')} to {text}"


def _before(routine: Routine, index: int) -> str:
    item = routine.items[index]
    texts = [f"Rest for {plain_dose(f'{pause.length_ms // 1000} s')}." for pause in item.pauses]
    if item.round and routine.begins_round(index):
        if item.round.number > 1 and item.round.rest_ms:
            texts.append(f"Rest for {plain_dose(f'{item.round.rest_ms // 1000} s')}.")
        texts.append(f"Round {item.round.number} of {item.round.of}.")
    return " ".join((*texts, *item.words))


def _other_side(item: Item) -> str:
    return f"Then the same on the {item.sides[1]} side." if len(item.sides) > 1 else ""


def _notes(notes: Iterable[Note], side: Side | None, delivery: Delivery) -> tuple[str, ...]:
    return tuple(on_paper(sided(note.note, side, delivery.speech)) for note in notes)


def _steps(item: Item, number: int, timeline: Timeline, delivery: Delivery) -> Iterator[str]:
    """Yield what is said of one stretch in its first set, on its first side, and in its first repetition."""
    side, speech = item.sides[0] if item.sides else None, delivery.speech
    for_ears = {*speech.SIDE_NAMES.values(), *speech.RESTING, speech.TEN_MORE}
    holds = _holds(item, side, delivery)
    cues = [cue for cue in timeline.cues if cue.item == number and _is_first(cue, item, side)]
    said: list[set[str]] = []
    for cue in sorted(cues, key=lambda cue: _ORDER.index(cue.part or Part.SETUP)):
        text = cue.text or ""
        if cue.part is Part.DOSE:
            text = _EACH_SIDE.sub("", text)
        words = {word.rstrip("s") for word in re.findall(r"\w+", text.lower())}
        # A shorter form of what was said before adds no word.
        is_known = cue.part is Part.MOVEMENT and any(words <= other for other in said)
        if text not in for_ears and not is_known:
            said.append(words)
            yield f"{text} ({holds[text]})" if text in holds else text


def _is_first(cue: Cue, item: Item, side: Side | None) -> bool:
    if cue.kind != "speech" or cue.part not in _ORDER or cue.set not in (None, 1) or cue.side not in (None, side):
        return False
    movement = item.script.movement
    if cue.part is Part.DOSE:
        return movement.stays
    if cue.part is not Part.MOVEMENT or cue.rep is None or movement.stays:
        return True
    # The second time tells how to come back, where the movement begins from elsewhere.
    return cue.rep <= max(2, len(movement.pairs)) if isinstance(movement, Flow) else cue.rep == 1


def _holds(item: Item, side: Side | None, delivery: Delivery) -> dict[str, str]:
    """Return how long one stays after each way of a sequence, whose dose does not tell."""
    movement, level = item.script.movement, item.level or delivery.level
    if not isinstance(movement, Sequence):
        return {}
    places = [(place, at_level(place, level) or place) for place in movement.places]
    texts = [(place.hold, text) for place, here in places for text in (here.say, here.again) if text]
    return {sided(text, side, delivery.speech): f"hold {hold}" for hold, text in texts}
