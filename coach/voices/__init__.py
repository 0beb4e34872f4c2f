"""Voices, picked by name and imported only when picked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach.errors import UnknownNameError

if TYPE_CHECKING:
    from coach.voices.base import Voice

KINDS = ("system", "silent")


def open_voice(name: str, rate_wpm: int) -> Voice:
    """Return a voice by name: ``silent``, ``system``, ``system:`` and an id, name or language, or those alone.

    Raises:
        UnknownNameError: there is no such voice.
        VoiceError: the engine needed to find it cannot be started.
    """
    kind, _, wanted = name.partition(":")
    if name == "silent":
        from coach.voices.silent import SilentVoice

        return SilentVoice()
    if kind == "silent":
        raise UnknownNameError("voice", name, KINDS, "“coach voices” lists them.")
    from coach.voices.system import SystemVoice

    if kind == "system":
        return SystemVoice(wanted, rate_wpm)
    return SystemVoice(name, rate_wpm)
