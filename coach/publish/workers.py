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
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Any, NoReturn, TypeVar

from coach.compiler import IsCancelled, never
from coach.errors import Cancelled, MachineError
from coach.publish.encoder import cores

Job = TypeVar("Job")
Result = TypeVar("Result")

MOST_PROCESSES = 60
"""Windows can wait for no more."""
CLEAN_UP_S = 5.0
"""How long a process that is told to end may take to clean up."""
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
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
        with _undisturbed():
            for core in cores_to_keep_to(len(first)):
                workers.append(_start(work, core))
        yield from _results(workers, chain(first, waiting), cancelled)
    except BaseException:
        for worker in workers:
            worker.stop()
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


@dataclass(eq=False)
class _Worker:
    """A process, and the way to talk to it."""

    process: SpawnProcess
    connection: Connection[Any, Any]
    has_begun: bool = False
    """Whether it was given a job."""

    def give(self, jobs: Iterator[object]) -> bool:
        """Give it the next job, if there is one."""
        for job in jobs:
            self.has_begun = True
            self.connection.send(job)
            return True
        return False

    def stop(self) -> None:
        """Tell it to clean up and end; there is nothing to clean up before its first job."""
        (self.process.terminate if self.has_begun else self.process.kill)()


def _results(workers: list[_Worker], jobs: Iterator[object], cancelled: IsCancelled) -> Iterator[Any]:
    busy: dict[object, _Worker] = {worker.connection: worker for worker in workers}
    while busy:
        ready = connections.wait([worker.connection for worker in busy.values()], ASK_EVERY_S)
        if cancelled():
            raise Cancelled
        for connection in ready:
            worker = busy[connection]
            is_result = worker.has_begun  # before its first job, it only says that it is there
            try:
                result = worker.connection.recv()
                if not worker.give(jobs):
                    del busy[worker.connection]
            except (EOFError, OSError) as error:
                raise MachineError("a process that renders ended; run it again: what is finished is kept") from error
            if is_result:
                yield result


def _start(work: Callable[[Any], object], core: int | None) -> _Worker:
    # Started anew rather than forked: a fork would share half-open state with its parent.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(work, there, core))
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
def _undisturbed() -> Iterator[None]:
    """Hold signals back until processes have been started: none is lost, and none finds one half started.

    The processes inherit that they are held back, and meet them when they are ready to.
    """
    held: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()  # only there can handlers be set
    before = {number: signal.getsignal(number) for number in _SIGNALS if is_main}
    before = {number: handler for number, handler in before.items() if handler is not None}
    has_mask = hasattr(signal, "pthread_sigmask")
    if has_mask:
        resource_tracker.ensure_running()  # it would let them through as it starts
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        for number in before:
            signal.signal(number, lambda number, _frame: held.append(number))
        yield
    finally:
        if has_mask:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in held:
            signal.raise_signal(number)


def _work(work: Callable[[Any], object], connection: Connection[Any, Any], core: int | None) -> None:
    """Do what is sent, in a process of its own, until nothing more is."""
    if core is not None:
        with contextlib.suppress(OSError):  # it may have been taken away since
            os.sched_setaffinity(0, {core})
    for number in _SIGNALS:
        # Ctrl-C is for the parent, which ends the others.
        signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else _clean_up_and_end)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    result: object = None
    with contextlib.suppress(EOFError), _ending_quietly():
        while True:
            with contextlib.suppress(OSError):  # nothing waits for it any more
                connection.send(result)
            result = work(connection.recv())


@contextlib.contextmanager
def _ending_quietly() -> Iterator[None]:
    """Take an error for the end that it stands for: a library that calls us back may wrap what we raise to end."""
    try:
        yield
    except Exception as error:
        before: BaseException | None = error
        while before is not None:
            if isinstance(before, SystemExit):
                raise before from None
            before = before.__cause__ or before.__context__
        raise


def _clean_up_and_end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(CLEAN_UP_S)
        os._exit(1)
