"""Reads scripts: YAML 1.2 text becomes a model, and every problem becomes a line and a column."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from coach.core.script import DOSE_UNITS, MAX_LINE_CHARS, Model, RoutineScript, StretchScript
from coach.errors import Problem, ScriptError, did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_FILE_CHARS = 200_000
"""A script is a page or two; anything far larger is something else."""

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


def where(text: str, path: Path_) -> tuple[int, int]:
    """Return line and column (from 1) of a path of keys in a script that has been read before."""
    return _position(_yaml().load(text), path)


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt", pure=True)
    yaml.allow_duplicate_keys = False
    return yaml


def _parse(text: str, file: str) -> Any:
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    if len(text) > MAX_FILE_CHARS:
        raise ScriptError([Problem(file, 1, 1, f"a script has at most {MAX_FILE_CHARS} characters; this is none")])
    try:
        data = _yaml().load(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ScriptError([Problem(file, line, column, _yaml_message(error))]) from error
    except (YAMLError, ValueError, RecursionError) as error:
        message = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ScriptError([Problem(file, 1, 1, f"this is not YAML: {message}")]) from error
    if data is None:
        raise ScriptError([Problem(file, 1, 1, "the script is empty; scripts/README.md shows how to begin")])
    if not isinstance(data, CommentedMap):
        raise ScriptError([Problem(file, 1, 1, "a script is a list of “key: value” lines, beginning with “name:”")])
    if _cyclic(data, ()):
        raise ScriptError([Problem(file, 1, 1, "the script refers to itself")])
    return data


def _yaml_message(error: Any) -> str:
    problem = (error.problem or error.context or "this is not YAML").strip()
    if type(error).__name__ == "DuplicateKeyError":
        key = problem.split('"')[1] if problem.count('"') > 1 else problem
        return f"the key “{key}” is there twice; keep one"
    if "mapping values are not allowed" in problem:
        return "a colon inside a text needs quotes around the text"
    if "cannot start any token" in problem:
        return f"{problem}; indent with spaces, and put texts with special characters in quotes"
    return f"this is not YAML: {problem}"


def _cyclic(value: Any, inside: tuple[int, ...]) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    if id(value) in inside:
        return True
    children = value.values() if isinstance(value, dict) else value
    return any(_cyclic(child, (*inside, id(value))) for child in children)


def _validate(data: Any, file: str, model: type[Script]) -> Script:
    from pydantic import ValidationError

    try:
        script = model.model_validate(data)
    except ValidationError as error:
        problems = [_problem(data, file, details) for details in error.errors()]
        raise ScriptError(sorted(set(problems))) from error
    problems = [Problem(file, *_position(data, path), message) for path, message in script.problems()]
    if problems:
        raise ScriptError(sorted(problems))
    return script


def _problem(data: Any, file: str, details: ErrorDetails) -> Problem:
    path = _path_in(data, details["loc"])
    kind, given = details["type"], details.get("input")
    context = details.get("ctx", {})
    key = str(details["loc"][-1]) if details["loc"] else ""
    match kind:
        case "extra_forbidden" | "invalid_key":
            return Problem(file, *_position(data, path, at_key=True), f"unknown key “{key}”{did_you_mean(key, _known_keys())}")
        case "missing":
            message = f"the key “{key}” is missing"
        case "union_tag_not_found":
            message = "the key “kind” is missing; it is one of " + ", ".join(_kinds())
        case "union_tag_invalid":
            tag = str(context.get("tag", ""))
            path = (*path, "kind")
            message = f"“{tag}” is no kind of movement{did_you_mean(tag, _kinds())}; it is one of {', '.join(_kinds())}"
        case "literal_error" | "enum":
            choices = str(context.get("expected", "")).replace("'", "")
            near = did_you_mean(str(given), choices.replace(" or ", ", ").split(", "))
            message = f"“{given}” is not possible here{near}; it is {choices}"
        case "string_type" if isinstance(given, dict):
            message = "a text that begins with { needs quotes around it"
        case "string_type":
            message = f"a text belongs here, not {_plain(given)}; put it in quotes if it is one"
        case "string_too_long":
            most = context.get("max_length", MAX_LINE_CHARS)
            message = f"this is longer than {most} characters; say it in two sentences"
        case "string_too_short":
            message = "there is nothing here; write a text"
        case "tuple_type":
            message = "a list belongs here: lines that begin with “- ”"
        case "too_short":
            message = "the list is empty; it needs one at least"
        case "model_type" | "model_attributes_type":
            message = f"“key: value” lines belong here, not {_plain(given)}"
        case "value_error":
            message = str(context.get("error", details["msg"]))
        case _:
            message = f"{details['msg'][0].lower()}{details['msg'][1:]}, not {_plain(given)}"
    return Problem(file, *_position(data, path), message)


def _plain(value: object) -> str:
    return "nothing" if value is None else "a list" if isinstance(value, list) else f"“{value}”"


def _path_in(data: Any, loc: Sequence[str | int]) -> Path_:
    """Return the part of pydantic's path that is in the file: it also names union members and missing keys."""
    path: list[str | int] = []
    for step in loc:
        if isinstance(data, dict) and step in data:
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            continue
        path.append(step)
    return tuple(path)


def _position(data: Any, path: Path_, *, at_key: bool = False) -> tuple[int, int]:
    """Return line and column (from 1) of a value, or of its key; of the nearest thing around it if it is not there."""
    line, column = data.lc.line, data.lc.col
    for index, step in enumerate(path):
        last = index == len(path) - 1
        try:
            if isinstance(data, dict):
                line, column = data.lc.key(step) if at_key and last else data.lc.value(step)
            else:
                line, column = data.lc.item(step)
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


def _kinds() -> tuple[str, ...]:
    return tuple(DOSE_UNITS)
