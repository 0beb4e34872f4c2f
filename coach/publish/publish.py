"""Publishing: a compiled routine becomes an audio file with all that goes with it."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import re
from collections.abc import Container
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from coach import __version__
from coach.audio import tone
from coach.audio.background import DUCKING, Background, file_digest
from coach.audio.finish import MONO_LU, Finish
from coach.audio.mixer import Mixer, Source
from coach.compiler import Compiled, Progress, no_progress
from coach.core import captions, chapters
from coach.core.routine import Programme, Routine
from coach.core.timeline import TONE, Timeline
from coach.errors import InputError
from coach.files import check_place, written_whole
from coach.publish import tags
from coach.publish.encoder import LOSS_DB, check_target, cores, encode
from coach.units import SAMPLE_RATE
from coach.voices.kept import cache_folder

if TYPE_CHECKING:
    from coach.publish.tags import About

CAPTION_ENDINGS = (".lrc", ".vtt", ".srt")
PODCAST_ENDING = ".chapters.json"
_NOTED_IN = ".vtt"
_NOTE = re.compile(rf"NOTE {tags.MADE_BY} wrote .*\n\n")


@dataclass(frozen=True)
class Published:
    """What came of it."""

    path: Path
    beside: tuple[Path, ...]
    """Files of captions and chapters."""
    is_new: bool
    """Whether anything was written."""


def mix(compiled: Compiled, finish: Finish, loss_db: float = 0.0) -> Mixer:
    """Return the mix of a compiled routine at the loudness asked for.

    Args:
        compiled: the routine.
        finish: how it is to sound.
        loss_db: by how much what comes after turns it down.

    Raises:
        InputError: the background is no audio.
    """
    timeline = compiled.timeline
    bed = background(timeline, finish)
    return Mixer(timeline, compiled.clips, compiled.sounds, sources(timeline, bed)).at_loudness(
        finish.heard_lufs + MONO_LU + loss_db
    )


def background(timeline: Timeline, finish: Finish) -> Background | None:
    """Return what lies under a timeline, if anything is to.

    Raises:
        InputError: it is no audio.
    """
    if finish.background is None:
        return None
    return Background(finish.background, timeline, finish.background_lu, cache_folder())


def sources(timeline: Timeline, bed: Background | None) -> tuple[Source, ...]:
    """Return what sounds beside the clips of a timeline."""
    tones = (tone.Tone(timeline),) if any(cue.sound == TONE for cue in timeline.cues) else ()
    return (*tones, bed) if bed else tones


def publish(
    compiled: Compiled,
    programme: Programme,
    path: Path,
    finish: Finish,
    progress: Progress = no_progress,
    *,
    force: bool = False,
) -> Published:
    """Write a routine's audio file, and beside it its captions; what is there already and up to date is left alone.

    Raises:
        InputError: there is a file of captions that the coach did not write, the background is no audio, or the routine
            has too many chapters.
        OutputError: a file cannot be written.
        EncoderError: ffmpeg failed.
    """
    parts = chapters.chapters(compiled.timeline, _names(programme))
    tags.check_chapters(parts)
    lines = captions.lines(compiled.timeline)
    length_ms = compiled.timeline.duration_ms
    lyrics = captions.to_lrc(lines, programme.name, tags.MADE_BY, length_ms)
    beside = _beside(path, lines, lyrics, parts, finish)
    told = " ".join(f"{place.name[len(path.stem) :]}:{_digest(text)}" for place, text in beside.items())
    if finish.captions:
        noted = path.with_name(path.stem + _NOTED_IN)
        beside[noted] = _with_note(beside[noted], told)
    made_from = fingerprint(compiled, programme, finish)
    known = tags.known(path)
    written_before = f"{known.captions} {_noted(path)}"
    missing = {place: text for place, text in beside.items() if force or not _holds(place, text)}
    if not force:
        _check_captions(missing, written_before)
    is_current = known.made_by_coach and (known.input, known.captions) == (made_from, told)
    if is_current and not missing and not force:
        return Published(path, tuple(beside), is_new=False)

    def about() -> About:
        from coach.publish.cover import cover

        return tags.About(
            programme.name,
            length_ms,
            _year(),
            made_from,
            told,
            finish.track,
            parts,
            lines,
            lyrics,
            cover(programme.name, length_ms),
        )

    with contextlib.ExitStack() as stack:
        for place, text in missing.items():
            stack.enter_context(written_whole(place)).write_text(text, encoding="utf-8", newline="\n")
        if is_current and not force:
            return Published(path, tuple(beside), is_new=True)
        mixer = mix(compiled, finish, LOSS_DB.get(path.suffix.lower(), 0.0))
        total_s = mixer.total_frames // SAMPLE_RATE

        def tell(done_frames: int) -> None:
            progress("writing", done_frames // SAMPLE_RATE, total_s)

        # All appear together, or none; the audio last, since it tells which captions are the coach's own.
        encode(mixer, path, about, finish.encoders or cores(), tell, settle=stack.close)
    _remove_stale(path, beside, written_before)
    return Published(path, tuple(beside), is_new=True)


def check_places(path: Path, finish: Finish, *, force: bool) -> None:
    """Refuse, before anything is spoken, a target that cannot or must not be written, or what is to lie beside it.

    Raises:
        InputError: it is such a place, or it is the background itself.
    """
    check_target(path, force=force)
    if finish.background is not None and path.exists() and path.samefile(finish.background):
        raise InputError(f"{path} is the background itself; write to another file with -o")
    for ending in (*(CAPTION_ENDINGS if finish.captions else ()), *((PODCAST_ENDING,) if finish.podcast else ())):
        check_place(path.with_name(path.stem + ending))


def fingerprint(compiled: Compiled, programme: Programme, finish: Finish) -> str:
    """Return a hash of everything that affects a file; its tags keep it, to know when the file is up to date.

    Raises:
        InputError: the background cannot be read.
    """
    made_of = [__version__, programme.name, _names(programme), tone.description(), finish.heard_lufs, finish.track]
    if finish.background is not None:
        made_of += [file_digest(finish.background), DUCKING, finish.background_lu]
    digest = hashlib.sha256(f"{made_of} {replace(compiled.timeline, cues=())}".encode())
    for cue in compiled.timeline.cues:
        digest.update(repr(cue).encode())
    for text in sorted(compiled.clips):
        digest.update(compiled.clips[text].pcm.data)
    for sound in sorted(compiled.sounds):
        digest.update(compiled.sounds[sound].pcm.data)
    return digest.hexdigest()[:32]


def _names(programme: Programme) -> dict[str, str]:
    return {item.id: item.script.name for item in programme.items} if isinstance(programme, Routine) else {}


def _beside(
    path: Path, lines: tuple[captions.Line, ...], lyrics: str, parts: tuple[chapters.Chapter, ...], finish: Finish
) -> dict[Path, str]:
    texts: dict[str, str] = {}
    if finish.captions:
        texts |= dict(zip(CAPTION_ENDINGS, (lyrics, captions.to_vtt(lines), captions.to_srt(lines)), strict=True))
    if finish.podcast:
        texts[PODCAST_ENDING] = chapters.to_podcast_json(parts)
    return {path.with_name(path.stem + ending): text for ending, text in texts.items()}


def _holds(place: Path, text: str) -> bool:
    try:
        return place.read_bytes() == text.encode()
    except OSError:
        return False


def _check_captions(missing: dict[Path, str], written_before: str) -> None:
    """Refuse to replace what somebody else wrote, or changed since: the audio file knows what the coach wrote."""
    for place in missing:
        if place.exists() and not _is_own(place, written_before):
            raise InputError(
                f"{place} is there already and is not as the coach wrote it; move it away, add --force to replace it, "
                "or --no-captions to write none"
            )


def _is_own(place: Path, written_before: str) -> bool:
    try:
        text = place.read_text(encoding="utf-8") if place.is_file() else None
    except (OSError, UnicodeDecodeError):
        return False
    return text is not None and f":{_digest(_NOTE.sub('', text))}" in written_before


def _with_note(vtt: str, told: str) -> str:
    """Return captions with a note of what the coach wrote: so it knows its own even when the audio is gone."""
    head, rest = vtt.split("\n\n", 1)
    return f"{head}\n\nNOTE {tags.MADE_BY} wrote {told}\n\n{rest}"


def _noted(path: Path) -> str:
    try:
        found = _NOTE.search(path.with_name(path.stem + _NOTED_IN).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
    return found[0] if found else ""


def _remove_stale(path: Path, beside: Container[Path], written_before: str) -> None:
    """Remove what the coach wrote beside the file that was there before: its times are no longer right."""
    for ending in (*CAPTION_ENDINGS, PODCAST_ENDING):
        place = path.with_name(path.stem + ending)
        if place not in beside and _is_own(place, written_before):
            with contextlib.suppress(OSError):
                place.unlink()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _year() -> int:
    """Return this year, or that of ``SOURCE_DATE_EPOCH`` (reproducible-builds.org)."""
    epoch_s = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch_s.isdigit():
        return datetime.datetime.fromtimestamp(int(epoch_s), datetime.UTC).year
    return datetime.datetime.now().astimezone().year
