import numpy as np
import pytest
from numpy.typing import NDArray

from coach.audio.centre import centre_spread_ms, perceptual_centre_frames
from support.listening import RATE, centre_ms


def syllable(start_ms: int, rise_ms: int, length_ms: int = 250, noise_ms: int = 0) -> NDArray[np.float64]:
    """A vowel-like tone at 1 kHz that rises linearly, after a hiss that has no vowel in it."""
    seconds = np.arange(RATE) / RATE
    at = seconds * 1000
    vowel = np.interp(at, [start_ms, start_ms + rise_ms, start_ms + length_ms, start_ms + length_ms + 80], [0, 1, 1, 0])
    hiss = ((at > start_ms - noise_ms) & (at < start_ms)) * np.sin(2 * np.pi * 7000 * seconds)
    return vowel * np.sin(2 * np.pi * 1000 * seconds) + 0.3 * hiss


@pytest.mark.parametrize("rise_ms", [20, 60, 120])
def test_the_centre_lies_in_the_middle_of_the_rise(rise_ms: int) -> None:
    centre = perceptual_centre_frames(syllable(400, rise_ms), RATE) * 1000 / RATE
    assert centre == pytest.approx(400 + rise_ms / 2, abs=6)


def test_a_consonant_before_the_vowel_does_not_move_it() -> None:
    plain = perceptual_centre_frames(syllable(400, 40), RATE)
    hissed = perceptual_centre_frames(syllable(400, 40, noise_ms=120), RATE)
    assert abs(plain - hissed) < RATE * 0.003


def test_it_moves_with_the_clip_and_not_with_its_level() -> None:
    one = syllable(400, 40)
    later = np.concatenate([np.zeros(4410), one])
    assert perceptual_centre_frames(later, RATE) - perceptual_centre_frames(one, RATE) == pytest.approx(4410, abs=5)
    assert perceptual_centre_frames(one * 0.01, RATE) == pytest.approx(perceptual_centre_frames(one, RATE), abs=1)


def edged() -> NDArray[np.float64]:
    """A clip of two rises, of which the first is only just a big one."""
    return 0.50 * syllable(200, 20, 80) + np.roll(syllable(200, 20, 100), RATE * 16 // 100)


def test_a_centre_on_an_edge_spreads() -> None:
    assert centre_spread_ms(syllable(400, 40), RATE) < 2
    assert centre_spread_ms(edged(), RATE) > 100


def test_silence_has_no_centre() -> None:
    assert centre_spread_ms(np.zeros(1000), RATE) == 0
    assert perceptual_centre_frames(np.zeros(1000), RATE) == 0
    assert perceptual_centre_frames(np.zeros(0), RATE) == 0


@pytest.mark.parametrize("rise_ms", [30, 90])
def test_it_agrees_with_the_filters_of_the_paper_as_scipy_has_them(rise_ms: int) -> None:
    one = syllable(400, rise_ms)
    assert perceptual_centre_frames(one, RATE) * 1000 / RATE == pytest.approx(centre_ms(one, 0, 1000), abs=1.0)


def test_an_r_before_or_after_the_vowel_does_not_take_its_place() -> None:
    """Its second formant lies in the paper's band, while the vowel is loudest below and above it."""
    at = np.arange(RATE) * 1000 / RATE
    hz = {formant: np.sin(2 * np.pi * formant * at / 1000) for formant in (450, 600, 1050, 1900)}
    quiet_r, loud_r = (level * ((at > 300) & (at < 400)) for level in (0.12, 0.3))
    vowel = np.interp(at, [400, 430, 650, 700], [0, 1, 1, 0])
    rest = quiet_r * (hz[1050] + hz[450]) + vowel * (hz[600] + 0.4 * hz[1900])
    assert perceptual_centre_frames(rest, RATE) * 1000 / RATE == pytest.approx(415, abs=30)
    four = np.roll(vowel, -RATE // 10) * 0.7 * hz[600] + np.roll(loud_r, RATE // 5) * 2 * hz[1050]
    assert perceptual_centre_frames(four, RATE) * 1000 / RATE == pytest.approx(315, abs=30)


def test_a_small_rise_before_the_stressed_vowel_is_not_the_beat() -> None:
    """As in the first syllable of “eleven”."""
    eleven = 0.35 * syllable(200, 20, length_ms=30) + syllable(370, 40)
    assert perceptual_centre_frames(eleven, RATE) * 1000 / RATE == pytest.approx(390, abs=10)


def test_a_louder_word_that_follows_does_not_take_its_place() -> None:
    """“Twenty-three” is felt where “twenty” is."""
    twenty_three = 0.4 * syllable(150, 40, length_ms=120) + syllable(600, 40)
    assert perceptual_centre_frames(twenty_three, RATE) * 1000 / RATE == pytest.approx(170, abs=10)
