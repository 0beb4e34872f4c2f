"""A few of the scenes of ``tests/benchmarks/commands.py``: voices, rooms, and the coach at three levels."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from coach.audio.finish import Finish
from coach.errors import InputError
from coach.library.standard import standard_library
from coach.live.commands import Command
from coach.live.ears.spotter import Spotter
from coach.publish.publish import mix
from coach.recipe import DEFAULT_DELIVERY, cached_voice, compile_routine
from coach.units import SAMPLE_RATE
from coach.voices.base import Voice
from coach.voices.neural import NeuralVoice
from coach.voices.system import SystemVoice
from support.room import SPOKEN, Scene, hear, right, scene, speech
from support.talk import ORDINARY
from support.tiers import thorough, thoroughly


@pytest.fixture(scope="module")
def spotter() -> Spotter:
    return Spotter()


@pytest.fixture(scope="module")
def coach_audio() -> NDArray[np.int16]:
    """What the coach plays in a routine."""
    compiled = compile_routine(
        standard_library().routine("lower-back-seven"), DEFAULT_DELIVERY, cached_voice("system", 145)
    )
    return np.concatenate(list(mix(compiled, Finish()).blocks(end_frame=200 * SAMPLE_RATE)))


@pytest.fixture(scope="module")
def system() -> Iterator[Voice]:
    voice = SystemVoice("gmw/en", rate_wpm=145)
    yield voice
    voice.close()


@pytest.fixture(scope="module")
def neural() -> Iterator[Voice]:
    voice = NeuralVoice("", 160)
    yield voice
    voice.close()


def all_commands(voice: Voice, form: str) -> list[tuple[NDArray[np.float64], Command | None]]:
    return [(speech(voice, form.format(words)), command) for command, words in SPOKEN.items()]


def share_heard(scene_: Scene, spotter: Spotter) -> float:
    heard = hear(scene_, spotter)
    return sum(right(said, heard) for said in scene_.said) / len(scene_.said)


def test_commands_are_heard_in_quiet(system: Voice, spotter: Spotter) -> None:
    said = scene(all_commands(system, "Coach, {}."), np.random.default_rng(1), warm_up_s=4)
    assert share_heard(said, spotter) == 1


@pytest.mark.parametrize(("below_db", "voice"), [(6, "system"), *thoroughly((0, "neural"), (12, "neural"))])
def test_commands_are_heard_while_the_coach_speaks(
    below_db: float, voice: str, coach_audio: NDArray[np.int16], spotter: Spotter, request: pytest.FixtureRequest
) -> None:
    spoken = all_commands(request.getfixturevalue(voice), "Coach {}.")
    said = scene(spoken, np.random.default_rng(below_db), coach_audio, below_db)
    assert share_heard(said, spotter) >= 5 / 6


@thorough
def test_without_knowing_what_is_played_they_are_not(
    system: Voice, coach_audio: NDArray[np.int16], spotter: Spotter
) -> None:
    """So it is the canceller that does it."""
    said = scene(all_commands(system, "Coach {}."), np.random.default_rng(6), coach_audio, 6)
    heard = hear(said, spotter, knows_what_is_played=False)
    assert sum(right(each, heard) for each in said.said) <= 4


@thorough
@pytest.mark.parametrize("room", [7, *thoroughly(9, 10, 11)])
def test_the_coach_does_not_command_itself(room: int, coach_audio: NDArray[np.int16], spotter: Spotter) -> None:
    """In 7 and 10 it would, if it did not know what is played."""
    alone = scene([(np.zeros(SAMPLE_RATE * 20), None)], np.random.default_rng(room), coach_audio)
    assert hear(alone, spotter, knows_what_is_played=True) == []


@thorough
@pytest.mark.parametrize("lines", [8, *thoroughly(18)])
def test_talk_is_no_command(lines: int, system: Voice, spotter: Spotter) -> None:
    talk = scene([(speech(system, text), None) for text in ORDINARY[:lines]], np.random.default_rng(8), warm_up_s=4)
    assert hear(talk, spotter) == []


def test_silence_and_noise_are_no_command(spotter: Spotter) -> None:
    pieces = [np.zeros(16_000, dtype=np.float32), np.random.default_rng(0).normal(size=16_000).astype(np.float32)]
    assert spotter.command_in(pieces) is None
    assert spotter.command_in([]) is None


def test_without_pocketsphinx_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(InputError, match=r"stretch-coach\[hands-free\]"):
        Spotter()
