"""How wide text will be, without asking a font: an upper bound for the usual sans-serif ones."""

from __future__ import annotations

from collections.abc import Iterator

_WIDTHS_EM = {
    **dict.fromkeys("ijl’'|", 0.32),
    **dict.fromkeys(" .,:;!I", 0.42),
    **dict.fromkeys("frt()[]/-", 0.45),
    **dict.fromkeys("“”sJczkvxyL", 0.6),
    **dict.fromkeys("mMwW—…@%", 1.02),
}
_USUAL_EM, _CAPITAL_EM = 0.65, 0.8
ELLIPSIS = "…"


def width(text: str, size: float) -> float:
    """Return how wide a text is at most, in the unit of its size; letters of Latin scripts."""
    ems = (_WIDTHS_EM.get(letter, _CAPITAL_EM if letter.isupper() else _USUAL_EM) for letter in text)
    return size * sum(ems)


def shortened(text: str, size: float, room: float) -> str:
    """Return a text, or as much of it as there is room for and “…”, or nothing."""
    if width(text, size) <= room:
        return text
    while text and width(text + ELLIPSIS, size) > room:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS if text else ""


def lines(text: str, size: float, room: float) -> Iterator[str]:
    """Yield a text in lines for which there is room; a word that is longer than that is shortened."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and width(longer, size) > room:
            yield line
            longer = word
        line = shortened(longer, size, room)
    if line:
        yield line
