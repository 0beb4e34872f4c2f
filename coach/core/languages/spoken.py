"""How a language is spoken: by which voice, and how long its texts take to say."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SpokenLanguage:
    """How one language is spoken: which voice speaks it, and how long its texts take to say."""

    espeak_voice: str
    """espeak-ng's voice on Linux unless another is chosen."""
    syllables_per_word: float
    """At a rate in words a minute."""
    word_alone_ms: int
    """A word alone is longer than its syllables, by this: it is drawn out at its end."""
    pause_ms: int
    """At a comma or between sentences."""
    vowels: str
    """The letters of which each group is a syllable."""
    silent_ending: str
    """A pattern of word endings in which the last vowel is not spoken."""

    def syllables(self, text: str) -> int:
        """Return about how many syllables a text has: its groups of vowels, without a silent one at a word's end."""
        count = 0
        for word in re.findall(r"[^\W\d_]+|\d", text):
            groups = len(re.findall(f"[{self.vowels}]+", word, re.IGNORECASE))
            if groups > 1 and re.search(rf"(?:{self.silent_ending})$", word, re.IGNORECASE):
                groups -= 1
            count += max(1, groups)
        return count
