"""The picture of a routine: one look for all, its name and length readable at the size of a thumbnail."""

from __future__ import annotations

import functools
import io
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFont import FreeTypeFont

SIDE = 1400
"""Pixels: what podcast apps ask for."""
QUALITY = 82
"""Of the JPEG: about 60 kB."""
MARGIN = 110
NAME_SIZES = (210, 180, 150, 125, 100, 80)
"""The first that the name fits in is taken: at 60 pixels across, letters are still 4 to 9 high."""
MOST_LINES = 4
LENGTH_SIZE = 150
MARK_SIZE = 64

_TOP, _BOTTOM = (18, 62, 76), (43, 112, 118)  # deep water
_WAVES = ((88, 160, 155), (134, 193, 178), (196, 222, 205))  # breaths, nearer and lighter
_INK, _SOFT_INK = (250, 247, 238), (205, 226, 220)
_WAVE_TOP = 930
_INHALE = 0.4
"""Up for four, down for six: the breath the coach begins with."""
_FALLBACK_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arialuni.ttf", "arial.ttf")
_MISSING = "\uffff"


def cover(name: str, length_ms: int | None = None, *, comment: str = "drawn by Stretch Coach") -> bytes:
    """Return a JPEG of 1400 × 1400 pixels with a name, and a length in minutes if there is one."""
    from PIL import ImageDraw

    image = ground().copy()
    draw = ImageDraw.Draw(image)
    lines, font = _laid_out(name)
    height = font.size * 1.14
    top = MARGIN + MARK_SIZE * 2 + (_WAVE_TOP - MARGIN - MARK_SIZE * 2 - height * len(lines)) / 2 - 20
    draw.text((MARGIN, MARGIN), "Stretch Coach", font=_font(MARK_SIZE), fill=_SOFT_INK)
    for index, line in enumerate(lines):
        draw.text((MARGIN, top + index * height), line, font=font, fill=_INK, stroke_width=2, stroke_fill=_INK)
    if length_ms is not None:
        length = f"{max(1, round(length_ms / 60_000))} min"
        place = (SIDE - MARGIN, SIDE - MARGIN)
        draw.text(place, length, font=_font(LENGTH_SIZE), fill=_TOP, anchor="rs", stroke_width=3, stroke_fill=_TOP)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY, comment=comment)
    return stream.getvalue()


@functools.cache
def ground() -> Image.Image:
    """Return what is the same on every cover: water, and three breaths of it."""
    import numpy as np
    from PIL import Image

    image = Image.linear_gradient("L").resize((SIDE, SIDE))
    image = Image.composite(Image.new("RGB", image.size, _BOTTOM), Image.new("RGB", image.size, _TOP), image)
    down = np.arange(_WAVE_TOP - 100, SIDE, dtype=np.float32)[:, np.newaxis]
    for index, colour in enumerate(_WAVES):
        phase = (np.arange(SIDE, dtype=np.float32) / 560 + index * 0.31) % 1.0
        rising = (1 - np.cos(np.pi * phase / _INHALE)) / 2
        falling = (1 + np.cos(np.pi * (phase - _INHALE) / (1 - _INHALE))) / 2
        edge = _WAVE_TOP + 40 + index * 105 - 95 * np.where(phase < _INHALE, rising, falling)
        covered = np.clip((down - edge) * 255, 0, 255).astype(np.uint8)  # one pixel of soft edge
        image.paste(colour, (0, _WAVE_TOP - 100), Image.fromarray(covered))
    return image


def _laid_out(name: str) -> tuple[list[str], FreeTypeFont]:
    """Return the lines of a name and their font: as large as they fit."""
    text, path = _drawable(name)
    for size in NAME_SIZES:
        font = _font(size, path)
        lines = _wrapped(text.split(), font)
        room = _WAVE_TOP - 90 - MARGIN - MARK_SIZE * 2
        fits = all(font.getlength(line) <= SIDE - 2 * MARGIN for line in lines)
        if fits and len(lines) <= MOST_LINES and len(lines) * size * 1.14 <= room:
            return lines, font
    shortened = [_shortened(line, font) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        shortened[-1] = _shortened(f"{shortened[-1]} …", font)
    return shortened, font


def _wrapped(words: Sequence[str], font: FreeTypeFont) -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= SIDE - 2 * MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _shortened(line: str, font: FreeTypeFont) -> str:
    if font.getlength(line) <= SIDE - 2 * MARGIN:
        return line
    while line and font.getlength(f"{line}…") > SIDE - 2 * MARGIN:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _drawable(name: str) -> tuple[str, str]:
    """Return a name in letters that a font has, and the path of that font; an empty one is Pillow's own."""
    clean = unicodedata.normalize("NFC", " ".join(name.split()))
    for path in ("", *_FALLBACK_FONTS):
        if _has(path, clean):
            return clean, path
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", clean) if not unicodedata.combining(letter))
    return "".join(letter for letter in bare if _has("", letter)).strip(), ""


def _has(path: str, text: str) -> bool:
    try:
        font = _font(40, path)
    except OSError:
        return False
    missing = _glyph(font, _MISSING)
    return all(letter == " " or _glyph(font, letter) != missing for letter in set(text))


def _glyph(font: FreeTypeFont, letter: str) -> tuple[Any, bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)


@functools.cache
def _font(size: int, path: str = "") -> FreeTypeFont:
    from PIL import ImageFont

    # With FreeType, which every wheel has, Pillow's own is one too.
    return cast("FreeTypeFont", ImageFont.truetype(path, size) if path else ImageFont.load_default(size))
