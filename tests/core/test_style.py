import re
from pathlib import Path
from typing import Any

import pytest

from coach.core.positions import Positions
from coach.core.script import RoutineScript
from coach.core.style import (
    Rule,
    line_findings,
    positions_findings,
    quiet_stretches,
    routine_findings,
    stretch_findings,
    timeline_findings,
)
from support.making import compiled, routine, stretch


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Bring your right knee slowly up toward your chest until you feel it in your hip.", "16 words"),
        ("Bend your knee and reach for your foot.", "two actions in one sentence (bend and reach)"),
        ("Lift your leg, then lower your head.", "two actions in one sentence (lift and lower)"),
        ("Turn it like this.", "needs eyes"),
        ("Lift your leg as shown.", "needs eyes"),
        ("Now do this.", "does not say which"),
        ("Now with the other leg.", "does not say which"),
        ("Your back will be healed; it heals.", "promises"),
        ("It will relieve your pain.", "promises"),
        ("This fixes your back.", "promises"),
    ],
)
def test_what_is_hard_to_follow_is_flagged(text: str, says: str) -> None:
    assert any(says in message for message in line_findings(text)), list(line_findings(text))


@pytest.mark.parametrize(
    "text",
    [
        "Cross your right ankle over your left thigh.",
        "Breathe in, and lift your hips.",
        "Breathe out, and lower slowly.",
        "Take one more easy breath. Let it go.",
        "Hold it with both hands, just below the knee.",
        "This is for a bad day.",
    ],
)
def test_good_lines_are_left_alone(text: str) -> None:
    assert list(line_findings(text)) == []


def test_findings_have_their_place() -> None:
    script = stretch(release=["Let go.", "Lower your leg, and turn your head."])
    assert [path for path, _ in stretch_findings(script)] == [("release", 1, "say")]
    words = RoutineScript.model_validate(
        {"name": "x", "purpose": "y", "stretches": ["a"], "closing": ["You are cured now."]}
    )
    assert [path for path, _ in routine_findings(words)] == [("closing", 0)]


@pytest.mark.parametrize("key", ["easier", "harder", "option"])
def test_what_takes_the_place_of_a_step_is_read_too(key: str) -> None:
    script = stretch(setup=[{"say": "Lift your leg.", key: "Lower your leg, and turn your head."}])
    assert [path for path, _ in stretch_findings(script)] == [("setup", 0, key)]


def test_ways_between_positions_are_read_too() -> None:
    here = {"name": "here", "begin": ["Do this."], "rest": ["Watch your breath."], "rise": ["Roll over, and sit up."]}
    positions = Positions.model_validate(
        {"positions": {"here": here}, "ways": [{"from": "here", "to": "here", "steps": ["It will heal."]}]}
    )
    assert [path for path, _ in positions_findings(positions)] == [
        ("positions", "here", "begin", 0, "say"),
        ("positions", "here", "rest", 0),
        ("positions", "here", "rise", 0, "say"),
        ("ways", 0, "steps", 0, "say"),
    ]


def test_a_side_that_is_never_named_again_is_flagged() -> None:
    sided = {"sides": ["left", "right"], "release": ["Let go.", "Rest."]}
    assert [path for path, _ in stretch_findings(stretch(**sided))] == [("release",)]
    assert stretch_findings(stretch(**{**sided, "release": ["Let go.", "Lower your {side} leg."]})) == []


def test_a_long_quiet_hold_is_flagged() -> None:
    assert quiet_stretches(compiled(routine(stretch({"kind": "rest", "dose": "3 min"})))) == ("stretch-0",)
    assert quiet_stretches(compiled(routine(stretch({"kind": "rest", "dose": "60 s"})))) == ()
    assert quiet_stretches(compiled(routine(stretch({"kind": "hold", "dose": "3 min"})))) == ()


def test_a_script_that_holds_the_breath_is_flagged() -> None:
    assert stretch_findings(stretch(breath="4-6")) == []
    assert [path for path, _ in stretch_findings(stretch(breath="box"))] == [("breath",)]
    words = {"name": "x", "purpose": "y", "breath": "relax", "stretches": [{"stretch": "a", "breath": "4-4-4"}]}
    found = routine_findings(RoutineScript.model_validate(words))
    assert [path for path, _ in found] == [("stretches", 0, "breath"), ("breath",)]


def rules(**more: Any) -> list[str]:
    """The numbers of the rules that a stretch breaks."""
    movement = more.pop("movement", {"kind": "hold", "dose": "30 s"})
    script = stretch(movement, **more)
    timeline = compiled(routine(script))
    found = [*stretch_findings(script), *timeline_findings(script, timeline)]
    return [match[0] for _, message in found if (match := re.search(r"S\d\d(?=\)$)", message))]


REPEATED = {"kind": "repeated-hold", "dose": "3 x", "hold": "8 s", "back": "Lower."}


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (
            {"movement": {"kind": "hold", "dose": "30 s", "lines": [{"breath": 5, "phase": "in", "say": "Soften."}]}},
            {"movement": {"kind": "hold", "dose": "30 s", "lines": [{"breath": 2, "phase": "in", "say": "Soften."}]}},
        ),
        (
            {"movement": {"kind": "rest", "dose": "30 s", "lines": [{"at": "40 s", "say": "Soften."}]}},
            {"movement": {"kind": "rest", "dose": "30 s", "lines": [{"at": "20 s", "say": "Soften."}]}},
        ),
        (
            {"movement": {**REPEATED, "out": "Lift."}, "demands": ["straining"]},
            {"movement": {**REPEATED, "out": "Lift.", "loaded": True}, "demands": ["straining"]},
        ),
        (
            {"movement": {**REPEATED, "out": "Breathe in, and lift.", "loaded": True}},
            {"movement": {**REPEATED, "out": "Breathe out, and lift.", "loaded": True}},
        ),
        ({"release": ["Put the towel down."]}, {"release": ["Put the towel down."], "props": ["a small towel"]}),
        ({"breath": "4-7-8"}, {"breath": "4-7-8", "unsuitable": ["dizziness", "pregnancy"]}),
    ],
    ids=["S10 breath", "S10 time", "S11 not marked", "S11 breath in", "S12", "S07"],
)
def test_a_rule_finds_what_it_is_for(
    broken: dict[str, Any], mended: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    number = request.node.callspec.id.split()[0]
    assert rules(**broken) == [number]
    assert rules(**mended) == []


def test_a_line_that_is_longer_than_its_breath_is_flagged() -> None:
    movement = {"kind": "flow", "dose": "5 x", "inhale": "In and up.", "exhale": "Out and down.", "breath": "2-2"}
    script = stretch(movement)
    for longest_ms, found in ((8000, {"S09"}), (500, set())):
        timeline = compiled(routine(script), longest_ms=longest_ms)
        assert {message[-4:-1] for _, message in timeline_findings(script, timeline)} == found


def test_the_page_has_every_rule_and_no_other() -> None:
    page = (Path(__file__).parents[2] / "docs" / "style.md").read_text()
    assert re.findall(r"^\| (S\d\d) \|", page, re.MULTILINE) == [rule.value for rule in Rule]
