from __future__ import annotations

import time

import pytest

from coach.errors import UnknownNameError, nearest, suggested

NAMES = (
    "daily",
    "cat-cow",
    "cobra",
    "lying-knee-twist",
    "knee-to-chest",
    "lower-back-seven",
    "record:FILE.wav",
    "En-US",
)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("daly", "daily"),
        ("dialy", "daily"),
        ("DAILY", "daily"),
        ("catcow", "cat-cow"),
        ("kobra", "cobra"),
        ("twist", "lying-knee-twist"),
        ("knee", "lying-knee-twist"),
        ("lower-back", "lower-back-seven"),
        ("lower-back-sevn", "lower-back-seven"),
        ("record", "record:FILE.wav"),
        ("en-usa", "En-US"),
        ("evening", None),
        ("sauna", None),
        ("x", None),
        ("", None),
        ("cow-cat-cow-cow", None),
        ("d" * 100_000, None),
    ],
)
def test_only_a_near_word_is_suggested(asked: str, meant: str | None) -> None:
    assert nearest(asked, NAMES) == meant


def test_a_hint_follows_a_problem_without_doubled_marks() -> None:
    assert suggested("there is no “daly”", "daly", NAMES, "“coach list” shows them all") == (
        "there is no “daly”; did you mean “daily”?"
    )
    assert str(UnknownNameError("stretch", "sauna", NAMES, "“coach list” shows them all")) == (
        "there is no stretch called “sauna”; “coach list” shows them all"
    )


def test_looking_for_near_words_is_bounded() -> None:
    known = tuple(f"stretch-number-{number}" for number in range(50_000))
    began = time.process_time()
    for number in range(20):
        suggested("no", f"stretched-nomber{number}", known, "list")
    assert time.process_time() - began < 3
