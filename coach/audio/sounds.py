"""The chimes, read from ``sounds/``."""

from __future__ import annotations

import contextlib
import functools
import hashlib
from pathlib import Path

import numpy as np

from coach.audio.audio_file import decoded
from coach.audio.clip import Clip, measure_struck, measured
from coach.audio.clip_file import CLIP_VERSION, load_clip, store_clip
from coach.core.timeline import Sound
from coach.errors import MachineError
from coach.files import data_folder
from coach.storage.cache import CLIP, place_of
from coach.units import SAMPLE_RATE


@functools.cache
def load_sounds(kept_in: Path | None = None) -> dict[Sound, Clip]:
    """Return every signal; a folder of clips may keep what was measured of them, which takes 0.2 s.

    Raises:
        MachineError: a file is missing or damaged.
    """
    return {sound: _load(data_folder("sounds") / f"{sound}.wav", kept_in) for sound in Sound}


def _load(path: Path, kept_in: Path | None) -> Clip:
    try:
        data = path.read_bytes()
        if kept_in is None:
            return _measured(path, data)
        digest = hashlib.sha256(f"{CLIP_VERSION} ".encode() + data).hexdigest()
        kept = place_of(kept_in, digest, CLIP)
        clip = load_clip(kept)
        if clip is None:
            clip = _measured(path, data)
            with contextlib.suppress(OSError):
                store_clip(kept, clip)
    except (OSError, ValueError) as error:
        raise MachineError(f"the sound {path} cannot be read ({error}); reinstall the coach") from error
    return clip


def _measured(path: Path, data: bytes) -> Clip:
    audio = decoded(data)
    if audio.rate != SAMPLE_RATE:
        raise MachineError(f"the sound {path} has {audio.rate} Hz, not {SAMPLE_RATE}; reinstall the coach")
    pcm = np.rint(audio.signal * 32768.0).astype(np.int16)
    return measured(pcm, measure_struck(pcm))
