"""The ears with a real audio server: its null sink's monitor is the microphone."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from coach.errors import InputError, MachineError
from coach.live.commands import Command
from coach.live.ears import ears as ears_module
from coach.live.ears.ears import Ears
from coach.voices.system import SystemVoice
from support.microphone_server import MicrophoneServer, environment, microphone_server
from support.needs import needs
from support.room import scene, speech

pytestmark = [pytest.mark.live, needs("pulseaudio", "pulseaudio"), needs("pacat", "pulseaudio-utils")]


def lead_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MicrophoneServer]:
    with microphone_server(tmp_path_factory.mktemp("pulse")) as running:
        yield running


@pytest.fixture
def ears(server: MicrophoneServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ears]:
    lead_to(server.folder, monkeypatch)
    ours = Ears()
    yield ours
    ours.stop()


@pytest.fixture(scope="module")
def said() -> bytes:
    """Two commands, and two seconds of a quiet room before and after."""
    voice = SystemVoice(rate_wpm=145)
    spoken = [
        (speech(voice, text), command)
        for text, command in (("Coach, next.", Command.NEXT), ("Coach, again.", Command.REPEAT))
    ]
    voice.close()
    return scene(spoken, np.random.default_rng(1), warm_up_s=4, noise_db=-30).microphone


def wait_until(true: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_commands_are_heard_through_the_microphone(ears: Ears, server: MicrophoneServer, said: bytes) -> None:
    commands: queue.SimpleQueue[tuple[Command, str]] = queue.SimpleQueue()
    ears.start(lambda command: commands.put((command, threading.current_thread().name)))
    playing = threading.Event()

    def play_silence() -> None:
        while not playing.wait(0.02):
            ears.add_played(bytes(2 * 882))

    thread = threading.Thread(target=play_silence)
    thread.start()
    server.play(said)
    wait_until(lambda: commands.qsize() >= 2)
    playing.set()
    thread.join()
    assert ears.problem() is None
    assert [commands.get()[0] for _ in range(2)] == [Command.NEXT, Command.REPEAT]
    assert commands.empty()


def test_a_microphone_that_goes_is_told_and_one_that_comes_back_is_used(
    tmp_path: Path, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ears_module, "TRY_AGAIN_S", 0.3)
    (tmp_path / "pulse").mkdir()
    lead_to(tmp_path / "pulse", monkeypatch)
    commands: list[Command] = []
    ears = Ears()
    with microphone_server(tmp_path / "pulse"):
        ears.start(commands.append)
        wait_until(lambda: ears.problem() is None)
    wait_until(lambda: ears.problem() == ears_module.GONE)
    with microphone_server(tmp_path / "pulse") as server:
        wait_until(lambda: ears.problem() is None)
        server.play(said)
        wait_until(lambda: len(commands) == 2)
        ears.stop()
    ears.stop()


def test_a_microphone_that_is_switched_off_is_told(
    server: MicrophoneServer, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ears_module, "SILENT_S", 0.5)
    ears.start(lambda _command: None)
    wait_until(lambda: ears.problem() == ears_module.SILENT)
    server.play(np.random.default_rng(0).integers(-99, 99, 8000).astype("<i2").tobytes())
    wait_until(lambda: ears.problem() is None)


def test_no_microphone_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(tmp_path, monkeypatch)
    with pytest.raises(MachineError, match="no microphone can be used") as told:
        Ears().start(lambda _command: None)
    assert "\n" not in str(told.value)


def test_without_pocketsphinx_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(InputError, match=r"stretch-coach\[hands-free\]"):
        Ears().start(lambda _command: None)


def worker(tmp_path: Path, body: str) -> tuple[str, ...]:
    """A recogniser that does as it should not, once."""
    path = tmp_path / "worker.py"
    path.write_text(
        f"""
import os, runpy, sys
asked = {str(tmp_path / "asked")!r}
times = os.path.getsize(asked) if os.path.exists(asked) else 0
open(asked, "a").write("x")
{body}
runpy.run_module("coach.live.ears.spotter_worker", run_name="__main__")
"""
    )
    return sys.executable, str(path)


def test_a_recogniser_that_dies_is_replaced(
    tmp_path: Path, server: MicrophoneServer, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(server.folder, monkeypatch)
    die = "if times == 0: print('{\"ready\": true}', flush=True); sys.stdin.buffer.read(4); os._exit(3)"
    commands: list[Command] = []
    ears = Ears(worker=worker(tmp_path, die))
    ears.start(commands.append)
    server.play(said)
    wait_until(lambda: Command.REPEAT in commands)
    assert ears.problem() is None
    ears.stop()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("os._exit(3)", ears_module.DEAF),
        ("print('rubbish', flush=True); os._exit(0)", ears_module.DEAF),
        ('print(\'{"error": "it is not well"}\', flush=True); os._exit(0)', "it is not well"),
    ],
)
def test_a_recogniser_that_cannot_run_is_told(
    body: str, told: str, tmp_path: Path, server: MicrophoneServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(server.folder, monkeypatch)
    ears = Ears(worker=worker(tmp_path, body))
    ears.start(lambda _command: None)
    wait_until(lambda: ears.problem() == told)
    ears.stop()


def test_it_may_be_stopped_by_a_command_and_twice_and_started_again(
    server: MicrophoneServer, ears: Ears, said: bytes
) -> None:
    commands: list[Command] = []

    def stop(command: Command) -> None:
        commands.append(command)
        ears.stop()

    ears.stop()
    for _ in range(2):
        ears.start(stop)
        server.play(said)
        wait_until(lambda: commands)
        assert commands == [Command.NEXT]
        commands.clear()
    ears.stop()
    wait_until(lambda: not [each for each in threading.enumerate() if each.name.startswith("coach-")])


def test_a_block_that_is_played_takes_no_time_and_no_memory() -> None:
    ears = Ears()
    block = bytes(2 * 882)
    started = time.perf_counter()
    for _ in range(100_000):
        ears.add_played(block)
    assert time.perf_counter() - started < 1
    assert len(ears._played) <= ears_module.KEPT_BLOCKS
