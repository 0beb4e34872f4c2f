"""The recipe: how a programme is spoken and compiled, in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach import defaults
from coach.compiler import (
    QUICKER,
    Compiled,
    Compiler,
    IsCancelled,
    Length,
    Progress,
    estimate,
    estimate_fitted,
    never,
    no_progress,
    signals,
    timings,
)
from coach.core.breath import BreathPattern
from coach.core.plan import Delivery
from coach.voices.kept import CACHE_LIMIT_VARIABLE, CACHE_VARIABLE, cache_folder, cache_limit_bytes, cached_voice
from coach.voices.speaker import Speaker

if TYPE_CHECKING:
    from coach.core.routine import Programme
    from coach.voices.base import Voice

__all__ = [
    "CACHE_LIMIT_VARIABLE",
    "CACHE_VARIABLE",
    "DEFAULT_DELIVERY",
    "QUICKER",
    "Compiled",
    "Length",
    "Progress",
    "cache_folder",
    "cache_limit_bytes",
    "cached_voice",
    "compile_routine",
    "estimate",
    "estimate_fitted",
    "no_progress",
    "signals",
    "timings",
]

DEFAULT_DELIVERY = Delivery((BreathPattern.parse(defaults.BREATH),), defaults.BEAT_MS, breath_is_chosen=False)


def compile_routine(
    programme: Programme,
    delivery: Delivery,
    voice: Voice,
    progress: Progress = no_progress,
    length: Length | None = None,
    counter: Voice | None = None,
    cancelled: IsCancelled = never,
) -> Compiled:
    """Speak every line of a programme and compile it, fitted to a length if one is asked for; the voices are closed.

    Raises:
        InputError: it would be too long, the length cannot be met, or the beat is too short for this voice.
        VoiceError: a line cannot be spoken.
        Cancelled: ``cancelled`` said so.
    """
    with Speaker(voice, counter) as speaker:
        compiler = Compiler(speaker=speaker, sounds=signals(), progress=progress, cancelled=cancelled)
        return compiler.compile(programme, delivery, length)
