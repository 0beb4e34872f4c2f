"""How texts are said: numbers, ranges and abbreviations as words, and words that engines say wrong spelled so that they
say them right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from coach.core.languages.english.reading import RULES


@dataclass(frozen=True)
class Lexicon:
    """Words and how to spell them so that an engine says them right."""

    spellings: Mapping[str, str] = field(default_factory=dict)
    """By the word in small letters; it is found as a whole word, however it is written."""

    def said(self, text: str) -> str:
        """Return a text as it is to be spoken."""
        for pattern, words in RULES:
            text = pattern.sub(words, text)
        if self.spellings:
            text = self._pattern().sub(self._respelled, text)
        return re.sub(r"\s+", " ", text).strip()

    def _pattern(self) -> re.Pattern[str]:
        words = "|".join(sorted(map(re.escape, self.spellings), key=len, reverse=True))
        return re.compile(rf"(?<![^\W_])({words})(?![^\W_])", re.IGNORECASE)

    def _respelled(self, match: re.Match[str]) -> str:
        spelled = self.spellings[match[0].lower()]
        return spelled[0].upper() + spelled[1:] if match[0][0].isupper() else spelled
