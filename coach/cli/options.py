"""Arguments and options that several commands share, and how they are read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from coach.errors import InputError

if TYPE_CHECKING:
    from coach.core.plan import Pacing


def _complete_target(incomplete: str) -> list[str]:
    from coach.errors import CoachError
    from coach.library import standard_library

    try:
        library = standard_library()
        names = [*library.routine_paths, *library.stretch_paths]
    except CoachError:
        return []
    return [name for name in names if name.startswith(incomplete)]


Target = Annotated[
    str,
    typer.Argument(
        metavar="ROUTINE",
        help="A routine or stretch by name (see “coach list”), or the path of a script (my-routine.yaml).",
        autocompletion=_complete_target,
        show_default=False,
    ),
]
BreathOption = Annotated[
    str,
    typer.Option("--breath", metavar="PATTERN", help="Counts to breathe: in-out, in-hold-out or in-hold-out-rest."),
]
BeatOption = Annotated[str, typer.Option("--beat", metavar="SECONDS", help="Length of one count, 0.3 to 5 seconds.")]
VoiceOption = Annotated[
    str,
    typer.Option("--voice", metavar="NAME", help="Who speaks (see “coach voices”): system, system:en-gb, silent."),
]
RateOption = Annotated[int, typer.Option("--rate", metavar="WPM", help="Speaking rate, 80 to 300 words a minute.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

DEFAULT_BREATH = "4-6"
DEFAULT_BEAT = "1"
DEFAULT_VOICE = "system"
DEFAULT_RATE = 145


@dataclass(frozen=True)
class Speaking:
    """The voice options, checked."""

    voice: str
    rate_wpm: int


def read_pacing(breath: str, beat: str) -> Pacing:
    """Return the pacing that ``--breath`` and ``--beat`` ask for.

    Raises:
        InputError: either is impossible.

    """
    from coach.core.breath import BreathPattern
    from coach.core.engine import EARLIEST_BEAT_MS, LATEST_BEAT_MS
    from coach.core.plan import Pacing

    try:
        pattern = BreathPattern.parse(breath)
    except ValueError as error:
        raise InputError(f"--breath: {error}") from error
    try:
        beat_ms = float(beat) * 1000
    except ValueError:
        beat_ms = math.nan
    if not EARLIEST_BEAT_MS <= beat_ms <= LATEST_BEAT_MS:
        raise InputError(
            f"--beat: “{beat}” cannot be the length of a count; write seconds from {EARLIEST_BEAT_MS / 1000:g} "
            f"to {LATEST_BEAT_MS / 1000:g}, like 1 or 0.8"
        )
    return Pacing(pattern, round(beat_ms))


def read_speaking(voice: str, rate_wpm: int) -> Speaking:
    """Return the checked voice options.

    Raises:
        InputError: the rate is impossible.

    """
    from coach.voices.system import FASTEST_WPM, SLOWEST_WPM

    if not SLOWEST_WPM <= rate_wpm <= FASTEST_WPM:
        raise InputError(f"--rate: {rate_wpm} words a minute is not possible; choose {SLOWEST_WPM} to {FASTEST_WPM}")
    return Speaking(voice, rate_wpm)
