"""Ducking: what sounds beside the voice gives way to it, and comes back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coach.core.timeline import Timeline
from coach.units import ms_to_frames

Curve = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Frames and values of corners, with straight lines between them: as ``np.interp`` takes them."""


@dataclass(frozen=True)
class Ducking:
    """How something gives way to the voice. Levels in decibels, 0 being where it is alone."""

    under_db: float
    """While the voice speaks."""
    attack_ms: int
    """How long before the first sound of a word it begins to give way."""
    release_ms: int
    """How long after the last sound it takes to return."""
    between_db: float
    """Between words that follow soon, as counts do, it comes back only this far: so it does not pump."""
    near_ms: int
    """How soon is soon."""


def duck_curve(timeline: Timeline, how: Ducking) -> Curve:
    """Return the level, in decibels, over the frames of a timeline."""
    spoken = sorted((cue.start_ms, cue.end_ms) for cue in timeline.cues if cue.text is not None)
    joined: list[tuple[int, int]] = []
    for start_ms, end_ms in spoken:
        if joined and start_ms - joined[-1][1] <= how.attack_ms + how.release_ms:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_ms))
        else:
            joined.append((start_ms, end_ms))
    corners: list[tuple[int, float]] = []
    before_db = 0.0
    for (start_ms, end_ms), after in zip_longest(joined, joined[1:]):
        after_db = how.between_db if after is not None and after[0] - end_ms < how.near_ms else 0.0
        corners += [(start_ms - how.attack_ms, before_db), (start_ms, how.under_db), (end_ms, how.under_db)]
        corners.append((end_ms + how.release_ms, after_db))
        before_db = after_db
    return curve(corners)


def curve(corners: list[tuple[int, float]]) -> Curve:
    """Return a curve through corners given in milliseconds; 0 everywhere if there are none."""
    frames = np.array([ms_to_frames(ms) for ms, _ in corners] or [0], dtype=np.int64)
    return frames, np.array([value for _, value in corners] or [0.0])


def at(points: Curve, frames: NDArray[Any]) -> NDArray[np.float64]:
    """Return the values of a curve at some frames."""
    values: NDArray[np.float64] = np.interp(frames, *points)
    return values
