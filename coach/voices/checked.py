"""Voices of other packages: whatever their code returns is checked, and whatever it raises becomes a message."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from coach.audio.clip import Clip
from coach.errors import CoachError, VoiceError
from coach.units import SAMPLE_RATE
from coach.voices.base import Voice

MOST_PARALLEL = 64

_Value = TypeVar("_Value")


class CheckedVoice:
    """Wraps a voice of another package; whatever goes wrong in it is a :class:`VoiceError` that names the package."""

    def __init__(self, voice: Voice, called: str) -> None:
        """Wrap a voice.

        Args:
            voice: the voice.
            called: what to call it in messages, with its package.

        Raises:
            VoiceError: it lacks what a voice must have.
        """
        self._voice = voice
        self._called = called
        self.name: str = self._asked("name", str)
        self.parallel: int = self._asked("parallel", int)
        if not 1 <= self.parallel <= MOST_PARALLEL:
            raise VoiceError(f"{called} says that it speaks {self.parallel} texts at once")

    @property
    def identity(self) -> str:
        """The voice's identity."""
        return self._asked("identity", str)

    def speak(self, text: str) -> Clip:
        """Return the clip of a text.

        Raises:
            VoiceError: the voice fails, or gives something else than a sound clip.
        """
        with self._named(f"could not say “{text}”"):
            clip = self._voice.speak(text)
            problem = _problem(clip)
        if problem:
            raise VoiceError(f"{self._called} could not say “{text}”: {problem}")
        return clip

    def quicker(self, factor: float) -> CheckedVoice:
        """Return the same voice speaking faster."""
        with self._named("could not be made quicker"):
            other = self._voice.quicker(factor)
        return self if other is self._voice else CheckedVoice(other, self._called)

    def close(self) -> None:
        """Let the voice go; should it fail now, what it has spoken is there all the same."""
        with contextlib.suppress(Exception):
            self._voice.close()

    def _asked(self, attribute: str, kind: Callable[..., _Value]) -> _Value:
        with self._named(f"has no usable “{attribute}”"):
            value: Any = getattr(self._voice, attribute)
        if type(value) is not kind or value == "":
            raise VoiceError(f"{self._called} has no usable “{attribute}”")
        checked: _Value = value
        return checked

    @contextlib.contextmanager
    def _named(self, what: str) -> Iterator[None]:
        try:
            yield
        except CoachError:
            raise
        except Exception as error:
            raise VoiceError(f"{self._called} {what}: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """Return the kind of an error and the first line of what it says."""
    return (f"{type(error).__name__}: {error}".splitlines() or [""])[0].removesuffix(": ")


def _problem(clip: object) -> str | None:
    """Return what is wrong with something that should be a clip, if anything."""
    import numpy as np

    if not isinstance(clip, Clip):
        return f"it gave {type(clip).__name__}, not a clip"
    pcm, power, timing = clip.pcm, clip.power, clip.timing
    if not isinstance(pcm, np.ndarray) or pcm.ndim != 1 or pcm.dtype != np.int16 or not len(pcm):
        return "its clip has no mono samples of 16 bit"
    if not isinstance(power, np.ndarray) or power.ndim != 1 or not np.isfinite(power).all():
        return "its clip has no usable power"
    times = (timing.length_ms, timing.onset_ms, timing.center_ms)
    if not all(isinstance(time, int) for time in times) or abs(timing.length_ms - len(pcm) * 1000 / SAMPLE_RATE) > 1:
        return "its clip is not as long as it says"
    if not 0 <= min(times[1:]) <= max(times[1:]) <= timing.length_ms:
        return "its clip begins or has its centre outside of itself"
    return None
