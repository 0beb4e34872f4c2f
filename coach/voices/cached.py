"""A cache is a voice: it wraps any voice and is one itself."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coach.audio.clip import Clip
from coach.audio.clip_file import CLIP_VERSION, load_clip, store_clip
from coach.errors import VoiceError
from coach.files import HeldFile
from coach.storage.cache import CLIP, TURN, fetch, place_of, shrink
from coach.voices.base import Voice
from coach.voices.wrapper import VoiceWrapper

_TURN_WAIT_S = 60.0
"""How long to wait for another that speaks the same text; afterwards it is spoken all the same."""


class CachedVoice(VoiceWrapper):
    """Speaks from a folder of clips, and has another voice speak what is missing there.

    A clip's file name is a hash of everything that affects its sound. A damaged file is made again. A folder that
    cannot be written costs time, nothing else. Any number of coaches may share it at once: clips appear whole, one that
    is taken away is made again, and a text that several need is spoken by one of them, while the others wait for it.
    """

    def __init__(self, voice: Voice, folder: Path, limit_bytes: int | None = None) -> None:
        """Wrap a voice; when it is closed, the clips used longest ago go until the folder is within its limit."""
        super().__init__(voice)
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._use = _Use()

    def speak(self, text: str) -> Clip:
        """Return the clip from the folder, or speak and keep it.

        Raises:
            VoiceError: it cannot be spoken, or the voice was closed meanwhile.
        """
        path = self.path_of(text)
        clip = load_clip(path)
        if clip is not None:
            return clip
        with self._turn(path):
            if fetch([path]):
                self._use.has_stored = True
            clip = load_clip(path)  # another may have spoken it meanwhile, here or elsewhere
            if clip is None:
                clip = self._voice.speak(text)
                with contextlib.suppress(OSError):
                    store_clip(path, clip)
                    self._use.has_stored = True
        return clip

    def quicker(self, factor: float) -> CachedVoice:
        """Return the wrapped voice speaking faster, with the same folder."""
        other = CachedVoice(self._voice.quicker(factor), self._folder, self._limit_bytes)
        other._use = self._use
        return other

    def path_of(self, text: str) -> Path:
        """Return where the clip of a text is kept."""
        key = json.dumps([CLIP_VERSION, self._voice.identity, text])
        digest = hashlib.sha256(key.encode()).hexdigest()
        return place_of(self._folder, digest, CLIP)

    def close(self) -> None:
        """Close the wrapped voice, and keep the folder within its limit; what waits for a clip waits no longer."""
        self._use.closings += 1
        super().close()
        if self._use.has_stored and self._limit_bytes is not None:
            self._use.has_stored = False
            shrink(self._folder, self._limit_bytes)

    @contextlib.contextmanager
    def _turn(self, path: Path) -> Iterator[None]:
        """Wait until no other process or thread speaks the text of a clip; if nothing can be held, do not wait.

        Raises:
            VoiceError: the voice was closed meanwhile.
        """
        closings = self._use.closings
        turn: HeldFile | None = None
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            turn = HeldFile(path.with_suffix(TURN), _TURN_WAIT_S, lambda: self._use.closings != closings)
        try:
            if self._use.closings != closings:
                raise VoiceError(f"the voice {self.name} was stopped")
            yield
        finally:
            if turn is not None:
                turn.release()
            with contextlib.suppress(OSError):  # removes the folders if they are empty, since nothing was kept
                path.parent.rmdir()
                self._folder.rmdir()


@dataclass
class _Use:
    """What a voice and its quicker ones share."""

    has_stored: bool = False
    """Whether clips were added since the last time the folder was looked through."""
    closings: int = 0
