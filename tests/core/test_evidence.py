import re

import pytest

from coach.core.evidence import Evidence
from coach.files import data_folder
from coach.library.standard import standard_library

PAGE = (data_folder("scripts").parent / "docs" / "evidence.md").read_text(encoding="utf-8")
UNTESTED = {"bed-ankle-pumps", "body-scan", "chair-ankles"}
"""About these we have read no trial."""


@pytest.mark.parametrize("kind", Evidence)
def test_the_page_has_every_figure_and_study(kind: Evidence) -> None:
    told = re.findall(r"\d{2,}|Owen|WalkBack|Fincham|Kubik", kind.told)
    assert len(told) >= 2
    assert [each for each in told if each not in PAGE] == []


def test_the_library_says_what_each_stretch_is_an_exercise_of() -> None:
    library = standard_library()
    assert {name for name in library.stretches if library.stretch(name).evidence is None} == UNTESTED
