"""Rain, waves or music under a routine: any audio file, looped without a seam, giving way to the voice."""

from __future__ import annotations

import copy
import hashlib
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coach.audio.ducking import Ducking, at, curve, duck_curve
from coach.audio.ffmpeg import NO_ROOM, ffmpeg_path, reading
from coach.audio.loudness import BLOCK_STEPS, INAUDIBLE_LUFS, SPEECH_LUFS, integrated_lufs, power_of, weighted_power
from coach.core.timeline import Timeline
from coach.defaults import BACKGROUND_LU
from coach.errors import EncoderError, InputError, MachineError, reason
from coach.units import SAMPLE_RATE, db_to_factor, ms_to_frames

DUCKING = Ducking(under_db=-15.0, attack_ms=300, release_ms=1_200, between_db=-15.0, near_ms=3_000)
"""Under the voice it is 27 LU below it, so that a sore back need not listen hard, and it stays there between counts."""
FADE_IN_MS, FADE_OUT_MS = 3_000, 6_000
JOIN_MS = 10
"""Fade when it goes on under another timeline."""
CROSSFADE_MS = 3_000
"""How long its end and its beginning sound together when it is shorter than what lies over it."""
SHORTEST_MS = 100
LEAST_DECODING_S, SLOWEST_DECODING = 60.0, 10
"""How long decoding may take: this, and the length of the sound divided by this. It needs about a 300th of it."""


class Background:
    """The background of one timeline: a pure function of the frame, of which no more than a block is in memory."""

    def __init__(
        self, path: Path, timeline: Timeline, level_lu: float = BACKGROUND_LU, folder: Path | None = None
    ) -> None:
        """Decode a file as far as the timeline lasts, into a nameless file in a folder.

        Raises:
            InputError: there is no audio in it, or nothing that can be heard.
            MachineError: there is no room for the decoded audio.
        """
        self._pcm = _decoded(path, timeline.duration_ms + CROSSFADE_MS, folder)
        frames = len(self._pcm)
        self._overlap = min(ms_to_frames(CROSSFADE_MS), frames // 2)
        self._period = frames - self._overlap
        loudness = _lufs(self._pcm)
        if loudness < INAUDIBLE_LUFS:
            raise InputError(f"nothing can be heard in {path}; choose another background")
        self._factor = db_to_factor(SPEECH_LUFS + level_lu - loudness)
        self._power = power_of(SPEECH_LUFS + level_lu)
        self._first = 0
        self._lie_under(timeline, fade_in_ms=FADE_IN_MS, ends=True)
        # Equal power: two parts of a noise that have nothing in common are together as loud as each.
        self._rise = np.sin(np.pi / 2 * (np.arange(self._overlap) + 0.5) / max(1, self._overlap))

    def under(self, timeline: Timeline, first_frame: int, *, ends: bool) -> Background:
        """Return the same sound under another timeline.

        Args:
            timeline: what it gives way to.
            first_frame: where in the sound that timeline begins; at 0 the sound fades in as it does the first time.
            ends: whether it fades out with the timeline; else more is to come.
        """
        other = copy.copy(self)
        other._first = first_frame
        other._lie_under(timeline, fade_in_ms=JOIN_MS if first_frame else FADE_IN_MS, ends=ends)
        return other

    def _lie_under(self, timeline: Timeline, *, fade_in_ms: int, ends: bool) -> None:
        self._ducks = duck_curve(timeline, DUCKING)
        end_ms = timeline.duration_ms
        into, out = (min(ms, end_ms // 3) for ms in (fade_in_ms, FADE_OUT_MS))
        self._fades = curve([(0, 0.0), (into, 1.0), (end_ms - out, 1.0), (end_ms, 0.0 if ends else 1.0)])
        self._total = ms_to_frames(end_ms)

    def block(self, start: int, end: int) -> NDArray[Any] | None:
        """Return the samples from a frame up to another, full scale at 32767."""
        if start >= self._total:
            return None
        frames = np.arange(start, end)
        return self._looped(self._first + start, self._first + end) * (self._factor * self._level(frames))

    def powers(self, frames: NDArray[Any]) -> NDArray[Any]:
        """Return its power at some frames, taken as equally loud throughout."""
        powers: NDArray[Any] = self._power * self._level(frames) ** 2
        return powers

    def _level(self, frames: NDArray[Any]) -> NDArray[Any]:
        level: NDArray[Any] = 10 ** (at(self._ducks, frames) / 20) * at(self._fades, frames)
        return level

    def _looped(self, start: int, end: int) -> NDArray[Any]:
        sound = np.zeros(end - start)
        position = start
        while position < end:
            turn, place = divmod(position, self._period)
            count = min(end - position, self._period - place)
            part = np.asarray(self._pcm[place : place + count], dtype=np.float64)
            both = min(count, self._overlap - place)
            if turn and both > 0:
                rise, fall = self._rise[place : place + both], self._rise[::-1][place : place + both]
                tail = self._pcm[self._period + place : self._period + place + both]
                part[:both] = part[:both] * rise + tail * fall
            sound[position - start : position - start + count] = part
            position += count
        return sound


def file_digest(path: Path) -> str:
    """Return a hash of a file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"the background {path} cannot be read: {error.strerror}") from error


def _decoded(path: Path, most_ms: int, folder: Path | None) -> NDArray[Any]:
    """Return a file's samples, mono, 16 bit, on disk rather than in memory."""
    if not path.is_file():
        raise InputError(f"there is no background file {path}; check the path")
    writing = ["-t", f"{most_ms / 1000:.3f}", "-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "s16le", "-"]
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as raw:
            done = subprocess.run(
                [ffmpeg_path(), *reading(path), *writing],
                stdout=raw,
                stderr=subprocess.PIPE,
                timeout=LEAST_DECODING_S + most_ms / 1000 / SLOWEST_DECODING,
                check=False,
            )
            frames = raw.seek(0, 2) // 2
            if done.returncode < 0 or any(sign.encode() in done.stderr for sign in NO_ROOM):
                raise MachineError(
                    f"the background could not be decoded; make room in {folder or 'the temporary folder'}"
                )
            if frames < ms_to_frames(SHORTEST_MS):
                raise InputError(f"{path} is not audio that ffmpeg can read; choose another background")
            return np.memmap(raw, dtype=np.int16, mode="r", shape=(frames,))
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{path} could not be decoded in {error.timeout:.0f} s; choose another background") from error
    except OSError as error:
        raise EncoderError(f"the background cannot be decoded: {reason(error)}") from error


def _lufs(pcm: NDArray[Any]) -> float:
    chunk = SAMPLE_RATE * 60
    powers = [weighted_power(pcm[first : first + chunk] / 32768.0) for first in range(0, len(pcm), chunk)]
    return integrated_lufs(np.pad(np.concatenate(powers), (0, BLOCK_STEPS)))
