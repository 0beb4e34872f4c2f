"""Whichever player works."""

from __future__ import annotations

from collections.abc import Sequence

from coach.errors import PlayerError
from coach.players.base import Player, Read


class FirstThatWorks:
    """Starts the first of some players that can be started; asked anew at each start."""

    def __init__(self, players: Sequence[Player]) -> None:
        self._players = tuple(players)
        self._chosen: Player | None = None

    @property
    def name(self) -> str:
        """The one that plays; ``auto`` before the first start."""
        return self._chosen.name if self._chosen else "auto"

    @property
    def is_device(self) -> bool:
        """Whether the one that plays is a loudspeaker, or else the first."""
        return (self._chosen or self._players[0]).is_device

    @property
    def latency_ms(self) -> int:
        """Of the one that plays, or else of the first."""
        return (self._chosen or self._players[0]).latency_ms

    @property
    def underruns(self) -> int:
        """Of all."""
        return sum(player.underruns for player in self._players)

    def start(self, read: Read) -> None:
        """Start the first that can be.

        Raises:
            PlayerError: none can; says what the first says.
        """
        self.stop()
        errors = []
        for player in self._players:
            try:
                player.start(read)
            except PlayerError as error:
                errors.append(error)
                continue
            self._chosen = player
            return
        raise errors[0]

    def problem(self) -> str | None:
        """Why the one that plays no longer does."""
        return self._chosen.problem() if self._chosen else None

    def stop(self) -> None:
        """Stop the one that plays."""
        if self._chosen:
            self._chosen.stop()
