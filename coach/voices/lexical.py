"""A voice that reads texts as words first, by a lexicon."""

from __future__ import annotations

from coach.audio.clip import Clip
from coach.core.lexicon import Lexicon
from coach.voices.base import Voice
from coach.voices.wrapper import VoiceWrapper


class LexicalVoice(VoiceWrapper):
    """Gives another voice the words to say for what is written: “30 s” becomes “thirty seconds”."""

    def __init__(self, voice: Voice, lexicon: Lexicon) -> None:
        super().__init__(voice)
        self._lexicon = lexicon

    def speak(self, text: str) -> Clip:
        """Return the clip of a text."""
        return self._voice.speak(self._lexicon.said(text))

    def quicker(self, factor: float) -> LexicalVoice:
        """Return the wrapped voice speaking faster, with the same lexicon."""
        return LexicalVoice(self._voice.quicker(factor), self._lexicon)
