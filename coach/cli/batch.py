"""Many files at once: ``coach render --all`` and ``--plan``."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import typer

from coach.cli import options
from coach.cli.output import say
from coach.errors import CoachError, InputError, MachineError
from coach.library.library import is_path

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

    from coach.cli.render import Order
    from coach.publish.table import Row


MOST_PROCESSES = 60
"""Windows can wait for no more."""
CLEAN_UP_S = 5.0


@dataclass(frozen=True)
class Job:
    """One file to make."""

    order: Order
    path: Path
    place: str = ""
    """Where a person asked for it, to begin a message with."""


@dataclass(frozen=True)
class Made:
    """What came of one file."""

    path: Path
    length: str = ""
    """As people read it."""
    result: str = ""
    notes: tuple[str, ...] = ()
    failure: str = ""


def render_all(order: Order, folder: Path) -> None:
    """Render every routine into a folder."""
    from coach.library.library import standard_library

    names = list(standard_library().routine_paths)
    _check_folder(folder)
    jobs = [
        Job(_numbered(replace(order, targets=(name,)), number), folder / f"{name}.mp3")
        for number, name in enumerate(names, 1)
    ]
    run(jobs, [])


def render_plan(order: Order, plan: Path, folder: Path) -> None:
    """Render what a plan asks for into a folder, a file a row."""
    from coach.publish.table import read_plan

    rows = read_plan(plan)
    _check_folder(folder)
    jobs: list[Job] = []
    failed: list[Made] = []
    taken: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        asked = _name_asked_for(row)
        try:
            path = folder / _file_name(asked)
            # Captions are called like it, whatever its format; and to some disks large and small letters are the same.
            key = unicodedata.normalize("NFC", path.stem).casefold()
            if key in taken:
                raise InputError(f"“{path.stem}” is already made by {taken[key]}; give one an “output”")
            taken[key] = row.place
            jobs.append(Job(_numbered(_order_of(row, order), number), path, f"{row.place}: "))
        except CoachError as error:
            failed.append(Made(folder / asked, failure=f"{row.place}: {error}"))
    run(jobs, failed)


def _check_folder(folder: Path) -> None:
    from coach.publish.encoder import FORMATS

    if folder.suffix.lower() in FORMATS:
        raise InputError(f"{folder} would be a file; with many, -o names the folder they go into")
    if not folder.parent.is_dir() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{folder} is no folder and cannot become one; name another with -o")
    folder.mkdir(exist_ok=True)


def _numbered(order: Order, number: int) -> Order:
    # One encoder each: the cores have a file each already.
    return replace(order, finish=replace(order.finish, track=number, encoders=1))


def _name_asked_for(row: Row) -> str:
    alone = len(row.routine) == 1
    own = Path(row.routine[0]).stem if alone and is_path(row.routine[0]) else row.routine[0]
    return row.cells.get("output") or (own if alone else "my-routine")


def _file_name(name: str) -> str:
    from coach.publish.encoder import FORMATS

    if Path(name).suffix.lower() not in FORMATS:
        name = f"{name}.mp3"
    if set(name) & set("/\\:"):
        raise InputError(f"the output “{name}” must be a file's name, with no folder; -o names the folder")
    return name


def _order_of(row: Row, order: Order) -> Order:
    """Return what a row asks for; what it leaves open is as the command line says."""
    cells = row.cells
    asked = order.manner
    manner = replace(
        asked,
        breath=cells.get("breath", asked.breath),
        ramp=None if "breath" in cells else asked.ramp,
        beat=cells.get("beat", asked.beat).replace(",", "."),
        pace=options.read_choice("pace", cells.get("pace"), asked.pace),
        words=options.read_choice("words", cells.get("words"), asked.words),
        guidance=options.read_choice("guidance", cells.get("guidance"), asked.guidance),
        setup=options.read_choice("setup", cells.get("setup"), asked.setup),
    )
    minutes, rate = (options.read_number(name, cells[name]) if name in cells else None for name in ("minutes", "rate"))
    speaking = options.read_speaking(
        cells.get("voice", order.speaking.voice),
        order.speaking.rate_wpm if rate is None else round(rate),
        order.speaking.count_voice,
    )
    length = order.length if minutes is None else options.read_length(minutes, order.drop)
    title = options.read_title(cells["title"]) if "title" in cells else order.title
    return replace(
        order,
        targets=row.routine,
        manner=manner,
        delivery=manner.read(),
        speaking=speaking,
        length=length,
        title=title,
    )


def run(jobs: Sequence[Job], failed: list[Made]) -> None:
    """Make all files, one process a core, and say what came of them."""
    import multiprocessing

    from coach.cli.progress import shown_progress
    from coach.publish.encoder import cores

    done: dict[Path, Made] = {}
    # Started anew rather than forked: a fork would share half-open state with its parent.
    context = multiprocessing.get_context("spawn")
    workers = min(cores(), MOST_PROCESSES, max(1, len(jobs)))
    own_cores = context.SimpleQueue()
    for core in _cores_to_keep_to(workers):
        own_cores.put(core)
    with (
        shown_progress() as progress,
        ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare_process, initargs=(own_cores,)) as pool,
    ):
        try:
            # Ctrl-C is for this process, which ends the others: they inherit that it is ignored.
            before = signal.signal(signal.SIGINT, signal.SIG_IGN)
            try:
                futures = [pool.submit(make, job) for job in jobs]
            finally:
                signal.signal(signal.SIGINT, before)
            for count, future in enumerate(as_completed(futures), 1):
                made = future.result()
                done[made.path] = made
                progress("rendering", count, len(jobs))
        except BrokenProcessPool as error:
            raise MachineError("a process that renders ended; run it again: what is finished is kept") from error
        except BaseException:
            for process in multiprocessing.active_children():
                process.terminate()
            pool.shutdown(cancel_futures=True)
            raise
    _report([done[job.path] for job in jobs] + failed)


_has_begun, _is_over = threading.Event(), threading.Event()


def _cores_to_keep_to(workers: int) -> list[int]:
    """Return a core for each process, if each core gets one; none where a process cannot be kept to a core.

    ffmpeg hands every few milliseconds of sound from thread to thread. Kept to one core, with the process that feeds
    it, it needs a quarter less time for the same file (measured on Linux). Who is done early takes the next file, so
    a core that others use as well holds up nobody.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return cores if len(cores) == workers else []


def _prepare_process(own_cores: SimpleQueue[int]) -> None:
    """Let a process that renders clean up when it is told to end, and end when the coach was killed.

    It keeps to a core of its own if there is one for it.
    """
    import multiprocessing

    if not own_cores.empty():
        with contextlib.suppress(OSError):  # it may have been taken away since
            os.sched_setaffinity(0, {own_cores.get()})

    def terminated(number: int, _frame: FrameType | None) -> NoReturn:
        _is_over.set()
        if not _has_begun.is_set():
            os._exit(128 + number)  # there is nothing to clean up, and the pool would print a traceback
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), terminated)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(CLEAN_UP_S)
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def make(job: Job) -> Made:
    """Make one file, unless it is up to date; a failure is told and stops none of the others."""
    from coach.cli.render import compiled
    from coach.publish.publish import check_places, publish
    from coach.units import clock_text

    _has_begun.set()
    order = job.order
    if _is_over.is_set():
        return Made(job.path, failure=f"{job.path.stem}: stopped")
    try:
        check_places(job.path, order.finish, force=order.force)
        routine, changes = options.find_routine(order.targets, order.gentle)
        notes = tuple(options.gentle_words(change) for change in changes)
        if not routine.items:
            return Made(job.path, result="left out: nothing in it is gentle")
        routine = order.titled(routine)
        result = compiled(routine, order)
        if result.dropped:
            notes += (options.dropped_words(result.dropped),)
        published = publish(result, routine, job.path, order.finish, force=order.force)
    except CoachError as error:
        return Made(job.path, failure=f"{job.place or f'{job.path.stem}: '}{error}")
    length = clock_text(result.timeline.duration_ms)
    return Made(job.path, length, "made" if published.is_new else "up to date", notes)


def _report(done: Sequence[Made]) -> None:
    from coach.cli.tables import print_table

    print_table(
        ("file", "length", "result"),
        [(str(made.path), made.length, "FAILED" if made.failure else made.result) for made in done],
    )
    for made in done:
        for note in made.notes:
            say(f"{made.path.name}: {note}")
    counts = [
        f"{count} {what}"
        for what in ("made", "up to date", "FAILED")
        if (count := sum((made.result or "FAILED") == what for made in done))
    ]
    say(", ".join(counts))
    for made in done:
        if made.failure:
            say(f"coach: {made.failure}", err=True)
    if any(made.failure for made in done):
        raise typer.Exit(1)
