"""What must hold whatever is asked for: any routine, avoiding anything, at any level, in any words, of any length."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

import coach
from coach.core.conditions import Avoiding
from coach.core.delivery import Guidance, Level, Pace, Setup, Words
from coach.core.languages.english import phrases
from coach.core.movements.holding import Holding
from coach.core.movements.sequence import Sequence
from coach.core.routine import Item, Routine
from coach.core.timeline import Cue, Part, Timeline
from coach.errors import InputError
from coach.files import data_folder
from coach.library.library import Library
from coach.order import Order
from coach.recipe import routine_of
from support.tiers import examples

LIBRARY = Library([data_folder("scripts")])
CONDITIONS = LIBRARY.conditions.by_name
OPENED = {phrases.OPEN_EYES, phrases.WHEN_READY}
CLOSED = {phrases.CLOSE_EYES, phrases.CLOSE_EYES_AGAIN}
LEAST_TO_MOVE_MS = 700
"""Half of the shortest time that a script leaves for a movement, setting up briskly."""
KEEPING = {phrases.KEEP_BREATHING, *phrases.EFFORT_BREATHING.values()}

orders = st.builds(
    lambda target, avoided, **manner: Order(targets=(target,), avoid=tuple(sorted(avoided)), **manner),
    st.sampled_from([*LIBRARY.routines, *LIBRARY.stretches]),
    st.frozensets(st.sampled_from(sorted(CONDITIONS)), max_size=3),
    level=st.sampled_from(Level),
    words=st.sampled_from(Words),
    pace=st.sampled_from(Pace),
    guidance=st.sampled_from(Guidance),
    setup=st.sampled_from(Setup),
    breath=st.sampled_from([None, "4-6", "box", "relax"]),
    minutes=st.one_of(st.none(), st.integers(5, 40)),
    drop=st.just(True),
)


def made(order: Order) -> tuple[Routine, Timeline]:
    """The routine as it would be given; orders that cannot be are left out."""
    order = order if order.minutes else order.changed(drop=False)
    try:
        timeline = coach.estimate(order, library=LIBRARY)
    except InputError:
        assume(False)
    routine, _ = routine_of(order, LIBRARY)
    return routine, timeline


def speech(timeline: Timeline) -> list[Cue]:
    return [cue for cue in timeline.cues if cue.kind in ("speech", "count")]


def is_loaded(item: Item) -> bool:
    movement = item.script.movement
    places = movement.places if isinstance(movement, Sequence) else ()
    return any(isinstance(each, Holding) and each.is_loaded for each in (movement, *places))


@given(orders)
@examples(60)
def test_no_load_is_held_without_a_word_on_breathing(order: Order) -> None:
    routine, timeline = made(order)
    loaded = {item.id for item in routine.items if is_loaded(item)}
    for name in {cue.stretch for cue in timeline.cues} & loaded:
        cues = [cue for cue in timeline.cues if cue.stretch == name]
        assert {cue.text for cue in cues} & KEEPING
        assert not {cue.phase for cue in cues if cue.kind == "breath"} - {"in", "out"}


@given(orders)
@examples(60)
def test_nothing_is_asked_for_before_the_last_thing_can_be_done(order: Order) -> None:
    _, timeline = made(order)
    asked = (Part.WAY, Part.SETUP, Part.RELEASE, Part.RISING)
    for before, after in pairwise(speech(timeline)):
        if before.part in asked and after.part in asked and before.text not in OPENED | CLOSED:
            assert after.start_ms - before.end_ms >= LEAST_TO_MOVE_MS // 2, (before.text, after.text)


@given(orders)
@examples(60)
def test_what_a_condition_forbids_is_asked_for_nowhere(order: Order) -> None:
    """Neither in a stretch, nor on a way, nor in coming up."""
    avoiding = Avoiding(order.avoid, LIBRARY.conditions, LIBRARY.stretch)
    forbidden = {demand for name in avoiding.names for demand in CONDITIONS[name].forbids}
    routine, timeline = made(order)
    positions = routine.positions.positions
    barred = {name for name, position in positions.items() if set(position.demands) & forbidden}
    begun = {cue.item for cue in timeline.cues if cue.item}
    texts = {cue.text for cue in timeline.cues}
    whole = LIBRARY.positions
    for way in whole.ways:
        if {way.from_, way.to} & barred and order.words is Words.FULL:
            only_here = {step.say for step in way.steps} - {
                step.say for other in whole.ways if not {other.from_, other.to} & barred for step in other.steps
            }
            own = {step.say for item in routine.items for step in (*item.script.setup, *item.script.release)}
            rises = {move.say for name in set(positions) - barred for move in positions[name].rise}
            assert not (only_here - own - rises) & texts
    for item in routine.items:
        if begun:
            assert not set(item.script.demands) & forbidden


@given(orders)
@examples(60)
def test_eyes_are_open_before_one_rises(order: Order) -> None:
    _, timeline = made(order)
    closed = False
    for cue in speech(timeline):
        if cue.text in CLOSED:
            closed = True
        elif cue.text in OPENED:
            closed = False
        elif cue.part is Part.RISING:
            assert not closed


@given(orders)
@examples(60)
def test_both_sides_get_the_same_unless_written_otherwise(order: Order) -> None:
    routine, timeline = made(order)
    for number, item in enumerate(routine.items, 1):
        if len(item.sides) != 2 or item.side_doses:
            continue
        breaths = {
            side: [
                cue.end_ms - cue.start_ms
                for cue in timeline.cues
                if (cue.kind, cue.item, cue.side) == ("breath", number, side)
            ]
            for side in item.sides
        }
        assert breaths["left"] == breaths["right"]
