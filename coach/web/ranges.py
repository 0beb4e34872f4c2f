"""Ranges of bytes, as players ask for them (RFC 9110, 14)."""

from __future__ import annotations

import re

_ONE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


def range_of(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the first byte and the one after the last that a Range header asks for; ``None`` if it asks for all.

    Several ranges, and what is no range at all, are taken as nothing: the whole is a right answer to each.

    Raises:
        ValueError: there is no such byte.
    """
    match = _ONE.fullmatch((header or "").strip())
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        length = min(int(last), size)
        if not length:
            raise ValueError("it asks for no byte")
        return size - length, size
    if int(first) >= size or (last and int(last) < int(first)):
        raise ValueError("it begins after the end")
    return int(first), min(int(last) + 1, size) if last else size
