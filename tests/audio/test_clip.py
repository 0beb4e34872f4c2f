import numpy as np
import pytest
from numpy.typing import NDArray

from coach.audio.clip import FADE_MS, SPEECH_PEAK_DB, Clip, clip_from_signal, silence
from coach.audio.loudness import SPEECH_LUFS, speech_lufs
from coach.core.timeline import ClipTiming
from coach.units import SAMPLE_RATE, db_to_factor

ENGINE_RATE = 22_050


def tone(length_ms: int, level: float = 0.5, rate: int = ENGINE_RATE) -> np.ndarray:
    return level * np.sin(2 * np.pi * 900 * np.arange(rate * length_ms // 1000) / rate)


def padded(before_ms: int, sound: np.ndarray, after_ms: int, rate: int = ENGINE_RATE) -> np.ndarray:
    return np.concatenate([np.zeros(rate * before_ms // 1000), sound, np.zeros(rate * after_ms // 1000)])


def test_silence_at_both_ends_is_trimmed_and_the_sound_is_not() -> None:
    clip = clip_from_signal(padded(200, tone(300), 390), ENGINE_RATE)
    assert clip is not None
    assert clip.timing.length_ms == pytest.approx(300 + 2 * FADE_MS, abs=6)
    assert clip.timing.onset_ms == pytest.approx(FADE_MS, abs=4)
    assert len(clip.pcm) == pytest.approx(clip.timing.length_ms * SAMPLE_RATE / 1000, abs=45)


def test_both_ends_begin_and_end_in_silence() -> None:
    clip = clip_from_signal(padded(200, tone(300), 390), ENGINE_RATE)
    assert clip is not None
    edge = SAMPLE_RATE * 2 // 1000
    quiet = np.abs(clip.pcm).max() * db_to_factor(-40)
    assert np.abs(clip.pcm[:edge]).max() < quiet
    assert np.abs(clip.pcm[-edge:]).max() < quiet


def test_a_clip_that_begins_with_sound_keeps_its_first_consonant() -> None:
    clip = clip_from_signal(padded(0, tone(300), 390), ENGINE_RATE)
    assert clip is not None
    assert clip.timing.onset_ms <= 2
    early = slice(SAMPLE_RATE * 3 // 1000, SAMPLE_RATE * 6 // 1000)
    assert np.abs(clip.pcm[early]).max() > np.abs(clip.pcm).max() * 0.95


def test_a_clip_that_begins_and_ends_with_sound_does_not_click() -> None:
    clip = clip_from_signal(np.cos(np.arange(6_000) * 0.3), ENGINE_RATE)
    assert clip is not None
    edge = SAMPLE_RATE // 2000
    for end in (clip.pcm[:edge], clip.pcm[-edge:]):
        assert np.sqrt(np.mean(end.astype(float) ** 2)) < np.abs(clip.pcm).max() * db_to_factor(-25)


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
def test_every_rate_becomes_ours_at_the_same_pitch(rate: int) -> None:
    clip = clip_from_signal(padded(100, tone(500, rate=rate), 100, rate), rate)
    assert clip is not None
    spectrum = np.abs(np.fft.rfft(clip.pcm))
    assert np.argmax(spectrum) * SAMPLE_RATE / len(clip.pcm) == pytest.approx(900, abs=4)


def test_no_clip_is_louder_than_leaves_room_for_a_chime() -> None:
    clip = clip_from_signal(padded(50, tone(300, level=1.0), 50), ENGINE_RATE)
    assert clip is not None
    assert np.abs(clip.pcm).max() <= round(32767 * db_to_factor(SPEECH_PEAK_DB)) + 1


@pytest.mark.parametrize("signal", [np.zeros(1000), np.zeros(0)])
def test_silence_is_no_clip(signal: np.ndarray) -> None:
    assert clip_from_signal(signal, ENGINE_RATE) is None


def test_the_silent_clip_is_exact() -> None:
    clip = silence(1234, 10, 80)
    assert len(clip.pcm) == round(1.234 * SAMPLE_RATE)
    assert not clip.pcm.any()


def test_a_word_and_a_sentence_are_equally_loud_and_a_lone_peak_is_turned_down() -> None:
    sound = tone(1500, level=0.05)
    sound[ENGINE_RATE // 2 : ENGINE_RATE // 2 + 40] *= 9
    for signal in (sound, tone(300, level=0.01), tone(1500, level=0.9)):
        clip = clip_from_signal(padded(50, signal, 50), ENGINE_RATE)
        assert clip is not None
        assert np.abs(clip.pcm).max() <= 32767 * db_to_factor(SPEECH_PEAK_DB) + 1
        assert speech_lufs(clip.power) == pytest.approx(SPEECH_LUFS, abs=0.6)


@pytest.mark.parametrize(("level_db", "onset_ms", "length_ms"), [(-36, 0, 400), (-45, 100, 400), (-56, 0, 300)])
def test_what_is_quiet_before_a_word_is_heard_or_kept_or_trimmed(level_db: int, onset_ms: int, length_ms: int) -> None:
    """From −40 dB on it is heard, down to −50 dB it is kept, all seen from the loudest moment."""
    quiet = tone(100, level=0.5 * db_to_factor(level_db))
    clip = clip_from_signal(padded(200, np.concatenate([quiet, tone(300)]), 390), ENGINE_RATE)
    assert clip is not None
    assert clip.timing.length_ms == pytest.approx(length_ms + 2 * FADE_MS, abs=6)
    assert clip.timing.onset_ms == pytest.approx(onset_ms + FADE_MS, abs=5)


def test_a_coded_clip_is_decoded_when_its_samples_are_asked_for() -> None:
    asked: list[int] = []

    def decode() -> NDArray[np.int16]:
        asked.append(1)
        return np.full(48 * 20, -900, dtype=np.int16)

    clip = Clip(decode, ClipTiming(20, 0, 0), np.ones(2, dtype=np.float32), digest="x", peak=1_000)
    assert (clip.frames, clip.digest, clip.peak) == (960, "x", 1_000)
    assert not asked
    assert clip.pcm is clip.pcm
    assert len(clip.pcm) == clip.frames
    assert asked == [1]
    plain = Clip(clip.pcm, clip.timing, clip.power)
    assert plain.peak == 900
    same, other = (Clip(pcm, clip.timing, clip.power) for pcm in (clip.pcm.copy(), clip.pcm + np.int16(1)))
    assert plain.digest == same.digest != other.digest
