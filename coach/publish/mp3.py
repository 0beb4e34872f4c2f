"""MP3 in sections: several encoders at once, each on its part of the routine, and no seam between them.

LAME's frames depend on each other in two ways. Through the bit reservoir, in which frames borrow room from their
neighbours: it is off (there is enough room for speech). And through what the encoder heard before: so each section
begins early, and those frames are dropped. What is left is byte for byte what one encoder makes of the whole;
``tests/publish/test_mp3.py`` shows it at every cut.

At 48 kHz every frame has the same number of bytes, so sections can be cut at any frame, and their length in bytes is
known without looking.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from coach.units import SAMPLE_RATE

KBIT_PER_S = 96
"""Apple's advice for mono speech is 96 to 128 kbit/s."""
FRAME = 1152
"""Samples in an MP3 frame."""
FRAME_BYTES = 144 * KBIT_PER_S * 1000 // SAMPLE_RATE
LOOKAHEAD_FRAMES = 3
"""An encoder must have heard this much of what follows to write a frame for good."""
LEAD_FRAMES = 150
"""How early a section begins. What LAME remembers longest is how loud it was, which sets the level below which nothing
is heard: that falls by 7.5 % a frame at most, and reaches its floor after 95 frames."""
SECTION_FRAMES = 2_500
"""A minute: starting an encoder for less is not worth it."""
DELAY = 576
"""What LAME puts before the first sample; decoders add 529 of their own and drop both."""
OPTIONS = ("-c:a", "libmp3lame", "-b:a", f"{KBIT_PER_S}k", "-reservoir", "0")
"""What ffmpeg is told, to write bare frames."""
BARE = ("-write_xing", "0", "-id3v2_version", "0", "-f", "mp3")


@dataclass(frozen=True)
class Section:
    """What one encoder does. Samples of the routine, and bytes of what it writes."""

    start: int
    """First sample it hears."""
    end: int
    """One past the last."""
    skip_bytes: int
    """Frames it writes of what belongs to the section before."""
    keep_bytes: int | None
    """How many bytes after those are the section; ``None`` for all."""


def sections(total_samples: int, most: int) -> list[Section]:
    """Divide a routine into at most ``most`` sections, about evenly, none shorter than a minute."""
    frames = -(-total_samples // FRAME)
    count = max(1, min(most, frames // SECTION_FRAMES))
    cuts = [frames * index // count for index in range(count)]
    found = []
    for index, cut in enumerate(cuts):
        after = cuts[index + 1] if index + 1 < count else None
        begin = max(0, cut - LEAD_FRAMES)
        end = total_samples if after is None else (after + LOOKAHEAD_FRAMES) * FRAME
        keep = None if after is None else (after - cut) * FRAME_BYTES
        found.append(Section(begin * FRAME, min(end, total_samples), (cut - begin) * FRAME_BYTES, keep))
    return found


def join(parts: list[tuple[Section, IO[bytes]]], total_samples: int, tag: bytes, target: IO[bytes]) -> None:
    """Write a whole MP3: its tag, its header, and the frames of all sections.

    Raises:
        ValueError: the sections do not hold the whole routine.
    """
    target.write(tag)
    place = target.tell()
    target.write(bytes(FRAME_BYTES))
    audio_bytes = 0
    for section, part in parts:
        audio_bytes += _copy(part, section, target.write)
    frames = audio_bytes // FRAME_BYTES
    if frames * FRAME < DELAY + total_samples:
        raise ValueError("there are too few frames")
    target.seek(place)
    target.write(info_frame(frames, audio_bytes, total_samples))


def _copy(part: IO[bytes], section: Section, write: Callable[[bytes], object]) -> int:
    part.seek(section.skip_bytes)
    copied = 0
    for chunk in _chunks(part, section.keep_bytes):
        if not copied and chunk[:2] != b"\xff\xfb":
            raise ValueError("a section does not begin with a frame")
        write(chunk)
        copied += len(chunk)
    return copied


def _chunks(part: IO[bytes], most: int | None) -> Iterator[bytes]:
    left = most
    while chunk := part.read(1 << 20 if left is None else min(left, 1 << 20)):
        yield chunk
        left = None if left is None else left - len(chunk)
    if left:
        raise ValueError("a section came out short")


def info_frame(frames: int, audio_bytes: int, total_samples: int) -> bytes:
    """Return the first frame of the file, silent, which tells players how long it is and what to drop at both ends.

    It is the Xing/LAME header (http://gabriel.mp3-tech.org/mp3infotag.html). Without it every sound would come 25 ms
    late, and jumping to a chapter would miss.

    Args:
        frames: frames that follow.
        audio_bytes: their length.
        total_samples: how many samples of them are the routine.
    """
    header = b"\xff\xfb" + bytes([_BIT_RATE_INDEX << 4 | 4, 0xC0])  # MPEG-1 layer III, 48 kHz, mono
    seek_table = bytes(256 * percent // 100 for percent in range(100))  # even, at a constant bit rate
    padding = frames * FRAME - DELAY - total_samples
    whole = struct.pack(
        ">4s17x4sIII100sI9sBBI2H2B3sBBHIH",
        header,
        b"Info",
        0b1111,  # there follow: frames, bytes, seek table, quality
        frames,
        audio_bytes + FRAME_BYTES,
        seek_table,
        0,
        b"LAME3.100",
        0x01,  # constant bit rate
        0,  # low-pass: not told
        0,  # peak and
        0,  # both loudness fields: not told
        0,
        0,
        KBIT_PER_S,
        (DELAY << 12 | min(padding, 0xFFF)).to_bytes(3),
        0,
        0,
        0,
        audio_bytes + FRAME_BYTES,
        0,  # the sum of the music, which no player checks
    )
    return (whole + struct.pack(">H", _crc16(whole))).ljust(FRAME_BYTES, b"\0")


_BIT_RATE_INDEX = 7  # 96 kbit/s


def _crc16(data: bytes) -> int:
    """Return the CRC-16 that LAME uses (ARC)."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
