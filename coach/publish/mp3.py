"""What an MP3 is made of: frames of 24 ms, all of the same number of bytes, and a first one that tells of the others.

The bit rate is constant, since phones then find any moment exactly, and with it a chapter's first word: in a variable
one they guess from a table of a hundred places, which in fifteen minutes are nine seconds apart.
"""

from __future__ import annotations

import struct

from coach.units import SAMPLE_RATE

FRAME = 1152
"""Samples in a frame."""
DELAY, DECODER_DELAY = 576, 529
"""What LAME puts before the first sample, and what decoders add; they drop both."""
_RATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""Of MPEG-1 layer III, in kbit/s, as a header numbers them."""
_LEAST_RATE = 64
"""What the first frame has to have at least, for all that it tells."""


def frame_bytes(kbit_per_s: int) -> int:
    """Return the length of every frame: at 48 kHz none has a byte more."""
    return 144 * kbit_per_s * 1000 // SAMPLE_RATE


def frames_of(total_samples: int) -> int:
    """Return how many frames it takes for a decoder to give that many samples."""
    return -(-(total_samples + DELAY + DECODER_DELAY) // FRAME)


def info_frame(total_samples: int, kbit_per_s: int) -> bytes:
    """Return the first frame of the file, silent, which tells players how long it is and what to drop at both ends.

    It is the Xing/LAME header (http://gabriel.mp3-tech.org/mp3infotag.html). Without it every sound would come 25 ms
    late, and jumping to a chapter would miss.

    Args:
        total_samples: how many samples of the frames that follow are the routine.
        kbit_per_s: the bit rate.
    """
    frames, own_rate = frames_of(total_samples), max(kbit_per_s, _LEAST_RATE)
    all_bytes = frame_bytes(own_rate) + frames * frame_bytes(kbit_per_s)
    header = b"\xff\xfb" + bytes([_RATES.index(own_rate) << 4 | 4, 0xC0])  # MPEG-1 layer III, 48 kHz, mono
    seek_table = bytes(256 * percent // 100 for percent in range(100))  # even, at a constant bit rate
    padding = frames * FRAME - DELAY - total_samples
    whole = struct.pack(
        ">4s17x4sIII100sI9sBBI2H2B3sBBHIH",
        header,
        b"Info",
        0b1111,  # there follow: frames, bytes, seek table, quality
        frames,
        all_bytes,
        seek_table,
        0,
        b"LAME3.100",  # Apple's players look for the first four letters
        0x01,  # constant bit rate
        0,  # low-pass: not told
        0,  # peak and
        0,  # both loudness fields: not told
        0,
        0,
        min(kbit_per_s, 0xFF),
        (DELAY << 12 | padding).to_bytes(3),
        0,
        0,
        0,
        all_bytes,
        0,  # the sum of the music, which no player checks
    )
    return (whole + struct.pack(">H", _crc16(whole))).ljust(frame_bytes(own_rate), b"\0")


def _crc16(data: bytes) -> int:
    """Return the CRC-16 that LAME uses (ARC)."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
