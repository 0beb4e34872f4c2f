"""Each real player, at a real audio server, as a listener would hear it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coach.errors import PlayerError
from coach.players import find_players, open_player
from coach.players.base import Player
from support.counting import HAS_SIMPLEAUDIO, Signal, is_the_signal, signal_at, wait_until, without_silence
from support.pulse import RATE, AudioServer, audio_server, needs_pulse  # noqa: F401 - a fixture

pytestmark = [needs_pulse, pytest.mark.live]

NAMES = ("miniaudio", "simpleaudio")


@pytest.fixture(
    params=[
        "miniaudio",
        pytest.param("simpleaudio", marks=pytest.mark.skipif(not HAS_SIMPLEAUDIO, reason="needs simpleaudio")),
    ]
)
def player(request: pytest.FixtureRequest, audio_server: AudioServer) -> Iterator[Player]:  # noqa: F811
    player = open_player(request.param)
    yield player
    player.stop()


def pauses_ms(heard: NDArray[np.int16]) -> list[float]:
    """Return how long each silence between two sounds is."""
    at = np.flatnonzero(heard)
    return [float(gap - 1) * 1000 / RATE for gap in np.diff(at) if gap > 1]


def busy() -> Callable[[], None]:
    """Let a thread compute and never let go of Python's lock by itself; returns what ends it."""
    over = threading.Event()

    def compute() -> None:
        while not over.is_set():
            sum(range(2_000))

    thread = threading.Thread(target=compute)
    thread.start()

    def end() -> None:
        over.set()
        thread.join()

    return end


def play_for_5_s(player: Player, server: AudioServer) -> NDArray[np.int16]:
    with server.recording() as recording:
        player.start(Signal().read)
        recording.wait_for(recording.frames + 5 * RATE)
        assert player.problem() is None
        player.stop()
    heard = recording.samples()
    return heard[np.flatnonzero(heard)[0] : np.flatnonzero(heard)[-1] + 1]


def play_at_best(player: Player, server: AudioServer) -> NDArray[np.int16]:
    """Play up to three times, until nothing is missing.

    Whoever holds Python's lock may lose its core to another program: on a full machine one try in 25 fails so, and
    what is wrong with a player fails each.
    """
    for _ in range(2):
        heard = play_for_5_s(player, server)
        if is_the_signal(heard):
            return heard
    return play_for_5_s(player, server)


def test_every_frame_is_heard_once_and_in_its_place(player: Player, audio_server: AudioServer) -> None:  # noqa: F811
    heard = play_at_best(player, audio_server)
    assert pauses_ms(heard) == []
    assert is_the_signal(heard)
    assert len(heard) > 4 * RATE


def test_a_busy_thread_is_not_heard(player: Player, audio_server: AudioServer) -> None:  # noqa: F811
    end = busy()
    try:
        heard = play_at_best(player, audio_server)
    finally:
        end()
    assert pauses_ms(heard) == []
    assert is_the_signal(heard)


def test_a_pause_is_heard_as_soon_as_the_player_says(player: Player, audio_server: AudioServer) -> None:  # noqa: F811
    signal_ = Signal()
    lags_ms = []
    with audio_server.recording() as recording:
        player.start(signal_.read)
        for _ in range(4):
            signal_.silent = False
            recording.wait_for(recording.frames + RATE * 7 // 10)
            signal_.silent = True
            paused_at = recording.frames
            recording.wait_for(paused_at + RATE // 2)
            last = np.flatnonzero(recording.samples())[-1]
            lags_ms.append((last - paused_at) * 1000 / RATE)
        player.stop()
    # What is recorded is known up to 40 ms late, and a pause begins between two requests.
    assert max(lags_ms) < min(300, player.latency_ms + 80)
    assert max(lags_ms) > player.latency_ms - 80
    assert is_the_signal(without_silence(recording.samples()))


def test_a_server_that_dies_is_told_and_played_to_again(player: Player, audio_server: AudioServer) -> None:  # noqa: F811
    signal_ = Signal()
    with audio_server.recording() as recording:
        player.start(signal_.read)
        recording.wait_for(recording.frames + RATE // 2)
        audio_server.stop()
    assert wait_until(player.problem, within_s=1.5) < 1.5
    assert player.problem() == "the loudspeaker is gone"
    with pytest.raises(PlayerError, match="coach render"):
        player.start(signal_.read)
    audio_server.start()
    before = signal_.position
    with audio_server.recording() as recording:
        player.start(signal_.read)
        recording.wait_for(recording.frames + RATE // 2)
        assert player.problem() is None
        player.stop()
    heard = without_silence(recording.samples())
    assert heard.tobytes() == signal_at(before, len(heard))


def test_sound_that_cannot_be_made_is_told_and_silent(player: Player, audio_server: AudioServer) -> None:  # noqa: F811
    def read(frames: int) -> bytes:
        raise ZeroDivisionError("by what?")

    player.start(read)
    wait_until(player.problem, within_s=1.5)
    assert player.problem() == "the sound could not be made (ZeroDivisionError: by what?)"


def test_sound_that_comes_too_late_is_counted(player: Player, audio_server: AudioServer) -> None:  # noqa: F811
    signal_ = Signal()
    late = []

    def read(frames: int) -> bytes:
        if signal_.position > RATE and not late:
            late.append(time.sleep(0.25))
        return signal_.read(frames)

    with audio_server.recording() as recording:
        player.start(read)
        recording.wait_for(recording.frames + 2 * RATE)
        player.stop()
    assert player.underruns == 1
    assert len(pauses_ms(recording.samples())) == 1
    assert is_the_signal(without_silence(recording.samples()))


def test_starting_and_stopping_leaves_nothing_behind(player: Player, audio_server: AudioServer) -> None:  # noqa: F811
    counts: list[int] = []
    threads = threading.active_count()
    for _ in range(6):
        player.start(Signal().read)
        player.stop()
        player.stop()
        wait_until(lambda: threading.active_count() == threads or len(counts) == 0, within_s=1)
        counts.append(len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0)
    assert counts[-1] == counts[0]
    assert player.problem() is None
    assert sys.getswitchinterval() == pytest.approx(0.005)


SCRIPT = """
import sys, time
import numpy as np
from coach.players import open_player
position = 0
def read(frames):
    global position
    position += frames
    return (1 + (position - frames + np.arange(frames)) % 30011).astype("<i2").tobytes()
player = open_player(sys.argv[1])
player.start(read)
worker = getattr(player, "_worker", None)
print(worker._process.pid if worker else 0, flush=True)
sys.stdin.readline()
print([player.problem(), player.underruns], flush=True)
player.stop()
"""


@pytest.fixture
def started(player: Player, audio_server: AudioServer) -> Iterator[subprocess.Popen[str]]:  # noqa: F811
    """The player in a coach of its own."""
    command = [sys.executable, "-c", SCRIPT, player.name]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("whom", ["coach", "everybody"])
def test_a_process_that_was_stopped_goes_on_where_it_was(
    started: subprocess.Popen[str],
    audio_server: AudioServer,  # noqa: F811
    whom: str,
) -> None:
    with audio_server.recording() as recording:
        worker = int(first_line(started))
        stopped = [started.pid, *([worker] if worker and whom == "everybody" else [])]
        recording.wait_for(recording.frames + RATE)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        recording.wait_for(recording.frames + 2 * RATE)
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        recording.wait_for(recording.frames + RATE)
        told, errors = started.communicate("\n", timeout=10)
    assert (told, errors) == ("[None, 0]\n", "")
    heard = recording.samples()
    pauses = pauses_ms(heard)
    longest = max(pauses)
    assert 1_500 < longest < 2_400
    assert sum(pauses) - longest < 250  # simpleaudio goes on in two steps: what it had read before, and then the rest
    assert is_the_signal(without_silence(heard))


def test_nothing_is_left_when_the_coach_is_killed(started: subprocess.Popen[str]) -> None:
    worker = int(first_line(started))
    started.kill()
    started.wait()
    if worker:
        wait_until(lambda: not is_alive(worker), within_s=2)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
        return file.read().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("name", [name for name in NAMES if name == "miniaudio" or HAS_SIMPLEAUDIO])
def test_without_a_server_it_says_so_and_nothing_else(name: str) -> None:
    environment = {**os.environ, "PULSE_SERVER": "unix:/nowhere/native", "ALSA_CONFIG_PATH": os.devnull}
    code = (
        "from coach.players import open_player, find_players\n"
        "from coach.errors import PlayerError\n"
        f"try: open_player('{name}').start(bytes)\n"
        "except PlayerError as error: print(error)\n"
        "print(find_players()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stderr == ""
    assert done.returncode == 0
    told, found = done.stdout.splitlines()
    assert "coach render" in told
    assert "loudspeaker" in told
    assert "works=False" in found


def test_auto_plays_and_says_through_what(audio_server: AudioServer) -> None:  # noqa: F811
    player = open_player("auto")
    assert player.name == "auto"
    player.start(Signal().read)
    assert player.name == "miniaudio"
    assert player.problem() is None
    player.stop()
    assert find_players()[0].text == "plays through PulseAudio"
