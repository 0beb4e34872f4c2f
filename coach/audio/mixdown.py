"""What sounds beside the clips of a timeline: the tone that paces the breath, and the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from coach.audio.background import Background
from coach.audio.breath_noise import BreathNoise
from coach.audio.finish import Finish
from coach.audio.mixer import Source
from coach.audio.tone import Tone
from coach.core.timeline import BREATH_NOISE, TONE, Timeline


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
    swells: dict[str, Callable[[Timeline], Source]] = {TONE: Tone, BREATH_NOISE: BreathNoise}
    heard = {cue.sound for cue in timeline.cues if cue.kind == "breath"}
    sounding = tuple(swell(timeline) for sound, swell in swells.items() if sound in heard)
    return (*sounding, bed) if bed else sounding
