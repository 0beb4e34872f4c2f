"""Reads scripts: YAML 1.2 text becomes a model, and every problem becomes a line and a column."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from coach.core.fields import Model
from coach.core.movements import KIND_NAMES
from coach.core.quoting import quoted
from coach.core.script import RoutineScript, StretchScript
from coach.errors import Problem, ScriptError, did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_FILE_CHARS = 200_000
"""A script is a page or two; anything far larger is something else."""

MAX_VALUES = 20_000
"""And so many values: aliases of aliases in a small file can stand for billions."""

Script = TypeVar("Script", StretchScript, RoutineScript)
Path_ = tuple[str | int, ...]


def read_script(text: str, file: str, model: type[Script] | None = None) -> StretchScript | RoutineScript:
    """Read a script.

    Args:
        text: the YAML.
        file: how to name it in messages.
        model: what it must be; unset, a script with ``stretches`` is a routine and any other a stretch.

    Raises:
        ScriptError: with every problem found.
    """
    data = _parse(text, file)
    if model is None:
        model = RoutineScript if "stretches" in data else StretchScript  # type: ignore[assignment]
    return _validate(data, file, model)  # type: ignore[arg-type]


def named_stretches(text: str, file: str) -> list[tuple[Path_, str]]:
    """Return the path and name of every stretch that a routine names, whatever else is wrong with it.

    Raises:
        ScriptError: it is not even YAML.
    """
    items = _parse(text, file).get("stretches")
    found: list[tuple[Path_, str]] = []
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, str):
            found.append((("stretches", index), item))
        elif isinstance(item, dict) and isinstance(item.get("stretch"), str):
            found.append((("stretches", index, "stretch"), item["stretch"]))
    return found


def read_lexicon(text: str, file: str) -> dict[str, str]:
    """Read a lexicon: words, and how to spell them for the voices; the words in small letters.

    Raises:
        ScriptError: with every problem found.
    """
    data = _parse(text, file)
    problems = [
        Problem(file, *_position(data, (word,)), "a lexicon has a word and its spelling a line, like “sacrum: saykrum”")
        for word, spelling in data.items()
        if not all(isinstance(each, str) and any(char.isalpha() for char in each) for each in (word, spelling))
    ]
    if problems:
        raise ScriptError(problems)
    return {word.lower(): spelling for word, spelling in data.items()}


def locator(text: str) -> Callable[[Path_], tuple[int, int]]:
    """Return a function that tells line and column (from 1) of a path of keys in a script that has been read before."""
    return functools.partial(_position, _yaml().load(text))


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt", pure=True)
    yaml.allow_duplicate_keys = False
    return yaml


def _parse(text: str, file: str) -> Any:
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import MarkedYAMLError

    if len(text) > MAX_FILE_CHARS:
        raise ScriptError([Problem(file, 1, 1, f"a script has at most {MAX_FILE_CHARS} characters; this is none")])
    try:
        data = _yaml().load(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ScriptError([Problem(file, line, column, _yaml_message(error))]) from error
    except Exception as error:  # its constructors of special tags raise almost anything
        deep = isinstance(error, RecursionError)
        message = "it is nested too deeply" if deep else (str(error).splitlines() or [type(error).__name__])[0]
        raise ScriptError([Problem(file, 1, 1, f"this is not YAML: {message}")]) from error
    if data is None:
        raise ScriptError([Problem(file, 1, 1, "the script is empty; scripts/README.md shows how to begin")])
    if not isinstance(data, CommentedMap):
        raise ScriptError([Problem(file, 1, 1, "a script is a list of “key: value” lines, beginning with “name:”")])
    if problem := _unreadable(data):
        raise ScriptError([Problem(file, 1, 1, problem)])
    return data


def _unreadable(data: Any) -> str | None:
    """Return why no model should see this data, if so."""
    pending = [data]
    seen = 0
    while pending:
        value = pending.pop()
        seen += 1
        if seen > MAX_VALUES:
            return f"a script has at most {MAX_VALUES} values; this is none"
        if isinstance(value, (dict, list)):
            pending.extend((*value, *value.values()) if isinstance(value, dict) else value)
        elif isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
            return "there is half a character in it (a lone surrogate); write the text as it is"
    return None


def _yaml_message(error: Any) -> str:
    problem = (error.problem or error.context or "this is not YAML").strip()
    if type(error).__name__ == "DuplicateKeyError":
        key = problem.split('"')[1] if problem.count('"') > 1 else problem
        return f"the key “{key}” is there twice; keep one"
    if "mapping values are not allowed" in problem:
        return "a colon inside a text needs quotes around the text"
    if "cannot start any token" in problem:
        return f"{problem}; indent with spaces, and put texts with special characters in quotes"
    if "expected <block end>" in problem:
        return "this is not YAML here; check the indentation, and put texts that begin with { or a quote in quotes"
    return f"this is not YAML: {problem}"


def _validate(data: Any, file: str, model: type[Script]) -> Script:
    from pydantic import ValidationError

    try:
        script = model.model_validate(data)
    except ValidationError as error:
        # A list whose only item is wrong is not empty, though pydantic says so too.
        found = [details for details in error.errors() if not (details["type"] == "too_short" and details["input"])]
        problems = [_problem(data, file, details) for details in found]
        raise ScriptError(sorted(set(problems))) from error
    problems = [Problem(file, *_position(data, path), message) for path, message in script.problems()]
    if problems:
        raise ScriptError(sorted(problems))
    return script


def _problem(data: Any, file: str, details: ErrorDetails) -> Problem:
    path = _path_in(data, details["loc"])
    if details["type"] == "union_tag_invalid":
        path = (*path, "kind")
    at_key = details["type"] in ("extra_forbidden", "invalid_key")
    return Problem(file, *_position(data, path, at_key=at_key), _message(details))


class _Given(NamedTuple):
    """What pydantic knows of one problem."""

    key: str
    value: Any
    context: dict[str, Any]


def _message(details: ErrorDetails) -> str:
    """Say in plain words what pydantic says in its own."""
    key = str(details["loc"][-1]) if details["loc"] else ""
    say = _MESSAGES.get(details["type"])
    if say is None:
        return f"{details['msg'][0].lower()}{details['msg'][1:]}, not {quoted(details['input'])}"
    return say(_Given(key, details.get("input"), details.get("ctx", {})))


def _unknown_key(given: _Given) -> str:
    others = [key for key in _known_keys() if key != given.key]
    return f"unknown key {quoted(given.key)}{did_you_mean(given.key, others)}"


def _unknown_kind(given: _Given) -> str:
    tag = str(given.context.get("tag", ""))
    return f"{quoted(tag)} is no kind of movement{did_you_mean(tag, KIND_NAMES)}; it is one of {', '.join(KIND_NAMES)}"


def _not_a_choice(given: _Given) -> str:
    choices = str(given.context.get("expected", "")).replace("'", "")
    name = given.value if isinstance(given.value, str) else ""
    near = did_you_mean(name, choices.replace(" or ", ", ").split(", "))
    return f"{quoted(given.value)} is not possible here{near}; it is {choices}"


def _not_a_text(given: _Given) -> str:
    if isinstance(given.value, dict):
        return "a text that begins with { needs quotes around it"
    return f"a text belongs here, not {quoted(given.value)}; put it in quotes if it is one"


_MESSAGES: dict[str, Callable[[_Given], str]] = {
    "extra_forbidden": _unknown_key,
    "invalid_key": _unknown_key,
    "missing": lambda given: f"the key “{given.key}” is missing",
    "union_tag_not_found": lambda _: f"the key “kind” is missing; it is one of {', '.join(KIND_NAMES)}",
    "union_tag_invalid": _unknown_kind,
    "literal_error": _not_a_choice,
    "enum": _not_a_choice,
    "string_type": _not_a_text,
    "string_too_long": lambda given: f"this is longer than {given.context['max_length']} characters; make it two",
    "string_too_short": lambda _: "there is nothing here; write a text",
    "tuple_type": lambda _: "a list belongs here: lines that begin with “- ”",
    "too_long": lambda given: f"the list is too long; it takes {given.context['max_length']} at most",
    "too_short": lambda _: "the list is empty; it needs one at least",
    "model_type": lambda given: f"“key: value” lines belong here, not {quoted(given.value)}",
    "model_attributes_type": lambda given: f"“key: value” lines belong here, not {quoted(given.value)}",
    "value_error": lambda given: str(given.context["error"]),
}


def _path_in(data: Any, loc: Sequence[str | int]) -> Path_:
    """Return the part of pydantic's path that is in the file: it also names union members and missing keys."""
    path: list[str | int] = []
    for step in loc:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            continue
        path.append(step)
    return tuple(path)


def _position(data: Any, path: Path_, *, at_key: bool = False) -> tuple[int, int]:
    """Return line and column (from 1) of a value, or of its key; of the nearest thing around it if it is not there."""
    line, column = data.lc.line, data.lc.col
    for index, step in enumerate(path):
        try:
            lines = data.lc
            # Nothing has no place of its own.
            wants_key = (at_key and index == len(path) - 1) or data[step] is None
            find = lines.item if isinstance(step, int) else lines.key if wants_key else lines.value
            line, column = find(step)
            data = data[step]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line + 1, column + 1


@functools.cache
def _known_keys() -> tuple[str, ...]:
    keys: dict[str, None] = {}
    pending: list[type[Model]] = [Model]
    while pending:
        model = pending.pop()
        keys.update(dict.fromkeys(model.model_fields))
        pending.extend(model.__subclasses__())
    return tuple(keys)
