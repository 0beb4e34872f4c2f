"""A cache is a voice: it wraps any voice and is one itself."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from pathlib import Path

from coach.audio.clip import Clip
from coach.audio.clip_file import CLIP_VERSION, ENDING, load_clip, store_clip
from coach.voices.base import Voice
from coach.voices.wrapper import VoiceAround

_FORMER_ENDING = ".npz"
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
                store_clip(path, clip)
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
        return self._folder / digest[:2] / f"{digest}{ENDING}"

    def close(self) -> None:
        """Close the wrapped voice, and keep the folder within its limit."""
        super().close()
        if self._has_stored.is_set() and self._limit_bytes is not None:
            self._has_stored.clear()
            shrink(self._folder, self._limit_bytes)


def clips_in(folder: Path) -> list[tuple[float, int, Path]]:
    """Return when each clip of a folder was last used (since the epoch, in s), its size and its path; oldest first."""
    found = []
    for path in (*folder.glob(f"??/*{ENDING}"), *folder.glob(f"??/*{_FORMER_ENDING}")):
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
