from __future__ import annotations

from coach.drawing.facts import RoutineFacts, StretchFacts
from support.making import compiled, delivery, routine, stretch

ROLLS = {"kind": "sequence", "dose": "2 x", "places": [{"say": "Roll to the {side}.", "hold": "3 s"}] * 2}


def test_a_stretch_is_told_step_by_step_as_its_first_side_hears_it() -> None:
    script = stretch(
        ROLLS,
        sides=["left", "right"],
        cautions=["Go slowly."],
        unsuitable=["pregnancy"],
        instead="cat-cow",
        easier=[{"note": "Roll less."}],
    )
    of_one = routine(script)
    facts = StretchFacts.of(of_one, delivery(), compiled(of_one))
    lines = list(facts.lines())
    assert lines[0].startswith("Test stretch  (stretch-0, about ")
    assert lines[1:] == [
        "Eases nothing.",
        "Position: back. Kind: sequence.",
        "Dose: 2 x; here 2 times each side.",
        "",
        "Into it:",
        "  Lift your left leg.",
        "Then:",
        "  Roll to the left. (held 3 s)",
        "  Roll to the left. (held 3 s)",
        "Out of it:",
        "  Let go.",
        "Caution: Go slowly.",
        "Easier: Roll less.",
        "In pregnancy leave this out. --gentle takes cat-cow instead.",
        "Source: article 002, dose 30 s",
        "The left side comes first, then the right, in fewer words.",
    ]
    assert facts.data()["comes_to"] == "2 times each side"


def test_a_routine_is_told_with_what_each_dose_came_to() -> None:
    rest = {"kind": "rest", "dose": "20 s"}
    several = routine(stretch(), stretch(rest, unsuitable=["fresh-injury"], cautions=["Slowly."]))
    facts = RoutineFacts.of(several, delivery(), compiled(several))
    assert list(facts.lines())[2:] == [
        "  1. Test stretch  3 breaths of 4-6, 30 s  (dose 30 s)",
        "  2. Test stretch  20 s  (dose 20 s)",
        "     Caution: Slowly.",
        "With a fresh injury leave out Test stretch; --gentle does.",
    ]
    assert [each["dose"] for each in facts.data()["stretches"]] == ["30 s", "20 s"]
