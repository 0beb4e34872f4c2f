"""Work that is done elsewhere: by anything that takes work as :mod:`concurrent.futures` does, Dask's client among it.

A task that is lost, because a machine went away or a process was killed, is given out again. So work must come to the
same when it is done twice.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Protocol, TypeVar

from coach.compiler import IsCancelled, never
from coach.errors import Cancelled, CoachError

Job = TypeVar("Job")
Result = TypeVar("Result")

MOST_TRIES = 10
"""How often a job is given out before it is said to have failed."""
AT_ONCE = 64
"""How many jobs are given out at a time: enough for as many processes, and few enough to be held."""
PAUSE_S = 0.2
"""Before a job is given out again: whatever was lost may be coming back."""
PAUSE_EVERY_S = 2.0
"""How often that is waited for: when a process is killed, all that was given to it is lost at once."""
ASK_EVERY_S = 0.1


class Future(Protocol):
    """A result that is to come."""

    def result(self, timeout: float | None = None) -> Any:
        """Return it, or raise what went wrong."""

    def add_done_callback(self, call: Callable[[Any], object]) -> object:
        """Have it call when it is done, whatever came of it."""

    def cancel(self) -> object:
        """Give it up, if it has not begun."""


class Client(Protocol):
    """Takes work to do elsewhere."""

    def submit(self, work: Callable[..., Any], /, *given: Any) -> Future:
        """Take a piece of work."""


def results_through(
    client: Client,
    work: Callable[[Job], Result],
    jobs: Iterable[Job],
    *,
    lost: Callable[[Job, str], Result],
    at_once: int | None = None,
    cancelled: IsCancelled = never,
) -> Iterator[Result]:
    """Yield the result of each job, as it is there; jobs are taken only as there is room for them.

    Args:
        client: does the work.
        work: does one job; it and the jobs can be pickled.
        jobs: what is to be done.
        lost: returns the result of a job that was lost again and again, and why.
        at_once: how many are given out at a time; as many as the client says, or some dozens, if not given.
        cancelled: asked several times a second whether to give up.

    Raises:
        CoachError: ``work`` raised it: no other job would come out better.
        Cancelled: ``cancelled`` said so.
    """
    waiting = iter(jobs)
    given = _Given(client, work)
    paused_s = 0.0
    try:
        while True:
            most = int(getattr(client, "at_once", AT_ONCE)) if at_once is None else at_once
            for job in islice(waiting, max(0, most - len(given.running))):
                given.give(job)
            if not given.running:
                return
            found = given.next()
            if cancelled():
                raise Cancelled
            if found is None:
                continue
            future, job, tries = found
            problem = _problem(future)
            if problem and tries < MOST_TRIES:
                if time.monotonic() - paused_s > PAUSE_EVERY_S:
                    time.sleep(PAUSE_S)
                    paused_s = time.monotonic()
                given.give(job, tries + 1)
                continue
            yield lost(job, problem) if problem else future.result()
    finally:
        for future in given.running.values():
            future.cancel()


class _Given:
    """The jobs that are out."""

    def __init__(self, client: Client, work: Callable[[Any], Any]) -> None:
        self.running: dict[int, Future] = {}
        self._client, self._work = client, work
        self._done: queue.SimpleQueue[tuple[Future, Any, int]] = queue.SimpleQueue()

    def give(self, job: object, tries: int = 1) -> None:
        """Give a job out."""
        future = self._client.submit(self._work, job)
        self.running[id(future)] = future
        future.add_done_callback(lambda _: self._done.put((future, job, tries)))

    def next(self) -> tuple[Future, Any, int] | None:
        """Return one that is done, its job, and how often that was given out; ``None`` if none is, for a while."""
        try:
            found = self._done.get(timeout=ASK_EVERY_S)
        except queue.Empty:
            return None
        del self.running[id(found[0])]
        return found


def _problem(future: Future) -> str:
    """Return why a result was lost; empty if it is there.

    Raises:
        CoachError: the work itself refused.
    """
    try:
        future.result()
    except (CoachError, Cancelled, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a process that was killed, a machine that is gone, a future given up
        return f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return ""
