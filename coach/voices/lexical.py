"""A voice that reads texts as words first, by a lexicon."""

from __future__ import annotations

from collections.abc import Iterable

from coach.audio.clip import Clip
from coach.core.lexicon import Lexicon
from coach.voices.base import Voice, unsaid
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

    def unsaid(self, texts: Iterable[str]) -> str | None:
        """Return the first of some texts that the wrapped voice cannot say, if there is one."""
        read = {self._lexicon.said(text): text for text in texts}
        missing = unsaid(self._voice, read)
        return None if missing is None else read[missing]
