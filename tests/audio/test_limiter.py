import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coach.audio.limiter import REACH_FRAMES, limited

CEILING = 1_000.0


def noisy(seed: int, frames: int = 6_000) -> np.ndarray:
    random = np.random.default_rng(seed)
    samples = random.normal(0, 300, frames)
    samples[random.integers(0, frames, 4)] *= 12
    return samples


def test_what_stays_below_is_left_as_it_is() -> None:
    samples = np.linspace(-CEILING, CEILING, 500)
    assert limited(samples, CEILING) is samples
    assert len(limited(np.zeros(0), CEILING)) == 0


@given(st.integers(0, 10_000))
def test_nothing_is_above_the_ceiling_and_nothing_far_from_a_peak_changes(seed: int) -> None:
    samples = noisy(seed)
    got = limited(samples, CEILING)
    assert np.abs(got).max() <= CEILING * (1 + 1e-12)
    peaks = np.flatnonzero(np.abs(samples) > CEILING)
    far = np.ones(len(samples), dtype=bool)
    for peak in peaks:
        far[max(0, peak - REACH_FRAMES) : peak + REACH_FRAMES] = False
    np.testing.assert_array_equal(got[far], samples[far])
    assert (np.sign(got) == np.sign(samples)).all()


def test_a_steady_wave_keeps_its_shape() -> None:
    wave = 2_000 * np.sin(2 * np.pi * 200 * np.arange(48_000) / 48_000)
    got = limited(wave, CEILING)[5_000:-5_000]
    np.testing.assert_allclose(got, wave[5_000:-5_000] * got.max() / 2_000, atol=8)


@given(st.integers(0, 10_000), st.integers(0, 4_000), st.integers(1, 1_500))
def test_any_part_comes_out_as_in_the_whole(seed: int, first: int, frames: int) -> None:
    samples = noisy(seed)
    whole = limited(samples, CEILING)
    low, high = max(0, first - REACH_FRAMES), min(len(samples), first + frames + REACH_FRAMES)
    part = limited(samples[low:high], CEILING, low)[first - low :][: min(frames, len(samples) - first)]
    np.testing.assert_allclose(part, whole[first : first + frames], rtol=1e-12)
