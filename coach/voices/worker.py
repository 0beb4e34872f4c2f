"""Speech engines in processes of their own: they may hang, crash or print without doing harm.

A worker reads one JSON request a line on stdin, writes each clip into a file, and answers with one JSON line on stdout.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from coach.audio.audio_file import Audio, read_audio
from coach.audio.clip import Clip, clip_from_signal
from coach.errors import TOO_MANY_OPEN, VoiceError, reason
from coach.files import HeldFolder
from coach.voices.plausible import length_problem

START_TIMEOUT_S = 60.0
"""What a process may take before its first answer: a neural model loads for seconds, on a busy machine for many."""
LINE_TIMEOUT_S = 20.0
"""A clip takes 10 to 500 ms; an engine that needs longer than this hangs."""


class WorkerPool:
    """One or more processes of one engine; each text is spoken by whichever is free."""

    def __init__(
        self,
        command: Sequence[str],
        size: int = 1,
        *,
        start_timeout_s: float = START_TIMEOUT_S,
        line_timeout_s: float = LINE_TIMEOUT_S,
    ) -> None:
        self._workers = [_Worker(command, start_timeout_s, line_timeout_s) for _ in range(size)]
        self._free: queue.LifoQueue[_Worker] = queue.LifoQueue()
        for worker in reversed(self._workers):
            self._free.put(worker)
        self.parallel = size + 1
        """How many texts may be asked for at once: one per process, and one whose clip is being measured."""
        self._closings = 0

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return an answer, or ``{"error": …}`` in words for a person.

        Raises:
            VoiceError: no process can be started, since too many files are open.
        """
        with self._one() as worker:
            return worker.ask(request)

    def speak(self, voice: str, text: str, request: dict[str, Any], wpm: float) -> Clip:
        """Return the clip of a text; if the answer is not usable, a new process is asked once more.

        Args:
            voice: what to call the voice.
            text: what to say.
            request: what else the engine must know.
            wpm: the speaking rate, to know how long the clip may be.

        Raises:
            VoiceError: nothing usable came twice; says what was to be said, and why it could not be.
        """
        problem = ""
        closings = self._closings
        for _ in range(2):
            if closings != self._closings:
                problem = "it was stopped"
                break
            with self._one() as worker:
                path = worker.folder() / "clip.wav"
                path.unlink(missing_ok=True)
                answer = worker.ask({"do": "speak", "text": text, "path": str(path), **request})
                audio = None if "error" in answer else _read(path)
                if audio is None:
                    worker.close()
            # The process goes on to the next text while this clip is trimmed and measured.
            clip = None if audio is None else clip_from_signal(audio.signal, audio.rate, wpm)
            problem = str(answer.get("error") or "nothing can be heard in what it gave")
            if clip is not None:
                problem = length_problem(text, clip.timing.length_ms, wpm) or ""
                if not problem:
                    return clip
            if audio is not None:
                with self._one() as worker:
                    worker.close()  # whatever was wrong with the clip, the next one comes from a new process
        raise VoiceError(
            f"the voice {voice} could not say “{text}”: {problem}. Try other words, another --voice, or “coach doctor”"
        )

    def close(self) -> None:
        """End every process and remove its files; they start anew when asked again.

        A text that is just being spoken in another thread is given up, and not asked for again.
        """
        self._closings += 1
        for worker in self._workers:
            worker.close()

    @contextlib.contextmanager
    def _one(self) -> Iterator[_Worker]:
        worker = self._free.get()
        try:
            yield worker
        finally:
            self._free.put(worker)


def _read(path: Path) -> Audio | None:
    try:
        return read_audio(path)
    except (OSError, ValueError):
        return None


class _Worker:
    """One process: started when first asked, killed when it does not answer in time; and its folder."""

    def __init__(self, command: Sequence[str], start_timeout_s: float, line_timeout_s: float) -> None:
        self._command = tuple(command)
        self._start_timeout_s = start_timeout_s
        self._line_timeout_s = line_timeout_s
        self._process: subprocess.Popen[str] | None = None
        self._folder: HeldFolder | None = None
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the worker's answer, or ``{"error": …}`` in words for a person.

        Raises:
            VoiceError: no process can be started, since too many files are open.
        """
        timeout_s = self._line_timeout_s if self._process else max(self._start_timeout_s, self._line_timeout_s)
        try:
            process = self._process or self._start()
            assert process.stdin is not None  # noqa: S101 - it was started with a pipe
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        except OSError as error:
            self.stop()
            if error.errno in TOO_MANY_OPEN:
                raise VoiceError(f"the speech engine cannot be started: {reason(error)}") from error
            return {"error": f"the speech engine ended ({error.strerror or error})"}
        try:
            line = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            self.stop()
            return {"error": f"the speech engine did not answer within {timeout_s:g} s"}
        if line is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
            self.stop()
            return {"error": f"the speech engine ended unexpectedly (status {process.returncode})"}
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            self.stop()
            return {"error": "the speech engine sent invalid data"}
        return answer

    def _start(self) -> subprocess.Popen[str]:
        # In a session of its own: Ctrl-C is for the coach, which then ends the worker itself.
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        assert process.stdout is not None  # noqa: S101 - it was started with a pipe
        threading.Thread(target=_forward, args=(process.stdout, answers), daemon=True).start()
        self._process, self._answers = process, answers
        return process

    def folder(self) -> Path:
        """Return the folder into which the process writes."""
        if self._folder is None:
            self._folder = HeldFolder("coach-voice-")
        return self._folder.path

    def close(self) -> None:
        """End the process and remove its folder."""
        self.stop()
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.close()

    def stop(self) -> None:
        """Kill the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            _kill(process)
            process.wait()
        # The pipe of a dead process may be full of what it never read.
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()


def _kill(process: subprocess.Popen[str]) -> None:
    """Kill a process and, on systems with process groups, all that it has forked."""
    with contextlib.suppress(OSError):  # it may have ended in this moment
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _forward(stream: IO[str], answers: queue.SimpleQueue[str | None]) -> None:
    """Hand on each line, then ``None``; ends with the process."""
    with stream:
        try:
            for line in stream:
                answers.put(line)
        except ValueError:  # not text
            answers.put("")
    answers.put(None)
