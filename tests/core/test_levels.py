"""What a level changes, and what is offered at its step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coach.compiler import estimate
from coach.core.delivery import Delivery, Level, Words
from coach.core.guide import going_on
from coach.core.routine import Routine, Turn, fix
from coach.core.script import RoutineScript
from coach.core.timeline import Part, Timeline
from coach.files import data_folder
from coach.library.library import Library
from coach.order import Order
from coach.recipe import DEFAULT_DELIVERY, routine_of
from support.making import compiled, delivery, of_kind, of_part, routine, stretch

LIBRARY = Library([data_folder("scripts")])
SETUP = [
    {"say": "Lift your {side} leg.", "easier": "Bend your {side} knee.", "harder": "Lift both legs."},
    {"say": "Reach up.", "again": "Reach up.", "easier": False, "option": "Or hold the back of your {side} thigh."},
    {"say": "Straighten your knee.", "harder": False},
]
BOTH = ["right", "left"]


def made(**more: object) -> Routine:
    return routine(stretch({"kind": "hold", "dose": "10-40 s"}, sides=BOTH, setup=SETUP, **more))


def setup(one: Routine, manner: Delivery, side: str = "right") -> list[str]:
    return [cue.text or "" for cue in of_part(compiled(one, manner), Part.SETUP) if cue.side == side]


@pytest.mark.parametrize(
    ("level", "steps"),
    [
        (Level.EASIER, ["Bend your right knee.", "Straighten your knee."]),
        (
            Level.USUAL,
            ["Lift your right leg.", "Reach up.", "Or hold the back of your right thigh.", "Straighten your knee."],
        ),
        (Level.HARDER, ["Lift both legs.", "Reach up.", "Or hold the back of your right thigh."]),
    ],
)
def test_a_level_says_its_own_steps_and_leaves_out_those_it_has_not(level: Level, steps: list[str]) -> None:
    assert setup(made(), delivery(level=level)) == steps


def test_the_second_side_does_the_same_level_in_fewer_words() -> None:
    assert setup(made(), delivery(level=Level.EASIER), "left") == ["Bend your left knee."]
    assert setup(made(), delivery(), "left") == ["Lift your left leg.", "Reach up."]


def test_a_step_that_a_level_leaves_out_takes_no_time_in_any_words() -> None:
    long = [{"say": "Lift.", "move": "3 s"}, {"say": "Reach.", "move": "60 s", "easier": False}]
    one = routine(stretch(setup=long))
    for words in Words:
        lasts = {level: compiled(one, delivery(level=level, words=words)).duration_ms for level in Level}
        assert lasts[Level.USUAL] - lasts[Level.EASIER] >= 60_000
        assert lasts[Level.HARDER] == lasts[Level.USUAL]


def test_the_way_out_is_that_of_the_level_also_if_one_leaves_early() -> None:
    release = [{"say": "Lower your leg.", "easier": "Put your foot down."}]
    one = routine(stretch({"kind": "hold", "dose": "9 breaths"}, release=release), stretch())
    manner = delivery(level=Level.EASIER)
    timeline = compiled(one, manner)
    assert next(cue.text for cue in of_part(timeline, Part.RELEASE)) == "Put your foot down."
    elsewhere = going_on(one, timeline, of_kind(timeline, "breath")[4].start_ms, 1, Turn.NEXT)
    assert [cue.text for cue in of_part(compiled(elsewhere, manner), Part.LEAVING)] == ["Put your foot down."]


def test_what_one_feels_and_what_is_easier_are_said_once_and_only_in_full() -> None:
    more = {"feel": "You feel it in your {side} hip.", "easier": [{"note": "Less.", "say": "Or do less."}]}
    for words in Words:
        said = [cue.text for cue in compiled(made(**more), delivery(words=words)).cues if cue.kind == "speech"]
        once = int(words is Words.FULL)
        assert said.count("You feel it in your right hip.") == said.count("Or do less.") == once
        assert "You feel it in your left hip." not in said
        assert said.count("Or hold the back of your right thigh.") == once
    assert "Or do less." not in [cue.text for cue in compiled(made(**more), delivery(level=Level.EASIER)).cues]


def test_an_option_comes_right_after_its_step() -> None:
    said = setup(made(), delivery())
    assert said[said.index("Reach up.") + 1] == "Or hold the back of your right thigh."


def test_brief_says_on_both_sides_what_the_second_side_hears() -> None:
    one = made()
    right, left = (setup(one, delivery(words=Words.BRIEF), side) for side in BOTH)
    assert [text.replace("right", "left") for text in right] == left == ["Lift your left leg.", "Reach up."]


def test_a_level_takes_the_ends_of_a_doses_range() -> None:
    doses = {}
    for level in Level:
        one, _ = routine_of(Order(targets=("lower-back-seven",), level=level), LIBRARY)
        doses[level] = {item.id: item.dose.value for item in one.items}
    usual = {item.id: item.dose.dose for item in LIBRARY.routine("lower-back-seven").items}
    assert doses[Level.EASIER] == {name: dose.at(0, 1).value for name, dose in usual.items()}
    assert doses[Level.HARDER] == {name: dose.at(1, 1).value for name, dose in usual.items()}
    assert doses[Level.EASIER]["cobra"] < doses[Level.USUAL]["cobra"] < doses[Level.HARDER]["cobra"]


def test_holds_are_at_a_level_too_and_kicks_stay_even() -> None:
    for level, hold_s, kicks in ((Level.EASIER, 8, 30), (Level.HARDER, 10, 50)):
        one, _ = routine_of(Order(targets=("bridging", "knee-to-chest-kicks"), level=level), LIBRARY)
        items = {item.id: item for item in one.items}
        bridging = items["bridging"].hold
        assert bridging is not None
        assert bridging.value == hold_s * 1000
        assert items["knee-to-chest-kicks"].dose.value == kicks


def test_a_level_in_a_routine_outranks_the_listeners() -> None:
    script = RoutineScript.model_validate(
        {"name": "M", "purpose": "p", "stretches": [{"stretch": "a", "level": "easier"}, "a"]}
    )
    a = stretch({"kind": "hold", "dose": "10-40 s"}, sides=BOTH, setup=SETUP)
    one = fix("m", script, {"a": a}, LIBRARY.positions)
    assert [item.dose.value for item in one.items] == [10_000, 25_000]
    said = [cue.text for cue in of_part(compiled(one, delivery(level=Level.HARDER)), Part.SETUP) if cue.side == "right"]
    assert said[:2] == ["Bend your right knee.", "Straighten your knee."]
    assert said[2] == "Lift both legs."


def timeline_at(name: str, level: Level) -> Timeline:
    one, _ = routine_of(Order(targets=(name,), level=level), LIBRARY)
    return estimate(one, replace(DEFAULT_DELIVERY, level=level))


@pytest.mark.parametrize("name", LIBRARY.routines)
def test_easier_is_never_longer_and_harder_never_shorter(name: str) -> None:
    easier, usual, harder = (
        sum(c.end_ms - c.start_ms for c in of_kind(timeline_at(name, level), "breath")) for level in Level
    )
    assert easier <= usual <= harder


def test_the_ways_in_a_movement_have_levels_too() -> None:
    out = {"say": "Lift both.", "again": "Both.", "easier": "Lift one.", "harder": "Lift both high."}
    one = routine(stretch({"kind": "repeated-hold", "dose": "2 x", "hold": "5 s", "out": out, "back": "Lower."}))
    for level, texts in ((Level.EASIER, ["Lift one."] * 2), (Level.USUAL, ["Lift both.", "Both."])):
        said = [cue.text for cue in of_part(compiled(one, delivery(level=level)), Part.MOVEMENT)]
        assert [text for text in said if text and text.startswith(("Lift", "Both"))] == texts
