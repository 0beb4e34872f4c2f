"""An ear that knows every clip: what was heard in a recording, and when, whoever played it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import soxr
from numpy.typing import NDArray

from coach.units import SAMPLE_RATE

RATE = 11_025
LIKENESS = 0.9
"""Of a clip and what was heard, 1 for the same: two different words are at 0.5 at most."""


class Heard(NamedTuple):
    """One clip in a recording."""

    at_ms: float
    """When it begins."""
    what: str


def heard_in(recording: NDArray[np.int16], clips: Mapping[str, NDArray[np.int16]]) -> list[Heard]:
    """Return every clip that sounds whole in a recording, in order."""
    sound = soxr.resample(recording.astype(np.float32), SAMPLE_RATE, RATE)
    energy = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    size = 1 << (len(sound) + 4 * RATE).bit_length()
    spectrum = np.fft.rfft(sound, size)
    found: list[tuple[float, int, str]] = []
    for what, pcm in clips.items():
        clip = soxr.resample(pcm.astype(np.float32), SAMPLE_RATE, RATE)
        if len(clip) > len(sound):
            continue
        match = np.fft.irfft(spectrum * np.conj(np.fft.rfft(clip, size)), size)[: len(sound) - len(clip) + 1]
        around = energy[len(clip) :] - energy[: -len(clip)]
        likeness = match / np.sqrt(np.maximum(around, 1e3) * np.sum(np.square(clip, dtype=np.float64)))
        while (best := int(np.argmax(likeness))) is not None and likeness[best] > LIKENESS:
            found.append((float(likeness[best]), best, what))
            likeness[max(0, best - len(clip) // 2) : best + len(clip) // 2] = 0
    # Where two clips claim the same moment, the likelier has it.
    kept: list[Heard] = []
    for _, frame, what in sorted(found, reverse=True):
        at_ms = frame * 1000 / RATE
        if all(abs(at_ms - other.at_ms) > 100 for other in kept):
            kept.append(Heard(at_ms, what))
    return sorted(kept)
