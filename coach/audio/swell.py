"""What swells with the breath, made while mixing: a pure function of the frame, over the breaths of a timeline."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coach.audio.ducking import Ducking, at, duck_curve
from coach.core.timeline import Cue, Timeline
from coach.units import ms_to_frames

Floats = NDArray[np.float64]

DUCKING = Ducking(under_db=-15.0, attack_ms=80, release_ms=300, between_db=-7.0, near_ms=1_500)


class Swell(ABC):
    """Sounds in spans of a timeline, and gives way to the voice; a subclass says how a span sounds."""

    def __init__(self, timeline: Timeline, spans: Sequence[Cue]) -> None:
        """Take a timeline, and its breaths that are heard, in their order."""
        self._starts = np.array([ms_to_frames(span.start_ms) for span in spans], dtype=np.int64)
        self._ends = np.array([ms_to_frames(span.end_ms) for span in spans], dtype=np.int64)
        self._ducks = duck_curve(timeline, DUCKING)

    def block(self, start: int, end: int) -> Floats | None:
        """Return the samples from a frame up to another, full scale at 32767; ``None`` if it is silent."""
        first = int(np.searchsorted(self._ends, start, side="right"))
        last = int(np.searchsorted(self._starts, end, side="left"))
        if first >= last:
            return None
        total = np.zeros(end - start)
        for index in range(first, last):
            low, high = max(start, int(self._starts[index])), min(end, int(self._ends[index]))
            total[low - start : high - start] = self._span(index, np.arange(low, high))
        return total

    def powers(self, frames: NDArray[Any]) -> Floats:
        """Return its momentary power at some frames, full scale at 1."""
        powers = np.zeros(len(frames))
        index = np.searchsorted(self._ends, frames, side="right")
        sounds = index < len(self._starts)
        sounds[sounds] = self._starts[index[sounds]] <= frames[sounds]
        powers[sounds] = self._power(index[sounds], frames[sounds])
        return powers

    @abstractmethod
    def _span(self, index: int, frames: NDArray[Any]) -> Floats:
        """Return the samples of a span at frames inside it, full scale at 32767."""

    @abstractmethod
    def _power(self, index: NDArray[Any], frames: NDArray[Any]) -> Floats:
        """Return the power at frames, each inside a span, full scale at 1."""

    def _share(self, index: Any, frames: NDArray[Any]) -> Floats:
        """Return which share of its span is over at each frame."""
        return np.asarray((frames - self._starts[index]) / (self._ends[index] - self._starts[index]))

    def _ducked_db(self, frames: NDArray[Any]) -> Floats:
        """Return by how much it gives way at each frame."""
        return at(self._ducks, frames)
