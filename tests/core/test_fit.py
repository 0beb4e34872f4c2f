"""Fitting a routine to a length (timing contract, T8), over the whole library."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coach.compiler import estimate
from coach.core.fit import MOST_SLACK_MS, TOLERANCE_MS, DoesNotFitError, fit, fit_breathing
from coach.core.routine import Breathing, Routine, breathing
from coach.files import data_folder
from coach.library.library import Library
from coach.recipe import DEFAULT_DELIVERY
from support.making import compiled, delivery, routine, stretch
from support.tiers import examples

LIBRARY = Library([data_folder("scripts")])


def length_of(one: Routine) -> int:
    return estimate(one, DEFAULT_DELIVERY).duration_ms


def assert_inside_ranges(one: Routine) -> None:
    for item in one.items:
        for amount in (item.dose, item.hold):
            if amount is not None:
                assert amount.dose.at(0, 1).value <= amount.value <= amount.dose.at(1, 1).value


@given(
    st.sampled_from(sorted([*LIBRARY.routines, "childs-pose", "piriformis"])),
    st.integers(60, 2400),
    st.booleans(),
    st.sampled_from(["4-6", "4-7-8", "3-4:4-6"]),
)
@examples(60)
@example("evening", 159, True, "4-6")
@example("piriformis", 165, False, "4-7-8")
@example("down-and-up", 86, True, "4-6")  # which does one stretch three times
def test_it_fits_or_says_what_is_possible(name: str, target_s: int, drop: bool, breath: str) -> None:
    whole = LIBRARY.routine(name)
    target_ms = target_s * 1000
    manner = delivery(breath)

    def length_of(one: Routine) -> int:
        return estimate(one, manner).duration_ms

    refused: DoesNotFitError
    try:
        fitted = fit(whole, target_ms, length_of, drop=drop)
    except DoesNotFitError as error:
        fitted, refused = None, error
    if fitted is None:
        possible_ms = refused.nearest_ms or (refused.shortest_ms, refused.longest_ms)
        inside = refused.shortest_ms - TOLERANCE_MS <= target_ms <= refused.longest_ms + TOLERANCE_MS
        assert inside == bool(refused.nearest_ms)
        for length_ms in () if drop else possible_ms:
            assert abs(length_ms - target_ms) > TOLERANCE_MS
            assert abs(length_of(fit(whole, length_ms, length_of).routine) - length_ms) <= TOLERANCE_MS
        return
    assert abs(length_of(fitted.routine) - target_ms) <= TOLERANCE_MS
    assert_inside_ranges(fitted.routine)
    assert 0 <= fitted.routine.slack_ms <= MOST_SLACK_MS * len(fitted.routine.items)
    names = [item.script.name for item in fitted.routine.items]
    every = [item.script.name for item in whole.items]
    assert sorted([*names, *fitted.dropped]) == sorted(every)
    left = iter(every)
    assert all(name in left for name in names)  # in their order
    assert drop or not fitted.dropped


@pytest.mark.parametrize("minutes", [15, 16, 18, 19, 20])
def test_daily_fits(minutes: int) -> None:
    fitted = fit(LIBRARY.routine("daily"), minutes * 60_000, length_of)
    assert abs(length_of(fitted.routine) - minutes * 60_000) <= TOLERANCE_MS


def test_the_shortest_and_longest_it_names_do_fit() -> None:
    whole = LIBRARY.routine("lower-back-seven")
    with pytest.raises(DoesNotFitError) as caught:
        fit(whole, 60_000, length_of)
    for target_ms in (caught.value.shortest_ms, caught.value.longest_ms):
        assert abs(length_of(fit(whole, target_ms, length_of).routine) - target_ms) <= TOLERANCE_MS


def test_doses_grow_together() -> None:
    """Two stretches with the same range get the same dose, to a step."""
    flow = {"kind": "flow", "dose": "5-15 x", "inhale": "Breathe in.", "exhale": "Breathe out."}
    one = routine(stretch(flow), stretch(flow))
    doses = []
    for target_s in range(240, 440, 20):
        fitted = fit(one, target_s * 1000, lambda r: compiled(r).duration_ms).routine
        first, second = (item.dose.value for item in fitted.items)
        assert first - second in (0, 1)
        doses.append(first + second)
    assert doses == sorted(doses)
    assert len(set(doses)) > 5


def test_what_whole_repetitions_leave_over_goes_to_pauses() -> None:
    flow = {"kind": "flow", "dose": "5-7 x", "inhale": "Breathe in.", "exhale": "Breathe out."}
    one = routine(stretch({"kind": "rest", "dose": "10-300 s"}), stretch(flow))

    def length_of(some: Routine) -> int:
        rest, flowing = some.items
        return rest.dose.value + 30_000 * flowing.dose.value + some.slack_ms

    # Near the middle of their ranges they last 150 s, since a rest that long goes in half minutes, and 5 times 30 s.
    for more_ms, rest_ms, slack_ms in ((0, 150_000, 4_710), (9_990, 150_000, 14_700), (15_000, 150_000, 19_710)):
        fitted = fit(one, 304_710 + more_ms, length_of).routine
        assert [item.dose.value for item in fitted.items] == [rest_ms, 5]
        assert fitted.slack_ms == slack_ms


def test_slack_is_shared_out_evenly_between_the_stretches() -> None:
    whole = routine(stretch(), stretch(), stretch())
    longer = fit(whole, length_of(whole) + 20_001, length_of).routine
    assert longer.slack_ms == 20_001
    before, after = (
        [cue.start_ms for cue in estimate(one, DEFAULT_DELIVERY).cues if cue.sound == "end"] for one in (whole, longer)
    )
    moved = [late - early for early, late in zip(before, after, strict=True)]
    assert moved == [0, 6672, 13_344]  # 6,667 and 13,334 on the grid of first beats


def test_what_is_dropped_is_named() -> None:
    whole = LIBRARY.routine("daily")
    fitted = fit(whole, 5 * 60_000, length_of, drop=True)
    assert fitted.dropped
    assert {*fitted.dropped, *(item.script.name for item in fitted.routine.items)} == {
        item.script.name for item in whole.items
    }


@pytest.mark.parametrize("minutes", [1, 2, 5, 20])
@pytest.mark.parametrize("pattern", ["4-6", "4-7-8", "3-4:4-6"])
def test_breathing_for_five_minutes_is_a_file_of_five_minutes(pattern: str, minutes: int) -> None:
    """It was five minutes of breaths: “breathe --minutes 5” made a file of 5:48."""
    manner = delivery(pattern)
    target_ms = minutes * 60_000

    def length_of(candidate: Breathing) -> int:
        return compiled(candidate, manner).duration_ms

    fitted = fit_breathing(breathing(pattern, target_ms), target_ms, length_of)
    longest_breath_ms = max(each.counts for each in manner.breath) * 1_000
    assert abs(length_of(fitted) - target_ms) <= longest_breath_ms / 2 + 1


def test_breathing_has_one_breath_at_least() -> None:
    with pytest.raises(DoesNotFitError, match="it can last from"):
        fit_breathing(breathing("4-6", 10_000), 10_000, lambda one: compiled(one).duration_ms)
