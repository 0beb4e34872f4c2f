"""An MP3 in blocks is the same whatever was kept, and comes as near to the samples as one encoder does."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.audio.clip import measured
from coach.audio.mixer import Mixer
from coach.core.timeline import ClipTiming, Cue, Sound, Timeline
from coach.order import Order
from coach.publish import blocks, mp3
from coach.publish.blocks import blocks_of, encoded
from coach.publish.publish import mix
from coach.recipe import compile as compile_order
from coach.recipe import finish_of
from coach.storage.cache import kept_in
from coach.units import SAMPLE_RATE, ms_to_frames
from support.listening import decode
from support.tiers import examples, thorough

KBIT = 80
LENGTHS_MS = {"one": 240, "two": 700, "three": 1_900}


@cache
def syllables(length_ms: int, seed: int) -> np.ndarray:
    """Noise that swells and fades, as words do."""
    at = np.arange(ms_to_frames(length_ms)) / SAMPLE_RATE
    swell = np.sin(np.pi * at * 1000 / length_ms) * np.abs(np.sin(at * 12))
    noise = np.convolve(np.random.default_rng(seed).normal(size=len(at)), np.ones(9) / 9, mode="same")
    return np.asarray((noise * swell * 9_000).clip(-30_000, 30_000).astype(np.int16))


CLIPS = {
    text: measured(syllables(ms, seed), ClipTiming(ms, 5, 60)) for seed, (text, ms) in enumerate(LENGTHS_MS.items())
}
SOUNDS = {sound: measured(syllables(1_500, 9), ClipTiming(1_500, 0, 0)) for sound in Sound}


def mixer_of(starts: list[tuple[int, str]], tail_ms: int = 700) -> Mixer:
    """Lay clips one after the other, each so long after the one before began."""
    cues, at_ms = [], 0
    for after_ms, text in starts:
        at_ms += after_ms
        cues.append(Cue("speech", at_ms, at_ms, at_ms + LENGTHS_MS[text], text=text))
    end_ms = max((cue.end_ms for cue in cues), default=0) + tail_ms
    return Mixer(Timeline("x", "x", "4-6", 1000, end_ms, tuple(cues)), CLIPS, SOUNDS)


def frames(mixer: Mixer, folder: Path, encoders: int = 2) -> bytes:
    with encoded(mixer, KBIT, folder, encoders) as made:
        return b"".join(made)


def decoded(mixer: Mixer, data: bytes, folder: Path) -> np.ndarray:
    path = folder / "x.mp3"
    path.write_bytes(mp3.info_frame(mixer.total_frames, KBIT) + data)
    return decode(path)


laid = st.lists(st.tuples(st.integers(0, 3_000), st.sampled_from(tuple(LENGTHS_MS))), max_size=12)


@examples(30)
@given(laid, st.integers(0, 3_000), st.randoms(use_true_random=False), st.integers(1, 3))
def test_whatever_is_kept_the_bytes_are_the_same(
    starts: list[tuple[int, str]], tail_ms: int, chance: random.Random, encoders: int
) -> None:
    mixer = mixer_of(starts, tail_ms)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        new = frames(mixer, folder / "one", 1)
        assert len(new) == mp3.frames_of(mixer.total_frames) * mp3.frame_bytes(KBIT)
        for _, _, path in kept_in(folder / "one"):
            data = path.read_bytes()
            match chance.randrange(5):
                case 0:
                    path.unlink()
                case 1:
                    path.write_bytes(data[: chance.randrange(len(data))])
                case 2:
                    at = chance.randrange(len(data))
                    path.write_bytes(data[:at] + bytes([data[at] ^ 64]) + data[at + 1 :])
        assert frames(mixer, folder / "one", encoders) == new
        assert frames(mixer, folder / "one") == new  # and what was damaged is whole again
        (folder / "file").touch()
        assert frames(mixer, folder / "file") == new  # nothing can be kept there


@given(laid)
def test_blocks_lie_in_order_and_hold_all_that_sounds(starts: list[tuple[int, str]]) -> None:
    mixer = mixer_of(starts)
    found = blocks_of(mixer, KBIT)
    assert all(one.end <= other.first for one, other in pairwise(found))
    heard = np.flatnonzero(np.concatenate([*mixer.blocks(), np.zeros(1)]))
    for frame in set((heard // mp3.FRAME).tolist()):
        assert any(block.first <= frame < block.end - 1 for block in found)


def test_what_is_said_again_is_one_block_and_needs_no_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = mixer_of([(480, "two"), (2_400, "one"), (2_400, "two")])
    assert len({block.key for block in blocks_of(one, KBIT)}) == 2
    frames(one, tmp_path)
    other = mixer_of([(4_800, "one"), (2_400, "two")])
    assert {block.key for block in blocks_of(other, KBIT)} == {block.key for block in blocks_of(one, KBIT)}
    blocks.silent_frame(KBIT)
    monkeypatch.setattr(blocks, "_encoder", None)
    assert len(frames(other, tmp_path)) == mp3.frames_of(other.total_frames) * mp3.frame_bytes(KBIT)


@pytest.mark.parametrize("change", ["text", "place", "gain", "rate"])
def test_a_key_changes_with_all_that_is_heard(change: str) -> None:
    one, kbit = mixer_of([(48, "two")]), KBIT
    other = mixer_of([(48 + (change == "place"), "one" if change == "text" else "two")])
    if change == "gain":
        other = other.at_gain(0.25)
    if change == "rate":
        kbit = 128
    assert blocks_of(one, KBIT)[0].key != blocks_of(other, kbit)[0].key


def test_silence_between_blocks_is_silence(tmp_path: Path) -> None:
    """At each joint nothing above −80 dBFS that is not in the samples."""
    mixer = mixer_of([(240, "one"), (900, "three"), (3_000, "two"), (960, "one")])
    samples = np.concatenate(list(mixer.blocks()))
    sound = decoded(mixer, frames(mixer, tmp_path), tmp_path)
    assert len(sound) == len(samples)
    near = np.convolve(samples != 0, np.ones(2 * mp3.FRAME + 1), mode="same") > 0
    assert np.abs(sound[~near]).max() < 32_768 * 10 ** (-80 / 20)


def distances_db(samples: np.ndarray, sound: np.ndarray) -> np.ndarray:
    """Return how far a decoded sound is from the samples, second by second, where there is any; its level apart."""
    was, now = samples.astype(float), sound.astype(float)
    now = now * (was @ was) / (was @ now)
    seconds = len(was) // SAMPLE_RATE
    off = np.square(now - was)[: seconds * SAMPLE_RATE].reshape(seconds, -1).mean(axis=1)
    loud = np.square(was)[: seconds * SAMPLE_RATE].reshape(seconds, -1).mean(axis=1)
    return np.asarray(10 * np.log10(off[loud > 1] + 1e-6))


@thorough
@pytest.mark.parametrize(("name", "voice"), [("lower-back-seven", "heart"), ("strong-back", "michael")])
def test_it_is_as_near_to_the_samples_as_one_encoder_comes(tmp_path: Path, name: str, voice: str) -> None:
    """On the whole nearer than ffmpeg's LAME, and second by second what one encoder of our own makes of the whole."""
    order = Order(targets=(name,), voice=voice)
    mixer = mix(compile_order(order), finish_of(order), 0.4455)
    samples = np.concatenate(list(mixer.blocks()))
    ours = distances_db(samples, decoded(mixer, frames(mixer, tmp_path), tmp_path))
    encoder = blocks._encoder(KBIT)
    whole = bytes(encoder.encode(samples.tobytes())) + bytes(encoder.flush())
    farther = ours - distances_db(samples, decoded(mixer, whole, tmp_path)[: len(samples)])
    assert farther.mean() < 0
    assert (farther > 0.5).mean() < 0.003
    assert farther.max() < 0.7
    from coach.audio.ffmpeg import ffmpeg_path

    raw = ["-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "-"]
    coded = ["-c:a", "libmp3lame", "-b:a", f"{KBIT}k", str(tmp_path / "f.mp3")]
    subprocess.run([ffmpeg_path(), "-v", "error", *raw, *coded], input=samples.tobytes(), check=True)
    farther = ours - distances_db(samples, decode(tmp_path / "f.mp3")[: len(samples)])
    assert farther.mean() < -3
    assert (farther > 0.5).mean() < 0.03


def test_two_that_write_at_once_do_each_other_no_harm(tmp_path: Path) -> None:
    mixer = mixer_of([(1_000, text) for text in (*LENGTHS_MS, *LENGTHS_MS)])
    right = frames(mixer, tmp_path / "right")
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: frames(mixer, tmp_path / "shared"), range(8)))
    assert made == [right] * 8
    assert not list((tmp_path / "shared").rglob("*.part"))


@thorough
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_at_any_moment_it_leaves_no_bad_block(tmp_path: Path) -> None:
    """Renders into one cache, killed again and again; then the cache must serve the right file."""
    chance = random.Random(16)
    env = {**os.environ, "COACH_VOICE": "heart"}

    def render(cache: Path, out: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "coach", "render", "five-minutes", "-o", str(out)]
        return subprocess.Popen(command, env={**env, "COACH_CACHE": str(cache)}, stderr=subprocess.DEVNULL)

    assert render(tmp_path / "clean", tmp_path / "right.mp3").wait() == 0
    for number in range(30):
        begun = render(tmp_path / "shared", tmp_path / f"{number}.mp3")
        time.sleep(chance.uniform(0.5, 2.0))
        begun.send_signal(signal.SIGKILL)
        begun.wait()
    shutil.rmtree(tmp_path / "clean")
    assert render(tmp_path / "shared", tmp_path / "last.mp3").wait() == 0
    assert (tmp_path / "last.mp3").read_bytes() == (tmp_path / "right.mp3").read_bytes()


def test_the_folder_is_kept_within_its_limit(tmp_path: Path) -> None:
    mixer = mixer_of([(1_000, text) for text in LENGTHS_MS])
    with encoded(mixer, KBIT, tmp_path, 2, limit_bytes=30_000) as made:
        assert b"".join(made) == frames(mixer, tmp_path / "other")
    assert 0 < sum(size for _, size, _ in kept_in(tmp_path)) <= 30_000
