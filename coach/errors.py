"""Everything that can go wrong, as messages ready to show a person.

CoachError
├── InputError            what a person gave cannot be used (exit status 2)
│   ├── ScriptError       problems in a script, each with its file, line and column
│   └── UnknownNameError  a name that is not there, with the nearest that is
└── MachineError          the machine could not do it (exit status 1)
    ├── VoiceError        the speech engine
    ├── EncoderError      ffmpeg
    ├── PlayerError       the loudspeaker
    ├── HistoryError      the history of sessions
    └── OutputError       the file system

Cancelled stands beside them: it is not an error.
"""

from __future__ import annotations

import errno
import functools
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coach.core.quoting import quoted

TOO_MANY_OPEN = (errno.EMFILE, errno.ENFILE)
"""The errors of a process, or a machine, that may open no more files."""
SCRIPT_ENDINGS = (".yaml", ".yml")
"""How the files of scripts end."""


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
        super().__init__(suggested(f"there is no {kind} called {quoted(name)}", name, known, hint))


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
        file = self.problems[0].file
        where = f": “coach check {file}” lists them all" if file.endswith(SCRIPT_ENDINGS) else ""
        rest = f"\n{more} more{where}" if more else ""
        super().__init__(f"{self.problems[0]}{rest}")


def suggested(problem: str, name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return a problem with a hint after it: the known name that is near, else what to do otherwise, if anything."""
    near = nearest(name, tuple(itertools.islice(known, _MOST_COMPARED)))
    hint = f"did you mean “{near}”?" if near else otherwise
    return f"{problem}; {hint}" if hint else problem


_MOST_COMPARED = 500
_LONGEST_COMPARED = 60
_MOST_CHANGES = 3
_SHORTEST_PART = 3


@functools.lru_cache(1024)
def nearest(name: str, known: tuple[str, ...]) -> str | None:
    """Return the known name that was probably meant, if one is near.

    Near is a name that begins with what was given, has it as one of its words, or differs in at most a third of its
    letters (3 at most), two that are swapped counting as one.
    """
    asked = name.lower()
    if not 0 < len(asked) <= _LONGEST_COMPARED:
        return None
    parts = [text for text in known if len(asked) >= _SHORTEST_PART and _has_part(text.lower(), asked)]
    if parts:
        return parts[0]
    most = min(len(asked) // 3, _MOST_CHANGES)
    changes = {text: _changes(asked, text.lower(), most) for text in known}
    near = [text for text, count in changes.items() if count <= most]
    return min(near, key=changes.__getitem__, default=None)


def _has_part(text: str, asked: str) -> bool:
    return text.startswith(asked) or asked in re.split(r"[-_ :.]", text)


def _changes(one: str, other: str, most: int) -> int:
    """Return how many letters are added, left out, changed or swapped; anything above ``most`` may be returned."""
    if abs(len(one) - len(other)) > most or len(set(one) - set(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        row = [i + 1]
        for j, char in enumerate(other):
            count = min(last[j] + (letter != char), last[j + 1] + 1, row[j] + 1)
            if i and j and letter == other[j - 1] and char == one[i - 1]:
                count = min(count, before[j - 1] + 1)
            row.append(count)
        before, last = last, row
    return last[-1]


def reason(error: OSError, advice: str = "") -> str:
    """Return why a file cannot be used, and what to do about it, for a person.

    Args:
        error: what happened.
        advice: what to do, unless too many files are open.
    """
    if error.errno in TOO_MANY_OPEN:
        return "too many files are open. Close other programs, or allow more with “ulimit -n”"
    return f"{error.strerror or error}{advice and f'. {advice}'}"
