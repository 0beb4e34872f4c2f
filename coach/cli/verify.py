"""``coach verify``: whether files are as the coach made them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coach.cli.output import say
from coach.errors import InputError
from coach.library.paths import path_library
from coach.publish.formats import FORMATS
from coach.publish.verifying import verify


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify_files)


def verify_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files, or folders of them.", show_default=False)],
) -> None:
    """Tell whether files are as the coach made them, and whether their scripts have changed since."""
    library = path_library()
    paths = [
        path
        for named in files
        for path in (sorted(each for each in named.iterdir() if _is_sound(each)) if named.is_dir() else [named])
    ]
    if not paths:
        raise InputError(f"there is nothing to verify in {', '.join(map(str, files))}; name files that the coach made")
    found = [verify(path, library) for path in paths]
    for each in found:
        say(f"{each.path}  {each.told}")
    well = sum(each.is_well for each in found)
    say(f"{well} of {len(found)} as made")
    if well < len(found):
        raise typer.Exit(1)


def _is_sound(path: Path) -> bool:
    return path.suffix.lower() in FORMATS and path.is_file()
