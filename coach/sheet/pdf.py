"""A sheet as a PDF of A4 pages, tagged so that screen readers read it in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.errors import InputError
from coach.sheet.code import alternative, code_svg
from coach.sheet.model import WEEKS, Sheet
from coach.sheet.words import cleaned

if TYPE_CHECKING:
    from types import ModuleType

TEMPLATE = Path(__file__).with_name("sheet.typ")
FEW_STRETCHES = 7
"""As many fit on one page."""
_STANDARD = "ua-1"
_LISTS = tuple({"size": size, "steps": "list", "easier": "yes"} for size in ("12", "11", "10.5", "10", "9.5"))
_PARAGRAPHS = tuple({"size": size, "steps": "running", "easier": "yes"} for size in ("10.5", "10", "9.5"))
_ANY_NUMBER = "9999"
_FORMS = (*_LISTS, *_PARAGRAPHS, {"size": "9.5", "steps": "running", "easier": "no"})
"""How steps may stand on a page, from the most room to the least."""


def sheet_pdf(sheet: Sheet) -> bytes:
    """Return a sheet as a PDF; the same sheet gives the same bytes.

    Its letters are as large as lets a short routine fit on one page, and a longer one on two. It is PDF/UA-1, unless
    the fonts lack a letter in it, which is then a box.

    Raises:
        InputError: a package that it needs is not installed.
    """
    typst = _typst()
    told = _told(cleaned(sheet))
    forms = ((_arguments({**told, **form}), int(form["pages"])) for form in _forms(len(sheet.items)))
    return _compiled(typst, next(arguments for arguments, most in forms if _pages(typst, arguments) <= most))


def _arguments(told: dict[str, str]) -> dict[str, Any]:
    """Return what Typst is asked, with the fonts that come along with it and no others."""
    return {"input": str(TEMPLATE), "ignore_system_fonts": True, "sys_inputs": told}


def _forms(stretches: int) -> Iterator[dict[str, str]]:
    """Yield how a sheet may be laid out, the best first; the last is for one that is longer than any page count."""
    for pages in ("1", "2") if stretches <= FEW_STRETCHES else ("2",):
        yield from ({**form, "pages": pages} for form in _FORMS)
    yield {**_LISTS[-1], "pages": _ANY_NUMBER}


def _typst() -> ModuleType:
    try:
        import typst
    except ImportError as error:
        raise InputError(
            "a PDF needs a package that is not installed: pip install 'stretch-coach[sheet]', or write .html"
        ) from error
    return typst


def _told(sheet: Sheet) -> dict[str, str]:
    """Return what the template is told: data, which it never reads as its own language."""
    data = {**asdict(sheet), "facts": [asdict(section) for section in sheet.facts], "weeks": WEEKS}
    told = {"sheet": json.dumps(data)}
    if sheet.url is not None:
        told |= {"code": code_svg(sheet.url), "alternative": alternative(sheet.url)}
    return told


def _pages(typst: ModuleType, arguments: dict[str, Any]) -> int:
    return int(json.loads(typst.query(**arguments, selector="<pages>", field="value", one=True)))


def _compiled(typst: ModuleType, arguments: dict[str, Any]) -> bytes:
    try:
        return bytes(typst.compile(**arguments, format="pdf", pdf_standards=_STANDARD))
    except typst.TypstError:  # the standard wants each letter to be in a font
        return bytes(typst.compile(**arguments, format="pdf"))
