"""The noise that breathes, measured on its samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.audio.breath_noise import BRIGHT_HZ, DUCKING, LOOP_S, BreathNoise, _loops
from coach.audio.loudness import weighted_power
from coach.audio.mixdown import sources
from coach.core.breath import BreathPattern
from coach.core.delivery import Pace
from coach.core.timeline import BREATH_NOISE, Cue, Timeline
from coach.units import SAMPLE_RATE, ms_to_frames
from support.making import compiled, delivery, routine, stretch
from support.tiers import examples


def breaths(pattern: str, count: int = 2) -> Timeline:
    """Breaths alone, from one second on, and a second after them."""
    cues, at_ms = [], 1000
    for rep in range(1, count + 1):
        for phase, counts in BreathPattern.parse(pattern).phases:
            cues.append(Cue("breath", at_ms, at_ms, at_ms + counts * 1000, sound=BREATH_NOISE, phase=phase, rep=rep))
            at_ms += counts * 1000
    return Timeline("test", "silent", pattern, 1000, at_ms + 1000, tuple(cues))


def samples(timeline: Timeline) -> np.ndarray:
    frames = ms_to_frames(timeline.duration_ms)
    block = BreathNoise(timeline).block(0, frames)
    assert block is not None
    return block


def rms(sound: np.ndarray, start_ms: int, end_ms: int) -> float:
    return float(np.sqrt(np.mean(sound[ms_to_frames(start_ms) : ms_to_frames(end_ms)] ** 2)))


def brightness(sound: np.ndarray, start_ms: int, end_ms: int) -> float:
    """Return how much of the power is above the lower end of the bright band."""
    part = sound[ms_to_frames(start_ms) : ms_to_frames(end_ms)]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
    hz = np.fft.rfftfreq(len(part), 1 / SAMPLE_RATE)
    return float(power[hz > 2 * BRIGHT_HZ[0]].sum() / power.sum())


def test_it_swells_and_fades_with_each_phase_and_is_silent_while_the_breath_is_held() -> None:
    got = samples(breaths("4-7-8", 2))
    assert rms(got, 2500, 3500) > 4 * rms(got, 1000, 1100)
    assert rms(got, 2500, 3500) > 4 * rms(got, 4900, 5000)
    assert not got[ms_to_frames(5000) : ms_to_frames(12_000)].any()  # held
    assert rms(got, 15_000, 17_000) > 4 * rms(got, 19_900, 20_000)
    assert not got[: ms_to_frames(1000)].any()
    assert not got[ms_to_frames(39_000) :].any()


def test_breathing_in_grows_brighter_and_breathing_out_darker() -> None:
    got = samples(breaths("6-6", 1))
    inward = [brightness(got, ms, ms + 1000) for ms in (1500, 3500, 5500)]
    outward = [brightness(got, ms, ms + 1000) for ms in (7500, 9500, 11_500)]
    assert inward == sorted(inward)
    assert outward == sorted(outward, reverse=True)
    assert inward[-1] > 2 * outward[-1]


def test_its_loop_has_no_seam() -> None:
    for loop in _loops():
        assert len(loop) == LOOP_S * SAMPLE_RATE
        assert abs(loop[0] - loop[-1]) <= np.abs(np.diff(loop)).max()
        turned = np.roll(loop, len(loop) // 2)
        assert np.abs(np.diff(turned)).max() == pytest.approx(np.abs(np.diff(loop)).max(), rel=0.1)


def test_the_power_it_tells_is_what_is_heard() -> None:
    noise = BreathNoise(breaths("6-6", 2))
    frames = ms_to_frames(26_000)
    block = noise.block(0, frames)
    assert block is not None
    heard = weighted_power(block / 32768)
    told = noise.powers(np.arange(len(heard)) * (SAMPLE_RATE // 100) + SAMPLE_RATE // 200)
    assert 10 * np.log10(told.sum() / heard.sum()) == pytest.approx(0, abs=0.5)


def test_it_gives_way_to_the_voice() -> None:
    plain = breaths("10-10", 1)
    word = Cue("speech", 5000, 5000, 6000, text="x")
    ducked = replace(plain, cues=tuple(sorted((*plain.cues, word), key=lambda cue: cue.start_ms)))
    change_db = 20 * np.log10(rms(samples(ducked), 5000, 6000) / rms(samples(plain), 5000, 6000))
    assert change_db == pytest.approx(DUCKING.under_db, abs=0.2)


TIMELINE = breaths("2-1-3-1", 2)


@given(st.integers(0, 700_000), st.integers(1, 60_000))
@examples(25)
def test_any_block_from_any_position_has_the_same_samples(start: int, length: int) -> None:
    whole = samples(TIMELINE)
    start = min(start, len(whole) - 1)
    end = min(len(whole), start + length)
    block = BreathNoise(TIMELINE).block(start, end)
    np.testing.assert_array_equal(np.zeros(end - start) if block is None else block, whole[start:end])


def test_each_pace_has_the_swell_it_asks_for() -> None:
    hold = routine(stretch({"kind": "hold", "dose": "20 s"}))
    for pace in Pace:
        found = sources(compiled(hold, delivery(pace=pace)), None)
        assert [isinstance(each, BreathNoise) for each in found] == ([pace is Pace.BREATH] if pace.swell else [])
