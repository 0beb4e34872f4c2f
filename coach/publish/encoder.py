"""The encoder: a mix becomes a file, whole or not at all."""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from coach.audio.finish import Quality
from coach.audio.mixer import Mixer
from coach.core.chapters import Chapter
from coach.errors import EncoderError, InputError, OutputError, reason
from coach.files import check_place, written_whole
from coach.publish import formats, mp3, sections, tags
from coach.publish.ffmpeg_job import Job, Mix
from coach.publish.formats import FORMATS, Format, format_of
from coach.publish.seal import Sealing, State
from coach.publish.tags import LANGUAGE
from coach.units import SAMPLE_RATE
from coach.voices.kept import cache_limit_bytes, clips_folder

if TYPE_CHECKING:
    from coach.audio.clip import Pcm
    from coach.publish.tags import About

Progress = Callable[[int], None]
"""Called with how many frames are done."""
MOST_ENCODERS = 4
"""At once, for one MP3; each takes about 25 MB."""
_KEPT: dict[State | None, str] = {
    None: "is there already and the coach did not make it",
    State.CHANGED: "was changed since the coach made it",
    State.UNSEALED: "was made by an earlier version of the coach, or changed since",
}
"""Why a file is not replaced."""


def check_target(path: Path, *, force: bool) -> None:
    """Refuse a target that cannot or must not be written.

    Raises:
        InputError: the ending is unknown, the folder is not there, or a file is there that the coach did not make, or
            whose tags were changed since.
    """
    taken = check_place(path)
    if format_of(path) is None:
        *endings, last = FORMATS
        raise InputError(
            f"“{path.name}” does not end in a format the coach writes; end it in {', '.join(endings)} or {last}"
        )
    if not taken or force:
        return
    state = formats.state(path)
    if state in _KEPT:
        raise InputError(f"{path} {_KEPT[state]}; add --force to replace it")


def cores() -> int:
    """Return how many processor cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def encode(
    mix: Mix,
    path: Path,
    about: Callable[[], About],
    *,
    encoders: int = 1,
    quality: Quality = Quality.USUAL,
    progress: Progress = lambda _frames: None,
    settle: Callable[[], None] = lambda: None,
) -> None:
    """Write an audio file: beside its place first, then moved there.

    What ``about`` or ``progress`` raises ends the encoders, and leaves nothing behind.

    Args:
        mix: what is to be heard.
        path: the file; its ending chooses the format, one of :data:`coach.publish.formats.FORMATS`.
        about: what the file says of itself; called while the encoders work.
        encoders: how many may work at once on an MP3.
        quality: how large it may become.
        progress: called with the number of frames mixed so far.
        settle: called when the file is whole, just before it takes its place.

    Raises:
        InputError: it is too long for the format.
        OutputError: the folder cannot be written, or the disk is full.
        EncoderError: ffmpeg failed otherwise.
    """
    row = FORMATS[path.suffix.lower()]
    if row.most_bytes is not None and mix.total_frames * 2 > row.most_bytes:
        raise InputError(f"a {row.ending[1:].upper()} file cannot be that long; choose .flac")
    with written_whole(path) as temporary:
        try:
            if row.ending == ".mp3":
                _encode_mp3(mix, temporary, kbit_per_s(quality), about, encoders, progress)
            else:
                _encode_at_once(_Watched(mix, progress), temporary, row, row.options_for(quality), about)
                formats.seal(temporary, row)
            settle()
        except OSError as error:
            # The disk may fill while the coach itself writes; ffmpeg's complaints are told below.
            why = reason(error, "Make room, or write elsewhere with -o")
            raise OutputError(f"{path} could not be written: {why}") from error
        except ValueError as error:
            raise EncoderError(f"ffmpeg wrote no whole file ({error}); try again") from error


class _Watched:
    """A mix that reports its progress."""

    def __init__(self, mix: Mix, progress: Progress) -> None:
        self.total_frames = mix.total_frames
        self._mix = mix
        self._progress = progress
        self._done = 0
        self._lock = threading.Lock()

    def blocks(self, start_frame: int, end_frame: int) -> Iterator[Pcm]:
        for block in self._mix.blocks(start_frame, end_frame):
            yield block
            with self._lock:
                self._done = min(self._done + len(block), self.total_frames)
                self._progress(self._done)


@contextlib.contextmanager
def mp3_frames(
    mix: Mix, kbit_per_s: int, encoders: int, *, folder: Path | None = None, most_sections: int | None = None
) -> Iterator[Iterator[bytes]]:
    """Yield the frames of an MP3 in their order, some at a time, while later ones are encoded.

    Args:
        mix: what is to be heard. If it is clips alone, it is encoded in blocks, which are kept.
        kbit_per_s: the bit rate.
        encoders: how many may work at once.
        folder: where unfinished sections wait for their turn; ``None`` for the system's.
        most_sections: into how many sections it is divided where it is not in blocks.
    """
    encoders = min(encoders, MOST_ENCODERS)
    if isinstance(mix, Mixer) and not mix.has_sources:
        from coach.publish import blocks

        with blocks.encoded(mix, kbit_per_s, clips_folder(), encoders, cache_limit_bytes()) as frames:
            yield frames
    else:
        # Twice as many sections as encoders: the first to be done takes the next.
        most = most_sections or (encoders if encoders == 1 else 2 * encoders)
        with sections.encoded(mix, kbit_per_s, folder, encoders, most) as frames:
            yield frames


def kbit_per_s(quality: Quality) -> int:
    """Return the bit rate of an MP3."""
    return int(FORMATS[".mp3"].rate(quality).removesuffix("k"))


def _encode_mp3(
    mix: Mix, target: Path, rate: int, about: Callable[[], About], encoders: int, progress: Progress
) -> None:
    with mp3_frames(mix, rate, encoders, folder=target.parent) as frames, target.open("wb") as whole:
        sealing = Sealing(tags.id3_bytes(about()))
        whole.write(sealing.tag)
        done = 0
        for chunk in sealing.pass_on(chain([mp3.info_frame(mix.total_frames, rate)], frames)):
            whole.write(chunk)
            done += len(chunk)
            progress(min(done // mp3.frame_bytes(rate) * mp3.FRAME, mix.total_frames))
        whole.seek(0)
        whole.write(sealing.sealed())


def _encode_at_once(
    mix: _Watched, target: Path, row: Format, options: tuple[str, ...], about: Callable[[], About]
) -> None:
    options = (*options, "-bitexact")  # the same bytes every time: no version of ffmpeg's, no time of day
    about = functools.cache(about)
    with contextlib.ExitStack() as stack:
        if row.is_given_chapters:
            # ffmpeg reads the chapters before it writes the sound.
            notes = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "chapters.txt"
            notes.write_text(_ffmetadata(about().chapters), encoding="utf-8")
            read = ("-i", str(notes), "-map_metadata", "1", "-map_chapters", "1", "-map", "0:a")
            options = (*read, "-metadata:s:a:0", f"language={LANGUAGE}", *options)
        job = Job(stack, mix.blocks(0, mix.total_frames), mix.total_frames, options, target)
        made = _run(job, about)
    length_s = formats.tag(target, row, made)
    if length_s * SAMPLE_RATE < mix.total_frames * 0.999:
        raise ValueError(f"{length_s:.1f} s of {mix.total_frames / SAMPLE_RATE:.1f} s")


def _ffmetadata(chapters: Sequence[Chapter]) -> str:
    """Return chapters as ffmpeg reads them."""
    lines = [";FFMETADATA1"]
    for chapter in chapters:
        title = "".join(f"\\{letter}" if letter in "=;#\\\n" else letter for letter in chapter.title)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={chapter.start_ms}", f"END={chapter.end_ms}"]
        lines.append(f"title={title}")
    return "\n".join(lines) + "\n"


def _run(job: Job, about: Callable[[], About]) -> About:
    """Run ffmpeg, and meanwhile ask what the file is to say."""
    with ThreadPoolExecutor(1) as threads:
        try:
            fed = threads.submit(job.run)
            made = about()
            fed.result()
        finally:
            job.end()
    return made
