"""The limiter: peaks above a ceiling are turned down, from a little before each to a little after.

What it does to a frame depends on no more than the :data:`REACH_FRAMES` around it, so any block from any position comes
out the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

_STEP = 32
"""Frames that share a gain; between their middles it moves in a straight line."""
_HOLD = 16
"""How many steps on both sides of a peak are turned down with it: 12 ms, longer than a period of the deepest voice, so
that the gain does not move with each."""
_SMOOTH = _HOLD - 1
"""How many steps on both sides the gain is averaged over: one less, so that it is all the way down at the peak."""
REACH_FRAMES = (_HOLD + _SMOOTH + 2) * _STEP
DESCRIPTION = f"limiter 1 {_STEP} {_HOLD} {_SMOOTH}"
"""What changes with what it does."""


def limited(samples: Floats, ceiling: float, first_frame: int = 0) -> Floats:
    """Return samples that stay within ±``ceiling``; the same ones where nothing is above it.

    Args:
        samples: what is to be limited.
        ceiling: above 0.
        first_frame: where the samples begin in the whole: steps are counted from the beginning of that.
    """
    if not len(samples) or max(float(samples.max()), -float(samples.min())) <= ceiling:
        return samples
    before = first_frame % _STEP
    after = -(before + len(samples)) % _STEP
    steps = np.pad(samples, (before, after)).reshape(-1, _STEP)
    peaks = np.maximum(steps.max(axis=1), -steps.min(axis=1))
    needed = ceiling / np.maximum(peaks, ceiling)
    # Nothing is above the ceiling outside. One step more on both sides, for the lines that lead there.
    around = np.pad(needed, _HOLD + _SMOOTH + 1, constant_values=1.0)
    held = _windows(around, _HOLD).min(axis=1)
    gains = _windows(held, _SMOOTH).mean(axis=1)
    # From the middle of each step to that of the next.
    share = (np.arange(_STEP) + 0.5) / _STEP
    lines = (gains[:-1, np.newaxis] + np.diff(gains)[:, np.newaxis] * share).ravel()
    turned_down: Floats = samples * lines[_STEP // 2 + before :][: len(samples)]
    return turned_down


def _windows(steps: Floats, reach: int) -> Floats:
    """Return each step with its neighbours on both sides, except those that lack some."""
    return np.lib.stride_tricks.sliding_window_view(steps, 2 * reach + 1)
