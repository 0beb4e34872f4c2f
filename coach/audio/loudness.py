"""How loud something is heard: ITU-R BS.1770-5, on what is spoken in it.

The coach measures a clip once, in steps of 10 ms, and keeps that with it. The loudness of a whole routine then follows
from its timeline without a sample being mixed: so it can be set before the first block, however long the routine is.
``tests/test_loudness.py`` holds both against pyloudnorm and ffmpeg.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coach.units import SAMPLE_RATE

Power = NDArray[np.float32]
"""K-weighted mean square of each step, full scale at 1."""

STEPS_PER_S = 100
STEP_FRAMES = SAMPLE_RATE // STEPS_PER_S
BLOCK_STEPS, HOP_STEPS = 40, 10
"""The standard's: blocks of 0.4 s, each overlapping the next by three quarters."""
SHORT_BLOCK_STEPS = 10
"""For clips in which there is hardly room for a block, as in counts."""
SHORT_STEPS = 80
SHORT_MORE_LU = 1.0
"""By how much short blocks tell more than the standard's, since no pause is in them: measured on sentences."""
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
"""What lies below is left out, so that a word and a sentence, or two routines, are compared by their speech."""
INAUDIBLE_LUFS = -69.0
"""Below this there is nothing that could be made louder."""
SPEECH_LUFS = -23.0
"""What every clip is set to, mono."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""Of levels, from the loudest; the last is silence."""
_LEVEL_STEPS, _TOP_LEVEL_DB, _LEVEL_DB = 10, -6.0, 0.75
_OFFSET_LU = -0.691  # so that 1 kHz at full scale is −3.01 LUFS, says the standard
_CHUNK_STEPS = 250
_QUIET_FRAMES = SAMPLE_RATE // 5  # the filter has died away by then


def weighted_power(signal: NDArray[Any]) -> Power:
    """Return the K-weighted power of mono samples (full scale at ±1) in steps of 10 ms, the last one filled up."""
    steps = -(-len(signal) // STEP_FRAMES)
    powers = np.zeros(steps, dtype=np.float32)
    for first in range(0, steps, _CHUNK_STEPS):
        # A little of what comes before, so that the filter has settled.
        begin = max(0, first * STEP_FRAMES - _QUIET_FRAMES)
        end = min(len(signal), (first + _CHUNK_STEPS) * STEP_FRAMES)
        weighted = _weighted(np.asarray(signal[begin:end], dtype=np.float64))[first * STEP_FRAMES - begin :]
        count = -(-len(weighted) // STEP_FRAMES)
        filled = np.pad(weighted, (0, count * STEP_FRAMES - len(weighted)))
        powers[first : first + count] = np.square(filled).reshape(count, STEP_FRAMES).mean(axis=1)
    return powers


def levels_of(power: NDArray[Any]) -> str:
    """Return a letter for each tenth of a second of a power, in steps of 0.75 dB: little to keep, and near enough."""
    tenths = np.pad(power.astype(np.float64), (0, -len(power) % _LEVEL_STEPS)).reshape(-1, _LEVEL_STEPS).mean(axis=1)
    levels_db = 10 * np.log10(np.maximum(tenths, 1e-12))
    places = np.rint((_TOP_LEVEL_DB - levels_db) / _LEVEL_DB).clip(0, len(_LETTERS) - 1).astype(int)
    return "".join(_LETTERS[place] for place in places)


def power_of_levels(levels: str, steps: int) -> Power:
    """Return the power of so many steps, from what :func:`levels_of` made of it.

    Raises:
        ValueError: there is another letter in it, or there are too few.
    """
    places = np.array([_LETTERS.index(letter) for letter in levels], dtype=np.float64)
    tenths = 10 ** ((_TOP_LEVEL_DB - _LEVEL_DB * places) / 10)
    tenths[places == len(_LETTERS) - 1] = 0
    if len(tenths) * _LEVEL_STEPS < steps:
        raise ValueError("there are too few levels")
    return np.repeat(tenths, _LEVEL_STEPS)[:steps].astype(np.float32)


def changed_power(power: NDArray[Any], before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.float64]:
    """Return the power of samples that were turned down here and there, from that of the samples before.

    What a slow gain does to a step, it does to every pitch in it alike: so nothing need be filtered again.
    """
    room = len(power) * STEP_FRAMES - len(before)
    filled = (np.pad(samples, (0, room)).reshape(-1, STEP_FRAMES) for samples in (before, after))
    was, now = (np.einsum("ij,ij->i", steps, steps, dtype=np.float64) for steps in filled)
    changed: NDArray[np.float64] = power * (now / np.maximum(was, np.finfo(np.float64).tiny))
    return changed


def integrated_lufs(powers: NDArray[Any]) -> float:
    """Return the integrated loudness of a programme, mono; −inf if there is nothing to hear."""
    return _gated(powers, BLOCK_STEPS, HOP_STEPS)


def speech_lufs(powers: NDArray[Any]) -> float:
    """Return the loudness of a clip alone, mono; −inf for silence."""
    is_short = len(powers) < SHORT_STEPS
    block = SHORT_BLOCK_STEPS if is_short else BLOCK_STEPS
    told = _gated(np.pad(powers, block), block, 1)
    return told - (SHORT_MORE_LU if is_short else 0.0)


def _gated(powers: NDArray[Any], block: int, hop: int) -> float:
    # Sums of hops first: a tenth of the numbers, where the routine is long.
    hops = powers[: len(powers) // hop * hop].reshape(-1, hop).sum(axis=1, dtype=np.float64)
    total = np.concatenate(([0.0], np.cumsum(hops)))
    blocks = (total[block // hop :] - total[: -block // hop]) / block
    heard = blocks[blocks > power_of(ABSOLUTE_GATE_LUFS)]
    if not len(heard):
        return float("-inf")
    heard = heard[heard > heard.mean() * 10 ** (RELATIVE_GATE_LU / 10)]
    return _OFFSET_LU + 10 * float(np.log10(heard.mean()))


def power_of(lufs: float) -> float:
    """Return the K-weighted power of a loudness."""
    return float(10 ** ((lufs - _OFFSET_LU) / 10))


def _weighted(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Filter in the frequency domain, with silence after it so that nothing wraps around."""
    length = 1 << (len(signal) + _QUIET_FRAMES - 1).bit_length()
    weighted: NDArray[np.float64] = np.fft.irfft(np.fft.rfft(signal, length) * _response(length), length)
    return weighted[: len(signal)]


@functools.lru_cache(maxsize=8)
def _response(length: int) -> NDArray[np.complex128]:
    """Return the K-weighting of a transform of some length.

    The standard gives its two filters as coefficients for 48 kHz. These are the analogue ones behind them, brought to
    our rate by the bilinear transform, as libebur128 and pyloudnorm do: a shelf of +4 dB for what the head does, and a
    high-pass.
    """
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(length))
    # Angular frequency on the analogue side, in units of the corner's.
    s = (1 - z) / (1 + z + 1e-12)
    shelf, high = (s / np.tan(np.pi * corner_hz / SAMPLE_RATE) for corner_hz in (1681.974450955533, 38.13547087602444))
    top, q = 10 ** (3.999843853973347 / 20), 0.7071752369554196
    shelved = (top * shelf**2 + top**0.4996667741545416 / q * shelf + 1) / (shelf**2 + shelf / q + 1)
    response: NDArray[np.complex128] = shelved * high**2 / (high**2 + high / 0.5003270373238773 + 1)
    return response
