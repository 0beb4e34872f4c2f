"""Packing a library: every line of it, spoken by one voice, as a set of clips."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from coach.errors import InputError
from coach.library.standard import standard_lexicon
from coach.lines import lines_of
from coach.recipe import kept_engine
from coach.voices import open_voice
from coach.voices.clip_set import ClipSet, find_set
from coach.voices.kept import voices_folder
from coach.voices.packing import Packed, listener, pack, set_in

if TYPE_CHECKING:
    from coach.library.library import Library
    from coach.voices.speaker import Progress

_KEPT = ("language", "gender", "licence")
"""What a set tells of its voice, and goes on to tell."""


def pack_library(
    name: str, folder: Path | None, library: Library, rate_wpm: int, progress: Progress
) -> tuple[Path, Packed]:
    """Have a voice speak every line of a library, or bring a set up to date with it.

    Args:
        name: a set, whose voice speaks again, or an engine's voice: ``kokoro:af_heart``.
        folder: where the set is to lie; if not given, among a person's voices, called like the voice.
        library: what is spoken.
        rate_wpm: speaking rate, words a minute.
        progress: called with what is being done, how much of it is done, and how much there is.

    Returns:
        The folder of the set, and what came of it.

    Raises:
        InputError: there is no such voice, or something else lies in the folder.
        MachineError: a clip cannot be coded, or the folder cannot be written.
    """
    known = find_set(name)
    before = ClipSet.read(known) if known is not None else None
    speaker = before.speaker if before else name
    if speaker in ("auto", "silent"):
        raise InputError(f"{speaker} cannot be packed; name a voice, like kokoro:af_heart")
    engine = open_voice(speaker, rate_wpm)
    folder = folder or voices_folder() / (before.name if before else re.sub(r"[^\w.-]+", "-", engine.name))
    facts = ClipSet(
        folder=folder,
        speaker=engine.name,
        rate_wpm=rate_wpm,
        **({fact: getattr(before, fact) for fact in _KEPT} if before else told_by(engine.name)),
    )
    set_in(folder)  # what is in the way is refused before the lines are laid, which takes its time
    progress("laying", 0, 1)
    lexicon, lines = standard_lexicon(), lines_of(library)
    progress("laying", 1, 1)
    texts = frozenset(map(lexicon.said, lines.texts))
    counts = frozenset(map(lexicon.said, lines.counts))
    try:
        alone = frozenset(text for text in texts if " " not in text)
        return folder, pack(
            engine, facts, texts, counts, keep=kept_engine, recogniser=listener(alone), progress=progress
        )
    finally:
        engine.close()


def told_by(name: str) -> dict[str, str]:
    """Return what the name of a voice tells of it."""
    kind, _, style = name.partition(":")
    if kind != "kokoro":
        return {}
    language = {"a": "en-US", "b": "en-GB"}.get(style[:1], "")
    gender = {"f": "female", "m": "male"}.get(style[1:2], "") if "+" not in style else ""
    return {"language": language, "gender": gender, "licence": "Apache-2.0"}
