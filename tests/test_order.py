"""One request: what it refuses, how it is read and written, and what follows from it."""

from __future__ import annotations

import contextlib
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coach.core.breath import BreathPattern
from coach.core.delivery import Guidance, Level, Pace, Setup, Words
from coach.errors import InputError
from coach.order import Order, OrderError, about
from coach.voices.system import FASTEST_WPM, SLOWEST_WPM

numbers = {
    "minutes": st.floats(0.1, 360),
    "beat": st.floats(0.3, 5),
    "rate": st.integers(80, 300),
    "loudness": st.floats(-30, -10),
    "background_level": st.floats(-40, 0),
}
values: dict[str, st.SearchStrategy[Any]] = {
    **numbers,
    **{name: st.booleans() for name in ("drop", "gentle", "captions", "podcast")},
    "targets": st.lists(st.text("abc-äß/.", min_size=1), max_size=3).map(tuple),
    "avoid": st.lists(st.sampled_from(["knees", "pregnancy-2", "hip-replacement"]), max_size=3).map(tuple),
    "level": st.sampled_from(Level),
    "words": st.sampled_from(Words),
    "pace": st.sampled_from(Pace),
    "guidance": st.sampled_from(Guidance),
    "setup": st.sampled_from(Setup),
    "breath": st.sampled_from(["4-6", "box", "4-7-8"]),
    "voice": st.text("abc:-", min_size=1),
    "count_voice": st.text("abc:-", min_size=1),
    "title": st.text(max_size=60),
    "background": st.text("abc/.", min_size=1).map(Path),
}
orders = st.fixed_dictionaries({}, optional=values).map(lambda given: Order(**given))

IMPOSSIBLE = [
    ({"beat": 0}, "beat: 0 is not possible; choose 0.3 to 5 seconds"),
    ({"beat": -1}, "beat: -1 is not possible; choose 0.3 to 5 seconds"),
    ({"beat": float("nan")}, "beat: nan is not possible; choose 0.3 to 5 seconds"),
    ({"beat": "slow"}, "beat: “slow” is not a number"),
    ({"minutes": -5}, "minutes: -5 is not possible; choose 0.1 to 360 minutes"),
    ({"minutes": "1e999"}, "minutes: inf is not possible; choose 0.1 to 360 minutes"),
    ({"minutes": True}, "minutes: “True” is not a number"),
    ({"rate": 9000}, "rate: 9000 is not possible; choose 80 to 300 words a minute"),
    ({"rate": "9" * 5_000}, "rate: inf is not possible; choose 80 to 300 words a minute"),
    ({"rate": "\udcff"}, "rate: “�” is not a number"),
    ({"rate": 10**5_000}, "rate: a huge number is not a number"),
    ({"loudness": -5}, "loudness: -5 is not possible; choose -30 to -10 LUFS"),
    ({"background_level": 1}, "background_level: 1 is not possible; choose -40 to 0 LU"),
    ({"pace": "cuont"}, "pace: “cuont” is not one of count, words, tone, tone+count, breath, chime, silent"),
    ({"pace": None}, "pace: nothing is not one of count, words, tone, tone+count, breath, chime, silent"),
    ({"drop": "perhaps"}, "drop: “perhaps” is not yes or no"),
    ({"breath": "4-"}, "breath: “4-” is not a breath pattern"),
    ({"ramp": "4-6"}, "ramp: “4-6” is not a ramp"),
    ({"breath": "4-6", "ramp": "3-4:4-6"}, "breath and ramp: give one of them; a ramp has both its patterns in it"),
    ({"targets": ("daily",), "breathing": True}, "targets and breathing: give one of them"),
    ({"breathing": True, "minutes": None}, "minutes: breathing alone needs a length"),
    ({"targets": 5}, "targets: “5” is not a list of names"),
    ({"voice": None}, "voice: nothing is not text"),
    ({"title": "x" * 61}, "has 61 characters; the most is 60"),
    ({"colour": "red"}, "colour: there is no such field"),
]


@pytest.mark.parametrize(("given", "says"), IMPOSSIBLE, ids=[says[:40] for _, says in IMPOSSIBLE])
def test_what_is_impossible_cannot_be_built(given: dict[str, Any], says: str) -> None:
    """However it is built; in one plain sentence that names the field."""
    for build in (lambda: Order(**given), lambda: Order().changed(**given), lambda: Order.model_validate(given)):
        with pytest.raises(OrderError) as refused:
            build()
        assert says in str(refused.value)
        assert "\n" not in str(refused.value)
        assert "pydantic" not in str(refused.value)


def test_it_is_frozen_and_keyword_only() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Order().beat = 2.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        Order("daily")  # type: ignore[misc]
    assert len({Order(targets=("a",)), Order(targets=("a",)), Order()}) == 2


@given(orders)
@example(Order(title="0 \x1b"))
def test_text_and_back_is_the_same_order(order: Order) -> None:
    assert Order.from_json(order.to_json()) == order
    assert pickle.loads(pickle.dumps(order)) == order
    assert set(json.loads(order.to_json())) == set(Order.model_fields)  # it stays as it is when defaults change


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.none(), st.integers(), st.lists(st.text()))))
def test_whatever_is_read_is_an_order_or_refused_in_a_sentence(texts: dict[str, object]) -> None:
    with contextlib.suppress(OrderError):
        assert Order.read(texts)


@given(st.sampled_from(sorted(set(Order.model_fields))), st.one_of(st.text(), st.floats(), st.integers(), st.none()))
def test_any_value_of_a_field_is_taken_or_refused_in_a_sentence(field: str, value: object) -> None:
    with contextlib.suppress(OrderError):
        assert Order.read({field: value}).delivery


@pytest.mark.parametrize("text", ["", "[]", "3", "{", '{"beat": NaN}', "[" * 100_000, '{"beat": 0}', '{"colour": 1}'])
def test_json_that_is_no_order_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        Order.from_json(text)
    assert len(str(refused.value).splitlines()) == 1


def test_a_row_or_a_form_is_read_in_one_call() -> None:
    form = {"Routine": "cat-cow + cobra", "minutes": " 12,5 ", "Count voice": "silent", "drop": "yes", "title": " "}
    assert Order.read(form) == Order(targets=("cat-cow", "cobra"), minutes=12.5, count_voice="silent", drop=True)
    over = Order(ramp="3-4:4-6", minutes=5, words="names")
    assert Order.read({"breath": "box"}, over=over) == Order(breath="box", minutes=5, words="names")


def test_an_error_names_the_field_as_the_person_wrote_it() -> None:
    def says(texts: dict[str, object], **how: Any) -> str:
        with pytest.raises(OrderError) as refused:
            Order.read(texts, **how)
        return str(refused.value)

    assert says({"Background Level": "1"}).startswith("Background Level: 1 is not possible")
    assert says({"beat": "0"}, called=lambda field: f"--{field}").startswith("--beat: 0")
    assert says({"breath": "4-6", "Ramp": "3-4:4-6"}).startswith("breath and Ramp: give one of them")
    assert says({"count voice": "a", "count-voice": "b"}).startswith("count voice: this is the same field as")
    assert says({"minuts": "3"}) == "minuts: there is no such field; did you mean “minutes”?"


def test_breathing_alone_has_defaults_of_its_own() -> None:
    order = Order(breathing=True)
    assert (order.guidance, order.minutes) == (Guidance.FULL, 5)
    assert (Order().guidance, Order().minutes) == (Guidance.FADING, None)
    assert Order().changed(breathing=True) == order
    assert Order(breathing=True, guidance="minimal").guidance is Guidance.MINIMAL


def test_delivery_length_and_finish_follow_from_it() -> None:
    order = Order(breath="box", beat=0.8, words="names", minutes=2.5, drop=True, loudness=-20, captions=False)
    delivery, length, finish = order.delivery, order.length, order.finish
    assert (delivery.breath, delivery.beat_ms, delivery.words) == ((BreathPattern.parse("box"),), 800, Words.NAMES)
    assert delivery.breath_is_chosen
    assert length is not None
    assert (length.target_ms, length.drop) == (150_000, True)
    assert (finish.heard_lufs, finish.captions) == (-20, False)
    assert not Order().delivery.breath_is_chosen
    assert Order().length is None


@pytest.mark.parametrize("title", ["Morning 🌞", "<b>", "a{side}", "日本語"])
def test_a_title_may_be_what_no_voice_can_say(title: str) -> None:
    """It is never spoken, but stands in the tags."""
    assert Order(title=title).title == title


def test_a_title_holds_nothing_that_a_tag_cannot() -> None:
    assert Order(title=" a\x00\x1b b\n\ud800c ").title == "a b c"
    assert Order(title="").title is None
    assert Order(title=" \t").title is None


def test_ranges_agree_with_those_that_speak() -> None:
    rate = Order.model_json_schema()["properties"]["rate"]
    assert (rate["minimum"], rate["maximum"]) == (SLOWEST_WPM, FASTEST_WPM)


def test_every_field_says_what_it_is() -> None:
    assert all(about(name).group and field.description for name, field in Order.model_fields.items())
