"""A noise that breathes: it swells and fades with each breath in, brighter as it fills, and, darker, with each out.

Of three sounds tried by 18 people, noise that mimics breathing helped the ratio of the breath most, and nature was the
pleasantest (preliminary results: doi 10.3389/fpsyg.2021.623110). While the breath is held or rests, there is silence.

It is a pure function of the frame: two loops of noise, one dark and one bright, made once from a fixed seed.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coach.audio.loudness import weighted_power
from coach.audio.swell import DUCKING, Floats, Swell
from coach.core.breath import Phase
from coach.core.timeline import BREATH_NOISE, Timeline
from coach.units import SAMPLE_RATE, db_to_factor

LOOP_S = 7
"""Longer than the ear remembers noise; neither of the two repeats within a breath."""
DARK_HZ, BRIGHT_HZ = (150.0, 700.0), (500.0, 2800.0)
"""The bands of the two, between their slopes."""
SLOPE = 2
"""How steeply they end: the power of the frequency."""
TOP_DB = -29.0
"""Its K-weighted level at the top of a breath, as loud as the tone."""
SHAPE = 0.7
"""The swell is half a sine to this power: it is soon there, and lingers."""
BRIGHTNESS = {Phase.IN: (0.25, 0.85), Phase.OUT: (0.6, 0.0)}
"""How much of the bright one is in it at the beginning and at the end of a phase, from 0 to 1."""
_SEED = 2021


class BreathNoise(Swell):
    """The noise of one timeline."""

    def __init__(self, timeline: Timeline) -> None:
        spans = [cue for cue in timeline.cues if cue.kind == "breath" and cue.sound == BREATH_NOISE]
        heard = [cue for cue in spans if Phase(cue.phase or Phase.REST) in BRIGHTNESS]
        super().__init__(timeline, heard)
        bright = np.array([BRIGHTNESS[Phase(cue.phase or "")] for cue in heard]).reshape(-1, 2)
        self._bright, self._brightening = bright[:, 0], bright[:, 1] - bright[:, 0]

    def _span(self, index: int, frames: NDArray[Any]) -> Floats:
        dark, bright = self._parts(index, frames)
        dark_loop, bright_loop = _loops()
        place = frames % len(dark_loop)
        return np.asarray(32767 * (dark * dark_loop[place] + bright * bright_loop[place]))

    def _power(self, index: NDArray[Any], frames: NDArray[Any]) -> Floats:
        dark, bright = self._parts(index, frames)
        # Each loop has the power of the top, K-weighted; they have nothing in common.
        return np.asarray((dark**2 + bright**2) * db_to_factor(2 * TOP_DB))

    def _parts(self, index: Any, frames: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return by what the dark and the bright loop are multiplied."""
        share = self._share(index, frames)
        swell = np.sin(np.pi * np.clip(share, 0, 1)) ** SHAPE * 10 ** (self._ducked_db(frames) / 20)
        bright = self._bright[index] + self._brightening[index] * share
        return np.asarray(swell * np.sqrt(1 - bright)), np.asarray(swell * np.sqrt(bright))


@functools.cache
def _loops() -> tuple[Floats, Floats]:
    """Return both loops, full scale at 1, each with the K-weighted power of the top."""
    random = np.random.Generator(np.random.PCG64(_SEED))
    return _loop(random, DARK_HZ), _loop(random, BRIGHT_HZ)


def _loop(random: np.random.Generator, band_hz: tuple[float, float]) -> Floats:
    """Return noise in a band that ends where it begins: it is made of waves that fit into the loop."""
    length = LOOP_S * SAMPLE_RATE
    hz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    low_hz, high_hz = band_hz
    gain = (hz / low_hz) ** SLOPE / (1 + (hz / low_hz) ** SLOPE) / (1 + (hz / high_hz) ** SLOPE)
    # Pink: as much in each octave, as a breath and the sea have it.
    spectrum = gain / np.sqrt(np.maximum(hz, 1.0)) * np.exp(2j * np.pi * random.random(len(hz)))
    spectrum[0] = spectrum[-1] = 0
    loop: Floats = np.fft.irfft(spectrum, length)
    loop /= np.abs(loop).max() * 2
    loop *= np.sqrt(db_to_factor(2 * TOP_DB) / float(weighted_power(loop).mean()))
    return loop


def description() -> str:
    """Return everything that affects its sound besides the timeline."""
    return repr((LOOP_S, DARK_HZ, BRIGHT_HZ, SLOPE, TOP_DB, SHAPE, BRIGHTNESS, DUCKING, _SEED))
