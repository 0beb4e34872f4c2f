"""The icon of the page: the waves of the cover, which are breaths."""

from __future__ import annotations

import io

from coach.publish.cover import ground

COLOURS = 24
"""Few, so that the file is small; the waves are flat."""


def icon(side: int) -> bytes:
    """Return the icon as a PNG of a side in pixels; what matters lies inside the round that some phones cut out."""
    from PIL import Image

    image = ground().crop((0, 300, 1400, 1400)).resize((side, side), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return stream.getvalue()
