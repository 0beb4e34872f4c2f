from coach.core.delivery import Pace
from coach.drawing.curve import curve, runs
from support.making import compiled, delivery, routine, stretch

HOLD_20 = {"kind": "hold", "dose": "20 s"}


def picture(pattern: str, columns: int = 80, **manner: Pace) -> list[str]:
    timeline = compiled(routine(stretch(HOLD_20)), delivery(pattern, **manner))
    (run,) = runs(timeline)
    return list(curve(run, timeline, columns))


def test_a_breath_is_a_curve_with_its_counts_under_it() -> None:
    assert picture("4-6", 30)[:4] == [
        "        ▁▃▅▇▇▆▅▄▂▁",
        "    ▂▄▅▇███████████▆▅▄▃▁",
        "▂▄▆██████████████████████▇▅▄▃▂",
        "↑  2  3  4  ↓  2  3  ·  ·  ·",  # “Last breath.” takes the place of the last counts
    ]


def test_a_held_breath_stays_up_and_a_rest_stays_down() -> None:
    top, _, bottom, counts = picture("2-3-2-3")[:4]
    assert top.startswith("    ▂▆█████████▆▂")
    assert bottom[21:30] == "▁" * 9
    assert counts.startswith("↑  2  =  2  3  ↓  2  ")


def test_whole_breaths_stand_side_by_side_as_far_as_there_is_room() -> None:
    wide, narrow = picture("4-6", 60), picture("4-6", 59)
    assert (len(wide), len(narrow)) == (4, 8)
    assert max(map(len, wide)) == 60
    assert max(map(len, narrow)) == 30


def test_a_long_hold_is_not_drawn_to_its_end() -> None:
    timeline = compiled(routine(stretch({"kind": "hold", "dose": "10 breaths"})))
    (run,) = runs(timeline)
    lines = list(curve(run, timeline, 30))
    assert len(lines) == 9
    assert lines[-1] == "… and 8 more breaths"


def test_beats_without_a_word_are_dots() -> None:
    assert picture("4-6", pace=Pace.SILENT)[-1] == "·  " * 19 + "·"
