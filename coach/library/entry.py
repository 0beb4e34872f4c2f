"""One script of a library: a file, a text or a model, read once and only when it is needed."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

from coach.core.script import RoutineScript, StretchScript
from coach.errors import SCRIPT_ENDINGS, InputError, Problem, ScriptError
from coach.library.document import Document, Path_, read_document
from coach.library.reader import script_of

_MAX_FILE_BYTES = 1_000_000

AnyScript = StretchScript | RoutineScript


class Entry:
    """A script, and how messages name it."""

    def __init__(self, called: str, source: Path | str | AnyScript) -> None:
        """Take a file, a text (YAML), or a model that is ready; ``called`` names it in messages."""
        self.called = called
        self.source = source

    def document(self) -> Document | None:
        """Return its values and their places; a model has none.

        Raises:
            InputError: its file cannot be read, or it is not “key: value” lines.
        """
        if isinstance(self._document, InputError):
            raise self._document.with_traceback(None)
        return self._document

    def script(self) -> AnyScript:
        """Return the script.

        Raises:
            InputError: its file cannot be read.
            ScriptError: with every problem in it.
        """
        if isinstance(self._script, InputError):
            raise self._script.with_traceback(None)
        return self._script

    def stretch(self) -> StretchScript:
        """Return the script, which must be a stretch.

        Raises:
            InputError: its file cannot be read.
            ScriptError: with every problem in it, one of them that it is a routine.
        """
        script = self.script()
        if isinstance(script, StretchScript):
            return script
        raise ScriptError([self.problem(("stretches",), "this is a routine, and a stretch is needed here")])

    def problem(self, path: Path_, message: str) -> Problem:
        """Return a problem at a path of keys."""
        document = self.document()
        return Problem(self.called, *(document.place(path) if document else (1, 1)), message)

    def __getstate__(self) -> dict[str, object]:
        return {"called": self.called, "source": self.source}  # another process reads it anew

    # What went wrong is kept as well: a broken file that many routines name is read once too.
    @functools.cached_property
    def _document(self) -> Document | InputError | None:
        if isinstance(self.source, AnyScript):
            return None
        try:
            text = self.source if isinstance(self.source, str) else read_text(self.source)
            return read_document(text, self.called)
        except InputError as error:
            return error

    @functools.cached_property
    def _script(self) -> AnyScript | InputError:
        if isinstance(self.source, AnyScript):
            wrong = [self.problem(path, message) for path, message in self.source.problems()]
            return ScriptError(sorted(wrong)) if wrong else self.source
        document = self._document
        if not isinstance(document, Document):
            assert document is not None  # noqa: S101 - only a model has none
            return document
        try:
            return script_of(document, self.called)
        except ScriptError as error:
            return error


def script_files(folder: Path) -> Iterator[Path]:
    """Yield the script files in a folder, in their order; none if there is no such folder."""
    try:
        with os.scandir(folder) as files:
            names = sorted(file.name for file in files if file.name.endswith(SCRIPT_ENDINGS) and file.is_file())
    except OSError:
        return
    for name in names:
        yield folder / name


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
            raise InputError(f"{path} is not a script: it should be a YAML text file")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ScriptError([Problem(str(path), line, 1, "this is not text in UTF-8; save the file as UTF-8")]) from error
    except ValueError as error:
        raise InputError(f"{str(path)!r} cannot be a path") from error
