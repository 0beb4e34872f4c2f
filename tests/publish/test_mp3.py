"""The first frame of an MP3, which tells players of the others."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.audio.ffmpeg import ffmpeg_path
from coach.publish import mp3
from coach.units import SAMPLE_RATE
from support.listening import decode


@given(st.integers(0, 6 * 3600 * SAMPLE_RATE))
def test_there_are_just_enough_frames_for_a_decoder_to_give_all_samples(total: int) -> None:
    given_by_decoder = mp3.frames_of(total) * mp3.FRAME - mp3.DELAY - mp3.DECODER_DELAY
    assert total <= given_by_decoder < total + mp3.FRAME


@pytest.mark.parametrize("kbit", [48, 64, 128])
def test_it_is_that_of_ffmpeg_and_the_file_decodes_to_the_sample(tmp_path: Path, kbit: int) -> None:
    """All but the encoder's name, the seek table's rounding and two sums that nobody checks."""
    path, total = tmp_path / "x.mp3", 5 * SAMPLE_RATE + 321
    sound = (np.sin(np.arange(total) / 9) * 9_000).astype("<i2").tobytes()
    raw = ["-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "-"]
    coded = ["-c:a", "libmp3lame", "-b:a", f"{kbit}k", "-reservoir", "0", "-id3v2_version", "0"]
    subprocess.run([ffmpeg_path(), "-v", "error", *raw, *coded, str(path)], input=sound, check=True)
    theirs, length, first = path.read_bytes(), mp3.frame_bytes(kbit), mp3.frame_bytes(max(kbit, 64))
    frames = theirs[first:][: mp3.frames_of(total) * length]
    ours = mp3.info_frame(total, kbit)
    assert ours[:29] == theirs[:29]
    assert int.from_bytes(ours[29:33]) == len(frames) // length
    assert int.from_bytes(ours[33:37]) == len(ours) + len(frames)
    assert np.abs(np.frombuffer(ours[37:137], "u1").astype(int) - np.frombuffer(theirs[37:137], "u1")).max() <= 3
    assert ours[141:145] == b"LAME"  # what Apple's players look for
    assert ours[162:164] == theirs[162:164]  # the delay
    path.write_bytes(ours + frames)
    assert len(decode(path)) == total
