from __future__ import annotations

import numpy as np
import pytest

from coach.clip import measured
from coach.core.timeline import ClipTiming, Cue, Sound, Timeline
from coach.mixer import Mixer
from coach.units import ms_to_frames

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


@pytest.mark.parametrize("start_frames", [0, 1, 20_000, 50_001, 176_399, 176_400])
def test_mixing_from_any_position_gives_the_same_samples(start_frames: int) -> None:
    blocks = list(Mixer(TIMELINE, CLIPS, SOUNDS).blocks(start_frames, 1_000))
    got = np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.int16)
    np.testing.assert_array_equal(got, expected()[start_frames:])


def test_full_scale_is_never_wrapped_around() -> None:
    loud = measured(np.full(100, 30_000, dtype=np.int16), ClipTiming(3, 0, 0))
    both = timeline(count(0), count(0), duration_ms=10)
    assert next(Mixer(both, {"one": loud}, SOUNDS).blocks())[:100].tolist() == [32_767] * 100
