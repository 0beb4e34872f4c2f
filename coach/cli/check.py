"""``coach check`` and ``coach schema``: for those who write scripts."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from coach.library import Library


class Kind(StrEnum):
    """What a schema describes."""

    STRETCH = "stretch"
    ROUTINE = "routine"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(check)
    app.command()(schema)


def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Scripts, or folders of scripts; everything there is if left out."),
    ] = None,
) -> None:
    """Find every problem in scripts, as FILE:LINE:COLUMN: MESSAGE."""
    from coach.library import standard_library

    library = standard_library()
    files = _files(paths, library)
    problems = sorted({problem for file in files for problem in library.problems(file)})
    for problem in problems:
        typer.echo(str(problem))
    typer.echo(f"{len(files)} scripts, {len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}")
    if problems:
        raise typer.Exit(2)


def _files(paths: list[Path] | None, library: Library) -> list[Path]:
    from coach.errors import InputError
    from coach.library import script_files

    if not paths:
        paths = list(library.folders)
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            for folder in (path, path / "stretches", path / "routines"):
                files.update(dict.fromkeys(script_files(folder)))
        elif path.exists():
            files[path] = None
        elif path not in library.folders:
            raise InputError(f"there is no file or folder {path}")
    return list(files)


def schema(
    kind: Annotated[Kind, typer.Argument(help="Which kind of script.")] = Kind.STRETCH,
) -> None:
    """Print the JSON Schema of scripts, with which editors complete and check while you type."""
    typer.echo(schema_text(kind), nl=False)


def schema_text(kind: Kind) -> str:
    """Return the JSON Schema of a kind of script, as it stands in ``scripts/``."""
    from coach.core.script import RoutineScript, StretchScript

    model = StretchScript if kind is Kind.STRETCH else RoutineScript
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
