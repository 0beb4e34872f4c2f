"""``coach breathe``: paced breath alone."""

from __future__ import annotations

from typing import Annotated

import typer

from coach.cli.options import ForceOption
from coach.cli.order_options import takes
from coach.cli.play import HandsFreeOption, PlayerOption, QuietOption, play_order
from coach.cli.render import place_of, write
from coach.cli.safety import point_to_safety_once
from coach.errors import InputError
from coach.order import Group, Order
from coach.publish.jobs import DEFAULT_FORMAT
from coach.publish.rendering import prepare
from coach.recipe import file_stem


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(breathe)


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
        str | None,
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
