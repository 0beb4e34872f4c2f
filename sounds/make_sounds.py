"""Makes the chimes: ``python sounds/make_sounds.py`` writes them beside this file, the same bytes every time.

Each is a row of strikes, on a small bell for the signals of a routine, on wood for those of the breath. A strike is a
sum of partials near those of a struck bar, the higher the quieter and the sooner gone, with a raised-cosine attack (no
click) and a fade at the end to exact silence (no click).
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
PEAK_DB = -12.0
"""Speech peaks at −3 dB at most: together they stay below full scale."""
ATTACK_MS = 6
FADE_MS = 60

BREATH_PEAK_DB = -16.0
"""The sounds of the breath come every few seconds."""

# Ratio to the fundamental, level, and how fast it dies (1 is as the fundamental).
METAL = ((1.0, 1.0, 1.0), (2.0, 0.35, 1.5), (2.76, 0.18, 2.2), (4.07, 0.08, 3.2), (5.40, 0.05, 4.5))
WOOD = ((1.0, 1.0, 1.0), (3.93, 0.3, 2.0), (9.2, 0.05, 4.0))


@dataclass(frozen=True)
class Strike:
    """One touch of the bell."""

    at_ms: int
    hz: float
    level: float = 1.0


@dataclass(frozen=True)
class Bell:
    """A sound file: strikes, how long it rings (to −60 dB), and how long the file is."""

    strikes: tuple[Strike, ...]
    ring_ms: int
    length_ms: int
    partials: tuple[tuple[float, float, float], ...] = METAL
    peak_db: float = PEAK_DB


A3, C4, D4, G4, A4, C5, E5, G5, A5 = 220.00, 261.63, 293.66, 392.00, 440.00, 523.25, 659.26, 783.99, 880.00

BELLS = {
    # One clear middle strike: attend.
    "begin": Bell((Strike(0, E5),), 1700, 1800),
    # The same high note twice, quickly: the other side.
    "change": Bell((Strike(0, A5, 0.9), Strike(240, A5)), 1200, 1500),
    # Two notes falling: let go.
    "end": Bell((Strike(0, G5, 0.8), Strike(320, C5)), 1500, 1900),
    # Three low notes falling, long: finished.
    "close": Bell((Strike(0, C5, 0.7), Strike(700, G4, 0.85), Strike(1400, C4)), 3600, 5200),
    # Two quick notes rising: in. One low note: out. One short tick: hold, or rest.
    "in": Bell((Strike(0, D4, 0.9), Strike(130, A4)), 450, 700, WOOD, BREATH_PEAK_DB),
    "out": Bell((Strike(0, A3),), 600, 700, WOOD, BREATH_PEAK_DB),
    "pause": Bell((Strike(0, G5),), 200, 300, WOOD, BREATH_PEAK_DB - 4),
    # Two light touches, rising: understood.
    "heard": Bell((Strike(0, C5, 0.8), Strike(90, E5)), 220, 400, WOOD, BREATH_PEAK_DB - 2),
}


def ring(bell: Bell) -> NDArray[np.int16]:
    """Return the samples of a sound."""
    total = np.zeros(RATE * bell.length_ms // 1000)
    for strike in bell.strikes:
        start = RATE * strike.at_ms // 1000
        seconds = np.arange(len(total) - start) / RATE
        tone = np.zeros_like(seconds)
        for ratio, level, haste in bell.partials:
            decay = np.exp(-np.log(1000) * seconds * haste * 1000 / bell.ring_ms)
            tone += level * decay * np.sin(2 * np.pi * strike.hz * ratio * seconds)
        attack = RATE * ATTACK_MS // 1000
        tone[:attack] *= np.sin(np.linspace(0, np.pi / 2, attack)) ** 2
        total[start:] += strike.level * tone
    fade = RATE * FADE_MS // 1000
    total[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade)) ** 2
    total *= 10 ** (bell.peak_db / 20) / np.abs(total).max()
    return np.rint(total * 32767).astype("<i2")


def write(folder: Path) -> None:
    """Write every sound into a folder."""
    for name, bell in BELLS.items():
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(ring(bell).tobytes())


if __name__ == "__main__":
    write(Path(__file__).parent)
