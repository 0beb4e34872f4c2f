"""No part of the coach grows beyond what a person can take in: ``tests/measures.py`` says what that means."""

from __future__ import annotations

import ast

import pytest

from measures import Measure, measures, parameters, table


def test_every_measure_is_kept() -> None:
    rows = measures()
    assert [row.what for row in rows if not row.is_met] == [], "\n".join(table(rows))


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("def f(): ...", 0),
        ("def f(self, a, /, b, *more, c, **rest): ...", 5),
        ("async def f(cls, a): ...", 1),
    ],
)
def test_everything_a_caller_may_give_is_a_parameter(code: str, count: int) -> None:
    function = ast.parse(code).body[0]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    assert parameters(function) == count


def test_what_is_missed_is_named() -> None:
    rows = [Measure("good", 3, 3, ["here"]), Measure("bad", 4, 3, ["there"])]
    told = list(table(rows))
    assert len(told) == 3
    assert "MISSED" not in told[0]
    assert told[1].endswith("MISSED")
    assert told[2].strip() == "there"
