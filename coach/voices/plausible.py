"""Whether a clip is as long as its text should take: engines say short texts twice, clip first sounds, lose tails."""

from __future__ import annotations

import re

from coach.core.languages import ENGLISH
from coach.core.languages.spoken import SpokenLanguage

LEAST, MOST = 0.4, 1.85
"""How far from the expected length a clip may be: the library's lines come to 0.55 to 1.7."""

_PAUSES = re.compile(r"[,;:.!?…–—-]+\s")


def expected_ms(text: str, wpm: float, language: SpokenLanguage = ENGLISH.spoken) -> float:
    """Return about how long a text takes to say at a rate in words a minute."""
    syllables_ms = language.syllables(text) * 60_000 / (wpm * language.syllables_per_word)
    return language.word_alone_ms + syllables_ms + len(_PAUSES.findall(text)) * language.pause_ms


def length_problem(text: str, length_ms: int, wpm: float, language: SpokenLanguage = ENGLISH.spoken) -> str | None:
    """Return what is wrong with the length of a clip, if anything."""
    about_ms = expected_ms(text, wpm, language)
    if length_ms < LEAST * about_ms:
        return f"it came out cut short ({length_ms / 1000:.1f} s, and about {about_ms / 1000:.1f} s are needed)"
    if length_ms > MOST * about_ms:
        return f"it came out too long ({length_ms / 1000:.1f} s, and about {about_ms / 1000:.1f} s are needed)"
    return None
