"""The part of a voice that wraps another and is left to the one inside."""

from __future__ import annotations

from coach.voices.base import Voice


class VoiceWrapper:
    """Wraps a voice; a subclass overrides what it changes, and adds ``speak`` and ``quicker``."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    @property
    def name(self) -> str:
        """The wrapped voice's name."""
        return self._voice.name

    @property
    def identity(self) -> str:
        """The wrapped voice's identity."""
        return self._voice.identity

    @property
    def parallel(self) -> int:
        """As many as the wrapped voice."""
        return self._voice.parallel

    def close(self) -> None:
        """Close the wrapped voice."""
        self._voice.close()
