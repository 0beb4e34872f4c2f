"""``coach render``: from a routine to an audio file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coach.cli import options


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(render)


def render(
    routine: options.Target,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write: .mp3 or .wav. [default: ROUTINE.mp3 here]"
        ),
    ] = None,
    breath: options.BreathOption = options.DEFAULT_BREATH,
    beat: options.BeatOption = options.DEFAULT_BEAT,
    voice: options.VoiceOption = options.DEFAULT_VOICE,
    rate: options.RateOption = options.DEFAULT_RATE,
    force: Annotated[bool, typer.Option("--force", help="Replace a file even if the coach did not make it.")] = False,
) -> None:
    """Write a routine as an audio file, to listen to with eyes closed."""
    from coach.cli.progress import shown_progress
    from coach.encoder import check_target
    from coach.library import standard_library
    from coach.recipe import cached_voice, compile_routine, write_audio
    from coach.units import clock_text

    pacing = options.read_pacing(breath, beat)
    speaking = options.read_speaking(voice, rate)
    wanted = standard_library().routine(routine)
    path = output or Path(f"{wanted.id}.mp3")
    check_target(path, force=force)
    with shown_progress() as progress:
        speaker = cached_voice(speaking.voice, speaking.rate_wpm)
        compiled = compile_routine(wanted, pacing, speaker, progress)
        write_audio(compiled, wanted, path, progress)
    typer.echo(f"{path}  {clock_text(compiled.timeline.duration_ms)}")
