"""Breathing alone in a session: it is paused, slowed down and finished as a routine is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from coach.core.routine import breathing
from coach.live.commands import Command
from coach.live.navigation import NOTHING_TO_SKIP
from coach.live.pilot import CLOSES_EARLY
from coach.live.status import State
from support.making import delivery
from support.stage import Stage

LENGTH_MS = 100_000


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage(breathing("4-6", LENGTH_MS), delivery()).begin()
    yield stage
    stage.close()


def until(stage: Stage, what: str, times: int = 1) -> Stage:
    """Let time pass until something has been heard ``times`` times."""
    for _ in range(300):
        if stage.said().count(what) >= times:
            return stage
        stage.listen(1_000)
    raise AssertionError(f"“{what}” is not heard: {stage.said()}")


def mid_breath(stage: Stage, number: int) -> Stage:
    return until(stage, "In", number).listen(2_500)


def test_left_alone_it_is_the_same_samples_as_a_file(stage: Stage) -> None:
    stage.to_the_end()
    mixer = stage.take.mixer
    assert (stage.recording[: mixer.total_frames] == mixer.block(0, mixer.total_frames)).all()
    assert stage.said().count("In") == LENGTH_MS // 10_000
    assert stage.said()[-1] == "<close>"
    assert stage.log.finished == []
    assert set(stage.log.places) == {(None, None)}


def test_it_shows_no_stretch_and_which_breath_it_is(stage: Stage) -> None:
    mid_breath(stage, 3)
    status = stage.screen.shown[-1]
    assert (status.title, status.stretch, status.stretches, status.place) == ("Breathe 4-6", None, 0, "Breathe 4-6")
    assert (status.phase, status.breath, status.breaths) == ("in", 3, 10)


def test_after_a_pause_it_says_how_many_breaths_are_left_and_takes_one_anew(stage: Stage) -> None:
    mid_breath(stage, 3).press(Command.TOGGLE).listen(5_000)
    assert stage.screen.shown[-1].state is State.PAUSED
    resumed = stage.now_ms
    stage.press(Command.TOGGLE).listen(8_000)
    assert stage.said(resumed)[:4] == ["Eight breaths left.", "In", "two", "three"]


@pytest.mark.parametrize(("command", "beat_ms"), [(Command.SLOWER, 1_100), (Command.FASTER, 910)])
def test_on_another_beat_it_has_as_many_breaths(stage: Stage, command: Command, beat_ms: int) -> None:
    mid_breath(stage, 2).press(command)
    stage.to_the_end()
    said = stage.heard()
    ins = [heard.at_ms for heard in said if heard.what == "In"]
    assert len(ins) == LENGTH_MS // 10_000
    assert np.diff(ins) == pytest.approx([10_000] * 2 + [10 * beat_ms] * 7, abs=30) or np.diff(ins) == pytest.approx(
        [10_000] + [10 * beat_ms] * 8, abs=30
    )
    assert stage.said()[-1] == "<close>"


def test_again_is_from_the_beginning(stage: Stage) -> None:
    first = stage.listen(3_000).said()[0]
    mid_breath(stage, 2)
    pressed = stage.now_ms
    stage.press(Command.REPEAT).listen(5_000)
    assert stage.said(pressed)[0] == first


@pytest.mark.parametrize("command", [Command.NEXT, Command.SKIP_SIDE])
def test_there_is_nothing_to_skip_and_it_says_so(stage: Stage, command: Command) -> None:
    mid_breath(stage, 2).press(command).listen(500)
    assert stage.screen.shown[-1].notice == NOTHING_TO_SKIP
    stage.to_the_end()
    mixer = stage.take.mixer
    assert (stage.recording[: mixer.total_frames] == mixer.block(0, mixer.total_frames)).all()


def test_finish_goes_to_the_closing_words(stage: Stage) -> None:
    mid_breath(stage, 2)
    pressed = stage.now_ms
    stage.press(Command.FINISH).listen(1_000)
    assert stage.screen.shown[-1].notice == CLOSES_EARLY
    stage.press(Command.FINISH, Command.NEXT).to_the_end()
    assert "In" not in stage.said(pressed + 100)
    assert stage.said()[-1] == "<close>"


def test_finish_pressed_by_mistake_can_be_taken_back(stage: Stage) -> None:
    mid_breath(stage, 3).press(Command.FINISH).listen(2_000)
    pressed = stage.now_ms
    stage.press(Command.PREVIOUS).listen(8_000)
    assert stage.said(pressed)[:3] == ["Eight breaths left.", "In", "two"]
    stage.to_the_end()
    assert stage.said(pressed).count("In") == 8


def test_finished_early_it_is_not_finished(stage: Stage) -> None:
    mid_breath(stage, 2).press(Command.FINISH)
    stage.listen(1_000)

    def read_command(_timeout_s: float) -> None:
        stage.listen(500)

    assert not stage.session.run(read_command).is_finished
    assert stage.log.is_finished is False
