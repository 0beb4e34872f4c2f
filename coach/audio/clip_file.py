"""Clips in the cache: a header, the power, the samples."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from coach.audio.clip import Clip
from coach.core.timeline import ClipTiming
from coach.storage import cache

CLIP_VERSION = 18
"""Raised when clips are trimmed, levelled, measured or written in another way, so that old ones are made again."""

_HEADER = struct.Struct("<5I")
"""Length, onset and centre in milliseconds; how many steps of power, how many samples."""


def load_clip(path: Path) -> Clip | None:
    """Read a clip; ``None`` when it is not there or not sound."""
    body = cache.load(path)
    if body is None:
        return None
    try:
        *timing, steps, frames = _HEADER.unpack_from(body)
        power = np.frombuffer(body, "<f4", steps, _HEADER.size)
        pcm = np.frombuffer(body, "<i2", frames, _HEADER.size + power.nbytes)
    except (ValueError, struct.error):
        return None
    return Clip(pcm, ClipTiming(*timing), power)


def store_clip(path: Path, clip: Clip) -> None:
    """Keep a clip.

    Raises:
        OSError: it cannot be written.
    """
    timing = clip.timing
    header = _HEADER.pack(timing.length_ms, timing.onset_ms, timing.center_ms, len(clip.power), len(clip.pcm))
    cache.keep(path, header + clip.power.astype("<f4").tobytes() + clip.pcm.astype("<i2").tobytes())
