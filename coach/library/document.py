"""YAML text as plain values, each with its line and column.

The values are built from the parser's events, within bounds: what is nested too deeply, stands for too many values
or has keys that are not plain words is refused before it is built. What a word means is as in YAML 1.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml
from yaml.events import AliasEvent, Event, NodeEvent, ScalarEvent

from coach.core.quoting import quoted
from coach.errors import Problem, ScriptError

MAX_FILE_CHARS = 200_000
"""The longest text that is read; a script is a page or two."""
MAX_VALUES = 20_000
"""The most values in a script: aliases of aliases in a small file can stand for billions."""
MAX_DEPTH = 30
"""How deeply lists and keys may be nested; a script needs five levels."""

Path_ = tuple[str | int, ...]
"""Keys and numbers of list items (from 0), from the outside in."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MERGE = "<<"
_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = ("!", f"{_TAG}str")
_TAGS = (None, *_TEXT_TAGS, f"{_TAG}seq", f"{_TAG}map")
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{f"{sign}.{name}": float(f"{sign}inf") for sign in ("", "+", "-") for name in ("inf", "Inf", "INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMBERS: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"[-+]?[0-9]{1,40}"), int),
    (re.compile(r"0o[0-7]{1,40}"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]{1,40}"), lambda text: int(text, 16)),
    (re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,9})?"), float),
)


class Place(NamedTuple):
    """Where something is in a text."""

    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""


@dataclass
class _Node:
    """A value, and where it and everything in it is."""

    value: Any
    place: Place
    inner: dict[str | int, _Node] = field(default_factory=dict)
    keys: dict[str | int, Place] = field(default_factory=dict)
    size: int = 1
    """How many values it stands for, its keys included."""
    depth: int = 1

    def add(self, key: str | int, node: _Node, place: Place) -> None:
        self.inner[key], self.keys[key] = node, place
        self.depth = max(self.depth, node.depth + 1)
        self.size += node.size + isinstance(key, str)


class Document:
    """The values of a text, and their places."""

    def __init__(self, root: _Node) -> None:
        self._root = root

    @property
    def data(self) -> dict[str, Any]:
        """Its keys and values."""
        data: dict[str, Any] = self._root.value
        return data

    def place(self, path: Path_, *, at_key: bool = False) -> Place:
        """Return where a value is, or its key; for what is not there, the place of the nearest thing around it."""
        node = self._root
        for index, step in enumerate(path):
            inner = node.inner.get(step)
            if inner is None:
                break
            # A key with nothing after it has no value to point at; an item with nothing in it has.
            if (at_key and index == len(path) - 1) or (inner.value is None and isinstance(step, str)):
                return node.keys[step]
            node = inner
        return node.place


def read_document(text: str, file: str) -> Document:
    """Read a text with “key: value” lines.

    Args:
        text: the YAML.
        file: how messages name it.

    Raises:
        ScriptError: it is not YAML, out of bounds, or something else than “key: value” lines.
    """
    try:
        root = _root(text)
    except _NotReadableError as error:
        raise ScriptError([Problem(file, *error.place, error.message)]) from error
    return Document(root)


class _NotReadableError(Exception):
    def __init__(self, message: str, place: Place = Place(1, 1)) -> None:  # noqa: B008 - it never changes
        self.message, self.place = message, place


def _root(text: str) -> _Node:
    if len(text) > MAX_FILE_CHARS:
        raise _NotReadableError(f"a script has at most {MAX_FILE_CHARS} characters; this has {len(text)}")
    text = text.removeprefix("\ufeff")
    if found := _UNPRINTABLE.search(text):
        raise _NotReadableError(_unprintable(found[0]), _place_of(text, found.start()))
    events = _events(text)
    root = _Builder(events).root()
    if root is None or root.value is None:
        raise _NotReadableError("the script is empty; scripts/README.md shows how to begin")
    if not isinstance(root.value, dict):
        raise _NotReadableError("a script is a list of “key: value” lines, beginning with “name:”")
    return root


def _unprintable(char: str) -> str:
    if "\ud800" <= char <= "\udfff":
        return "there is half a character in it (a lone surrogate); write the text as it is"
    return f"the character U+{ord(char):04X} cannot be part of a script; take it out"


def _place_of(text: str, index: int) -> Place:
    return Place(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def _events(text: str) -> Iterator[Event]:
    loader = yaml.CLoader if yaml.__with_libyaml__ else yaml.Loader
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        if "nesting depth" in (error.problem or ""):  # PyYAML from 6.0.4 on has a limit of its own
            raise _NotReadableError(_TOO_DEEP) from error
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        raise _NotReadableError(_not_yaml(error.problem or "", text, place), place) from error
    except yaml.YAMLError as error:
        raise _NotReadableError("this is not YAML") from error


_MISSING = "did not find expected "
_TOO_DEEP = "this is not YAML: it is nested too deeply"


def _not_yaml(problem: str, text: str, place: Place) -> str:
    if "mapping values are not allowed" in problem:
        return "a colon inside a text needs quotes around the text"
    if "cannot start any token" in problem:
        char = text.split("\n")[place.line - 1][place.column - 1 : place.column]
        return (
            f"found character {char!r} that cannot start any token; "
            "indent with spaces, and put texts with special characters in quotes"
        )
    if "expected key" in problem or "block end" in problem or "'-' indicator" in problem:
        return "this is not YAML here; check the indentation, and put texts that begin with { or a quote in quotes"
    if "unexpected end of stream" in problem:
        return "the text that begins with a quote does not end; write the quote at its end too"
    if problem.startswith(_MISSING):
        return f"this is not YAML: {problem.removeprefix(_MISSING)} is missing here"
    return f"this is not YAML: {problem}" if problem else "this is not YAML"


class _Builder:
    """Builds the values of one text from its events."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._anchors: dict[str, _Node] = {}
        self._size = 0

    def root(self) -> _Node | None:
        root: _Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise _NotReadableError("a script is one document; take out what begins at this “---”", _at(event))
                root = self._node(next(self._events), 1)
        return root

    def _node(self, event: Event, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            raise _NotReadableError(_TOO_DEEP)
        if isinstance(event, yaml.AliasEvent):
            return self._known(event, depth)
        assert isinstance(event, yaml.NodeEvent)  # noqa: S101 - only nodes begin here
        node = self._made(event, depth)
        self._grow(1)
        if event.anchor is not None:
            if event.anchor in self._anchors:
                raise _NotReadableError(f"the anchor &{event.anchor} is there twice; rename one", _at(event))
            self._anchors[event.anchor] = node
        return node

    def _known(self, event: AliasEvent, depth: int) -> _Node:
        """Return what an anchor stands for; it counts anew each time."""
        known = self._anchors.get(event.anchor or "")
        if known is None:
            message = f"*{event.anchor} stands for nothing: no &{event.anchor} ends before it"
            raise _NotReadableError(message, _at(event))
        self._grow(known.size)
        if depth + known.depth > MAX_DEPTH:
            raise _NotReadableError(_TOO_DEEP)
        return _Node(known.value, _at(event), known.inner, known.keys, known.size, known.depth)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > MAX_VALUES:
            raise _NotReadableError(f"a script has at most {MAX_VALUES} values; this has more")

    def _made(self, event: NodeEvent, depth: int) -> _Node:
        tag = getattr(event, "tag", None)
        if tag not in _TAGS:
            name = quoted(tag.replace(_TAG, "!!"))
            raise _NotReadableError(f"the tag {name} is not for scripts; leave it out", _at(event))
        if isinstance(event, yaml.ScalarEvent):
            return _Node(_scalar(event), _at(event))
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(event, depth)
        return self._mapping(event, depth)

    def _list(self, event: Event, depth: int) -> _Node:
        values: list[Any] = []
        whole = _Node(values, _at(event))
        while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
            node = self._node(inner, depth + 1)
            whole.add(len(values), node, node.place)
            values.append(node.value)
        return whole

    def _mapping(self, event: Event, depth: int) -> _Node:
        whole = _Node({}, _at(event))
        merged: list[_Node] = []
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise _NotReadableError("a key is a plain word; lists, braces and “? ” cannot be keys", _at(key))
            self._grow(1)
            node = self._node(next(self._events), depth + 1)
            if key.value == _MERGE and key.implicit[0]:
                merged.extend(_merged(node))
                continue
            if key.value in whole.inner:
                raise _NotReadableError(f"the key {quoted(key.value)} is there twice; keep one", _at(key))
            whole.add(key.value, node, _at(key))
        for other in merged:  # the first that has a key gives it, and the mapping's own come before all
            for name, node in other.inner.items():
                if name not in whole.inner:
                    whole.add(name, node, other.keys[name])
        whole.value.update((name, node.value) for name, node in whole.inner.items())
        return whole


def _merged(node: _Node) -> list[_Node]:
    """Return the mappings that “<<” takes keys from: one, or a list of them."""
    found = list(node.inner.values()) if isinstance(node.value, list) else [node]
    if not all(isinstance(each.value, dict) for each in found):
        raise _NotReadableError("“<<” takes the keys of another place: write an alias like *name after it", node.place)
    return found


def _at(event: Event) -> Place:
    assert event.start_mark is not None  # noqa: S101 - the parser always gives one
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def _scalar(event: ScalarEvent) -> Any:
    """Return what a word means in YAML 1.2: nothing, a truth value, a number, else text."""
    text: str = event.value
    if event.tag in _TEXT_TAGS or not (event.implicit[0] or event.tag):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "+-.0123456789":
        for pattern, number in _NUMBERS:
            if pattern.fullmatch(text):
                return number(text)
    return text
