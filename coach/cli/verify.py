"""``coach verify``: whether files are as the coach made them."""

from __future__ import annotations

from typing import Annotated

import typer

from coach.cli.output import say
from coach.errors import InputError
from coach.files import expanded
from coach.library.paths import path_library
from coach.publish.verifying import Verified, verify, verify_folder
from coach.storage.objects import is_address


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify_files)


def verify_files(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Files, or folders of them.", show_default=False)],
) -> None:
    """Tell whether files are as the coach made them, and whether their scripts have changed since."""
    library = path_library()
    found: list[Verified] = []
    for named in files:
        if is_address(named):
            raise InputError(f"{named} is elsewhere; fetch its files, and verify those")
        path = expanded(named)
        found += verify_folder(path, library) if path.is_dir() else [verify(path, library)]
    if not found:
        raise InputError(f"there is nothing to verify in {', '.join(files)}; name files that the coach made")
    for each in found:
        say(f"{each.path}  {each.told}")
    well = sum(each.is_well for each in found)
    say(f"{well} of {len(found)} as made")
    if well < len(found):
        raise typer.Exit(1)
