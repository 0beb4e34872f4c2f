"""A real terminal around a program, and moments of a session to show on one."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from coach.live.status import State, Status

EVENING = Status(
    title="Evening",
    state=State.PLAYING,
    stretch="Child's pose",
    side="right",
    number=2,
    stretches=6,
    now="Breathe out, and let your shoulders soften.",
    then="Last breath.",
    phase="out",
    phase_share=0.25,
    phase_left_ms=4500,
    breath=2,
    breaths=3,
    elapsed_ms=200_000,
    left_ms=458_000,
    beat_ms=1000,
    volume_db=0.0,
)


def moment(**changes: Any) -> Status:
    """A moment in the middle of a session."""
    return replace(EVENING, **changes)


def until(what: Callable[[], object], within_s: float = 20.0) -> None:
    """Wait for something to come true."""
    end_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < end_s, "it did not come"
        time.sleep(0.01)


_AS_OURS = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"

_THE_END = b"\0the end\0"


class Pseudo:
    """Python code that runs in a terminal of its own."""

    def __init__(self, code: str, tmp_path: Path, env: dict[str, str] | None = None, stdout: int | None = None) -> None:
        self._master, self.slave = pty.openpty()
        self.resize(80, 24)
        self.before = self.modes()
        self._errors = tmp_path / "errors"
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _AS_OURS + code],
                stdin=self.slave,
                stdout=self.slave if stdout is None else stdout,
                stderr=errors if stdout is None else self.slave,
                start_new_session=True,
                env={**os.environ, "TERM": "xterm-256color", **(env or {})},
            )
        self._read = b""
        self._leave = False
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        while not self._leave:
            if select.select([self._master], [], [], 0.02)[0]:
                try:
                    self._read += os.read(self._master, 65536)
                except OSError:  # everybody left
                    return

    @property
    def output(self) -> str:
        return self._read.decode(errors="replace")

    @property
    def errors(self) -> str:
        return self._errors.read_text(encoding="utf-8")

    def modes(self) -> list[Any]:
        return termios.tcgetattr(self.slave)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, *pieces: bytes, apart_s: float = 0.0) -> None:
        for number, piece in enumerate(pieces):
            time.sleep(apart_s if number else 0)
            os.write(self._master, piece)

    def expect(self, text: str, times: int = 1) -> None:
        until(lambda: self.output.count(text) >= times or self.process.poll() is not None)
        if self.output.count(text) < times:
            self.ended()
        assert self.output.count(text) >= times, (self.output, self.errors)

    def ended(self) -> int:
        """Its exit status, once all that it wrote has come; it must end of itself."""
        status = self.process.wait(timeout=20)
        if self.slave >= 0 and select.select([], [self.slave], [], 1)[1]:
            os.write(self.slave, _THE_END)
            until(lambda: _THE_END in self._read)
            self._read = self._read.replace(_THE_END, b"")
        return status

    def hang_up(self) -> None:
        """Close the terminal's window."""
        self._leave = True
        self._reader.join()
        for descriptor in (self._master, self.slave):
            os.close(descriptor)
        self._master = self.slave = -1

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        if self._master >= 0:
            self.hang_up()
