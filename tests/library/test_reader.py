from __future__ import annotations

import pytest

from coach.core.movements import Hold
from coach.core.script import RoutineScript, StretchScript
from coach.errors import ScriptError
from coach.library.reader import MAX_FILE_CHARS, read_script

GOOD = """\
name: Knee hug
eases: the back
position: back
setup:
  - Draw your knees up.
movement:
  kind: hold
  dose: 30 s
release:
  - Let go.
sources:
  - article: 002
    dose: 30 s
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ScriptError) as caught:
        read_script(text, "x.yaml")
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_good_script_reads() -> None:
    script = read_script(GOOD, "x.yaml")
    assert isinstance(script, StretchScript)
    assert isinstance(script.movement, Hold)
    assert script.sources[0].article == "002"
    routine = read_script("name: A\npurpose: b\nstretches: [cat-cow, {stretch: cobra, dose: 5 x}]\n", "r.yaml")
    assert isinstance(routine, RoutineScript)
    assert [item.stretch for item in routine.stretches] == ["cat-cow", "cobra"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["x.yaml:1:1: the script is empty; scripts/README.md shows how to begin"]),
        ("- a\n", ["x.yaml:1:1: a script is a list of “key: value” lines, beginning with “name:”"]),
        ("name: a\nname: b\n", ["x.yaml:2:1: the key “name” is there twice; keep one"]),
        ("name: a: b\n", ["x.yaml:1:8: a colon inside a text needs quotes around the text"]),
        (
            GOOD.replace("  - Draw", "\t- Draw"),
            [
                "x.yaml:5:1: found character '\\t' that cannot start any token; "
                "indent with spaces, and put texts with special characters in quotes"
            ],
        ),
        ("name: [a\n", ["x.yaml:2:1: this is not YAML: expected ',' or ']', but got '<stream end>'"]),
        ("[" * 5000, ["x.yaml:1:1: this is not YAML: it is nested too deeply"]),
    ],
)
def test_what_is_not_yaml_says_where(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("eases:", "easess:", ["2:1: unknown key “easess”; did you mean “eases”?", "1:1: the key “eases” is missing"]),
        ("  dose: 30 s\nrel", "  doze: 30 s\nrel", ["8:3: unknown key “doze”; did you mean “dose”?"]),
        ("kind: hold", "kind: holt", ["7:9: “holt” is no kind of movement; did you mean “hold”?"]),
        ("  kind: hold\n", "", ["7:3: the key “kind” is missing"]),
        ("position: back", "position: bakc", ["3:11: “bakc” is not possible here; did you mean “back”?"]),
        ("dose: 30 s\nrel", "dose: -30 s\nrel", ["8:9: “-30 s” is not a dose"]),
        ("dose: 30 s\nrel", "dose: 0 s\nrel", ["8:9: a dose of “0 s” is nothing"]),
        ("dose: 30 s\nrel", "dose: .nan\nrel", ["8:9: “nan” is not a dose"]),
        ("dose: 30 s\nrel", "dose: 86400 s\nrel", ["8:9: a dose of “86400 s” is too much"]),
        ("dose: 30 s\nrel", "dose: 1:30\nrel", ["8:9: “1:30” is not a dose"]),
        ("dose: 30 s\nrel", "dose: 5 x\nrel", ["8:9: the dose of a hold is written like “30 s” or “5 breaths”"]),
        ("  - Let go.", "  - ''", ["10:5: there is nothing to say here"]),
        ("  - Let go.", "  - '!?'", ["10:5: there is nothing to say here"]),
        ("  - Let go.", "  -", ["10:4: “key: value” lines belong here, not nothing"]),
        ("  - Let go.", '  - "Let\\u0007go."', ["10:5: no voice can say the character '\\x07'"]),
        ("  - Let go.", "  - say: {side} up", ["10:"]),
        ("  - Let go.", "  - say: {side}", ["10:10: a text that begins with { needs quotes around it"]),
        ("  - Let go.", "  - Lift your {side} leg.", ["10:5: {side} needs sides"]),
        ("  - Let go.", "  - Lift your {leg} leg.", ["10:5: braces are for {side} and {other_side} only"]),
        ("  - Let go.", "  - say: Let go.\n    move: 4", ["11:11: “4” is not a length of time"]),
        ("  - Let go.", "  - say: Let go.\n    move: 700 s", ["11:11: “700 s” is too long"]),
        ("  - Let go.", "  - say: yes\n    again: 5", ["11:"]),
        ("  - Let go.", "  - " + "x" * 201, ["10:5: this is longer than 200 characters"]),
        ("release:\n  - Let go.", "release: []", ["9:10: the list is empty"]),
        ("release:\n  - Let go.", "release: Let go.", ["9:10: a list belongs here"]),
        ("name: Knee hug", "name: 12", ["1:7: a text belongs here, not “12”"]),
        ("name: Knee hug", "name:", ["1:1: a text belongs here, not nothing"]),
    ],
)
def test_every_problem_has_its_place(old: str, new: str, expected: list[str]) -> None:
    found = problems(changed(old, new))
    for start in expected:
        assert any(problem.startswith(f"x.yaml:{start}") for problem in found), found


def test_every_problem_is_named_at_once() -> None:
    found = problems(changed("eases:", "easess:").replace("30 s\nrel", "thirty\nrel").replace("- Let go.", "- '!'"))
    assert len(found) == 4
    assert found == sorted(found, key=lambda text: [int(number) for number in text.split(":")[1:3]])


@pytest.mark.parametrize(
    "value", ["!!int", "!!bool maybe", "!!set x", '"a\\ud800b"', "0x" + "f" * 5000, "!!timestamp x", "!unknown {a: b}"]
)
def test_odd_values_are_problems_and_not_crashes(value: str) -> None:
    assert problems(changed("name: Knee hug", f"name: {value}"))
    assert problems(changed("- Let go.", f"- {{say: x, move: {value}}}"))


def test_yaml_is_of_version_1_2() -> None:
    script = read_script(changed("Let go.", "on"), "x.yaml")
    assert isinstance(script, StretchScript)
    assert script.release[0].say == "on"


def test_what_multiplies_itself_stays_a_line() -> None:
    bomb = "name: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"k{chr(98 + level)}: &{chr(98 + level)} [{', '.join(['*' + chr(97 + level)] * 9)}]\n" for level in range(9)
    )
    found = problems(bomb + "movement: {kind: hold, dose: *j}\nsetup: *j\nposition: *j\n")
    assert found == ["x.yaml:1:1: a script has at most 20000 values; this is none"]


def test_something_huge_is_no_script() -> None:
    assert "at most" in problems("a" * (MAX_FILE_CHARS + 1))[0]
