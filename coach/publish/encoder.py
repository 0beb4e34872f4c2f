"""The encoder: a mix becomes a file, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from coach.audio.ffmpeg import NO_ROOM, ffmpeg_path
from coach.core.chapters import Chapter
from coach.errors import EncoderError, InputError, OutputError, reason
from coach.files import check_place, written_whole
from coach.publish import formats, mp3
from coach.publish.formats import FORMATS, Format, format_of
from coach.publish.seal import State
from coach.publish.tags import LANGUAGE
from coach.units import SAMPLE_RATE

if TYPE_CHECKING:
    from coach.audio.clip import Pcm
    from coach.publish.tags import About

MOST_ENCODERS = 4
"""At once, for one MP3; each takes about 25 MB."""
_KEPT: dict[State | None, str] = {
    None: "is there already and the coach did not make it",
    State.CHANGED: "was changed since the coach made it",
    State.UNSEALED: "was made by an earlier version of the coach, or changed since",
}
"""Why a file is not replaced."""
_TOO_LARGE_SIGNAL = 25  # SIGXFSZ: a limit on the size of files ended ffmpeg


class Mix(Protocol):
    """What is encoded: see :class:`coach.audio.mixer.Mixer`."""

    total_frames: int

    def blocks(self, start_frame: int = 0, end_frame: int | None = None) -> Iterator[Pcm]:
        """Yield mono samples at :data:`coach.units.SAMPLE_RATE` from a frame on; any number of threads may ask."""


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
    progress: Callable[[int], None] = lambda _frames: None,
    settle: Callable[[], None] = lambda: None,
) -> None:
    """Write an audio file: beside its place first, then moved there.

    What ``about`` or ``progress`` raises ends the encoders, and leaves nothing behind.

    Args:
        mix: what is to be heard.
        path: the file; its ending chooses the format, one of :data:`coach.publish.formats.FORMATS`.
        about: what the file says of itself; called while the encoders work.
        encoders: how many may work at once on an MP3.
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
    watched = _Watched(mix, progress)
    with written_whole(path) as temporary:
        try:
            if row.head is not None:
                _encode_in_sections(watched, temporary, row, about, min(encoders, MOST_ENCODERS))
            else:
                _encode_at_once(watched, temporary, row, about)
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

    def __init__(self, mix: Mix, progress: Callable[[int], None]) -> None:
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


def _encode_in_sections(mix: _Watched, target: Path, row: Format, about: Callable[[], About], encoders: int) -> None:
    assert row.head is not None  # noqa: S101 - such a format has one
    # Twice as many sections as encoders: the first to be done takes the next.
    parts = mp3.sections(mix.total_frames, encoders if encoders == 1 else 2 * encoders)
    with contextlib.ExitStack() as stack:
        files: list[IO[bytes]] = [stack.enter_context(tempfile.TemporaryFile(dir=target.parent)) for _ in parts]
        jobs = [
            _Job(stack, mix.blocks(part.start, part.end), part.end - part.start, row.options, file)
            for part, file in zip(parts, files, strict=True)
        ]
        made = _run(jobs, about, encoders)
        with target.open("wb") as whole:
            mp3.join(list(zip(parts, files, strict=True)), mix.total_frames, row.head(made), whole)


def _encode_at_once(mix: _Watched, target: Path, row: Format, about: Callable[[], About]) -> None:
    options = (*row.options, "-bitexact")  # the same bytes every time: no version of ffmpeg's, no time of day
    about = functools.cache(about)
    with contextlib.ExitStack() as stack:
        if row.is_given_chapters:
            # ffmpeg reads the chapters before it writes the sound.
            notes = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "chapters.txt"
            notes.write_text(_ffmetadata(about().chapters), encoding="utf-8")
            read = ("-i", str(notes), "-map_metadata", "1", "-map_chapters", "1", "-map", "0:a")
            options = (*read, "-metadata:s:a:0", f"language={LANGUAGE}", *options)
        job = _Job(stack, mix.blocks(0, mix.total_frames), mix.total_frames, options, target)
        made = _run([job], about, 1)
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


class _Job:
    """One run of ffmpeg."""

    def __init__(
        self,
        stack: contextlib.ExitStack,
        blocks: Iterable[Pcm],
        frames: int,
        options: tuple[str, ...],
        target: Path | IO[bytes],
    ) -> None:
        """Prepare it; it ends with the stack at the latest."""
        self._blocks = blocks
        self._frames = frames
        self._complaints: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it is one
        raw = ("-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "pipe:0")
        place = _as_file(target) if isinstance(target, Path) else "pipe:1"
        self._command = [ffmpeg_path(), "-v", "error", "-y", *raw, *options, place]
        self._target = target
        self._process: subprocess.Popen[bytes] | None = None
        self._is_over = False
        self._lock = threading.Lock()
        stack.callback(self.end)

    def run(self) -> None:
        """Start ffmpeg, give it every block, and wait until it is done."""
        process = self._start()
        assert process.stdin is not None  # noqa: S101 - it was started with a pipe
        given = 0
        try:
            with process.stdin as pipe:
                for block in self._blocks:
                    pipe.write(block.data)
                    given += len(block)
        except OSError as error:
            # When ffmpeg ends early its exit status says why, not the broken pipe (on Windows: an invalid argument).
            if error.errno not in (errno.EPIPE, errno.EINVAL):
                raise
        status = process.wait()
        if status:
            raise self._failure(status)
        if given != self._frames:
            raise EncoderError("the mix ended early; try again")

    def end(self) -> None:
        """Stop ffmpeg if it still runs, and keep it from starting."""
        with self._lock:
            self._is_over = True
            process = self._process
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        output = subprocess.DEVNULL if isinstance(self._target, Path) else self._target
        with self._lock:
            if self._is_over:
                raise EncoderError("the encoder was stopped")
            # In a session of its own: Ctrl-C is for the coach, which then ends ffmpeg itself.
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=self._complaints,
                    start_new_session=True,
                )
            except OSError as error:
                raise EncoderError(f"ffmpeg cannot be started: {reason(error, 'Reinstall the coach')}") from error
            return self._process

    def _failure(self, status: int) -> EncoderError | OutputError:
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        text = "File too large" if status == -_TOO_LARGE_SIGNAL else "\n".join(lines)
        for sign in NO_ROOM:
            if sign in text:
                return OutputError(
                    f"the file could not be written: {sign.lower()}. Make room, or write elsewhere with -o"
                )
        return EncoderError(f"ffmpeg failed (status {status}): {lines[-1] if lines else 'it said nothing'}")


def _run(jobs: list[_Job], about: Callable[[], About], at_once: int) -> About:
    """Run all jobs, ``at_once`` at a time, and meanwhile ask what the file is to say."""
    with ThreadPoolExecutor(at_once) as threads:
        try:
            fed = [threads.submit(job.run) for job in jobs]
            made = about()
            done, _ = wait(fed, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        finally:
            for job in jobs:
                job.end()
    return made


def _as_file(path: Path) -> str:
    """Keep ffmpeg from reading a name such as ``concat:x`` or ``-x`` as anything but a file."""
    return f"file:{path}"
