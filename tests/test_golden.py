"""Readable goldens: each routine's timeline with the silent voice, as a score.

``pytest --update-golden`` writes them anew; read what changed aloud before committing it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from coach.compiler import estimate
from coach.drawing.score import score
from coach.files import data_folder
from coach.library.library import Library
from coach.recipe import DEFAULT_DELIVERY

LIBRARY = Library([data_folder("scripts")])
GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", LIBRARY.routines)
def test_a_routine_reads_as_before(name: str, request: pytest.FixtureRequest) -> None:
    lines = score(estimate(LIBRARY.routine(name), DEFAULT_DELIVERY))
    text = "\n".join(lines) + "\n"
    path = GOLDEN / f"{name}.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), "there is no golden yet: run pytest --update-golden, and read it"
    assert text == path.read_text(encoding="utf-8")


def test_no_golden_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(LIBRARY.routines)
