"""Text as it belongs on paper: no options to type, no characters that harm a page, doses as people say them."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from typing import Any, TypeVar

_LONGEST = 600
"""Characters of one text; what scripts say in a line is far shorter."""
_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They set the direction of what stands around them; the letters themselves tell theirs without."""
_OPTION_IN_BRACKETS = re.compile(r" \([^()]*--[a-z][^()]*\)")
_OPTION_IN_CLAUSE = re.compile(r"[;,][^;,.]*--[a-z][^;,.]*")
_SECONDS = re.compile(r"(?<![0-9.])([0-9]+) s\b")
_ONCE = re.compile(r"\b1 times\b *")
_MINUTES_FROM_S = 120

_Kind = TypeVar("_Kind")


def on_paper(text: str) -> str:
    """Return a text without what it says of the command line: “(--minutes 20)”."""
    return _OPTION_IN_CLAUSE.sub("", _OPTION_IN_BRACKETS.sub("", text))


def plain_dose(text: str) -> str:
    """Return what a dose comes to as people say it: “17 min 30 s” for “1050 s”, “once” for “1 times”."""
    text = _ONCE.sub(lambda match: "" if match.end() < len(text) and text[match.end()].isdigit() else "once ", text)
    return _SECONDS.sub(_minutes, text).strip()


def _minutes(match: re.Match[str]) -> str:
    minutes, seconds = divmod(int(match[1]), 60)
    if int(match[1]) < _MINUTES_FROM_S:
        return match[0]
    return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"


def cleaned(value: _Kind) -> _Kind:
    """Return a value with every text in it fit for a page, however deep it lies.

    Control characters, halves of characters and marks of direction are left out; what is very long is cut.
    """
    found: Any = value
    if isinstance(value, str):
        found = _clean(value)
    elif isinstance(value, tuple):
        found = tuple(map(cleaned, value))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: cleaned(getattr(value, field.name)) for field in dataclasses.fields(value)}
        found = dataclasses.replace(value, **fields)
    return found  # type: ignore[no-any-return]


def _clean(text: str) -> str:
    kept = "".join(char for char in " ".join(text.split()) if not _harms(char))
    return kept if len(kept) <= _LONGEST else f"{kept[: _LONGEST - 1].rstrip()}…"


def _harms(char: str) -> bool:
    return char in _TURNING or unicodedata.category(char) in ("Cc", "Cs", "Cn", "Co")
