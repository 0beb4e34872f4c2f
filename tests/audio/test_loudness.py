"""Loudness, held against pyloudnorm and ffmpeg's ebur128."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyloudnorm import Meter

from coach.audio.loudness import STEP_FRAMES, integrated_lufs, levels_of, power_of_levels, speech_lufs, weighted_power
from coach.units import SAMPLE_RATE
from support.listening import loudness_lufs


def tone(hz: float, seconds: float, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * hz * np.arange(int(SAMPLE_RATE * seconds)) / SAMPLE_RATE)


def babble(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise that comes and goes as words do."""
    frames = int(SAMPLE_RATE * seconds)
    random = np.random.default_rng(seed)
    words = np.repeat(random.random(frames // 8_000 + 1) ** 4, 8_000)[:frames]
    return 0.3 * words * np.convolve(random.normal(size=frames), np.ones(12) / 12, mode="same")


@pytest.mark.parametrize("hz", [60, 100, 440, 997, 2_000, 5_000, 12_000])
def test_every_pitch_is_weighted_as_the_standard_says(hz: float) -> None:
    sound = tone(hz, 5)
    assert integrated_lufs(weighted_power(sound)) == pytest.approx(
        Meter(SAMPLE_RATE).integrated_loudness(sound), abs=0.02
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_programme_is_as_loud_as_two_other_meters_say(seed: int) -> None:
    sound = np.concatenate([babble(30, seed), np.zeros(SAMPLE_RATE * 20), 0.2 * babble(30, seed + 9)])
    told = integrated_lufs(weighted_power(sound))
    assert told == pytest.approx(Meter(SAMPLE_RATE).integrated_loudness(sound), abs=0.05)
    assert told == pytest.approx(loudness_lufs(sound), abs=0.1)


def test_a_long_signal_is_measured_in_chunks_that_leave_no_seam() -> None:
    sound = babble(70)
    whole = weighted_power(sound)
    later = weighted_power(sound[STEP_FRAMES * 2_000 :])
    np.testing.assert_allclose(whole[2_050:], later[50:], rtol=1e-3, atol=1e-12)


@pytest.mark.parametrize("seconds", [0.3, 0.5, 1.5, 4])
def test_a_word_is_measured_in_shorter_blocks_than_a_sentence(seconds: float) -> None:
    sound = tone(700, seconds, 0.1)
    block_s, more = (0.1, 1.0) if seconds < 0.8 else (0.4, 0.0)
    quiet = np.zeros(int(block_s * SAMPLE_RATE))
    told = Meter(SAMPLE_RATE, block_size=block_s).integrated_loudness(np.concatenate([quiet, sound, quiet]))
    assert speech_lufs(weighted_power(sound)) == pytest.approx(told - more, abs=0.2)


def test_pauses_around_speech_do_not_make_it_quieter() -> None:
    quiet = np.zeros(SAMPLE_RATE * 3)
    alone = speech_lufs(weighted_power(babble(4)))
    assert speech_lufs(weighted_power(np.concatenate([quiet, babble(4), quiet]))) == pytest.approx(alone, abs=0.1)


def test_silence_has_no_loudness() -> None:
    for frames in (0, 100, SAMPLE_RATE):
        assert integrated_lufs(weighted_power(np.zeros(frames))) == float("-inf")
        assert speech_lufs(weighted_power(np.zeros(frames))) == float("-inf")


@given(st.lists(st.floats(-52.8, -6.1), min_size=1, max_size=60), st.integers(0, 9))
def test_levels_keep_a_power_to_within_half_a_step(levels_db: list[float], more: int) -> None:
    power = np.repeat(10 ** (np.array(levels_db) / 10), 10)
    assert len(levels_of(power)) == len(levels_db)
    kept = power_of_levels(levels_of(power), len(power) - more)
    assert len(kept) == len(power) - more
    assert np.abs(10 * np.log10(kept / power[: len(kept)])).max() <= 0.376


def test_levels_of_silence_are_silence_and_damaged_ones_are_refused() -> None:
    assert not power_of_levels(levels_of(np.zeros(25)), 25).any()
    for levels in ("A", "A\u00e9"):
        with pytest.raises(ValueError, match=r"too few|substring"):
            power_of_levels(levels, 11 if levels == "A" else 20)
