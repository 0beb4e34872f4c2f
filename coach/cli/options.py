"""Arguments and options that several commands share, and how they are read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from coach import defaults
from coach.cli.output import say
from coach.core.delivery import Guidance, Pace, Setup, Words
from coach.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from coach.core.breath import BreathPattern
    from coach.core.plan import Delivery
    from coach.core.routine import Routine
    from coach.publish.publish import Finish
    from coach.recipe import Length
    from coach.voices.base import Voice


def _complete_target(incomplete: str) -> list[str]:
    from coach.errors import CoachError
    from coach.library.library import standard_library

    try:
        library = standard_library()
        names = [*library.routine_paths, *library.stretch_paths]
    except CoachError:
        return []
    return [name for name in names if name.startswith(incomplete)]


_TARGET_HELP = "A routine or stretch by name (see “coach list”), or the path of a script (my-routine.yaml)."
Target = Annotated[
    str,
    typer.Argument(metavar="ROUTINE", help=_TARGET_HELP, autocompletion=_complete_target, show_default=False),
]
TARGETS_ARGUMENT = typer.Argument(
    metavar="ROUTINE...",
    help=f"{_TARGET_HELP} Several make one routine, in their order.",
    autocompletion=_complete_target,
    show_default=False,
)
BreathOption = Annotated[
    str | None,
    typer.Option(
        "--breath",
        metavar="PATTERN",
        help="Counts to breathe: in-out, in-hold-out or in-hold-out-rest, or a name (see “coach patterns”). "
        f"[default: what the scripts say, else {defaults.BREATH}]",
        show_default=False,
    ),
]
RampOption = Annotated[
    str | None,
    typer.Option("--ramp", metavar="FROM:TO", help="Begin with a shorter breath and lengthen it evenly: 3-4:4-6."),
]
PaceOption = Annotated[Pace, typer.Option("--pace", case_sensitive=False, help="What is heard of the breath.")]
GuidanceOption = Annotated[
    Guidance,
    typer.Option("--guidance", case_sensitive=False, help="How soon counting thins out, once the rhythm is set."),
]
SetupOption = Annotated[
    Setup,
    typer.Option("--setup", case_sensitive=False, help="How much time there is to get into and out of a position."),
]
BeatOption = Annotated[str, typer.Option("--beat", metavar="SECONDS", help="Length of one count, 0.3 to 5 seconds.")]
VoiceOption = Annotated[
    str,
    typer.Option(
        "--voice",
        metavar="NAME",
        envvar="COACH_VOICE",
        show_envvar=True,
        help="Who speaks (see “coach voices”): auto (the best there is), neural, system, system:en-gb, silent.",
    ),
]
CountVoiceOption = Annotated[
    str | None, typer.Option("--count-voice", metavar="NAME", help="Another voice for the counts.")
]
RateOption = Annotated[int, typer.Option("--rate", metavar="WPM", help="Speaking rate, 80 to 300 words a minute.")]
WordsOption = Annotated[
    Words,
    typer.Option(
        "--words", case_sensitive=False, help="How much is said: everything, the essentials, or only names and signals."
    ),
]
MinutesOption = Annotated[
    float | None,
    typer.Option("--minutes", metavar="N", help="Make it last N minutes: doses move inside their ranges.", min=0.1),
]
DropOption = Annotated[
    bool,
    typer.Option("--drop", help="Let --minutes leave out stretches (from the end, if that is enough)."),
]
GentleOption = Annotated[
    bool,
    typer.Option("--gentle", help="Swap or leave out what is not for a fresh injury or in pregnancy."),
]
TitleOption = Annotated[
    str | None, typer.Option("--title", metavar="TEXT", help="What it calls itself, and the welcome says.")
]
LoudnessOption = Annotated[
    float,
    typer.Option("--loudness", metavar="LUFS", help="Integrated loudness as heard on two loudspeakers, -30 to -10."),
]
BackgroundOption = Annotated[
    Path | None,
    typer.Option(
        "--background",
        metavar="FILE",
        help="Rain, waves or music to lie under it: any audio file. It is looped, and gives way to the voice.",
    ),
]
BackgroundLevelOption = Annotated[
    float,
    typer.Option(
        "--background-level", metavar="LU", help="How loud the background is in pauses, seen from the voice, -40 to 0."
    ),
]
NoCaptionsOption = Annotated[
    bool, typer.Option("--no-captions", help="Leave out the files to read along (.lrc, .vtt, .srt).")
]
PodcastOption = Annotated[
    bool, typer.Option("--podcast", help="Write the chapters beside it too (.chapters.json), for “coach feed”.")
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Make it anew, and replace files even if the coach did not make them.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

Choice = TypeVar("Choice", bound=StrEnum)
SOFTEST_LUFS, LOUDEST_LUFS = -30.0, -10.0
SOFTEST_BACKGROUND_LU = -40.0
DEFAULT_BEAT = f"{defaults.BEAT_MS / 1000:g}"


@dataclass(frozen=True)
class Speaking:
    """The voice options, checked."""

    voice: str
    rate_wpm: int
    count_voice: str | None = None

    def open(self) -> tuple[Voice, Voice | None]:
        """Return the voice, and the one for the counts if they have their own.

        Raises:
            CoachError: there is no such voice, or it cannot be used.
        """
        from coach.recipe import cached_voice

        voice = cached_voice(self.voice, self.rate_wpm)
        return voice, None if self.count_voice is None else cached_voice(self.count_voice, self.rate_wpm)


def read_length(minutes: float | None, drop: bool) -> Length | None:
    """Return the length that ``--minutes`` and ``--drop`` ask for.

    Raises:
        InputError: it is no length.
    """
    from coach.core.engine import MAX_ROUTINE_MS
    from coach.recipe import Length

    if minutes is None:
        return None
    if not 0 < minutes * 60_000 <= MAX_ROUTINE_MS:
        raise InputError(f"--minutes: {minutes:g} is not possible; write minutes up to {MAX_ROUTINE_MS // 60_000}")
    return Length(round(minutes * 60_000), drop)


def read_finish(
    loudness: float, background: Path | None, background_level: float, no_captions: bool, podcast: bool
) -> Finish:
    """Return how the sound is to be finished.

    Raises:
        InputError: a level is impossible, or there is no background file.
    """
    from coach.files import expanded
    from coach.publish.publish import Finish

    if not SOFTEST_LUFS <= loudness <= LOUDEST_LUFS:
        raise InputError(
            f"--loudness: {loudness:g} LUFS is not possible; choose {SOFTEST_LUFS:g} to {LOUDEST_LUFS:g} (-16 is usual)"
        )
    if not SOFTEST_BACKGROUND_LU <= background_level <= 0:
        raise InputError(
            f"--background-level: {background_level:g} LU is not possible; choose {SOFTEST_BACKGROUND_LU:g} to 0"
        )
    path = None if background is None else expanded(str(background))
    if path is not None and not path.is_file():
        raise InputError(f"there is no background file {path}; check the path")
    return Finish(loudness, path, background_level, not no_captions, podcast)


def read_title(title: str) -> str:
    """Return a title that can be said.

    Raises:
        InputError: it cannot.
    """
    from coach.core.script import LONGEST_NAME, speakable, without_sides

    text = " ".join(title.split())
    try:
        if len(text) > LONGEST_NAME:
            raise ValueError(f"it has {len(text)} letters; the most is {LONGEST_NAME}")
        return without_sides(speakable(text))
    except ValueError as error:
        raise InputError(f"the title “{title}” cannot be used: {error}") from error


def read_choice(name: str, text: str | None, default: Choice) -> Choice:
    """Return one of a few words; the default where nothing is said.

    Raises:
        InputError: it is none of them.
    """
    if text is None:
        return default
    kind = type(default)
    try:
        return kind(text.lower())
    except ValueError as error:
        raise InputError(f"{name}: “{text}” is none of {', '.join(kind)}{did_you_mean(text, kind)}") from error


def read_number(name: str, text: str) -> float:
    """Return a number; a comma may stand for the point.

    Raises:
        InputError: it is none.
    """
    try:
        number = float(text.replace(",", "."))
    except ValueError as error:
        raise InputError(f"{name}: “{text}” is no number") from error
    if not math.isfinite(number):
        raise InputError(f"{name}: “{text}” is no number")
    return number


def find_routine(targets: Sequence[str], gentle_only: bool) -> tuple[Routine, tuple[str, ...]]:
    """Return the routine of the targets, and what was changed to make it gentle if asked for.

    Raises:
        InputError: there is no such routine.
    """
    from coach.core.routine import gentle
    from coach.library.library import standard_library

    library = standard_library()
    routine = library.routine_of(targets)
    return gentle(routine, library.stretch) if gentle_only else (routine, ())


def read_routine(targets: Sequence[str], gentle_only: bool) -> Routine:
    """Return the routine of the targets, made gentle if asked for; each change is told on stderr.

    Raises:
        InputError: there is no such routine, or nothing gentle is left of it.
    """
    routine, changes = find_routine(targets, gentle_only)
    for change in changes:
        say(gentle_words(change), err=True)
    if not routine.items:
        raise InputError(f"nothing of {routine.id} is for a fresh injury or pregnancy; try bad-day")
    return routine


def tell_dropped(names: tuple[str, ...]) -> None:
    """Say on stderr which stretches were left out to fit a length."""
    if names:
        say(dropped_words(names), err=True)


def gentle_words(change: str) -> str:
    """Say what ``--gentle`` changed."""
    return f"gentle: {change}"


def dropped_words(names: tuple[str, ...]) -> str:
    """Say what ``--drop`` left out."""
    return f"left out to fit: {', '.join(names)}"


@dataclass(frozen=True)
class Manner:
    """How a routine is to be given, as the command line says it."""

    breath: str | None
    ramp: str | None
    beat: str
    words: Words
    pace: Pace
    guidance: Guidance
    setup: Setup
    breath_name: str = "--breath"
    """What the breath is called where it is given."""

    def read(self, guidance: Guidance | None = None) -> Delivery:
        """Return the delivery it asks for, perhaps with another guidance.

        Raises:
            InputError: something of it is impossible.
        """
        from coach.core.plan import Delivery

        chosen = self.breath is not None or self.ramp is not None
        return Delivery(
            self._breath(), _read_beat(self.beat), self.words, self.pace, guidance or self.guidance, self.setup, chosen
        )

    def _breath(self) -> tuple[BreathPattern, ...]:
        from coach.core.breath import BreathPattern, read_ramp

        if self.breath is not None and self.ramp is not None:
            raise InputError(f"{self.breath_name} and --ramp: give one of them; a ramp has both its patterns in it")
        try:
            if self.ramp is not None:
                return read_ramp(self.ramp)
            return (BreathPattern.parse(defaults.BREATH if self.breath is None else self.breath),)
        except ValueError as error:
            raise InputError(f"{self.breath_name if self.ramp is None else '--ramp'}: {error}") from error


DEFAULT_MANNER = Manner(None, None, DEFAULT_BEAT, Words.FULL, Pace.COUNT, Guidance.FADING, Setup.NORMAL)


def _read_beat(beat: str) -> int:
    from coach.core.engine import EARLIEST_BEAT_MS, LATEST_BEAT_MS

    try:
        beat_ms = float(beat) * 1000
    except ValueError:
        beat_ms = math.nan
    if not EARLIEST_BEAT_MS <= beat_ms <= LATEST_BEAT_MS:
        raise InputError(
            f"--beat: “{beat}” cannot be the length of a count; write seconds from {EARLIEST_BEAT_MS / 1000:g} "
            f"to {LATEST_BEAT_MS / 1000:g}, like 1 or 0.8"
        )
    return round(beat_ms)


def read_speaking(voice: str, rate_wpm: int, count_voice: str | None = None) -> Speaking:
    """Return the checked voice options; what ``auto`` takes is told on stderr.

    Raises:
        InputError: the rate is impossible.
    """
    from coach.voices.system import FASTEST_WPM, SLOWEST_WPM

    if not SLOWEST_WPM <= rate_wpm <= FASTEST_WPM:
        raise InputError(f"--rate: {rate_wpm} words a minute is not possible; choose {SLOWEST_WPM} to {FASTEST_WPM}")
    if voice == "auto":
        from coach.voices import best_voice

        voice = best_voice()
        say(f"voice: {voice}", err=True)
    return Speaking(voice, rate_wpm, count_voice)
