"""Scripts by path as well as by name: for a command line, whose user may read every file that they name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from coach.core.positions import Positions
from coach.core.routine import Routine
from coach.core.script import RoutineScript, StretchScript
from coach.core.style import positions_findings, routine_findings, stretch_findings, timeline_findings
from coach.core.timeline import Timeline
from coach.errors import SCRIPT_ENDINGS, InputError, Problem
from coach.files import expanded
from coach.library.document import read_document
from coach.library.entry import Entry, read_text, script_files
from coach.library.library import Library
from coach.library.positions import CONDITIONS, POSITIONS, built_in_conditions, built_in_positions
from coach.library.reader import read_conditions, read_lexicon, read_positions
from coach.library.standard import LEXICON, standard_folders

DATA_FILES: Mapping[str, Callable[[str, str], object]] = {
    LEXICON: read_lexicon,
    POSITIONS: lambda text, file: read_positions(text, file, built_in_positions().positions),
    CONDITIONS: lambda text, file: read_conditions(text, file, built_in_conditions().by_name),
}
"""What a folder of scripts may have besides scripts, by name, with what reads it."""


def is_path(target: str) -> bool:
    """Whether a target on the command line means a file rather than a name."""
    return target.endswith(SCRIPT_ENDINGS) or "/" in target or os.sep in target


def path_library() -> PathLibrary:
    """Return the standard library, which takes paths too.

    Raises:
        InputError: ``COACH_SCRIPTS`` names something that is not a folder.
    """
    return PathLibrary(standard_folders())


class PathLibrary(Library):
    """A library whose targets may be paths of scripts; beside a script its stretches are looked for first."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        super().__init__(folders)
        self._at: dict[Path, Entry] = {}

    def routine(self, target: str) -> Routine:
        """Return a routine by name or path; see :meth:`Library.routine`.

        Raises:
            InputError: there is no such routine or file.
            ScriptError: a script has problems.
        """
        if not is_path(target):
            return super().routine(target)
        path = expanded(target)
        return self.beside(path).opened(path.stem, self._entry(path))

    def is_stretch(self, target: str) -> bool:
        """Whether a target is a stretch alone."""
        if is_path(target):
            return isinstance(self._entry(expanded(target)).script(), StretchScript)
        return super().is_stretch(target)

    def beside(self, path: Path) -> Library:
        """Return a library that first looks for stretches around a file."""
        return _LibraryBeside(path, self.folders, self._entry)

    def problems_at(self, path: Path) -> list[Problem]:
        """Return every problem of a script file, or of another file that a folder of scripts may have."""
        if path.name not in DATA_FILES:
            return self.beside(path).problems(self._entry(path))
        try:
            DATA_FILES[path.name](read_text(path), str(path))
        except InputError as error:
            return list(getattr(error, "problems", ())) or [Problem(str(path), 1, 1, str(error))]
        return []

    def findings_at(self, path: Path) -> list[Problem]:
        """Return what an editor's eye finds in a sound script or file of positions (see :mod:`coach.core.style`).

        A lexicon and conditions have no style.
        """
        if path.name in DATA_FILES:
            return _findings_in_positions(path) if path.name == POSITIONS else []
        entry = self._entry(path)
        script = entry.script()
        if isinstance(script, RoutineScript):
            found = routine_findings(script)
        else:
            position = self.beside(path).positions.positions.get(script.position)
            found = stretch_findings(script, position.props if position else ())
        return sorted(entry.problem(place, message) for place, message in found)

    def timed_findings_at(self, path: Path, longest: Callable[[], Timeline]) -> list[Problem]:
        """Return what an editor's eye finds in a sound stretch once it is timed.

        Args:
            path: the script.
            longest: asked, for a stretch, for its timeline with the largest dose.
        """
        entry = self._entry(path)
        script = entry.script()
        found = () if isinstance(script, RoutineScript) else timeline_findings(script, longest())
        return sorted(entry.problem(place, message) for place, message in found)

    def _entry(self, path: Path) -> Entry:
        return self._at.setdefault(path, super()._entry(path))


def _findings_in_positions(path: Path) -> list[Problem]:
    text = read_text(path)
    document, positions = read_document(text, str(path)), DATA_FILES[POSITIONS](text, str(path))
    assert isinstance(positions, Positions)  # noqa: S101 - that is what reads them
    found = positions_findings(positions)
    return sorted(Problem(str(path), *document.place(place), message) for place, message in found)


class _LibraryBeside(Library):
    """Looks around a file first: in its folder, and in a ``stretches`` folder in or next to it."""

    def __init__(self, path: Path, folders: Sequence[Path], entry_at: Callable[[Path], Entry]) -> None:
        super().__init__(folders)
        self._path = path
        self._entry_at = entry_at

    def _files_of(self, kind: str) -> Iterator[Path]:
        here = self._path.parent
        if kind == "stretches":
            beside = () if here.name == "routines" else (here,)  # there, what lies beside it are routines
            for folder in (*beside, here / kind, here.parent / kind):
                yield from (path for path in script_files(folder) if path != self._path)
        yield from super()._files_of(kind)

    def _entry(self, path: Path) -> Entry:
        return self._entry_at(path)
