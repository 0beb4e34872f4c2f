"""The operating system's voice, through pyttsx3: espeak-ng on Linux, the built-in voices on macOS and Windows."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from coach.audio_file import read_audio
from coach.clip import Clip, clip_from_signal
from coach.defaults import RATE_WPM
from coach.errors import UnknownNameError, VoiceError

SLOWEST_WPM, FASTEST_WPM = 80, 300

START_TIMEOUT_S = 20.0
LINE_TIMEOUT_S = 20.0
"""A clip takes about 10 ms; an engine that needs longer than this hangs."""

ESPEAK_VOICE = "gmw/en-us"
"""The voice on Linux unless another is asked for: the articles speak American English."""

WORKER = (sys.executable, "-m", "coach.voices.system_worker")


class SystemVoice:
    """Speaks through pyttsx3 in a process of its own, which is killed and started anew when it hangs or dies."""

    def __init__(
        self,
        wanted: str = "",
        rate_wpm: int = RATE_WPM,
        *,
        worker: Sequence[str] = WORKER,
        line_timeout_s: float = LINE_TIMEOUT_S,
    ) -> None:
        """Take a voice by its id, name or language; nothing stands for the default."""
        self._rate_wpm = rate_wpm
        self._line_timeout_s = line_timeout_s
        self._worker = _Worker(worker)
        self._voice = self._find(wanted) if wanted else _default_voice()

    def quicker(self, factor: float) -> SystemVoice:
        """Return the same voice, in the same process, at a faster rate (300 words a minute at most)."""
        other = copy.copy(self)
        other._rate_wpm = min(FASTEST_WPM, round(self._rate_wpm * factor))
        return other

    @property
    def name(self) -> str:
        """``system:`` and the voice's id."""
        return f"system:{self._voice}" if self._voice else "system"

    @property
    def identity(self) -> str:
        """Engine, versions, voice and rate."""
        return f"{_engine_identity()} | {self._voice or 'default'} | {self._rate_wpm} wpm"

    def voices(self) -> list[dict[str, str]]:
        """Return id, name, language and gender of every voice there is."""
        answer = self._worker.ask({"do": "voices"}, START_TIMEOUT_S)
        if "error" in answer:
            self.close()
            raise _no_engine(str(answer["error"]))
        found: list[dict[str, str]] = answer["voices"]
        return found

    def speak(self, text: str) -> Clip:
        """Return the clip of a text; a worker that hangs or dies is replaced and asked once more."""
        reason = ""
        for _ in range(2):
            path = self._worker.folder() / "clip.wav"
            path.unlink(missing_ok=True)
            request = {
                "do": "speak",
                "text": text,
                "voice": self._voice,
                "rate_wpm": self._rate_wpm,
                "path": str(path),
            }
            answer = self._worker.ask(request, self._line_timeout_s)
            reason = str(answer.get("error", ""))
            if not reason:
                clip = self._read(path)
                if clip is not None:
                    return clip
                reason = "nothing can be heard in what it gave"
            self._worker.stop()
        raise VoiceError(
            f"the voice {self.name} could not say “{text}”: {reason}. "
            "Try other words, another --voice, or “coach doctor”"
        )

    def close(self) -> None:
        """End the worker and remove its files."""
        self._worker.close()

    def _find(self, wanted: str) -> str:
        voices = self.voices()
        key = wanted.lower()
        for field in ("id", "language", "name"):
            for voice in voices:
                if voice[field].lower() == key:
                    return voice["id"]
        known = [voice[field] for voice in voices for field in ("language", "id", "name") if voice[field]]
        self.close()
        raise UnknownNameError("voice", wanted, known, "“coach voices” lists them.")

    @staticmethod
    def _read(path: Path) -> Clip | None:
        try:
            audio = read_audio(path)
        except (OSError, ValueError):
            return None
        return clip_from_signal(audio.signal, audio.rate)


class _Worker:
    """The worker process: started when first asked, killed when it does not answer in time; and its folder."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._process: subprocess.Popen[str] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Return the worker's answer, or ``{"error": …}`` in words for a person."""
        try:
            process = self._process or self._start()
            assert process.stdin is not None  # noqa: S101 - it was started with a pipe
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        except OSError as error:
            self.stop()
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
            return {"error": "the speech engine answered with rubbish"}
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
            self._folder = tempfile.TemporaryDirectory(prefix="coach-voice-")
        return Path(self._folder.name)

    def close(self) -> None:
        """End the process and remove its folder."""
        self.stop()
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()

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
    """Kill a process and, where there are sessions, whatever it has forked."""
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


def _default_voice() -> str | None:
    return ESPEAK_VOICE if sys.platform.startswith("linux") else None


def _engine_identity() -> str:
    parts = [f"pyttsx3 {metadata.version('pyttsx3')}", sys.platform]
    with contextlib.suppress(metadata.PackageNotFoundError):
        parts.append(f"espeakng-loader {metadata.version('espeakng-loader')}")
    return " ".join(parts)


def _no_engine(reason: str) -> VoiceError:
    return VoiceError(
        f"no speech engine could be started: {reason}. Install one (Linux: the Python package espeakng-loader, "
        "or espeak-ng from your distribution), or use --voice silent"
    )
