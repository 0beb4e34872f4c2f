"""``coach breathe`` and ``coach patterns``: paced breath alone, and the breath patterns that have names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coach import defaults
from coach.cli import options
from coach.cli.output import say, say_json
from coach.core.delivery import Guidance, Pace, Setup, Words

if TYPE_CHECKING:
    from coach.core.plan import Delivery


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(breathe)
    app.command()(patterns)


def breathe(
    pattern: Annotated[
        str | None,
        typer.Argument(
            metavar="PATTERN",
            help="Counts to breathe, like 4-6 or 4-7-8, or a name (see “coach patterns”). [default: calm]",
            show_default=False,
        ),
    ] = None,
    minutes: Annotated[
        float, typer.Option("--minutes", metavar="N", help="How long to breathe, to the nearest whole breath.")
    ] = 5.0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write. [default: breathe-PATTERN.mp3 here]"),
    ] = None,
    ramp: options.RampOption = None,
    beat: options.BeatOption = options.DEFAULT_BEAT,
    pace: options.PaceOption = Pace.COUNT,
    guidance: options.GuidanceOption = Guidance.FULL,
    words: options.WordsOption = Words.FULL,
    setup: options.SetupOption = Setup.NORMAL,
    voice: options.VoiceOption = defaults.VOICE,
    rate: options.RateOption = defaults.RATE_WPM,
    count_voice: options.CountVoiceOption = None,
    loudness: options.LoudnessOption = defaults.LOUDNESS_LUFS,
    background: options.BackgroundOption = None,
    background_level: options.BackgroundLevelOption = defaults.BACKGROUND_LU,
    no_captions: options.NoCaptionsOption = False,
    podcast: options.PodcastOption = False,
    force: options.ForceOption = False,
) -> None:
    """Write paced breathing alone as an audio file: opening, breaths, closing."""
    from coach.cli.render import Order, render_programme
    from coach.cli.safety import point_to_safety_once
    from coach.core.routine import breathing

    length = options.read_length(minutes, drop=False)
    assert length is not None  # noqa: S101 - minutes are given
    manner = options.Manner(pattern, ramp, beat, words, pace, guidance, setup, breath_name="PATTERN")
    delivery = manner.read()
    programme = breathing(_title("calm" if pattern is None else pattern, delivery), length.target_ms)
    speaking = options.read_speaking(voice, rate, count_voice)
    finish = options.read_finish(loudness, background, background_level, no_captions, podcast)
    render_programme(programme, Order((), manner, delivery, speaking, finish, force=force), output)
    point_to_safety_once()


def _title(pattern: str, delivery: Delivery) -> str:
    """Return the name of the pattern, or its counts, or both ends of a ramp."""
    from coach.core.breath import NAMED_PATTERNS

    first, last = delivery.breath[0], delivery.breath[-1]
    if first != last:
        return f"{first} to {last}"
    name = pattern.strip().lower()
    return name if name in NAMED_PATTERNS else str(first)


def patterns(json: options.JsonOption = False) -> None:
    """List the breath patterns that have names: what each is for, and where it comes from."""
    from dataclasses import asdict

    from coach.core.breath import NAMED_PATTERNS, BreathPattern

    rows = [
        {"name": name, **asdict(named), "breaths_per_minute": round(60 / BreathPattern.parse(name).counts, 2)}
        for name, named in NAMED_PATTERNS.items()
    ]
    if json:
        say_json(rows)
        return
    for row in rows:
        say(f"{row['name']:10} {row['counts']:8} {row['breaths_per_minute']:g} a minute")
        say(f"    {row['purpose']}")
        say(f"    {row['source']}")
    say("A minute is at one count a second. None of them promises anything; breathe as you like.")
