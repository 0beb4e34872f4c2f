"""What a player is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Read = Callable[[int], bytes]
"""Called by a player, from one thread at a time, with the number of frames it wants next. Returns exactly that many: 16
bit, little-endian, mono, at :data:`coach.units.SAMPLE_RATE`. Takes well under a millisecond for each 10 ms, never waits
and never raises: it returns silence if there is nothing to hear."""


def read_whole(read: Read, frames: int) -> tuple[bytes, str | None]:
    """Return ``frames`` frames whatever ``read`` does, and what went wrong, if anything.

    A device must be given what it asks for, and the listener must be told.
    """
    try:
        block = read(frames)
    except Exception as error:
        return bytes(2 * frames), f"the sound could not be made ({type(error).__name__}: {error})"
    return (block + bytes(2 * frames))[: 2 * frames] if len(block) != 2 * frames else block, None


class Player(Protocol):
    """Plays what it reads until it is stopped. The frames it has read are the session's clock."""

    @property
    def name(self) -> str:
        """As a person would ask for it: ``miniaudio``, ``simpleaudio``, ``record:session.wav``."""

    @property
    def is_device(self) -> bool:
        """Whether it is a loudspeaker, which may come back when it is gone; a recorder that fails has failed."""

    @property
    def latency_ms(self) -> int:
        """About how long it takes from reading a frame until it is heard."""

    @property
    def underruns(self) -> int:
        """How often the device ran dry since the player was made."""

    def start(self, read: Read) -> None:
        """Open the device and begin to read. A player that was stopped, or has a problem, may be started again.

        Raises:
            PlayerError: there is no device, or it cannot be used; says what to do.
        """

    def problem(self) -> str | None:
        """Return why it no longer plays (the device is gone, its process has died); ``None`` while all is well."""

    def stop(self) -> None:
        """Close the device and forget what it had not yet played; never fails, may be called twice."""
