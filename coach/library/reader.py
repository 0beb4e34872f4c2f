"""Reads scripts: YAML text becomes a model, and every problem becomes a line and a column."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from coach.core.conditions import Conditions
from coach.core.positions import Positions
from coach.core.script import RoutineScript, StretchScript
from coach.errors import Problem, ScriptError
from coach.library.document import Document, Path_, read_document

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

Script = TypeVar("Script", StretchScript, RoutineScript, Positions, Conditions)


def read_script(
    text: str, file: str, model: type[StretchScript | RoutineScript] | None = None
) -> StretchScript | RoutineScript:
    """Read a script.

    Args:
        text: the YAML.
        file: how messages name it.
        model: what it must be; unset, a script with ``stretches`` is a routine and any other a stretch.

    Raises:
        ScriptError: with every problem found.
    """
    return script_of(read_document(text, file), file, model)


def script_of(
    document: Document, file: str, model: type[StretchScript | RoutineScript] | None = None
) -> StretchScript | RoutineScript:
    """Return the script that a document is; see :func:`read_script`.

    Raises:
        ScriptError: with every problem found.
    """
    if model is None:
        model = RoutineScript if "stretches" in document.data else StretchScript
    return _validate(document, file, model)  # type: ignore[type-var]


def named_stretches(document: Document) -> list[tuple[Path_, str]]:
    """Return the path and name of every stretch that a routine names, whatever else is wrong with it."""
    return list(_named_in(document.data, ()))


def _named_in(data: dict[str, Any], path: Path_) -> Iterator[tuple[Path_, str]]:
    items = data.get("stretches")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        here: Path_ = (*path, "stretches", index)
        if isinstance(item, str):
            yield here, item
        elif isinstance(item, dict) and isinstance(item.get("stretch"), str):
            yield (*here, "stretch"), item["stretch"]
        elif isinstance(item, dict) and not path:  # rounds, which hold no others
            yield from _named_in(item, here)


def read_lexicon(text: str, file: str) -> dict[str, str]:
    """Read a lexicon: words, and how to spell them for the voices; the words in small letters.

    Raises:
        ScriptError: with every problem found.
    """
    document = read_document(text, file)
    problems = [
        Problem(file, *document.place((word,)), "a lexicon has a word and its spelling a line, like “sacrum: saykrum”")
        for word, spelling in document.data.items()
        if not all(isinstance(each, str) and any(char.isalpha() for char in each) for each in (word, spelling))
    ]
    if problems:
        raise ScriptError(problems)
    return {word.lower(): spelling for word, spelling in document.data.items()}


def read_positions(text: str, file: str, known: Collection[str] = ()) -> Positions:
    """Read positions and the ways between them, which may lead to others that are known.

    Raises:
        ScriptError: with every problem found.
    """
    return _validate(read_document(text, file), file, Positions, known)


def read_conditions(text: str, file: str, known: Collection[str] = ()) -> Conditions:
    """Read the conditions in which stretches are avoided, which may be one of others that are known.

    Raises:
        ScriptError: with every problem found.
    """
    return _validate(read_document(text, file), file, Conditions, known)


def _validate(document: Document, file: str, model: type[Script], known: Collection[str] = ()) -> Script:
    from pydantic import ValidationError

    try:
        script = model.model_validate(document.data)
    except ValidationError as error:
        raise ScriptError(_problems(document, file, model, error)) from error
    found = script.problems(known) if isinstance(script, Positions | Conditions) else script.problems()
    if problems := [Problem(file, *document.place(path), message) for path, message in found]:
        raise ScriptError(sorted(problems))
    return script


def _problems(
    document: Document,
    file: str,
    model: type[BaseModel],
    error: ValidationError,
) -> list[Problem]:
    from coach.library.messages import is_repeated, message, path_in

    found: set[Problem] = set()
    for details in error.errors():
        if is_repeated(details):
            continue
        path = path_in(document.data, details["loc"])
        if details["type"] == "union_tag_invalid":
            path = (*path, "kind")
        place = document.place(path, at_key=details["type"] == "extra_forbidden")
        found.add(Problem(file, *place, message(details, model)))
    return sorted(found)
