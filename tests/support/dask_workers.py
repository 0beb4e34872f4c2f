"""Dask workers that are killed again and again, and always two: whoever looks after a cluster starts them anew."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Killer:
    """What became of the workers."""

    killed: int = 0


@contextmanager
def killed_workers(scheduler: str, folder: Path, every_s: float) -> Iterator[Killer]:
    """Keep two workers of a scheduler running; the older is killed (SIGKILL) every so many seconds, and replaced."""
    killer, is_over = Killer(), threading.Event()

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--no-dashboard", "--no-nanny"]
        options = ["--nthreads", "1", "--local-directory", str(folder)]
        return subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    workers = [start(), start()]

    def kill() -> None:
        while not is_over.wait(every_s):
            oldest = workers.pop(0)
            oldest.kill()
            oldest.wait()
            killer.killed += 1
            workers.append(start())

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killer
    finally:
        is_over.set()
        thread.join()
        for worker in workers:
            worker.kill()
            worker.wait()
