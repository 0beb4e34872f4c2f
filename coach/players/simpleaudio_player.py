"""Plays through simpleaudio, in a process of its own: whatever it does there, the coach goes on.

simpleaudio 1.0.4 by itself crashes Python 3.12 and later; see :mod:`coach.players.simpleaudio_worker` for how it does
not there.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from coach.errors import PlayerError
from coach.players.awake import Watch, hurry, quick_switching
from coach.players.base import Read, read_whole

WORKER = (sys.executable, "-m", "coach.players.simpleaudio_worker")
LATENCY_MS = 220
"""From reading a frame until it is heard, at most; a loudspeaker may add to it (at PulseAudio: 190 to 200)."""
START_TIMEOUT_S = 10.0
GONE_AFTER_S = 1.0
"""A worker that has not asked for sound for so long hangs."""
_INSTEAD = "use --player miniaudio, which is always there"


def why_not() -> str | None:
    """Return why simpleaudio cannot be used here; ``None`` when it can."""
    if importlib.util.find_spec("simpleaudio") is None:
        return f"simpleaudio is not installed; install stretch-coach[simpleaudio], or {_INSTEAD}"
    return None


class SimpleaudioPlayer:
    """Plays through simpleaudio on the system's default device."""

    name = "simpleaudio"
    is_device = True
    latency_ms = LATENCY_MS

    def __init__(self, *, worker: Sequence[str] = WORKER) -> None:
        """Make a player.

        Raises:
            PlayerError: simpleaudio is not installed.
        """
        reason = why_not()
        if reason is not None:
            raise PlayerError(reason)
        self._command = tuple(worker)
        self._worker: _Worker | None = None
        self._underruns = 0
        self._switch_back: Callable[[], None] | None = None
        self._lock = threading.Lock()

    @property
    def underruns(self) -> int:
        """How often sound came too late for simpleaudio, which read silence instead.

        Time in which the process was stopped or the machine asleep does not count.
        """
        return self._underruns + (self._worker.underruns if self._worker else 0)

    def start(self, read: Read) -> None:
        """Start the process, open the default device and begin to read.

        Raises:
            PlayerError: there is no device, or simpleaudio cannot use it.
        """
        self.stop()
        with self._lock:
            self._switch_back = quick_switching()
            try:
                self._worker = _Worker(self._command, read)
            except OSError as error:
                self._close()
                raise PlayerError(f"simpleaudio's process cannot be started ({error.strerror}); {_INSTEAD}") from error
            problem = self._worker.wait_until_it_plays()
            if problem is not None:
                self._close()
                raise PlayerError(f"{problem}; connect a loudspeaker, {_INSTEAD}, or make a file with “coach render”")

    def problem(self) -> str | None:
        """Why it no longer plays; told within 1.5 s."""
        return self._worker.problem() if self._worker else None

    def stop(self) -> None:
        """End the process."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()
            self._underruns += worker.underruns
        if self._switch_back is not None:
            self._switch_back()
            self._switch_back = None


class _Worker:
    """One process, and the thread that gives it what it asks for."""

    def __init__(self, command: Sequence[str], read: Read) -> None:
        self.underruns = 0
        self._read = read
        self._problem: str | None = None
        self._over = False
        self._answered = threading.Event()
        self._has_played = False
        # In a session of its own: Ctrl-C is for the coach, which then ends the worker itself.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONMALLOC": "malloc"},
            bufsize=0,
            start_new_session=True,
        )
        self._watch = Watch()
        self._asked_s = 0.0
        self._thread = threading.Thread(target=self._serve, name="coach-simpleaudio", daemon=True)
        self._thread.start()

    def wait_until_it_plays(self) -> str | None:
        """Return why it does not."""
        if not self._answered.wait(START_TIMEOUT_S):
            return f"simpleaudio did not play within {START_TIMEOUT_S:g} s"
        return None if self._has_played else self._problem

    def problem(self) -> str | None:
        if self._problem is None and self._watch.awake_s - self._asked_s > GONE_AFTER_S:
            self._problem = "simpleaudio hangs"
        return self._problem

    def stop(self) -> None:
        self._over = True
        self._watch.stop()
        process = self._process
        if process.poll() is None:
            with contextlib.suppress(OSError):  # it may have ended in this moment
                if hasattr(os, "killpg"):
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
            process.wait()
        if self._thread is not threading.current_thread():
            self._thread.join()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _serve(self) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was started with pipes
        assert self._process.stdout is not None  # noqa: S101
        hurry()
        with contextlib.suppress(OSError, ValueError):  # it has ended in the middle of a line
            for line in self._process.stdout:
                answer = json.loads(line)
                if "want" in answer:
                    self._asked_s = self._watch.awake_s
                    self.underruns = answer["underruns"]
                    self._process.stdin.write(self._block(answer["want"]))
                elif "plays" in answer:
                    self._has_played = True
                    self._answered.set()
                elif self._problem is None:
                    self._problem = _in_words(answer)
        if self._problem is None and not self._over:
            self._problem = f"simpleaudio's process has ended unexpectedly (status {self._process.wait()})"
        self._answered.set()

    def _block(self, frames: int) -> bytes:
        if self._over or self._problem is not None:
            return bytes(2 * frames)
        block, problem = read_whole(self._read, frames)
        self._problem = self._problem or problem
        return block


def _in_words(answer: dict[str, str]) -> str:
    if "gone" in answer:
        return "the loudspeaker is gone"
    reason = answer.get("error", "it gave no reason").rpartition("MSG: ")[2]
    return f"simpleaudio cannot play ({reason})"
