"""Publishing: a compiled routine becomes an audio file with all that goes with it."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from coach import __version__
from coach.audio import breath_noise, tone
from coach.audio.background import DUCKING, file_digest
from coach.audio.finish import Finish
from coach.audio.mixdown import background, sources
from coach.audio.mixer import Mixer
from coach.compiler import Compiled, IsCancelled, Progress, never, no_progress
from coach.core.routine import Programme, Routine, stretch_names
from coach.errors import Cancelled, InputError
from coach.files import check_place, written_whole
from coach.order import Order
from coach.publish import tags
from coach.publish.beside import (
    CAPTION_ENDINGS,
    PODCAST_ENDING,
    Words,
    check_beside,
    holds,
    noted,
    remove_stale,
    texts_beside,
    words_of,
)
from coach.publish.encoder import check_target, cores, encode
from coach.publish.formats import FORMATS, known, state
from coach.publish.seal import State
from coach.units import SAMPLE_RATE
from coach.voices.kept import cache_folder


@dataclass(frozen=True, kw_only=True)
class Published:
    """What came of it."""

    path: Path
    beside: tuple[Path, ...]
    """Files of captions and chapters."""
    is_new: bool
    """Whether anything was written."""


def mix(compiled: Compiled, finish: Finish, loss_db: float = 0.0) -> Mixer:
    """Return the mix of a compiled routine at its loudness.

    Args:
        compiled: the routine.
        finish: how it is to sound.
        loss_db: by how much an encoder turns it down afterwards.

    Raises:
        InputError: the background is not audio.
    """
    timeline = compiled.timeline
    bed = background(timeline, finish, cache_folder())
    mixer = Mixer(timeline, compiled.clips, compiled.sounds, sources(timeline, bed))
    return mixer.at_loudness(finish.mono_lufs + loss_db)


def publish(
    compiled: Compiled,
    path: Path,
    *,
    finish: Finish,
    progress: Progress = no_progress,
    cancelled: IsCancelled = never,
    force: bool = False,
) -> Published:
    """Write a routine's audio file, and beside it its captions; a file that is there and up to date is left alone.

    Args:
        compiled: the routine; its programme's name is the title.
        path: the file; its ending chooses the format.
        finish: how it is to sound, and what goes with it.
        progress: called with “writing” and how many seconds are done, of how many.
        cancelled: asked again and again while the file is written.
        force: whether files that the coach did not make are replaced, and its own written anew.

    Raises:
        InputError: there is a file of captions that the coach did not write, the background is not audio, or the
            routine has too many chapters.
        OutputError: a file cannot be written.
        EncoderError: ffmpeg failed.
        Cancelled: ``cancelled`` said so; nothing was written.
    """
    words = words_of(compiled.timeline, compiled.programme.name, stretch_names(compiled.programme))
    tags.check_chapters(words.chapters)
    beside, told = texts_beside(path, words, with_captions=finish.captions, with_chapters=finish.podcast)
    made_from = fingerprint(compiled, finish)
    before = known(path)
    written_before = f"{before.captions} {noted(path)}"
    missing = {place: text for place, text in beside.items() if force or not holds(place, text)}
    if not force:
        check_beside(missing, written_before)
    is_current = (before.input, before.captions) == (made_from, told) and state(path) is State.WHOLE and not force
    # All appear together, or none; the audio last, since it tells which captions are the coach's own.
    with contextlib.ExitStack() as stack:
        for place, text in missing.items():
            stack.enter_context(written_whole(place)).write_text(text, encoding="utf-8", newline="\n")
        if not is_current:
            encode(
                mix(compiled, finish, FORMATS[path.suffix.lower()].loss_db),
                path,
                lambda: about(compiled, words, made_from, told, finish),
                encoders=finish.encoders or cores(),
                quality=finish.quality,
                progress=_teller(compiled.timeline.duration_ms, progress, cancelled),
                settle=stack.close,
            )
    if not is_current:
        remove_stale(path, beside, written_before)
    return Published(path=path, beside=tuple(beside), is_new=bool(missing) or not is_current)


def check_places(path: Path, finish: Finish, *, force: bool) -> None:
    """Refuse, before anything is spoken, a target that cannot or must not be written, or what is to lie beside it.

    Raises:
        InputError: it is such a place, or it is the background itself.
    """
    check_target(path, force=force)
    if finish.background is not None and path.exists() and path.samefile(finish.background):
        raise InputError(f"{path} is the background itself; write to another file with -o")
    for place in places_beside(path, finish):
        check_place(place)


def places_beside(path: Path, asked: Finish | Order) -> list[Path]:
    """Return where the files go that lie beside a sound."""
    endings = (*(CAPTION_ENDINGS if asked.captions else ()), *((PODCAST_ENDING,) if asked.podcast else ()))
    return [path.with_name(path.stem + ending) for ending in endings]


def fingerprint(compiled: Compiled, finish: Finish) -> str:
    """Return a hash of everything that affects a file; its tags keep it, to know when the file is up to date.

    Raises:
        InputError: the background cannot be read.
    """
    programme = compiled.programme
    made_of: list[object] = [
        __version__,
        programme.name,
        _purpose(programme),
        stretch_names(programme),
        tone.description(),
        breath_noise.description(),
    ]
    made_of += [finish.heard_lufs, finish.quality, finish.track]
    if finish.background is not None:
        made_of += [file_digest(finish.background), DUCKING, finish.background_lu]
    digest = hashlib.sha256(f"{made_of} {replace(compiled.timeline, cues=())}".encode())
    for cue in compiled.timeline.cues:
        digest.update(repr(cue).encode())
    clips = [compiled.clips[text] for text in sorted(compiled.clips)]
    for clip in (*clips, *(compiled.sounds[sound] for sound in sorted(compiled.sounds))):
        digest.update(clip.digest.encode())
    return digest.hexdigest()[:32]


def about(compiled: Compiled, words: Words, made_from: str, told: str, finish: Finish) -> tags.About:
    """Return what a file says of itself.

    Args:
        compiled: the routine.
        words: its words and chapters.
        made_from: its fingerprint.
        told: the names and sums of the files beside it.
        finish: what was asked for, and its number among others.
    """
    from coach.publish.cover import cover

    programme = compiled.programme
    return tags.About(
        title=programme.name,
        purpose=_purpose(programme),
        length_ms=words.length_ms,
        year=year(),
        input=made_from,
        captions=told,
        voice=compiled.timeline.voice,
        order=finish.asked,
        scripts=scripts_told(programme),
        track=finish.track,
        chapters=words.chapters,
        lines=words.lines,
        lyrics=words.lyrics,
        cover=cover(programme.name, words.length_ms),
    )


def scripts_told(programme: Programme) -> str:
    """Return the scripts that a programme came to, each with a hash: ``daily:1f3a… cat-cow:77b0…``.

    The first is what the routine says of its own; then its stretches, in their order. Breathing alone has none.
    """
    if not isinstance(programme, Routine):
        return ""
    own = (programme.id, f"{programme.opening} {programme.closing}")
    scripts = [own, *((item.id, item.script.model_dump_json()) for item in programme.items)]
    return " ".join(f"{name}:{hashlib.sha256(text.encode()).hexdigest()[:8]}" for name, text in scripts)


def _teller(length_ms: int, progress: Progress, cancelled: IsCancelled) -> Callable[[int], None]:
    """Return what an encoder calls with the frames it has been given."""
    total_s = length_ms // 1000

    def tell(done_frames: int) -> None:
        if cancelled():
            raise Cancelled
        progress("writing", done_frames // SAMPLE_RATE, total_s)

    return tell


def _purpose(programme: Programme) -> str:
    return programme.purpose if isinstance(programme, Routine) else ""


def year() -> int:
    """Return this year, or that of ``SOURCE_DATE_EPOCH`` (reproducible-builds.org)."""
    epoch_s = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch_s.isdigit():
        return datetime.datetime.fromtimestamp(int(epoch_s), datetime.UTC).year
    return datetime.datetime.now().astimezone().year
