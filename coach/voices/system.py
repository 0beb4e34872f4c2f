"""The operating system's voice, through pyttsx3: espeak-ng on Linux, the built-in voices on macOS and Windows."""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import sys
from collections.abc import Sequence
from importlib import metadata

from coach.audio.clip import Clip
from coach.core.languages import ENGLISH
from coach.defaults import RATE_WPM
from coach.errors import UnknownNameError, VoiceError
from coach.voices.worker import LINE_TIMEOUT_S, WorkerPool

SLOWEST_WPM, FASTEST_WPM = 80, 300

ESPEAK_RATE = 22_050
"""Frames a second of what espeak-ng gives."""

WORKER = (sys.executable, "-m", "coach.voices.system_worker")
PROCESSES = min(2, os.cpu_count() or 1)
"""espeak-ng uses one core."""


class SystemVoice:
    """Speaks through pyttsx3 in processes of their own, each killed and started anew when it hangs or dies."""

    def __init__(
        self,
        wanted: str = "",
        rate_wpm: int = RATE_WPM,
        *,
        worker: Sequence[str] = WORKER,
        processes: int = PROCESSES,
        line_timeout_s: float = LINE_TIMEOUT_S,
    ) -> None:
        """Take a voice by its id, name or language; an empty name stands for the default."""
        self._rate_wpm = rate_wpm
        self._pool = WorkerPool(worker, processes, start_timeout_s=line_timeout_s, line_timeout_s=line_timeout_s)
        self._voice = self._find(wanted) if wanted else _default_voice()

    def quicker(self, factor: float) -> SystemVoice:
        """Return the same voice, in the same processes, at a faster rate (300 words a minute at most)."""
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

    @property
    def parallel(self) -> int:
        """One text a core, and one whose clip is being measured."""
        return self._pool.parallel

    def voices(self) -> list[dict[str, str]]:
        """Return id, name, language and gender of every voice there is."""
        answer = self._pool.ask({"do": "voices"})
        if "error" in answer:
            self.close()
            raise _no_engine(str(answer["error"]))
        found: list[dict[str, str]] = answer["voices"]
        return found

    def speak(self, text: str) -> Clip:
        """Return the clip of a text; a worker that hangs or dies is replaced and asked once more."""
        request = {"voice": self._voice, "rate_wpm": self._rate_wpm}
        return self._pool.speak(self.name, text, request, self._rate_wpm)

    def close(self) -> None:
        """End the workers and remove their files."""
        self._pool.close()

    def _find(self, wanted: str) -> str:
        voices = self.voices()
        key = wanted.lower()
        for field in ("id", "language", "name"):
            for voice in voices:
                if voice[field].lower() == key:
                    return voice["id"]
        known = [voice[field] for voice in voices for field in ("language", "id", "name") if voice[field]]
        self.close()
        raise UnknownNameError("voice", wanted, known, "“coach voices” lists them")


def _default_voice() -> str | None:
    return ENGLISH.spoken.espeak_voice if sys.platform.startswith("linux") else None


@functools.cache
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
