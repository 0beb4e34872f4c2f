"""A signal that counts: every frame that is heard tells where it comes from."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

PERIOD = 30_011
"""The signal counts from 1 to here, again and again: so each frame that is heard tells where it comes from."""
HAS_SIMPLEAUDIO = importlib.util.find_spec("simpleaudio") is not None or bool(os.environ.get("COACH_CI"))
"""Where it is not, what needs it is skipped; where ``COACH_CI`` is set it runs and fails."""

_LONG = np.tile(np.arange(1, PERIOD + 1, dtype="<i2"), 60).tobytes()


def signal_at(first: int, frames: int) -> bytes:
    """Return a part of the signal, without an operation for which NumPy would let go of Python's lock."""
    return _LONG[2 * first : 2 * (first + frames)]


class Signal:
    """Gives the counting signal, or silence while it is told to be silent."""

    def __init__(self) -> None:
        self.position = 0
        self.silent = False

    def read(self, frames: int) -> bytes:
        if self.silent:
            return bytes(2 * frames)
        block = signal_at(self.position, frames)
        self.position += frames
        return block


def is_the_signal(heard: NDArray[np.int16]) -> bool:
    """Whether it is the signal from its first frame, with nothing lost, doubled or changed."""
    return len(heard) > 0 and heard.tobytes() == signal_at(0, len(heard))


def wait_until(is_so: Callable[[], object], within_s: float) -> float:
    """Wait until something is so; return how long that took."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < within_s, "it did not come to be"
        time.sleep(0.005)
    return time.monotonic() - begun


def without_silence(heard: NDArray[np.int16]) -> NDArray[np.int16]:
    return heard[heard != 0]
