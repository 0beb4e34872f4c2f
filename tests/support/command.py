"""The command line, run as a person runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coach.core.timeline import Timeline

Coach = Callable[..., "subprocess.CompletedProcess[str]"]
"""What the fixture ``coach`` gives: :func:`run_coach`."""

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


@dataclass(frozen=True)
class Rendered:
    """A routine as a person gets it."""

    path: Path
    timeline: Timeline
    printed: str


def render(folder: Path, routine: str) -> Rendered:
    """Render a routine of the library into a folder, with the real voice and the real encoder."""
    done = run_coach("render", routine, cwd=folder)
    assert done.returncode == 0, done.stderr
    told = run_coach("timeline", routine, "--json")
    assert told.returncode == 0, told.stderr
    return Rendered(folder / f"{routine}.mp3", Timeline.from_json(told.stdout), done.stdout)
