from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.core.quoting import as_cell, from_cell


@pytest.mark.parametrize("text", ["=1+1", "+49", "-5", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1"])
def test_what_a_spreadsheet_would_run_is_a_text(text: str) -> None:
    assert as_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Anna", "5 = 5", "'tis", "", 7, -7, -0.5, None])
def test_all_else_stays_as_it_is(value: object) -> None:
    assert as_cell(value) == value


@given(st.text(alphabet=st.one_of(st.sampled_from("'=+-@\t＝"), st.characters(codec="utf-8"))))
def test_there_is_a_way_back(text: str) -> None:
    assert from_cell(str(as_cell(text))) == text
