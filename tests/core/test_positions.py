import itertools

from coach.core.languages.english.ways import way
from coach.core.positions import Position


def test_there_is_a_spoken_way_with_time_to_move_between_any_two_positions() -> None:
    for origin, target in itertools.product([None, *Position], Position):
        moves = way(origin, target)
        if origin is target:
            assert moves == ()
        else:
            assert moves
            assert all(move.text and move.move_ms >= 3000 for move in moves)
