"""Clips on disk: a header, the power, the samples, and a sum over all of it."""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from pathlib import Path

import numpy as np

from coach.audio.clip import Clip
from coach.core.timeline import ClipTiming

CLIP_VERSION = 18
"""Raised when clips are trimmed, levelled, measured or written in another way, so that old ones are made again."""
ENDING = ".clip"

_HEADER = struct.Struct("<5I")
"""Length, onset and centre in milliseconds; how many steps of power, how many samples."""
_SUM_BYTES = 16


def load_clip(path: Path) -> Clip | None:
    """Read a clip; ``None`` when it is not there or not sound."""
    try:
        data = path.read_bytes()
        body = memoryview(data)[:-_SUM_BYTES]
        if hashlib.sha256(body).digest()[:_SUM_BYTES] != data[-_SUM_BYTES:]:
            return None
        *timing, steps, frames = _HEADER.unpack_from(body)
        power = np.frombuffer(body, "<f4", steps, _HEADER.size)
        pcm = np.frombuffer(body, "<i2", frames, _HEADER.size + power.nbytes)
    except (OSError, ValueError, struct.error):
        return None
    return Clip(pcm, ClipTiming(*timing), power)


def store_clip(path: Path, clip: Clip) -> None:
    """Write a clip beside its place and move it there, so that it is whole or not there.

    Raises:
        OSError: it cannot be written.
    """
    timing = clip.timing
    header = _HEADER.pack(timing.length_ms, timing.onset_ms, timing.center_ms, len(clip.power), len(clip.pcm))
    body = header + clip.power.astype("<f4").tobytes() + clip.pcm.astype("<i2").tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(body + hashlib.sha256(body).digest()[:_SUM_BYTES])
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
