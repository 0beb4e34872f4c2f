"""Showing in a message what a person wrote."""

from __future__ import annotations

_MOST_CHARS = 60


def quoted(value: object) -> str:
    """Return what was given, in quotes and not too long; what is no plain value is only named."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "“key: value” lines"
    if isinstance(value, (list, tuple)):
        return "a list"
    try:
        text = str(value)
    except ValueError:  # a number of thousands of digits
        return "a huge number"
    return f"“{text}”" if len(text) <= _MOST_CHARS else f"“{text[:_MOST_CHARS]}…”"
