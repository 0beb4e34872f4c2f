"""The chimes, read from ``sounds/``."""

from __future__ import annotations

import functools

from coach.audio_file import read_audio
from coach.clip import Clip, measure_struck, measured
from coach.core.timeline import Sound
from coach.errors import MachineError
from coach.package_data import data_folder
from coach.units import SAMPLE_RATE


@functools.cache
def load_sounds() -> dict[Sound, Clip]:
    """Return every signal.

    Raises:
        MachineError: a file is missing or damaged.
    """
    return {sound: _load(sound) for sound in Sound}


def _load(sound: Sound) -> Clip:
    import numpy as np

    path = data_folder("sounds") / f"{sound}.wav"
    try:
        audio = read_audio(path)
    except (OSError, ValueError) as error:
        raise MachineError(f"the sound {path} cannot be read ({error}); reinstall the coach") from error
    if audio.rate != SAMPLE_RATE:
        raise MachineError(f"the sound {path} has {audio.rate} Hz, not {SAMPLE_RATE}; reinstall the coach")
    pcm = np.rint(audio.signal * 32768.0).astype(np.int16)
    return measured(pcm, measure_struck(pcm))
