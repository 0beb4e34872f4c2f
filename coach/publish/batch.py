"""Many files at once: each order becomes a file in a folder or an object store, made here or on other machines."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import length_hint
from pathlib import Path
from typing import TYPE_CHECKING

from coach.compiler import Compiled, IsCancelled, Progress, never, no_progress
from coach.errors import CoachError
from coach.order import Order
from coach.publish.clients import Client, results_through
from coach.publish.jobs import Job, Made, Names
from coach.publish.places import Folder, NoRoomError, Place, named_in, place_at
from coach.publish.planning import sound_of
from coach.publish.rendering import Rendering
from coach.publish.report import Report
from coach.publish.table import read_plan
from coach.publish.tools import Tools, tools_of
from coach.publish.workers import results_of
from coach.recipe import NothingLeftError
from coach.storage import cache

if TYPE_CHECKING:
    from coach.library.library import Library

TOGETHER = 2_000
"""Of so many jobs those that sound alike are made one after another: what one needed, the next finds ready."""
NO_ROOM_S = 2.0
"""How long a machine whose disk is full waits before it hands a job back."""
MOST_LATELY = 16
"""How many compiled routines a process holds: with an engine's voice each may be some 10 MB."""


def render_many(
    orders: Iterable[Order],
    folder: Path | str,
    *,
    library: Library | None = None,
    force: bool = False,
    progress: Progress = no_progress,
    cancelled: IsCancelled = never,
    client: Client | None = None,
) -> Iterator[Made]:
    """Write each order as a file, several at a time; yield what came of each, as it is made.

    Each file is called by what is ordered (``daily.mp3``), and numbered as a track. A failure stops none of the
    others. Processes are started anew, so a program that calls this keeps its own start under
    ``if __name__ == "__main__"``.

    Args:
        orders: what is asked for; taken only as there is room for more.
        folder: where the files go: a folder, which is made if its parent is there, or the address of an object store
            (``s3://bucket/prefix``).
        library: where routines and stretches are looked for; the person's own and the coach's if not given.
        force: make all anew, and replace files even if the coach did not make them.
        progress: called with how many files are done, and how many there are, as far as that is known.
        cancelled: asked several times a second whether to give up; whole files stay, and nothing half.
        client: does the work elsewhere: Dask's, or another that takes work as :mod:`concurrent.futures` does. Its
            processes must have the same version of the coach, the same scripts and voices, and see the folder.

    Raises:
        InputError: the folder is none and cannot become one.
        MachineError: a process that renders ended, or one elsewhere has another version of the coach.
        Cancelled: ``cancelled`` said so.
    """
    place = _checked(folder, client)
    jobs = Names(named_in(place)).jobs(orders)
    tools = tools_of(library, Order()) if client is not None else None
    run = _Run(place=place, library=library, force=force, tools=tools)
    return _told(run.results(jobs, cancelled, client), progress, length_hint(orders))


def render_plan(
    plan: Path | str,
    folder: Path | str,
    *,
    over: Order | None = None,
    library: Library | None = None,
    force: bool = False,
    progress: Progress = no_progress,
    cancelled: IsCancelled = never,
    client: Client | None = None,
) -> Iterator[Made]:
    """Do as :func:`render_many` with the rows of a plan (see :mod:`coach.publish.table`).

    What came of them is written into ``coach-report.csv`` beside the files; a second run reads it, and looks only at
    what is missing or has changed.

    Args:
        plan: the table.
        folder: where the files go, as for :func:`render_many`.
        over: the order that tells what rows leave open.
        library: where routines and stretches are looked for.
        force: make all anew, and replace files even if the coach did not make them.
        progress: called with how many files are done, and how many there are.
        cancelled: asked several times a second whether to give up.
        client: does the work elsewhere, as for :func:`render_many`.

    Raises:
        InputError: the plan cannot be read as a whole, or the folder is none.
        MachineError: a process that renders ended, or one elsewhere has another version of the coach.
        Cancelled: ``cancelled`` said so.
    """
    rows = read_plan(Path(plan))
    place = _checked(folder, client)
    over = over or Order()
    jobs = Names(named_in(place)).jobs_of_plan(rows, over)
    tools = tools_of(library, over)
    run = _Run(place=place, library=library, force=force, tools=tools if client is not None else None)
    report = Report(place, tools)
    made = run.results(_grouped(jobs), cancelled, client, None if force else report)
    return _told(report.kept(made, place), progress, len(rows))


def _told(files: Iterator[Made], progress: Progress, total: int) -> Iterator[Made]:
    for done, made in enumerate(files, 1):
        progress("rendering", done, max(done, total))
        yield made


def _checked(folder: Path | str, client: Client | None) -> Place:
    """Return where files go; a wrong place is refused before any is made, and so is a wrong shared cache."""
    cache.shared_cache()
    place = place_at(folder)
    if client is not None and isinstance(place, Folder):
        place = Folder(place.path.absolute())  # the same for processes that are elsewhere
    place.check()
    place.begin()
    return place


def _grouped(jobs: Iterable[Job | Made]) -> Iterator[Job | Made]:
    """Yield jobs so that those that sound alike come together, some thousand at a time."""
    iterator = iter(jobs)
    while part := list(islice(iterator, TOGETHER)):
        yield from sorted(part, key=lambda each: sound_of(each.order) if isinstance(each, Job) else "")


@dataclass(frozen=True, kw_only=True)
class _Run:
    """How every job of a batch is made; it is handed to other processes."""

    place: Place
    library: Library | None
    force: bool
    tools: Tools | None = None
    """What a process elsewhere must have."""
    shared: str = field(default_factory=lambda: os.environ.get(cache.SHARED_VARIABLE, ""))
    """The address of the cache that they share, unless they have one of their own."""

    def results(
        self,
        jobs: Iterable[Job | Made],
        cancelled: IsCancelled,
        client: Client | None,
        report: Report | None = None,
    ) -> Iterator[Made]:
        """Yield what came of each job, and those that were not possible or are done already as they are."""
        at_hand: list[Made] = []

        def possible() -> Iterator[Job]:
            for each in jobs:
                known = each if isinstance(each, Made) else report and report.known(each)
                if isinstance(known, Made):
                    at_hand.append(known)
                elif isinstance(each, Job):
                    yield each

        if client is None:
            results = results_of(self.make, possible(), cancelled=cancelled)
        else:
            results = results_through(client, self.make, possible(), lost=_lost, cancelled=cancelled)
        for made in results:
            yield made
            while at_hand:
                yield at_hand.pop(0)
        yield from at_hand
        self.place.tidy()

    def make(self, job: Job) -> Made:
        """Make one file, unless it is up to date; a failure is told and stops none of the others.

        Raises:
            MachineError: this process has other tools than those that are asked for.
        """
        if self.tools is not None:
            self.tools.check(self.library)
        cache.share_at(self.shared)
        try:
            rendered = self.place.render(job, self._compiled, library=self.library, force=self.force)
        except NothingLeftError:
            return Made(number=job.number, path=job.path, left_out="left out: nothing is left of it")
        except NoRoomError as error:
            if self.tools is not None:  # elsewhere there may be room: others have time to take the job
                time.sleep(NO_ROOM_S)
                raise RuntimeError(str(error)) from error
            return _failed(job, str(error))
        except CoachError as error:
            return _failed(job, str(error))
        return Made(number=job.number, path=job.path, rendered=rendered)

    def _compiled(self, rendering: Rendering) -> Compiled:
        """Return what is to be written; of a routine under another title, what was compiled lately."""
        key = f"{self.tools} {sound_of(rendering.order)}"
        compiled = _lately.pop(key, None) or rendering.compiled()
        _lately[key] = compiled
        while len(_lately) > MOST_LATELY:
            _lately.popitem(last=False)
        return replace(compiled, programme=replace(compiled.programme, name=rendering.programme.name))


_lately: OrderedDict[str, Compiled] = OrderedDict()
"""What this process compiled, the latest last."""


def _lost(job: Job, why: str) -> Made:
    return _failed(job, f"the process that made it was lost: {why}")


def _failed(job: Job, why: str) -> Made:
    return Made(number=job.number, path=job.path, failure=f"{job.place}: {why}")
