"""How simpleaudio is made to play without end, which it cannot: reel after reel, each written while it plays."""

from __future__ import annotations

import array
import os
import signal
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from coach.errors import PlayerError
from coach.players import simpleaudio_player
from coach.players.simpleaudio_player import WORKER, SimpleaudioPlayer
from coach.players.simpleaudio_worker import faded
from support.counting import HAS_SIMPLEAUDIO, Signal, is_the_signal, signal_at, wait_until, without_silence
from support.pulse import RATE, AudioServer, audio_server, needs_pulse  # noqa: F401 - a fixture

pytestmark = [needs_pulse, pytest.mark.live, pytest.mark.skipif(not HAS_SIMPLEAUDIO, reason="needs simpleaudio")]

REEL_S = "3"
REEL_OF_PHRASES_S = "4.75"
"""Four fifths of it, after which it may be left in a short silence, lie in a silence."""
ONE_AT_A_TIME = """
import simpleaudio
from coach.players import simpleaudio_worker
playing, real = [], simpleaudio.play_buffer
def play_buffer(*arguments):
    if any(each.is_playing() for each in playing):
        raise OSError("Device or resource busy")
    playing.append(real(*arguments))
    return playing[-1]
simpleaudio.play_buffer = play_buffer
simpleaudio_worker.main()
"""


class Phrases:
    """Gives half a second of the counting signal, half a second of silence, and so on."""

    def __init__(self) -> None:
        self.position = 0

    def read(self, frames: int) -> bytes:
        at = self.position + np.arange(frames)
        self.position += frames
        block = np.frombuffer(signal_at(int(at[0]), frames), dtype="<i2").copy()
        block[at % RATE >= RATE // 2] = 0
        return block.tobytes()

    @staticmethod
    def all(frames: int) -> bytes:
        return Phrases().read(frames)


@pytest.fixture
def server(audio_server: AudioServer) -> Iterator[AudioServer]:  # noqa: F811
    return audio_server


def play(server: AudioServer, player: SimpleaudioPlayer, source: Phrases | Signal, seconds: int) -> np.ndarray:
    with server.recording() as recording:
        player.start(source.read)
        recording.wait_for(recording.frames + seconds * RATE)
        assert player.problem() is None
        player.stop()
    assert player.underruns == 0
    heard = recording.samples()
    return heard[np.flatnonzero(heard)[0] : np.flatnonzero(heard)[-1] + 1]


def test_the_next_reel_takes_over_in_silence_at_the_same_place(server: AudioServer) -> None:
    heard = play(server, SimpleaudioPlayer(worker=(*WORKER, REEL_OF_PHRASES_S)), Phrases(), 9)
    sound = without_silence(heard)
    assert (
        sound.tobytes() == without_silence(np.frombuffer(Phrases.all(10 * RATE), dtype="<i2"))[: len(sound)].tobytes()
    )
    at = np.flatnonzero(heard)
    begins = at[np.flatnonzero(np.diff(at, prepend=-RATE) > RATE // 10)]
    shifts_ms = np.diff(begins) / RATE * 1000 - 1000
    assert np.count_nonzero(shifts_ms == 0) >= 4  # within a reel not a frame is lost or gained
    assert np.abs(shifts_ms).max() < 40


def test_sound_without_a_pause_has_no_click_where_reels_join(server: AudioServer) -> None:
    class Tone(Phrases):
        def read(self, frames: int) -> bytes:
            at = self.position + np.arange(frames)
            self.position += frames
            return np.rint(8_000 * np.sin(2 * np.pi * 110 * at / RATE)).astype("<i2").tobytes()

    heard = play(server, SimpleaudioPlayer(worker=(*WORKER, REEL_S)), Tone(), 6)
    heard = heard[RATE // 50 : -RATE // 50].astype(float)
    assert len(heard) > 5 * RATE
    steepest = 8_000 * 2 * np.pi * 110 / RATE
    assert np.abs(np.diff(heard)).max() < 2.1 * steepest


def test_a_device_that_plays_one_thing_at_a_time_is_let_go_first(server: AudioServer) -> None:
    heard = play(server, SimpleaudioPlayer(worker=(sys.executable, "-c", ONE_AT_A_TIME, REEL_S)), Phrases(), 7)
    sound = without_silence(heard)
    assert (
        sound.tobytes() == without_silence(np.frombuffer(Phrases.all(10 * RATE), dtype="<i2"))[: len(sound)].tobytes()
    )
    assert len(sound) > 0.4 * 5 * RATE


def test_a_worker_that_is_killed_is_told_and_started_anew(server: AudioServer) -> None:
    player, source = SimpleaudioPlayer(), Signal()
    player.start(source.read)
    assert player._worker is not None
    os.kill(player._worker._process.pid, signal.SIGKILL)
    wait_until(player.problem, within_s=1.5)
    assert player.problem() == "simpleaudio's process has ended unexpectedly (status -9)"
    before = source.position
    with server.recording() as recording:
        player.start(source.read)
        recording.wait_for(recording.frames + RATE)
        player.stop()
    heard = without_silence(recording.samples())
    assert heard.tobytes() == signal_at(before, len(heard))


def test_a_worker_that_hangs_is_told_and_killed(server: AudioServer) -> None:
    player = SimpleaudioPlayer()
    player.start(Signal().read)
    assert player._worker is not None
    process = player._worker._process
    os.kill(process.pid, signal.SIGSTOP)
    wait_until(player.problem, within_s=1.6)
    assert player.problem() == "simpleaudio hangs"
    player.stop()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os.abort()", "simpleaudio's process has ended unexpectedly"),
        ("print('rubbish', flush=True)", "simpleaudio's process has ended unexpectedly"),
        ("import time; time.sleep(60)", "simpleaudio did not play within 0.5 s"),
    ],
)
def test_a_worker_that_is_no_good_is_told(code: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simpleaudio_player, "START_TIMEOUT_S", 0.5 if "sleep" in code else 10)
    with pytest.raises(PlayerError, match=words) as caught:
        SimpleaudioPlayer(worker=(sys.executable, "-c", code)).start(Signal().read)
    assert "--player miniaudio" in str(caught.value)
    with pytest.raises(PlayerError, match="cannot be started"):
        SimpleaudioPlayer(worker=("/nowhere/python",)).start(Signal().read)


def test_where_it_is_not_installed_it_says_how_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PlayerError, match=r"install stretch-coach\[simpleaudio\], or use --player miniaudio"):
        SimpleaudioPlayer()


def test_a_fade_goes_from_one_level_to_another() -> None:
    block = array.array("h", [1_000] * 101).tobytes()
    down = array.array("h", faded(block, 1, 0))
    up = array.array("h", faded(block, 0, 1))
    assert list(down) == sorted(down, reverse=True)
    assert (down[0], up[0]) == (1_000, 0)
    assert all(990 <= one + other <= 1_010 for one, other in zip(down, up, strict=True))
    assert is_the_signal(np.frombuffer(signal_at(0, 5), dtype="<i2"))
