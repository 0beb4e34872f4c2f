from __future__ import annotations

import numpy as np
import pytest

from coach.audio.clip import Clip, measured
from coach.audio.loudness import SPEECH_LUFS
from coach.audio.mixer import CEILING_DB, Mixer
from coach.core.timeline import ClipTiming, Cue, Sound, Timeline
from coach.units import SAMPLE_RATE, db_to_factor, ms_to_frames
from support.listening import loudness_lufs

PCM = (np.sin(np.arange(9_001) * 0.05) * 12_000).astype(np.int16)
BELL = np.full(50_000, 3_000, dtype=np.int16)
CLIPS = {"one": measured(PCM, ClipTiming(205, 0, 50))}
SOUNDS = {sound: measured(BELL, ClipTiming(1134, 0, 0)) for sound in Sound}


def timeline(*cues: Cue, duration_ms: int = 4_000) -> Timeline:
    return Timeline("test", "silent", "4-6", 1000, duration_ms, cues)


def count(start_ms: int) -> Cue:
    return Cue("count", start_ms, start_ms, start_ms + 205, center_ms=start_ms + 50, text="one")


def chime(start_ms: int) -> Cue:
    return Cue("chime", start_ms, start_ms, start_ms + 1134, sound="begin")


TIMELINE = timeline(
    chime(0), Cue("breath", 10, 10, 900, phase="in"), count(333), count(1001), chime(2_900), count(2_950)
)


def mixed(**options: int) -> np.ndarray:
    return np.concatenate(list(Mixer(TIMELINE, CLIPS, SOUNDS).blocks(**options)))


def expected() -> np.ndarray:
    """The plain way: lay each on an array of the whole length."""
    bed = np.zeros(ms_to_frames(4_000) + 60_000, dtype=np.int32)
    for cue in TIMELINE.cues:
        if cue.kind != "breath":
            pcm = PCM if cue.text else BELL
            start = ms_to_frames(cue.start_ms)
            bed[start : start + len(pcm)] += pcm
    return bed[: ms_to_frames(4_000)].astype(np.int16)


@pytest.mark.parametrize("block_frames", [1, 64, 65, 8192, 16_384, 1_000_000])
def test_the_block_size_changes_nothing(block_frames: int) -> None:
    np.testing.assert_array_equal(mixed(block_frames=block_frames), expected())


@pytest.mark.parametrize("start_frame", [0, 1, 20_000, 50_001, 176_399, 176_400])
def test_mixing_from_any_position_gives_the_same_samples(start_frame: int) -> None:
    blocks = list(Mixer(TIMELINE, CLIPS, SOUNDS).blocks(start_frame, block_frames=1_000))
    got = np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.int16)
    np.testing.assert_array_equal(got, expected()[start_frame:])


@pytest.mark.parametrize("gain_db", [0.0, 12.0])
def test_nothing_is_above_the_ceiling_wherever_mixing_begins(gain_db: float) -> None:
    loud = measured((np.sin(np.arange(9_001) * 0.05) * 24_000).astype(np.int16), ClipTiming(205, 0, 50))
    cues = (count(0), chime(50), count(100), count(700))
    mixer = Mixer(timeline(*cues, duration_ms=1_000), {"one": loud}, SOUNDS)
    mixer.gain_db = gain_db
    whole = np.concatenate(list(mixer.blocks()))
    assert np.abs(whole).max() == pytest.approx(32_767 * db_to_factor(CEILING_DB), abs=1)
    for block_frames in (97, 5_000):
        np.testing.assert_array_equal(np.concatenate(list(mixer.blocks(block_frames=block_frames))), whole)
    np.testing.assert_array_equal(np.concatenate(list(mixer.blocks(20_001))), whole[20_001:])


def speech(seconds: float, seed: int, crest: float) -> Clip:
    """Noise in syllables; the larger the crest, the more it peaks."""
    frames = int(SAMPLE_RATE * seconds)
    random = np.random.default_rng(seed)
    syllables = np.abs(np.sin(np.arange(frames) * 2 * np.pi * 2 / SAMPLE_RATE))
    sound = np.convolve(random.normal(size=frames), np.ones(20) / 20, mode="same") * syllables**crest
    return measured((sound / np.abs(sound).max() * 20_000).astype(np.int16), ClipTiming(int(seconds * 1000), 0, 0))


@pytest.mark.parametrize("lufs", [-30.0, -19.0, -15.0])
@pytest.mark.parametrize("crest", [1.0, 2.0])
def test_the_whole_is_as_loud_as_asked_for(lufs: float, crest: float) -> None:
    clips = {name: speech(2.3, seed, crest) for seed, name in enumerate("abc")}
    cues = [
        Cue("speech", start_ms, start_ms, start_ms + 2_300, text=name)
        for start_ms, name in zip((13, 5_117, 20_251), "abc", strict=True)
    ]
    mixer = Mixer(timeline(*cues, chime(23_007), duration_ms=30_000), clips, SOUNDS).at_loudness(lufs)
    whole = np.concatenate(list(mixer.blocks())) / 32_768
    assert loudness_lufs(whole) == pytest.approx(lufs, abs=0.2)
    assert np.abs(whole).max() <= db_to_factor(CEILING_DB) + 1e-4


def test_where_nobody_speaks_signals_are_as_loud_as_beside_a_voice() -> None:
    quiet = {"one": measured(np.zeros(9_001, dtype=np.int16), ClipTiming(205, 0, 50))}
    assert Mixer(TIMELINE, quiet, SOUNDS).at_loudness(-19.0).gain_db == -19.0 - SPEECH_LUFS
