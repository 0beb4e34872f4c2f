"""Stretch Coach: scripts become a timeline, the timeline becomes sound.

An order says what is asked for; the rest follows from it:

>>> import coach
>>> order = coach.Order(targets=("daily",), minutes=15, words="brief")
>>> timeline = coach.estimate(order)  # no voice is needed
>>> abs(timeline.duration_ms - 900_000) <= 5_000
True

``coach.render`` writes a file, ``coach.render_many`` a folder of them, ``coach.stream`` gives an MP3 part by part,
``coach.open_session`` plays live, and ``coach.compile`` returns the timeline with its clips. Nothing here prints; every
problem is a :class:`CoachError` whose message is ready to show. Importing the package loads nothing heavy: each name is
imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coach.compiler import Compiled
    from coach.core.script import RoutineScript, StretchScript
    from coach.core.timeline import Cue, Timeline
    from coach.errors import (
        Cancelled,
        CoachError,
        EncoderError,
        HistoryError,
        InputError,
        MachineError,
        OutputError,
        PlayerError,
        ScriptError,
        UnknownNameError,
        VoiceError,
    )
    from coach.library.library import Library
    from coach.library.paths import PathLibrary, path_library
    from coach.library.standard import standard_library
    from coach.live.commands import Command
    from coach.live.opening import open_session
    from coach.live.session import Session
    from coach.order import Order, OrderError
    from coach.publish.batch import render_many, render_plan
    from coach.publish.jobs import Made
    from coach.publish.rendering import Outcome, Rendered, render
    from coach.publish.streaming import Stream, stream
    from coach.recipe import compile, estimate  # noqa: A004 - that is what it does

__version__ = "0.1.0"
__all__ = [
    "Cancelled",
    "CoachError",
    "Command",
    "Compiled",
    "Cue",
    "EncoderError",
    "HistoryError",
    "InputError",
    "Library",
    "MachineError",
    "Made",
    "Order",
    "OrderError",
    "Outcome",
    "OutputError",
    "PathLibrary",
    "PlayerError",
    "Rendered",
    "RoutineScript",
    "ScriptError",
    "Session",
    "Stream",
    "StretchScript",
    "Timeline",
    "UnknownNameError",
    "VoiceError",
    "__version__",
    "compile",
    "estimate",
    "open_session",
    "path_library",
    "render",
    "render_many",
    "render_plan",
    "standard_library",
    "stream",
]

_HOMES = {
    "Cancelled": "errors",
    "CoachError": "errors",
    "Command": "live.commands",
    "Compiled": "compiler",
    "Cue": "core.timeline",
    "EncoderError": "errors",
    "HistoryError": "errors",
    "InputError": "errors",
    "Library": "library.library",
    "MachineError": "errors",
    "Made": "publish.jobs",
    "Order": "order",
    "OrderError": "order",
    "Outcome": "publish.rendering",
    "OutputError": "errors",
    "PathLibrary": "library.paths",
    "PlayerError": "errors",
    "Rendered": "publish.rendering",
    "RoutineScript": "core.script",
    "ScriptError": "errors",
    "Session": "live.session",
    "Stream": "publish.streaming",
    "StretchScript": "core.script",
    "Timeline": "core.timeline",
    "UnknownNameError": "errors",
    "VoiceError": "errors",
    "compile": "recipe",
    "estimate": "recipe",
    "open_session": "live.opening",
    "path_library": "library.paths",
    "render": "publish.rendering",
    "render_many": "publish.batch",
    "render_plan": "publish.batch",
    "standard_library": "library.standard",
    "stream": "publish.streaming",
}
"""The module of each name that is imported when it is first used."""


if not TYPE_CHECKING:  # for type checkers a name that is not above is an error

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"coach.{_HOMES[name]}"), name)
        globals()[name] = value  # so that it is looked for once
        return value


def __dir__() -> list[str]:
    return __all__
