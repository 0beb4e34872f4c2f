"""The loudspeaker of a session: looked for again when it is gone."""

from __future__ import annotations

import time
from enum import Enum, auto
from typing import TYPE_CHECKING

from coach.errors import PlayerError

if TYPE_CHECKING:
    from coach.live.stream import Stream
    from coach.players.base import Player

RETRY_S = 1.0
"""How often a loudspeaker that has gone is looked for."""


class Change(Enum):
    """What happened to the loudspeaker."""

    LOST = auto()
    BACK = auto()


class Loudspeaker:
    """A player and the stream that it reads."""

    def __init__(self, player: Player, stream: Stream) -> None:
        """Take a player, whether it has been started or not."""
        self.trouble = ""
        """Why nothing is heard, in words for the listener; empty while all is well."""
        self._player = player
        self._stream = stream
        self._retry_at_s = 0.0
        self._underruns_before = 0
        self._is_stopped = False

    @property
    def name(self) -> str:
        """As a person would ask for it: ``miniaudio``, ``record:session.wav``."""
        return self._player.name

    @property
    def underruns(self) -> int:
        """How often the device ran dry while something was played."""
        return self._player.underruns - self._underruns_before

    def forget_underruns(self) -> None:
        """Count from now on: before the first sound it does not matter."""
        self._underruns_before = self._player.underruns

    def look_after(self) -> Change | None:
        """Notice that the player has stopped, and start it again when that is possible.

        Raises:
            PlayerError: it failed and is not a device, which may come back.
        """
        if self.trouble:
            return self._look_for_it()
        self.check_kept()
        problem = self._player.problem()
        if problem is None:
            return None
        self.trouble = f"{problem} Waiting for it."
        self._retry_at_s = time.monotonic() + RETRY_S
        self._player.stop()
        return Change.LOST

    def check_kept(self) -> None:
        """Refuse to go on if what records the sound has failed.

        Raises:
            PlayerError: it has; says why.
        """
        problem = None if self._player.is_device else self._player.problem()
        if problem is not None:
            raise PlayerError(problem)

    def stop(self) -> None:
        """Fall silent and close the player; may be called twice."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._stream.pause()
        if self._player.problem() is None:
            time.sleep((self._player.latency_ms + 20) / 1000)  # until the fade has been heard
        self._player.stop()

    def _look_for_it(self) -> Change | None:
        if time.monotonic() < self._retry_at_s:
            return None
        self._retry_at_s = time.monotonic() + RETRY_S
        try:
            self._player.start(self._stream.read)
        except PlayerError:
            return None
        self.trouble = ""
        return Change.BACK
