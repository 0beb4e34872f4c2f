"""What must hold for the body's sake, in every routine, stretch, pace and manner: a test a rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.compiler import estimate
from coach.core.breath import BreathPattern
from coach.core.delivery import Delivery, Guidance, Pace, Words
from coach.core.effort import Effort
from coach.core.fit import DoesNotFitError, fit
from coach.core.guide import going_on
from coach.core.languages.english import phrases
from coach.core.positions import Way
from coach.core.routine import Routine, Turn
from coach.core.timeline import Cue, Part, Timeline
from coach.files import data_folder
from coach.library.library import Library
from coach.recipe import DEFAULT_DELIVERY
from support.making import chimes, compiled, delivery, of_kind, of_part, routine, spoken, stretch
from support.routines import REPEATED
from support.tiers import examples

LIBRARY = Library([data_folder("scripts")])
POSITIONS = LIBRARY.positions
TARGETS = (*LIBRARY.routines, *LIBRARY.stretches)
OPENED = {phrases.OPEN_EYES, phrases.WHEN_READY}
CLOSED = {phrases.CLOSE_EYES, phrases.CLOSE_EYES_AGAIN}
manners = st.builds(
    lambda pattern, **manner: replace(
        DEFAULT_DELIVERY, breath=(BreathPattern.parse(pattern),), breath_is_chosen=True, **manner
    ),
    st.sampled_from(["4-6", "4-7-8", "4-4-4-4", "2-2"]),
    words=st.sampled_from(Words),
    pace=st.sampled_from(Pace),
    guidance=st.sampled_from(Guidance),
)


# ---- a hold under load ----------------------------------------------------------------------------------------------


def loaded(one: Routine) -> set[str]:
    return {item.id for item in one.items if getattr(item.script.movement, "loaded", False)}


def assert_breathing_is_spoken_of(one: Routine, timeline: Timeline) -> None:
    for item in one.items:
        if item.id not in loaded(one):
            continue
        for side, rep in product(item.script.sides or (None,), range(1, item.dose.value + 1)):
            cues = [c for c in spoken(timeline) if (c.stretch, c.side, c.rep) == (item.id, side, rep)]
            said = {c.text for c in cues}
            if rep == 1:
                assert phrases.EFFORT_BREATHING[Effort.STAY] in said
            counts = [c.text for c in cues if c.kind == "count"]
            is_counted = counts[:2] == [
                phrases.EFFORT_WORDS[Effort.STAY],
                "two",
            ]  # then the counts keep the breath going
            assert is_counted or said & {phrases.EFFORT_BREATHING[Effort.STAY], phrases.KEEP_BREATHING}
            assert phrases.PHASE_WORDS["hold"] not in said  # type: ignore[index]
            assert phrases.PHASE_PHRASES["hold"] not in said  # type: ignore[index]


@pytest.mark.parametrize(("pace", "guidance"), list(product(Pace, Guidance)))
def test_no_hold_under_load_is_without_a_word_on_breathing(pace: Pace, guidance: Guidance) -> None:
    manner = replace(DEFAULT_DELIVERY, pace=pace, guidance=guidance)
    for words in Words:
        for name in ("bridging", "back-extension", "bird-dog"):
            one = LIBRARY.routine(name)
            assert loaded(one) == {name}
            assert_breathing_is_spoken_of(one, estimate(one, replace(manner, words=words)))


@pytest.mark.parametrize("pace", Pace)
def test_nor_is_one_that_is_paced_by_breath(pace: Pace) -> None:
    one = routine(stretch({**REPEATED, "hold": "3 breaths", "pace": "breath", "loaded": True}))
    timeline = compiled(one, delivery("4-7-8", pace=pace, guidance=Guidance.MINIMAL), longest_ms=300)
    assert phrases.EFFORT_BREATHING[Effort.STAY] in {cue.text for cue in timeline.cues}
    for rep in (2, 3):
        said = {cue.text for cue in spoken(timeline) if cue.rep == rep}
        assert phrases.KEEP_BREATHING in said or (pace.counts and "In" in said)


def test_what_strains_in_a_hold_is_marked_as_loaded() -> None:
    for name in LIBRARY.stretches:
        script = LIBRARY.stretch(name)
        if script.movement.kind == "repeated-hold":
            assert getattr(script.movement, "loaded", False) == ("straining" in script.demands)


@given(st.sampled_from(TARGETS), manners)
@examples(60)
def test_no_breath_is_held_in_a_movement_or_under_load(name: str, manner: Delivery) -> None:
    one = LIBRARY.routine(name)
    timeline = estimate(one, manner)
    assert_breathing_is_spoken_of(one, timeline)
    moving = loaded(one) | {item.id for item in one.items if item.script.movement.kind == "flow"}
    for cue in of_kind(timeline, "breath"):
        assert cue.stretch not in moving or cue.phase in ("in", "out")


def test_a_pattern_keeps_its_pauses_where_nothing_moves() -> None:
    spans = of_kind(estimate(LIBRARY.routine("childs-pose"), replace(delivery("4-7-8"))), "breath")
    assert {span.phase for span in spans} == {"in", "hold", "out"}


# ---- eyes -----------------------------------------------------------------------------------------------------------


def is_upright(way: Way) -> bool:
    return any(POSITIONS.positions[place].eyes == "open" for place in (way.from_, way.to))


def upright_texts(one: Routine) -> Iterator[tuple[int, str]]:
    """Every step, with the number of its stretch, for which eyes are needed."""
    before = one.departure.position if one.departure else None
    for number, item in enumerate(one.items[one.first :], one.first + 1):
        for way in POSITIONS.path(before, item.script.position):
            if is_upright(way):
                yield from ((number, step.say) for step in way.steps)
        before = item.ends_in


def assert_eyes_are_open_when_needed(one: Routine, timeline: Timeline, *, are_closed: bool = False) -> None:
    needed = set(upright_texts(one))
    for cue in spoken(timeline):
        if cue.text in OPENED | CLOSED:
            assert (cue.text in CLOSED) != are_closed, f"{cue.text} is said twice"
            are_closed = cue.text in CLOSED
            if are_closed:
                assert cue.part is Part.WAY
                assert cue.item is not None
                assert one.eyes_are_closed(cue.item - 1)
        elif cue.part is Part.RISING or (cue.item or 0, cue.text or "") in needed:
            assert not are_closed, cue
        elif cue.item is not None and cue.part in (Part.SETUP, Part.MOVEMENT):
            assert not are_closed or one.eyes_are_closed(cue.item - 1)
    assert not are_closed


def closing_comes_last(timeline: Timeline) -> bool:
    """Whether nothing of a way follows the words that close the eyes."""
    ways = [cue for cue in of_part(timeline, Part.WAY) if cue.text != phrases.SETTLE]
    return all(after.item != cue.item for cue, after in pairwise(ways) if cue.text in CLOSED)


@pytest.mark.parametrize(("origin", "target"), list(permutations(POSITIONS.positions, 2)))
def test_eyes_are_open_before_every_way_through_standing(origin: str, target: str) -> None:
    one = routine(stretch(position=origin), stretch(position=target))
    timeline = compiled(one)
    assert_eyes_are_open_when_needed(one, timeline)
    assert closing_comes_last(timeline)
    if any(is_upright(way) for way in POSITIONS.path(origin, target)) and POSITIONS.positions[origin].eyes == "closed":
        texts = [cue.text for cue in of_part(timeline, Part.WAY) if cue.item == 2]
        assert texts[0] == phrases.OPEN_EYES


def test_a_stretch_may_keep_the_eyes_open_where_its_position_does_not() -> None:
    one = routine(stretch(), stretch(eyes="open"), stretch())
    timeline = compiled(one)
    assert_eyes_are_open_when_needed(one, timeline)
    said = [(cue.item, cue.text) for cue in spoken(timeline) if cue.text in OPENED | CLOSED]
    assert said == [
        (1, phrases.CLOSE_EYES),
        (2, phrases.OPEN_EYES),
        (3, phrases.CLOSE_EYES),
        (None, phrases.WHEN_READY),
    ]


@given(st.sampled_from(TARGETS), manners)
@examples(60)
def test_eyes_are_open_before_standing_and_rising_and_close_once_one_is_down(name: str, manner: Delivery) -> None:
    one = LIBRARY.routine(name)
    timeline = estimate(one, manner)
    assert_eyes_are_open_when_needed(one, timeline)
    assert closing_comes_last(timeline)
    opening = [cue.text or "" for cue in of_part(timeline, Part.OPENING)]
    assert not [text for text in opening if "eyes" in text]


@pytest.mark.parametrize(
    ("origin", "target"), [("back", "standing"), ("hands-and-knees", "chair"), ("back", "sitting")]
)
def test_eyes_are_open_on_the_way_to_what_is_gone_on_with(origin: str, target: str) -> None:
    held = {"kind": "hold", "dose": "9 breaths"}
    one = routine(stretch(held, position=origin), stretch(position="back"), stretch(position=target))
    timeline = compiled(one)
    ms = of_kind(timeline, "breath")[4].start_ms
    elsewhere = going_on(one, timeline, ms, 2, Turn.NEXT)
    assert_eyes_are_open_when_needed(elsewhere, compiled(elsewhere), are_closed=True)
    ending = going_on(one, timeline, ms, 3, Turn.NEXT)
    assert_eyes_are_open_when_needed(ending, compiled(ending), are_closed=True)


# ---- the end --------------------------------------------------------------------------------------------------------


def test_closing_words_fit_the_position_in_which_one_really_is() -> None:
    """“Rest here” was said on hands and knees."""
    for name in TARGETS:
        one = LIBRARY.routine(name)
        position = POSITIONS.positions[one.items[-1].ends_in]
        timeline = estimate(one, DEFAULT_DELIVERY)
        said = [cue.text for cue in of_part(timeline, Part.CLOSING)]
        assert [text for text in said if text in position.rest] == list(position.rest)
        others = {text for other in POSITIONS.positions.values() for text in other.rest} - set(position.rest)
        assert not others & set(said)
        rising = [cue.text for cue in of_part(timeline, Part.RISING) if cue.text not in OPENED]
        assert rising == [move.say for move in position.rise]


def test_nobody_rests_on_hands_and_knees_or_standing() -> None:
    for name, position in POSITIONS.positions.items():
        assert position.rest
        is_down = name in ("back", "back-knees-bent", "face-down", "doorway", "bed", "bed-long")
        assert any(text.startswith("Rest here") for text in position.rest) == is_down


def test_getting_up_from_hands_and_knees_takes_its_time() -> None:
    timeline = compiled(routine(stretch(position="hands-and-knees")), longest_ms=200)
    rising = of_part(timeline, Part.RISING)
    assert timeline.cues[-1].start_ms - rising[1].start_ms >= 20_000
    assert len(rising) >= 5


# ---- props ----------------------------------------------------------------------------------------------------------

PROPS = re.compile(r"\b(towel|cushion|pillow|chair|doorway|door|frame|wall|roller|block|blanket|strap)s?\b")
KINDS = {"door": "doorway", "frame": "doorway"}


@pytest.mark.parametrize("name", TARGETS)
def test_props_are_named_before_one_lies_down(name: str) -> None:
    one = LIBRARY.routine(name)
    for words in Words:
        timeline = estimate(one, replace(DEFAULT_DELIVERY, words=words))
        opening = " ".join(cue.text or "" for cue in of_part(timeline, Part.OPENING))
        assert all(prop in opening for prop in one.props)
        for cue in spoken(timeline):
            for word in PROPS.findall(cue.text or ""):
                assert KINDS.get(word, word) in opening, (name, cue.text)


@pytest.mark.parametrize(("origin", "target"), list(permutations(POSITIONS.positions, 2)))
def test_whatever_a_way_needs_is_named(origin: str, target: str) -> None:
    timeline = compiled(routine(stretch(position=origin), stretch(position=target)))
    opening = " ".join(cue.text or "" for cue in of_part(timeline, Part.OPENING))
    for cue in of_part(timeline, Part.WAY, Part.RISING):
        for word in PROPS.findall(cue.text or ""):
            assert KINDS.get(word, word) in opening, cue.text


# ---- doses ----------------------------------------------------------------------------------------------------------


@given(st.sampled_from(TARGETS), manners, st.integers(700, 1500))
@examples(60)
def test_doses_in_seconds_are_never_longer_unless_one_breath_is(name: str, manner: Delivery, beat_ms: int) -> None:
    one = LIBRARY.routine(name)
    manner = replace(manner, beat_ms=beat_ms)
    for item, course in zip(one.items, one.stages(manner), strict=True):
        if not item.script.movement.is_breathed:
            continue
        for amount in (item.dose, item.hold):
            if amount is not None and amount.dose.unit == "s":
                breaths = course.breaths_in(amount)
                assert breaths == 1 or course.length_ms(breaths) <= amount.dose.high * 1000


@given(st.floats(1, 60), st.booleans(), st.sampled_from(["knee-to-chest-kicks", "fifteen-minutes"]))
@examples(60)
def test_kicks_are_even_whatever_the_minutes(minutes: float, drop: bool, name: str) -> None:
    def length_of(one: Routine) -> int:
        return estimate(one, DEFAULT_DELIVERY).duration_ms

    try:
        fitted = fit(LIBRARY.routine(name), round(minutes * 60_000), length_of, drop=drop).routine
    except DoesNotFitError:
        return
    for item in fitted.items:
        if item.id == "knee-to-chest-kicks":
            assert item.dose.value % 2 == 0
            assert item.dose.dose.low <= item.dose.value <= item.dose.dose.high
            counts = [cue for cue in of_kind(estimate(fitted, DEFAULT_DELIVERY), "count") if cue.stretch == item.id]
            assert max(cue.rep or 0 for cue in counts) % 2 == 0


def test_kicks_take_every_even_number_of_their_range() -> None:
    kicks = LIBRARY.stretch("knee-to-chest-kicks").movement
    found = {kicks.fixed_dose(kicks.dose.at(share, 1000)).value for share in range(1001)}
    assert found == set(range(30, 51, 2))


# ---- halfway --------------------------------------------------------------------------------------------------------


def held_in(timeline: Timeline) -> dict[Any, list[Cue]]:
    found: dict[Any, list[Cue]] = {}
    for cue in of_kind(timeline, "breath"):
        found.setdefault((cue.item, cue.side), []).append(cue)
    return found


@given(st.sampled_from(TARGETS), manners)
@examples(60)
def test_halfway_is_near_the_middle_of_five_breaths_or_more(name: str, manner: Delivery) -> None:
    one = LIBRARY.routine(name)
    timeline = estimate(one, manner)
    spans = held_in(timeline)
    halves = of_part(timeline, Part.HALFWAY)
    assert len({(cue.item, cue.side, cue.rep) for cue in halves}) == len(halves)
    for cue in halves:
        assert cue.text in phrases.HALFWAY
        kind = one.items[(cue.item or 0) - 1].script.movement.kind
        if kind not in ("hold", "flow"):
            continue
        breaths = spans[cue.item, cue.side]
        assert max(span.rep or 0 for span in breaths) >= 5
        last = [c for c in of_part(timeline, Part.LAST) if (c.item, c.side) == (cue.item, cue.side)]
        assert all(cue.end_ms < said.start_ms for said in last)
        begin = min(span.start_ms for span in breaths if span.rep == max(s.rep or 0 for s in breaths))
        assert cue.end_ms < begin  # never in the last breath


def test_signals_are_worded_alike_each_time_and_in_turns() -> None:
    one = LIBRARY.routine("gentle-relief")
    first, second = (estimate(one, DEFAULT_DELIVERY) for _ in range(2))
    assert first == second
    last = [cue.text for cue in of_part(first, Part.LAST)]
    assert {*phrases.LAST_BREATH} <= set(last)
    assert chimes(first)[-1] == "close"
