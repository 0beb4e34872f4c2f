"""Voices, picked by name and imported only when picked.

Other packages add voices by an entry point in the group :data:`GROUP`: its name is the voice's kind, and it is called
with what follows the colon (perhaps nothing) and the rate in words a minute, and returns a
:class:`coach.voices.base.Voice`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from importlib import metadata
from typing import TYPE_CHECKING

from coach.errors import CoachError, UnknownNameError, VoiceError, nearest

if TYPE_CHECKING:
    from coach.voices.base import Voice
    from coach.voices.clip_set import ClipSet

KINDS = ("auto", "kokoro", "neural", "system", "silent")
USUAL_SET = "heart"
"""The set that speaks if no voice is named."""
GROUP = "stretch_coach.voices"


def plugged_in() -> dict[str, metadata.EntryPoint]:
    """Return the kinds of voices that other packages add, by name; they cannot take the place of the coach's own."""
    return {entry.name: entry for entry in metadata.entry_points(group=GROUP) if entry.name not in KINDS}


def best_voice() -> str:
    """Return what ``auto`` stands for: the coach's own set, or else the best engine there is, without loading any."""
    from coach.voices.clip_set import find_set

    return USUAL_SET if find_set(USUAL_SET) is not None else best_engine()


def best_engine() -> str:
    """Return the best voice on this machine that can say anything, without loading any."""
    from coach.voices.kokoro_files import styles

    if there := styles():
        from coach.voices.kokoro import is_installed

        if is_installed():
            return f"kokoro:{there[0]}"
    if importlib.util.find_spec("piper") is not None:
        from coach.voices.neural import models

        found = models()
        if found:
            return f"neural:{found[0].name}"
    return "system"


def as_it_is(voice: Voice) -> Voice:
    """Return a voice as it is."""
    return voice


def open_voice(name: str, rate_wpm: int, kept: Callable[[Voice], Voice] = as_it_is) -> Voice:
    """Return a voice by name.

    Args:
        name: the name or folder of a set; ``auto``, ``silent``, ``system``, ``neural``, ``kokoro``, or a kind that a
            package adds, each with a colon and more (``system:en-gb``, ``kokoro:af_heart``, ``neural:PATH``); or what
            follows the colon alone.
        rate_wpm: speaking rate, words a minute.
        kept: wraps what an engine speaks, so that it need not be spoken again.

    Raises:
        UnknownNameError: there is no such voice.
        InputError: it needs something that is not installed.
        VoiceError: the engine needed to find it cannot be started, or another package's voice is not usable.
    """
    from coach.voices.clip_set import ClipSet, SetVoice, find_set

    if name == "auto":
        return open_voice(best_voice(), rate_wpm, kept)
    if name == "silent":
        from coach.voices.silent import SilentVoice

        return SilentVoice()
    if (folder := find_set(name)) is not None:
        spoken = ClipSet.read(folder)
        engine = engine_of(spoken, rate_wpm)
        return SetVoice(spoken, rate_wpm, engine and kept(engine))
    return kept(_engine(name, rate_wpm))


def engine_of(spoken: ClipSet, rate_wpm: int) -> Voice | None:
    """Return the voice that spoke a set, if it is on this machine."""
    kind, _, wanted = spoken.speaker.partition(":")
    if kind == "kokoro":
        from coach.voices.kokoro import KokoroVoice, is_ready

        return KokoroVoice(wanted, rate_wpm) if is_ready(wanted) else None
    try:
        return _engine(spoken.speaker, rate_wpm)
    except CoachError:
        return None


def _engine(name: str, rate_wpm: int) -> Voice:
    kind, _, wanted = name.partition(":")
    if kind in ("silent", "auto"):
        raise UnknownNameError("voice", name, KINDS, "“coach voices” lists them")
    if kind == "kokoro":
        from coach.voices.kokoro import KokoroVoice

        return KokoroVoice(wanted, rate_wpm)
    if kind == "neural" or name.endswith(".onnx"):
        from coach.voices.neural import NeuralVoice

        return NeuralVoice(wanted if kind == "neural" else name, rate_wpm)
    entry = plugged_in().get(kind)
    if entry is not None:
        return _from_entry(entry, wanted, rate_wpm)
    from coach.voices.clip_set import sets
    from coach.voices.system import SystemVoice

    try:
        return SystemVoice(wanted if kind == "system" else name, rate_wpm)
    except UnknownNameError:
        if nearest(name, tuple(sets())) is None:
            raise
    raise UnknownNameError("voice", name, sets(), "“coach voices” lists them")


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
