"""Runs many cases, each from a seed of its own, and reports those that fail.

A case fails that raises anything but a ``CoachError`` with a message fit for a person, that takes too long, or that
touches a file outside the temporary folder it is given. A program is one function that makes a case from a
``random.Random``, one that tries it in a folder, and a call of :func:`main`::

    uv run python tests/fuzz/scripts.py --number 100000 --seed 7
    uv run python tests/fuzz/scripts.py --seed 7 --case 1234      # one case again, with its traceback
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Generic, NoReturn, TypeVar

Case = TypeVar("Case")

LIMIT_S = 5.0
"""The longest a case may take."""
MOST_SHOWN = 20
"""The most failures that are printed; all are counted."""
MOST_MESSAGE_CHARS = 2000

NASTY = (
    *("", " ", "~", "null", "yes", "true", "-1", "0", "1", "1.5", "1e400", ".nan", ".inf", "9" * 5000, "0x" + "f" * 99),
    *("5 s", "5 x", "0 s", "3600 s", "3601 s", "360 breaths", "500 x", "1-500 x", "2 min", "4-6", "99-99-99-99"),
    *("calm", "1:30", "2020-01-01", "{side}", "{other_side}", "{", "}", "{side", '"', "'", "a: b", "a\nb", "a\tb"),
    *("- a", "# a", "&a", "*a", "<<", "!a"),
    *("é", "ﬃ", "漢字", "🙂", "\x1b[2J", "\x00", "\x07", "\x85", "\u202e", "\u2028", "\ufeff", "\ud800", "x" * 300),
    *("../x", "/etc/passwd", "~nobody/x", "C:\\x", "NUL", "daily", "cat-cow", "[[", "? ? a", "%YAML 1.1", "---", "..."),
)
"""Texts that have broken programs before."""

_SENTENCE_OF_A_LIBRARY = re.compile(
    r"Traceback|pydantic|Input should|validation error|object has no attribute|<class |unhashable|could not convert"
    r"|ruamel|yaml\.|invalid literal|Errno|codec can't"
)
_DOUBLED_MARKS = re.compile(r"\?\.|[;:,][;:,]|”\. “")


class CaseError(Exception):
    """A case did what it must not."""


@dataclass
class Tally:
    """What came of all the cases."""

    number: int = 0
    refused: int = 0
    """How many were told to a person as impossible."""
    failed: int = 0
    slowest_s: float = 0.0
    slowest: int = 0
    """The case that was slowest."""
    shown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Program(Generic[Case]):
    """What to try, and how."""

    name: str
    make: Callable[[random.Random], Case]
    attempt: Callable[[Case, Path], None]
    """Tries a case in an empty folder; raises a ``CoachError`` if it is refused."""


def run(program: Program[Any], number: int, seed: int, limit_s: float = LIMIT_S, first: int = 0) -> Tally:
    """Try a number of cases, from one on."""
    tally = Tally()
    with own_folders() as folder:
        for index in range(first, first + number):
            began = time.perf_counter()
            failure = _failure(program, random.Random(f"{seed} {index}"), folder, limit_s, tally)
            took_s = time.perf_counter() - began
            if not failure and took_s > limit_s:
                failure = f"took {took_s:.1f} s"
            if took_s > tally.slowest_s:
                tally.slowest_s, tally.slowest = took_s, index
            tally.number += 1
            if failure:
                tally.failed += 1
                if len(tally.shown) < MOST_SHOWN:
                    tally.shown.append(f"--seed {seed} --case {index}: {failure}")
    return tally


def _failure(program: Program[Any], rng: random.Random, folder: Path, limit_s: float, tally: Tally) -> str:
    """Try one case; return what went wrong."""
    from coach.errors import CoachError

    case: Any = None
    place = Path(tempfile.mkdtemp(dir=folder))
    os.chdir(place)
    _OUTSIDE.clear()
    try:
        case = program.make(rng)
        with limited(limit_s):
            program.attempt(case, place)
    except CoachError as error:
        tally.refused += 1
        if wrong := badly_told(str(error)):
            return f"{wrong}: {str(error)[:MOST_MESSAGE_CHARS]!r}\n{_shown(case)}"
    except (Exception, SystemExit) as error:
        trace = "".join(traceback.format_exception(error)[-4:])
        return f"{type(error).__name__}: {str(error)[:300]!r}\n{trace}\n{_shown(case)}"
    finally:
        os.chdir(folder)
        shutil.rmtree(place, ignore_errors=True)
    return f"touched {_OUTSIDE[:3]}\n{_shown(case)}" if _OUTSIDE else ""


def badly_told(message: str) -> str:
    """Return what a message for a person lacks, if anything."""
    if not message.strip():
        return "an empty message"
    if found := _SENTENCE_OF_A_LIBRARY.search(message):
        return f"a library's words ({found[0]})"
    if _DOUBLED_MARKS.search(_without_quotes(message)):
        return "doubled marks"
    if message.count("\n") > 1 and len(message) > MOST_MESSAGE_CHARS:
        return "a long message"
    return ""


def _without_quotes(message: str) -> str:
    return re.sub(r"“[^”]*”", "“”", message)


def _shown(case: object) -> str:
    text = case if isinstance(case, str) else repr(case)
    return text[:MOST_MESSAGE_CHARS].encode("ascii", "backslashreplace").decode()


@contextmanager
def limited(limit_s: float) -> Iterator[None]:
    """Interrupt what takes too long, if the system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ended(_number: int, _frame: FrameType | None) -> NoReturn:
        raise CaseError(f"still running after {limit_s:g} s")

    before = signal.signal(signal.SIGALRM, ended)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_OUTSIDE: list[str] = []
_inside: list[str] = []
_BYTECODE = (os.path.realpath(sys.pycache_prefix),) if sys.pycache_prefix else ()
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.symlink", "os.truncate"}


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Note what is changed outside the folder."""
    if not _inside or (event != "open" and event not in _CHANGES):
        return
    if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITES):
        return
    path = arguments[0]
    if not isinstance(path, (str, bytes, os.PathLike)):
        return  # a file that is open already
    place = os.path.realpath(os.fsdecode(path))
    inside = place.startswith((_inside[0], *_BYTECODE)) or "__pycache__" in place
    if not inside and place != os.devnull:
        _OUTSIDE.append(f"{event} {place}")


sys.addaudithook(_audit)


@contextmanager
def own_folders() -> Iterator[Path]:
    """Yield a temporary folder that is also home, cache and history, and watch that nothing else is changed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        home = folder / "home"
        home.mkdir()
        before, cwd = dict(os.environ), Path.cwd()
        for variable in ("COACH_SCRIPTS", "COACH_VOICES", "COACH_CACHE_MB", "COACH_CACHE_SHARED"):
            os.environ.pop(variable, None)
        os.environ |= {"HOME": str(home), "COACH_CACHE": str(home / "cache"), "COACH_DATA": str(home / "data")}
        os.environ |= {"COACH_VOICE": "silent", "TMPDIR": str(folder)}
        for variable in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            os.environ[variable] = str(home / variable.lower())
        tempfile.tempdir = None
        _inside.append(str(folder))
        try:
            yield folder
        finally:
            _inside.clear()
            os.chdir(cwd)
            os.environ.clear()
            os.environ.update(before)
            tempfile.tempdir = None


def main(program: Program[Any], default_number: int = 1000) -> NoReturn:
    """Run a program as the command line asks, and say what failed."""
    parser = argparse.ArgumentParser(description=f"Tries {program.name}, and reports what fails.")
    parser.add_argument("--number", type=int, default=default_number, help="how many cases [%(default)s]")
    parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same cases [%(default)s]")
    parser.add_argument("--case", type=int, help="only this case")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds that a case may take [%(default)s]")
    asked = parser.parse_args()
    one = asked.case is not None
    began = time.perf_counter()
    tally = run(program, 1 if one else asked.number, asked.seed, asked.limit, asked.case if one else 0)
    for failure in tally.shown:
        sys.stdout.write(f"FAILED {failure}\n\n")
    sys.stdout.write(
        f"{tally.number} {program.name}, {tally.refused} refused, {tally.failed} failed, "
        f"{time.perf_counter() - began:.0f} s, slowest {tally.slowest_s:.2f} s (case {tally.slowest}), "
        f"seed {asked.seed}\n"
    )
    raise SystemExit(1 if tally.failed else 0)
