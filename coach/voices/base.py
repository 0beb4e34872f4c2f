"""What a voice is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from coach.audio.clip import Clip


class Voice(Protocol):
    """Turns a text into a clip."""

    @property
    def name(self) -> str:
        """The voice as a person would ask for it: ``system:gmw/en-us``, ``silent``."""

    @property
    def identity(self) -> str:
        """Everything besides the text that affects the sound: engine, version, voice, rate."""

    @property
    def parallel(self) -> int:
        """How many threads may ask it for texts at once with a gain; 1 if there is none."""

    def speak(self, text: str) -> Clip:
        """Return the clip of a text.

        Raises:
            VoiceError: the engine is missing, hangs, dies, or gives nothing that can be heard.
        """

    def quicker(self, factor: float) -> Voice:
        """Return the same voice speaking ``factor`` times as fast, as far as it can; closing one closes both."""

    def close(self) -> None:
        """Let go of whatever the voice holds; it may be asked to speak again."""


def unsaid(voice: Voice, texts: Iterable[str]) -> str | None:
    """Return the first of some texts that a voice knows it cannot say, if there is one; most can say anything."""
    asked = getattr(voice, "unsaid", None)
    found: str | None = asked(texts) if asked is not None else None
    return found
