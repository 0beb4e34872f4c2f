"""``coach cache``: the spoken clips and encoded blocks that are kept."""

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
    """Show or remove what is kept: spoken clips, and encoded blocks of them. What is missing is made again."""
    from coach.storage.cache import BLOCK, kept_in, shrink
    from coach.voices.kept import cache_limit_bytes, clips_folder

    folder = clips_folder()
    if action is Action.CLEAR:
        say(f"{shrink(folder, 0)} files removed from {folder}")
        return
    kept = kept_in(folder)
    size = sum(size for _, size, _ in kept) / 1e6
    blocks = sum(path.suffix == BLOCK for _, _, path in kept)
    say(
        f"{len(kept) - blocks} clips and {blocks} blocks, {size:.1f} MB of at most {cache_limit_bytes() / 1e6:.0f} MB, "
        f"in {folder}"
    )
    if kept:
        oldest = time.strftime("%Y-%m-%d", time.localtime(kept[0][0]))
        say(f"the one used longest ago: {oldest}. When the cache is full, the oldest go first")
