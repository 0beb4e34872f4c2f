"""Everything that can go wrong, as messages ready to show a person.

CoachError
├── InputError            what a person gave cannot be used (exit status 2)
│   ├── ScriptError       problems in scripts, each with its file, line and column
│   └── UnknownNameError  a name that is not there, with the nearest that is
└── MachineError          the machine could not do it (exit status 1)
    ├── VoiceError        the speech engine
    ├── EncoderError      ffmpeg
    ├── PlayerError       the loudspeaker
    ├── HistoryError      the history of sessions
    └── OutputError       the file system

Cancelled stands beside them: it is no error.
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TOO_MANY_OPEN = (errno.EMFILE, errno.ENFILE)
"""The errors of a process, or a machine, that may open no more files."""


class CoachError(Exception):
    """The root; its message says in one or two lines what is wrong, where, and what to do."""

    exit_status = 1


class Cancelled(Exception):  # noqa: N818 - not an error
    """The caller asked to stop; nothing is left behind."""


class InputError(CoachError):
    """Something a person gave cannot be used."""

    exit_status = 2


class MachineError(CoachError):
    """The machine could not do what was asked."""


class VoiceError(MachineError):
    """The speech engine is missing, hangs, dies or gives no usable clip."""


class EncoderError(MachineError):
    """The encoder is missing or failed."""


class PlayerError(MachineError):
    """There is no loudspeaker, or it cannot be used."""


class HistoryError(MachineError):
    """The history of sessions cannot be read or written."""


class OutputError(MachineError):
    """A file could not be written."""


class UnknownNameError(InputError):
    """A name that is not there."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str) -> None:
        super().__init__(f"there is no {kind} called “{name}”{did_you_mean(name, known)}. {hint}")


@dataclass(frozen=True, order=True)
class Problem:
    """One problem in a script."""

    file: str
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ScriptError(InputError):
    """One script with one or more problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - 1
        rest = f"\n{more} more: “coach check {self.problems[0].file}” lists them all" if more else ""
        super().__init__(f"{self.problems[0]}{rest}")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean “x”?`` for the nearest known name, or nothing when none is near."""
    by_lower = {text.lower(): text for text in reversed(list(known))}
    asked = name.lower()
    inside = [text for text in by_lower if len(asked) > 2 and asked in text]  # noqa: PLR2004 - not every “en”
    near = inside[:1] or difflib.get_close_matches(asked, list(by_lower), n=1, cutoff=0.5)
    return f"; did you mean “{by_lower[near[0]]}”?" if near else ""


def reason(error: OSError, advice: str = "") -> str:
    """Return why a file cannot be used, and what to do about it, for a person.

    Args:
        error: what happened.
        advice: what to do, unless too many files are open.
    """
    if error.errno in TOO_MANY_OPEN:
        return "too many files are open. Close other programs, or allow more with “ulimit -n”"
    return f"{error.strerror or error}{advice and f'. {advice}'}"
