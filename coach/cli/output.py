"""What the commands print: text from scripts, files and options never reaches a terminal raw."""

from __future__ import annotations

import typer

from coach.core.quoting import harmless


def say(text: object = "", *, err: bool = False) -> None:
    """Print a line, on stderr if asked, with every control character made visible."""
    typer.echo(harmless(str(text)), err=err)
