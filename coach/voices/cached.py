"""A cache is a voice: it wraps any voice and is one itself."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tempfile
import threading
import time
from pathlib import Path

from coach.clip import Clip
from coach.core.timeline import ClipTiming
from coach.voices.around import VoiceAround
from coach.voices.base import Voice

CLIP_VERSION = 15
"""Raised when clips are trimmed, levelled or measured in another way, so that old ones are made again."""

_ENDING, _FORMER_ENDING = ".clip", ".npz"
_SUM_BYTES = 16
_FORGOTTEN_S = 3_600


class CachedVoice(VoiceAround):
    """Speaks from a folder of clips, and has what is not there spoken by another voice.

    A clip's file name is a hash of everything that affects its sound. A file that is damaged is made again. A folder
    that cannot be written costs time, nothing else. Any number of coaches may share it at once: clips appear whole, and
    one that is taken away is made again.
    """

    def __init__(self, voice: Voice, folder: Path, limit_bytes: int | None = None) -> None:
        """Wrap a voice; when it is closed, clips used longest ago go until the folder is within its limit."""
        super().__init__(voice)
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._has_stored = threading.Event()

    def speak(self, text: str) -> Clip:
        """Return the clip from the folder, or speak and keep it."""
        path = self.path_of(text)
        clip = load_clip(path)
        if clip is None:
            clip = self._voice.speak(text)
            with contextlib.suppress(OSError):
                _store(path, clip)
                self._has_stored.set()
        else:
            with contextlib.suppress(OSError):
                os.utime(path)  # so that what is used is not what goes first
        return clip

    def quicker(self, factor: float) -> CachedVoice:
        """Return the wrapped voice speaking faster, with the same folder."""
        other = CachedVoice(self._voice.quicker(factor), self._folder, self._limit_bytes)
        other._has_stored = self._has_stored
        return other

    def path_of(self, text: str) -> Path:
        """Return where the clip of a text is kept."""
        key = json.dumps([CLIP_VERSION, self._voice.identity, text])
        digest = hashlib.sha256(key.encode()).hexdigest()
        return self._folder / digest[:2] / f"{digest}{_ENDING}"

    def close(self) -> None:
        """Close the wrapped voice, and keep the folder within its limit."""
        super().close()
        if self._has_stored.is_set() and self._limit_bytes is not None:
            self._has_stored.clear()
            shrink(self._folder, self._limit_bytes)


def clips_in(folder: Path) -> list[tuple[float, int, Path]]:
    """Return when each clip of a folder was last used (since the epoch, in s), its size and its path; oldest first."""
    found = []
    for path in (*folder.glob(f"??/*{_ENDING}"), *folder.glob(f"??/*{_FORMER_ENDING}")):
        with contextlib.suppress(OSError):  # another coach may just have taken it away
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    return sorted(found)


def shrink(folder: Path, limit_bytes: int) -> int:
    """Remove the clips used longest ago until the rest is within a limit; return how many went."""
    for left in folder.glob("??/*.part"):  # what a coach that was killed left
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - _FORGOTTEN_S:
                left.unlink()
    clips = clips_in(folder)
    too_many_bytes = sum(size for _, size, _ in clips) - limit_bytes
    gone = 0
    for _, size, path in clips:
        if too_many_bytes <= 0:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            gone += 1
            too_many_bytes -= size
    return gone


def load_clip(path: Path) -> Clip | None:
    """Read a clip; ``None`` when it is not there or not sound."""
    import numpy as np

    try:
        data = path.read_bytes()
        body = data[:-_SUM_BYTES]
        if hashlib.sha256(body).digest()[:_SUM_BYTES] != data[-_SUM_BYTES:]:
            return None
        file = io.BytesIO(body)
        timing, power, pcm = (np.load(file, allow_pickle=False) for _ in range(3))
    except (OSError, ValueError, EOFError):
        return None
    if (pcm.dtype, pcm.ndim, timing.shape, power.ndim) != (np.int16, 1, (3,), 1):
        return None
    return Clip(pcm, ClipTiming(*(int(ms) for ms in timing)), power)


def _store(path: Path, clip: Clip) -> None:
    """Write a clip beside its place and move it there, so that it is whole or not there."""
    import numpy as np

    timing = clip.timing
    file = io.BytesIO()
    for array in (np.array([timing.length_ms, timing.onset_ms, timing.center_ms]), clip.power, clip.pcm):
        np.save(file, array, allow_pickle=False)
    body = file.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(body + hashlib.sha256(body).digest()[:_SUM_BYTES])
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
