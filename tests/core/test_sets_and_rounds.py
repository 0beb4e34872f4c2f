"""Sets, single and unequal sides, and what stands between the stretches of a routine: pauses, rounds, words."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coach.core.conditions import Avoiding, avoid
from coach.core.delivery import Delivery, Words
from coach.core.engine import GRID_MS
from coach.core.fit import fit
from coach.core.guide import Guide, going_on
from coach.core.languages.english import phrases
from coach.core.plan import lay
from coach.core.routine import Routine, Turn
from coach.core.script import RoutineScript, StretchScript
from coach.core.timeline import Cue, Part, Timeline
from coach.library.library import Library
from coach.library.positions import built_in_conditions
from support.making import HOLD, SOUNDS, chimes, compiled, delivery, of_kind, of_part, spoken, stretch, timings
from support.routines import REPEATED, circuits, deliveries, made
from support.tiers import examples

SIDED = {"sides": ["right", "left"]}
PLANK = {"setup": [{"say": "Lift your hips.", "again": "Lift your hips again."}, "Let your neck be long."]}
SETS = {"sets": 3, "set_rest": "30 s"}


def texts(timeline: Timeline, *parts: Part) -> list[str]:
    return [cue.text or "" for cue in (of_part(timeline, *parts) if parts else spoken(timeline))]


def of_item(timeline: Timeline, item: int) -> list[str]:
    return [cue.text or "" for cue in spoken(timeline) if cue.item == item and cue.kind == "speech"]


class TestSets:
    def test_each_set_is_led_into_and_out_of_with_a_rest_between(self) -> None:
        timeline = compiled(made("a", a=stretch(HOLD, **PLANK, **SETS)))
        assert of_item(timeline, 1)[5:] == [
            "Lift your hips.",
            "Let your neck be long.",
            "Stay for three slow breaths.",
            "Three sets.",
            "One more breath.",
            "Let go.",
            *("Rest for thirty seconds.", "Move a little, if you like.", "Ten seconds more."),
            *("Set two of three.", "Lift your hips again."),
            *("One more breath.", "Let go."),
            *("Rest for thirty seconds.", "Ten seconds more.", "Set three of three.", "Lift your hips again."),
            *("One more breath.", "Let go."),
        ]
        assert chimes(timeline) == [*("begin", "end") * 3, "close"]

    def test_the_rest_is_as_long_as_asked_for(self) -> None:
        timeline = compiled(made("a", a=stretch(HOLD, **PLANK, **SETS)))
        rest, meanwhile, more, following = (
            next(c for c in timeline.cues if c.text == text)
            for text in ("Rest for thirty seconds.", phrases.RESTING[1], "Ten seconds more.", "Set two of three.")
        )
        assert 10_000 <= meanwhile.start_ms - rest.end_ms < 10_000 + GRID_MS
        assert 10_000 <= more.start_ms - meanwhile.end_ms < 10_000 + GRID_MS
        assert 10_000 <= following.start_ms - more.end_ms < 10_000 + GRID_MS

    def test_both_sides_are_done_in_each_set_alike(self) -> None:
        timeline = compiled(made("a", a=stretch(HOLD, **SIDED, **SETS)))
        sides = [(cue.set, cue.side) for cue in timeline.cues if cue.sound == "begin"]
        assert sides == [(number, side) for number in (1, 2, 3) for side in ("right", "left")]
        lengths = {
            (number, side): sum(
                c.end_ms - c.start_ms for c in of_kind(timeline, "breath") if (c.set, c.side) == (number, side)
            )
            for number, side in sides
        }
        assert set(lengths.values()) == {30_000}

    def test_a_routine_may_ask_for_others(self) -> None:
        one = made({"stretch": "a", "sets": 2, "set_rest": "0 s"}, a=stretch(HOLD, **PLANK, **SETS))
        assert [cue.set for cue in compiled(one).cues if cue.sound == "begin"] == [1, 2]
        assert not of_part(compiled(one), Part.PAUSE)

    def test_a_hold_says_how_to_come_back_into_it(self) -> None:
        whole = stretch(HOLD).model_dump(mode="json", exclude_none=True)
        ((path, message),) = StretchScript.model_validate({**whole, **SETS}).problems()
        assert path == ("setup", 0)
        assert "come back into the hold" in message
        assert StretchScript.model_validate({**whole, **SETS, "movement": REPEATED}).problems() == []

    def test_what_is_left_is_said_of_the_set_one_is_in(self) -> None:
        timeline = compiled(made("a", a=stretch(HOLD, **PLANK, **SETS)))
        guide = Guide(timeline)
        second = [cue for cue in of_kind(timeline, "breath") if cue.set == 2 and cue.phase == "in"]
        assert guide.place_words(second[1].start_ms + 500, {1: "Plank"}) == ("Plank.", "Two breaths left.")
        over_ms = guide.side_over_ms(second[1].start_ms)
        assert over_ms == next(cue.start_ms for cue in timeline.cues if (cue.set, cue.sound) == (2, "end"))

    def test_in_the_rest_one_has_been_led_out(self) -> None:
        one = made("a", "b", a=stretch(HOLD, **PLANK, **SETS))
        timeline = compiled(one)
        rest = next(cue for cue in timeline.cues if cue.part is Part.PAUSE)
        on = going_on(one, timeline, rest.start_ms + 100, 1, Turn.NEXT)
        assert on.departure is not None
        assert on.departure.leaves is None
        assert of_item(compiled(on), 2)[0] == "Now, Stretch b."


class TestSides:
    def test_one_side_only_is_neither_each_side_nor_changed(self) -> None:
        timeline = compiled(made("a", a=stretch(HOLD, sides=["left"])))
        assert {cue.side for cue in of_kind(timeline, "breath")} == {"left"}
        assert "change" not in chimes(timeline)
        assert "Stay for three slow breaths." in texts(timeline)
        assert "Lift your left leg." in texts(timeline)

    def test_a_routine_may_ask_for_one_or_another_order(self) -> None:
        a = stretch(HOLD, **SIDED)
        for asked in (["left"], ["left", "right"], ["right"]):
            timeline = compiled(made({"stretch": "a", "sides": asked}, a=a))
            assert list(dict.fromkeys(cue.side for cue in of_kind(timeline, "breath"))) == asked

    @pytest.mark.parametrize("where", ["script", "routine"])
    def test_unequal_doses_are_each_said_on_their_side(self, where: str) -> None:
        unequal = {"side_doses": {"left": "50 s"}}
        a = stretch(HOLD, **SIDED, **(unequal if where == "script" else {}))
        timeline = compiled(made({"stretch": "a", **(unequal if where == "routine" else {})}, a=a))
        breaths = [cue.side for cue in of_kind(timeline, "breath") if cue.phase == "in"]
        assert breaths == ["right"] * 3 + ["left"] * 5
        doses = [(cue.side, cue.text) for cue in of_part(timeline, Part.DOSE)]
        assert doses == [("right", "Stay for three slow breaths."), ("left", "Stay for five slow breaths.")]

    def test_they_move_in_their_ranges_too(self) -> None:
        a = stretch({"kind": "hold", "dose": "20-40 s"}, **SIDED, side_doses={"left": "40-80 s"})
        one = made("a", a=a)
        (least,) = (item.at(0, 1) for item in one.items)
        assert (least.dose.value, least.side_doses[0][1].value) == (20_000, 40_000)

    @pytest.mark.parametrize(
        ("asked", "key"),
        [
            ({"sides": ["left", "left"]}, ("sides",)),
            ({"sides": []}, ("sides",)),
            ({"sides": ["left"], "side_doses": {"right": "30 s"}}, ("side_doses", "right")),
            ({"side_doses": {"right": "30 x"}}, ("side_doses", "right")),
        ],
    )
    def test_what_a_stretch_cannot_take_is_a_problem(self, asked: dict[str, Any], key: tuple[str]) -> None:
        routine = {"name": "R", "purpose": "p", "stretches": [{"stretch": "a", **asked}]}
        library = Library(
            stretches={"a": stretch(HOLD, **SIDED)}, routines={"r": RoutineScript.model_validate(routine)}
        )
        assert len(library.problems(library.routines["r"])) == 1

    def test_a_stretch_without_sides_takes_none(self) -> None:
        whole = stretch(HOLD).model_dump(mode="json", exclude_none=True)
        ((path, _),) = StretchScript.model_validate({**whole, "side_doses": {"left": "30 s"}}).problems()
        assert path == ("side_doses", "left")


class TestPausesAndWords:
    def test_a_pause_stands_between_two_stretches(self) -> None:
        timeline = compiled(made("a", {"pause": "15 s"}, "b"))
        said = texts(timeline)
        here = said.index("Rest for fifteen seconds.")
        assert said[here - 1 : here + 2] == ["Let go.", "Rest for fifteen seconds.", "Now, Stretch b."]
        rest, name = (next(c for c in timeline.cues if c.text == text) for text in said[here : here + 2])
        assert 15_000 <= name.start_ms - rest.end_ms < 15_000 + GRID_MS
        assert rest.item == 1

    def test_it_may_have_words_of_its_own(self) -> None:
        timeline = compiled(made("a", {"pause": "2 min", "say": ["Rest a little.", "Have a sip of water."]}, "b"))
        assert texts(timeline, Part.PAUSE) == [
            *("Rest a little.", "Have a sip of water.", phrases.RESTING[1], "Ten seconds more."),
        ]

    def test_words_before_a_stretch_follow_its_name(self) -> None:
        timeline = compiled(made("a", {"stretch": "b", "say": "This one is for the sore side."}))
        said = texts(timeline)
        assert said[said.index("Now, Stretch b.") + 1] == "This one is for the sore side."

    @pytest.mark.parametrize("entries", [[{"pause": "5 s"}, "a"], ["a", {"pause": "5 s"}], [{"pause": "5 s"}]])
    def test_a_pause_at_either_end_is_a_problem(self, entries: list[Any]) -> None:
        whole = RoutineScript.model_validate({"name": "T", "purpose": "p", "stretches": entries})
        assert whole.problems()

    def test_going_on_skips_the_pause(self) -> None:
        one = made("a", {"pause": "60 s"}, "b")
        timeline = compiled(one)
        rest = next(cue for cue in timeline.cues if cue.part is Part.PAUSE)
        on = going_on(one, timeline, rest.end_ms + 5000, 1, Turn.NEXT)
        assert not of_part(compiled(on), Part.PAUSE)


class TestRounds:
    CIRCUIT = ({"repeat": 3, "rest": "30 s", "stretches": ["a", {"pause": "5 s"}, "b"]}, "c")

    def names(self, timeline: Timeline) -> list[str]:
        return texts(timeline, Part.NAME)

    def test_they_are_announced_and_rested_between(self) -> None:
        timeline = compiled(made(*self.CIRCUIT))
        first = ["Three rounds.", "First, Stretch a.", "Next, Stretch b."]
        second = ["Round two of three.", "Next, Stretch a.", "Next, Stretch b."]
        assert [name.replace("Now", "Next") for name in self.names(timeline)] == [
            *first,
            *second,
            *("Round three of three.", "Next, Stretch a.", "Next, Stretch b."),
            "Next, Stretch c.",
        ]
        assert texts(timeline, Part.PAUSE).count("Rest for thirty seconds.") == 2
        assert texts(timeline, Part.PAUSE).count("Rest for five seconds.") == 3

    def test_later_rounds_explain_nothing_again(self) -> None:
        step = {"say": "Lift your leg.", "again": "Lift it."}
        caution = [{"note": "Careful.", "say": "Take care."}]
        a = stretch(HOLD, setup=[step], cautions=caution, feel="You feel it in your hip.")
        timeline = compiled(made({"repeat": 2, "stretches": ["a"]}, a=a))
        assert {"Lift your leg.", "Take care.", "You feel it in your hip."} <= set(of_item(timeline, 1))
        assert "Lift it." in of_item(timeline, 2)
        assert not {"Lift your leg.", "Take care.", "You feel it in your hip."} & set(of_item(timeline, 2))

    def test_what_is_avoided_is_swapped_in_every_round(self) -> None:
        library = Library(
            stretches={
                "a": stretch(HOLD, name="Kneel", demands=["kneeling"], instead="b"),
                "b": stretch(HOLD, name="Lie"),
                "c": stretch(HOLD, name="Sit"),
            },
            routines={"r": made_script({"repeat": 2, "rest": "20 s", "stretches": ["a", "c"]})},
        )
        avoiding = Avoiding(("knees",), built_in_conditions(), library.stretch)
        swapped, changes = avoid(library.routine("r"), avoiding)
        assert [item.id for item in swapped.items] == ["b", "c", "b", "c"]
        assert len(changes) == 1
        assert "Round two of two." in texts(compiled(swapped))

    def test_a_round_whose_first_stretch_is_left_out_still_begins(self) -> None:
        one = made(*self.CIRCUIT)
        less = replace(one, items=tuple(item for item in one.items if item.id != "a"))
        assert [name for name in self.names(compiled(less)) if "Round" in name] == [
            "Round two of three.",
            "Round three of three.",
        ]

    @pytest.mark.parametrize(
        "rounds",
        [
            {"repeat": 1, "stretches": ["a"]},
            {"repeat": 21, "stretches": ["a"]},
            {"repeat": 2, "stretches": []},
            {"repeat": 2, "stretches": [{"repeat": 2, "stretches": ["a"]}]},
        ],
    )
    def test_there_are_two_rounds_or_more_and_none_within(self, rounds: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            made_script(rounds)

    def test_all_rounds_together_are_not_too_many(self) -> None:
        script = made_script({"repeat": 20, "stretches": ["a"] * 30})
        ((path, message),) = script.problems()
        assert path == ("stretches",)
        assert "600 stretches" in message


def made_script(*entries: Any) -> RoutineScript:
    return RoutineScript.model_validate({"name": "Test", "purpose": "testing", "stretches": entries})


@given(circuits, deliveries, st.integers(0, 9))
@examples(60)
def test_every_turn_is_done_and_nothing_is_said_at_once(one: Routine, manner: Delivery, seed: int) -> None:
    manner = replace(manner, beat_ms=max(manner.beat_ms, 800))
    clips = timings(lay(one, manner).texts, seed)
    timeline = lay(one, manner).place(clips, SOUNDS)
    begun = [(c.item, c.set or 1, c.side) for c in timeline.cues if c.sound == "begin"]
    assert begun == [
        (number, set_, side)
        for number, item in enumerate(one.items, 1)
        for set_ in range(1, item.sets + 1)
        for side in item.turns
    ]
    cues = sorted(spoken(timeline), key=lambda cue: cue.start_ms)
    assert all(apart(before, after) for before, after in pairwise(cues))
    assert timeline.duration_ms >= lay(one, manner).paced_ms
    assert Timeline.from_json(timeline.to_json()) == timeline


def apart(before: Cue, after: Cue) -> bool:
    return after.start_ms - before.end_ms >= 150


def test_a_routine_with_all_of_it_fits_a_length() -> None:
    library = Library(
        stretches={"b": stretch({"kind": "hold", "dose": "10-30 s"}, **SIDED)},
        routines={"r": made_script({"stretch": "b", "sets": 2}, {"pause": "30 s"}, {"repeat": 2, "stretches": ["b"]})},
    )
    one, manner = library.routine("r"), delivery()

    def length_ms(routine: Routine) -> int:
        return compiled(routine, manner).duration_ms

    fitted = fit(one, 550_000, length_ms)
    assert abs(length_ms(fitted.routine) - 550_000) <= 5_000


def test_few_words_leave_none_of_the_signals_out() -> None:
    one = made({"repeat": 2, "rest": "30 s", "stretches": [{"stretch": "a", "sets": 2}]}, a=stretch(REPEATED))
    for words in Words:
        said = texts(compiled(one, delivery(words=words)))
        assert {"Round two of two.", "Set two of two.", "Rest for one minute.", "Rest for thirty seconds."} <= set(said)
