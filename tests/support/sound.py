"""Sounds made up for tests, the same each time: a mix for the encoder, and noise in a file."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from coach.units import SAMPLE_RATE


class Mix:
    """Samples as the encoder takes them."""

    def __init__(self, samples: np.ndarray) -> None:
        self.total_frames = len(samples)
        self._samples = samples

    def blocks(self, start_frame: int = 0, end_frame: int | None = None) -> Iterator[np.ndarray]:
        yield from np.array_split(self._samples[start_frame:end_frame], 7)


def babble(seconds: float, seed: int = 0) -> Mix:
    frames = int(SAMPLE_RATE * seconds)
    random = np.random.default_rng(seed)
    loudness = np.repeat(random.random(frames // 9_000 + 1) ** 3, 9_000)[:frames]
    sound = np.convolve(random.normal(size=frames), np.ones(40) / 40, mode="same")
    return Mix((sound * loudness * 20_000).clip(-32_000, 32_000).astype(np.int16))


def noise(seconds: float, rate: int = SAMPLE_RATE, seed: int = 0) -> np.ndarray:
    white = np.random.default_rng(seed).normal(size=int(rate * seconds))
    return np.convolve(white, np.ones(6) / 6, mode="same") * 6_000


def file_of(folder: Path, sound: np.ndarray, rate: int = SAMPLE_RATE, channels: int = 1) -> Path:
    path = folder / "rain.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(np.rint(sound).astype("<i2"), channels).tobytes())
    return path
