import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.audio.clip import Clip
from coach.audio.finish import Finish
from coach.core.languages.english import phrases
from coach.core.routine import Routine
from coach.errors import InputError, PlayerError
from coach.live.commands import Command
from coach.live.pilot import CLOSES_EARLY
from coach.live.session import Outcome
from coach.live.status import State
from coach.units import SAMPLE_RATE, db_to_factor, ms_to_frames
from coach.voices.silent import silent_timing
from support.making import delivery, routine, stretch
from support.stage import Stage, ToneVoice
from support.tiers import examples, thorough

FLOW = {
    "kind": "flow",
    "dose": "6 x",
    "inhale": {"say": "Breathe in, and lift."},
    "exhale": {"say": "Breathe out, and lower."},
}
HELD = {"kind": "hold", "dose": "5 breaths"}
BOTH = ["right", "left"]
COUNTS = ("two", "three", "four", "five", "six", *phrases.HALFWAY)


def three(breaths: int = 5) -> Routine:
    held = {**HELD, "dose": f"{breaths} breaths"}
    return routine(
        stretch(held, name="Alpha", release=["Let Alpha go."]),
        stretch(held, name="Beta", sides=BOTH, position="hands-and-knees", release=["Let Beta go."]),
        stretch({**FLOW, "dose": f"{breaths + 1} x"}, name="Gamma", position="back", release=["Let Gamma go."]),
    )


@pytest.fixture
def staged() -> Iterator[Callable[..., Stage]]:
    stages: list[Stage] = []

    def make(**more: object) -> Stage:
        stages.append(Stage(three(), delivery(), **more))  # type: ignore[arg-type]
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


@pytest.fixture
def stage(staged: Callable[..., Stage]) -> Stage:
    return staged().begin()


def until(stage: Stage, what: str, times: int = 1) -> Stage:
    """Let time pass until something has been heard so often."""
    for _ in range(600):
        if sum(said == what for said in stage.said()) >= times:
            return stage
        stage.listen(1_000)
    raise AssertionError(f"“{what}” is not heard: {stage.said()}")


def clicks(stage: Stage) -> int:
    """Count the steps that are steeper than the highest tone and another that fades out under it."""
    samples = stage.recording.astype(np.int32)
    steepest = 2 * np.abs(samples).max() * 2 * np.pi * (300 + 10 * len(stage.voice.texts)) / SAMPLE_RATE
    return int((np.abs(np.diff(samples)) >= steepest).sum())


def mid_breath(stage: Stage, number: int) -> Stage:
    """Let time pass until the middle of a breath of the first stretch."""
    return until(stage, "In", number).listen(2_500)


def test_left_alone_it_is_the_same_samples_as_a_file(stage: Stage) -> None:
    stage.to_the_end()
    mixer = stage.take.mixer
    assert (stage.recording[: mixer.total_frames] == mixer.block(0, mixer.total_frames)).all()
    assert not stage.recording[mixer.total_frames :].any()
    assert stage.log.finished == [0, 1, 2]
    nowhere = (None, None)
    assert stage.log.places == [nowhere, (0, None), (1, None), (1, "right"), (1, "left"), (2, None), nowhere]


def test_after_a_pause_it_says_where_it_is_and_takes_the_breath_anew(stage: Stage) -> None:
    mid_breath(stage, 3)
    pressed = stage.now_ms
    stage.press(Command.TOGGLE).listen(60_000)
    assert stage.screen.shown[-1].state is State.PAUSED
    silence = stage.recording[ms_to_frames(round(pressed)) + ms_to_frames(10) :]
    assert not silence.any()
    resumed = stage.now_ms
    stage.press(Command.TOGGLE).listen(20_000)
    said = stage.said(resumed)
    assert said[:5] == ["Alpha.", "Three breaths left.", "In", "two", "three"]
    counts = [heard for heard in stage.heard(resumed) if heard.what in ("In", "two", "three")][:3]
    assert np.diff([heard.at_ms for heard in counts]) == pytest.approx([1_000, 1_000], abs=0.1)


def test_pauses_count_for_nothing_in_what_was_practised(stage: Stage) -> None:
    stage.listen(10_000).press(Command.PAUSE).listen(30_000)
    assert stage.session.practised_ms == pytest.approx(10_000, abs=50)


def test_paused_in_mid_sentence_it_says_the_sentence_again(stage: Stage) -> None:
    until(stage, "Lift your leg.")
    start = stage.heard()[-1]
    assert start.what == "Lift your leg."
    restarted = Stage(three(), delivery()).begin()
    restarted.listen(round(start.at_ms + start.length_ms / 2)).press(Command.TOGGLE).listen(1_000)
    at_ms = restarted.now_ms
    restarted.press(Command.TOGGLE).listen(8_000)
    assert restarted.said(at_ms)[:2] == ["Alpha.", "Lift your leg."]
    restarted.close()


def test_pause_and_go_on_by_name_do_nothing_twice(stage: Stage) -> None:
    stage.listen(5_000).press(Command.GO_ON)
    stage.press(Command.PAUSE, Command.PAUSE).listen(1_000).press(Command.GO_ON, Command.GO_ON).listen(1_000)
    assert stage.screen.shown[-1].state is State.PLAYING


def test_next_leads_out_of_this_stretch_and_into_the_next(stage: Stage) -> None:
    mid_breath(stage, 2)
    pressed = stage.now_ms
    stage.press(Command.NEXT).listen(40_000)
    said = stage.said(pressed)
    assert said[:3] == ["Let Alpha go.", "Now, Beta.", "Bend one knee, then the other."]
    assert "Let Alpha go." not in said[1:]
    stage.to_the_end()
    assert stage.log.finished == [1, 2]


def test_next_twice_goes_two_on_and_leads_out_only_of_where_one_is(stage: Stage) -> None:
    mid_breath(stage, 2)
    stage.press(Command.NEXT).listen(300)
    pressed = stage.now_ms
    stage.press(Command.NEXT).listen(30_000)
    said = stage.said(pressed)
    assert said[:2] == ["Let Alpha go.", "Next, Gamma."]
    assert "Bend your knees, and roll onto your side." not in said  # from the back to the back there is no way to go


def test_next_in_the_opening_is_the_first_stretch_and_after_the_last_the_closing(stage: Stage) -> None:
    stage.listen(2_000).press(Command.NEXT).listen(4_000)
    assert "Next, Alpha." in stage.said()
    stage.press(Command.NEXT, Command.NEXT, Command.NEXT).listen(10_000)
    assert "That is enough for today." in stage.said()
    stage.press(Command.NEXT).to_the_end()  # nothing comes after
    assert stage.said()[-1] == "<close>"


def test_previous_begins_this_one_again_or_goes_back(stage: Stage) -> None:
    until(stage, "Now, Beta.").listen(20_000)
    pressed = stage.now_ms
    stage.press(Command.PREVIOUS).listen(2_000)
    assert "Once more." in stage.said(pressed)
    stage.press(Command.PREVIOUS).listen(12_000)
    assert "Going back." in stage.said(pressed)
    stage.to_the_end()
    assert stage.log.finished == [0, 0, 1, 2]


def test_repeat_leaves_nobody_led_out(stage: Stage) -> None:
    mid_breath(stage, 2)
    pressed = stage.now_ms
    stage.press(Command.REPEAT).listen(20_000)
    assert stage.said(pressed)[:3] == ["Once more.", "Alpha.", "Lift your leg."]


def test_skipping_a_side_ends_its_hold_and_leads_to_the_other(stage: Stage) -> None:
    until(stage, "Now, Beta.")
    until(stage, "In", 7).listen(2_500)
    pressed = stage.now_ms
    stage.press(Command.SKIP_SIDE).listen(12_000)
    assert [said for said in stage.said(pressed) if said != "two"][:4] == [
        "<end>",
        "Let Beta go.",
        "<change>",
        "Lift your left leg.",
    ]


def test_skipping_between_the_sides_skips_neither(stage: Stage) -> None:
    until(stage, "<end>", 2)
    pressed = stage.now_ms
    stage.press(Command.SKIP_SIDE, Command.SKIP_SIDE).listen(15_000)
    assert stage.said(pressed)[:3] == ["Let Beta go.", "<change>", "Lift your left leg."]


def test_a_hold_that_is_skipped_was_not_done(stage: Stage) -> None:
    mid_breath(stage, 2).press(Command.SKIP_SIDE).to_the_end()
    assert stage.log.finished == [1, 2]


def test_nobody_is_led_out_of_a_side_before_it_was_named() -> None:
    caution = {"say": "Stop if it hurts.", "note": "any"}
    sided = stretch(HELD, name="Beta", sides=BOTH, cautions=[caution], release=["Put your {side} foot down."])
    stage = Stage(routine(stretch(HELD, name="Alpha"), sided, stretch(FLOW, name="Gamma")), delivery()).begin()
    until(stage, "Stop if it hurts.")
    stage.press(Command.NEXT).to_the_end()
    assert not [said for said in stage.said() if "{" in said or "foot down" in said]
    stage.close()


@thorough
def test_slower_comes_with_the_next_breath_and_loses_nothing(stage: Stage) -> None:
    mid_breath(stage, 2)
    pressed = stage.now_ms
    stage.press(Command.SLOWER, Command.SLOWER).to_the_end()
    heard = stage.heard()
    ins = [sound for sound in heard if sound.what == "In"]
    second, third, fourth = ins[1:4]
    assert second.at_ms < pressed < third.at_ms
    assert third.at_ms - second.at_ms == pytest.approx(10_000, abs=0.1)  # the breath under way keeps its beat
    assert fourth.at_ms - third.at_ms == pytest.approx(12_100, abs=0.1)
    # Word for word what it would have been, each said once.
    other = Stage(three(), delivery()).begin().to_the_end()
    assert [said for said in stage.said() if said not in COUNTS] == [
        said for said in other.said() if said not in COUNTS
    ]
    other.close()
    assert stage.screen.shown[-1].beat_ms == 1_210


def test_faster_and_slower_have_their_limits(stage: Stage) -> None:
    stage.press(*[Command.SLOWER] * 40).listen(1_000)
    assert stage.screen.shown[-1].beat_ms == 3_000
    stage.press(*[Command.FASTER] * 40).listen(1_000)
    assert stage.screen.shown[-1].beat_ms >= 500


def test_a_beat_beyond_the_limits_is_not_made_the_other_way(staged: Callable[..., Stage]) -> None:
    stage = Stage(three(), delivery(beat_ms=4_000)).begin()
    stage.press(Command.SLOWER).listen(100)
    assert stage.screen.shown[-1].beat_ms == 4_000
    stage.press(Command.FASTER).listen(100)
    assert stage.screen.shown[-1].beat_ms == 3_640
    stage.close()


@pytest.mark.parametrize("later_ms", [60, 2_000])
def test_a_beat_taken_back_before_the_next_breath_changes_nothing(stage: Stage, later_ms: int) -> None:
    mid_breath(stage, 2)
    stage.press(Command.SLOWER).listen(later_ms).press(Command.FASTER).to_the_end()
    mixer = stage.take.mixer
    assert (stage.recording[: mixer.total_frames] == mixer.block(0, mixer.total_frames)).all()
    assert stage.log.finished == [0, 1, 2]


def test_beats_asked_for_one_after_the_other_come_to_the_last(stage: Stage) -> None:
    mid_breath(stage, 2)
    for _ in range(3):
        stage.press(Command.SLOWER).listen(1_500)
    stage.listen(40_000)
    ins = [sound.at_ms for sound in stage.heard() if sound.what == "In"]
    assert ins[-1] - ins[-2] == pytest.approx(13_300, abs=0.1)
    stage.press(Command.NEXT).to_the_end()
    assert "Now, Beta." in stage.said()


def test_a_beat_that_is_refused_leaves_the_one_that_was_planned(staged: Callable[..., Stage]) -> None:
    stage = staged(voice=ToneVoice(shortest_ms=600)).begin()
    mid_breath(stage, 1)
    stage.press(Command.SLOWER).listen(100)
    stage.press(*[Command.FASTER] * 10).listen(100)
    assert "too short for this voice" in stage.screen.shown[-1].notice
    assert stage.screen.shown[-1].beat_ms == 1_100
    stage.listen(14_000).press(Command.NEXT).listen(10_000)
    assert "Now, Beta." in stage.said()
    assert stage.screen.shown[-1].beat_ms == 1_100


def test_a_beat_too_quick_for_the_voice_is_refused_and_told(staged: Callable[..., Stage]) -> None:
    stage = staged(voice=ToneVoice(shortest_ms=600)).begin()
    mid_breath(stage, 1)
    stage.press(*[Command.FASTER] * 10).listen(3_000)
    assert "too short for this voice" in stage.screen.shown[-1].notice
    assert stage.screen.shown[-1].beat_ms == 1_000
    stage.to_the_end()


def test_the_volume_goes_down_and_up_again(stage: Stage) -> None:
    stage.press(*[Command.SOFTER] * 4).listen(4_000)
    assert stage.screen.shown[-1].volume_db == -12
    heard = stage.recording[960:]  # the first reading goes down
    usual = stage.take.mixer.block(960, 960 + len(heard))
    assert np.abs(heard - usual * db_to_factor(-12)).max() <= 1
    stage.press(*[Command.LOUDER] * 9).listen(4_000)
    assert stage.screen.shown[-1].volume_db == 0


def test_finish_leads_out_and_closes(stage: Stage) -> None:
    mid_breath(stage, 2)
    pressed = stage.now_ms
    stage.press(Command.FINISH).to_the_end()
    assert stage.said(pressed)[:2] == ["Let Alpha go.", "That is enough for today."]
    assert stage.said()[-1] == "<close>"
    assert stage.log.finished == []


def test_finish_pressed_by_mistake_can_be_taken_back(stage: Stage) -> None:
    mid_breath(stage, 2).press(Command.FINISH)
    until(stage, "That is enough for today.")
    pressed = stage.now_ms
    stage.press(Command.PREVIOUS).to_the_end()
    said = stage.said(pressed)
    assert "Going back." in said[:3]
    assert said.count("Let Alpha go.") == 1
    assert stage.log.finished == [0, 1, 2]


def ended(stage: Stage, *commands: Command) -> Outcome:
    """Let the session run by itself, and press keys at once."""
    keys = iter(commands)

    def read_command(_timeout_s: float) -> Command | None:
        stage.listen(1_000)
        return next(keys, None)

    return stage.session.run(read_command)


def test_a_session_that_was_finished_early_can_be_gone_on_with(stage: Stage) -> None:
    until(stage, "Now, Beta.").listen(20_000)
    assert not ended(stage, Command.FINISH).is_finished
    assert stage.said()[-1] == "<close>"
    assert stage.log.places[-1] == (1, None)


def test_a_session_in_which_all_was_done_is_finished(stage: Stage) -> None:
    until(stage, "Let Gamma go.")
    assert ended(stage, Command.FINISH).is_finished


def test_finish_while_paused_ends_the_pause(stage: Stage) -> None:
    mid_breath(stage, 2).press(Command.PAUSE).listen(2_000).press(Command.FINISH).to_the_end()
    assert stage.said()[-1] == "<close>"


def test_it_speaks_while_what_comes_later_is_still_being_made(staged: Callable[..., Stage]) -> None:
    stage = staged()
    stage.voice.gate = {"Now, Beta.", "Let Alpha go."}
    stage.voice.may_speak.clear()
    stage.begin().listen(120_000)
    assert stage.said()[0] == phrases.OPENING[0]
    assert "Let Alpha go." not in stage.said()
    assert stage.screen.shown[-1].state is State.WAITING
    stage.voice.may_speak.set()
    stage.speaker.wait(stage.take.compilation.wants, 5)
    stage.to_the_end()
    other = Stage(three(), delivery()).begin().to_the_end()
    assert stage.said() == other.said()
    other.close()


def test_made_in_time_the_samples_are_those_of_a_file(staged: Callable[..., Stage]) -> None:
    stage = staged()
    stage.voice.gate = {"Let Gamma go."}
    stage.voice.may_speak.clear()
    stage.begin().listen(30_000)
    assert not stage.take.is_whole
    stage.voice.may_speak.set()
    stage.speaker.wait(stage.take.compilation.wants, 5)
    stage.to_the_end()
    mixer = stage.take.mixer
    assert (stage.recording[: mixer.total_frames] == mixer.block(0, mixer.total_frames)).all()


def test_a_loudspeaker_that_goes_is_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("coach.live.session.time.monotonic", lambda: now[0])
    mid_breath(stage, 3)
    stage.player.why = "The loudspeaker is gone."
    stage.listen(5_000)
    assert stage.screen.shown[-1].state is State.WAITING
    assert stage.screen.shown[-1].notice == "The loudspeaker is gone. Waiting for it."
    stage.player.why = None
    now[0] += 2
    back = stage.now_ms
    stage.listen(20_000)
    assert stage.player.starts == 2
    assert stage.said(back)[:3] == ["Alpha.", "Three breaths left.", "In"]
    assert stage.screen.shown[-1].notice == ""


def test_who_had_paused_goes_on_by_himself(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loudspeaker that goes and comes back begins nothing that a person has stopped, before or meanwhile."""
    now = [100.0]
    monkeypatch.setattr("coach.live.session.time.monotonic", lambda: now[0])

    def gone_and_back(*meanwhile: Command) -> State:
        stage.player.why = "The loudspeaker is gone."
        stage.listen(1_000).press(*meanwhile)
        stage.player.why = None
        now[0] += 2
        stage.listen(2_000)
        return stage.screen.shown[-1].state

    mid_breath(stage, 2)
    assert gone_and_back(Command.TOGGLE) is State.PAUSED
    assert gone_and_back() is State.PAUSED
    assert gone_and_back(Command.GO_ON) is State.PLAYING
    assert gone_and_back(Command.PAUSE, Command.TOGGLE) is State.PLAYING


class LongToneVoice(ToneVoice):
    """Speaks each sentence for as long as speech would take."""

    def clip(self, text: str, length_ms: int) -> Clip:
        return super().clip(text, silent_timing(text).length_ms if text.endswith(".") else length_ms)


def test_the_time_left_is_right_while_words_are_still_being_spoken(staged: Callable[..., Stage]) -> None:
    """At the start it was the time until the end of what had been spoken by then: some seconds."""
    whole_ms = staged(voice=LongToneVoice()).begin().session.status().left_ms
    voice = LongToneVoice()
    voice.gate |= {"Now, Beta.", "Next, Gamma."}
    voice.may_speak.clear()
    begun = staged(voice=voice).begin()
    assert not begun.take.is_whole
    assert begun.session.status().left_ms == pytest.approx(whole_ms, rel=0.05)
    assert begun.session.planned_ms == pytest.approx(whole_ms, rel=0.05)


def test_the_closing_words_say_how_to_take_them_back(stage: Stage) -> None:
    mid_breath(stage, 2).press(Command.FINISH).listen(1_000)
    assert stage.screen.shown[-1].notice == CLOSES_EARLY
    stage.press(Command.PREVIOUS).listen(20_000)
    assert "Going back." in stage.said()


def test_a_question_mark_shows_the_keys_and_does_not_pause(stage: Stage) -> None:
    stage.listen(1_000).press(Command.KEYS).listen(1_000)
    assert stage.screen.shown[-1].shows_keys
    assert stage.screen.shown[-1].state is State.PLAYING
    stage.press(Command.KEYS).listen(1_000)
    assert not stage.screen.shown[-1].shows_keys


def test_a_recorder_that_fails_ends_the_session(stage: Stage) -> None:
    """It was waited for like a loudspeaker, for ever."""
    stage.listen(1_000)
    stage.player.is_device, stage.player.why = False, "x.wav cannot be written: No space left on device"
    with pytest.raises(PlayerError, match="No space left on device"):
        stage.session.run()
    assert stage.log.is_finished is False


def test_a_recorder_that_fails_when_it_is_stopped_fails_the_session(stage: Stage) -> None:
    stage.player.is_device = False
    stop = stage.player.stop

    def stop_on_a_full_disk() -> None:
        stop()
        stage.player.why = "x.wav cannot be written: No space left on device"

    stage.player.stop = stop_on_a_full_disk  # type: ignore[method-assign]
    stage.press(Command.STOP)
    with pytest.raises(PlayerError, match="No space left on device"):
        stage.session.run()


def test_going_on_in_a_signal_does_not_click(stage: Stage) -> None:
    until(stage, "<begin>")
    while stage.heard()[-1].what != "<end>":
        stage.listen(100)
    stage.listen(100).press(Command.PAUSE).listen(1_000).press(Command.GO_ON).listen(8_000)
    assert stage.said().count("<end>") == 2  # it goes on in the middle of it
    assert clicks(stage) == 0


def test_what_lies_under_it_goes_on_over_a_change_of_beat(staged: Callable[..., Stage], tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    with wave.open(str(tmp_path / "rain.wav"), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes((rng.normal(size=20 * SAMPLE_RATE) * 3000).astype("<i2").tobytes())
    stage = staged(finish=Finish(background=tmp_path / "rain.wav")).begin()
    stage.listen(50_000).press(Command.SLOWER).listen(30_000)
    assert stage.take.delivery.beat_ms == 1_100
    position = stage.session.stream.position
    assert stage.take.first_frame + position.frame == position.read_frames


def test_a_routine_that_would_be_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.core.plan.MAX_ROUTINE_MS", 60_000)
    stage = Stage(three(), delivery())
    with pytest.raises(InputError):
        stage.begin()
    stage.close()


COMMANDS = st.lists(
    st.tuples(st.integers(0, 30_000), st.sampled_from([*set(Command) - {Command.STOP}])), min_size=1, max_size=8
)


@thorough
@examples(10)
@given(COMMANDS)
def test_whatever_is_asked_nothing_clicks_nothing_overlaps_and_it_ends(steps: list[tuple[int, Command]]) -> None:
    nothing_clicks_nothing_overlaps_and_it_ends(steps)


@thorough
@examples(25)
@given(COMMANDS)
def test_whatever_is_asked_again_and_again(steps: list[tuple[int, Command]]) -> None:
    nothing_clicks_nothing_overlaps_and_it_ends(steps)


def nothing_clicks_nothing_overlaps_and_it_ends(steps: list[tuple[int, Command]]) -> None:
    stage = Stage(three(breaths=2), delivery(beat_ms=1000)).begin()
    try:
        for ms, command in steps:
            stage.listen(ms)
            if stage.is_over:
                break
            stage.press(command)
            session, key = stage.session, stage.session.stream.position.key
            assert key is None or isinstance(key, tuple) or key in (stage.take, session._playhead.following)
        stage.press(Command.GO_ON).to_the_end()
        assert stage.said()[-1] == "<close>"
        assert clicks(stage) == 0
        assert "?" not in [heard.what for heard in stage.heard() if heard.length_ms > 200]
    finally:
        stage.close()
