"""``coach timeline``: the timeline as JSON or as a score."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from coach.cli.options import ForceOption, JsonOption
from coach.cli.order_options import takes, tell_voice
from coach.cli.output import say
from coach.cli.progress import shown_progress
from coach.compiler import Compiled
from coach.core.routine import stretch_names
from coach.drawing.score import INDENT, score
from coach.errors import InputError
from coach.library.paths import path_library
from coach.order import Group, Order
from coach.recipe import compile_as_ordered, notes, programme_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(timeline)


@takes(Group.CONTENT, Group.MANNER, Group.VOICE)
def timeline(
    *,
    order: Order,
    json: JsonOption = False,
    svg: Annotated[
        Path | None,
        typer.Option(
            "--svg",
            metavar="FILE",
            help="Draw it into a file: pages of A4, for browsers and printers.",
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Show when everything in a routine is said and sounded."""
    programme, changes = programme_of(order, path_library())
    if svg is not None:
        _check_picture(svg, force=force)
    tell_voice(order)
    with shown_progress() as progress:
        compiled = compile_as_ordered(programme, order, progress)
    for note in notes(changes, compiled.dropped, compiled.voice_note):
        say(note, err=True)
    if svg is not None:
        _write_picture(compiled, svg)
    if json:
        say(compiled.timeline.to_json())
    elif svg is not None:
        say(svg)
    else:
        for line in score(compiled.timeline, _columns()):
            say(line)


def _columns() -> int:
    """Return how wide a curve may be: a terminal's width, or 80, without the indent."""
    return shutil.get_terminal_size((80, 24)).columns - len(INDENT)


def _check_picture(path: Path, *, force: bool) -> None:
    """Refuse to draw over what is not as the coach drew it.

    Raises:
        InputError: that is so, or nothing can be written there.
    """
    from coach.publish.seal import check_own

    if path.suffix.lower() != ".svg":
        raise InputError(f"“{path.name}” does not end in a format for a picture; end it in .svg")
    check_own(path, force=force)


def _write_picture(compiled: Compiled, path: Path) -> None:
    from coach.drawing.svg import svg_of
    from coach.files import written_whole
    from coach.publish.seal import sealed_xml

    programme = compiled.programme
    with written_whole(path) as temporary:
        temporary.write_bytes(sealed_xml(svg_of(compiled.timeline, programme.name, stretch_names(programme))))
