"""``coach check`` and ``coach schema``: for people who write scripts."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coach.cli.output import say

if TYPE_CHECKING:
    from coach.errors import Problem
    from coach.library.paths import PathLibrary


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
        typer.Argument(metavar="[PATH]...", help="Scripts, or folders of scripts. [default: the whole library]"),
    ] = None,
    style: Annotated[
        bool,
        typer.Option("--style", help="Also find what is hard to follow with closed eyes, or promises too much."),
    ] = False,
) -> None:
    """Find every problem in scripts, as FILE:LINE:COLUMN: MESSAGE."""
    from coach.library.paths import DATA_FILES, path_library

    library = path_library()
    files = _files(paths, library)
    problems = sorted({problem for file in files for problem in _problems(file, library, style)})
    for problem in problems:
        say(problem)
    scripts = sum(file.name not in DATA_FILES for file in files)
    say(f"{_number(scripts, 'script')}, {_number(len(problems), 'problem')}")
    if problems:
        raise typer.Exit(2)


def _problems(file: Path, library: PathLibrary, style: bool) -> list[Problem]:
    from coach.library.paths import DATA_FILES

    problems = library.problems_at(file)
    if problems or not style:
        return problems  # what cannot be read has no style
    return [*library.findings_at(file), *([] if file.name in DATA_FILES else _timed(file, library))]


def _timed(file: Path, library: PathLibrary) -> list[Problem]:
    """Return what shows only once a script is timed."""
    from coach.compiler import estimate
    from coach.core.style import quiet_findings
    from coach.errors import CoachError, Problem
    from coach.recipe import DEFAULT_DELIVERY

    try:
        routine = library.routine(str(file.absolute()))
        quiet = quiet_findings(estimate(routine, DEFAULT_DELIVERY), routine)
        timed = library.timed_findings_at(file, lambda: estimate(routine.at(1, 1), DEFAULT_DELIVERY))
    except CoachError as error:
        return [Problem(str(file), 1, 1, str(error))]
    return [*timed, *(Problem(str(file), 1, 1, message) for message in quiet)]


def _number(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def _files(paths: list[Path] | None, library: PathLibrary) -> list[Path]:
    from coach.errors import InputError
    from coach.library.entry import script_files

    files: dict[Path, None] = {}
    for path in paths or library.folders:
        if path.is_dir():
            for folder in (path, path / "stretches", path / "routines"):
                files.update(dict.fromkeys(script_files(folder)))
        elif path.exists():
            files[path] = None
        elif paths:
            raise InputError(f"there is no file or folder {path}")
    return list(files)


def schema(
    kind: Annotated[Kind, typer.Argument(help="Which kind of script.")] = Kind.STRETCH,
) -> None:
    """Print the JSON Schema of scripts, with which editors complete and check while you type."""
    say(schema_text(kind).rstrip("\n"))


def schema_text(kind: Kind) -> str:
    """Return the JSON Schema of a kind of script, as it stands in ``scripts/``."""
    from coach.core.script import RoutineScript, StretchScript

    model = StretchScript if kind is Kind.STRETCH else RoutineScript
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
