from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest

from coach.audio.clip import Clip, measured
from coach.core.timeline import ClipTiming
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
