"""The library: which scripts there are, and where."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import platformdirs

from coach.core.lexicon import Lexicon
from coach.core.routine import Routine, fix, fix_item, item_problem, joined
from coach.core.script import RoutineScript, StretchScript
from coach.core.style import routine_findings, stretch_findings
from coach.errors import InputError, Problem, ScriptError, UnknownNameError, did_you_mean
from coach.files import expanded
from coach.library.package_data import data_folder
from coach.library.reader import locator, named_stretches, read_lexicon, read_script

SCRIPTS_VARIABLE = "COACH_SCRIPTS"
_ENDINGS = (".yaml", ".yml")
_MAX_FILE_BYTES = 1_000_000


def user_folder() -> Path:
    """Return the folder of a person's own scripts, with ``stretches/`` and ``routines/`` in it; it need not exist.

    Raises:
        InputError: ``COACH_SCRIPTS`` names something that is no folder.
    """
    chosen = os.environ.get(SCRIPTS_VARIABLE)
    if not chosen:
        return platformdirs.user_data_path("stretch-coach", appauthor=False) / "scripts"
    folder = expanded(chosen)
    if not os.path.isdir(folder):  # noqa: PTH112 - unlike Path.is_dir it raises nothing
        raise InputError(f"{SCRIPTS_VARIABLE} is {chosen}, which is no folder; make it, or unset the variable")
    return folder


def standard_library() -> Library:
    """Return the person's own scripts and the built-in ones; where a name is in both, the person's own counts."""
    return Library((user_folder(), data_folder("scripts")))


LEXICON = "lexicon.yaml"


def standard_lexicon() -> Lexicon:
    """Return how words are spelled for the voices: the coach's own lexicon, and the person's, which outranks it.

    Raises:
        ScriptError: a lexicon has problems.
    """
    spellings: dict[str, str] = {}
    for folder in (data_folder("scripts"), user_folder()):
        path = folder / LEXICON
        if path.is_file():
            spellings |= read_lexicon(read_text(path), str(path))
    return Lexicon(spellings)


def is_path(target: str) -> bool:
    """Whether a target on the command line means a file rather than a name."""
    return target.endswith(_ENDINGS) or "/" in target or os.sep in target


class Library:
    """Scripts in one or more folders; the first folder that has a name gives it."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)

    @functools.cached_property
    def stretch_paths(self) -> dict[str, Path]:
        """Every stretch's name and file, by name."""
        return self._paths("stretches")

    @functools.cached_property
    def routine_paths(self) -> dict[str, Path]:
        """Every routine's name and file, by name."""
        return self._paths("routines")

    def stretch(self, name: str) -> StretchScript:
        """Read a stretch by name.

        Raises:
            UnknownNameError: there is none.
            ScriptError: its script has problems.
        """
        path = self.stretch_paths.get(name)
        if path is None:
            raise UnknownNameError("stretch", name, self.stretch_paths, "“coach list” shows them all.")
        return read_stretch_file(path)

    def routine(self, target: str) -> Routine:
        """Return a routine with its doses fixed, by name or by path; a stretch alone is a routine of one.

        Raises:
            InputError: there is no such routine or file.
            ScriptError: a script has problems.
        """
        if is_path(target):
            path = expanded(target)
            return self.beside(path)._open(path.stem, path)
        if target in self.routine_paths:
            return self._open(target, self.routine_paths[target])
        if target in self.stretch_paths:
            return self._open(target, self.stretch_paths[target])
        names = (*self.routine_paths, *self.stretch_paths)
        raise UnknownNameError("routine or stretch", target, names, "“coach list” shows them all.")

    def routine_of(self, targets: Sequence[str]) -> Routine:
        """Return the routine of one or more targets, in their order."""
        routines = [self.routine(target) for target in targets]
        return routines[0] if len(routines) == 1 else joined(routines)

    def beside(self, path: Path) -> Library:
        """Return a library that first looks for stretches around a file."""
        return _LibraryBeside(path, self.folders)

    def findings(self, path: Path) -> list[Problem]:
        """Return what an editor's eye finds in one sound script file (see :mod:`coach.core.style`)."""
        text = read_text(path)
        script = read_script(text, str(path))
        found = routine_findings(script) if isinstance(script, RoutineScript) else stretch_findings(script)
        place_of = locator(text)
        return sorted(Problem(str(path), *place_of(place), message) for place, message in found)

    def problems(self, path: Path) -> list[Problem]:
        """Return every problem of one script file, those of a routine with the stretches it names included."""
        text = ""
        around = self.beside(path)
        try:
            text = read_text(path)
            if path.name == LEXICON:
                read_lexicon(text, str(path))
                return []
            script = read_script(text, str(path))
            if isinstance(script, RoutineScript):
                around._stretches(script, path, text)
            elif script.instead is not None and script.instead not in around.stretch_paths:
                near = did_you_mean(script.instead, around.stretch_paths)
                message = f"there is no stretch called “{script.instead}”{near}"
                raise ScriptError([Problem(str(path), *locator(text)(("instead",)), message)])
        except InputError as error:
            if not isinstance(error, ScriptError):
                return [Problem(str(path), 1, 1, str(error))]
            try:
                unknown = around._unknown_names(path, text)
            except ScriptError:
                unknown = []  # not even YAML, which is among the problems already
            return sorted({*error.problems, *unknown})
        return []

    def _unknown_names(self, path: Path, text: str) -> list[Problem]:
        place_of = locator(text)
        return [
            Problem(str(path), *place_of(place), f"there is no stretch called “{name}”{near}")
            for place, name in named_stretches(text, str(path))
            if name not in self.stretch_paths
            for near in (did_you_mean(name, self.stretch_paths),)
        ]

    def _open(self, id_: str, path: Path) -> Routine:
        text = read_text(path)
        script = read_script(text, str(path))
        if isinstance(script, RoutineScript):
            return fix(id_, script, self._stretches(script, path, text))
        return Routine(id_, script.name, script.eases, None, None, (fix_item(id_, script),))

    def _stretches(self, script: RoutineScript, path: Path, text: str) -> dict[str, StretchScript]:
        """Read every stretch a routine names, and check its doses against them."""
        problems = self._unknown_names(path, text)
        place_of = locator(text)
        found: dict[str, StretchScript] = {}
        for index, item in enumerate(script.stretches):
            if item.stretch not in self.stretch_paths:
                continue
            try:
                found[item.stretch] = self.stretch(item.stretch)
            except ScriptError as error:
                problems.extend(error.problems)
                continue
            wrong = item_problem(item, found[item.stretch])
            if wrong:
                key, message = wrong
                problems.append(Problem(str(path), *place_of(("stretches", index, key)), message))
        if problems:
            raise ScriptError(sorted(set(problems)))
        return found

    def _paths(self, kind: str) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder in self._folders_of(kind):
            for path in script_files(folder):
                found.setdefault(path.stem, path)
        return dict(sorted(found.items()))

    def _folders_of(self, kind: str) -> Iterator[Path]:
        return (folder / kind for folder in self.folders)


class _LibraryBeside(Library):
    """Looks around a file first: in its folder, and in a ``stretches`` folder in or next to it."""

    def __init__(self, path: Path, folders: Sequence[Path]) -> None:
        super().__init__(folders)
        self._path = path

    def _folders_of(self, kind: str) -> Iterator[Path]:
        here = self._path.parent
        if kind == "stretches":
            if here.name != "routines":  # there, what lies beside it are routines
                yield here
            yield from (here / kind, here.parent / kind)
        yield from super()._folders_of(kind)

    def _paths(self, kind: str) -> dict[str, Path]:
        return {name: path for name, path in super()._paths(kind).items() if path != self._path}


def script_files(folder: Path) -> list[Path]:
    """Return the script files in a folder, in order; none where there is no folder."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in _ENDINGS and path.is_file())
    except OSError:
        return []


def read_stretch_file(path: Path) -> StretchScript:
    """Read a stretch from a file.

    Raises:
        InputError: it cannot be read.
        ScriptError: it has problems.
    """
    script = read_script(read_text(path), str(path), StretchScript)
    assert isinstance(script, StretchScript)  # noqa: S101 - asked for as one
    return script


def read_text(path: Path) -> str:
    """Return the text of a script file.

    Raises:
        InputError: it cannot be read.
        ScriptError: it is not text.
    """
    try:
        if not path.exists():
            raise InputError(f"there is no file {path}; check the path, or give a name that “coach list” shows")
        if not path.is_file() or path.stat().st_size > _MAX_FILE_BYTES:
            raise InputError(f"{path} is no script: it should be a YAML text file")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ScriptError([Problem(str(path), line, 1, "this is not text in UTF-8; save the file as UTF-8")]) from error
