from __future__ import annotations

import numpy as np
import pytest

from coach.live.ears.echo import HOP, PARTS, RATE, EchoCanceller
from support.room import Samples, at_level, loudspeaker, noise, response


def speechlike(rng: np.random.Generator, seconds: float) -> Samples:
    """Noise that comes and goes like syllables."""
    frames = round(seconds * RATE)
    shape = np.clip(np.sin(2 * np.pi * 2.3 * np.arange(frames) / RATE) + 0.3, 0, None)
    return at_level(noise(rng, frames) * shape, 0.1)


def cleaned(microphone: Samples, reference: Samples, canceller: EchoCanceller | None = None) -> Samples:
    """What is left, in step with the microphone."""
    canceller = canceller or EchoCanceller()
    whole = len(microphone) // HOP * HOP
    blocks = [
        canceller.process(
            microphone[start : start + HOP].astype(np.float32), reference[start : start + HOP].astype(np.float32)
        ).samples
        for start in range(0, whole, HOP)
    ]
    return np.concatenate([*blocks[1:], np.zeros(HOP)])


def power_db(samples: Samples, start_s: float, end_s: float) -> float:
    part = samples[round(start_s * RATE) : round(end_s * RATE)]
    return float(10 * np.log10(np.mean(np.square(part)) + 1e-12))


@pytest.mark.parametrize("delay_ms", [0, 60, 180, 400])
@pytest.mark.parametrize("level", [0.002, 0.03, 0.3])
def test_the_echo_goes_whatever_the_delay_and_the_level(delay_ms: int, level: float) -> None:
    rng = np.random.default_rng(1)
    played = speechlike(rng, 12)
    echo = at_level(np.convolve(played, loudspeaker(rng, delay_ms))[: len(played)], level)
    left = cleaned(echo + noise(rng, len(echo)) * level * 0.02, played)
    assert power_db(echo, 8, 12) - power_db(left, 8, 12) > 22


def test_who_speaks_at_the_same_time_is_left_as_they_are() -> None:
    rng = np.random.default_rng(2)
    played = speechlike(rng, 16)
    echo = at_level(np.convolve(played, loudspeaker(rng, 180))[: len(played)], 0.03)
    person = np.convolve(at_level(speechlike(rng, 16), 0.03), response(rng, 100, 3))[: len(played)]
    person[: 8 * RATE] = 0
    left = cleaned(echo + person + noise(rng, len(echo)) * 0.0005, played)
    both, alone = left[9 * RATE : 16 * RATE], person[9 * RATE : 16 * RATE]
    # Their sound, and little besides: not deafened by the coach, and the coach not let through.
    assert np.dot(both, alone) / np.sqrt(np.dot(both, both) * np.dot(alone, alone)) > 0.9
    assert abs(power_db(left, 9, 16) - power_db(person, 9, 16)) < 2


def test_a_room_that_changes_is_learnt_anew() -> None:
    rng = np.random.default_rng(3)
    played = speechlike(rng, 24)
    one, other = (np.convolve(played, loudspeaker(rng, delay))[: len(played)] for delay in (120, 190))
    echo = at_level(np.concatenate((one[: 12 * RATE], other[12 * RATE :])), 0.03)
    left = cleaned(echo + noise(rng, len(echo)) * 0.0005, played)
    assert power_db(echo, 17, 24) - power_db(left, 17, 24) > 18


def test_what_is_said_while_nothing_is_played_is_not_touched() -> None:
    person = speechlike(np.random.default_rng(4), 4)
    left = cleaned(person, np.zeros_like(person))
    assert np.allclose(left[: -2 * HOP], person[: -2 * HOP], atol=1e-5)


@pytest.mark.parametrize("hops", [-3, 2])
def test_a_reference_that_moves_needs_nothing_learnt_anew(hops: int) -> None:
    rng = np.random.default_rng(5)
    played = speechlike(rng, 14)
    echo = at_level(np.convolve(played, loudspeaker(rng, 200))[: len(played)], 0.03)
    microphone = echo + noise(rng, len(echo)) * 0.0005
    canceller = EchoCanceller()
    half = 12 * RATE // HOP * HOP
    cleaned(microphone[:half], played[:half], canceller)
    canceller.shift(hops)
    moved = np.roll(played, hops * HOP)
    left = cleaned(microphone[half:], moved[half:], canceller)
    assert power_db(echo[half:], 0.6, 2) - power_db(left, 0.6, 2) > 15


def test_silence_and_full_scale_do_no_harm() -> None:
    canceller = EchoCanceller()
    silence, full = np.zeros(HOP, dtype=np.float32), np.ones(HOP, dtype=np.float32)
    for microphone, reference in ((silence, silence), (full, silence), (silence, full), (full, full), (-full, full)):
        for _ in range(PARTS + 40):
            block = canceller.process(microphone, reference)
            assert len(block.samples) == HOP
            assert np.isfinite(block.samples).all()
            assert np.abs(block.samples).max() < 20
