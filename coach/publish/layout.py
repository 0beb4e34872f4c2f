"""Where in an audio file its sound lies: first byte, and one past the last. What lies outside says what the file is.

Raises ``ValueError`` if the file is not of the format.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

_ID3_HEAD = 10
_INFO, _INFO_BYTES = 21, 33
"""In the first frame of an MP3: where the header begins, and where it says how long the sound is."""
_OGG_HEAD, _OGG_GRANULE, _OGG_SEGMENTS = 27, 6, 26


def mp3(file: BinaryIO) -> tuple[int, int]:
    """Find the frames: after the ID3 tag, as far as the first one says."""
    start = 0
    head = _read(file, 0, _ID3_HEAD)
    if head.startswith(b"ID3"):
        start = _ID3_HEAD + sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    end = _size(file)
    if end >= start + _INFO_BYTES + 4:
        first = _read(file, start, _INFO_BYTES + 4)
        if first[_INFO : _INFO + 4] == b"Info":
            end = min(end, start + int.from_bytes(first[_INFO_BYTES:]))
    return min(start, end), end


def flac(file: BinaryIO) -> tuple[int, int]:
    """Find the frames: after the last block of metadata."""
    if _read(file, 0, 4) != b"fLaC":
        raise ValueError("not a FLAC file")
    start, is_last = 4, False
    while not is_last:
        head = _read(file, start, 4)
        is_last = bool(head[0] & 0x80)
        start += 4 + int.from_bytes(head[1:])
    end = _size(file)
    return min(start, end), end


def wav(file: BinaryIO) -> tuple[int, int]:
    """Find the chunk of samples."""
    place = 12
    while True:
        kind, length = struct.unpack("<4sI", _read(file, place, 8))
        if kind == b"data":
            return place + 8, min(place + 8 + length, _size(file))
        place += 8 + length + length % 2


def mp4(file: BinaryIO) -> tuple[int, int]:
    """Find the atom of samples."""
    place = 0
    while True:
        length, kind = struct.unpack(">I4s", _read(file, place, 8))
        head = 8
        if length == 1:
            length, head = int.from_bytes(_read(file, place + 8, 8)), 16
        if kind == b"mdat":
            return place + head, min(place + length, _size(file)) if length else _size(file)
        if length < head:
            raise ValueError("not an MP4 file")
        place += length


def ogg(file: BinaryIO) -> tuple[int, int]:
    """Find the first page that ends later than at 0; those before are headers."""
    place = 0
    while True:
        page = _read(file, place, _OGG_HEAD)
        if not page.startswith(b"OggS"):
            raise ValueError("not an Ogg file")
        if page[_OGG_GRANULE : _OGG_GRANULE + 8] not in (bytes(8), b"\xff" * 8):  # -1: no packet ends in it
            return place, _size(file)
        segments = page[_OGG_SEGMENTS]
        place += _OGG_HEAD + segments + sum(_read(file, place + _OGG_HEAD, segments))


def _read(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    data = file.read(count)
    if len(data) < count:
        raise ValueError("the file is too short")
    return data


def _size(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)
