from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from coach.audio.clip import Clip, measured
from coach.core.timeline import ClipTiming
from coach.errors import VoiceError
from coach.files import HeldFile
from coach.storage.cache import shrink
from coach.voices.cached import CachedVoice


class CountingVoice:
    """A voice that counts how often it is asked."""

    def __init__(self, identity: str = "counting 1") -> None:
        self.name, self.identity = "counting", identity
        self.asked: list[str] = []
        self.closed = False

    def speak(self, text: str) -> Clip:
        self.asked.append(text)
        return measured(np.arange(len(text) * 100, dtype=np.int16), ClipTiming(len(text) * 3, 1, 2))

    def close(self) -> None:
        self.closed = True


def same(one: Clip, other: Clip) -> bool:
    return one.timing == other.timing and np.array_equal(one.pcm, other.pcm)


def test_a_clip_is_spoken_once(tmp_path: Path) -> None:
    voice = CountingVoice()
    first = CachedVoice(voice, tmp_path).speak("Breathe in.")
    second = CachedVoice(voice, tmp_path).speak("Breathe in.")
    assert voice.asked == ["Breathe in."]
    assert same(first, second)


def test_the_key_is_everything_that_affects_the_sound(tmp_path: Path) -> None:
    one, other = CachedVoice(CountingVoice("a 1"), tmp_path), CachedVoice(CountingVoice("a 2"), tmp_path)
    paths = {one.path_of("x"), one.path_of("y"), other.path_of("x")}
    assert len(paths) == 3
    assert one.path_of("x") == CachedVoice(CountingVoice("a 1"), tmp_path).path_of("x")


@pytest.mark.parametrize("damage", ["empty", "half", "rubbish", "flipped", "other arrays"])
def test_a_damaged_entry_is_noticed_and_made_again(tmp_path: Path, damage: str) -> None:
    voice = CountingVoice()
    cached = CachedVoice(voice, tmp_path)
    whole = cached.speak("Breathe in.")
    path = cached.path_of("Breathe in.")
    data = path.read_bytes()
    middle = data.index(b"\x10\x00\x11\x00\x12\x00")  # in the samples
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "half":
            path.write_bytes(data[: len(data) // 2])
        case "rubbish":
            path.write_bytes(b"rubbish" * 100)
        case "flipped":
            path.write_bytes(data[:middle] + b"\xff" + data[middle + 1 :])
        case "other arrays":
            body = io.BytesIO()
            for array in (np.zeros(2), np.zeros(1), np.zeros(3)):
                np.save(body, array)
            path.write_bytes(body.getvalue() + hashlib.sha256(body.getvalue()).digest()[:16])
    assert same(cached.speak("Breathe in."), whole)
    assert len(voice.asked) == 2
    assert same(cached.speak("Breathe in."), whole)
    assert len(voice.asked) == 2


def test_no_flipped_bit_anywhere_gives_another_clip_or_a_crash(tmp_path: Path) -> None:
    voice = CountingVoice()
    cached = CachedVoice(voice, tmp_path)
    whole = cached.speak("In")
    path = cached.path_of("In")
    data = path.read_bytes()
    for position in range(0, len(data), 3):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :])
        assert same(cached.speak("In"), whole)


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    voice = CountingVoice()
    cached = CachedVoice(voice, blocked)
    assert same(cached.speak("x"), voice.speak("x"))


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    cached = CachedVoice(CountingVoice(), tmp_path)
    cached.speak("x")
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".clip"]
    cached.close()


UNSTEADY = """
import os, sys, time
from pathlib import Path
import numpy as np
from coach.audio.clip import measured
from coach.core.timeline import ClipTiming
from coach.voices.cached import CachedVoice

class Unsteady:
    name = identity = "unsteady"
    parallel = 1
    def speak(self, text):
        time.sleep(0.05)
        print(text, flush=True)
        return measured(np.frombuffer(os.urandom(8_000), "<i2"), ClipTiming(90, 1, 2))
    def close(self):
        pass

voice = CachedVoice(Unsteady(), Path(sys.argv[1]))
sys.stdin.readline()
for number in range(10):
    print(hash(voice.speak(f"Line {number}.").pcm.tobytes()), file=sys.stderr)
"""


def test_a_line_that_several_processes_need_is_spoken_once_and_is_the_same_for_all(tmp_path: Path) -> None:
    """A batch once kept the clip that was spoken last, so its second run made files anew."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", UNSTEADY, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    ends = [worker.communicate(timeout=60) for worker in workers]
    spoken = "".join(lines for lines, _ in ends)
    assert sorted(spoken.splitlines()) == [f"Line {number}." for number in range(10)]
    assert len({heard for _, heard in ends}) == 1
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".clip"}


class SlowVoice(CountingVoice):
    """Speaks only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_speak = threading.Event()

    def speak(self, text: str) -> Clip:
        assert self.may_speak.wait(10)
        return super().speak(text)


def test_threads_that_need_the_same_line_wait_for_it(tmp_path: Path) -> None:
    voice = SlowVoice()
    cached = CachedVoice(voice, tmp_path)
    threads = [threading.Thread(target=cached.speak, args=("Breathe in.",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    voice.may_speak.set()
    for thread in threads:
        thread.join(10)
    assert voice.asked == ["Breathe in."]


def test_closing_ends_the_wait_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, mine = SlowVoice(), CountingVoice()
    other, cached = CachedVoice(slow, tmp_path), CachedVoice(mine, tmp_path)
    speaking = threading.Thread(target=other.speak, args=("Breathe in.",))
    speaking.start()
    while not list(tmp_path.rglob("*.turn")):
        time.sleep(0.01)
    problems: list[VoiceError] = []
    waits = threading.Event()

    class Noted(HeldFile):
        def __init__(self, path: Path, wait_s: float, give_up: Callable[[], bool]) -> None:
            super().__init__(path, wait_s, lambda: waits.set() or give_up())

    monkeypatch.setattr("coach.voices.cached.HeldFile", Noted)

    def wait() -> None:
        try:
            cached.speak("Breathe in.")
        except VoiceError as error:
            problems.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert waits.wait(10)
    cached.close()
    waiting.join(5)
    assert not waiting.is_alive()
    assert [str(problem) for problem in problems] == ["the voice counting was stopped"]
    assert mine.asked == []
    slow.may_speak.set()
    speaking.join(5)
    assert same(cached.speak("Breathe in."), other.speak("Breathe in."))
    assert mine.asked == []


def test_the_turn_of_a_process_that_was_killed_is_taken_over_and_swept(tmp_path: Path) -> None:
    voice = CountingVoice()
    cached = CachedVoice(voice, tmp_path)
    for text in ("Breathe in.", "Breathe out."):
        turn = cached.path_of(text).with_suffix(".turn")
        turn.parent.mkdir(parents=True, exist_ok=True)
        turn.touch()
    started_s = time.monotonic()
    cached.speak("Breathe in.")
    assert time.monotonic() - started_s < 1
    shrink(tmp_path, 1_000_000)
    assert not list(tmp_path.rglob("*.turn"))
