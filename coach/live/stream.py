"""The stream: what a player reads. It can be cut, joined, made quieter and longer while it is being read.

Every cut fades out in 10 ms while what follows fades in: no click. All is counted in frames that were read, which are
the only clock of a session.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from coach.units import db_to_factor, ms_to_frames

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coach.audio.clip import Pcm
    from coach.audio.mixer import Mixer

FADE_MS = 10
"""How long it takes to fall silent, or to begin in the middle of a sound."""
_FADE_FRAMES = ms_to_frames(FADE_MS)
_CHUNK_FRAMES = 2_048
"""How much is mixed at once: little enough to be done between two readings of a player."""


@dataclass(frozen=True)
class Leg:
    """A part of what is to be played."""

    mixer: Mixer
    frame: int = 0
    """Where it begins."""
    end: int | None = None
    """Where it ends; ``None`` for the end of the mix."""
    is_whole: bool = True
    """Whether the mix is all there; else it is waited for at its end."""
    key: object = None
    """What :attr:`Stream.position` calls it."""


@dataclass(frozen=True)
class Position:
    """Where a stream is."""

    key: object
    """Of the leg that is being played; ``None`` if there is none."""
    frame: int
    """The next of its mix that will be read."""
    read_frames: int
    """How many frames the player has read since the stream was made."""
    is_waiting: bool
    """Whether it stands at the end of a mix that is not all there yet."""
    is_over: bool
    """Whether all has been read."""


class Stream:
    """Gives a player its samples, and lets a session change what comes. Any thread may call anything."""

    def __init__(self) -> None:
        self.listener: Callable[[bytes], None] | None = None
        """Told of every block that is read, if spoken commands are listened for."""
        self._lock = threading.Lock()
        self._legs: list[Leg] = []
        self._frame = 0
        self._holds = True
        self._fade_in = 0
        self._silent_frames = 0
        self._chunk: tuple[int, Pcm] | None = None
        # What sounds over the legs, and how much of it has been read: below 0 if it begins in the middle of a reading.
        self._over: list[tuple[int, Pcm]] = []
        self._done = 0
        self._factor = self._wanted_factor = 1.0
        self._read_frames = 0
        self._is_waiting = False

    @property
    def position(self) -> Position:
        """Where it is."""
        with self._lock:
            return self._position()

    def play(self, legs: Sequence[Leg], after_frames: int = 0) -> None:
        """Play these legs, one after the other, after some silence; what was heard fades out."""
        with self._lock:
            self._cut()
            self._legs = list(legs)
            self._silent_frames = after_frames
            self._frame = self._legs[0].frame if self._legs else 0
            self._holds = False
            self._fade_in = _FADE_FRAMES if self._frame else 0

    def pause(self) -> Position:
        """Fall silent; return where."""
        with self._lock:
            position = self._position()
            self._cut()
            self._legs = []
            self._holds = True
            self._is_waiting = False
            return position

    def change_over(self, at_frame: int, leg: Leg) -> bool:
        """Go over to another leg when the one being played comes to a frame; false if it is past that."""
        with self._lock:
            if not self._legs or self._frame > at_frame:
                return False
            first = self._legs[0]
            self._legs = [replace(first, end=at_frame), leg]
            return True

    def stay(self, key: object) -> bool:
        """Take back a change-over; false if the leg with this key is no longer the one being played."""
        with self._lock:
            if not self._legs or self._legs[0].key is not key:
                return False
            self._legs = [replace(self._legs[0], end=None)]
            return True

    def extend(self, key: object, mixer: Mixer, *, is_whole: bool) -> None:
        """Put a longer mix of the same in the place of one that is not all there."""
        with self._lock:
            self._legs = [replace(leg, mixer=mixer, is_whole=is_whole) if leg.key is key else leg for leg in self._legs]

    def overlay(self, pcm: Pcm) -> None:
        """Sound a signal over whatever is heard."""
        with self._lock:
            self._over.append((0, pcm))

    def set_volume(self, volume_db: float) -> None:
        """Make it louder or softer, without a jump; 0 is the usual, and nothing is louder than that."""
        with self._lock:
            self._wanted_factor = db_to_factor(min(0.0, volume_db))

    def read(self, frames: int) -> bytes:
        """Return the next samples, 16 bit, little-endian, mono."""
        import numpy as np

        with self._lock:
            out = np.zeros(frames, dtype=np.float32)
            self._done = 0
            while self._done < frames:
                piece = self._take_piece(frames - self._done)
                if piece is None:
                    break
                out[self._done : self._done + len(piece)] += piece
                self._done += len(piece)
            self._done = 0
            for at, pcm in self._over:
                part = pcm[max(0, at) : at + frames]
                out[max(0, -at) :][: len(part)] += part
            self._over = [(at + frames, pcm) for at, pcm in self._over if at + frames < len(pcm)]
            if self._wanted_factor != self._factor or self._factor != 1.0:
                out *= np.linspace(self._factor, self._wanted_factor, frames, dtype=np.float32)
                self._factor = self._wanted_factor
            self._read_frames += frames
        block = np.clip(np.rint(out), -32768, 32767).astype("<i2").tobytes()
        if self.listener is not None:
            self.listener(block)
        return block

    def _position(self) -> Position:
        key = self._legs[0].key if self._legs else None
        is_over = not self._legs and not self._holds
        return Position(key, self._frame, self._read_frames, self._is_waiting, is_over)

    def _take_piece(self, most: int) -> NDArray[Any] | None:
        """Take the next samples of the legs, ``most`` at most; ``None`` if there are none."""
        import numpy as np

        if self._silent_frames:
            silent = min(self._silent_frames, most)
            self._silent_frames -= silent
            return np.zeros(silent, dtype=np.float32)
        self._is_waiting = False
        while self._legs:
            leg = self._legs[0]
            end = leg.mixer.total_frames if leg.end is None else min(leg.end, leg.mixer.total_frames)
            if self._frame < end:
                break
            if not leg.is_whole and end != leg.end:
                self._is_waiting = True
                return None
            self._next_leg()
        else:
            return None
        piece = self._mixed(leg, min(self._frame + most, end))
        if self._fade_in:
            piece = piece[: self._fade_in].astype(np.float32)
            done = _FADE_FRAMES - self._fade_in
            piece *= _rising()[done : done + len(piece)]
            self._fade_in -= len(piece)
        self._frame += len(piece)
        return piece

    def _mixed(self, leg: Leg, end: int) -> Pcm:
        if self._chunk is None or not self._chunk[0] <= self._frame < self._chunk[0] + len(self._chunk[1]):
            until = min(self._frame + _CHUNK_FRAMES, leg.mixer.total_frames)
            self._chunk = (self._frame, leg.mixer.block(self._frame, until))
        first, pcm = self._chunk
        return pcm[self._frame - first : end - first]

    def _next_leg(self) -> None:
        leg = self._legs[0]
        is_cut = leg.end is not None and leg.end < leg.mixer.total_frames
        if is_cut:
            self._fade_out()
        del self._legs[0]
        self._chunk = None
        if self._legs:
            self._frame = self._legs[0].frame
            self._fade_in = _FADE_FRAMES if self._frame else 0

    def _cut(self) -> None:
        self._fade_out()
        self._chunk = None

    def _fade_out(self) -> None:
        """Let what is heard now go on for a moment, ever quieter, under what comes."""
        import numpy as np

        if not self._legs or self._silent_frames:
            return
        mixer = self._legs[0].mixer
        end = min(self._frame + _FADE_FRAMES, mixer.total_frames)
        if end <= self._frame:
            return
        heard = mixer.block(self._frame, end).astype(np.float32)
        if self._fade_in:  # it had not yet fully begun
            rising = _rising()[_FADE_FRAMES - self._fade_in :][: len(heard)]
            heard[: len(rising)] *= rising
        falling = np.linspace(1.0, 0.0, len(heard), dtype=np.float32)
        self._over.append((-self._done, np.rint(heard * falling).astype(np.int16)))


def _rising() -> NDArray[Any]:
    import numpy as np

    return np.linspace(0.0, 1.0, _FADE_FRAMES, dtype=np.float32)
