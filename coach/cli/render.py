"""``coach render``: from routines to audio files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coach import defaults
from coach.cli import options
from coach.cli.output import say
from coach.core.delivery import Guidance, Pace, Setup, Words

if TYPE_CHECKING:
    from coach.cli.options import Manner, Speaking
    from coach.core.plan import Delivery
    from coach.core.routine import Programme, Routine
    from coach.publish.publish import Finish
    from coach.recipe import Compiled, Length, Progress


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(render)


def render(
    routine: Annotated[list[str] | None, options.TARGETS_ARGUMENT] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write: .mp3, .m4a, .m4b, .ogg, .opus, .flac or .wav (with --all and --plan: a folder). "
            "[default: ROUTINE.mp3 here]",
        ),
    ] = None,
    minutes: options.MinutesOption = None,
    drop: options.DropOption = False,
    gentle: options.GentleOption = False,
    words: options.WordsOption = Words.FULL,
    breath: options.BreathOption = None,
    ramp: options.RampOption = None,
    beat: options.BeatOption = options.DEFAULT_BEAT,
    pace: options.PaceOption = Pace.COUNT,
    guidance: options.GuidanceOption = Guidance.FADING,
    setup: options.SetupOption = Setup.NORMAL,
    voice: options.VoiceOption = defaults.VOICE,
    rate: options.RateOption = defaults.RATE_WPM,
    count_voice: options.CountVoiceOption = None,
    title: options.TitleOption = None,
    loudness: options.LoudnessOption = defaults.LOUDNESS_LUFS,
    background: options.BackgroundOption = None,
    background_level: options.BackgroundLevelOption = defaults.BACKGROUND_LU,
    no_captions: options.NoCaptionsOption = False,
    podcast: options.PodcastOption = False,
    force: options.ForceOption = False,
    every: Annotated[bool, typer.Option("--all", help="Every routine there is, into the folder -o names.")] = False,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            metavar="FILE",
            help="A table (CSV) with a row for each file, into the folder -o names. Columns: routine, and any of "
            "minutes, breath, beat, pace, words, guidance, setup, voice, rate, title, output.",
        ),
    ] = None,
) -> None:
    """Write a routine as an audio file, to listen to with eyes closed."""
    from coach.cli.safety import point_to_safety_once
    from coach.errors import InputError

    asked = bool(routine) + every + (plan is not None)
    if not asked:
        raise InputError("name a routine, or several, or give --all for every routine there is, or --plan with a table")
    if asked > 1:
        raise InputError("a routine by name, --all and --plan exclude each other; give one of them")
    if every and title is not None:
        raise InputError("--title: with --all each routine has its own name; leave it out")
    manner = options.Manner(breath, ramp, beat, words, pace, guidance, setup)
    order = Order(
        tuple(routine or ()),
        manner,
        manner.read(),
        options.read_speaking(voice, rate, count_voice),
        options.read_finish(loudness, background, background_level, no_captions, podcast),
        options.read_length(minutes, drop),
        drop,
        gentle,
        None if title is None else options.read_title(title),
        force,
    )
    if routine:
        render_one(order, output)
    else:
        from coach.cli import batch

        if plan is None:
            batch.render_all(order, output or Path())
        else:
            batch.render_plan(order, plan, output or Path())
    point_to_safety_once()


@dataclass(frozen=True)
class Order:
    """What is to be rendered, and how."""

    targets: tuple[str, ...]
    manner: Manner
    delivery: Delivery
    """What the manner asks for."""
    speaking: Speaking
    finish: Finish
    length: Length | None = None
    drop: bool = False
    gentle: bool = False
    title: str | None = None
    force: bool = False

    def titled(self, routine: Routine) -> Routine:
        """Return the routine under the title that is ordered, if one is."""
        return routine if self.title is None else replace(routine, name=self.title)


def render_one(order: Order, output: Path | None) -> None:
    """Render one routine, with progress."""
    render_programme(order.titled(options.read_routine(order.targets, order.gentle)), order, output)


def compiled(programme: Programme, order: Order, progress: Progress | None = None) -> Compiled:
    """Speak and compile what is ordered.

    Raises:
        CoachError: it cannot be.
    """
    from coach.recipe import compile_routine, no_progress

    voice, counter = order.speaking.open()
    return compile_routine(programme, order.delivery, voice, progress or no_progress, order.length, counter)


def render_programme(programme: Programme, order: Order, output: Path | None) -> None:
    """Render a routine, or breathing alone, with progress."""
    from coach.cli.progress import shown_progress
    from coach.publish.publish import check_places, publish
    from coach.units import clock_text

    path = output or Path(f"{programme.id}.mp3")
    check_places(path, order.finish, force=order.force)
    with shown_progress() as progress:
        result = compiled(programme, order, progress)
        published = publish(result, programme, path, order.finish, progress, force=order.force)
    options.tell_dropped(result.dropped)
    say(f"{path}  {clock_text(result.timeline.duration_ms)}{'' if published.is_new else '  up to date'}")
