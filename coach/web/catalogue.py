"""What there is to choose from in the page, as plain values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from coach import __version__
from coach.audio.finish import BACKGROUNDS
from coach.compiler import estimated_lengths
from coach.core.breath import NAMED_PATTERNS
from coach.core.languages.english.safety import NO_DIAGNOSIS, SECTIONS, SOURCES
from coach.errors import CoachError
from coach.library.library import Library
from coach.order import Order, choices
from coach.voices.clip_set import ClipSet, find_set
from coach.web.forms import LONGEST_MINUTES

CHOICES = ("level", "words", "pace", "guidance", "setup")
"""Fields of an order of which the page shows the choices."""


def catalogue(library: Library, voices: Collection[str]) -> dict[str, Any]:
    """Return what can be asked for: routines and stretches with their lengths, breath patterns, conditions, voices.

    A script that cannot be read is left out: whoever writes scripts has ``coach check``.

    Args:
        library: the routines and stretches.
        voices: the names of the voices that may speak.
    """
    alone = [name for name in library.stretches if name not in library.routines]
    return {
        "is_live": True,
        **about_the_coach(),
        "routines": _listed(library, library.routines),
        "stretches": _listed(library, alone),
        "patterns": [
            {"id": name, "name": f"{name}, {named.counts}", "about": named.purpose}
            for name, named in NAMED_PATTERNS.items()
        ],
        "conditions": [
            {"id": name, "name": condition.name, "about": condition.why}
            for name, condition in library.conditions.by_name.items()
        ],
        "voices": [{"id": name, "name": _told(name)} for name in voices],
        "backgrounds": list(BACKGROUNDS),
        "choices": {field: list(choices(field)) for field in CHOICES},
        "longest_minutes": LONGEST_MINUTES,
    }


def about_the_coach() -> dict[str, Any]:
    """Return what every page tells: the version, when to see a doctor, and how to stretch with care."""
    return {
        "version": __version__,
        "safety": [asdict(section) for section in SECTIONS],
        "no_diagnosis": f"{NO_DIAGNOSIS} {' '.join(SOURCES.split())}",
    }


def _told(voice: str) -> str:
    """Return what a voice is called in a list."""
    if voice == "silent":
        return "no voice, only chimes"
    folder = find_set(voice)
    gender = ClipSet.read(folder).gender if folder else ""
    return f"{voice}, a {_GENDERS[gender]}’s voice" if gender in _GENDERS else voice


_GENDERS = {"female": "woman", "male": "man"}


def _listed(library: Library, names: Collection[str]) -> list[dict[str, Any]]:
    length_of = estimated_lengths(Order().delivery)
    found = []
    for name in names:
        try:
            routine = library.routine(name)
            about = routine.purpose[:1].upper() + routine.purpose[1:]
            found.append({"id": name, "name": routine.name, "about": about, "length_ms": length_of(routine)})
        except CoachError:
            continue
    return found
