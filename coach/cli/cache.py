"""``coach cache``: the spoken clips that are kept."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated

import typer

from coach.cli.output import say


class Action(StrEnum):
    """What to do with the cache."""

    SHOW = "show"
    CLEAR = "clear"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(cache)


def cache(
    action: Annotated[Action, typer.Argument(help="Show what is kept, or remove all of it.")] = Action.SHOW,
) -> None:
    """Show or remove the clips that are kept; what is missing is spoken again."""
    from coach.store import kept_in, shrink
    from coach.voices.kept import cache_folder, cache_limit_bytes

    folder = cache_folder() / "clips"
    if action is Action.CLEAR:
        say(f"{shrink(folder, 0)} clips removed from {folder}")
        return
    clips = kept_in(folder)
    size = sum(size for _, size, _ in clips) / 1e6
    say(f"{len(clips)} clips, {size:.1f} MB of at most {cache_limit_bytes() / 1e6:.0f} MB, in {folder}")
    if clips:
        oldest = time.strftime("%Y-%m-%d", time.localtime(clips[0][0]))
        say(f"the one used longest ago: {oldest}. When the cache is full, the oldest go first")
