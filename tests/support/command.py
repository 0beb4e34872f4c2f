"""The command line, run as a person runs it."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coach import __main__
from coach.core.timeline import Timeline

Coach = Callable[..., "subprocess.CompletedProcess[str]"]
"""What the fixtures ``coach`` and ``coach_here`` give: :func:`run_coach` and :func:`run_here`."""

LONGEST_RUN_S = 300


def run_coach(
    *arguments: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the real command line in a process of its own; ``env`` is added to this process's environment."""
    return subprocess.run(
        [sys.executable, "-m", "coach", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        timeout=LONGEST_RUN_S,
    )


def run_here(
    *arguments: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Do as :func:`run_coach` in this process, which is quicker: for what is refused, or only told."""
    words = ["coach", *map(str, arguments)]
    before, environment = (sys.argv, sys.stdin), dict(os.environ)
    with contextlib.chdir(cwd or Path.cwd()), io.StringIO() as out, io.StringIO() as err:
        sys.argv, sys.stdin = words, io.StringIO()
        os.environ.update(env or {})
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = __main__._run()
        finally:
            sys.argv, sys.stdin = before
            os.environ.clear()
            os.environ.update(environment)
        return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Rendered:
    """A routine as a person gets it."""

    path: Path
    timeline: Timeline
    printed: str


def render(folder: Path, routine: str, *manner: str) -> Rendered:
    """Render a routine of the library into a folder, with the real encoder, and the real voice unless told not to."""
    done = run_coach("render", routine, *manner, cwd=folder)
    assert done.returncode == 0, done.stderr
    told = run_coach("timeline", routine, *manner, "--json")
    assert told.returncode == 0, told.stderr
    return Rendered(folder / f"{routine}.mp3", Timeline.from_json(told.stdout), done.stdout)
