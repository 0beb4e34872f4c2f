"""Whether a clip is as long as its text should take: engines say short texts twice, clip first sounds, lose tails."""

from __future__ import annotations

import re

_VOWELS = re.compile(r"[aeiouy]+", re.I)
_PAUSES = re.compile(r"[,;:.!?…–—-]+\s")

SYLLABLES_PER_WORD = 1.67
"""At a rate in words a minute; measured over every line of the library in both voices, as are the next two."""
AROUND_MS = 125
"""A word alone is longer than its syllables: it is drawn out at its end."""
PAUSE_MS = 295
"""At a comma or between sentences."""
LEAST, MOST = 0.4, 1.85
"""How far from the expected length a clip may be: the library's lines come to 0.55 to 1.7."""


def syllables(text: str) -> int:
    """Return about how many syllables a text has: its groups of vowels, without a silent e at the end of a word."""
    count = 0
    for word in re.findall(r"[^\W\d_]+|\d", text):
        groups = len(_VOWELS.findall(word))
        if groups > 1 and re.search(r"[^aeiouyl]es?$", word, re.I):
            groups -= 1
        count += max(1, groups)
    return count


def expected_ms(text: str, wpm: float) -> float:
    """Return about how long a text takes to say at a rate in words a minute."""
    return AROUND_MS + syllables(text) * 60_000 / (wpm * SYLLABLES_PER_WORD) + len(_PAUSES.findall(text)) * PAUSE_MS


def length_problem(text: str, length_ms: int, wpm: float) -> str | None:
    """Return what is wrong with the length of a clip, if anything."""
    about_ms = expected_ms(text, wpm)
    if length_ms < LEAST * about_ms:
        return f"it came out cut short ({length_ms / 1000:.1f} s, where about {about_ms / 1000:.1f} s are needed)"
    if length_ms > MOST * about_ms:
        return f"it came out too long ({length_ms / 1000:.1f} s, where about {about_ms / 1000:.1f} s are needed)"
    return None
