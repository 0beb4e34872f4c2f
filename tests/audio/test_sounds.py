import runpy
import wave
from pathlib import Path

import numpy as np
import pytest

from coach.audio.sound_timings import SOUND_TIMINGS
from coach.audio.sounds import load_sounds
from coach.core.timeline import Sound
from coach.files import data_folder
from coach.units import SAMPLE_RATE, db_to_factor


def test_the_files_are_what_their_maker_makes(tmp_path: Path) -> None:
    maker = runpy.run_path(str(data_folder("sounds") / "make_sounds.py"))
    maker["write"](tmp_path)
    for sound in Sound:
        assert (tmp_path / f"{sound}.wav").read_bytes() == (data_folder("sounds") / f"{sound}.wav").read_bytes()


@pytest.mark.parametrize("sound", Sound)
def test_no_sound_clicks_at_either_end(sound: Sound) -> None:
    with wave.open(str(data_folder("sounds") / f"{sound}.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (SAMPLE_RATE, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
    peak = np.abs(samples).max()
    assert peak <= 32768 * db_to_factor(-12) + 1
    ends = np.concatenate([samples[:22], samples[-22:]])  # half a millisecond
    assert np.abs(ends).max() < peak * db_to_factor(-36)
    # nowhere a jump that the highest partial's own slope does not give
    assert np.abs(np.diff(samples)).max() < peak * 2 * np.pi * 1200 / SAMPLE_RATE * 2


def test_a_bell_is_heard_at_its_strike() -> None:
    for clip in load_sounds().values():
        assert clip.timing.onset_ms == clip.timing.center_ms <= 5


def test_estimates_know_the_timing_of_each_sound() -> None:
    assert {sound: clip.timing for sound, clip in load_sounds().items()} == SOUND_TIMINGS


def test_each_sound_differs_from_every_other_by_ear() -> None:
    """By number of strikes or by pitch: the strongest tone at the start and near the end are never both alike."""

    def strongest_hz(samples: np.ndarray) -> float:
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), SAMPLE_RATE))
        return float(np.argmax(spectrum))

    heard = set()
    for clip in load_sounds().values():
        first = clip.pcm[: SAMPLE_RATE // 5].astype(float)
        later = clip.pcm[SAMPLE_RATE * 4 // 10 : SAMPLE_RATE * 8 // 10].astype(float)
        heard.add((round(strongest_hz(first), -1), round(strongest_hz(later), -1)))
    assert len(heard) == len(Sound)


def test_a_chime_has_rung_down_before_the_first_word_after_it() -> None:
    from coach.core.engine import LEAD_MS

    begin = load_sounds()[Sound.BEGIN].pcm.astype(float)
    at = SAMPLE_RATE * (LEAD_MS - 200) // 1000
    assert np.abs(begin[at:]).max() < np.abs(begin).max() * db_to_factor(-40)
