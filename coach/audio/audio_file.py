"""Reading audio files, whatever wrote them."""

from __future__ import annotations

import io
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coach.audio.clip import Signal
from coach.audio.ffmpeg import ffmpeg_path, reading

_TIMEOUT_S = 60


@dataclass(frozen=True)
class Audio:
    """Decoded audio, mono."""

    signal: Signal
    """Full scale at ±1."""
    rate: int
    """Frames per second."""


def read_audio(path: Path) -> Audio:
    """Read a file: WAV directly, anything else (macOS speaks AIFF) through ffmpeg.

    Raises:
        OSError: the file cannot be read.
        ValueError: there is no audio in it.
    """
    data = path.read_bytes()
    if data[:4] != b"RIFF":
        data = _as_wav(path)
    return decoded(data)


def decoded(wav: bytes) -> Audio:
    """Decode what a WAV file holds.

    Raises:
        ValueError: there is no audio in it.
    """
    segment_class = _pydub_segment()
    try:
        segment = segment_class.from_file(io.BytesIO(wav), format="wav").set_channels(1)
    except Exception as error:  # pydub lets through whatever its parsers raise
        raise ValueError(f"no audio: {error}") from error
    samples = np.array(segment.get_array_of_samples(), dtype=np.float64)
    return Audio(samples / float(1 << (8 * segment.sample_width - 1)), segment.frame_rate)


def _as_wav(path: Path) -> bytes:
    command = [ffmpeg_path(), *reading(path), "-f", "wav", "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise ValueError("it took too long to decode") from error
    if done.returncode:
        raise ValueError("no audio")
    return done.stdout


def _pydub_segment() -> Any:
    """Return pydub's AudioSegment; importing it must not warn a person about an ffmpeg that the coach brings itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
    return AudioSegment
