"""Positions and ways, as they stand in the library."""

from __future__ import annotations

from itertools import permutations

import pytest

from coach.core.positions import Positions
from coach.library.positions import built_in_positions

POSITIONS = built_in_positions()
NAMES = tuple(POSITIONS.positions)


def test_the_library_has_no_problems() -> None:
    assert list(POSITIONS.problems()) == []


@pytest.mark.parametrize(("origin", "target"), list(permutations(NAMES, 2)))
def test_each_position_is_reached_from_each(origin: str, target: str) -> None:
    moves = POSITIONS.moves(origin, target)
    assert moves
    assert POSITIONS.path(origin, target)[-1].to == target


def test_being_there_needs_no_words_and_the_beginning_has_its_own() -> None:
    for name in NAMES:
        assert POSITIONS.moves(name, name) == ()
        assert POSITIONS.moves(None, name) == POSITIONS.positions[name].begin


def test_the_quickest_way_is_taken() -> None:
    texts = [move.say for move in POSITIONS.moves("hands-and-knees", "back")]
    assert texts == ["Lower yourself onto your side.", "Roll onto your back, and let your legs slide long."]


def test_getting_up_from_hands_and_knees_takes_its_time_and_needs_eyes() -> None:
    """It was “Stand up slowly.” in eight seconds; the steps are those that older people are taught, with a chair."""
    ways = POSITIONS.path("hands-and-knees", "standing")
    assert sum(way.move_ms for way in ways) >= 20_000
    assert POSITIONS.needs_eyes("hands-and-knees", "standing")
    assert POSITIONS.needs_eyes("standing", "hands-and-knees")
    assert not POSITIONS.needs_eyes("hands-and-knees", "back")


def test_a_folder_adds_to_the_positions_and_outranks_them() -> None:
    more = Positions.model_validate(
        {
            "positions": {
                "sofa": {"name": "on a sofa", "begin": ["Sit on the sofa."]},
                "standing": {"name": "standing", "begin": ["Stand."], "eyes": "open"},
            },
            "ways": [{"from": "standing", "to": "sofa", "steps": ["Sit down."]}],
        }
    )
    joined = POSITIONS.joined(more)
    assert [move.say for move in joined.moves(None, "standing")] == ["Stand."]
    assert joined.moves("hands-and-knees", "sofa")[-1].say == "Sit down."
    assert set(NAMES) < set(joined.positions)


def test_where_no_way_leads_one_begins_anew_with_open_eyes() -> None:
    """A folder's position without a way ended in a traceback."""
    sofa = {"name": "on a sofa", "begin": ["Sit on the sofa."]}
    joined = POSITIONS.joined(Positions.model_validate({"positions": {"sofa": sofa}}))
    assert [move.say for move in joined.moves("back", "sofa")] == ["Sit on the sofa."]
    assert joined.needs_eyes("back", "sofa")
    assert joined.moves("sofa", "back") == joined.positions["back"].begin
    assert joined.moves("sofa", "sofa") == ()
    assert not joined.needs_eyes("sofa", "sofa")


def test_a_way_between_unknown_positions_is_a_problem() -> None:
    wrong = Positions.model_validate(
        {
            "positions": {"sofa": {"name": "s", "begin": ["Sit."]}},
            "ways": [{"from": "sofa", "to": "moon", "steps": ["Fly."]}],
        }
    )
    assert list(wrong.problems()) == [(("ways", 0, "to"), "there is no position called “moon”")]
