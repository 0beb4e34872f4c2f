"""What lies beside an audio file: captions and chapters. Only what the coach wrote is ever replaced or removed.

The audio file's tags keep a sum of each, and so does a note in the WebVTT file: for when the audio is gone.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

from coach.core import captions, chapters
from coach.core.timeline import Timeline
from coach.errors import InputError
from coach.publish.seal import MADE_BY

CAPTION_ENDINGS = (".lrc", ".vtt", ".srt")
PODCAST_ENDING = ".chapters.json"
_NOTED_IN = ".vtt"
_NOTE = re.compile(rf"NOTE {MADE_BY} wrote .*\n\n")


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a routine says, and where its parts begin."""

    title: str
    length_ms: int
    chapters: tuple[chapters.Chapter, ...]
    lines: tuple[captions.Line, ...]
    lyrics: str
    """The lines as LRC."""


def words_of(timeline: Timeline, title: str, names: dict[str, str]) -> Words:
    """Return the words of a timeline; ``names`` holds what each stretch is called, by its id."""
    parts, lines, length_ms = chapters.chapters(timeline, names), captions.lines(timeline), timeline.duration_ms
    lyrics = captions.to_lrc(lines, title, MADE_BY, length_ms)
    return Words(title=title, length_ms=length_ms, chapters=parts, lines=lines, lyrics=lyrics)


def texts_beside(path: Path, words: Words, *, with_captions: bool, with_chapters: bool) -> tuple[dict[Path, str], str]:
    """Return the files that are to lie beside an audio file, and a line that tells their names and sums."""
    texts: dict[str, str] = {}
    if with_captions:
        made = (words.lyrics, captions.to_vtt(words.lines), captions.to_srt(words.lines))
        texts |= dict(zip(CAPTION_ENDINGS, made, strict=True))
    if with_chapters:
        texts[PODCAST_ENDING] = chapters.to_podcast_json(words.chapters)
    told = " ".join(f"{ending}:{_digest(text)}" for ending, text in texts.items())
    if with_captions:
        texts[_NOTED_IN] = _with_note(texts[_NOTED_IN], told)
    return {path.with_name(path.stem + ending): text for ending, text in texts.items()}, told


def noted(path: Path) -> str:
    """Return the line of names and sums that the captions beside an audio file hold; empty if there is none."""
    try:
        found = _NOTE.search(path.with_name(path.stem + _NOTED_IN).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
    return found[0] if found else ""


def changed_beside(path: Path, told: str) -> tuple[str, ...]:
    """Return the names of files beside an audio file that are not as its tags tell; of those that are there."""
    places = (path.with_name(path.stem + each.rpartition(":")[0]) for each in told.split())
    return tuple(place.name for place in places if place.exists() and not _is_own(place, told))


def holds(place: Path, text: str) -> bool:
    """Return whether a file holds exactly this text."""
    try:
        return place.read_bytes() == text.encode()
    except OSError:
        return False


def check_beside(places: Iterable[Path], written_before: str) -> None:
    """Refuse to replace what the coach did not write, or what was changed since.

    Raises:
        InputError: a file is there that is not among ``written_before``.
    """
    for place in places:
        if place.exists() and not _is_own(place, written_before):
            raise InputError(
                f"{place} is there already and is not as the coach wrote it; move it away, add --force to replace it, "
                "or --no-captions to write none"
            )


def remove_stale(path: Path, beside: Container[Path], written_before: str) -> None:
    """Remove what the coach wrote beside an earlier file, if it is not written now: its times are wrong."""
    for ending in (*CAPTION_ENDINGS, PODCAST_ENDING):
        place = path.with_name(path.stem + ending)
        if place not in beside and _is_own(place, written_before):
            with contextlib.suppress(OSError):
                place.unlink()


def _is_own(place: Path, written_before: str) -> bool:
    try:
        text = place.read_text(encoding="utf-8") if place.is_file() else None
    except (OSError, UnicodeDecodeError):
        return False
    return text is not None and f":{_digest(_NOTE.sub('', text))}" in written_before


def _with_note(vtt: str, told: str) -> str:
    head, rest = vtt.split("\n\n", 1)
    return f"{head}\n\nNOTE {MADE_BY} wrote {told}\n\n{rest}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
