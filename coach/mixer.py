"""The mixer: a timeline and its clips become blocks of samples, from any position, in linear time.

The encoder and a player eat the same blocks, so what is rendered is what is played.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from coach.clip import Clip
from coach.core.timeline import TONE, Sound, Timeline
from coach.tone import Tone
from coach.units import ms_to_frames

if TYPE_CHECKING:
    from coach.clip import Pcm

BLOCK_FRAMES = 16_384
"""About a third of a second: memory stays small, and a player need not wait."""


class Mixer:
    """Mixes a timeline. No more than a block and the clips themselves are in memory."""

    def __init__(self, timeline: Timeline, clips: Mapping[str, Clip], sounds: Mapping[Sound, Clip]) -> None:
        self.total_frames = ms_to_frames(timeline.duration_ms)
        # (first frame, samples) in the order in which they start
        self._parts: list[tuple[int, Pcm]] = []
        for cue in timeline.cues:
            if cue.text is not None:
                self._parts.append((ms_to_frames(cue.start_ms), clips[cue.text].pcm))
            elif cue.kind == "chime":
                self._parts.append((ms_to_frames(cue.start_ms), sounds[Sound(cue.sound or "")].pcm))
        self._tone = Tone(timeline) if any(cue.sound == TONE for cue in timeline.cues) else None

    def blocks(self, start_frames: int = 0, block_frames: int = BLOCK_FRAMES) -> Iterator[Pcm]:
        """Yield the routine from a frame on, block by block; the last block is shorter."""
        import numpy as np

        limits = np.iinfo(np.int16)
        pending = iter(self._parts)
        upcoming = next(pending, None)
        sounding: list[tuple[int, Pcm]] = []
        for block_start in range(start_frames, self.total_frames, block_frames):
            block_end = min(block_start + block_frames, self.total_frames)
            while upcoming is not None and upcoming[0] < block_end:
                sounding.append(upcoming)
                upcoming = next(pending, None)
            sounding = [part for part in sounding if part[0] + len(part[1]) > block_start]
            block = np.zeros(block_end - block_start, dtype=np.int32)
            for first, pcm in sounding:
                low, high = max(first, block_start), min(first + len(pcm), block_end)
                block[low - block_start : high - block_start] += pcm[low - first : high - first]
            tone = self._tone.block(block_start, block_end) if self._tone is not None else None
            if tone is not None:
                block += np.rint(tone).astype(np.int32)
            # Levels are set so that this never bites: speech at −3 dBFS, a chime at −12, the tone under both.
            yield np.clip(block, limits.min, limits.max).astype(np.int16)
