"""What the commands print: text from scripts, files and options never reaches a terminal raw."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from coach.core.quoting import escaped, harmless


def say(text: object = "", *, err: bool = False) -> None:
    """Print a line, on stderr if asked, with every control character made visible."""
    typer.echo(harmless(str(text)), err=err)


def end_with(failures: Iterable[str]) -> None:
    """Say what failed, a line each on stderr; if anything did, end with status 1."""
    failed = False
    for failure in failures:
        say(f"coach: {failure}", err=True)
        failed = True
    if failed:
        raise typer.Exit(1)


def say_json(value: object) -> None:
    """Print a value as JSON, with every control character escaped."""
    import json

    typer.echo(escaped(json.dumps(value, ensure_ascii=False, indent=1)))
