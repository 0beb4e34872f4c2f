import re

import pytest
from pydantic import ValidationError

from coach.core.fields import Step
from coach.core.script import RoutineScript, StretchScript
from support.making import stretch

SIDED = {"sides": ["right", "left"]}
ODD_BRACES = ("{side:d} up", "{side!r} up", "{{tight}}", "{side:{foo}}")


def test_a_step_may_be_a_plain_text() -> None:
    assert Step.model_validate("Lie down.") == Step(say="Lie down.")


def test_models_are_frozen_and_know_their_keys() -> None:
    script = stretch()
    with pytest.raises(ValidationError, match="frozen"):
        script.name = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        stretch(colour="red")


@pytest.mark.parametrize(
    "text",
    [
        "{side:d} up",
        "{side!r} up",
        "{{tight}}",
        "{side:{foo}}",
        "",
        "   ",
        "!!!",
        "…",
        "a\tb",
        "two\nlines",
        "Lift {arm}.",
        "Lift {side",
        "x" * 201,
    ],
)
def test_what_no_voice_can_say_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        stretch(release=[text])


def test_a_name_has_no_side() -> None:
    with pytest.raises(ValidationError, match="the same for both sides"):
        stretch(name="{side} base", **SIDED)


def test_side_without_sides_is_refused_wherever_it_stands() -> None:
    whole = stretch().model_dump(mode="json")
    whole["release"] = [{"say": "Lower your {side} leg."}]
    whole["movement"]["lines"] = [{"breath": 1, "phase": "out", "say": "Sink to the {other_side}."}]
    problems = StretchScript.model_validate(whole).problems()
    assert [path for path, _ in problems] == [("movement", "lines", 0, "say"), ("release", 0, "say")]
    assert all("needs sides" in message for _, message in problems)


@pytest.mark.parametrize(
    ("setup", "path"),
    [
        (["Lie still.", "Lift your {side} leg."], ("setup", 0)),
        ([{"say": "Lift your {side} leg.", "again": "Lift it."}], ("setup", 0, "again")),
        ([{"say": "Lift your {side} leg.", "again": False}], ("setup", 0, "again")),
    ],
)
def test_the_first_sentence_of_each_side_names_it(setup: list[object], path: tuple[object, ...]) -> None:
    whole = {**stretch(**SIDED).model_dump(mode="json"), "setup": setup}
    assert [found for found, _ in StretchScript.model_validate(whole).problems()] == [path]


@pytest.mark.parametrize("sides", [["left", "left"], []])
def test_sides_are_both_or_one(sides: list[str]) -> None:
    whole = {**stretch(**SIDED).model_dump(mode="json"), "sides": sides}
    assert [path for path, _ in StretchScript.model_validate(whole).problems()] == [("sides",)]


@pytest.mark.parametrize(
    ("movement", "path"),
    [
        ({"kind": "hold", "dose": "5 x"}, ("movement", "dose")),
        ({"kind": "rest", "dose": "5 breaths"}, ("movement", "dose")),
        ({"kind": "counted", "dose": "5 s"}, ("movement", "dose")),
        (
            {"kind": "repeated-hold", "dose": "5 x", "hold": "2 breaths", "out": "Lift.", "back": "Lower."},
            ("movement", "hold"),
        ),
        (
            {"kind": "sequence", "dose": "5 x", "places": [{"say": "Roll.", "hold": "5 x"}]},
            ("movement", "places", 0, "hold"),
        ),
    ],
)
def test_each_kind_takes_doses_of_its_own_units(movement: dict[str, object], path: tuple[object, ...]) -> None:
    whole = {**stretch().model_dump(mode="json"), "movement": movement}
    assert [found for found, _ in StretchScript.model_validate(whole).problems()] == [path]


def test_a_routine_speaks_no_sides_of_its_own() -> None:
    script = RoutineScript.model_validate(
        {"name": "x", "purpose": "y", "stretches": ["a"], "opening": ["Fine."], "closing": ["Turn {side}."]}
    )
    assert [path for path, _ in script.problems()] == [("closing", 0)]


def test_what_is_read_can_be_written_and_read_again() -> None:
    script = stretch({"kind": "hold", "dose": "10-20 s"}, **SIDED)
    assert StretchScript.model_validate(script.model_dump(mode="json")) == script


@pytest.mark.parametrize("char", ["→", "•", "*", "#", "😀", "右", "λ"])
def test_a_character_that_no_voice_can_say_is_refused(char: str) -> None:
    with pytest.raises(ValidationError, match=f"no voice can say “{re.escape(char)}”; write it in words"):
        stretch(setup=[f"Lift {char} your leg."])


def test_what_reads_as_words_may_be_written() -> None:
    assert stretch(setup=["Lift your leg ½ way (5-10x, 30 s) – it's “easy” & naïve…"]).setup


def test_the_breath_of_a_flow_cannot_be_held() -> None:
    flow = {"kind": "flow", "dose": "5 x", "inhale": "Breathe in.", "exhale": "Breathe out.", "breath": "2-1-2"}
    whole = {**stretch().model_dump(mode="json", exclude_none=True), "movement": flow}
    assert StretchScript.model_validate(whole).problems() == [
        (("movement", "breath"), "a movement flows with the breath, so its own breath cannot hold it")
    ]


def test_a_caution_is_said_once_so_it_names_no_side() -> None:
    """“{side}” was spoken letter by letter."""
    whole = {
        "name": "One",
        "eases": "nothing",
        "position": "back",
        "sides": ["right", "left"],
        "setup": ["Lift your {side} leg."],
        "movement": {"kind": "hold", "dose": "30 s"},
        "release": ["Let go."],
        "cautions": [{"note": "Care.", "say": "Mind your {side} knee."}],
        "sources": [{"article": "002", "dose": "30 s"}],
    }
    ((path, message),) = StretchScript.model_validate(whole).problems()
    assert path == ("cautions", 0, "say")
    assert "without {side}" in message
