"""The perceptual centre of a clip: the moment it is felt to fall.

Counts aligned by their first sound are heard as uneven, because “six” is felt when its vowel comes and not when its “s”
begins (Morton, Marcus & Frankish 1976, *Perceptual centers*, Psychological Review 83). The estimator is that of
Cummins & Port (1998, *Rhythmic constraints on stress timing in English*, Journal of Phonetics 26): the energy of the
vowels' band, smoothed at 10 Hz, and of its first big rise the middle between 10 % and 90 %.

Their band begins at 700 Hz and fails where an r moves the second formant into it: it then hears the r of “rest”
(espeak-ng) instead of its vowel, 0.1 s too early, and that of “four” (a neural voice), 0.15 s too late. Ours reaches
down to the first formant and does not. ``tests/benchmarks/centres.py`` shows it, next to Marcus's formula.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Band = tuple[float, float]
PAPER_HZ: Band = (700.0, 1300.0)
"""The band of the paper: much of the vowels, little of the consonants' noise."""
BAND_HZ: Band = (500.0, 1300.0)
"""Ours: down to where the first formant of every vowel reaches."""
SMOOTH_HZ = 10.0
"""Syllables come at up to ten a second; anything faster is not rhythm."""
BIG_RISE = 0.55
"""A rise is big when it is at least this part of the loudest moment near the start: a small one before the stressed
vowel, as in the first syllable of “eleven”, is not the beat."""
NEAR_START_S = 0.25
"""How far “near the start” reaches: “twenty-three” is felt where “twenty” is, “breathe out” where “breathe” is, however
loud what follows."""

NEAR_START_WPM = 145.0
"""At this speaking rate; at another, words are shorter or longer, and so is “near”."""

LONGEST_S = 1.9
"""A centre lies in the first word: no more of a clip is looked at."""
_EVERY = 4
_PAD_S = 0.5  # silence on both sides, so that smoothing does not wrap around


def perceptual_centre_frames(samples: NDArray[Any], rate: int, wpm: float = NEAR_START_WPM) -> int:
    """Return the frame of the perceptual centre of what is spoken at ``wpm`` words a minute; 0 for silence."""
    return centre_in_band(Spectrum(samples, rate), BAND_HZ, NEAR_START_S * NEAR_START_WPM / wpm)


def centre_spread_ms(samples: NDArray[Any], rate: int, wpm: float = NEAR_START_WPM) -> float:
    """Return how far the centre moves if what decides it is taken a little differently, in milliseconds.

    In most clips it moves by less than one. If it moves far, the clip lies on an edge: two rises are nearly alike, or
    one rises in two steps, and a coder or a loudspeaker may tip it over.
    """
    spectrum, near_s = Spectrum(samples, rate), NEAR_START_S * NEAR_START_WPM / wpm
    ways = [(BAND_HZ, BIG_RISE + off) for off in (-0.05, 0.0, 0.05)]
    ways += [(band, BIG_RISE) for band in ((470.0, 1300.0), (530.0, 1300.0), (500.0, 1220.0))]
    found = [centre_in_band(spectrum, band, near_s, big_rise) for band, big_rise in ways]
    return (max(found) - min(found)) * 1000 / rate


class Spectrum:
    """The beginning of a clip in the frequency domain, with silence on both sides so that nothing wraps around."""

    def __init__(self, samples: NDArray[Any], rate: int) -> None:
        begin = samples[: int(LONGEST_S * rate)].astype(np.float64)
        self.frames = len(begin)
        pad = int(_PAD_S * rate)
        # A power of two is the length a Fourier transform is quickest at.
        length = 1 << (self.frames + 2 * pad - 1).bit_length()
        # From here on every fourth frame is enough: what lies above is outside the band that is looked at.
        self.length = length // _EVERY
        self.rate = rate / _EVERY
        self.pad = pad / _EVERY
        self.values = np.fft.rfft(np.pad(begin, (pad, length - self.frames - pad)))[: self.length // 2 + 1]
        self.frequencies = np.fft.rfftfreq(self.length, 1 / self.rate)

    def envelope(self, band: Band) -> NDArray[Any]:
        """Return how the energy of a band moves: band-passed, rectified, smoothed, with no phase shift.

        The filters are those of the paper, Butterworth of first order (band) and fourth order (smoothing), run forward
        and backward; in the frequency domain that is the square of their gain and no shift.
        """
        low_hz, high_hz = band
        offset = self.frequencies**2 - low_hz * high_hz
        # First-order band-pass: 1 / (1 + ((f² − f0²) / (f · width))²), written so that f = 0 needs no exception.
        width = (self.frequencies * (high_hz - low_hz)) ** 2
        passed = np.fft.irfft(self.values * (width / (width + offset**2)), self.length)
        smooth = 1 / (1 + (self.frequencies / SMOOTH_HZ) ** 8)
        envelope: NDArray[Any] = np.fft.irfft(np.fft.rfft(np.abs(passed)) * smooth, self.length)
        return envelope


def centre_in_band(spectrum: Spectrum, band: Band, near_s: float = NEAR_START_S, big_rise: float = BIG_RISE) -> int:
    """Return the frame of Cummins & Port's estimate in one band; 0 for silence."""
    rate, pad = spectrum.rate, spectrum.pad
    envelope = spectrum.envelope(band)
    loudest = float(envelope.max())
    if loudest <= 1e-9:  # noqa: PLR2004 - silence, up to rounding
        return 0
    start = int(np.argmax(envelope >= 0.1 * loudest))
    loudest = float(envelope[start : start + int(near_s * rate)].max())
    slope = np.sign(np.diff(envelope))
    valleys = np.flatnonzero((slope[:-1] <= 0) & (slope[1:] > 0)) + 1
    peaks = np.flatnonzero((slope[:-1] > 0) & (slope[1:] <= 0)) + 1
    for peak in peaks:
        before = valleys[valleys < peak]
        valley = int(before[-1]) if len(before) else 0
        rise = float(envelope[peak] - envelope[valley])
        if rise >= big_rise * loudest:
            climb = envelope[valley : peak + 1] - envelope[valley]
            middle = (int(np.argmax(climb >= 0.1 * rise)) + int(np.argmax(climb >= 0.9 * rise))) / 2
            return max(0, min(spectrum.frames - 1, round((valley + middle - pad) * _EVERY)))
    return 0
