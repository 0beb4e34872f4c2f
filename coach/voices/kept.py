"""Voices whose clips are kept, and where: spoken once, a line is there at once the next time."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from coach.core.quoting import quoted
from coach.errors import InputError
from coach.files import expanded

if TYPE_CHECKING:
    from coach.voices.base import Voice

CACHE_VARIABLE = "COACH_CACHE"
CACHE_LIMIT_VARIABLE = "COACH_CACHE_MB"


def cache_folder() -> Path:
    """Return where clips are kept: ``COACH_CACHE``, or the platform's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return expanded(chosen) if chosen else platformdirs.user_cache_path("stretch-coach", appauthor=False)


def clips_folder() -> Path:
    """Return the folder of clips inside the cache."""
    return cache_folder() / "clips"


def cache_limit_bytes() -> int:
    """Return how large the cache may grow: ``COACH_CACHE_MB``, or 500 MB, which is some forty routines in a voice.

    Raises:
        InputError: the variable is not a number.
    """
    text = os.environ.get(CACHE_LIMIT_VARIABLE, "") or "500"
    if not re.fullmatch("[0-9]{1,9}", text):
        raise InputError(f"{CACHE_LIMIT_VARIABLE} is {quoted(text)}; write a number of megabytes, like 500")
    return int(text) * 1_000_000


def cached_voice(name: str, rate_wpm: int) -> Voice:
    """Return a voice by name that reads texts by the lexicon, with the cache around it (silence needs neither).

    Raises:
        CoachError: there is no such voice, or it cannot be used.
    """
    from coach.library.library import standard_lexicon
    from coach.voices import open_voice
    from coach.voices.cached import CachedVoice
    from coach.voices.lexical import LexicalVoice

    voice = open_voice(name, rate_wpm)
    if voice.name == "silent":
        return voice
    return LexicalVoice(CachedVoice(voice, clips_folder(), cache_limit_bytes()), standard_lexicon())
