"""Players: where a session is heard. Each is imported only when it is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach.errors import InputError, PlayerError, UnknownNameError
from coach.files import expanded

if TYPE_CHECKING:
    from coach.players.base import Player

KINDS = ("auto", "miniaudio", "simpleaudio", "record:FILE.wav")


def open_player(name: str = "auto") -> Player:
    """Return a player by name; nothing is opened before it is started.

    Args:
        name: ``auto`` (miniaudio if it works, else simpleaudio if it is installed), ``miniaudio``,
            ``simpleaudio``, or ``record:`` and the WAV to write.

    Raises:
        UnknownNameError: there is no such player.
        InputError: a recording has no name, cannot be written there, or would replace a file.
        PlayerError: simpleaudio is not installed.
    """
    kind, colon, rest = name.partition(":")
    if kind == "record" and colon:
        from coach.players.recording import RecordingPlayer

        if not rest:
            raise InputError("say which file to record to: --player record:session.wav")
        return RecordingPlayer(expanded(rest))
    if name == "miniaudio":
        from coach.players.miniaudio_player import MiniaudioPlayer

        return MiniaudioPlayer()
    if name == "simpleaudio":
        from coach.players.simpleaudio_player import SimpleaudioPlayer

        return SimpleaudioPlayer()
    if name == "auto":
        return _auto()
    raise UnknownNameError("player", name, KINDS, f"there are {', '.join(KINDS[:-1])} and {KINDS[-1]}")


def _auto() -> Player:
    from coach.players.auto import FirstThatWorks
    from coach.players.miniaudio_player import MiniaudioPlayer
    from coach.players.simpleaudio_player import SimpleaudioPlayer, why_not

    players: list[Player] = [MiniaudioPlayer()]
    if why_not() is None:
        players.append(SimpleaudioPlayer())
    return FirstThatWorks(players)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about a player."""

    name: str
    works: bool
    text: str
    """Through what it plays, or why it does not; for a person."""


def find_players() -> tuple[Found, ...]:
    """Try each player that needs a device; opens miniaudio's for a moment, and plays nothing."""
    from coach.players.miniaudio_player import backend
    from coach.players.simpleaudio_player import why_not

    try:
        miniaudio = Found("miniaudio", True, f"plays through {backend()}")
    except PlayerError as error:
        miniaudio = Found("miniaudio", False, str(error))
    reason = why_not()
    return miniaudio, Found("simpleaudio", reason is None, reason or "is installed, and plays in a process of its own")
