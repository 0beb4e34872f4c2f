"""The library: routines and stretches by name."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from coach.core.conditions import Conditions
from coach.core.positions import Positions
from coach.core.quoting import quoted
from coach.core.routine import Routine, fix, fix_item, item_problems, joined
from coach.core.script import RoutineScript, StretchScript
from coach.errors import InputError, Problem, ScriptError, UnknownNameError, suggested
from coach.library.entry import AnyScript, Entry, script_files
from coach.library.positions import (
    built_in_conditions,
    built_in_positions,
    with_conditions_of,
    with_positions_of,
)
from coach.library.reader import named_stretches

NAMES = re.compile(r"[^\W_][\w-]{0,99}")
"""What a script of one's own can be called: letters, digits, - and _, a letter or digit first."""
HOW_TO_NAME = "a name has letters, digits, - and _, like my-evening"
_LISTED = "“coach list” shows them all"


class Library:
    """Scripts by name, and by nothing else: a name is looked up and never used as a path.

    A script is read when it is first needed, and once; what changes later is seen by a new library.
    """

    def __init__(
        self,
        folders: Sequence[Path] = (),
        *,
        stretches: Mapping[str, str | StretchScript] | None = None,
        routines: Mapping[str, str | RoutineScript] | None = None,
    ) -> None:
        """Take folders that have ``stretches/`` and ``routines/`` in them, and scripts as texts (YAML) or models.

        What is first has a name: texts and models come before folders, and folders are in their order.

        Raises:
            InputError: a text or model has an impossible name.
        """
        self.folders = tuple(folders)
        self._own = {"stretches": _entries(stretches or {}), "routines": _entries(routines or {})}

    @functools.cached_property
    def stretches(self) -> Mapping[str, Entry]:
        """Every stretch by its name, in their order."""
        return self._by_name("stretches")

    @functools.cached_property
    def routines(self) -> Mapping[str, Entry]:
        """Every routine by its name, in their order."""
        return self._by_name("routines")

    @functools.cached_property
    def positions(self) -> Positions:
        """The coach's positions and those of its folders; what the first folder says of one counts.

        Raises:
            ScriptError: a file of positions has problems.
        """
        return functools.reduce(
            lambda known, folder: with_positions_of(folder, known), reversed(self.folders), built_in_positions()
        )

    @functools.cached_property
    def conditions(self) -> Conditions:
        """The conditions in which stretches are avoided, as :attr:`positions`.

        Raises:
            ScriptError: a file of conditions has problems.
        """
        known = built_in_conditions()
        for folder in reversed(self.folders):
            known = with_conditions_of(folder, known)
        return known

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """Return what changes when a file of its folders does: the path, time and size of each."""
        files = [
            path
            for folder in self.folders
            for kind in ("", "stretches", "routines")
            for path in script_files(folder / kind)
        ]
        stats = [(str(path), path.stat()) for path in files]
        return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats)

    def stretch(self, name: str) -> StretchScript:
        """Return the script of a stretch.

        Raises:
            UnknownNameError: there is none.
            ScriptError: its script has problems.
        """
        if name not in self.stretches:
            raise UnknownNameError("stretch", name, self.stretches, _LISTED)
        return self.stretches[name].stretch()

    def routine(self, target: str) -> Routine:
        """Return a routine with its doses fixed, by name; a stretch alone is a routine of one.

        Raises:
            UnknownNameError: there is none.
            ScriptError: a script has problems.
        """
        entry = self.routines.get(target) or self.stretches.get(target)
        if entry is None:
            raise UnknownNameError("routine or stretch", target, (*self.routines, *self.stretches), _LISTED)
        return self.opened(target, entry)

    def routine_of(self, targets: Sequence[str]) -> Routine:
        """Return the routine of one or more targets, in their order.

        Raises:
            InputError: there is none among them that can be used.
        """
        routines = [self.routine(target) for target in targets]
        return routines[0] if len(routines) == 1 else joined(routines)

    def is_stretch(self, target: str) -> bool:
        """Whether a target is a stretch alone."""
        return target not in self.routines and target in self.stretches

    def opened(self, id_: str, entry: Entry) -> Routine:
        """Return the routine of a script, the stretches it names taken from this library.

        Raises:
            InputError: the script, or one it names, cannot be read.
            ScriptError: a script has problems.
        """
        script = entry.script()
        if isinstance(script, StretchScript):
            if problems := self.problems_named(entry):
                raise ScriptError(problems)
            return Routine(id_, script.name, script.eases, None, None, (fix_item(id_, script),), self.positions)
        if problems := self.problems_named(entry):
            raise ScriptError(problems)
        stretches = {item.stretch: self.stretch(item.stretch) for _, item in script.named()}
        return fix(id_, script, stretches, self.positions)

    def problems(self, entry: Entry) -> list[Problem]:
        """Return every problem of a script, those of a routine with the stretches it names included."""
        try:
            entry.script()
        except ScriptError as error:
            return sorted({*error.problems, *self._unknown_names(entry)})
        except InputError as error:
            return [Problem(entry.called, 1, 1, str(error))]
        return self.problems_named(entry)

    def problems_named(self, entry: Entry) -> list[Problem]:
        """Return what is wrong with the names and doses in a script that is sound in itself."""
        script = entry.script()
        if isinstance(script, StretchScript):
            return [*self._unknown_positions(entry, script), *self._unknown_instead(entry, script)]
        problems = self._unknown_names(entry)
        for path, item in script.named():
            if item.stretch not in self.stretches:
                continue
            try:
                stretch = self.stretch(item.stretch)
                problems += self._unknown_positions(self.stretches[item.stretch], stretch)
            except ScriptError as error:
                problems.extend(error.problems)
                continue
            problems += [entry.problem((*path, *keys), message) for keys, message in item_problems(item, stretch)]
        return sorted(set(problems))

    def _unknown_names(self, entry: Entry) -> list[Problem]:
        """Return the unknown stretches that a routine names, whatever else is wrong with it."""
        try:
            named = _named(entry)
        except ScriptError:
            return []  # it is not even YAML
        return [problem for path, name in named for problem in self._unknown(entry, path, name)]

    def _unknown_instead(self, entry: Entry, script: StretchScript) -> list[Problem]:
        return [] if script.instead is None else self._unknown(entry, ("instead",), script.instead)

    def _unknown_positions(self, entry: Entry, script: StretchScript) -> list[Problem]:
        known = self.positions.positions
        return [
            entry.problem((key,), suggested(f"there is no position called {quoted(name)}", name, known, _one_of(known)))
            for key, name in (("position", script.position), ("ends_in", script.ends_in))
            if name is not None and name not in known
        ]

    def _unknown(self, entry: Entry, path: tuple[str | int, ...], name: str) -> list[Problem]:
        if name in self.stretches:
            return []
        message = suggested(f"there is no stretch called {quoted(name)}", name, self.stretches, _LISTED)
        return [entry.problem(path, message)]

    def _by_name(self, kind: str) -> Mapping[str, Entry]:
        found = dict(self._own[kind])
        for path in self._files_of(kind):
            if path.stem not in found:
                found[path.stem] = self._entry(path)
        return dict(sorted(found.items()))

    def _files_of(self, kind: str) -> Iterator[Path]:
        return (path for folder in self.folders for path in script_files(folder / kind))

    def _entry(self, path: Path) -> Entry:
        return Entry(str(path), path)


def _named(entry: Entry) -> list[tuple[tuple[str | int, ...], str]]:
    document = entry.document()
    if document is not None:
        return named_stretches(document)
    script = entry.script()
    return [(path, item.stretch) for path, item in script.named()] if isinstance(script, RoutineScript) else []


def _one_of(names: Iterable[str]) -> str:
    return f"it is one of {', '.join(names)}"


def _entries(scripts: Mapping[str, str | AnyScript]) -> dict[str, Entry]:
    for name in scripts:
        if not NAMES.fullmatch(name):
            raise InputError(f"{quoted(name)} cannot be a script's name; {HOW_TO_NAME}")
    return {name: Entry(name, script) for name, script in scripts.items()}
