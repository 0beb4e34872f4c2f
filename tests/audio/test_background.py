from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from coach.audio.background import CROSSFADE_MS, DUCKING, JOIN_MS, Background
from coach.audio.ffmpeg import ffmpeg_path
from coach.audio.loudness import SPEECH_LUFS, integrated_lufs, weighted_power
from coach.core.timeline import Cue, Timeline
from coach.defaults import BACKGROUND_LU
from coach.errors import InputError
from coach.units import SAMPLE_RATE, ms_to_frames
from support.listening import loudness_lufs
from support.sound import file_of, noise
from support.tiers import thorough

QUIET = Timeline("x", "silent", "4-6", 1000, 60_000, ())
SPOKEN = Timeline("x", "silent", "4-6", 1000, 60_000, (Cue("speech", 20_000, 20_000, 24_000, text="x"),))


def heard(background: Background, start_ms: int = 0, end_ms: int = 60_000) -> np.ndarray:
    block = background.block(ms_to_frames(start_ms), ms_to_frames(end_ms))
    assert block is not None
    return block / 32_768


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples**2)))


@pytest.mark.parametrize(
    ("seconds", "rate", "channels"), [(4, 22_050, 2), (13, 48_000, 1), (0.4, 44_100, 1), (90, 8_000, 1)]
)
def test_it_is_looped_without_a_seam(tmp_path: Path, seconds: float, rate: int, channels: int) -> None:
    background = Background(file_of(tmp_path, noise(seconds, rate), rate, channels), QUIET)
    levels = [level_db(heard(background, at, at + 500)) for at in range(5_000, 52_000, 250)]
    assert max(levels) - min(levels) < 1.5
    steps = np.abs(np.diff(heard(background, 5_000, 52_000)))
    assert steps.max() < 8 * steps.mean()  # nothing jumps


def test_a_loop_begins_again_after_its_crossfade(tmp_path: Path) -> None:
    sound = noise(10)
    background = Background(file_of(tmp_path, sound), QUIET)
    period_ms = 10_000 - CROSSFADE_MS
    once, again = (heard(background, at, at + 2_000) for at in (3_100 + period_ms, 3_100 + 2 * period_ms))
    np.testing.assert_allclose(once, again, atol=1e-9)


def test_it_gives_way_to_the_voice_by_15_db_and_comes_back(tmp_path: Path) -> None:
    path = file_of(tmp_path, noise(70))
    alone, spoken = Background(path, QUIET), Background(path, SPOKEN)

    def change_db(start_ms: int, end_ms: int) -> float:
        return level_db(heard(spoken, start_ms, end_ms)) - level_db(heard(alone, start_ms, end_ms))

    assert change_db(20_000, 24_000) == pytest.approx(-15, abs=0.01)
    assert change_db(10_000, 20_000 - DUCKING.attack_ms) == pytest.approx(0, abs=0.01)
    assert change_db(24_000 + DUCKING.release_ms, 50_000) == pytest.approx(0, abs=0.01)
    steps = np.diff([level_db(heard(spoken, at, at + 20)) for at in range(19_000, 26_500, 20)])
    assert np.abs(steps).max() < 4  # no sudden change


def test_it_fades_in_and_out(tmp_path: Path) -> None:
    background = Background(file_of(tmp_path, noise(70)), QUIET)
    middle = level_db(heard(background, 20_000, 40_000))
    assert level_db(heard(background, 0, 50)) < middle - 30
    assert level_db(heard(background, 59_950, 60_000)) < middle - 30
    assert level_db(heard(background, 3_000, 4_000)) == pytest.approx(middle, abs=1)
    assert background.block(ms_to_frames(60_000), ms_to_frames(60_100)) is None


def test_under_another_timeline_it_goes_on_where_it_was_and_fades_only_for_a_moment(tmp_path: Path) -> None:
    first = Background(file_of(tmp_path, noise(70)), QUIET)
    other = first.under(QUIET, ms_to_frames(20_000), ends=False)
    np.testing.assert_allclose(heard(other, JOIN_MS + 1, 30_000), heard(first, 20_000 + JOIN_MS + 1, 50_000), atol=1e-9)
    assert abs(heard(other, 0, 1)[0]) < 1e-9
    assert level_db(heard(other, 59_000, 60_000)) == pytest.approx(level_db(heard(other, 30_000, 50_000)), abs=1)
    begun_anew = first.under(QUIET, 0, ends=True)
    np.testing.assert_array_equal(heard(begun_anew), heard(first))


@pytest.mark.parametrize("scale", [0.01, 1.0, 3.0])
def test_it_is_as_far_below_the_voice_as_asked_for_however_loud_the_file(tmp_path: Path, scale: float) -> None:
    background = Background(file_of(tmp_path, noise(70) * scale), QUIET, -20.0)
    told = loudness_lufs(heard(background, 5_000, 50_000))
    assert told == pytest.approx(SPEECH_LUFS - 20.0, abs=0.2)
    powers = background.powers(np.arange(5 * SAMPLE_RATE, 50 * SAMPLE_RATE, 480))
    assert integrated_lufs(powers) == pytest.approx(told, abs=0.2)


def test_any_block_from_any_position_has_the_same_samples(tmp_path: Path) -> None:
    background = Background(file_of(tmp_path, noise(4)), SPOKEN)
    whole = heard(background)
    for start, end in ((0, 1), (12_345, 99_999), (176_399, 176_401), (2_000_000, 2_646_000)):
        block = background.block(start, end)
        assert block is not None
        np.testing.assert_allclose(block / 32_768, whole[start:end], atol=1e-12)


@pytest.mark.parametrize(
    "content", [b"", b"not audio at all\n" * 50, b"RIFF\x00\x00\x00\x00WAVE", b"#EXTM3U\nhttp://localhost:1/x.mp3\n"]
)
def test_what_is_no_audio_is_refused_in_a_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not audio that ffmpeg can read"):
        Background(path, QUIET)


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{sound}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{sound}\n",  # without an end: more may come
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{pipe}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{sound}'\n",
        "ffconcat version 1.0\nfile '{pipe}'\n",
        "#EXTM3U\n{sound}\n",
    ],
)
@pytest.mark.parametrize("name", ["rain.m3u8", "rain.ffconcat", "rain.mp3", "rain.wav"])
def test_a_file_that_names_other_files_is_not_audio(tmp_path: Path, playlist: str, name: str) -> None:
    """Such a background once read any sound on the disk, or hung on a pipe."""
    sound = file_of(tmp_path, noise(9)).rename(tmp_path / "secret.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    path = tmp_path / name
    path.write_text(playlist.format(sound=sound.name, pipe="pipe.wav"))
    with pytest.raises(InputError, match="is not audio that ffmpeg can read"):
        Background(path, QUIET)


def test_decoding_has_a_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr("coach.audio.background.ffmpeg_path", lambda: str(program))
    monkeypatch.setattr("coach.audio.background.LEAST_DECODING_S", 0.1)
    monkeypatch.setattr("coach.audio.background.SLOWEST_DECODING", 1_000)
    with pytest.raises(InputError, match="could not be decoded in 0 s; choose another background"):
        Background(file_of(tmp_path, noise(1)), QUIET)


@pytest.mark.parametrize("ending", [".mp3", ".m4a", ".ogg", ".opus", ".flac", ".wav", ".aiff", ".mka", ".mov", ".wma"])
def test_audio_of_every_usual_kind_is_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    source = file_of(tmp_path, noise(4))
    subprocess.run([ffmpeg_path(), "-v", "error", "-i", str(source), str(path)], check=True)
    assert level_db(heard(Background(path, QUIET), 5_000, 50_000)) > -60


def test_silence_and_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing can be heard"):
        Background(file_of(tmp_path, np.zeros(SAMPLE_RATE * 3)), QUIET)
    with pytest.raises(InputError, match="there is no background file"):
        Background(tmp_path / "missing.ogg", QUIET)


@thorough
def test_a_file_that_ends_early_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    path = file_of(tmp_path, noise(10))
    path.write_bytes(path.read_bytes()[:300_000])
    levels = [level_db(heard(Background(path, QUIET), at, at + 500)) for at in range(5_000, 52_000, 500)]
    assert max(levels) - min(levels) < 1.5


def test_the_default_is_below_the_voice() -> None:
    assert BACKGROUND_LU <= -10
    assert weighted_power(np.zeros(480)).shape == (1,)
