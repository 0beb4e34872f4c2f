"""``coach patterns``: the breath patterns that have names."""

from __future__ import annotations

from dataclasses import asdict

import typer

from coach.cli.options import JsonOption
from coach.cli.output import say, say_json
from coach.core.breath import NAMED_PATTERNS, BreathPattern


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(patterns)


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
