"""Clips: the audio of one text, trimmed and measured.

Everything here is in frames of :data:`coach.units.SAMPLE_RATE`, mono, 16 bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coach.audio.limiter import limited
from coach.audio.loudness import INAUDIBLE_LUFS, SPEECH_LUFS, Power, changed_power, speech_lufs, weighted_power
from coach.core.timeline import ClipTiming
from coach.defaults import RATE_WPM
from coach.units import SAMPLE_RATE, db_to_factor, frames_to_ms, ms_to_frames

Pcm = NDArray[np.int16]
Signal = NDArray[np.float64]

HEARD_DB = -40.0
"""A clip is heard from where its level first comes this near to its loudest moment."""
CUT_DB = -50.0
"""Sound below this level, seen from the loudest moment, is trimmed at both ends."""
FADE_MS = 10
"""Fade wherever a clip is trimmed."""
EDGE_FADE_MS = 3
"""Fade where a clip begins or ends with sound: enough that it never begins with a click."""
SPEECH_PEAK_DB = -7.7
"""No clip peaks above this, some 15 dB over its loudness. So a routine can be brought to the loudness of podcasts with
its peaks as they are, and what is on the beat keeps its shape, and with it its centre, which is measured after this."""

_ROUNDS = 4
_NEAR_LU = 0.05
_WINDOW_MS = 5  # of the running level


class Clip:
    """The audio of one text in one voice at one rate. A coded one is decoded when its samples are first asked for."""

    def __init__(
        self,
        pcm: Pcm | Callable[[], Pcm],
        timing: ClipTiming,
        power: Power,
        *,
        digest: str | None = None,
        peak: int | None = None,
    ) -> None:
        """Take the samples, or what decodes them: to exactly as many as the timing says.

        Args:
            pcm: the samples.
            timing: how long it is, and where in it the ear finds it.
            power: how loud it is, step by step: see :func:`coach.audio.loudness.weighted_power`.
            digest: what changes with the samples; made of them if not given.
            peak: no sample is further from 0; found in them if not given.
        """
        self.timing = timing
        self.power = power
        self._pcm = pcm
        self._digest = digest
        self._peak = peak

    @property
    def pcm(self) -> Pcm:
        """The samples."""
        if callable(self._pcm):
            self._pcm = self._pcm()
        return self._pcm

    @property
    def frames(self) -> int:
        """How many samples there are."""
        return ms_to_frames(self.timing.length_ms) if callable(self._pcm) else len(self._pcm)

    @property
    def digest(self) -> str:
        """What changes with the samples."""
        if self._digest is None:
            self._digest = hashlib.sha256(self.pcm.astype("<i2").tobytes()).hexdigest()[:16]
        return self._digest

    @property
    def peak(self) -> int:
        """How far from 0 a sample is at most."""
        if self._peak is None:
            self._peak = int(np.abs(self.pcm.astype(np.int32)).max(initial=0))
        return self._peak


def measured(pcm: Pcm, timing: ClipTiming) -> Clip:
    """Return the clip of some samples, its power measured."""
    return Clip(pcm, timing, weighted_power(pcm / 32768.0))


def clip_from_signal(signal: Signal, rate: int, wpm: float = RATE_WPM) -> Clip | None:
    """Trim, fade, resample, level and measure what a speech engine gave; ``None`` when nothing can be heard in it.

    Args:
        signal: mono samples, full scale at ±1.
        rate: frames per second of ``signal``.
        wpm: speaking rate, words a minute.
    """
    import soxr  # only speaking needs it

    heard = _heard_frames(signal, rate, CUT_DB)
    if heard is None:
        return None
    fade = rate * FADE_MS // 1000
    first, last = max(0, heard[0] - fade), min(len(signal), heard[1] + fade)
    trimmed = signal[first:last].astype(np.float64)
    # Where the engine itself begins or ends with sound, a longer fade would soften a consonant.
    least = rate * EDGE_FADE_MS // 1000
    fade_ends(trimmed, max(least, heard[0] - first), max(least, last - heard[1]))
    resampled = soxr.resample(trimmed, rate, SAMPLE_RATE, quality="VHQ")
    power: NDArray[Any] = weighted_power(resampled)
    if speech_lufs(power) < INAUDIBLE_LUFS:
        return None
    levelled, power = _levelled(resampled, power)
    pcm = np.rint(levelled * 32767.0).astype(np.int16)
    return Clip(pcm, measure(pcm, wpm), power.astype(np.float32))


def _levelled(signal: NDArray[Any], power: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bring a signal and its power to the loudness of every clip, with no peak too high."""
    for count in range(_ROUNDS):  # what the limiter takes away is made up for
        missing_lu = SPEECH_LUFS - speech_lufs(power)
        if count and abs(missing_lu) < _NEAR_LU:
            break
        factor = db_to_factor(missing_lu)
        loud, power = signal * factor, power * factor**2
        signal = limited(loud, db_to_factor(SPEECH_PEAK_DB))
        if signal is loud:
            break
        power = changed_power(power, loud, signal)
    return signal, power


def fade_ends(signal: Signal, into: int, out: int) -> None:
    """Fade a signal in and out, each over some frames, in its place."""
    into, out = min(into, len(signal)), min(out, len(signal))
    signal[:into] *= np.sin(np.linspace(0, np.pi / 2, into)) ** 2
    signal[len(signal) - out :] *= np.cos(np.linspace(0, np.pi / 2, out)) ** 2


def measure(pcm: Pcm, wpm: float = RATE_WPM) -> ClipTiming:
    """Find a spoken clip's length, onset and perceptual centre."""
    from coach.audio.centre import perceptual_centre_frames

    center_ms = frames_to_ms(perceptual_centre_frames(pcm, SAMPLE_RATE, wpm))
    return replace(measure_struck(pcm), center_ms=center_ms)


def measure_struck(pcm: Pcm) -> ClipTiming:
    """Find the length and onset of a sound that is struck: its centre is its onset."""
    heard = _heard_frames(pcm, SAMPLE_RATE, HEARD_DB)
    onset_ms = frames_to_ms(heard[0]) if heard else 0
    return ClipTiming(-(-len(pcm) * 1000 // SAMPLE_RATE), onset_ms, onset_ms)


def _heard_frames(signal: NDArray[Any], rate: int, level_db: float) -> tuple[int, int] | None:
    """Return the first and one past the last frame whose level comes within ``level_db`` of the loudest moment."""
    if not len(signal):
        return None
    # The level of the window centred on each frame; at both ends there is silence beyond.
    half = max(1, rate * _WINDOW_MS // 2000)
    energy = np.zeros(len(signal) + 2 * half + 1)
    np.cumsum(np.square(signal, dtype=np.float64), out=energy[half + 1 : len(signal) + half + 1])
    energy[len(signal) + half + 1 :] = energy[len(signal) + half]
    level = energy[2 * half + 1 :] - energy[: len(signal)]
    loudest = float(level.max())
    if loudest <= 0.0:
        return None
    heard = level >= loudest * db_to_factor(2 * level_db)
    return int(heard.argmax()), len(signal) - int(heard[::-1].argmax())


def silence(length_ms: int, onset_ms: int, center_ms: int) -> Clip:
    """Return a silent clip of exact length."""
    pcm = np.zeros(ms_to_frames(length_ms), dtype=np.int16)
    return measured(pcm, ClipTiming(length_ms, onset_ms, center_ms))
