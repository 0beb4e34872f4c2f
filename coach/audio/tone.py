"""The tone that paces the breath: a soft swell, up in pitch and level through the inhale, down through the exhale.

It is a pure function of the frame: any block from any position has the same samples. Pitch and level run straight (in
semitones and in decibels) from one turn of the breath to the next, so that a turn is heard as a corner, at its moment;
the phase of the wave runs on through it, so that nothing clicks.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coach.audio.ducking import at, curve
from coach.audio.swell import DUCKING, Floats, Swell
from coach.core.breath import HEIGHTS, Phase
from coach.core.timeline import TONE, Cue, Timeline
from coach.units import SAMPLE_RATE

LOW_HZ, HIGH_HZ = 220.0, 330.0
"""A fifth: easy to follow, low enough to be calm, high enough for the loudspeaker of a phone."""
PEAK_DB = -22.0
"""At the top of the breath, well below speech (−3 dB)."""
BOTTOM_DB = -14.0
"""Where the breath turns below, seen from the top."""
PARTIALS = ((1, 0.75), (2, 0.18), (3, 0.07))
"""Multiple and part of the peak: a flute more than a beep."""
FADE_MS = 60
"""At both ends of a hold."""


class Tone(Swell):
    """The tone of one timeline. Only the corners of its curves are kept, however long it is."""

    def __init__(self, timeline: Timeline) -> None:
        spans = [cue for cue in timeline.cues if cue.kind == "breath" and cue.sound == TONE]
        super().__init__(timeline, spans)
        heights = np.array([HEIGHTS[Phase(span.phase or Phase.REST)] for span in spans]).reshape(-1, 2)
        self._low, self._rise = heights[:, 0], heights[:, 1] - heights[:, 0]
        self._turns = _turns(self._starts, self._ends, self._low, self._rise)
        self._fades = curve(_fade_corners(spans))

    def _power(self, index: NDArray[Any], frames: NDArray[Any]) -> Floats:
        amplitude = self._amplitude(index, frames) / 32767.0
        return np.asarray(amplitude**2 * sum(part**2 for _, part in PARTIALS) / 2)

    def _amplitude(self, index: Any, frames: NDArray[Any]) -> Floats:
        height = self._low[index] + self._rise[index] * self._share(index, frames)
        level_db = PEAK_DB + BOTTOM_DB * (1 - height) + self._ducked_db(frames)
        return np.asarray(32767.0 * 10 ** (level_db / 20) * at(self._fades, frames))

    def _span(self, index: int, frames: NDArray[Any]) -> Floats:
        share = self._share(index, frames)
        length_s = (self._ends[index] - self._starts[index]) / SAMPLE_RATE
        turns = self._turns[index] + _glide_turns(self._low[index], self._rise[index], share, length_s)
        angle = 2 * np.pi * (turns % 1.0)
        wave = sum(part * np.sin(multiple * angle) for multiple, part in PARTIALS)
        return np.asarray(self._amplitude(index, frames) * wave)


def _glide_turns(low: float, rise: float, share: Any, length_s: float) -> Any:
    """Return how many times the wave has turned in a share of a glide: the integral of its frequency."""
    interval = np.log(HIGH_HZ / LOW_HZ)
    begin_hz = LOW_HZ * np.exp(interval * low)
    if rise == 0:
        return begin_hz * length_s * share
    # The frequency is begin · e^(k·share); over the length its integral is begin · length · (e^(k·share) − 1) / k.
    return begin_hz * length_s * np.expm1(interval * rise * share) / (interval * rise)


def _turns(starts: NDArray[Any], ends: NDArray[Any], low: Floats, rise: Floats) -> Floats:
    """Return how far the wave has turned at the beginning of each span, so that it goes on where the last one ended."""
    turns = np.zeros(len(starts))
    for index in range(1, len(starts)):
        before = index - 1
        if starts[index] == ends[before]:
            length_s = (ends[before] - starts[before]) / SAMPLE_RATE
            turns[index] = (turns[before] + _glide_turns(low[before], rise[before], 1.0, length_s)) % 1.0
    return turns


def _fade_corners(spans: list[Cue]) -> list[tuple[int, float]]:
    """Return where the tone fades in and out: at both ends of each run of breaths without a gap."""
    corners: list[tuple[int, float]] = []
    for before, after in pairwise([None, *spans, None]):
        if before is not None and after is not None and before.end_ms == after.start_ms:
            continue
        if before is not None:
            fade_ms = min(FADE_MS, (before.end_ms - before.start_ms) // 2)
            corners += [(before.end_ms - fade_ms, 1.0), (before.end_ms, 0.0)]
        if after is not None:
            fade_ms = min(FADE_MS, (after.end_ms - after.start_ms) // 2)
            corners += [(after.start_ms, 0.0), (after.start_ms + fade_ms, 1.0)]
    return corners


def description() -> str:
    """Return everything that affects its sound besides the timeline."""
    return repr((LOW_HZ, HIGH_HZ, PEAK_DB, BOTTOM_DB, PARTIALS, FADE_MS, DUCKING))
