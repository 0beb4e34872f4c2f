"""Dask workers that are killed again and again, and always two: whoever looks after a cluster starts them anew."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Workers:
    """Two workers of a scheduler."""

    def __init__(self, scheduler: str, folder: Path) -> None:
        self.killed = 0
        self._command = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--no-dashboard", "--no-nanny"]
        self._command += ["--nthreads", "1", "--local-directory", str(folder)]
        self._running = [self._started(), self._started()]

    def kill_one(self) -> None:
        """Kill the older (SIGKILL), and start another."""
        oldest = self._running.pop(0)
        oldest.kill()
        oldest.wait()
        self.killed += 1
        self._running.append(self._started())

    def end(self) -> None:
        """Kill both."""
        for worker in self._running:
            worker.kill()
            worker.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def two_workers(scheduler: str, folder: Path, killed_every_s: float | None = None) -> Iterator[Workers]:
    """Keep two workers running; one is killed every so many seconds, if that is given."""
    workers, is_over = Workers(scheduler, folder), threading.Event()

    def kill() -> None:
        while killed_every_s is not None and not is_over.wait(killed_every_s):
            workers.kill_one()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield workers
    finally:
        is_over.set()
        thread.join()
        workers.end()
