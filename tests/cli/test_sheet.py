"""``coach sheet``, as it is typed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pypdf
import pytest

from coach.publish.seal import is_sealed
from support.command import Coach


def test_a_sheet_is_written_and_said(coach_here: Coach, tmp_path: Path) -> None:
    done = coach_here("sheet", "cobra", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "cobra.pdf\n", "")
    data = (tmp_path / "cobra.pdf").read_bytes()
    assert is_sealed(data)
    assert data.endswith(b"%%EOF")
    assert len(pypdf.PdfReader(tmp_path / "cobra.pdf", strict=True).pages) == 1
    assert coach_here("sheet", "cobra", cwd=tmp_path).returncode == 0  # its own is made anew
    assert (tmp_path / "cobra.pdf").read_bytes() == data


def test_a_name_or_a_folder_says_where_and_in_which_form(coach_here: Coach, tmp_path: Path) -> None:
    page = tmp_path / "mine.HTML"
    assert coach_here("sheet", "cobra", "cat-cow", "-o", page, "--title", "Mine").stdout == f"{page}\n"
    assert '<h1 dir="auto">Mine</h1>' in page.read_text(encoding="utf-8")
    assert is_sealed(page.read_bytes())
    assert coach_here("sheet", "daily", "--gentle", "-o", tmp_path).stdout == f"{tmp_path / 'daily-gentle.pdf'}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["daily-gentle.pdf", "mine.HTML"]


def test_what_the_order_changes_is_said(coach_here: Coach, tmp_path: Path) -> None:
    done = coach_here("sheet", "lower-back-seven", "--avoid", "knees", "-o", tmp_path)
    assert done.returncode == 0
    assert done.stderr.startswith("avoided: ")


@pytest.mark.parametrize("name", ["mine.pdf", "mine.html"])
def test_what_the_coach_did_not_write_is_never_replaced(coach_here: Coach, tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.write_bytes(b"mine")
    refused = coach_here("sheet", "cobra", "-o", place)
    assert refused.returncode == 2
    assert "add --force to replace it" in refused.stderr
    assert place.read_bytes() == b"mine"
    assert coach_here("sheet", "cobra", "-o", place, "--force").returncode == 0
    changed = place.read_bytes().replace(b"Stretch Coach 0", b"Stretch Coach 1") + b"\n"
    place.write_bytes(changed)
    assert coach_here("sheet", "cobra", "-o", place).returncode == 2
    assert place.read_bytes() == changed
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_without_the_package_a_page_is_written(
    coach_here: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec

    def not_found(name: str, *more: Any) -> Any:
        return None if name == "typst" else find(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", not_found)
    assert coach_here("sheet", "cobra", cwd=tmp_path).stdout == "cobra.html\n"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "name a routine or a stretch"),
        (("nothing-like-it",), "there is no routine or stretch called"),
        (("cobra", "-o", "x.docx"), "end it in .pdf or .html"),
        (("cobra", "-o", "nowhere/"), "does not exist"),
        (("cobra", "-o", "nowhere/x.pdf"), "does not exist"),
        (("cobra", "--url", "example.org"), "the address begins with https:// or http://"),
        (("cobra", "--url", "https://example.org/a b"), "has no spaces"),
        (("cobra", "--url", f"https://example.org/{'a' * 500}"), "the most is 500"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    coach_here: Coach, tmp_path: Path, words: tuple[str, ...], problem: str
) -> None:
    done = coach_here("sheet", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert problem in done.stderr
    assert list(tmp_path.iterdir()) == []
