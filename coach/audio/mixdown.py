"""What sounds beside the clips of a timeline: the tone that paces the breath, and the background."""

from __future__ import annotations

from pathlib import Path

from coach.audio.background import Background
from coach.audio.finish import Finish
from coach.audio.mixer import Source
from coach.audio.tone import Tone
from coach.core.timeline import TONE, Timeline


def background(timeline: Timeline, finish: Finish, folder: Path | None = None) -> Background | None:
    """Return what lies under a timeline, if anything is to; it is decoded into a folder.

    Raises:
        InputError: it is not audio.
        MachineError: there is no room for the decoded audio.
    """
    if finish.background is None:
        return None
    return Background(finish.background, timeline, finish.background_lu, folder)


def sources(timeline: Timeline, bed: Background | None) -> tuple[Source, ...]:
    """Return what sounds beside the clips of a timeline."""
    tones = (Tone(timeline),) if any(cue.sound == TONE for cue in timeline.cues) else ()
    return (*tones, bed) if bed else tones
