"""The timing contract (T1 to T10 of the design), by example and by property."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coach.core import phrases
from coach.core.engine import (
    LEAD_MS,
    BeatTooShortError,
    TooLongError,
    compile_timeline,
    lines_in,
)
from coach.core.manner import Guidance, Pace, Setup, Words
from coach.core.plan import SETTLE_MS, Delivery
from coach.core.routine import Routine
from coach.core.script import StretchScript
from coach.core.timeline import ClipTiming, Cue, Timeline
from making import SOUNDS, chimes, compiled, delivery, of_kind, routine, spoken, stretch, timings

FLOW = {"kind": "flow", "dose": "6 x", "inhale": "Breathe in and lift.", "exhale": "Breathe out and lower."}
REPEATED = {"kind": "repeated-hold", "dose": "3 x", "hold": "8 s", "out": "Lift.", "back": "Lower."}
SEQUENCE = {
    "kind": "sequence",
    "dose": "2 x",
    "places": [{"say": "Roll your knees right.", "hold": "5 s"}, {"say": "Roll them back.", "hold": "5 s"}],
}
COUNTED = {"kind": "counted", "dose": "30 x", "beats": 2}
LEAST_GAP_MS = 150  # timing contract, T2
COUNT_WORDS = {"In", "Out", "two", "three", "four", "five", "six"}
REST = {"kind": "rest", "dose": "60 s"}


def texts(cues: Iterable[Cue]) -> list[str]:
    return [cue.text or "" for cue in cues]


class TestHold:
    def test_everything_comes_in_its_order(self) -> None:
        one = routine(stretch({"kind": "hold", "dose": "20 s"}), opening=["Hello."], closing=["Bye."])
        clips = {
            text: ClipTiming(300, 0, 50) if text in COUNT_WORDS else ClipTiming(1000, 20, 90)
            for text in lines_in(one, delivery())
        }
        timeline = compile_timeline(one, delivery(), clips, SOUNDS)
        assert [cue.sound or cue.text for cue in timeline.cues if cue.kind != "breath"] == [
            "Hello.",
            *phrases.BREATH_CARE,
            "First, Test stretch.",
            "Lie down on your back, with your legs long.",
            "Lift your leg.",
            "Stay for two slow breaths.",
            "begin",
            *("In", "two", "three", "four", "Out", "two", "three", "four", "five", "Last breath."),
            *("In", "two", "three", "four", "Out", "two", "three", "four", "five", "six"),
            "end",
            "Let go.",
            "Bye.",
            "When you are ready, roll onto your side, and come up slowly.",
            "close",
        ]

    def test_there_is_time_to_move_to_settle_and_to_hear_the_chime(self) -> None:
        script = stretch(setup=[{"say": "Lift your leg.", "move": "7 s"}])
        cues = [cue for cue in compiled(routine(script)).cues if cue.kind != "breath"]
        lift = next(index for index, cue in enumerate(cues) if cue.text == "Lift your leg.")
        dose, begin, first = cues[lift + 1 : lift + 4]
        assert dose.start_ms - cues[lift].end_ms == 7000
        assert begin.onset_ms - dose.end_ms >= SETTLE_MS
        assert first.center_ms is not None
        assert LEAD_MS <= first.center_ms - begin.onset_ms < LEAD_MS + 1000
        assert (first.center_ms - begin.onset_ms) % 1000 == 0  # the chime is in time

    def test_halfway_is_said_over_twenty_seconds_only(self) -> None:
        for dose, said in (("20 s", 0), ("30 s", 1), ("60 s", 1)):
            timeline = compiled(routine(stretch({"kind": "hold", "dose": dose})))
            assert texts(timeline.cues).count(phrases.HALFWAY) == said
        breaths = of_kind(timeline, "breath")
        half = next(cue for cue in timeline.cues if cue.text == phrases.HALFWAY)
        assert abs(half.onset_ms - breaths[0].start_ms - 30_000) <= 1000
        turns = [cue for cue in of_kind(timeline, "count") if cue.count == 1]
        assert len(turns) == 12  # "halfway" covers no "In" and no "Out"

    def test_a_line_stands_on_its_breath_and_outranks_counts(self) -> None:
        line = {"breath": 2, "phase": "out", "say": "Sink."}
        timeline = compiled(routine(stretch({"kind": "hold", "dose": "30 s", "lines": [line]})))
        said = next(cue for cue in timeline.cues if cue.text == "Sink.")
        out = [cue for cue in of_kind(timeline, "breath") if cue.phase == "out"][1]
        assert said.onset_ms == out.start_ms
        assert not [c for c in of_kind(timeline, "count") if c.center_ms == out.start_ms]

    def test_a_line_longer_than_its_phase_starts_earlier_and_the_beat_stays(self) -> None:
        line = {"breath": 1, "phase": "in", "say": "A very long line."}
        one = routine(stretch({"kind": "hold", "dose": "20 s", "lines": [line]}))
        clips = {**timings(lines_in(one, delivery())), "A very long line.": ClipTiming(9000, 20, 100)}
        timeline = compile_timeline(one, delivery(), clips, SOUNDS)
        said = next(cue for cue in timeline.cues if cue.text == "A very long line.")
        first_in, first_out = of_kind(timeline, "breath")[:2]
        begin = next(cue for cue in timeline.cues if cue.sound == "begin")
        assert said.end_ms - said.start_ms == 9000
        assert said.end_ms + LEAST_GAP_MS <= first_out.start_ms
        assert begin.onset_ms + LEAD_MS <= said.start_ms < first_in.start_ms

    def test_two_lines_on_one_breath_are_both_said(self) -> None:
        lines = [{"breath": 1, "phase": "in", "say": text} for text in ("Soften your jaw.", "Soften your hands.")]
        timeline = compiled(routine(stretch({"kind": "hold", "dose": "20 s", "lines": lines})))
        assert [text for text in texts(timeline.cues) if text.startswith("Soften")] == [
            "Soften your jaw.",
            "Soften your hands.",
        ]


class TestOtherKinds:
    def test_a_short_rest_between_repetitions_is_only_a_pause(self) -> None:
        timeline = compiled(routine(stretch({**REPEATED, "rest": "0.4 s"})))
        assert not [text for text in texts(timeline.cues) if text.startswith("Rest for")]

    def test_few_counted_movements_are_all_counted(self) -> None:
        timeline = compiled(routine(stretch({"kind": "counted", "dose": "2 x"})))
        assert texts(of_kind(timeline, "count")) == ["one", "two"]

    def test_a_flow_names_the_movement_on_the_first_breaths_then_counts(self) -> None:
        timeline = compiled(routine(stretch(FLOW)))
        assert texts(timeline.cues).count("Breathe in and lift.") == 2
        assert len({cue.rep for cue in of_kind(timeline, "breath")}) == 6
        third = [cue.text for cue in of_kind(timeline, "count") if cue.rep == 3]
        assert third == ["In", "two", "three", "four", "Out", "two", "three", "four", "five", "six"]
        assert texts(timeline.cues).count(phrases.LAST_ONE) == 1

    def test_a_repeated_hold_counts_each_hold_and_numbers_the_repetitions(self) -> None:
        timeline = compiled(routine(stretch(REPEATED)))
        words = ["Hold", "two", "three", "four", "five", "six", "seven", "eight"]
        assert texts(of_kind(timeline, "count")) == words * 3
        said = texts(of_kind(timeline, "speech"))
        start = said.index("Three times.")
        assert said[start + 1 : -4] == ["Lift.", "Lower.", "Two.", "Lift.", "Lower.", "Last one.", "Lift.", "Lower."]
        for rep in (1, 2, 3):
            beats = [cue.center_ms or 0 for cue in of_kind(timeline, "count") if cue.rep == rep]
            assert {after - before for before, after in pairwise(beats)} == {1000}
        assert chimes(timeline) == ["begin", "end", "close"]

    def test_a_repeated_hold_can_be_paced_by_breath_with_a_rest_between(self) -> None:
        movement = {**REPEATED, "pace": "breath", "hold": "15-20 s", "rest": "30 s"}
        timeline = compiled(routine(stretch(movement)))
        for rep in (1, 2, 3):
            phases = [cue for cue in of_kind(timeline, "breath") if cue.rep == rep]
            assert phases[-1].end_ms - phases[0].start_ms == 20_000
        assert texts(timeline.cues).count("Rest for thirty seconds.") == 2

    def test_a_sequence_holds_in_each_place(self) -> None:
        timeline = compiled(routine(stretch(SEQUENCE)))
        assert texts(of_kind(timeline, "count")) == ["Hold", "two", "three", "four", "five"] * 4
        said = texts(of_kind(timeline, "speech"))
        assert said.count("Roll your knees right.") == 2

    def test_a_count_counts_movements(self) -> None:
        timeline = compiled(routine(stretch(COUNTED)))
        counts = of_kind(timeline, "count")
        centres = [cue.center_ms or 0 for cue in counts]
        assert {(after - before) % 2000 for before, after in pairwise(centres)} == {0}
        assert [cue.rep for cue in counts] == [cue.count for cue in counts]
        assert counts[0].text == "one"
        assert counts[-1].text == "thirty"

    def test_a_rest_is_not_paced(self) -> None:
        timeline = compiled(routine(stretch(REST)))
        begin, end = (cue for cue in of_kind(timeline, "chime") if cue.sound in ("begin", "end"))
        assert not of_kind(timeline, "breath")
        assert not of_kind(timeline, "count")
        assert 60_000 <= end.onset_ms - begin.onset_ms <= 60_000 + LEAD_MS + 1000
        assert texts(timeline.cues).count(phrases.HALFWAY) == 1


class TestSides:
    def test_the_second_side_says_less_and_names_itself_first(self) -> None:
        setup = [
            {"say": "Bring your {side} knee up.", "again": "{side} knee up."},
            "Breathe.",
            "Reach over your {other_side} leg.",
            {"say": "Relax your face.", "again": "Relax."},
        ]
        timeline = compiled(routine(stretch(sides=["right", "left"], setup=setup)))
        sides = {side: [c.text for c in of_kind(timeline, "speech") if c.side == side] for side in ("right", "left")}
        assert sides["right"][:4] == [
            "Bring your right knee up.",
            "Breathe.",
            "Reach over your left leg.",
            "Relax your face.",
        ]
        assert sides["left"][:3] == ["Left knee up.", "Reach over your right leg.", "Relax."]
        assert chimes(timeline) == ["begin", "end", "change", "begin", "end", "close"]


class TestTransitions:
    def test_the_way_to_a_new_position_is_spoken_with_time_and_not_repeated(self) -> None:
        timeline = compiled(
            routine(stretch(position="back"), stretch(position="back"), stretch(position="hands-and-knees"))
        )
        said = texts(of_kind(timeline, "speech"))
        assert sum("Lie down on your back" in text for text in said) == 1
        side = next(cue for cue in timeline.cues if cue.text == "Roll onto your side.")
        up = next(cue for cue in timeline.cues if cue.text == "Come up onto your hands and knees.")
        assert up.start_ms - side.end_ms >= 5000

    def test_where_a_stretch_ends_is_where_the_next_begins(self) -> None:
        timeline = compiled(routine(stretch(position="back", ends_in="sitting"), stretch(position="sitting")))
        assert not [text for text in texts(timeline.cues) if "sit" in text.lower()]

    def test_the_last_words_fit_the_position_in_which_it_ends(self) -> None:
        for position, words in (("face-down", "push up"), ("back", "roll onto your side"), ("standing", "open your")):
            last = texts(of_kind(compiled(routine(stretch(position=position))), "speech"))[-1]
            assert words in last

    def test_cautions_are_spoken_once(self) -> None:
        cautions = [{"note": "Careful.", "say": "Go gently."}, "Only shown."]
        timeline = compiled(routine(stretch(cautions=cautions, sides=["left", "right"])))
        assert texts(timeline.cues).count("Go gently.") == 1
        assert "Only shown." not in texts(timeline.cues)


class TestRefusals:
    def test_a_routine_over_six_hours_is_refused_with_its_length(self) -> None:
        long = routine(*[stretch({"kind": "hold", "dose": "60 min"})] * 7)
        with pytest.raises(TooLongError, match=r"7\.0 hours; the most is 6"):
            lines_in(long, delivery())

    def test_absurd_repetitions_are_refused_before_they_fill_the_memory(self) -> None:
        long = routine(stretch({**REPEATED, "dose": "500 x", "hold": "3600 s"}))
        with pytest.raises(TooLongError, match="500"):
            lines_in(long, delivery())

    def test_a_beat_too_short_for_the_voice_names_the_shortest_that_works(self) -> None:
        one = routine(stretch())
        clips = {**timings(lines_in(one, delivery(beat_ms=400))), "three": ClipTiming(700, 0, 100)}
        with pytest.raises(
            BeatTooShortError, match=r"a beat of 0\.4 s .* “three”; the shortest that works is 0\.\d+ s"
        ) as e:
            compile_timeline(one, delivery(beat_ms=400), clips, SOUNDS)
        shortest_ms = round(float(str(e.value).split(" is ")[-1].split(" s")[0]) * 1000)
        slower = delivery(beat_ms=shortest_ms)
        assert compile_timeline(one, slower, {**timings(lines_in(one, slower)), "three": clips["three"]}, SOUNDS).cues
        quicker = delivery(beat_ms=shortest_ms - 10)
        with pytest.raises(BeatTooShortError):
            compile_timeline(one, quicker, {**timings(lines_in(one, quicker)), "three": clips["three"]}, SOUNDS)


# ---- properties ------------------------------------------------------------------------------------------------------

line = st.sampled_from(["Soften.", "Let it sink, slowly.", "Draw it a little closer to you, with the breath."])
seconds = st.integers(1, 90).flatmap(lambda low: st.integers(low, low + 30).map(lambda high: f"{low}-{high} s"))
times = st.integers(1, 12).map(lambda n: f"{n} x")
movements = st.one_of(
    st.builds(
        lambda dose, lines: {"kind": "hold", "dose": dose, "lines": lines},
        st.one_of(seconds, st.integers(1, 9).map(lambda n: f"{n} breaths")),
        st.lists(
            st.builds(
                lambda b, p, s: {"breath": b, "phase": p, "say": s},
                st.integers(1, 4),
                st.sampled_from(["in", "out"]),
                line,
            ),
            max_size=4,
            unique_by=lambda timed: (timed["breath"], timed["phase"]),
        ),
    ),
    st.builds(lambda dose, named: {**FLOW, "dose": dose, "named": named}, st.one_of(times, seconds), st.integers(1, 4)),
    st.builds(
        lambda dose, hold, pace, rest: {**REPEATED, "dose": dose, "hold": hold, "pace": pace, "rest": f"{rest} s"},
        times,
        seconds,
        st.sampled_from(["count", "breath"]),
        st.integers(0, 30),
    ),
    st.builds(lambda dose: {**SEQUENCE, "dose": dose}, times),
    st.builds(lambda dose, beats: {**COUNTED, "dose": dose, "beats": beats}, times, st.integers(1, 3)),
    st.builds(lambda dose: {**REST, "dose": dose}, seconds),
)
stretches = st.builds(
    lambda movement, sides, position, again: stretch(
        movement,
        position=position,
        sides=sides,
        setup=[{"say": "Lift your {side} leg." if sides else "Lift your leg.", "again": None}, again],
    ),
    movements,
    st.sampled_from([None, ["left", "right"], ["right", "left"]]),
    st.sampled_from(["back", "hands-and-knees", "face-down", "sitting"]),
    line,
)
patterns = st.lists(st.integers(1, 12), min_size=2, max_size=4).map(lambda counts: "-".join(map(str, counts)))
ramps = st.lists(st.tuples(st.integers(1, 8), st.integers(0, 4)), min_size=2, max_size=4).map(
    lambda pairs: f"{'-'.join(str(low) for low, _ in pairs)}:{'-'.join(str(low + more) for low, more in pairs)}"
)
deliveries = st.builds(
    lambda pattern, beat_ms, **manner: delivery(pattern, beat_ms, **manner),
    st.one_of(patterns, ramps),
    st.integers(600, 2000),
    words=st.sampled_from(Words),
    pace=st.sampled_from(Pace),
    guidance=st.sampled_from(Guidance),
    setup=st.sampled_from(Setup),
)
routines = st.lists(stretches, min_size=1, max_size=4).map(lambda scripts: routine(*scripts))


def sides_of(script: StretchScript) -> tuple[Any, ...]:
    return script.sides or (None,)


def assert_spoken_apart(timeline: Timeline) -> None:
    cues = sorted(spoken(timeline), key=lambda cue: cue.start_ms)
    for before, after in pairwise(cues):
        assert after.start_ms - before.end_ms >= LEAST_GAP_MS, (before, after)


def assert_nothing_cut_or_missing(
    timeline: Timeline, clips: dict[str, ClipTiming], one: Routine, delivery_: Delivery
) -> None:
    for cue in spoken(timeline):
        clip = clips[cue.text or ""]
        assert cue.end_ms - cue.start_ms == clip.length_ms
        assert cue.onset_ms - cue.start_ms == clip.onset_ms
    said = texts(timeline.cues)
    for item in one.items:
        movement = item.script.movement
        if movement.kind == "flow" and delivery_.words is not Words.NAMES:
            assert "Breathe in and lift." in said
        for timed in getattr(movement, "lines", ()) if delivery_.words is Words.FULL else ():
            breaths = max((c.rep or 0 for c in of_kind(timeline, "breath") if c.stretch == item.id), default=0)
            if timed.breath <= breaths:
                assert timed.say in said


def assert_counts_on_their_beats(timeline: Timeline, clips: dict[str, ClipTiming], delivery_: Delivery) -> None:
    spans = {(c.stretch, c.side, c.rep, c.phase, c.start_ms): c for c in of_kind(timeline, "breath")}
    for cue in of_kind(timeline, "count"):
        assert cue.center_ms == cue.start_ms + clips[cue.text or ""].center_ms
        inside = [
            span
            for (stretch_id, side, rep, phase, start), span in spans.items()
            if (stretch_id, side, rep, phase) == (cue.stretch, cue.side, cue.rep, cue.phase)
            and start <= (cue.center_ms or 0) < span.end_ms
        ]
        for span in inside:
            assert cue.center_ms == span.start_ms + ((cue.count or 0) - 1) * delivery_.beat_ms


def assert_doses_kept(timeline: Timeline, one: Routine, delivery_: Delivery) -> None:
    for item, course in zip(one.items, delivery_.courses(one.items), strict=True):
        for side in sides_of(item.script):
            spans = [c for c in of_kind(timeline, "breath") if (c.stretch, c.side) == (item.id, side)]
            match item.script.movement.kind:
                case "hold" | "flow":
                    breaths = course.breaths_in(item.dose)
                    assert {span.rep for span in spans} == set(range(1, breaths + 1))
                    end = next(c for c in timeline.cues if (c.stretch, c.side, c.sound) == (item.id, side, "end"))
                    assert end.onset_ms - spans[0].start_ms == course.length_ms(breaths)
                    assert [span.end_ms for span in spans[:-1]] == [span.start_ms for span in spans[1:]]
                case "counted":
                    counts = [c for c in of_kind(timeline, "count") if (c.stretch, c.side) == (item.id, side)]
                    assert counts[-1].rep == item.dose.value


def counted_ms(timeline: Timeline, stretch_id: str, side: str | None) -> list[int]:
    """What belongs to the clock on one side, from its first beat."""
    cues = [c for c in timeline.cues if (c.stretch, c.side) == (stretch_id, side) and c.kind == "breath"]
    counts = [c for c in timeline.cues if (c.stretch, c.side) == (stretch_id, side) and c.kind == "count"]
    times_ms = [time for c in cues for time in (c.start_ms, c.end_ms)] or [c.center_ms or 0 for c in counts]
    return [time - times_ms[0] for time in times_ms]


def assert_sides_equal(timeline: Timeline, one: Routine) -> None:
    for item in one.items:
        if item.script.sides is None or item.script.movement.kind in ("repeated-hold", "sequence", "counted"):
            continue  # there the words between the holds take what they take; the holds are compared by their doses
        left, right = (counted_ms(timeline, item.id, side) for side in ("left", "right"))
        assert left == right


def assert_signals_in_order(timeline: Timeline, one: Routine) -> None:
    expected: list[str] = []
    for item in one.items:
        for index, _ in enumerate(sides_of(item.script)):
            expected += [*(["change"] if index else []), "begin", "end"]
    assert [sound for sound in chimes(timeline) if sound not in ("in", "out", "pause")] == [*expected, "close"]


def assert_breath_is_heard(timeline: Timeline, delivery_: Delivery) -> None:
    """Whatever the pace: the right sound at the beginning of every phase, or none."""
    turns = [c for c in timeline.cues if c.sound in ("in", "out", "pause")]
    spans = of_kind(timeline, "breath")
    wanted = {"in": "in", "out": "out", "hold": "pause", "rest": "pause"}
    if delivery_.pace is Pace.CHIME:
        assert [(c.onset_ms, c.sound) for c in turns] == [(s.start_ms, wanted[s.phase or ""]) for s in spans]
    else:
        assert turns == []
    assert {span.sound for span in spans} <= ({"tone"} if "tone" in delivery_.pace else {None})
    words = {c.text for c in of_kind(timeline, "count") if c.phase in ("in", "out", "rest")}
    if delivery_.pace in (Pace.TONE, Pace.CHIME, Pace.SILENT):
        assert not words
    elif delivery_.pace is Pace.WORDS:
        assert words <= set(phrases.PHASE_PHRASES.values())
    else:
        assert not words & set(phrases.PHASE_PHRASES.values())


def assert_last_breath_announced(timeline: Timeline, one: Routine) -> None:
    for item in one.items:
        if item.script.movement.kind not in ("hold", "flow"):
            continue
        for side in sides_of(item.script):
            spans = [c for c in of_kind(timeline, "breath") if (c.stretch, c.side) == (item.id, side)]
            last = max(span.rep or 0 for span in spans)
            if last == 1:
                continue
            start = min(span.start_ms for span in spans if span.rep == last)
            words = phrases.LAST_BREATH if item.script.movement.kind == "hold" else phrases.LAST_ONE
            said = [c for c in timeline.cues if (c.stretch, c.side, c.text) == (item.id, side, words)]
            assert len(said) == 1
            assert said[0].end_ms < start


@given(routines, deliveries, st.integers(0, 1000), st.sampled_from([1000, 3000, 20_000]))
def test_the_timing_contract_holds(one: Routine, delivery_: Delivery, seed: int, longest_ms: int) -> None:
    clips = timings(lines_in(one, delivery_), seed, longest_ms)
    try:
        timeline = compile_timeline(one, delivery_, clips, SOUNDS)
    except BeatTooShortError:
        assume(False)
    assert_spoken_apart(timeline)  # T2
    assert_nothing_cut_or_missing(timeline, clips, one, delivery_)  # T3
    assert_counts_on_their_beats(timeline, clips, delivery_)  # T1, T10
    assert_doses_kept(timeline, one, delivery_)  # T4
    assert_sides_equal(timeline, one)  # T5
    assert_signals_in_order(timeline, one)  # T7
    assert_breath_is_heard(timeline, delivery_)
    assert_last_breath_announced(timeline, one)  # T7
    assert timeline.cues == tuple(sorted(timeline.cues, key=lambda cue: cue.start_ms))
    assert all(cue.start_ms >= 0 for cue in timeline.cues)
    again = compile_timeline(one, delivery_, dict(clips), dict(SOUNDS))
    assert again == timeline  # T9
    assert again.to_json() == timeline.to_json()


@given(st.integers(800, 2000), st.integers(0, 50))
@settings(max_examples=15)
def test_a_two_hour_routine_is_as_exact_at_its_end(beat_ms: int, seed: int) -> None:
    one = routine(*[stretch({"kind": "hold", "dose": "20 min"})] * 6)
    delivery_ = delivery("4-6", beat_ms)
    timeline = compiled(one, delivery_, seed)
    assert timeline.duration_ms > 2 * 3_600_000 - 6 * 10 * beat_ms
    clips = timings(lines_in(one, delivery_), seed)
    assert_counts_on_their_beats_fast(timeline, clips, beat_ms)


def assert_counts_on_their_beats_fast(timeline: Timeline, clips: dict[str, ClipTiming], beat_ms: int) -> None:
    starts = {(c.stretch, c.rep, c.phase): c.start_ms for c in of_kind(timeline, "breath")}
    for cue in of_kind(timeline, "count"):
        start = starts[cue.stretch, cue.rep, cue.phase]
        assert (
            cue.center_ms == start + ((cue.count or 0) - 1) * beat_ms == cue.start_ms + clips[cue.text or ""].center_ms
        )
