from __future__ import annotations

import dataclasses
import io
import json
import re
import sys
from collections import Counter
from itertools import pairwise
from typing import Any

import pypdf
import pytest
from pypdf.generic import ArrayObject, IndirectObject, NumberObject

from coach.errors import InputError
from coach.library.standard import standard_library
from coach.order import Order
from coach.sheet.model import Sheet, sheet_of
from coach.sheet.pdf import FEW_STRETCHES, sheet_pdf
from support.tiers import thorough, thoroughly

ADDRESS = "https://example.org/routines/lower-back-seven.mp3"
HOSTILE = (
    "<script>alert(1)</script>",
    '#import "@preview/x:1.0.0": *',
    "#panic()",
    "*bold* _it_ $x$ `raw` = head \\ // <label> @ref [c] {c} ~",
    'quotes " \' “ ” \\" \\u{41}',
    "control \x00\x07\x1b[2J\u2028 characters",
    "\u202eright to left\u202c سلام שלום",
    "emoji 😀👩\u200d👩\u200d👧 and 漢字",
    "half \ud83d of a character",
    "x" * 10_000,
    "long words " * 1_000,
)


def read(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data), strict=True)


def text_of(reader: pypdf.PdfReader) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


def elements(reader: pypdf.PdfReader) -> list[Any]:
    """Return every element of a document's structure, in the order in which it is read."""
    found: list[Any] = []

    def walk(node: Any) -> None:
        node = node.get_object() if isinstance(node, IndirectObject) else node
        if isinstance(node, ArrayObject):
            for each in node:
                walk(each)
        elif not isinstance(node, NumberObject) and "/S" in node:
            found.append(node)
            walk(node.get("/K", ArrayObject()))

    walk(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])
    return found


@pytest.fixture(scope="module")
def made() -> Sheet:
    return sheet_of(Order(targets=("lower-back-seven",)), url=ADDRESS)


@pytest.fixture(scope="module")
def data(made: Sheet) -> bytes:
    return sheet_pdf(made)


LONGEST = ("lower-back-seven", "daily", "gentle-relief")
"""Those that have the least room, on one page and on two."""


@pytest.mark.parametrize("routine", [*LONGEST, *thoroughly(*sorted({*standard_library().routines} - {*LONGEST}))])
def test_every_routine_fits_two_pages_and_a_short_one_fits_one(routine: str) -> None:
    made = sheet_of(Order(targets=(routine,)), url=ADDRESS)
    reader = read(sheet_pdf(made))
    assert len(reader.pages) <= (1 if len(made.items) <= FEW_STRETCHES else 2)
    shown = text_of(reader)
    for item in made.items:
        for line in (item.name, item.dose, *item.steps, *item.cautions, *item.easier):
            assert line in shown
    assert {round(float(number), 1) for page in reader.pages for number in page.mediabox[2:]} == {595.3, 841.9}


@pytest.mark.parametrize("routine", ["lower-back-seven", "gentle-relief"])
def test_letters_of_steps_are_large_enough(routine: str) -> None:
    sizes: Counter[float] = Counter()

    def visit(text: str, _current: Any, matrix: list[float], _font: Any, size: float) -> None:
        sizes[round(abs(matrix[3]) * size, 1)] += len(text.strip())

    for page in read(sheet_pdf(sheet_of(Order(targets=(routine,))))).pages:
        page.extract_text(visitor_text=visit)
    assert sizes.most_common(1)[0][0] >= 9.5
    assert sum(count for size, count in sizes.items() if size < 8.5) <= 60  # the numbers in the boxes


def test_a_pdf_is_tagged_for_screen_readers(data: bytes) -> None:
    reader = read(data)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is not False
    assert str(root["/Lang"]).startswith("en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata
    assert reader.metadata.title == "Lower back seven"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in data
    kinds = Counter(str(each["/S"]) for each in elements(reader))
    assert kinds["/H1"] == 1
    assert kinds["/H2"] == 4
    assert kinds["/H3"] == 3 + 7
    assert (kinds["/Table"], kinds["/TR"], kinds["/TH"]) == (1, 5, 8)
    assert kinds["/Figure"] == kinds["/Link"] == 1
    assert kinds["/LI"] > 10


def test_headings_skip_no_level(data: bytes) -> None:
    names = [str(each["/S"]) for each in elements(read(data))]
    levels = [int(name[2]) for name in names if re.fullmatch("/H[1-6]", name)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_code_has_words_and_the_address_is_a_link(data: bytes) -> None:
    reader = read(data)
    (figure,) = [each for each in elements(reader) if each["/S"] == "/Figure"]
    assert str(figure["/Alt"]) == f"Code to scan: {ADDRESS}"
    links = [note.get_object() for page in reader.pages for note in page.get("/Annots", ())]
    assert [link["/A"]["/URI"] for link in links] == [ADDRESS]
    assert ADDRESS in text_of(reader).replace(" ", "")
    without = read(sheet_pdf(sheet_of(Order(targets=("cobra",)))))
    assert not [each for each in elements(without) if each["/S"] == "/Figure"]


def test_the_same_sheet_gives_the_same_bytes(made: Sheet, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert sheet_pdf(made) == data
    assert b"CreationDate" not in data


@thorough
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12].encode("ascii", "replace").decode())
def test_hostile_text_is_shown_as_it_is(made: Sheet, text: str) -> None:
    item = dataclasses.replace(
        made.items[0], name=text, dose=text, position=text, before=text, steps=(text,), cautions=(text,), easier=(text,)
    )
    hostile = dataclasses.replace(
        made, title=text, purpose=text, props=(text,), items=(item,) * 3, sources=(text,), made_by=text
    )
    reader = read(sheet_pdf(hostile))
    assert reader.metadata
    assert reader.metadata.title
    if text.isascii() and text.isprintable() and len(text) < 100:
        assert reader.metadata.title == text
        assert text.replace(" ", "") in text_of(reader).replace(" ", "")


def test_letters_that_no_font_has_cost_the_standard_and_not_the_sheet(made: Sheet) -> None:
    data = sheet_pdf(dataclasses.replace(made, title="漢字 😀"))
    assert b"pdfuaid" not in data
    reader = read(data)
    assert reader.metadata
    assert reader.metadata.title == "漢字 😀"
    assert "/StructTreeRoot" in reader.trailer["/Root"]


def test_a_long_word_stays_on_the_page(made: Sheet) -> None:
    right: list[float] = []

    def visit(text: str, _current: Any, matrix: list[float], _font: Any, _size: float) -> None:
        right.extend([matrix[4]] if text.strip() else [])

    item = dataclasses.replace(made.items[0], name="x" * 300, steps=("y" * 300,))
    for page in read(sheet_pdf(dataclasses.replace(made, items=(item,), url=f"https://example.org/{'z' * 470}"))).pages:
        page.extract_text(visitor_text=visit)
    assert right
    assert max(right) < 595


@thorough
def test_a_very_long_routine_takes_more_pages() -> None:
    stretches = [*standard_library().stretches][:40]
    reader = read(sheet_pdf(sheet_of(Order(targets=tuple(stretches)))))
    assert 2 < len(reader.pages) < 10
    assert "40. " in text_of(reader)


def test_breathing_alone_has_a_pdf() -> None:
    reader = read(sheet_pdf(sheet_of(Order(breathing=True, breath="box"), url=ADDRESS)))
    assert len(reader.pages) == 1
    assert "Breathe in for 4, hold for 4, out for 4, rest for 4." in text_of(reader)


def test_without_the_package_it_is_said_what_to_install(made: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(InputError, match=r"pip install 'stretch-coach\[sheet\]', or write \.html"):
        sheet_pdf(made)


def test_the_template_is_told_data_and_not_source(made: Sheet) -> None:
    from coach.sheet import pdf

    told = pdf._told(made)
    assert set(told) == {"sheet", "code", "alternative"}
    assert json.loads(told["sheet"])["title"] == made.title
