"""A voice that reads texts as words first, by a lexicon."""

from __future__ import annotations

from coach.clip import Clip
from coach.core.lexicon import Lexicon
from coach.voices.base import Voice


class LexicalVoice:
    """Gives another voice what is to be heard instead of what is written: “30 s” becomes “thirty seconds”."""

    def __init__(self, voice: Voice, lexicon: Lexicon) -> None:
        self._voice = voice
        self._lexicon = lexicon

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

    def speak(self, text: str) -> Clip:
        """Return the clip of a text."""
        return self._voice.speak(self._lexicon.said(text))

    def quicker(self, factor: float) -> LexicalVoice:
        """Return the wrapped voice speaking faster, with the same lexicon."""
        return LexicalVoice(self._voice.quicker(factor), self._lexicon)

    def close(self) -> None:
        """Close the wrapped voice."""
        self._voice.close()
