"""Work done by several processes, one a core."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import connection as connections
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Any, Generic, NoReturn, TypeVar

from coach.compiler import IsCancelled, never
from coach.errors import Cancelled, MachineError
from coach.publish.encoder import cores

Job = TypeVar("Job")
Result = TypeVar("Result")

MOST_PROCESSES = 60
"""Windows can wait for no more."""
CLEAN_UP_S = 5.0
"""How long a process that is told to end may take to clean up."""
ASK_EVERY_S = 0.1
"""How often a wait asks whether it is cancelled."""


def results_of(
    work: Callable[[Job], Result], jobs: Iterable[Job], *, cancelled: IsCancelled = never
) -> Iterator[Result]:
    """Yield the result of each job, as it is there; jobs are taken only as there are processes for them.

    However it ends, no process stays behind, and each cleans up what it was doing.

    Args:
        work: does one job; processes import it by its name.
        jobs: what is to be done; each can be pickled.
        cancelled: asked several times a second whether to give up.

    Raises:
        MachineError: a process ended of its own accord.
        Cancelled: ``cancelled`` said so.
    """
    waiting = iter(jobs)
    first = list(islice(waiting, min(cores(), MOST_PROCESSES)))
    workers: list[_Worker] = []
    try:
        for core in cores_to_keep_to(len(first)):
            workers.append(_start(work, core))
        yield from _Staff(workers, chain(first, waiting), cancelled).results()
    except BaseException:
        for worker in workers:
            worker.process.terminate()
        raise
    finally:
        _see_off(workers)


def cores_to_keep_to(workers: int) -> list[int | None]:
    """Return for each process the core it is to keep to: one of its own if each core gets a process, else none.

    ffmpeg hands every few milliseconds of sound from thread to thread. Kept to one core, with the process that feeds
    it, it needs a quarter less time for the same file (measured on Linux). A process that is done takes the next file,
    so a core that other programs use holds up nothing.
    """
    own = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return [*own] if len(own) == workers else [None] * workers


@dataclass(frozen=True)
class _Worker:
    """A process, and the way to talk to it."""

    process: SpawnProcess
    connection: Connection[Any, Any]


@dataclass(frozen=True)
class _Staff(Generic[Result]):
    """Processes that share the work."""

    workers: list[_Worker]
    jobs: Iterator[Any]
    cancelled: IsCancelled

    def results(self) -> Iterator[Result]:
        busy = {worker.connection for worker in self.workers if self._gives_work(worker.connection)}
        while busy:
            ready = connections.wait(busy, ASK_EVERY_S)
            if self.cancelled():
                raise Cancelled
            for connection in ready:
                assert isinstance(connection, Connection)  # noqa: S101 - only such were waited for
                try:
                    result: Result = connection.recv()
                    if not self._gives_work(connection):
                        busy.remove(connection)
                except (EOFError, OSError) as error:
                    raise MachineError(
                        "a process that renders ended; run it again: what is finished is kept"
                    ) from error
                yield result

    def _gives_work(self, connection: Connection[Any, Any]) -> bool:
        """Give a process the next job, if there is one."""
        for job in self.jobs:
            connection.send(job)
            return True
        return False


def _start(work: Callable[[Any], object], core: int | None) -> _Worker:
    # Started anew rather than forked: a fork would share half-open state with its parent.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(work, there, core))
    with _ignoring_interrupts():  # Ctrl-C is for this process, which ends the others: they inherit it
        process.start()
    there.close()
    return _Worker(process, here)


def _see_off(workers: list[_Worker]) -> None:
    """Wait until each has ended: with its connection closed, it has nothing more to do."""
    for worker in workers:
        worker.connection.close()
    for worker in workers:
        worker.process.join(CLEAN_UP_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


@contextlib.contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only there can it be set
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)


def _work(work: Callable[[Any], object], connection: Connection[Any, Any], core: int | None) -> None:
    """Do what is sent, in a process of its own, until nothing more is."""
    if core is not None:
        with contextlib.suppress(OSError):  # it may have been taken away since
            os.sched_setaffinity(0, {core})
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _clean_up_and_end)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError):
        while True:
            job = connection.recv()
            result = work(job)
            with contextlib.suppress(OSError):  # nothing waits for it any more
                connection.send(result)


def _clean_up_and_end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(CLEAN_UP_S)
        os._exit(1)
