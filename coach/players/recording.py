"""A player that makes no sound: it writes a WAV, faster than it would sound. For tests and dry runs."""

from __future__ import annotations

import contextlib
import threading
import time
import wave
from pathlib import Path

from coach.errors import InputError, OutputError, PlayerError
from coach.files import check_place, written_whole
from coach.players.base import Read, read_whole
from coach.units import SAMPLE_RATE

BLOCK_FRAMES = 480
SPEED = 50.0
"""How many seconds are recorded in one. Limited, since a session that waits for its words is silent meanwhile."""
MOST_FRAMES = 0x7FFF_F000
"""What a WAV can hold: 13 hours."""


class RecordingPlayer:
    """Keeps what it reads, in a file that appears whole when it is stopped, or in memory.

    It reads in a thread of its own, or (stepwise) only what :meth:`pull` is asked for, in the thread that asks: then
    everything happens at the same frame each time. Started again after a stop, it goes on with the same recording.
    """

    is_device = False
    latency_ms = 0
    underruns = 0

    def __init__(
        self,
        path: Path | None = None,
        *,
        stepwise: bool = False,
        speed: float | None = SPEED,
        replace: bool = False,
    ) -> None:
        """Make a recorder; nothing is written before it is started.

        Args:
            path: the WAV to write; ``None`` to keep the sound in memory.
            stepwise: read only when asked to.
            speed: how many times as fast as it would sound; ``None`` for as fast as it can.
            replace: whether the recording may take the place of a file.

        Raises:
            InputError: no file can be written there, or there is one already.
        """
        if path is not None and check_place(path) and not replace:
            raise InputError(f"{path} is there already; choose another name, or remove it first")
        self._path = path
        self._stepwise = stepwise
        self._speed = speed
        self._read: Read | None = None
        self._kept = bytearray()
        self._frames = 0
        self._problem: str | None = None
        self._file = contextlib.ExitStack()
        self._wave: wave.Wave_write | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """``record:`` and the file."""
        return f"record:{self._path or ''}"

    @property
    def frames(self) -> int:
        """How many frames were read since the player was made."""
        return self._frames

    @property
    def pcm(self) -> bytes:
        """What was kept in memory: 16 bit, little-endian, mono."""
        return bytes(self._kept)

    def start(self, read: Read) -> None:
        """Begin to read, or wait to be asked to.

        Raises:
            PlayerError: the file cannot be written.
        """
        self.stop()
        self._problem = None
        if self._path is not None:
            try:
                self._open(self._path)
            except OutputError as error:
                raise PlayerError(str(error)) from error
            except OSError as error:
                self._file.close()
                raise PlayerError(f"{self._path} cannot be written: {error.strerror or error}") from error
        self._read = read
        if not self._stepwise:
            self._over = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._over,), name="coach-recorder", daemon=True)
            self._thread.start()

    def pull(self, frames: int) -> bytes:
        """Read a number of frames, keep and return them; nothing if it was not started or has a problem."""
        with self._lock:
            read = self._read
            if read is None or self._problem is not None:
                return b""
            block, self._problem = read_whole(read, frames)
            if self._problem is not None:
                return b""
            self._keep(block)
            return block

    def problem(self) -> str | None:
        """Return why it no longer records (the disk is full), also after it was stopped; ``None`` while all is well."""
        return self._problem

    def stop(self) -> None:
        """Read no more, and let the file appear."""
        self._over.set()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        with self._lock:
            self._read = None
            self._finish()

    def _run(self, over: threading.Event) -> None:
        begun, done = time.monotonic(), 0
        while not over.is_set() and self._problem is None:
            self.pull(BLOCK_FRAMES)
            done += BLOCK_FRAMES
            if self._speed is None:
                continue
            ahead_s = done / (SAMPLE_RATE * self._speed) - (time.monotonic() - begun)
            if ahead_s > 0:
                over.wait(ahead_s)

    def _open(self, path: Path) -> None:
        with contextlib.ExitStack() as stack:
            file = wave.open(str(stack.enter_context(written_whole(path))), "wb")  # noqa: SIM115 - closed by _finish
            file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
            if self._frames:
                with wave.open(str(path), "rb") as before:
                    while block := before.readframes(SAMPLE_RATE):
                        file.writeframesraw(block)
            self._wave = file
            self._file = stack.pop_all()

    def _keep(self, block: bytes) -> None:
        if self._wave is None:
            self._kept += block
            self._frames += len(block) // 2
            return
        if self._frames + len(block) // 2 > MOST_FRAMES:
            self._problem = f"{self._path} is as long as a WAV can be"
            return
        try:
            self._wave.writeframesraw(block)
            self._frames += len(block) // 2
        except OSError as error:
            self._problem = f"{self._path} cannot be written: {error.strerror or error}"

    def _finish(self) -> None:
        """Let the file appear; what was written of it is worth keeping even if the disk is full."""
        file, self._wave = self._wave, None
        if file is None:
            return
        try:
            with self._file:
                file.close()
        except OutputError as error:
            self._problem = str(error)
