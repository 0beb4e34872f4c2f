from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.core.quoting import as_csv, from_cell


def cell(value: object) -> str:
    """Return how a value stands in a table, as a program reads it."""
    ((found, last),) = csv.reader(io.StringIO(as_csv([[value, "last"]]), newline=""))
    assert last == "last"
    return found


@pytest.mark.parametrize("text", ["=1+1", "+49", "-5", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1"])
def test_what_a_spreadsheet_would_run_is_a_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Anna", "5 = 5", "'tis", "", 7, -7, -0.5, None])
def test_all_else_stays_as_it_is(value: object) -> None:
    assert cell(value) == ("" if value is None else str(value))


@given(st.text(alphabet=st.one_of(st.sampled_from("'=+-@\t\r\n＝\","), st.characters(codec="utf-8"))))
def test_there_is_a_way_back(text: str) -> None:
    assert from_cell(cell(text)) == text


def test_every_row_ends_in_a_line_end() -> None:
    assert as_csv([]) == ""
    assert as_csv([["a", 1], ["b,", None]]) == 'a,1\n"b,",\n'
