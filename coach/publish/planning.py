"""What a plan would make, row by row, without making anything."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from coach.compiler import estimate_fitted
from coach.errors import CoachError, InputError
from coach.order import Order
from coach.publish.encoder import kbit_per_s
from coach.publish.jobs import Job, Made, Names
from coach.publish.places import Place, named_in
from coach.publish.table import COLUMNS, NOTE, Plan
from coach.recipe import NothingLeftError, finish_of, notes, open_voices, programme_of, with_best_voice

if TYPE_CHECKING:
    from coach.library.library import Library

TEMPLATE = f"""\
{NOTE} A plan: a row for each file. Lines that begin with {NOTE} only explain, and may be removed.
{NOTE} What a row leaves empty is as the command line says. “coach plan check” shows what would be made.
{NOTE}
{{columns}}
{NOTE}
routine,minutes,words,level,avoid,title,output
daily,15,,,,Morning,morning
childs-pose + cat-cow + piriformis,,brief,easier,,Short and gentle,
daily,15,,,knees,With sore knees,
chair,,,,,,chair-for-the-office
"""
_WIDE = 20


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What would come of one row."""

    place: str
    """The file and line, like ``plan.csv:3``."""
    path: Path
    length_ms: int = 0
    size: int = 0
    """About how many bytes of sound; 0 where that is not known before."""
    notes: tuple[str, ...] = ()
    """What is swapped or left out."""
    problem: str = ""
    is_like_another: bool = False
    """Whether an earlier row has the same sound, perhaps under another title."""
    lines: tuple[str, ...] = ()
    """What is spoken, in order; of a row that is like another, nothing."""


def template() -> str:
    """Return a plan to begin with, in which every column is explained."""
    columns = "\n".join(f"{NOTE} {name:{_WIDE}} {about}" for name, about in COLUMNS.items())
    return TEMPLATE.format(columns=columns)


def foresee(
    plan: Plan, place: Place | None, over: Order, library: Library, *, force: bool = False
) -> Iterator[Foreseen]:
    """Yield what would come of each row, in their order; nothing is spoken and nothing is written.

    Args:
        plan: the table.
        place: where the files would go, if that is known.
        over: the order that tells what rows leave open.
        library: where routines and stretches are looked for.
        force: whether files that the coach did not make would be replaced.

    Raises:
        CoachError: the place cannot be written to.
    """
    if place is not None:
        place.check()
    known: dict[str, Foreseen] = {}
    for job in Names(Path() if place is None else named_in(place)).jobs_of_plan(plan, over):
        if isinstance(job, Made):
            yield Foreseen(place=job.place, path=job.path, problem=job.failure.removeprefix(f"{job.place}: "))
            continue
        sound = sound_of(job.order)
        before = known.get(sound)
        found = before or _foreseen(job, library)
        known.setdefault(sound, replace(found, lines=()))
        problem = found.problem or _cannot_be_written(job, place, force)
        yield Foreseen(
            place=job.place,
            path=job.path,
            length_ms=found.length_ms,
            size=found.size if job.path.suffix.lower() == found.path.suffix.lower() else _size(job, found.length_ms),
            notes=found.notes,
            problem=problem,
            is_like_another=before is not None and not problem,
            lines=() if before else found.lines,
        )


def sound_of(order: Order) -> str:
    """Return what orders have in common that sound alike: all but what the file is called and what lies beside it."""
    return order.model_dump_json(exclude={"title", "captions", "podcast"})


def _foreseen(job: Job, library: Library) -> Foreseen:
    try:
        finish_of(job.order)
        if problem := _cannot_speak(with_best_voice(job.order).voice, job.order.count_voice):
            raise InputError(problem)
        programme, changes = programme_of(job.order, library)
        _, timeline, dropped = estimate_fitted(programme, job.order.delivery, job.order.length)
    except NothingLeftError:
        return Foreseen(place=job.place, path=job.path, problem="nothing is left of it")
    except CoachError as error:
        return Foreseen(place=job.place, path=job.path, problem=str(error))
    return Foreseen(
        place=job.place,
        path=job.path,
        length_ms=timeline.duration_ms,
        size=_size(job, timeline.duration_ms),
        notes=notes(changes, dropped),
        lines=tuple(cue.text for cue in timeline.cues if cue.text is not None),
    )


def _cannot_be_written(job: Job, place: Place | None, force: bool) -> str:
    if place is not None:
        try:
            place.check_job(job, force=force)
        except CoachError as error:
            return str(error)
    return ""


@functools.lru_cache(64)
def _cannot_speak(voice: str, count_voice: str | None) -> str:
    """Return why a voice cannot be used; nothing if it can."""
    try:
        open_voices(Order(voice=voice, count_voice=count_voice))
    except CoachError as error:
        return str(error)
    return ""


def _size(job: Job, length_ms: int) -> int:
    """Return about how many bytes a sound takes; only an MP3 has a rate that never changes."""
    is_known = job.path.suffix.lower() == ".mp3"
    return length_ms * kbit_per_s(job.order.quality) // 8 if is_known else 0
