"""The mixer: a timeline and its clips become blocks of samples, from any position, in linear time.

The encoder and a player eat the same blocks, so what is rendered is what is played.
"""

from __future__ import annotations

import copy
import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from coach.audio import limiter
from coach.audio.clip import Clip, Pcm
from coach.audio.limiter import REACH_FRAMES, limited
from coach.audio.loudness import SPEECH_LUFS, STEP_FRAMES, changed_power, integrated_lufs
from coach.core.timeline import Sound, Timeline
from coach.units import db_to_factor, ms_to_frames

BLOCK_FRAMES = 16_384
"""About a third of a second: memory stays small, and a player need not wait."""
CEILING_DB = -2.2
"""No sample is above this. Between samples, and by a lossy encoder, it becomes a little more: −1 dBTP is kept."""
_CEILING = 32767 * db_to_factor(CEILING_DB)
_ROUNDS = 5
_EXACT_LU = 0.02
_HARDLY_DB = 1.0
"""A clip whose peaks are turned down by no more than this is as loud as it was."""
GAIN_STEP_DB = 0.25
"""The gain of a routine moves in such steps, so that what is said in many is the same samples in most."""


class Source(Protocol):
    """What sounds beside the clips: a pure function of the frame."""

    def block(self, start: int, end: int) -> NDArray[Any] | None:
        """Return the samples from a frame up to another, full scale at 32767; ``None`` if it is silent."""

    def powers(self, frames: NDArray[Any]) -> NDArray[Any]:
        """Return its power at some frames, K-weighted, full scale at 1."""


class Mixer:
    """Mixes a timeline. No more than a block and the clips themselves are in memory; any number of threads may ask."""

    def __init__(
        self,
        timeline: Timeline,
        clips: Mapping[str, Clip],
        sounds: Mapping[Sound, Clip],
        sources: Sequence[Source] = (),
    ) -> None:
        self.total_frames = ms_to_frames(timeline.duration_ms)
        # (first frame, clip) in the order in which they start
        self._parts: list[tuple[int, Clip]] = []
        for cue in timeline.cues:
            if cue.text is not None:
                self._parts.append((ms_to_frames(cue.start_ms), clips[cue.text]))
            elif cue.kind == "chime":
                self._parts.append((ms_to_frames(cue.start_ms), sounds[Sound(cue.sound or "")]))
        self._starts = [first for first, _ in self._parts]
        self._longest = max((clip.frames for _, clip in self._parts), default=0)
        self._sources = tuple(sources)
        self._speaks = any(clips[cue.text].power.any() for cue in timeline.cues if cue.text is not None)
        self.gain_db = 0.0
        """By how much everything is louder than its clips are."""

    def at_loudness(self, lufs: float) -> Mixer:
        """Return the same mix at the gain that brings the whole nearest to an integrated loudness (mono).

        If the clips are silent, signals are as loud as they are beside a voice.
        """
        other = copy.copy(self)
        other.gain_db = lufs - SPEECH_LUFS
        for _ in range(_ROUNDS if self._speaks else 0):
            # What the limiter takes away depends on the gain: so ask again.
            more_db = lufs - integrated_lufs(other.powers())
            other.gain_db += more_db
            if abs(more_db) < _EXACT_LU:
                break
        other.gain_db = round(other.gain_db / GAIN_STEP_DB) * GAIN_STEP_DB
        return other

    def at_gain(self, gain_db: float) -> Mixer:
        """Return the same mix, louder than its clips by a gain."""
        other = copy.copy(self)
        other.gain_db = gain_db
        return other

    def powers(self) -> NDArray[np.float32]:
        """Return the power of the whole in steps of 10 ms, K-weighted, full scale at 1."""
        steps = -(-self.total_frames // STEP_FRAMES)
        longest = max((len(clip.power) for _, clip in self._parts), default=0)
        powers = np.zeros(steps + longest + 1, dtype=np.float32)
        held: dict[int, NDArray[Any]] = {}
        for first, clip in self._parts:
            if id(clip) not in held:
                held[id(clip)] = self._held_power(clip)
            power = held[id(clip)]
            # A clip begins within a step, and shares each of its own between two.
            step, late = divmod(first, STEP_FRAMES)
            share = late / STEP_FRAMES
            powers[step : step + len(power)] += power * (1 - share)
            powers[step + 1 : step + 1 + len(power)] += power * share
        if self._sources:
            middles = np.arange(steps) * STEP_FRAMES + STEP_FRAMES // 2
            total = sum(source.powers(middles) for source in self._sources)
            powers[:steps] += total * db_to_factor(2 * self.gain_db)
        return powers[:steps]

    @property
    def has_sources(self) -> bool:
        """Whether anything sounds beside the clips."""
        return bool(self._sources)

    def sounding(self, apart: int) -> Iterator[tuple[int, int]]:
        """Yield from which frame to which clips sound; what is at most so many frames apart is one."""
        begin = end = -1
        for first, clip in self._parts:
            if not clip.power.any():
                continue
            if begin >= 0 and first - end > apart:
                yield begin, end
                begin = -1
            begin = first if begin < 0 else begin
            end = max(end, first + clip.frames)
        if begin >= 0:
            yield begin, end

    def digest(self, start: int, end: int) -> str:
        """Return what changes with the clips' samples from a frame up to another, wherever that lies."""
        first, last = bisect_left(self._starts, start - self._longest), bisect_left(self._starts, end)
        heard = [(at - start, clip.digest) for at, clip in self._parts[first:last] if at + clip.frames > start]
        made_of = (self.gain_db, _CEILING, limiter.DESCRIPTION, heard)
        return hashlib.sha256(repr(made_of).encode()).hexdigest()

    def _held_power(self, clip: Clip) -> NDArray[Any]:
        """Return the power of a clip at this gain, with what the limiter leaves of it."""
        power = clip.power.astype(np.float64) * db_to_factor(2 * self.gain_db)
        if clip.peak * db_to_factor(self.gain_db) <= _CEILING * db_to_factor(_HARDLY_DB):
            return power
        loud = clip.pcm.astype(np.float32) * np.float32(db_to_factor(self.gain_db))
        quieter = limited(loud, _CEILING)
        return power if quieter is loud else changed_power(power, loud, quieter)

    def blocks(
        self, start_frame: int = 0, end_frame: int | None = None, block_frames: int = BLOCK_FRAMES
    ) -> Iterator[Pcm]:
        """Yield the routine from a frame on, up to another or the end, block by block; the last block is shorter."""
        end_frame = self.total_frames if end_frame is None else end_frame
        for start in range(start_frame, end_frame, block_frames):
            yield self.block(start, min(start + block_frames, end_frame))

    def block(self, start: int, end: int) -> Pcm:
        """Return the samples from a frame up to another; silence where nothing is."""
        # What is above the ceiling is turned down with what is near: so a little is mixed on both sides.
        before = min(start, REACH_FRAMES)
        low, high = start - before, end + REACH_FRAMES
        mixed = self._mixed(low, high)
        if mixed is None:
            return np.zeros(end - start, dtype=np.int16)
        held = limited(mixed, _CEILING, low)
        pcm: Pcm = np.rint(held[before : before + end - start]).astype(np.int16)
        return pcm

    def _mixed(self, low: int, high: int) -> NDArray[Any] | None:
        first = bisect_left(self._starts, low - self._longest)
        last = bisect_left(self._starts, high)
        parts = [(at, clip.pcm) for at, clip in self._parts[first:last] if at + clip.frames > low]
        blocks = [block for source in self._sources if (block := source.block(low, high)) is not None]
        if not parts and not blocks:
            return None
        mixed = np.zeros(high - low, dtype=np.float32)
        for at, pcm in parts:
            begin, end = max(at, low), min(at + len(pcm), high)
            mixed[begin - low : end - low] += pcm[begin - at : end - at]
        for block in blocks:
            mixed += block
        mixed *= np.float32(db_to_factor(self.gain_db))
        return mixed
