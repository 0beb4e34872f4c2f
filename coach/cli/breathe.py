"""``coach breathe`` and ``coach patterns``: paced breath alone, and the breath patterns that have names."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from coach.cli.options import ForceOption, JsonOption
from coach.cli.order_options import takes
from coach.cli.output import say, say_json
from coach.cli.play import HandsFreeOption, PlayerOption, QuietOption, play_order
from coach.cli.render import place_of, write
from coach.cli.safety import point_to_safety_once
from coach.core.breath import NAMED_PATTERNS, BreathPattern
from coach.errors import InputError
from coach.order import Group, Order
from coach.publish.batch import DEFAULT_FORMAT
from coach.publish.rendering import prepare
from coach.recipe import file_stem


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(breathe)
    app.command()(patterns)


PATTERN = Annotated[
    str | None,
    typer.Argument(
        metavar="PATTERN",
        help="Counts to breathe, like 4-6 or 4-7-8, or a name (see “coach patterns”). [default: calm]",
        show_default=False,
    ),
]


@takes("minutes", Group.MANNER, Group.VOICE, Group.SOUND, Group.FILES, breathing=True, instead={"breath": PATTERN})
def breathe(
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write, or a folder. [default: breathe-PATTERN.mp3 here]"
        ),
    ] = None,
    order: Order,
    force: ForceOption = False,
    play: Annotated[
        bool, typer.Option("--play", help="Play it now instead, led by keys, as “coach play” is; no file is written.")
    ] = False,
    player: PlayerOption = "auto",
    hands_free: HandsFreeOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write paced breathing alone as an audio file, or play it: opening, breaths, closing."""
    if play:
        if output is not None:
            raise InputError("--play writes no file; leave out --output, or record with --player record:FILE.wav")
        play_order(order, player=player, hands_free=hands_free, quiet=quiet)
        return
    write(prepare(order, place_of(output, f"{file_stem(order)}{DEFAULT_FORMAT}"), force=force))
    point_to_safety_once()


def patterns(json: JsonOption = False) -> None:
    """List the breath patterns that have names: what each is for, and where it comes from."""
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
