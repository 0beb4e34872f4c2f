"""What wraps another voice is as that voice is, but for what it changes."""

from __future__ import annotations

from coach.voices.base import Voice


class VoiceAround:
    """The part of a voice that is left to the one inside."""

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
