"""Where spoken clips are kept, and how many; and where voices are."""

from __future__ import annotations

import os
import re
from pathlib import Path

import platformdirs

from coach.core.quoting import quoted
from coach.errors import InputError
from coach.files import expanded

CACHE_VARIABLE = "COACH_CACHE"
CACHE_LIMIT_VARIABLE = "COACH_CACHE_MB"
VOICES_VARIABLE = "COACH_VOICES"
DOWNLOAD_TIMEOUT_S = 30.0
"""How long the server of a voice may be silent."""


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


def voices_folder() -> Path:
    """Return where downloaded voices are: ``COACH_VOICES``, or the platform's data folder; it need not exist."""
    chosen = os.environ.get(VOICES_VARIABLE)
    return expanded(chosen) if chosen else platformdirs.user_data_path("stretch-coach", appauthor=False) / "voices"
