"""Playlists: the recordings of a folder in their order, for players on a phone."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coach.errors import InputError
from coach.files import check_place, written_whole
from coach.publish import tags
from coach.publish.encoder import FORMATS

ENDINGS = (".m3u8", ".m3u")
_NO_SUM = "0" * 16
SEAL = f"made by {tags.MADE_BY}, sum {_NO_SUM}"
"""Stands in a comment, with a sum of the whole: by which the coach knows what it wrote and nobody changed since."""
# What neither UTF-8 nor XML can hold: most control characters, and halves of letters.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ID3_NAMES = {"title": "TIT2", "artist": "TPE1", "tracknumber": "TRCK"}


@dataclass(frozen=True)
class Recording:
    """An audio file, and what it says of itself."""

    path: Path
    title: str
    """The file's name where it says none."""
    artist: str = ""
    track: int | None = None
    length_ms: int | None = None
    """Unknown where the file cannot be read."""
    made_by_coach: bool = False


def recordings(folder: Path) -> tuple[Recording, ...]:
    """Return the audio files that lie in a folder, by their track numbers, then by title and name.

    Raises:
        InputError: there is no such folder, or no audio in it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; name the one your routines are in")
    found = [
        _recording(path)
        for path in folder.iterdir()
        if path.suffix.lower() in FORMATS and not path.name.startswith(".") and path.is_file()
    ]
    if not found:
        raise InputError(f"there is no audio in {folder}; “coach render --all -o {folder}” makes some")
    return tuple(sorted(found, key=_place))


def clean(text: str) -> str:
    """Return a text as one line, without what no file of text can hold."""
    return " ".join(_UNWRITABLE.sub("", text).split())


def readable(folder: Path) -> str:
    """Return a folder's name as a title: ``lower-back`` is “Lower back”."""
    name = clean(re.sub("[-_]+", " ", folder.resolve().name)) or "Routines"
    return name[0].upper() + name[1:]


def sealed(data: bytes) -> bytes:
    """Return what holds :data:`SEAL` with its sum filled in."""
    return data.replace(SEAL.encode(), SEAL.replace(_NO_SUM, hashlib.sha256(data).hexdigest()[: len(_NO_SUM)]).encode())


def check_own(path: Path, *, force: bool) -> None:
    """Refuse a place where no file can be written, or where there is one that is not as the coach wrote it.

    Raises:
        InputError: it is such a place.
    """
    if check_place(path) and not force:
        data = path.read_bytes()
        unsummed = re.sub(rb"(made by [\w ]+, sum )[0-9a-f]{16}", rb"\g<1>" + _NO_SUM.encode(), data)
        if SEAL.encode() not in unsummed or sealed(unsummed) != data:
            raise InputError(f"{path} is there already and not as the coach wrote it; add --force to replace it")


def playlist_text(title: str, entries: Sequence[tuple[str, Recording]]) -> str:
    """Return an extended M3U of recordings, each with its path as seen from the playlist."""
    lines = ["#EXTM3U", f"#PLAYLIST:{title}", f"# {SEAL}"]
    for name, recording in entries:
        length_s = -1 if recording.length_ms is None else round(recording.length_ms / 1000)
        said = f"{recording.artist} - {recording.title}" if recording.artist else recording.title
        lines += [f"#EXTINF:{length_s},{said}", name]
    return "\n".join(lines) + "\n"


def write_playlist(folder: Path, output: Path | None = None, *, force: bool = False) -> tuple[Path, int]:
    """Write a folder's playlist, into it if no other place is named; return the place and how many it lists.

    Raises:
        InputError: there is nothing to list, a name cannot be written, or a file is there that the coach did not make.
        OutputError: it cannot be written.
    """
    found = recordings(folder)
    path = output or folder / f"{folder.resolve().name or 'routines'}{ENDINGS[0]}"
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"“{path.name}” is no playlist's name; end it in {' or '.join(ENDINGS)}")
    check_own(path, force=force)
    entries = [(_seen_from(path.parent, recording.path), recording) for recording in found]
    with written_whole(path) as temporary:
        temporary.write_bytes(sealed(playlist_text(readable(folder), entries).encode()))
    return path, len(found)


def _recording(path: Path) -> Recording:
    from mutagen import File

    try:
        file = File(path, easy=True)
    except Exception:  # what parsers let through, of files that anybody may have made, is anything
        file = None
    if file is None:
        return Recording(path, clean(path.stem))
    number = _said(file, "tracknumber").partition("/")[0]
    return Recording(
        path,
        _said(file, "title") or clean(path.stem),
        _said(file, "artist"),
        (int(number) or None) if number.isdecimal() else None,
        round(file.info.length * 1000),
        tags.known(path).made_by_coach,
    )


def _said(file: Any, name: str) -> str:
    """Return what a tag says; WAV files have none of mutagen's easy names, but ID3 frames."""
    values = file.get(name) or file.get(_ID3_NAMES[name])
    return clean(str(getattr(values, "text", values)[0])) if values else ""


def _place(recording: Recording) -> tuple[bool, int, str, str]:
    return recording.track is None, recording.track or 0, recording.title.casefold(), recording.path.name


def _seen_from(folder: Path, path: Path) -> str:
    whole = path.parent.resolve() / path.name
    try:
        name = Path(os.path.relpath(whole, folder.resolve())).as_posix()
    except ValueError:  # on another drive
        name = whole.as_posix()
    if _UNWRITABLE.search(name) or {"\n", "\r"} & set(name):
        raise InputError(f"{path} has a name that a playlist cannot hold; rename it")
    # Not to be taken for a comment, an address or a space too many.
    return f"./{name}" if name[0] in "# " or (":" in name and not Path(name).is_absolute()) else name
