"""MP3 in sections: the frames, the header and the tag, as other programs read them."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.audio.ffmpeg import ffmpeg_path
from coach.defaults import RATE_WPM
from coach.library.standard import standard_library
from coach.publish import mp3
from coach.publish.publish import Finish, mix
from coach.publish.tags import About, id3_bytes
from coach.recipe import DEFAULT_DELIVERY, cached_voice, compile_routine
from coach.units import SAMPLE_RATE
from support.listening import decode
from support.needs import needs
from support.tiers import thorough

SAMPLES = SAMPLE_RATE * 130 + 321
COMPARED_FRAMES = 196
"""How far after a cut frames are compared: 5 s; what differs does so soon after it."""
CUT_EVERY_FRAMES = 49


def raw(samples: int = SAMPLES) -> bytes:
    """A glide with pauses: something the encoder must adapt to all the time."""
    at = np.arange(samples) / SAMPLE_RATE
    sound = np.sin(2 * np.pi * (200 + 40 * at) * at) * np.clip(np.sin(at * 2.1), 0, 1) ** 2
    return (sound * 15_000).astype("<i2").tobytes()


def by_ffmpeg(pcm: bytes, *options: str) -> bytes:
    command = [ffmpeg_path(), "-v", "error", "-y", "-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "-"]
    return subprocess.run([*command, *mp3.OPTIONS, *options], input=pcm, capture_output=True, check=True).stdout


def joined(pcm: bytes, most: int, tag: bytes = b"") -> bytes:
    parts = [
        (section, io.BytesIO(by_ffmpeg(pcm[section.start * 2 : section.end * 2], *mp3.BARE, "-")))
        for section in mp3.sections(len(pcm) // 2, most)
    ]
    whole = io.BytesIO()
    mp3.join(parts, len(pcm) // 2, tag, whole)  # type: ignore[arg-type]
    return whole.getvalue()


@given(st.integers(1, 4 * 3600 * SAMPLE_RATE), st.integers(1, 6))
def test_sections_fill_the_routine_in_whole_frames(total: int, most: int) -> None:
    parts = mp3.sections(total, most)
    assert 1 <= len(parts) <= most
    assert (parts[0].start, parts[0].skip_bytes) == (0, 0)
    assert (parts[-1].end, parts[-1].keep_bytes) == (total, None)
    kept = 0
    for part in parts:
        assert part.start % mp3.FRAME == 0
        assert part.start // mp3.FRAME * mp3.FRAME_BYTES == kept - part.skip_bytes
        assert part.skip_bytes in (0, mp3.LEAD_FRAMES * mp3.FRAME_BYTES)
        kept += part.keep_bytes or 0
    if len(parts) > 1:
        lengths = [part.end - part.start for part in parts]
        assert min(lengths) > 55 * SAMPLE_RATE
        assert max(lengths) - min(lengths) < 4 * mp3.LEAD_FRAMES * mp3.FRAME


def differing(pcm: bytes, cuts: Iterable[int]) -> list[int]:
    """Return the cuts after which a section that begins there is not what one encoder makes of the whole."""
    whole, step = by_ffmpeg(pcm, *mp3.BARE, "-"), mp3.FRAME * 2
    found = []
    for cut in cuts:
        begin, after = cut - mp3.LEAD_FRAMES, cut + COMPARED_FRAMES
        part = by_ffmpeg(pcm[begin * step : after * step + mp3.LOOKAHEAD_FRAMES * mp3.FRAME * 2], *mp3.BARE, "-")
        kept = part[mp3.LEAD_FRAMES * mp3.FRAME_BYTES :][: COMPARED_FRAMES * mp3.FRAME_BYTES]
        if kept != whole[cut * mp3.FRAME_BYTES :][: len(kept)]:
            found.append(cut)
    return found


def cuts_of(pcm: bytes) -> range:
    return range(mp3.LEAD_FRAMES, len(pcm) // (2 * mp3.FRAME), CUT_EVERY_FRAMES)


def test_a_cut_soon_after_loud_sound_leaves_no_seam() -> None:
    """What LAME remembers of it dies away over 95 frames: sections that begin 49 early are not right."""
    random = np.random.default_rng(0)
    sound = np.concatenate([random.normal(0, level, SAMPLE_RATE * 5) for level in (6000, 3, 6000, 30)])
    pcm = np.rint(sound).clip(-32_000, 32_000).astype("<i2").tobytes()
    assert differing(pcm, cuts_of(pcm)) == []


def spoken(name: str) -> bytes:
    """A routine of the library as it is rendered."""
    compiled = compile_routine(standard_library().routine(name), DEFAULT_DELIVERY, cached_voice("system", RATE_WPM))
    return b"".join(block.tobytes() for block in mix(compiled, Finish(), 0.4455).blocks())


def test_sections_of_a_routine_are_those_of_one_encoder_at_some_cuts() -> None:
    pcm = spoken("cat-cow")
    cuts = cuts_of(pcm)
    assert differing(pcm, [*cuts[::9], *cuts[-2:]]) == []


@thorough
@pytest.mark.parametrize("name", ["five-minutes", "bird-dog"])
def test_sections_of_a_routine_are_those_of_one_encoder_at_every_cut(name: str) -> None:
    pcm = spoken(name)
    cuts = cuts_of(pcm)
    assert len(cuts) > 150
    assert differing(pcm, cuts) == []


def test_frames_and_header_are_those_of_ffmpeg(tmp_path: Path) -> None:
    """All but the encoder's name, the seek table's rounding and two sums that nobody checks."""
    pcm = raw()
    by_ffmpeg(pcm, "-id3v2_version", "0", "-f", "mp3", str(tmp_path / "x.mp3"))
    theirs, ours = (tmp_path / "x.mp3").read_bytes(), joined(pcm, 2)
    assert len(mp3.sections(SAMPLES, 2)) == 2
    assert ours[mp3.FRAME_BYTES :] == theirs[mp3.FRAME_BYTES :]
    assert ours[:36] == theirs[:36]  # frames, bytes and where they stand
    assert np.abs(np.frombuffer(ours[37:137], "u1").astype(int) - np.frombuffer(theirs[37:137], "u1")).max() <= 1
    assert ours[162:165] == theirs[162:165]  # delay and padding
    assert ours[141:145] == b"LAME"  # what Apple's players look for


def test_it_decodes_to_the_sample(tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(joined(raw(), 2))
    assert len(decode(path)) == SAMPLES


@needs("lame", "lame")
def test_lame_decodes_it_to_the_same_length(tmp_path: Path) -> None:
    path, wav = tmp_path / "x.mp3", tmp_path / "x.wav"
    path.write_bytes(joined(raw(), 2))
    subprocess.run(["lame", "--quiet", "--decode", str(path), str(wav)], check=True)
    heard = decode(wav)
    assert len(heard) == SAMPLES
    np.testing.assert_allclose(heard, decode(path), atol=2 / 32_768)


@needs("mp3val", "mp3val")
def test_mp3val_finds_nothing_wrong(tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    about = About(title="x", length_ms=130_007, year=2026, input="h", lyrics="l", cover=b"\xff\xd8\xff")
    path.write_bytes(joined(raw(), 2, id3_bytes(about)))
    told = subprocess.run(["mp3val", str(path)], capture_output=True, text=True, check=True).stdout
    assert "WARNING" not in told
    assert "CBR" in told


@pytest.mark.parametrize("damage", ["short", "shifted", "empty"])
def test_a_section_that_is_not_whole_is_refused(damage: str) -> None:
    pcm = raw()
    sections = mp3.sections(SAMPLES, 2)
    made = [by_ffmpeg(pcm[section.start * 2 : section.end * 2], *mp3.BARE, "-") for section in sections]
    made[0] = {"short": made[0][:-20_000], "shifted": made[0][1:], "empty": b""}[damage]
    with pytest.raises(ValueError, match=r"section|frames"):
        mp3.join([(s, io.BytesIO(m)) for s, m in zip(sections, made, strict=True)], SAMPLES, b"", io.BytesIO())


def test_the_sum_of_the_header_is_that_of_the_standard_s_example() -> None:
    assert mp3._crc16(b"123456789") == 0xBB3D
