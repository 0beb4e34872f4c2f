from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import segno

from coach.errors import InputError
from coach.library.standard import standard_library
from coach.order import Order
from coach.sheet.code import QUIET, code_svg
from coach.sheet.html import POLICY, sheet_html
from coach.sheet.model import Sheet, sheet_of

ADDRESS = 'https://example.org/a?b=1&c="<x>'
HOSTILE = "<script>alert(1)</script>\"'&\x00\x1b\u202e #import 😀 سلام"
VOID = {"meta", "link", "br", "img", "hr", "input", "path"}


class Page(HTMLParser):
    """What a page is made of; fails where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def made() -> Sheet:
    return sheet_of(Order(targets=("lower-back-seven",)), url=ADDRESS)


def test_a_page_has_a_language_a_title_and_headings_in_order(made: Sheet) -> None:
    page = Page(sheet_html(made))
    assert page.all("html") == [{"lang": "en"}]
    assert "Lower back seven" in page.texts
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(page.all("article")) == 7
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {each["aria-labelledby"] for each in page.all("section") if each.get("aria-labelledby")} <= set(ids)


def test_a_page_has_a_box_for_each_day_of_four_weeks(made: Sheet) -> None:
    page = Page(sheet_html(made))
    assert [text for text in page.texts if re.fullmatch(r"\d+", text)][-29:].count("28") == 1
    assert len([each for each in page.all("span") if each.get("class") == "box"]) == 28
    assert len(page.all("caption")) == 1
    assert [each.get("scope") for each in page.all("th")] == ["col"] * 8 + ["row"] * 4


def test_a_page_asks_for_nothing_from_anywhere(made: Sheet) -> None:
    text = sheet_html(made)
    page = Page(text)
    assert {"http-equiv": "Content-Security-Policy", "content": POLICY} in page.all("meta")
    assert not {"script", "link", "img", "iframe", "form"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "style")]
    assert "url(" not in text
    assert "@import" not in text
    assert "@page { size: A4" in text
    assert [each["href"] for each in page.all("a")] == [ADDRESS]


def test_hostile_text_stays_text(made: Sheet) -> None:
    item = dataclasses.replace(made.items[0], name=HOSTILE, dose=HOSTILE, steps=(HOSTILE,), cautions=(HOSTILE * 500,))
    hostile = dataclasses.replace(
        made, title=HOSTILE, purpose=HOSTILE, items=(item,), sources=(HOSTILE,), avoided=(HOSTILE,)
    )
    text = sheet_html(hostile)
    page = Page(text)
    assert "<script" not in text
    assert "\x00" not in text
    assert "\u202e" not in text
    assert "script" not in {tag for tag, _ in page.tags}
    assert [tag for tag, _ in page.tags if tag != "article"].count("title") == 1
    text.encode()


def test_the_code_is_a_picture_of_the_address(made: Sheet) -> None:
    page = Page(sheet_html(made))
    (svg,) = page.all("svg")
    assert svg["role"] == "img"
    assert svg["aria-label"] == f"Code to scan: {ADDRESS}"
    assert ADDRESS in page.texts
    assert dark_modules(code_svg(ADDRESS)) == {
        (x + QUIET, y + QUIET)
        for y, row in enumerate(segno.make(ADDRESS, error="m", micro=False).matrix)
        for x, is_dark in enumerate(row)
        if is_dark
    }


def dark_modules(svg: str) -> set[tuple[int, int]]:
    """Return the dark squares of a code, read from the strokes that draw it."""
    strokes = re.search(r'stroke="#000" d="([^"]+)"', svg)
    assert strokes
    found, x, y = set(), 0.0, 0.0
    for kind, numbers in re.findall(r"([Mmhlz])([-\d. ]*)", strokes[1]):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if kind == "M":
            x, y = values
        elif kind == "m":
            x, y = x + values[0], y + values[1]
        else:
            found |= {(int(x) + step, int(y)) for step in range(int(values[0]))}
            x += values[0]
    return found


def test_without_an_address_there_is_no_code() -> None:
    page = Page(sheet_html(sheet_of(Order(targets=("cobra",)))))
    assert page.all("svg") == page.all("a") == []


@pytest.mark.parametrize("routine", standard_library().routines)
def test_every_routine_has_a_page(routine: str) -> None:
    made = sheet_of(Order(targets=(routine,)))
    text = sheet_html(made)
    assert text == sheet_html(made)
    page = Page(text)
    assert len(page.all("article")) == len(made.items)
    shown = " ".join(page.texts)
    for item in made.items:
        for line in (item.dose, *item.steps, *item.cautions):
            assert line in shown


def test_breathing_alone_has_a_page() -> None:
    Page(sheet_html(sheet_of(Order(breathing=True), url="https://example.org")))


def test_a_page_without_an_address_needs_no_package(monkeypatch: pytest.MonkeyPatch, made: Sheet) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    assert sheet_html(dataclasses.replace(made, url=None))
    with pytest.raises(InputError, match=r"pip install 'stretch-coach\[sheet\]', or leave the address out"):
        sheet_html(made)


def test_the_packages_are_loaded_when_they_are_needed() -> None:
    code = "import coach.sheet.html, coach.sheet.pdf, coach.cli.sheet, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"typst", "segno"} & set(loaded)
