"""What is avoided for a condition: nothing that it forbids is left, over every routine and every condition."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.core.conditions import GENTLE, Avoiding, Conditions, avoid
from coach.core.languages.english import phrases
from coach.core.routine import Item, Routine, fix_item
from coach.core.timeline import Part
from coach.errors import UnknownNameError
from coach.files import data_folder
from coach.library.library import Library
from coach.order import Order
from coach.recipe import routine_of
from support.making import compiled, of_part, routine, stretch

LIBRARY = Library([data_folder("scripts")])
CONDITIONS = LIBRARY.conditions
TARGETS = (*LIBRARY.routines, *LIBRARY.stretches)


def avoided(one: Routine, *names: str, conditions: Conditions = CONDITIONS) -> tuple[Routine, tuple[str, ...]]:
    return avoid(one, Avoiding(names, conditions, LIBRARY.stretch))


def ids(one: Routine) -> list[str]:
    return [item.id for item in one.items]


def asked_of(item: Item) -> set[str]:
    """What a stretch asks of the body, from the position in which it begins to that in which it ends."""
    positions = LIBRARY.positions.positions
    return {*item.script.demands, *positions[item.script.position].demands, *positions[item.ends_in].demands}


def test_the_library_has_no_problems() -> None:
    assert CONDITIONS.problems() == []
    for condition in CONDITIONS.by_name.values():
        assert condition.why
        assert condition.source


@given(st.sampled_from(TARGETS), st.sets(st.sampled_from(sorted(CONDITIONS.by_name)), min_size=1, max_size=4))
def test_nothing_is_left_that_a_condition_forbids(name: str, names: set[str]) -> None:
    whole = LIBRARY.routine(name)
    left, changes = avoided(whole, *sorted(names))
    for item in left.items:
        for each in names:
            condition = CONDITIONS.by_name[each]
            assert not asked_of(item) & set(condition.forbids)
            assert not {each, *condition.also} & set(item.script.unsuitable)
    # Nothing is done twice, unless the routine does it twice.
    assert len(set(ids(left))) - len(left.items) >= len(set(ids(whole))) - len(whole.items)
    assert set(ids(whole)) - set(ids(left)) or not changes
    # What is not forbidden stays, as it was and in its order.
    stayed = [item for item in left.items if item.id in ids(whole)]
    assert stayed == [item for item in whole.items if item in stayed]
    gone = list({item.id: item for item in whole.items if item not in stayed}.values())  # each is told of once
    assert len(changes) == len(gone)
    for item, change in zip(gone, changes, strict=True):
        assert item.script.name in change
        assert any(change.endswith(f" ({CONDITIONS.by_name[each].name})") for each in names)
        reasons = [CONDITIONS.by_name[each] for each in names]
        unsuitable = {*names, *(other for reason in reasons for other in reason.also)} & set(item.script.unsuitable)
        assert unsuitable or asked_of(item) & {demand for reason in reasons for demand in reason.forbids}


@pytest.mark.parametrize("name", CONDITIONS.by_name)
def test_every_condition_leaves_something_of_the_library_and_takes_something_away(name: str) -> None:
    whole = LIBRARY.routine_of(list(LIBRARY.stretches))
    left, changes = avoided(whole, name)
    assert left.items
    assert changes


def test_gentle_swaps_what_has_a_gentler_one_and_leaves_out_the_rest() -> None:
    left, changes = avoided(LIBRARY.routine("therapeutic-five"), *GENTLE)
    assert ids(left) == ["childs-pose", "cat-cow", "standing-hamstring-stretch", "figure-four"]
    assert changes == (
        "Figure four instead of Pigeon pose (a fresh back injury)",
        "without Seated spinal twist (a fresh back injury)",
    )


def test_gentle_takes_the_bridge_out_of_the_seven() -> None:
    left, changes = avoided(LIBRARY.routine("lower-back-seven"), *GENTLE)
    assert ids(left) == ["knee-to-chest", "childs-pose", "cat-cow", "piriformis", "pelvic-tilt"]
    assert [change.split(" (")[0] for change in changes] == [
        "without Lying knee twist",
        "Pelvic tilt instead of Glute bridge",
        "without Cobra",
    ]


def test_gentle_takes_no_stretch_twice() -> None:
    left, changes = avoided(LIBRARY.routine("fifteen-minutes"), *GENTLE)
    assert len(set(ids(left))) == len(left.items)
    assert "without Bridging (a fresh back injury)" in changes


def test_what_nothing_forbids_is_left_as_it_is() -> None:
    one = routine(stretch(position="sitting"))
    left, changes = avoided(one, *GENTLE, "knees")
    assert (left.items, changes) == (one.items, ())


def test_no_way_and_no_rising_asks_for_what_is_forbidden() -> None:
    """Standing to lying leads over one knee, and from sitting one comes up over hands and knees."""
    one = routine(stretch(position="standing"), stretch(position="back"), stretch(position="sitting"))
    left, _ = avoided(one, "knees")
    said = [cue.text for cue in of_part(compiled(left), Part.WAY, Part.RISING)]
    assert [text for text in said if text in (phrases.OWN_WAY, phrases.OWN_WAY_UP)] == [
        phrases.OWN_WAY,
        phrases.OWN_WAY_UP,
    ]
    assert not [text for text in said if text and ("knees" in text and "hands" in text)]
    assert "a firm chair" not in left.props


def test_where_a_stretch_ends_counts_too() -> None:
    one = routine(stretch(position="back", ends_in="hands-and-knees"))
    left, changes = avoided(one, "knees")
    assert left.items == ()
    assert changes == ("without Test stretch (sore knees)",)


def test_a_stretch_that_is_forbidden_as_well_takes_no_place() -> None:
    knees = stretch(position="hands-and-knees", instead="childs-pose")  # which kneels too
    assert avoided(routine(knees), "knees")[0].items == ()


def test_what_comes_in_its_place_keeps_the_routines_breath() -> None:
    whole = LIBRARY.routine("lower-back-seven")
    pattern = LIBRARY.routine("bad-day").items[0].breath or next(iter(Order().delivery.breath))
    whole = replace(whole, items=tuple(replace(item, breath=pattern) for item in whole.items))
    left, _ = avoided(whole, "fresh-injury")
    tilt = next(item for item in left.items if item.id == "pelvic-tilt")
    assert tilt == replace(fix_item("pelvic-tilt", LIBRARY.stretch("pelvic-tilt")), breath=pattern)


def test_a_condition_is_also_what_it_is_one_of() -> None:
    one = routine(stretch(position="sitting", unsuitable=["pregnancy"]))
    for name in ("pregnancy", "pregnancy-2", "pregnancy-3"):
        assert avoided(one, name)[0].items == ()


def test_a_folder_adds_to_the_conditions_and_outranks_them() -> None:
    mine = {"name": "sore ankles", "forbids": ["kneeling"], "why": "They are.", "source": "me"}
    more = CONDITIONS.joined(Conditions.model_validate({"ankles": mine, "knees": {**mine, "name": "my knees"}}))
    one = routine(stretch(position="hands-and-knees"))
    assert avoided(one, "ankles", conditions=more)[1] == ("without Test stretch (sore ankles)",)
    assert avoided(one, "knees", conditions=more)[1] == ("without Test stretch (my knees)",)


def test_a_condition_that_is_one_of_none_is_a_problem() -> None:
    wrong = Conditions.model_validate({"ankles": {"name": "a", "also": ["toes"], "why": "w", "source": "s"}})
    assert wrong.problems() == [(("ankles", "also", 0), "there is no condition called “toes”")]


def test_an_unknown_condition_is_refused_with_its_name() -> None:
    with pytest.raises(UnknownNameError, match="no condition called “kness”; did you mean “knees”"):
        routine_of(Order(targets=("daily",), avoid=("kness",)), LIBRARY)
    with pytest.raises(UnknownNameError, match="no condition called “gout”; it is one of fresh-injury, "):
        routine_of(Order(targets=("daily",), avoid=("knees", "gout")), LIBRARY)


def test_gentle_and_avoid_come_together() -> None:
    left, _ = routine_of(Order(targets=("lower-back-seven",), gentle=True, avoid=("knees",)), LIBRARY)
    assert ids(left) == ["knee-to-chest", "piriformis", "pelvic-tilt"]
