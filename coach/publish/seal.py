"""Seals: sums by which the coach knows whether a file is still as it was written.

A small file (playlist, feed, picture) holds one sum, of all of it. An audio file holds two: of what it says of itself,
and of the whole. So what a person changed in a title is told from a disk that lost a part of the sound.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from coach.errors import InputError
from coach.files import check_place, written_whole

MADE_BY = "Stretch Coach"
_NO_SUM = "0" * 16
SEAL = f"made by {MADE_BY}, sum {_NO_SUM}"
"""Stands in a comment of a small file until :func:`sealed` fills in the sum."""
BLANK = f"made by {MADE_BY}, sums {_NO_SUM} {_NO_SUM}"
"""Stands in a tag of an audio file until :func:`seal_audio` fills in the sums."""

_SUM = re.compile(rb"(made by Stretch Coach, sum )[0-9a-f]{16}")
_SUMS = re.compile(rb"made by Stretch Coach, sums ([0-9a-f]{16} [0-9a-f]{16})")
_OGG_PAGE, _OGG_SUM = b"OggS", slice(22, 26)
_CHUNK_BYTES = 1 << 20

Sound = Callable[[BinaryIO], tuple[int, int]]
"""Finds the bytes of a file that are its sound; the rest is what the file says of itself."""


class State(enum.Enum):
    """What became of an audio file since the coach wrote it."""

    WHOLE = "as it was written"
    DAMAGED = "what it says of itself is as it was, but its sound is not"
    CHANGED = "what it says of itself is not as it was"
    UNSEALED = "it has no seal: an earlier version of the coach made it, or a program took the seal away"


class _NoSealError(ValueError):
    """There is no seal in a file."""


def sealed(data: bytes) -> bytes:
    """Return what holds :data:`SEAL` with its sum filled in."""
    return data.replace(SEAL.encode(), SEAL.encode().replace(_NO_SUM.encode(), _sum(hashlib.sha256(data))))


def sealed_xml(text: str) -> bytes:
    """Return an XML file with a seal at its end."""
    return sealed(f"{text}<!-- {SEAL} -->\n".encode())


def is_sealed(data: bytes) -> bool:
    """Return whether a small file is as the coach wrote it."""
    blank = _SUM.sub(rb"\g<1>" + _NO_SUM.encode(), data)
    return SEAL.encode() in blank and sealed(blank) == data


def check_own(path: Path, *, force: bool) -> None:
    """Refuse a place where no file can be written, or where a file lies that is not as the coach wrote it.

    Raises:
        InputError: it is such a place.
    """
    if check_place(path) and not force and not is_sealed(_read(path)):
        raise InputError(f"{path} is there already and is not as the coach wrote it; add --force to replace it")


def write_own(path: Path, whole: bytes, *, force: bool) -> None:
    """Write a small file that has its seal, unless it is there as it would be written.

    Raises:
        InputError: a file is there that is not as the coach wrote it.
        OutputError: it cannot be written.
    """
    check_own(path, force=force)
    if path.is_file() and path.read_bytes() == whole:
        return
    with written_whole(path) as temporary:
        temporary.write_bytes(whole)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; choose another name") from error


def seal_audio(path: Path, sound: Sound) -> None:
    """Fill in the sums of a file whose tags hold :data:`BLANK`.

    Raises:
        OSError: it cannot be read or written.
        ValueError: there is no seal in it.
    """
    with path.open("r+b") as file:
        found = _summed(file, sound)
        file.seek(found.place)
        file.write(found.right)
        if found.ogg_page is not None:
            _mend_ogg_page(file, found.ogg_page)


class Sealing:
    """Sums up a sound that goes by, for the tag that stands before it and holds :data:`BLANK`."""

    def __init__(self, tag: bytes) -> None:
        """Take a tag.

        Raises:
            ValueError: there is no seal in it.
        """
        self.tag = tag
        """With no sums in it yet, and as long as it will be."""
        found = _SUMS.search(tag)
        if found is None:
            raise _NoSealError("there is no seal in it")
        self._head, self._rest = tag[: found.start(1)], tag[found.end(1) :]
        self._notes = hashlib.sha256(self._head + bytes(len(found[1])) + self._rest)
        self._whole = self._notes.copy()

    def pass_on(self, sound: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the parts of a sound as they come, summed up."""
        for part in sound:
            self._whole.update(part)
            yield part

    def sealed(self) -> bytes:
        """Return the tag with the sums of what went by."""
        return self._head + _sum(self._notes) + b" " + _sum(self._whole) + self._rest


def audio_state(path: Path, sound: Sound) -> State:
    """Return what became of a file that the coach made."""
    try:
        with path.open("rb") as file:
            found = _summed(file, sound)
    except _NoSealError:
        return State.UNSEALED
    except (OSError, ValueError):
        return State.CHANGED
    if found.told == found.right:
        return State.WHOLE
    return State.DAMAGED if found.told.split()[0] == found.right.split()[0] else State.CHANGED


@dataclass(frozen=True, kw_only=True)
class _Summed:
    told: bytes
    """The sums that stand in the file."""
    right: bytes
    """Those that would be right."""
    place: int
    """Where they stand."""
    ogg_page: int | None
    """Where the page begins that holds them: it has a sum of its own."""


def _summed(file: BinaryIO, sound: Sound) -> _Summed:
    start, end = sound(file)
    file.seek(0)
    rest = bytearray(file.read(start))
    file.seek(end)
    rest += file.read()
    found = _SUMS.search(rest)
    if found is None:
        raise _NoSealError("there is no seal in it")
    place, told = found.start(1), found[1]
    rest[place : place + len(told)] = bytes(len(told))
    page = rest.rfind(_OGG_PAGE, 0, place) if rest.startswith(_OGG_PAGE) else None
    if page is not None:
        rest[page + _OGG_SUM.start : page + _OGG_SUM.stop] = bytes(4)
    notes = hashlib.sha256(rest)
    whole = notes.copy()
    file.seek(start)
    left = end - start
    while left and (chunk := file.read(min(_CHUNK_BYTES, left))):
        whole.update(chunk)
        left -= len(chunk)
    if place >= start:  # behind the sound, as in a WAV file
        place += end - start
    return _Summed(told=told, right=_sum(notes) + b" " + _sum(whole), place=place, ogg_page=page)


def _sum(digest: hashlib._Hash) -> bytes:
    return digest.hexdigest()[: len(_NO_SUM)].encode()


def _mend_ogg_page(file: BinaryIO, page: int) -> None:
    from mutagen.ogg import OggPage

    file.seek(page)
    mended = OggPage(file).write()
    file.seek(page)
    file.write(mended)
