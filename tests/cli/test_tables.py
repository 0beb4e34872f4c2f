from __future__ import annotations

from coach.cli.tables import table_lines

ROWS = (
    ("name", "about", ""),
    ("daily", "14:58", "Every part of the lower back, once, in fifteen minutes."),
    ("x", "-", ""),
)


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert list(table_lines(ROWS)) == [
        "name   about",
        "daily  14:58  Every part of the lower back, once, in fifteen minutes.",
        "x      -",
    ]


def test_on_a_screen_a_long_text_goes_on_below_itself_and_nothing_is_cut() -> None:
    lines = list(table_lines(ROWS, 40))
    assert lines == [
        "name   about",
        "daily  14:58  Every part of the lower",
        "              back, once, in fifteen",
        "              minutes.",
        "x      -",
    ]
    assert all(len(line) <= 40 for line in lines)


def test_a_screen_with_no_room_gets_whole_lines() -> None:
    assert list(table_lines(ROWS, 20)) == list(table_lines(ROWS))


def test_wide_characters_and_line_ends_keep_the_columns() -> None:
    assert list(table_lines([("漢字", "a"), ("ab\ncd", "b")])) == ["漢字   a", "ab cd  b"]
