from __future__ import annotations

import re
import time

import pytest

from coach.core.movements import Hold
from coach.core.script import RoutineScript, StretchScript
from coach.errors import ScriptError
from coach.library.document import MAX_FILE_CHARS
from coach.library.reader import read_script

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
        ("name: [a\n", ["x.yaml:2:1: this is not YAML: ',' or ']' is missing here"]),
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
        ("kind: hold", "kind: holt", ["7:9: “holt” is not a kind of movement; did you mean “hold”?"]),
        ("  kind: hold\n", "", ["7:3: the key “kind” is missing"]),
        ("position: back", "position: Bakc", ["3:11: “Bakc” is not possible here"]),
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
    assert found == ["x.yaml:1:1: a script has at most 20000 values; this has more"]


def test_something_huge_is_no_script() -> None:
    assert "at most" in problems("a" * (MAX_FILE_CHARS + 1))[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 1\nb: &x 2\n", "2:4: the anchor &x is there twice; rename one"),
        ("a: *x\n", "1:4: *x stands for nothing: no &x ends before it"),
        ("a: &x {b: *x}\n", "1:11: *x stands for nothing: no &x ends before it"),
        ("a: 1\n<<: 5\n", "2:5: “<<” takes the keys of another place: write an alias like *name after it"),
        ("a: &x [1]\n<<: *x\n", "2:5: “<<” takes the keys of another place: write an alias like *name after it"),
        ("a: 1\n---\nb: 2\n", "2:1: a script is one document; take out what begins at this “---”"),
        ("a: x\x07y\n", "1:5: the character U+0007 cannot be part of a script; take it out"),
        (
            "a: 1\nb: \ud800\n",
            "2:4: there is half a character in it (a lone surrogate); write the text as it is",
        ),
        ("a: 'b\n", "2:1: the text that begins with a quote does not end; write the quote at its end too"),
        (
            "a: !!python/name:os.x x\n",
            "1:4: the tag “!!python/name:os.x” is not for scripts; leave it out",
        ),
    ],
)
def test_anchors_merges_and_characters_that_go_nowhere_are_problems_with_a_place(text: str, expected: str) -> None:
    assert problems(text) == [f"x.yaml:{expected}"]


def test_aliases_and_merges_are_read() -> None:
    steps = "  - &a {say: Draw your knees up., move: 5 s}\n  - <<: *a\n    say: Wait.\n  - *a"
    script = read_script(changed("  - Draw your knees up.", steps), "x.yaml")
    assert isinstance(script, StretchScript)
    assert [(step.say, step.move) for step in script.setup] == [
        ("Draw your knees up.", 5000),
        ("Wait.", 5000),
        ("Draw your knees up.", 5000),
    ]


KEYS = [
    "? " * 14 + "a\n",
    "? " * 90_000 + "a\n",
    "? [a]\n: b\n",
    "{[a]: b}\n",
    "? {a: b}\n",
    "*a : b\n",
]


@pytest.mark.parametrize("text", KEYS)
def test_keys_that_are_not_plain_words_are_refused_before_anything_is_built(text: str) -> None:
    began = time.monotonic()
    (found,) = problems(text)
    assert "a key is a plain word" in found
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "- " * 50_000, "a: " + "[" * 150_000, "&a [" * 9000])
def test_deep_nesting_is_refused_at_once(text: str) -> None:
    began = time.monotonic()
    assert len(problems(text)) == 1
    assert time.monotonic() - began < 1


def test_a_chain_of_aliases_cannot_nest_without_end() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 150))
    assert problems(chain) == ["x.yaml:1:1: this is not YAML: it is nested too deeply"]


def test_fifteen_thousand_unknown_keys_are_told_quickly() -> None:
    text = GOOD + "".join(f"key{number}: x\n" for number in range(9_000))
    began = time.process_time()
    assert len(problems(text)) == 9_000
    assert time.process_time() - began < 3
    assert "at most 20000 values" in problems(GOOD + "".join(f"key{number}: x\n" for number in range(15_000)))[0]


def test_rounds_within_rounds_are_told_of_as_such() -> None:
    text = "name: A\npurpose: b\nstretches:\n  - repeat: 2\n    stretches:\n      - {repeat: 2, stretches: [cobra]}\n"
    assert problems(text) == ["x.yaml:6:9: rounds hold stretches and pauses, but no other rounds; write these out"]


def test_an_unknown_key_that_is_like_no_other_is_told_what_is_allowed_there() -> None:
    found = problems(changed("movement:\n", "movement:\n  wheelbarrow: 5\n") + "zebra: 1\n")
    assert "x.yaml:7:3: unknown key “wheelbarrow”; here belong kind, dose, lines, loaded, effort" in found
    begins = "x.yaml:15:1: unknown key “zebra”; here belong name, eases, evidence, position, "
    assert any(each.startswith(begins) for each in found)


ODD = ["5", "-1", "5.5", "[]", "{}", "[1]", "{a: b}", "true", "", "x", "2000-01-01", ".inf", "9" * 5000, "''", "1e99"]
FIELDS = ["name", "eases", "position", "sides", "breath", "setup", "movement", "release", "cautions", "easier"]
FIELDS += ["unsuitable", "instead", "sources", "ends_in"]
PYDANTICS = re.compile(
    r"input|should be|valid|instance|unable|parsed|\bterminated\b|\bmapping\b|dictionary|integer|boolean|\bNone\b|False"
)


@pytest.mark.parametrize("value", ODD)
def test_no_sentence_of_pydantics_reaches_a_person(value: str) -> None:
    lines = GOOD.splitlines(keepends=True)
    texts = [f"{GOOD}{field}: {value}\n" for field in FIELDS if f"\n{field}:" not in f"\n{GOOD}"]
    texts += [
        GOOD.replace("  - Draw your knees up.", f"  - say: x\n    {field}: {value}") for field in ("again", "move")
    ]
    texts += [GOOD.replace("  kind: hold\n", f"  kind: flow\n  {field}: {value}\n") for field in ("named", "inhale")]
    texts += [GOOD.replace("  kind: hold\n", f"  kind: hold\n  lines: [{{breath: {value}, phase: {value}}}]\n")]
    texts += [GOOD.replace(line, f"{line.split(':')[0]}: {value}\n") for line in lines if line[0] != " "]
    for text in texts:
        try:
            read_script(text, "x.yaml")
        except ScriptError as error:
            for problem in error.problems:
                assert not PYDANTICS.search(problem.message), problem
                assert len(problem.message) < 300
                assert not re.search(r"[?.!;:][.;:]|\?;|”\.", problem.message), problem
