"""An ear for tests: decodes a file and measures when things are heard, by means of its own (SciPy's filters)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from coach.ffmpeg import ffmpeg_path

RATE = 44_100
Samples = NDArray[np.float64]


def decode(path: Path, rate: int = RATE) -> Samples:
    """Decode any audio file to mono, full scale at ±1."""
    command = [ffmpeg_path(), "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", str(rate), "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, dtype="<i2").astype(np.float64) / 32768


def window(samples: Samples, start_ms: float, end_ms: float) -> tuple[Samples, float]:
    """Return a part of the samples and the time, in milliseconds, at which it begins."""
    first = max(0, int(start_ms * RATE / 1000))
    return samples[first : int(end_ms * RATE / 1000)], first * 1000 / RATE


def onset_ms(samples: Samples, start_ms: float, end_ms: float, level_db: float = -40.0) -> float:
    """Return when the sound in a window is first heard: its level comes within ``level_db`` of its loudest moment."""
    part, begin_ms = window(samples, start_ms, end_ms)
    width = RATE * 5 // 1000
    level = np.sqrt(np.convolve(part**2, np.ones(width) / width, mode="same"))
    return begin_ms + float(np.argmax(level >= level.max() * 10 ** (level_db / 20))) * 1000 / RATE


def centre_ms(samples: Samples, start_ms: float, end_ms: float) -> float:
    """Return the perceptual centre in a window after Cummins & Port (1998), with SciPy's Butterworth filters."""
    part, begin_ms = window(samples, start_ms, end_ms)
    pad = RATE // 2
    band = sosfiltfilt(butter(1, [700, 1300], "bandpass", fs=RATE, output="sos"), np.pad(part, pad))
    smooth = sosfiltfilt(butter(4, 10, fs=RATE, output="sos"), np.abs(band))
    slope = np.diff(smooth)
    valley = 0
    for index in range(1, len(slope)):
        if slope[index - 1] <= 0 < slope[index]:
            valley = index
        rise = smooth[index] - smooth[valley]
        if slope[index - 1] > 0 >= slope[index] and rise >= 0.5 * smooth.max():
            climb = smooth[valley : index + 1] - smooth[valley]
            middle = valley + (np.argmax(climb >= 0.1 * rise) + np.argmax(climb >= 0.9 * rise)) / 2
            return begin_ms + (middle - pad) * 1000 / RATE
    raise AssertionError("nothing rises in this window")
