"""How English is pronounced, in the alphabet of Kokoro's voices: from misaki's dictionaries, which are read as data.

The dictionaries (Apache-2.0) hold nearly every word that the coach says. What they lack is asked of a function.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

Entry = str | Mapping[str, str | None]
Fallback = Callable[[str], str]
"""Returns the phonemes of a word that no dictionary has."""

DICTIONARIES = "misaki"
_FILES = ("us_silver.json", "us_gold.json")
"""The second outranks the first."""

REDUCED = {"a": "ɐ", "an": "ɐn", "the": "ðə", "to": "tə"}
"""Short words as they are said inside a sentence; the dictionaries have them as they are said alone."""
_BEFORE_VOWEL = {"the": "ði", "to": "tʊ"}
_VOWELS = frozenset("AIOQWYaiuæɑɐɒɔəɚɛɜɪʊʌᵻ")
_STRESS = "ˈˌ"
_VERB_OBJECTS = frozenset(("your", "the", "it", "them", "my", "both", "one"))
"""What follows “close” where it is a verb, or else it is said with an s: “close to the floor”."""

_PART = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[.,;:!?…—–]|\s+-\s+|\.\.\.")
_MARKS = {"–": "—", "-": ",", "...": "…"}
_MARK = re.compile(r"[.,;:!?…—]")


class Pronouncer:
    """Turns English texts into phonemes."""

    def __init__(self, words: Mapping[str, Entry], fallback: Fallback) -> None:
        """Take a dictionary and what knows all other words."""
        self._words = words
        self._fallback = fallback

    def phonemes(self, text: str) -> str:
        """Return a text in the alphabet of the model, its punctuation kept."""
        parts = [_MARKS.get(part.strip(), part.strip()) for part in _PART.findall(text)]
        said: list[str] = []
        following, next_sound = "", ""
        for part in reversed(parts):  # from the end: what a short word sounds like hangs on the next
            if _MARK.fullmatch(part):
                following = next_sound = ""
                said.append(part)
            else:
                next_sound = self._word(part, following, next_sound)
                following = part
                said.append(next_sound)
        return re.sub(r"\s+([.,;:!?…])", r"\1", " ".join(reversed(said))).strip()

    def _word(self, word: str, following: str, next_sound: str) -> str:
        key = word.lower().replace("’", "'")
        if next_sound:
            if key in _BEFORE_VOWEL and next_sound.lstrip(_STRESS)[:1] in _VOWELS:
                return _BEFORE_VOWEL[key]
            if key in REDUCED:
                return REDUCED[key]
        if key == "close":
            return "klˈOz" if following.lower() in _VERB_OBJECTS else "klˈOs"
        return self._known(key) or self._fallback(word)

    def _known(self, key: str) -> str | None:
        return self._looked_up(key) or self._possessive(key) or self._with_ending(key)

    def _looked_up(self, key: str) -> str | None:
        entry = self._words.get(key)
        if entry is None or isinstance(entry, str):
            return entry
        return entry.get("DEFAULT")

    def _possessive(self, key: str) -> str | None:
        stem = key.removesuffix("'s") if key.endswith("'s") else ""
        said = self._looked_up(stem) if stem else None
        return said and _plural(said)

    def _with_ending(self, key: str) -> str | None:
        for ending, said_with in (("s", _plural), ("ed", _past), ("ing", _progressive)):
            if not key.endswith(ending):
                continue
            stem = key.removesuffix(ending)
            doubled = stem[:-1] if len(stem) > 2 and stem[-1:] == stem[-2:-1] else stem  # noqa: PLR2004
            y_again = f"{stem[:-2]}y" if stem.endswith("ie") else stem
            for base in dict.fromkeys((stem, f"{stem}e", doubled, stem.removesuffix("e"), y_again)):
                if said := self._looked_up(base) if len(base) > 1 else None:
                    return said_with(said)
        return None


def _plural(said: str) -> str:
    if said[-1] in "szʃʒʧʤ":
        return f"{said}ᵻz"
    return f"{said}{'s' if said[-1] in 'ptkfθ' else 'z'}"


def _past(said: str) -> str:
    if said[-1] in "td":
        return f"{_flapped(said)}ᵻd"
    return f"{said}{'t' if said[-1] in 'pkfθʃsʧ' else 'd'}"


def _progressive(said: str) -> str:
    return f"{_flapped(said)}ɪŋ"


def _flapped(said: str) -> str:
    """Return a word as it is said before a vowel: a t between vowels is a short d in American English."""
    return f"{said[:-1]}T" if said[-1] == "t" and said[-2:-1] in _VOWELS else said


@functools.cache
def dictionary() -> Mapping[str, Entry]:
    """Return the dictionaries' words; none if they are not installed."""
    spec = importlib.util.find_spec(DICTIONARIES)
    places = spec.submodule_search_locations if spec else None
    words: dict[str, Entry] = {}
    for name in _FILES:
        for place in places or ():
            path = Path(place) / "data" / name
            if path.is_file():
                words |= json.loads(path.read_text(encoding="utf-8"))
    return words
