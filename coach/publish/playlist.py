"""Playlists: the recordings of a folder in their order, for players on a phone."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coach.errors import InputError
from coach.publish.formats import FORMATS, known
from coach.publish.seal import SEAL, check_own, sealed, write_own

ENDINGS = (".m3u8", ".m3u")
# What neither UTF-8 nor XML can hold: most control characters, and halves of letters.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_DIGITS = 9
_ID3_NAMES = {"title": "TIT2", "artist": "TPE1", "tracknumber": "TRCK"}


@dataclass(frozen=True, kw_only=True)
class Recording:
    """An audio file, and what it says of itself."""

    path: Path
    title: str
    """The file's name if it says none."""
    artist: str = ""
    track: int | None = None
    length_ms: int | None = None
    """Unknown if the file cannot be read."""
    purpose: str = ""
    """What the routine is for."""
    made_by_coach: bool = False


def recordings(folder: Path) -> tuple[Recording, ...]:
    """Return the audio files that lie in a folder, by their track numbers, then by title and name.

    Raises:
        InputError: there is no such folder, or no audio in it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; name the one your routines are in")
    found = [
        _recording(path)
        for path in folder.iterdir()
        if path.suffix.lower() in FORMATS and not path.name.startswith(".") and path.is_file()
    ]
    if not found:
        raise InputError(f"there is no audio in {folder}; “coach render --all -o {folder}” makes some")
    return tuple(sorted(found, key=_place))


def clean(text: str) -> str:
    """Return a text as one line, without what a text file cannot hold."""
    return " ".join(_UNWRITABLE.sub("", text).split())


def readable(folder: Path) -> str:
    """Return a folder's name as a title: ``lower-back`` is “Lower back”."""
    name = clean(re.sub("[-_]+", " ", folder.resolve().name)) or "Routines"
    return name[0].upper() + name[1:]


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
        raise InputError(f"“{path.name}” is not a name for a playlist; end it in {' or '.join(ENDINGS)}")
    check_own(path, force=force)
    entries = [(_seen_from(path.parent, recording.path), recording) for recording in found]
    write_own(path, sealed(playlist_text(readable(folder), entries).encode()), force=force)
    return path, len(found)


def _recording(path: Path) -> Recording:
    from mutagen import File

    try:
        file = File(path, easy=True)
        own = known(path)
        return Recording(
            path=path,
            title=_said(file, "title") or clean(path.stem),
            artist=_said(file, "artist"),
            track=_track(_said(file, "tracknumber")),
            length_ms=round(file.info.length * 1000),
            purpose=clean(own.purpose),
            made_by_coach=own.made_by_coach,
        )
    except Exception:  # parsers of files that anybody may have made raise anything
        return Recording(path=path, title=clean(path.stem))


def _track(text: str) -> int | None:
    """Return the number of a track, written ``3`` or ``3/12``; ``None`` if it is not such a number."""
    number = text.partition("/")[0]
    return int(number) or None if number.isdecimal() and len(number) <= _MOST_DIGITS else None


def _said(file: Any, name: str) -> str:
    """Return what a tag says; a WAV file has ID3 frames instead of mutagen's easy names."""
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
    # So that it is not taken for a comment, an address or a stray space.
    return f"./{name}" if name[0] in "# " or (":" in name and not Path(name).is_absolute()) else name
