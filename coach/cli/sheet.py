"""``coach sheet``: a routine on paper."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coach.cli.options import ForceOption
from coach.cli.order_options import takes
from coach.cli.output import say
from coach.cli.render import place_of
from coach.errors import InputError
from coach.library.paths import path_library
from coach.order import Group, Order
from coach.recipe import file_stem, notes

if TYPE_CHECKING:
    from coach.sheet.model import Sheet

_ENDINGS = (".pdf", ".html", ".htm")
_END_OF_PDF = b"\nstartxref\n"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sheet)


@takes(Group.CONTENT, Group.MANNER, "title")
def sheet(
    *,
    output: Annotated[
        str | None,  # a path would lose the slash at its end
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write: .pdf or .html, or a folder. [default: ROUTINE.pdf here, or ROUTINE.html if the "
            "package that makes PDF files is not installed]",
        ),
    ] = None,
    order: Order,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="ADDRESS", help="Where it can be heard; becomes a code to scan."),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Write a sheet to print: steps, doses, cautions, sources, and boxes to tick for four weeks."""
    from coach.publish.seal import check_own
    from coach.sheet.model import sheet_of

    place = place_of(output, f"{file_stem(order)}{_usual_ending()}")
    if place.suffix.lower() not in _ENDINGS:
        raise InputError(f"“{place.name}” does not end in a format for a sheet; end it in .pdf or .html")
    check_own(place, force=force)
    made = sheet_of(order, library=path_library(), url=url)
    for note in notes(made.changes, made.dropped):
        say(note, err=True)
    _write(made, place, force=force)
    say(place)


def _usual_ending() -> str:
    return ".html" if importlib.util.find_spec("typst") is None else ".pdf"


def _write(made: Sheet, place: Path, *, force: bool) -> None:
    from coach.publish.seal import sealed_xml, write_own
    from coach.sheet.html import sheet_html
    from coach.sheet.pdf import sheet_pdf

    data = _sealed_pdf(sheet_pdf(made)) if place.suffix.lower() == ".pdf" else sealed_xml(sheet_html(made))
    write_own(place, data, force=force)


def _sealed_pdf(data: bytes) -> bytes:
    """Return a PDF with a seal: a comment after its last object, where it moves nothing that has an address."""
    from coach.publish.seal import SEAL, sealed

    head, end, tail = data.rpartition(_END_OF_PDF)
    return sealed(head + f"\n%{SEAL}".encode() + end + tail)
