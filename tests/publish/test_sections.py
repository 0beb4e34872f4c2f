"""MP3 in sections: the frames, the header and the tag, as other programs read them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.audio.ffmpeg import ffmpeg_path
from coach.defaults import RATE_WPM
from coach.library.standard import standard_library
from coach.publish import mp3, sections
from coach.publish.publish import Finish, mix
from coach.recipe import DEFAULT_DELIVERY, cached_voice, compile_routine
from coach.units import SAMPLE_RATE
from support.sound import Mix
from support.tiers import thorough

KBIT = 96
FRAME_BYTES = mp3.frame_bytes(KBIT)
OPTIONS = sections.options(KBIT)
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
    return subprocess.run([*command, *options, "-"], input=pcm, capture_output=True, check=True).stdout


def joined(samples: np.ndarray, most: int) -> bytes:
    with sections.encoded(Mix(samples), KBIT, None, 2, most) as frames:
        return b"".join(frames)


@given(st.integers(1, 4 * 3600 * SAMPLE_RATE), st.integers(1, 6))
def test_sections_fill_the_routine_in_whole_frames(total: int, most: int) -> None:
    parts = sections.sections(total, most)
    assert 1 <= len(parts) <= most
    assert (parts[0].start, parts[0].skip) == (0, 0)
    assert parts[-1].end == total
    kept = 0
    for part in parts:
        assert part.start == (kept - part.skip) * mp3.FRAME
        assert part.skip in (0, sections.LEAD_FRAMES)
        kept += part.keep
    assert kept == mp3.frames_of(total)
    if len(parts) > 1:
        lengths = [part.keep for part in parts]
        assert min(lengths) >= sections.SECTION_FRAMES
        assert max(lengths) - min(lengths) <= 1


def differing(pcm: bytes, cuts: Iterable[int]) -> list[int]:
    """Return the cuts after which a section that begins there is not what one encoder makes of the whole."""
    whole, step = by_ffmpeg(pcm, *OPTIONS), mp3.FRAME * 2
    found = []
    for cut in cuts:
        begin, after = cut - sections.LEAD_FRAMES, cut + COMPARED_FRAMES
        part = by_ffmpeg(pcm[begin * step : after * step + sections.LOOKAHEAD_FRAMES * mp3.FRAME * 2], *OPTIONS)
        kept = part[sections.LEAD_FRAMES * FRAME_BYTES :][: COMPARED_FRAMES * FRAME_BYTES]
        if kept != whole[cut * FRAME_BYTES :][: len(kept)]:
            found.append(cut)
    return found


def cuts_of(pcm: bytes) -> range:
    return range(sections.LEAD_FRAMES, len(pcm) // (2 * mp3.FRAME), CUT_EVERY_FRAMES)


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


def test_frames_are_those_of_ffmpeg() -> None:
    samples = np.frombuffer(raw(), dtype="<i2")
    assert len(sections.sections(SAMPLES, 2)) == 2
    whole = by_ffmpeg(raw(), *sections.options(KBIT))
    ours = joined(samples, 2)
    assert len(ours) == mp3.frames_of(SAMPLES) * FRAME_BYTES
    assert ours == whole[: len(ours)]


def test_whoever_waits_for_the_first_section_may_give_up() -> None:
    with sections.encoded(Mix(np.frombuffer(raw(), dtype="<i2")), KBIT, None, 1, 1) as frames:
        assert next(frames) == b""
