"""What is wrong with a script, in plain words: pydantic's own never reach a person."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from pydantic import BaseModel

from coach.core.movements import KIND_NAMES
from coach.core.quoting import quoted
from coach.core.script import RoutineRounds
from coach.errors import suggested

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from coach.library.document import Path_


class _Given(NamedTuple):
    """What pydantic knows of one problem."""

    key: str
    value: Any
    context: dict[str, Any]
    allowed: tuple[str, ...]
    """The keys that are allowed there."""


def message(details: ErrorDetails, model: type[BaseModel]) -> str:
    """Return what is wrong, as one sentence without its full stop."""
    loc = details["loc"]
    say = _MESSAGES.get(details["type"], _not_possible)
    key = str(loc[-1]) if loc else ""
    return say(_Given(key, details.get("input"), details.get("ctx", {}), _keys_at(model, loc[:-1])))


def is_repeated(details: ErrorDetails) -> bool:
    """Whether another of pydantic's problems says the same thing better."""
    if details["type"] == "too_short":
        return bool(details["input"])  # a list whose only item is wrong is not empty
    # What may be a text or “false” and is neither has two problems, of which the first is enough.
    return bool(details["loc"]) and str(details["loc"][-1]).startswith("literal[")


def path_in(data: Any, loc: Sequence[str | int]) -> Path_:
    """Return the part of pydantic's path that is in the file: it also names union members and missing keys."""
    path: list[str | int] = []
    for step in loc:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            continue
        path.append(step)
    return tuple(path)


def _unknown_key(given: _Given) -> str:
    allowed = ", ".join(given.allowed)
    return suggested(f"unknown key {quoted(given.key)}", given.key, given.allowed, f"here belong {allowed}")


def _unknown_kind(given: _Given) -> str:
    tag = str(given.context.get("tag", ""))
    if tag == RoutineRounds.tag:
        return "rounds hold stretches and pauses, but no other rounds; write these out"
    return suggested(f"{quoted(tag)} is not a kind of movement", tag, KIND_NAMES, _kinds())


def _kinds() -> str:
    return f"it is one of {', '.join(KIND_NAMES)}"


def _not_a_choice(given: _Given) -> str:
    choices = str(given.context.get("expected", "")).replace("'", "")
    name = given.value if isinstance(given.value, str) else ""
    known = choices.replace(" or ", ", ").split(", ")
    return suggested(f"{quoted(given.value)} is not possible here", name, known, f"write {choices}")


def _not_possible(given: _Given) -> str:
    return f"{quoted(given.value)} is not possible here"


def _not_a_text(given: _Given) -> str:
    if isinstance(given.value, dict):
        return "a text that begins with { needs quotes around it"
    return f"a text belongs here, not {quoted(given.value)}; put it in quotes if it is one"


def _not_a_number(given: _Given) -> str:
    return f"a whole number belongs here, not {quoted(given.value)}"


def _not_keys(given: _Given) -> str:
    return f"“key: value” lines belong here, not {quoted(given.value)}"


_MESSAGES: dict[str, Callable[[_Given], str]] = {
    "extra_forbidden": _unknown_key,
    "missing": lambda given: f"the key “{given.key}” is missing",
    "union_tag_not_found": lambda _: f"the key “kind” is missing; {_kinds()}",
    "union_tag_invalid": _unknown_kind,
    "literal_error": _not_a_choice,
    "enum": _not_a_choice,
    "string_type": _not_a_text,
    "string_too_long": lambda given: f"this is longer than {given.context['max_length']} characters; make it two",
    "string_too_short": lambda _: "there is nothing here; write a text",
    "int_type": _not_a_number,
    "int_parsing": _not_a_number,
    "int_parsing_size": _not_a_number,
    "int_from_float": _not_a_number,
    "finite_number": _not_a_number,
    "greater_than_equal": lambda given: f"{quoted(given.value)} is too small; the least is {given.context['ge']}",
    "less_than_equal": lambda given: f"{quoted(given.value)} is too large; the most is {given.context['le']}",
    "tuple_type": lambda _: "a list belongs here: lines that begin with “- ”",
    "too_long": lambda given: f"the list is too long; it takes {given.context['max_length']} at most",
    "too_short": lambda _: "the list is empty; it needs one at least",
    "model_type": _not_keys,
    "model_attributes_type": _not_keys,
    "value_error": lambda given: str(given.context["error"]),
}


@functools.lru_cache(256)
def _keys_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return the keys that the models of a place know; pydantic's path leads there."""
    models = [model]
    for step in loc:
        fields = [each.model_fields[step] for each in models if step in each.model_fields]
        inner = [found for field in fields for found in _models_in(field.annotation)]
        # The path also names the kind of a movement, or of an entry, which narrows the choice.
        models = inner or [each for each in models if _kind(each) == step] or models
    return tuple(dict.fromkeys(key for each in models for key in each.model_fields))


def _kind(model: type[BaseModel]) -> str | None:
    if tag := getattr(model, "tag", None):
        return str(tag)
    field = model.model_fields.get("kind")
    return next(iter(get_args(field.annotation)), None) if field else None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
