"""One run of ffmpeg, which is given samples and writes a file."""

from __future__ import annotations

import contextlib
import errno
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from coach.audio.ffmpeg import NO_ROOM, ffmpeg_path
from coach.errors import EncoderError, OutputError, reason
from coach.units import SAMPLE_RATE

if TYPE_CHECKING:
    from coach.audio.clip import Pcm

_TOO_LARGE_SIGNAL = 25  # SIGXFSZ: a limit on the size of files ended ffmpeg


class Mix(Protocol):
    """What is encoded: see :class:`coach.audio.mixer.Mixer`."""

    total_frames: int

    def blocks(self, start_frame: int = 0, end_frame: int | None = None) -> Iterator[Pcm]:
        """Yield mono samples at :data:`coach.units.SAMPLE_RATE` from a frame on; any number of threads may ask."""


class Job:
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


def _as_file(path: Path) -> str:
    """Keep ffmpeg from reading a name such as ``concat:x`` or ``-x`` as anything but a file."""
    return f"file:{path}"
