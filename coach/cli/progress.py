"""Progress on stderr, with the time left, if stderr is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from coach.compiler import Progress, no_progress

if TYPE_CHECKING:
    from rich.progress import TaskID


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Yield a function to report progress to; it draws on a terminal and is silent elsewhere."""
    if not sys.stderr.isatty():
        yield no_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("{task.description:9}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with RichProgress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        yield report
