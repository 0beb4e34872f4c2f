"""``coach render``: from routines to audio files."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coach import defaults
from coach.cli import options
from coach.core.manner import Guidance, Pace, Setup, Words

if TYPE_CHECKING:
    from coach.cli.options import Speaking
    from coach.core.plan import Delivery
    from coach.core.routine import Programme
    from coach.recipe import Length

CORES = 2
"""How many routines are rendered at a time: ffmpeg uses one core for each."""


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
            help="Where to write: .mp3 or .wav (with --all: a folder). [default: ROUTINE.mp3 here]",
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
    force: options.ForceOption = False,
    every: Annotated[bool, typer.Option("--all", help="Every routine there is, into the folder -o names.")] = False,
) -> None:
    """Write a routine as an audio file, to listen to with eyes closed."""
    from coach.cli.safety import point_to_safety_once
    from coach.errors import InputError

    order = Order(
        tuple(routine or ()),
        options.Manner(breath, ramp, beat, words, pace, guidance, setup).read(),
        options.read_speaking(voice, rate, count_voice),
        options.read_length(minutes, drop),
        gentle,
        force,
    )
    if every == bool(routine):
        raise InputError("name a routine, or several, or give --all for every routine there is")
    if every:
        render_all(order, output or Path())
    else:
        render_one(order, output)
    point_to_safety_once()


@dataclass(frozen=True)
class Order:
    """What is to be rendered, and how."""

    targets: tuple[str, ...]
    delivery: Delivery
    speaking: Speaking
    length: Length | None = None
    gentle: bool = False
    force: bool = False


def render_one(order: Order, output: Path | None) -> None:
    """Render one routine, with progress."""
    wanted = options.read_routine(list(order.targets), order.gentle)
    render_programme(wanted, order, output)


def render_programme(programme: Programme, order: Order, output: Path | None) -> None:
    """Render a routine, or breathing alone, with progress."""
    from coach.cli.progress import shown_progress
    from coach.encoder import check_target
    from coach.recipe import compile_routine, write_audio
    from coach.units import clock_text

    path = output or Path(f"{programme.id}.mp3")
    check_target(path, force=order.force)
    with shown_progress() as progress:
        speaker, counter = order.speaking.open()
        compiled = compile_routine(programme, order.delivery, speaker, progress, order.length, counter)
        write_audio(compiled, programme, path, progress)
    options.tell_dropped(compiled.dropped)
    typer.echo(f"{path}  {clock_text(compiled.timeline.duration_ms)}")


def render_all(order: Order, folder: Path) -> None:
    """Render every routine into a folder, on both cores; a file made from the same before is left as it is."""
    import multiprocessing

    from coach.cli.progress import shown_progress
    from coach.errors import InputError
    from coach.library import standard_library

    names = list(standard_library().routine_paths)
    if not folder.parent.is_dir() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{folder} is no folder and cannot become one; name another with -o")
    folder.mkdir(exist_ok=True)
    done: dict[str, Made] = {}
    # Started anew rather than forked: a fork would share half-open state with its parent.
    context = multiprocessing.get_context("spawn")
    with shown_progress() as progress, ProcessPoolExecutor(CORES, mp_context=context) as pool:
        futures = [pool.submit(make, replace(order, targets=(name,)), folder / f"{name}.mp3") for name in names]
        try:
            for count, future in enumerate(as_completed(futures), 1):
                made = future.result()
                done[made.name] = made
                progress("rendering", count, len(names))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    _report([done[name] for name in names])


@dataclass(frozen=True)
class Made:
    """What came of one routine of many."""

    name: str
    text: str
    failed: bool = False


def make(order: Order, path: Path) -> Made:
    """Render one routine of many, unless it is up to date; a failure is told and stops none of the others."""
    from coach.core.routine import gentle
    from coach.encoder import check_target
    from coach.errors import CoachError
    from coach.library import standard_library
    from coach.recipe import compile_routine, is_up_to_date, write_audio
    from coach.units import clock_text

    (name,) = order.targets
    try:
        check_target(path, force=order.force)
        library = standard_library()
        routine = library.routine(name)
        changes: tuple[str, ...] = ()
        if order.gentle:
            routine, changes = gentle(routine, library.stretch)
        if not routine.items:
            return Made(name, f"{path}  left out: nothing in it is gentle")
        speaker, counter = order.speaking.open()
        compiled = compile_routine(routine, order.delivery, speaker, length=order.length, counter=counter)
        notes = [options.gentle_words(change) for change in changes]
        notes += [options.dropped_words(compiled.dropped)] if compiled.dropped else []
        said = "".join(f"\n  {note}" for note in notes)
        length = clock_text(compiled.timeline.duration_ms)
        if not order.force and is_up_to_date(compiled, routine, path):
            return Made(name, f"{path}  {length}  up to date{said}")
        write_audio(compiled, routine, path)
    except CoachError as error:
        return Made(name, f"{name}: {error}", failed=True)
    return Made(name, f"{path}  {length}{said}")


def _report(done: list[Made]) -> None:
    for made in done:
        typer.echo(made.text, err=made.failed)
    if any(made.failed for made in done):
        raise typer.Exit(1)
