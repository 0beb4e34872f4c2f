"""Plans that a spreadsheet saved."""

from __future__ import annotations

import datetime
import io
import random
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from coach.errors import InputError
from coach.order import Order
from coach.publish.spreadsheet import MOST_BYTES, spreadsheet_rows
from coach.publish.table import read_plan

ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.2"><office:body><office:spreadsheet><table:table table:name="Plan">{rows}</table:table>
</office:spreadsheet></office:body></office:document-content>"""

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""


def xlsx(folder: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    other = book.create_sheet("notes")
    other.append(["routine", "not read"])
    book.save(folder / "plan.xlsx")
    return folder / "plan.xlsx"


def ods(folder: Path, rows: list[list[Any]]) -> Path:
    def cell(value: Any) -> str:
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, bool):
            return f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(value).lower()}"/>'
        if isinstance(value, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    with zipfile.ZipFile(folder / "plan.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS.format(rows=body))
    return folder / "plan.ods"


ROWS: list[list[Any]] = [
    ["# a plan of ours"],
    ["Routine", "minutes", "title", "gentle"],
    ["daily", 12.5, "Für Jörg", True],
    [None, None, None, None],
    ["cat-cow + cobra", 7, None, False],
]


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_spreadsheet_says_what_a_table_says(tmp_path: Path, write: Any) -> None:
    path = write(tmp_path, ROWS)
    rows = list(read_plan(path))
    assert [row.place for row in rows] == [f"{path}:3", f"{path}:5"]
    assert [row.order(Order()) for row in rows] == [
        Order(targets=("daily",), minutes=12.5, title="Für Jörg", gentle=True),
        Order(targets=("cat-cow", "cobra"), minutes=7, gentle=False),
    ]


def test_a_formula_is_a_text(tmp_path: Path) -> None:
    path = xlsx(tmp_path, [["routine", "minutes", "title"], ["daily", "=1+1", '=HYPERLINK("http://example.org")']])
    (row,) = read_plan(path)
    assert row.title == '=HYPERLINK("http://example.org")'
    with pytest.raises(InputError, match="minutes: “=1\\+1” is not a number"):
        row.order(Order())


def test_a_date_is_told_as_it_is_written(tmp_path: Path) -> None:
    path = xlsx(tmp_path, [["routine", "title"], ["daily", datetime.datetime(2026, 11, 29)]])
    assert [row.title for row in read_plan(path)] == ["2026-11-29"]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_what_is_no_spreadsheet_is_refused_in_a_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"plan.{kind}"
    for data in (b"", b"routine\ndaily\n", b"PK\x03\x04 and no more", _zip({"x": b"y"})):
        path.write_bytes(data)
        with pytest.raises(InputError, match="cannot be read as a spreadsheet") as refused:
            read_plan(path)
        assert len(str(refused.value).splitlines()) == 1
    path.unlink()
    with pytest.raises(InputError, match="is not there"):
        read_plan(path)


@pytest.mark.parametrize("write", [xlsx, ods])
def test_damaged_spreadsheets_raise_nothing_else(tmp_path: Path, write: Any) -> None:
    path = write(tmp_path, ROWS)
    whole = path.read_bytes()
    dice = random.Random(7)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        path.write_bytes(bytes(data[: dice.randint(1, len(data))]) if dice.random() < 0.3 else bytes(data))
        try:
            for row in read_plan(path):
                row.order(Order())
        except InputError:
            pass


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(InputError, match="too large for a plan"):
        next(spreadsheet_rows(path))


@pytest.mark.parametrize(("write", "package"), [(xlsx, "openpyxl"), (ods, "python_calamine")])
def test_without_the_package_it_says_what_to_install(
    tmp_path: Path, write: Any, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, ROWS)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=r"stretch-coach\[tables\]"):
        read_plan(path)


def _zip(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()
