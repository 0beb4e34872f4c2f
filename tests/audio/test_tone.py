"""The tone, measured on its samples."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.audio.mixer import Mixer
from coach.audio.tone import DUCKING, FADE_MS, HIGH_HZ, LOW_HZ, PARTIALS, PEAK_DB, Tone
from coach.core.delivery import Pace
from coach.core.timeline import TONE, Cue, Timeline
from coach.units import SAMPLE_RATE, db_to_factor, ms_to_frames
from coach.voices.silent import SilentVoice
from support.listening import glide_corners_ms, tone_level_db
from support.making import compiled, delivery, routine, stretch
from support.tiers import examples

PEAK = 32767 * db_to_factor(PEAK_DB)


def breaths(pattern: str, count: int = 2, beat_ms: int = 1000) -> Timeline:
    """A tone alone: breaths from one second on, and a second after them."""
    from coach.core.breath import BreathPattern

    cues, at_ms = [], 1000
    for rep in range(1, count + 1):
        for phase, counts in BreathPattern.parse(pattern).phases:
            end_ms = at_ms + counts * beat_ms
            cues.append(Cue("breath", at_ms, at_ms, end_ms, sound="tone", phase=phase, rep=rep))
            at_ms = end_ms
    return Timeline("test", "silent", pattern, beat_ms, at_ms + 1000, tuple(cues))


def spoken(start_ms: int, end_ms: int) -> Cue:
    return Cue("speech", start_ms, start_ms, end_ms, text="x")


def samples_of(timeline: Timeline, block_frames: int = 16_384) -> np.ndarray:
    clips = {"x": SilentVoice().speak("x")}
    return np.concatenate(list(Mixer(timeline, clips, {}, [Tone(timeline)]).blocks(block_frames=block_frames)))


@pytest.mark.parametrize("pattern", ["4-6", "4-7-8", "4-4-4-4", "1-1", "20-20", "3-1-2-1"])
@pytest.mark.parametrize("beat_ms", [600, 1000, 2000])
def test_nothing_jumps_more_than_the_wave_s_own_slope(pattern: str, beat_ms: int) -> None:
    got = samples_of(breaths(pattern, beat_ms=beat_ms)).astype(float)
    slope = sum(multiple * part for multiple, part in PARTIALS) * 2 * np.pi * HIGH_HZ / SAMPLE_RATE
    fade = 1 / ms_to_frames(FADE_MS)
    assert np.abs(np.diff(got)).max() <= PEAK * (slope + fade) * 1.01 + 1  # and one for rounding
    assert np.abs(got).max() <= PEAK + 1
    assert np.abs(got).max() >= PEAK * 0.7


def test_it_is_silent_but_for_the_breath() -> None:
    timeline = breaths("4-6")
    got = samples_of(timeline)
    first, last = timeline.cues[0].start_ms, timeline.cues[-1].end_ms
    assert not got[: ms_to_frames(first)].any()
    assert not got[ms_to_frames(last) :].any()
    assert got[ms_to_frames(first) : ms_to_frames(first + 200)].any()


@pytest.mark.parametrize("pattern", ["4-6", "4-7-8", "4-4-4-4", "2-3"])
def test_it_turns_where_the_breath_turns(pattern: str) -> None:
    timeline = breaths(pattern, 3)
    turns = [cue.start_ms for cue in timeline.cues[1:]]
    heard = glide_corners_ms(samples_of(timeline) / 32768, turns)
    assert max(abs(ear - turn) for ear, turn in zip(heard, turns, strict=True)) <= 2


def test_pitch_and_level_rise_with_the_inhale_and_fall_with_the_exhale() -> None:
    got = samples_of(breaths("4-6", 1)).astype(float)

    def hz_at(ms: int) -> float:
        part = got[ms_to_frames(ms - 100) : ms_to_frames(ms + 100)]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), SAMPLE_RATE))
        return float(np.argmax(spectrum))

    def level_at(ms: int) -> float:
        return tone_level_db(got / 32768, ms - 100, ms + 100)

    times = [1200, 3000, 4800, 5200, 8000, 10_800]
    pitches, levels = [hz_at(ms) for ms in times], [level_at(ms) for ms in times]
    for values in (pitches, levels):
        assert values[0] < values[1] < values[2]
        assert values[3] > values[4] > values[5]
    assert min(pitches) >= LOW_HZ - 2
    assert max(pitches) <= HIGH_HZ + 2


def test_it_gives_way_to_the_voice_and_comes_back() -> None:
    plain = breaths("10-10", 2)
    word = spoken(18_000, 19_000)
    ducked = replace(plain, cues=tuple(sorted((*plain.cues, word), key=lambda cue: cue.start_ms)))
    loud, low = (samples_of(one) / 32768 for one in (plain, ducked))

    def change_db(start_ms: int, end_ms: int) -> float:
        return tone_level_db(low, start_ms, end_ms) - tone_level_db(loud, start_ms, end_ms)

    assert change_db(18_000, 19_000) == pytest.approx(DUCKING.under_db, abs=0.2)
    assert change_db(18_000, 18_020) <= -12  # from the first sound of the word on
    assert change_db(17_000, 18_000 - DUCKING.attack_ms) == pytest.approx(0, abs=0.01)
    assert change_db(19_000 + DUCKING.release_ms, 20_000) == pytest.approx(0, abs=0.01)


def test_between_counts_it_comes_back_only_half() -> None:
    plain = breaths("10-10", 1)
    words = [spoken(at_ms, at_ms + 400) for at_ms in range(4000, 9000, 1000)]
    cues = tuple(sorted((*plain.cues, *words), key=lambda cue: cue.start_ms))
    ducked, loud = samples_of(replace(plain, cues=cues)) / 32768, samples_of(plain) / 32768

    def change_db(start_ms: int, end_ms: int) -> float:
        return tone_level_db(ducked, start_ms, end_ms) - tone_level_db(loud, start_ms, end_ms)

    for start_ms in range(4000, 8000, 1000):
        assert change_db(start_ms, start_ms + 400) <= -12
        assert change_db(start_ms + 400 + DUCKING.release_ms, start_ms + 1000 - DUCKING.attack_ms) == pytest.approx(
            DUCKING.between_db, abs=0.5
        )
    assert change_db(8400 + DUCKING.release_ms, 10_000) == pytest.approx(0, abs=0.01)


TIMELINE = breaths("2-1-3-1", 2)


@cache
def whole() -> np.ndarray:
    return samples_of(TIMELINE)


@given(st.integers(1, 70_000), st.integers(0, 500_000))
@examples(25)
def test_any_block_from_any_position_has_the_same_samples(block_frames: int, start_frames: int) -> None:
    mixer = Mixer(TIMELINE, {"x": SilentVoice().speak("x")}, {}, [Tone(TIMELINE)])
    blocks = list(mixer.blocks(start_frames, block_frames=max(500, block_frames)))
    np.testing.assert_array_equal(np.concatenate(blocks), whole()[start_frames:])


def test_a_routine_without_a_tone_has_none() -> None:
    hold = routine(stretch({"kind": "hold", "dose": "20 s"}))
    for pace in Pace:
        timeline = compiled(hold, delivery(pace=pace))
        block = Tone(timeline).block(0, ms_to_frames(timeline.duration_ms))
        assert (block is not None and bool(block.any())) == (pace.swell == TONE)


def test_everything_at_once_stays_below_full_scale() -> None:
    word, chime = 0.7079, 0.2512  # −3 and −12 dB
    assert word + chime + db_to_factor(PEAK_DB + DUCKING.under_db) < 1
