"""``coach voices``: who can speak."""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from coach.cli import options
from coach.cli.tables import print_table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(voices)


def voices(
    json: options.JsonOption = False,
    every: Annotated[bool, typer.Option("--all", help="Every language, not only English.")] = False,
) -> None:
    """List the voices on this machine; the default is marked."""
    from coach.voices.system import SystemVoice

    system = SystemVoice()
    try:
        found = system.voices()
    finally:
        system.close()
    rows = [
        {
            "name": f"system:{voice['id']}",
            "description": voice["name"],
            "language": voice["language"],
            "gender": voice["gender"].lower(),
            "default": f"system:{voice['id']}" == system.name,
        }
        for voice in found
        if every or "en" in voice["language"].lower()[:3] or not voice["language"]
    ]
    silent = {"name": "silent", "description": "chimes only, exact lengths", "language": "", "gender": ""}
    rows.append({**silent, "default": False})
    if json:
        typer.echo(json_module.dumps(rows, ensure_ascii=False, indent=1))
        return
    marks = (["*" if row["default"] else "", *(str(row[key]) for key in list(row)[:4])] for row in rows)
    print_table(("", "voice", "what it is", "language", "gender"), marks)
    typer.echo("* speaks unless --voice names another; “--voice system:en-gb” takes a voice by its language.")
