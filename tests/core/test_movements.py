"""What kinds of movement can say besides their doses: words at a time, several breaths, efforts, places with breath."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from coach.core.delivery import Guidance, Pace, Words
from coach.core.languages.english import phrases
from coach.core.plan import lay
from coach.core.script import StretchScript
from coach.core.timeline import ClipTiming, Cue, Part, Timeline
from support.making import SOUNDS, compiled, delivery, of_kind, of_part, routine, spoken, stretch, timings
from support.routines import COUNTED, FLOW, REPEATED, REST, TWO_BREATHS


def said(timeline: Timeline, text: str) -> Cue:
    (cue,) = (cue for cue in timeline.cues if cue.text == text)
    return cue


def begins_ms(timeline: Timeline) -> int:
    """When the first beat falls."""
    breaths = of_kind(timeline, "breath")
    return breaths[0].start_ms if breaths else next(c.center_ms or 0 for c in of_kind(timeline, "count"))


def problems(movement: dict[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    whole = stretch().model_dump(mode="json", exclude_none=True)
    return StretchScript.model_validate({**whole, "movement": movement}).problems()


class TestLinesAtATime:
    AT: ClassVar = {"at": "23 s", "say": "Let your jaw be loose."}

    def test_in_a_hold_it_begins_then_and_the_breath_goes_on_in_quiet(self) -> None:
        timeline = compiled(routine(stretch({"kind": "hold", "dose": "60 s", "lines": [self.AT]})), longest_ms=900)
        line, zero_ms = said(timeline, "Let your jaw be loose."), begins_ms(timeline)
        assert line.onset_ms == zero_ms + 23_000
        counted = {((c.center_ms or 0) - zero_ms) // 1000 for c in of_kind(timeline, "count")}
        assert {20, 21, 22} < counted
        assert 23 not in counted

    def test_what_is_too_late_is_left_out(self) -> None:
        lines = [self.AT, {"at": "60 s", "say": "Too late."}]
        for movement in ({"kind": "hold", "dose": "60 s", "lines": lines}, {**REST, "lines": lines}):
            assert "Too late." not in {cue.text for cue in compiled(routine(stretch(movement))).cues}

    def test_a_rest_says_each_at_its_time_in_any_words_and_no_halfway(self) -> None:
        lines = [{"at": f"{second} s", "say": f"Notice part {second}."} for second in (5, 30, 40)]
        for words in Words:
            timeline = compiled(routine(stretch({**REST, "lines": lines})), delivery(words=words))
            chime = next(cue for cue in timeline.cues if cue.sound == "begin")
            assert [said(timeline, f"Notice part {s}.").onset_ms - chime.onset_ms for s in (5, 30, 40)] == [
                5_000,
                30_000,
                40_000,
            ]
            assert not of_part(timeline, Part.HALFWAY)

    def test_a_walk_is_called_one(self) -> None:
        timeline = compiled(routine(stretch({"kind": "rest", "dose": "2 min", "activity": "walk"})))
        assert "Walk for two minutes." in {cue.text for cue in timeline.cues}

    def test_lines_that_follow_too_soon_begin_earlier_and_none_is_lost(self) -> None:
        lines = [{"at": f"{second} s", "say": f"Line {second}."} for second in (20, 21, 22)]
        timeline = compiled(routine(stretch({**REST, "lines": lines})), longest_ms=3000)
        cues = [said(timeline, f"Line {second}.") for second in (20, 21, 22)]
        assert all(a.end_ms + 150 <= b.start_ms for a, b in pairwise(cues))

    def test_a_count_gives_way_to_it_and_its_last_one_still_comes(self) -> None:
        timeline = compiled(routine(stretch({**COUNTED, "lines": [{"at": "20 s", "say": "Slow and even."}]})))
        line = said(timeline, "Slow and even.")
        assert (line.onset_ms - begins_ms(timeline), line.rep) == (20_000, 11)
        assert len(of_part(timeline, Part.LAST)) == 1

    def test_one_that_outlasts_its_rest_begins_between_the_chime_and_it(self) -> None:
        one = routine(stretch({"kind": "rest", "dose": "2 s", "lines": [{"at": "0 s", "say": "Soften."}]}))
        plan = lay(one, delivery())
        clips = {**timings(plan.texts), "Soften.": ClipTiming(9000, 30, 4500)}
        timeline = plan.place(clips, SOUNDS)
        line, before = said(timeline, "Soften."), of_part(timeline, Part.DOSE)[-1]
        begin, end = (next(c for c in timeline.cues if c.sound == sound) for sound in ("begin", "end"))
        assert before.end_ms < begin.onset_ms < line.start_ms < line.end_ms < end.onset_ms

    def test_of_several_holds_it_is_in_the_one_it_names_or_in_all(self) -> None:
        lines = [{"at": "4 s", "say": "Soften."}, {"at": "6 s", "rep": 2, "say": "Longer."}]
        timeline = compiled(routine(stretch({**REPEATED, "lines": lines})), longest_ms=600)
        assert [cue.rep for cue in spoken(timeline) if cue.text == "Soften."] == [1, 2, 3]
        assert [cue.rep for cue in spoken(timeline) if cue.text == "Longer."] == [2]

    @pytest.mark.parametrize(
        ("movement", "path"),
        [
            ({**REST, "lines": [{"breath": 1, "phase": "in", "say": "In."}]}, ("lines", 0, "breath")),
            ({**COUNTED, "lines": [{"at": "1 s", "rep": 2, "say": "No."}]}, ("lines", 0, "rep")),
            ({**REPEATED, "lines": [{"breath": 1, "phase": "in", "say": "In."}]}, ("lines", 0, "breath")),
            ({**FLOW, "lines": [{"at": "1 s", "rep": 2, "say": "No."}]}, ("lines", 0, "rep")),
        ],
    )
    def test_a_moment_that_is_not_there_is_a_problem(self, movement: dict[str, Any], path: tuple[str | int]) -> None:
        assert [keys for keys, _ in problems(movement)] == [("movement", *path)]

    @pytest.mark.parametrize(
        "line",
        [
            {"say": "When?"},
            {"say": "Half of a moment.", "breath": 1},
            {"say": "Two moments.", "breath": 1, "phase": "in", "at": "3 s"},
            {"say": "Half of one.", "phase": "in", "at": "3 s"},
        ],
    )
    def test_a_line_has_one_moment(self, line: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match="say when"):
            stretch({"kind": "hold", "dose": "30 s", "lines": [line]})


class TestAFlowOfSeveralBreaths:
    def test_one_repetition_is_all_of_them_and_all_are_named(self) -> None:
        timeline = compiled(routine(stretch(TWO_BREATHS)), longest_ms=900)
        assert [cue.rep for cue in of_kind(timeline, "breath") if cue.phase == "in"] == [1, 1, 2, 2, 3, 3]
        movement = [cue.text for cue in spoken(timeline) if cue.part is Part.MOVEMENT]
        first = ["Breathe in, to the middle.", "Breathe out, to the right.", "Breathe in, to the middle."]
        later = [*first, "Out, left."]
        assert movement == [*first, "Breathe out, to the left.", *later, *later]
        assert "Three times." in {cue.text for cue in timeline.cues}

    def test_they_are_named_in_any_words(self) -> None:
        for words in Words:
            assert said_once(compiled(routine(stretch(TWO_BREATHS)), delivery(words=words)))

    def test_the_last_one_is_announced_before_the_first_of_its_breaths(self) -> None:
        timeline = compiled(routine(stretch(TWO_BREATHS)), longest_ms=900)
        (last,) = of_part(timeline, Part.LAST)
        begins = next(cue.start_ms for cue in of_kind(timeline, "breath") if cue.rep == 3)
        assert begins - 1000 < last.end_ms < begins

    @pytest.mark.parametrize(("dose", "breaths"), [("3 x", 6), ("5 breaths", 4), ("50 s", 4), ("1 breath", 2)])
    def test_a_dose_is_whole_repetitions(self, dose: str, breaths: int) -> None:
        timeline = compiled(routine(stretch({**TWO_BREATHS, "dose": dose})))
        assert len([cue for cue in of_kind(timeline, "breath") if cue.phase == "in"]) == breaths

    @pytest.mark.parametrize(
        "movement",
        [
            {"kind": "flow", "dose": "3 x"},
            {"kind": "flow", "dose": "3 x", "inhale": "In."},
            {**TWO_BREATHS, "inhale": "In."},
            {**TWO_BREATHS, "inhale": "In.", "exhale": "Out."},
        ],
    )
    def test_it_has_one_way_of_saying_it(self, movement: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match="a flow has"):
            stretch(movement)


def said_once(timeline: Timeline) -> bool:
    return {"Breathe out, to the right.", "Breathe out, to the left."} <= {cue.text for cue in timeline.cues}


class TestEfforts:
    def test_a_press_is_counted_as_one_and_keeps_the_breath_going(self) -> None:
        timeline = compiled(routine(stretch({**REPEATED, "effort": "press"})))
        assert "Press, and keep breathing." in {cue.text for cue in spoken(timeline)}
        counts = [cue.text for cue in of_kind(timeline, "count") if cue.rep == 2]
        assert counts[:3] == ["Press", "two", "three"]

    @pytest.mark.parametrize("more", [{"loaded": True}, {"effort": "squeeze"}])
    def test_a_hold_under_load_holds_no_breath_and_says_so(self, more: dict[str, Any]) -> None:
        one = routine(stretch({"kind": "hold", "dose": "30 s", **more}))
        for pace in Pace:
            timeline = compiled(one, delivery("4-7-8", pace=pace, guidance=Guidance.MINIMAL))
            assert {cue.phase for cue in of_kind(timeline, "breath")} == {"in", "out"}
            assert any((cue.text or "").endswith("and keep breathing.") for cue in spoken(timeline))

    def test_nothing_is_told_once_one_bears_the_load(self) -> None:
        setup = ["Lift your hips.", "Hips up."]
        for more, order in (({}, [*setup, "dose"]), ({"loaded": True}, ["dose", *setup])):
            timeline = compiled(routine(stretch({"kind": "hold", "dose": "30 s", **more}, setup=setup)))
            cues = of_part(timeline, Part.SETUP, Part.DOSE)
            assert ["dose" if cue.part is Part.DOSE else cue.text for cue in cues] == order

    def test_its_dose_is_said_with_its_word(self) -> None:
        one = routine(stretch({"kind": "hold", "dose": "30 s", "effort": "squeeze"}))
        assert "Squeeze for three slow breaths." in {cue.text for cue in compiled(one).cues}


class TestASequenceWithBreaths:
    CONTRACT: ClassVar[dict[str, Any]] = {
        "kind": "sequence",
        "dose": "2 x",
        "places": [
            {"say": "Press your heel into the towel.", "hold": "6 s", "effort": "press"},
            {"say": "Let go.", "hold": "2 breaths", "lines": [{"breath": 2, "phase": "out", "say": "Let it sink."}]},
        ],
    }

    def test_each_place_is_held_in_its_own_way(self) -> None:
        one = routine(stretch(self.CONTRACT))
        timeline = compiled(one, longest_ms=900)
        assert [cue.rep for cue in of_kind(timeline, "breath") if cue.phase == "in"] == [1, 1, 2, 2]
        assert [cue.rep for cue in spoken(timeline) if cue.text == "Let it sink."] == [1, 2]
        counts = [cue.text for cue in of_kind(timeline, "count") if cue.phase == "hold"]
        assert counts == ["Press", "two", "three", "four", "five", "six"]  # the first time, words take their place

    def test_a_held_pattern_is_not_held_in_it(self) -> None:
        timeline = compiled(routine(stretch(self.CONTRACT)), delivery("4-7-8"))
        assert {cue.phase for cue in of_kind(timeline, "breath")} == {"in", "out"}

    def test_words_of_its_breaths_are_for_full_words_only(self) -> None:
        one = routine(stretch(self.CONTRACT))
        timeline = compiled(one, replace(delivery(), words=Words.BRIEF))
        texts = {cue.text for cue in spoken(timeline)}
        assert "Let go." in texts
        assert "Let it sink." not in texts

    def test_no_breath_is_paced_where_none_is_asked_for(self) -> None:
        place = {"say": "Let go.", "hold": "5 s", "lines": [{"breath": 1, "phase": "in", "say": "In."}]}
        found = problems({**self.CONTRACT, "places": [place]})
        assert [keys for keys, _ in found] == [("movement", "places", 0, "lines", 0, "breath")]


def test_phrases_have_a_word_for_every_effort() -> None:
    assert set(phrases.EFFORT_WORDS) == set(phrases.EFFORT_BREATHING)
