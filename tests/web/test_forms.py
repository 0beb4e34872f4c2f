"""What a form may ask for: an order, or a plain refusal; never a file, and never another kind of error."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coach.audio.finish import BACKGROUNDS
from coach.errors import InputError
from coach.order import Order, OrderError, choices
from coach.web.door import problem_json
from coach.web.forms import FIELDS, LONGEST_MINUTES, MOST_TARGETS, form_of, order_of
from support.tiers import examples
from support.web import OVER, VOICES, asked, opened_app

NUMBERS = st.integers() | st.floats() | st.integers(0, 100) | st.sampled_from([0.5, 7, 90, 90.01, 1e9, 10**400])
TEXTS = (
    st.text(max_size=40)
    | st.text(st.characters(), max_size=5)  # halves of characters too
    | st.sampled_from(
        ["", " ", "yes", "no", "true", "7,5", "nan", "-inf", "1e400", "4-6", "calm", "rain", "knees", "+"]
    )
    | st.sampled_from(
        ["cobra", "daily+cobra", "cat-cow childs-pose", "silent", "system", "neural", "full", "\ud800", "\0"]
    )
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
FORMS = st.dictionaries(st.sampled_from(FIELDS) | TEXTS, VALUES, max_size=6)


def read(form: object, over: Order = OVER) -> Order | None:
    """Return the order of a form; ``None`` if it is refused, as a person can be told."""
    try:
        return order_of(form, VOICES, over=over)
    except InputError as error:
        json.loads(problem_json(str(error)))  # it can be told
        return None


def assert_names_no_file(order: Order) -> None:
    assert set(order.given) <= set(FIELDS)
    assert order.voice in VOICES
    assert order.count_voice is None
    assert order.background is None or str(order.background) in BACKGROUNDS
    assert len(order.targets) <= MOST_TARGETS
    assert not set("".join(order.targets)) & set("/\\.:\0~%$*? ")
    assert order.minutes is None or order.minutes <= LONGEST_MINUTES


@given(VALUES)
def test_any_json_is_an_order_or_a_plain_refusal(value: object) -> None:
    read(value)


@examples(200)
@given(FORMS)
@example({"\ud800": 1})
@example({"targets": ["\ud800"]})
@example({"minutes": float("nan")})
@example({"minutes": float("inf")})
@example({"rate": -(10**400)})
@example({"rate": 10**5000})
@example({"targets": 10**5000})
@example({"avoid": ","})
@example({"breathing": True, "minutes": 5})
def test_any_form_is_an_order_that_names_no_file_or_a_plain_refusal(form: dict[str, Any]) -> None:
    order = read(form)
    if order is not None:
        assert_names_no_file(order)


ORDERS = st.fixed_dictionaries(
    {},
    optional={
        "targets": st.lists(st.sampled_from(["cobra", "cat-cow", "daily", "my_Own-2", "élan"]), max_size=5)
        | st.sampled_from(["daily", "cat-cow + cobra", "cat-cow cobra"]),
        "minutes": st.floats(0.1, 90) | st.integers(1, 90) | st.sampled_from(["7,5", "12"]),
        "drop": st.booleans() | st.sampled_from(["yes", "no", "true", "0"]),
        "gentle": st.booleans(),
        "avoid": st.lists(st.sampled_from(["knees", "pregnancy"]), max_size=2)
        | st.sampled_from(["knees, wrists", ","]),
        "level": st.sampled_from(choices("level")),
        "words": st.sampled_from([*choices("words"), "BRIEF"]),
        "breath": st.sampled_from(["4-6", "calm", "4-7-8", "4-4-4-4"]),
        "beat": st.floats(0.8, 1.5),
        "pace": st.sampled_from(choices("pace")),
        "guidance": st.sampled_from(choices("guidance")),
        "setup": st.sampled_from(choices("setup")),
        "voice": st.sampled_from(VOICES),
        "rate": st.integers(80, 300) | st.floats(80, 300),
        "background": st.sampled_from([*BACKGROUNDS, None, "", "./rain"]),
    },
)


@given(ORDERS)
def test_the_form_of_an_order_makes_the_same_order(form: dict[str, object]) -> None:
    order = order_of(form, VOICES, over=OVER)
    assert_names_no_file(order)
    again = order_of(json.loads(json.dumps(form_of(order))), VOICES, over=OVER)
    assert again.to_json() == order.to_json()
    assert form_of(again) == form_of(order)


@given(st.floats(0.1, 90), st.sampled_from(["4-6", "calm"]))
def test_so_does_that_of_breathing(minutes: float, breath: str) -> None:
    order = order_of({"breathing": True, "minutes": minutes, "breath": breath}, VOICES, over=OVER)
    assert order_of(form_of(order), VOICES, over=OVER).to_json() == order.to_json()


HARMFUL_NAMES = (
    *("/etc/passwd", "../secret", "..", ".", "./cobra", "cobra.yaml", "cobra.yml", "routines/daily", "stretches/cobra"),
    *("..\\..\\secret", "C:\\secret", "c:secret", "\\\\host\\share", "file:///etc/passwd", "~", "~root", "$HOME"),
    *("cobra\0", "\0", "cobra\0.yaml", "%2e%2e%2fsecret", "cobra%00", "a" * 101, "-cobra", "--help", "_x", "co:bra"),
    *("cobra;ls", "`ls`", "$(ls)", "cobra|ls", "*", "co?ra", "{{7*7}}", "<b>", '"', "'", "\ud800", "‥", "／etc", "․․"),
)


@pytest.mark.parametrize("name", HARMFUL_NAMES)
def test_no_target_is_a_path(name: str) -> None:
    for form in ({"targets": name}, {"targets": [name]}, {"targets": ["cobra", name]}):
        with pytest.raises(OrderError) as refused:
            order_of(form, VOICES)
        json.loads(problem_json(str(refused.value)))


@pytest.mark.parametrize(
    "name",
    [
        *("/etc/passwd", "../rain", "rain.opus", "rain\0", "~/music.mp3", "~nobody/x", "backgrounds/rain", "RAIN", "."),
        *("rain/../../x", "/dev/stdin", "pipe:0", "http://evil.example/x.mp3", "concat:a|b", "\ud800", "x" * 900),
    ],
)
def test_no_background_is_a_path(name: str) -> None:
    with pytest.raises(InputError):
        order_of({"targets": "cobra", "background": name}, VOICES, over=OVER)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "auto",
            "neural",
            "system:en-gb",
            "kokoro",
            "/etc/passwd",
            "../voice",
            "voice.onnx",
            "~/x",
            "SILENT",
            "Silent",
        ),
        *("silent\0", "silent/", "system:", ".", "\ud800", "x" * 900, "http://evil.example/voice"),
    ],
)
def test_nobody_speaks_but_who_was_offered(name: str) -> None:
    with pytest.raises(InputError):
        order_of({"targets": "cobra", "voice": name}, VOICES, over=OVER)


@pytest.mark.parametrize("field", sorted(set(Order.model_fields) - set(FIELDS)))
def test_the_other_fields_of_an_order_are_not_for_forms(field: str) -> None:
    for name in (field, field.replace("_", "-"), field.replace("_", " "), field.upper()):
        with pytest.raises(OrderError, match="no form has this field"):
            order_of({"targets": "cobra", name: "4-6"}, VOICES, over=OVER)


@pytest.mark.parametrize(
    "field", ["Targets", "routine", " targets", "targets ", "TARGETS", "__class__", "model_fields", ""]
)
def test_a_field_has_one_name(field: str) -> None:
    with pytest.raises(OrderError):
        order_of({field: "cobra"}, VOICES, over=OVER)


@pytest.mark.parametrize(
    "form",
    [
        *(None, [], "cobra", 7, True, [{"targets": "cobra"}]),
        {"targets": {"name": "cobra"}},
        {"targets": ["cobra"] * (MOST_TARGETS + 1)},
        {"targets": "x" * 1_001},
        {"targets": ["x"] * 100_000},
        {"targets": [1, None, "cobra"]},
        {"targets": [["cobra"]]},
        {"avoid": ["knees", {}]},
        {"minutes": LONGEST_MINUTES + 0.01},
        {"minutes": "nan"},
        {"minutes": True},
        {"drop": "perhaps"},
        {"gentle": 2},
        {"breathing": True, "targets": "cobra"},
        {"rate": 1e300},
        {"beat": float("-inf")},
        {"voice": 7},
        {"level": ["usual", "harder"]},
    ],
)
def test_what_cannot_be_is_refused(form: object) -> None:
    with pytest.raises(InputError):
        order_of(form, VOICES, over=OVER)


def test_yes_and_no_can_be_texts() -> None:
    order = order_of({"targets": "cobra", "gentle": "yes", "drop": "no"}, VOICES, over=OVER)
    assert (order.gentle, order.drop) == (True, False)


BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "no form": b"[]",
    "deep lists": b"[" * 15_000,
    "deep fields": b'{"targets":' * 1_400,
    "a huge number": b'{"rate": ' + b"9" * 15_000 + b"}",
    "no number": b'{"minutes": NaN, "targets": "cobra"}',
    "a number without end": b'{"minutes": 1e999, "targets": "cobra"}',
    "half a character as a field": b'{"\\ud800": 1}',
    "half a character as a name": b'{"targets": "\\udfff"}',
    "half a character as a voice": b'{"voice": "\\ud83d"}',
    "no UTF-8": b'{"targets": "\xff\xfe"}',
    "overlong UTF-8": b'{"targets": "\xc0\xae\xc0\xae/"}',
    "UTF-16": '{"targets": "../x"}'.encode("utf-16"),
    "twice": b'{"targets": "cobra", "targets": "../x"}',
    "a NUL": b'{"targets": "cobra\\u0000"}',
    "many fields": b"{" + b",".join(b'"f%d":1' % number for number in range(1_000)) + b"}",
    "a long field": b'{"' + b"x" * 15_000 + b'": 1}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_every_bad_body_is_answered_with_a_problem(body: bytes, tmp_path: Path) -> None:
    async def post() -> None:
        async with opened_app(tmp_path) as home:
            headers = [
                (b"host", b"localhost"),
                (b"origin", b"http://localhost"),
                (b"content-type", b"application/json"),
            ]
            answer = await asked(home.app, "/sessions", *headers, method="POST", body=body)
            assert (answer.status, answer.header("content-type")) == (400, "application/json")
            assert len(answer.body) < 2_000
            assert set(json.loads(answer.body)) == {"problem"}
            assert not home.renderer._takes

    asyncio.run(post())
