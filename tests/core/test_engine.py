"""The timing contract (T1 to T10 of the design), by example and by property."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.core.breath import BreathPattern
from coach.core.delivery import LATEST_BEAT_MS, Delivery, Guidance, Pace, Setup, Words
from coach.core.dose import Unit
from coach.core.effort import Effort
from coach.core.engine import GRID_MS, LEAD_MS, BeatTooShortError
from coach.core.languages.english import phrases
from coach.core.movements.flow import Flow
from coach.core.movements.hold import SETTLE_MS
from coach.core.paced import STRIKE_MS
from coach.core.plan import TooLongError, lay
from coach.core.routine import Routine, breathing
from coach.core.script import StretchScript
from coach.core.timeline import ClipTiming, Cue, Part, Timeline
from coach.library.positions import built_in_positions
from support.making import (
    HOLD,
    SOUNDS,
    chimes,
    compiled,
    delivery,
    of_kind,
    of_part,
    routine,
    spoken,
    stretch,
    timings,
)
from support.routines import COUNTED, FLOW, REPEATED, REST, SEQUENCE, deliveries, routines
from support.tiers import examples, thorough

UNCHOSEN = replace(delivery(), breath_is_chosen=False)
POSITIONS = built_in_positions().positions
LEAST_GAP_MS = 150  # timing contract, T2
COUNT_WORDS = {"In", "Out", "two", "three", "four", "five", "six"}
BREATH_SOUNDS = ("in", "out", "pause")


def texts(cues: Iterable[Cue]) -> list[str]:
    return [cue.text or "" for cue in cues]


class TestHold:
    def test_everything_comes_in_its_order(self) -> None:
        one = routine(stretch({"kind": "hold", "dose": "20 s"}), opening=["Hello."], closing=["Bye."])
        clips = {
            text: ClipTiming(300, 0, 50) if text in COUNT_WORDS else ClipTiming(1000, 20, 90)
            for text in lay(one, delivery()).texts
        }
        timeline = lay(one, delivery()).place(clips, SOUNDS)
        assert [cue.sound or cue.text for cue in timeline.cues if cue.kind != "breath"] == [
            "Hello.",
            *phrases.BREATH_CARE,
            "Test stretch.",
            "Lie down on your side.",
            "Roll onto your back, legs long.",
            phrases.CLOSE_EYES,
            phrases.SETTLE,
            "Lift your leg.",
            "Stay for two slow breaths.",
            "begin",
            *("In", "two", "three", "four", "Out", "two", "three", "four", "five", "One more breath."),
            *("In", "two", "three", "four", "Out", "two", "three", "four", "five", "six"),
            "end",
            "Let go.",
            "Bye.",
            "Rest here, and let your breath be easy.",
            "Notice your back now.",
            phrases.WHEN_READY,
            "Bend one knee, then the other.",
            "Roll onto your side.",
            "Push up to sitting with your hands.",
            "Sit for a moment.",
            "close",
        ]

    def test_there_is_time_to_move_to_settle_and_to_hear_the_chime(self) -> None:
        script = stretch(setup=[{"say": "Lift your leg.", "move": "7 s"}])
        cues = [cue for cue in compiled(routine(script)).cues if cue.kind != "breath"]
        lift = next(index for index, cue in enumerate(cues) if cue.text == "Lift your leg.")
        dose, begin, first = cues[lift + 1 : lift + 4]
        assert 7000 <= dose.start_ms - cues[lift].end_ms < 7000 + GRID_MS
        assert begin.onset_ms - dose.end_ms >= SETTLE_MS
        assert first.center_ms is not None
        assert LEAD_MS <= first.center_ms - begin.onset_ms < LEAD_MS + 1000
        assert (first.center_ms - begin.onset_ms) % 1000 == 0  # the chime is in time

    def test_halfway_is_said_over_twenty_seconds_only(self) -> None:
        for pattern, dose, said in (("2-2", "20 s", 0), ("2-2", "24 s", 1), ("4-6", "60 s", 1)):
            one = routine(stretch({"kind": "hold", "dose": dose}))
            timeline = compiled(one, delivery(pattern), longest_ms=300)
            halves = of_part(timeline, Part.HALFWAY)
            assert len(halves) == said
            assert set(texts(halves)) <= set(phrases.HALFWAY)
        breaths = of_kind(timeline, "breath")
        half = halves[0]
        assert abs(half.onset_ms - breaths[0].start_ms - 30_000) <= 1000
        turns = [cue for cue in of_kind(timeline, "count") if cue.count == 1]
        assert len(turns) == 12  # "halfway" covers no "In" and no "Out"

    def test_halfway_is_said_from_five_breaths_on_only(self) -> None:
        for breaths, said in ((1, 0), (2, 0), (4, 0), (5, 1), (6, 1)):
            timeline = compiled(routine(stretch({"kind": "hold", "dose": f"{breaths} breaths"})), delivery("10-10"))
            assert len(of_part(timeline, Part.HALFWAY)) == said

    @pytest.mark.parametrize(("dose", "said"), [("40 s", [Part.LAST]), ("100 s", [Part.HALFWAY, Part.LAST])])
    def test_halfway_is_never_said_once_the_last_breath_is_announced(self, dose: str, said: list[Part]) -> None:
        timeline = compiled(routine(stretch({"kind": "hold", "dose": dose})), delivery("10-10"))
        assert [cue.part for cue in of_part(timeline, Part.HALFWAY, Part.LAST)] == said

    def test_halfway_and_the_last_breath_are_worded_in_turns_by_their_place(self) -> None:
        hold = stretch({"kind": "hold", "dose": "60 s"}, sides=["right", "left"])
        for part, wordings in ((Part.HALFWAY, phrases.HALFWAY), (Part.LAST, phrases.LAST_BREATH)):
            said = [texts(of_part(compiled(routine(hold, hold), seed=seed), part)) for seed in (0, 1)]
            assert said[0] == said[1] == [wordings[turn % len(wordings)] for turn in (1, 2, 2, 3)]

    def test_a_count_that_would_outlast_its_hold_is_left_out(self) -> None:
        movement = {"kind": "repeated-hold", "dose": "2 x", "hold": "1 s", "out": "Lift.", "back": "Lower."}
        one, slow = routine(stretch(movement)), delivery(beat_ms=5_000)
        for length_ms, times in ((900, 2), (1_100, 0)):
            clips = {**timings(lay(one, slow).texts), phrases.EFFORT_WORDS[Effort.STAY]: ClipTiming(length_ms, 0, 0)}
            assert texts(lay(one, slow).place(clips, SOUNDS).cues).count(phrases.EFFORT_WORDS[Effort.STAY]) == times

    def test_a_line_stands_on_its_breath_and_outranks_counts(self) -> None:
        line = {"breath": 2, "phase": "out", "say": "Sink."}
        timeline = compiled(routine(stretch({"kind": "hold", "dose": "30 s", "lines": [line]})))
        said = next(cue for cue in timeline.cues if cue.text == "Sink.")
        out = [cue for cue in of_kind(timeline, "breath") if cue.phase == "out"][1]
        assert said.onset_ms == out.start_ms
        # Quiet follows the words until the breath turns: no “… four, five, six”.
        assert not [c for c in of_kind(timeline, "count") if out.start_ms <= (c.center_ms or 0) < out.end_ms]
        others = [c for c in of_kind(timeline, "count") if (c.rep, c.phase) == (1, "out")]
        assert texts(others) == ["Out", "two", "three", "four", "five", "six"][: len(others)]
        assert len(others) >= 4

    def test_a_line_longer_than_its_phase_starts_earlier_and_the_beat_stays(self) -> None:
        line = {"breath": 1, "phase": "in", "say": "A very long line."}
        one = routine(stretch({"kind": "hold", "dose": "20 s", "lines": [line]}))
        clips = {**timings(lay(one, delivery()).texts), "A very long line.": ClipTiming(9000, 20, 100)}
        timeline = lay(one, delivery()).place(clips, SOUNDS)
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
        assert texts(of_part(timeline, Part.LAST)) == [phrases.LAST_ONE[1]]
        assert "Six times, one to a breath." in texts(timeline.cues)

    def test_a_repeated_hold_counts_each_hold_and_numbers_the_repetitions(self) -> None:
        timeline = compiled(routine(stretch(REPEATED)))
        words = ["Stay", "two", "three", "four", "five", "six", "seven", "eight"]
        assert texts(of_kind(timeline, "count")) == words * 3
        said = [cue.text for cue in of_part(timeline, Part.MOVEMENT, Part.LAST) if cue.kind == "speech"]
        assert said == ["Lift.", "Lower.", "Two.", "Lift.", "Lower.", "One more.", "Lift.", "Lower."]
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

    def test_a_long_rest_says_when_it_ends(self) -> None:
        for seconds, said in ((20, 0), (30, 2)):
            timeline = compiled(routine(stretch({**REPEATED, "rest": f"{seconds} s"})))
            ten = [cue for cue in timeline.cues if cue.text == phrases.TEN_MORE]
            assert len(ten) == said
            for cue in ten:
                after = next(c for c in of_part(timeline, Part.MOVEMENT, Part.LAST) if c.start_ms > cue.start_ms)
                assert 10_000 <= after.start_ms - cue.end_ms < 12_000

    def test_a_sequence_holds_in_each_place(self) -> None:
        timeline = compiled(routine(stretch(SEQUENCE)))
        assert texts(of_kind(timeline, "count")) == ["Stay", "two", "three", "four", "five"] * 4
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
        assert len(of_part(timeline, Part.HALFWAY)) == 1


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
        assert said.count("Lie down on your side.") == 1
        side = next(cue for cue in timeline.cues if cue.text == "Roll onto your side.")
        up = next(cue for cue in timeline.cues if cue.text == "Push up with your hands, onto one hip.")
        assert up.start_ms - side.end_ms >= 5000

    def test_where_a_stretch_ends_is_where_the_next_begins(self) -> None:
        timeline = compiled(routine(stretch(position="back", ends_in="sitting"), stretch(position="sitting")))
        assert not [cue for cue in of_part(timeline, Part.WAY) if cue.item == 2]
        assert [cue for cue in of_part(timeline, Part.WAY) if cue.item == 1]

    @pytest.mark.parametrize("position", POSITIONS)
    def test_the_last_words_fit_the_position_in_which_it_ends(self, position: str) -> None:
        where = POSITIONS[position]
        timeline = compiled(routine(stretch(position="back", ends_in=position)))
        assert texts(of_part(timeline, Part.CLOSING)) == [*phrases.CLOSING_ALONE, *where.rest]
        opened = [phrases.WHEN_READY] if where.eyes == "closed" else []
        leaving = texts(of_part(timeline, Part.RELEASE))
        assert (phrases.OPEN_EYES in leaving) == (where.eyes == "open")  # before one is led there
        assert texts(of_part(timeline, Part.RISING)) == [*opened, *(move.say for move in where.rise)]
        rising = of_part(timeline, Part.RISING)[len(opened) :]
        for move, (cue, after) in zip(where.rise, pairwise([*rising, timeline.cues[-1]]), strict=True):
            assert after.start_ms - cue.end_ms >= move.move

    def test_a_lone_stretch_is_neither_the_first_nor_the_last_of_many(self) -> None:
        alone = texts(compiled(routine(stretch())).cues)
        assert "Test stretch." in alone
        assert not set(phrases.CLOSING) & set(alone)
        two = texts(compiled(routine(stretch(), stretch())).cues)
        assert two.index("First, Test stretch.") < two.index("Now, Test stretch.") < two.index(phrases.CLOSING[0])

    def test_next_is_worded_in_turns(self) -> None:
        said = texts(of_part(compiled(routine(*[stretch()] * 5)), Part.NAME))
        assert [text.split(",")[0] for text in said] == ["First", "Now", "Next", "Now", "Next"]

    def test_cautions_are_spoken_once(self) -> None:
        cautions = [{"note": "Careful.", "say": "Go gently."}, "Only shown."]
        timeline = compiled(routine(stretch(cautions=cautions, sides=["left", "right"])))
        assert texts(timeline.cues).count("Go gently.") == 1
        assert "Only shown." not in texts(timeline.cues)


def heard(timeline: Timeline) -> list[str]:
    """Everything that sounds, phase words and counts of one breath joined."""
    return [cue.sound or cue.text or "" for cue in timeline.cues if cue.kind != "breath"]


def counts_by_breath(timeline: Timeline) -> list[str]:
    breaths = {cue.rep or 0: "" for cue in of_kind(timeline, "breath")}
    for cue in of_kind(timeline, "count"):
        breaths[cue.rep or 0] += f" {cue.text}"
    return [text.strip() for text in breaths.values()]


class TestPaces:
    ONE = routine(stretch({"kind": "hold", "dose": "20 s"}))
    REPEATED_ONE = routine(stretch(REPEATED))

    def sounds(self, pace: Pace, pattern: str = "2-3", one: Routine = ONE) -> list[str]:
        said = heard(compiled(one, delivery(pattern, pace=pace), longest_ms=200))
        return said[said.index("begin") + 1 : said.index("end")]

    def test_words_say_when_to_breathe_in_and_out(self) -> None:
        said = self.sounds(Pace.WORDS, "4-2-4")
        assert said[:3] == ["Breathe in.", "Hold.", "Breathe out."]
        assert said[-4:] == [phrases.LAST_BREATH[1], "Breathe in.", "Hold.", "Breathe out."]

    def test_chimes_tell_in_from_out_and_both_from_a_pause(self) -> None:
        said = self.sounds(Pace.CHIME, "2-1-2-1")
        assert said[:4] == ["in", "pause", "out", "pause"]
        assert phrases.LAST_BREATH[1] in said

    def test_a_line_waits_for_the_chime_that_turns_its_breath(self) -> None:
        line = {"breath": 1, "phase": "out", "say": "Sink."}
        hold = routine(stretch({"kind": "hold", "dose": "20 s", "lines": [line]}))
        timeline = compiled(hold, delivery(pace=Pace.CHIME), longest_ms=300)
        out = next(cue for cue in timeline.cues if cue.sound == "out")
        said = next(cue for cue in timeline.cues if cue.text == "Sink.")
        assert said.onset_ms - out.onset_ms == STRIKE_MS

    @pytest.mark.parametrize("pace", [Pace.TONE, Pace.BREATH, Pace.SILENT])
    def test_tone_and_silence_say_only_the_last_breath(self, pace: Pace) -> None:
        assert self.sounds(pace, "4-6") == [phrases.LAST_BREATH[1]]

    def test_a_tone_goes_with_every_breath(self) -> None:
        for pace in Pace:
            spans = of_kind(compiled(self.ONE, delivery(pace=pace)), "breath")
            assert {span.sound for span in spans} == {pace.swell}

    def test_a_counted_hold_is_counted_where_counts_are_heard(self) -> None:
        for pace in Pace:
            counts = texts(of_kind(compiled(self.REPEATED_ONE, delivery(pace=pace)), "count"))
            words = ["Stay", "two", "three", "four", "five", "six", "seven", "eight"]
            assert counts == {Pace.SILENT: []}.get(pace, (words if pace.counts else ["Stay"]) * 3)

    def test_movements_are_counted_in_every_pace(self) -> None:
        for pace in Pace:
            counts = texts(of_kind(compiled(routine(stretch(COUNTED)), delivery(pace=pace)), "count"))
            assert counts[0] == "one"
            assert len(counts) >= 28

    def test_a_chime_gives_way_to_words_that_begin_before_the_breath_turns(self) -> None:
        line = {"breath": 1, "phase": "out", "say": "Sink, and let it go."}
        one = routine(stretch({"kind": "hold", "dose": "20 s", "lines": [line]}))
        manner = delivery("4-4", pace=Pace.CHIME)
        clips = {**timings(lay(one, manner).texts, longest_ms=300), line["say"]: ClipTiming(4500, 20, 100)}
        timeline = lay(one, manner).place(clips, SOUNDS)
        assert [cue.sound for cue in timeline.cues if cue.sound in BREATH_SOUNDS][:3] == ["in", "in", "out"]


class TestGuidance:
    HOLD = routine(stretch({"kind": "hold", "dose": "9 breaths"}))
    ALL, TURNS = "In two three Out two three four", "In Out"

    def counts(self, guidance: Guidance, one: Routine = HOLD) -> list[str]:
        manner = delivery("3-4", guidance=guidance)
        clips = {text: ClipTiming(100, 0, 50) for text in lay(one, manner).texts}
        return counts_by_breath(lay(one, manner).place(clips, SOUNDS))

    def test_full_counts_every_breath(self) -> None:
        full = self.counts(Guidance.FULL)
        assert full == [self.ALL] * 9

    def test_fading_goes_from_counts_to_turns_to_quiet_and_leads_out(self) -> None:
        assert self.counts(Guidance.FADING) == [*[self.ALL] * 2, *[self.TURNS] * 4, "", "", self.TURNS]

    def test_minimal_says_the_turns_of_two_breaths(self) -> None:
        assert self.counts(Guidance.MINIMAL) == [*[self.TURNS] * 2, *[""] * 6, self.TURNS]

    def test_the_last_breath_is_always_announced(self) -> None:
        for guidance in Guidance:
            last = of_part(compiled(self.HOLD, delivery(guidance=guidance)), Part.LAST)
            assert texts(last) == [phrases.LAST_BREATH[1]]

    def test_in_a_flow_in_and_out_stay_since_each_is_a_movement(self) -> None:
        one = routine(stretch({**FLOW, "dose": "12 x", "named": 1}))
        for guidance in (Guidance.FADING, Guidance.MINIMAL):
            assert self.counts(guidance, one)[-8:] == [self.TURNS] * 8
        assert self.counts(Guidance.FADING, one)[1:3] == [self.ALL] * 2  # after the named breath

    def test_minimal_says_only_stay_in_a_counted_hold(self) -> None:
        timeline = compiled(routine(stretch(REPEATED)), delivery(guidance=Guidance.MINIMAL))
        assert texts(of_kind(timeline, "count")) == ["Stay"] * 3


class TestBreath:
    """Which pattern counts: the script's, the routine's, the listener's; the last wins."""

    def breath(
        self, manner: Delivery = UNCHOSEN, /, movement: Any = HOLD, stretch_breath: str | None = None, **more: Any
    ) -> str:
        own = {} if stretch_breath is None else {"breath": stretch_breath}
        return compiled(routine(stretch(movement, **own), **more), manner).breath

    def test_the_last_wins(self) -> None:
        assert self.breath() == "4-6"
        assert self.breath(stretch_breath="3-3") == "3-3"
        assert self.breath(stretch_breath="3-3", breath="calm") == "4-6"
        assert self.breath(delivery("5-5"), stretch_breath="3-3", breath="4-4") == "5-5"

    def test_a_stretch_in_a_routine_may_have_its_own(self) -> None:
        one = routine(stretch(), stretch(), breath="3-5")
        own = replace(one, items=(one.items[0], replace(one.items[1], breath=BreathPattern.parse("box"))))
        assert compiled(own, UNCHOSEN).breath == "3-5, 4-4-4-4"

    def test_a_flow_keeps_its_own_breath(self) -> None:
        flow = {**FLOW, "breath": "2-2"}
        assert self.breath(delivery("5-5"), movement=flow) == "2-2"
        assert self.breath(delivery("3-4:4-6"), movement=flow) == "2-2"
        assert self.breath(delivery("5-5"), movement={**FLOW}) == "5-5"

    def test_a_ramp_lengthens_from_stretch_to_stretch_and_is_the_same_on_both_sides(self) -> None:
        hold = stretch({"kind": "hold", "dose": "20 s"}, sides=["left", "right"])
        one = routine(hold, stretch(REST), hold, hold, hold)
        timeline = compiled(one, delivery("3-4:4-6"))
        assert timeline.breath == "3-4, 3-5, 4-5, 4-6"
        found = {}
        for cue in of_kind(timeline, "breath"):
            found.setdefault((cue.stretch, cue.side), []).append((cue.end_ms - cue.start_ms) // 1000)
        assert [found[f"stretch-{n}", "left"][:2] for n in (0, 2, 3, 4)] == [[3, 4], [3, 5], [4, 5], [4, 6]]
        assert all(found[name, "left"] == found[name, "right"] for name, _ in found)

    def test_a_ramp_climbs_through_the_repetitions_of_a_breathed_hold(self) -> None:
        held = {**REPEATED, "dose": "4 x", "pace": "breath", "hold": "1 breaths"}
        timeline = compiled(routine(stretch(held)), delivery("3-4:4-6"))
        lengths = [(cue.end_ms - cue.start_ms) // 1000 for cue in of_kind(timeline, "breath")]
        assert lengths == [3, 4, 3, 5, 4, 5, 4, 6]

    def test_a_ramp_in_one_stretch_lengthens_from_breath_to_breath(self) -> None:
        timeline = compiled(routine(stretch({"kind": "hold", "dose": "8 breaths"})), delivery("3-4:4-6"))
        lengths = [(cue.end_ms - cue.start_ms) // 1000 for cue in of_kind(timeline, "breath")]
        assert lengths == [3, 4, 3, 4, 3, 5, 3, 5, 4, 5, 4, 5, 4, 6, 4, 6]

    def test_what_holds_the_breath_comes_with_leave_not_to(self) -> None:
        for pattern, said in (("4-6", False), ("4-7-8", True), ("4-4-4-4", True)):
            spoken_ = texts(compiled(routine(stretch(), opening=["Hello."]), delivery(pattern)).cues)
            assert list(phrases.BREATH_CARE) == spoken_[1:3]
            assert (phrases.HELD_CARE in spoken_) == said

    def test_breath_is_not_spoken_of_where_none_is_paced(self) -> None:
        assert not set(phrases.BREATH_CARE) & set(texts(compiled(routine(stretch(REST))).cues))

    def test_an_opening_that_says_it_itself_is_not_said_twice(self) -> None:
        one = routine(stretch(), opening=[phrases.BREATH_CARE[0]])
        assert texts(compiled(one).cues).count(phrases.BREATH_CARE[0]) == 1


class TestBreathing:
    def test_it_opens_breathes_as_many_whole_breaths_as_fit_and_closes(self) -> None:
        timeline = compiled(breathing("4-7-8", 5 * 60_000), delivery("4-7-8"), longest_ms=400)
        spans = of_kind(timeline, "breath")
        assert spans[-1].rep == 15  # 285 s; 16 breaths are 304 s, longer than was asked for
        said = heard(timeline)
        assert said[said.index("begin") - 1] == "In for four, hold for seven, out for eight."
        assert said[: said.index("begin")].count(phrases.HELD_CARE) == 1
        assert said.count(phrases.LAST_BREATH[0]) == said.count(phrases.HALFWAY[0]) == 1
        assert said[-3:] == [phrases.BREATHING_CLOSING[1], phrases.WHEN_READY, "close"]

    def test_in_and_out_stay_when_counting_fades(self) -> None:
        manner = delivery("4-6", guidance=Guidance.FADING)
        counts = counts_by_breath(compiled(breathing("calm", 200_000), manner, longest_ms=400))
        assert counts[5:] == ["In Out"] * 15
        quiet = counts_by_breath(compiled(breathing("calm", 200_000), replace(manner, guidance=Guidance.MINIMAL)))
        assert quiet[3:-1] == [""] * 16

    def test_a_ramp_is_told_and_reaches_its_end(self) -> None:
        timeline = compiled(breathing("3-4:4-6", 120_000), delivery("3-4:4-6"))
        assert phrases.LENGTHENS in texts(timeline.cues)
        lengths = [(cue.end_ms - cue.start_ms) // 1000 for cue in of_kind(timeline, "breath")]
        assert lengths[:2] == [3, 4]
        assert lengths[-2:] == [4, 6]


class TestSpeedOfLife:
    """Beat, speaking rate and time to move are independent of each other."""

    ONE = routine(stretch({"kind": "hold", "dose": "3 breaths"}, sides=["left", "right"]), stretch(REPEATED))
    PACED = ("count", "breath")

    def inside(self, timeline: Timeline) -> list[tuple[str, int]]:
        """When each count and breath comes, from the first of its hold on."""
        found, start_ms, place = [], 0, None
        for cue in timeline.cues:
            if cue.kind in self.PACED:
                time_ms = cue.start_ms if cue.center_ms is None else cue.center_ms
                if (cue.stretch, cue.side, cue.kind == "count" and cue.phase == "hold" and cue.rep) != place:
                    place = (cue.stretch, cue.side, cue.kind == "count" and cue.phase == "hold" and cue.rep)
                    start_ms = time_ms
                found.append((cue.kind, time_ms - start_ms))
        return found

    def pauses(self, timeline: Timeline) -> list[int]:
        """The silence after each line that is said outside of holds."""
        cues = [cue for cue in timeline.cues if cue.kind in ("speech", "count", "chime")]
        return [
            after.start_ms - before.end_ms
            for before, after in pairwise(cues)
            if before.kind == after.kind == "speech" and "breath" not in (before.text or "")
        ]

    def test_time_to_move_changes_no_beat(self) -> None:
        relaxed, normal, brisk = (
            compiled(self.ONE, delivery(setup=setup)) for setup in (Setup.RELAXED, Setup.NORMAL, Setup.BRISK)
        )
        assert self.inside(relaxed) == self.inside(normal) == self.inside(brisk)
        assert all(a >= b >= c for a, b, c in zip(*map(self.pauses, (relaxed, normal, brisk)), strict=True))
        assert sum(self.pauses(relaxed)) > sum(self.pauses(normal)) > sum(self.pauses(brisk))

    def test_the_beat_changes_no_time_to_move(self) -> None:
        slow, quick = (compiled(self.ONE, delivery(beat_ms=beat_ms)) for beat_ms in (1500, 700))
        assert self.pauses(slow) == self.pauses(quick)

    def test_the_speaking_rate_changes_neither(self) -> None:
        one, other = (compiled(self.ONE, delivery(), seed, longest_ms=900) for seed in (1, 2))
        assert all(abs(a - b) < GRID_MS for a, b in zip(self.pauses(one), self.pauses(other), strict=True))
        spans = [[cue.end_ms - cue.start_ms for cue in of_kind(each, "breath")] for each in (one, other)]
        assert spans[0] == spans[1]
        beats = {ms % 1000 for each in (one, other) for _, ms in self.inside(each)}
        assert beats == {0}


class TestRefusals:
    def test_a_routine_over_six_hours_is_refused_with_its_length(self) -> None:
        long = routine(*[stretch({"kind": "hold", "dose": "60 min"})] * 7)
        with pytest.raises(TooLongError, match=r"7\.00 hours; the most is 6"):
            lay(long, delivery())

    def test_absurd_repetitions_are_refused_before_they_fill_the_memory(self) -> None:
        long = routine(stretch({**REPEATED, "dose": "500 x", "hold": "3600 s"}))
        with pytest.raises(TooLongError, match="500"):
            lay(long, delivery())

    def test_a_beat_too_short_for_the_voice_names_the_shortest_that_works(self) -> None:
        one = routine(stretch())
        clips = {**timings(lay(one, delivery(beat_ms=400)).texts), "three": ClipTiming(700, 0, 100)}
        with pytest.raises(
            BeatTooShortError, match=r"a beat of 0\.4 s .* “three”; the shortest that works is 0\.\d+ s"
        ) as e:
            lay(one, delivery(beat_ms=400)).place(clips, SOUNDS)
        shortest_ms = round(float(str(e.value).split(" is ")[-1].split(" s")[0]) * 1000)
        slower = delivery(beat_ms=shortest_ms)
        assert lay(one, slower).place({**timings(lay(one, slower).texts), "three": clips["three"]}, SOUNDS).cues
        quicker = delivery(beat_ms=shortest_ms - 10)
        with pytest.raises(BeatTooShortError):
            lay(one, quicker).place({**timings(lay(one, quicker).texts), "three": clips["three"]}, SOUNDS)


# ---- properties ------------------------------------------------------------------------------------------------------


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
        if isinstance(movement, Flow) and (delivery_.words is not Words.NAMES or movement.breaths):
            assert all(line.say in said for pair in movement.pairs for line in pair)
        side = item.turns[0]
        spans = [c for c in of_kind(timeline, "breath") if (c.stretch, c.side) == (item.id, side)]
        for timed in getattr(movement, "lines", ()) if delivery_.words is Words.FULL else ():
            if timed.breath is not None and timed.breath <= max((c.rep or 0 for c in spans), default=0):
                assert timed.say in said
            if timed.at is not None and movement.kind in ("hold", "flow"):
                assert timed.say in said or timed.at >= spans[-1].end_ms - spans[0].start_ms


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
    for item, course in zip(one.items, one.stages(delivery_), strict=True):
        for side in sides_of(item.script):
            spans = [c for c in of_kind(timeline, "breath") if (c.stretch, c.side) == (item.id, side)]
            match item.script.movement.kind:
                case "hold" | "flow":
                    unit = len(getattr(item.script.movement, "breaths", ())) or 1
                    is_times = item.dose.dose.unit is Unit.REPETITIONS
                    reps = item.dose.value if is_times else max(1, course.breaths_in(item.dose) // unit)
                    breaths = reps * unit
                    assert [s.rep for s in spans if s.phase == "in"] == [n // unit + 1 for n in range(breaths)]
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
    assert [sound for sound in chimes(timeline) if sound not in BREATH_SOUNDS] == [*expected, "close"]


def assert_breath_is_heard(timeline: Timeline, delivery_: Delivery) -> None:
    """Whatever the pace: the right sound at the beginning of every phase, or none."""
    turns = [c for c in timeline.cues if c.sound in BREATH_SOUNDS]
    spans = of_kind(timeline, "breath")
    wanted = {"in": "in", "out": "out", "hold": "pause", "rest": "pause"}
    if delivery_.pace is Pace.CHIME:
        expected = [(s.start_ms, wanted[s.phase or ""]) for s in spans]
        words = [(c.start_ms, c.end_ms) for c in spoken(timeline)]
        heard_at = {c.onset_ms for c in turns}
        assert [(c.onset_ms, c.sound) for c in turns] == [turn for turn in expected if turn[0] in heard_at]
        for ms, _ in expected:  # one is left out where words are in its way, and only there
            in_the_way = any(a < ms + STRIKE_MS and ms < b + LEAST_GAP_MS for a, b in words)
            assert in_the_way or ms in heard_at
            assert ms not in heard_at or not any(a < ms < b for a, b in words)
    else:
        assert turns == []
    assert {span.sound for span in spans} <= {delivery_.pace.swell}
    words = {c.text for c in of_kind(timeline, "count") if c.phase in ("in", "out", "rest")}
    if delivery_.pace in (Pace.TONE, Pace.BREATH, Pace.CHIME, Pace.SILENT):
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
            last_words = [c for c in timeline.cues if c.part is Part.LAST]
            said = [c for c in last_words if (c.stretch, c.side) == (item.id, side)]
            assert len(said) == 1
            assert said[0].text in words
            assert said[0].end_ms < start


def assert_the_beat_it_names_is_the_shortest(
    compile_at: Callable[[int], Timeline], is_known_at: Callable[[int], bool], beat_ms: int, says: str
) -> None:
    if says.endswith("no beat works"):
        works_ms = LATEST_BEAT_MS + 10
    else:
        works_ms = round(float(says.rsplit(" is ", maxsplit=1)[-1].removesuffix(" s")) * 1000)
        compile_at(works_ms)
    if works_ms - 10 >= beat_ms and is_known_at(works_ms - 10):
        with pytest.raises(BeatTooShortError):
            compile_at(works_ms - 10)


class Length(NamedTuple):
    """How long clips may be."""

    line_ms: int
    count_ms: int


lengths = st.sampled_from([Length(1000, 250), Length(3000, 250), Length(20_000, 250), Length(20_000, 20_000)])


@given(routines, deliveries, st.integers(0, 1000), lengths)
@examples(200)
def test_the_timing_contract_holds(one: Routine, delivery_: Delivery, seed: int, length: Length) -> None:
    try:
        texts_said = lay(one, delivery_).texts
    except TooLongError:
        return
    clips = timings(texts_said, seed, length.line_ms, length.count_ms)

    def compile_at(beat_ms: int) -> Timeline:
        on_beat = replace(delivery_, beat_ms=beat_ms)
        more = timings(lay(one, on_beat).texts, seed, length.line_ms, length.count_ms)
        return lay(one, on_beat).place({**more, **clips}, SOUNDS)

    def is_known_at(beat_ms: int) -> bool:
        """Whether all counts on another beat were spoken for the first; in a ramp some may not be."""
        return lay(one, replace(delivery_, beat_ms=beat_ms)).counts <= clips.keys()

    try:
        timeline = compile_at(delivery_.beat_ms)
    except BeatTooShortError as refusal:
        assert_the_beat_it_names_is_the_shortest(compile_at, is_known_at, delivery_.beat_ms, str(refusal))
        return
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
    again = lay(one, delivery_).place(dict(clips), dict(SOUNDS))
    assert again == timeline  # T9
    assert again.to_json() == timeline.to_json()


@thorough
@given(st.integers(800, 2000), st.integers(0, 50))
@examples(15)
def test_a_two_hour_routine_is_as_exact_at_its_end(beat_ms: int, seed: int) -> None:
    one = routine(*[stretch({"kind": "hold", "dose": "20 min"})] * 6)
    delivery_ = delivery("4-6", beat_ms)
    timeline = compiled(one, delivery_, seed)
    assert timeline.duration_ms > 2 * 3_600_000 - 6 * 10 * beat_ms
    clips = timings(lay(one, delivery_).texts, seed)
    assert_counts_on_their_beats_fast(timeline, clips, beat_ms)


def assert_counts_on_their_beats_fast(timeline: Timeline, clips: dict[str, ClipTiming], beat_ms: int) -> None:
    starts = {(c.stretch, c.rep, c.phase): c.start_ms for c in of_kind(timeline, "breath")}
    for cue in of_kind(timeline, "count"):
        start = starts[cue.stretch, cue.rep, cue.phase]
        assert (
            cue.center_ms == start + ((cue.count or 0) - 1) * beat_ms == cue.start_ms + clips[cue.text or ""].center_ms
        )
