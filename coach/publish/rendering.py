"""Rendering: an order becomes an audio file, in one call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from coach.audio.finish import Finish
from coach.compiler import Compiled, IsCancelled, Progress, never, no_progress
from coach.core.routine import Programme
from coach.files import place_named
from coach.order import Order
from coach.publish.publish import check_places, publish
from coach.recipe import compile_as_ordered, finish_of, notes, programme_of

if TYPE_CHECKING:
    from coach.library.library import Library


class Outcome(StrEnum):
    """What became of a file."""

    MADE = "made"
    REPLACED = "replaced"
    """It was there already, otherwise."""
    UP_TO_DATE = "up to date"
    """It was there already, as it would be made."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What came of an order."""

    path: Path
    beside: tuple[Path, ...]
    """Files of captions and chapters."""
    outcome: Outcome
    duration_ms: int
    changes: tuple[str, ...] = ()
    """A line about each change that made it gentle."""
    dropped: tuple[str, ...] = ()
    """The names of the stretches that were left out to fit a length."""
    voice_note: str = ""
    """Why another voice speaks than the one asked for, if one does."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines about what is otherwise than in the script, or than was asked for."""
        return notes(self.changes, self.dropped, self.voice_note)


def render(
    order: Order,
    path: Path | str,
    *,
    library: Library | None = None,
    force: bool = False,
    progress: Progress = no_progress,
    cancelled: IsCancelled = never,
) -> Rendered:
    """Write what is ordered as an audio file, with its captions beside it.

    A file that is as it would be made is left alone. One that the coach did not make is never replaced.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = render(Order(targets=("cat-cow",), voice="silent"), f"{folder}/cat-cow.wav")
    ...     done.path.name, done.outcome.value
    ('cat-cow.wav', 'made')

    Args:
        order: what is asked for.
        path: the file; its ending says in which format.
        library: where its routines and stretches are looked for; the person's own and the coach's if not given.
        force: make it anew, and replace files even if the coach did not make them.
        progress: called with what is being done, how much of it is done, and how much there is.
        cancelled: asked several times a second whether to give up; then nothing is left behind.

    Raises:
        InputError: the place or something that is ordered is not possible.
        VoiceError: a line cannot be spoken.
        EncoderError: ffmpeg failed.
        OutputError: a file cannot be written.
        Cancelled: ``cancelled`` said so.
    """
    return prepare(order, place_named(path), library=library, force=force).run(progress, cancelled)


def prepare(order: Order, path: Path, *, library: Library | None = None, force: bool = False) -> Rendering:
    """Return what :func:`render` would do, with everything refused that can be refused before a voice is opened."""
    finish = finish_of(order)
    check_places(path, finish, force=force)
    programme, changes = programme_of(order, library)
    return Rendering(order=order, programme=programme, changes=changes, path=path, finish=finish, force=force)


def prepare_programme(programme: Programme, order: Order, path: Path, *, force: bool = False) -> Rendering:
    """Do as :func:`prepare` with a programme that is there already."""
    finish = finish_of(order)
    check_places(path, finish, force=force)
    return Rendering(order=order, programme=programme, path=path, finish=finish, force=force)


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """A file that can be written."""

    order: Order
    programme: Programme
    changes: tuple[str, ...] = ()
    """A line about each change that made it gentle."""
    path: Path
    finish: Finish
    force: bool

    def as_track(self, number: int | None) -> Rendering:
        """Return the same as one of many files that are made at once: each has a core, and so one encoder.

        Args:
            number: which of them its tags say it is; nothing, if there is none.
        """
        return replace(self, finish=replace(self.finish, track=number, encoders=1))

    def run(self, progress: Progress = no_progress, cancelled: IsCancelled = never) -> Rendered:
        """Write it (see :func:`render`)."""
        return self.publish(self.compiled(progress, cancelled), progress, cancelled)

    def compiled(self, progress: Progress = no_progress, cancelled: IsCancelled = never) -> Compiled:
        """Return what is to be written (see :func:`coach.recipe.compile`)."""
        return compile_as_ordered(self.programme, self.order, progress, cancelled)

    def publish(self, compiled: Compiled, progress: Progress = no_progress, cancelled: IsCancelled = never) -> Rendered:
        """Write what is compiled already."""
        before = _mark(self.path)
        published = publish(
            compiled, self.path, finish=self.finish, progress=progress, cancelled=cancelled, force=self.force
        )
        outcome = Outcome.MADE if published.is_new else Outcome.UP_TO_DATE
        if before is not None and before != _mark(self.path):
            outcome = Outcome.REPLACED
        return replace(self.rendered(compiled, outcome), beside=published.beside)

    def rendered(self, compiled: Compiled, outcome: Outcome) -> Rendered:
        """Return what came of it, with nothing beside it."""
        return Rendered(
            path=self.path,
            beside=(),
            outcome=outcome,
            duration_ms=compiled.timeline.duration_ms,
            changes=self.changes,
            dropped=compiled.dropped,
            voice_note=compiled.voice_note,
        )


def _mark(path: Path) -> tuple[int, int] | None:
    """Return what changes with a file; ``None`` if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
