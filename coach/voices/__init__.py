"""Voices, picked by name and imported only when picked.

Other packages add voices by an entry point in the group :data:`GROUP`: its name is the voice's kind, and it is called
with what follows the colon (perhaps nothing) and the rate in words a minute, and returns a
:class:`coach.voices.base.Voice`.
"""

from __future__ import annotations

import importlib.util
from importlib import metadata
from typing import TYPE_CHECKING

from coach.errors import CoachError, UnknownNameError, VoiceError

if TYPE_CHECKING:
    from coach.voices.base import Voice

KINDS = ("auto", "neural", "system", "silent")
GROUP = "stretch_coach.voices"


def plugged_in() -> dict[str, metadata.EntryPoint]:
    """Return the kinds of voices that other packages add, by name; they cannot take the place of the coach's own."""
    return {entry.name: entry for entry in metadata.entry_points(group=GROUP) if entry.name not in KINDS}


def best_voice() -> str:
    """Return what ``auto`` stands for: the best voice that is installed, without loading any."""
    if importlib.util.find_spec("piper") is not None:
        from coach.voices.neural import models

        found = models()
        if found:
            return f"neural:{found[0].name}"
    return "system"


def open_voice(name: str, rate_wpm: int) -> Voice:
    """Return a voice by name.

    Args:
        name: ``auto``, ``silent``, ``system``, ``neural``, or a kind that a package adds, each with a colon and more
            (``system:en-gb``, ``neural:en_US-lessac-medium``, ``neural:PATH``); or what follows the colon alone.
        rate_wpm: speaking rate, words a minute.

    Raises:
        UnknownNameError: there is no such voice.
        InputError: it needs something that is not installed.
        VoiceError: the engine needed to find it cannot be started, or another package's voice is not usable.
    """
    kind, _, wanted = name.partition(":")
    if name == "auto":
        return open_voice(best_voice(), rate_wpm)
    if name == "silent":
        from coach.voices.silent import SilentVoice

        return SilentVoice()
    if kind in ("silent", "auto"):
        raise UnknownNameError("voice", name, KINDS, "“coach voices” lists them")
    if kind == "neural" or name.endswith(".onnx"):
        from coach.voices.neural import NeuralVoice

        return NeuralVoice(wanted if kind == "neural" else name, rate_wpm)
    entry = plugged_in().get(kind)
    if entry is not None:
        return _from_entry(entry, wanted, rate_wpm)
    from coach.voices.system import SystemVoice

    return SystemVoice(wanted if kind == "system" else name, rate_wpm)


def _from_entry(entry: metadata.EntryPoint, wanted: str, rate_wpm: int) -> Voice:
    from coach.voices.checked import CheckedVoice, first_line

    called = f"the voice “{entry.name}” of {entry.dist.name if entry.dist else entry.value}"
    try:
        voice: Voice = entry.load()(wanted, rate_wpm)
    except CoachError:
        raise
    except Exception as error:  # another package's code may raise anything
        raise VoiceError(f"{called} could not be opened: {first_line(error)}") from error
    return CheckedVoice(voice, called)
