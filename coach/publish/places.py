"""Where many files go: a folder, or an object store that is named by its address."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from coach.compiler import Compiled
from coach.errors import InputError, MachineError, OutputError, reason
from coach.files import UNFINISHED, no_folder, sweep, written_whole
from coach.publish.beside import CAPTION_ENDINGS, PODCAST_ENDING
from coach.publish.formats import FORMATS, format_of
from coach.publish.publish import check_places, fingerprint, places_beside
from coach.publish.rendering import Outcome, Rendered, Rendering, prepare
from coach.publish.seal import MADE_BY
from coach.recipe import finish_of
from coach.storage.objects import Objects, Seen, check_address, is_address

if TYPE_CHECKING:
    from coach.library.library import Library
    from coach.publish.jobs import Job

INPUT, MAKER = "coach_input", "coach_made_by"
"""What an object says of itself, besides its bytes: the fingerprint of its sound, and who made it."""
PAUSES_S = (0.0, 0.2, 1.0, 3.0)
"""Before each try to write an object; each of these is tried several times by whatever asks the store."""


class NoRoomError(OutputError):
    """The disk of this machine is full, while the place itself is elsewhere."""


class Place(Protocol):
    """Somewhere that files are written to, whole or not at all; it can be handed to another process."""

    def check(self) -> None:
        """Refuse a place that cannot be written to; nothing is made.

        Raises:
            CoachError: it is such a place.
        """

    def begin(self) -> None:
        """Make it ready to be written to, once it is checked.

        Raises:
            OutputError: it cannot be.
        """

    def check_job(self, job: Job, *, force: bool) -> None:
        """Refuse a file that cannot be written there, as far as that is known without asking another machine.

        Raises:
            InputError: it is such a file.
        """

    def render(
        self, job: Job, compiled: Callable[[Rendering], Compiled], *, library: Library | None, force: bool
    ) -> Rendered:
        """Make a file, unless it is up to date.

        Args:
            job: the file.
            compiled: returns what is to be written, once it is known to be possible.
            library: where routines and stretches are looked for.
            force: make it anew, and replace what the coach did not make.

        Raises:
            CoachError: it cannot be made, or something else is there.
        """

    def sizes(self) -> Mapping[str, int]:
        """Return how many bytes each file there has, by name."""

    def read(self, name: str) -> bytes | None:
        """Return what is in a small file; ``None`` if there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Write a small file.

        Raises:
            OutputError: it cannot be written.
        """

    def tidy(self) -> None:
        """Remove what processes that were killed left half done; never fails."""


def place_at(where: Path | str) -> Place:
    """Return the place of a folder, or of an address like ``s3://bucket/prefix``."""
    text = str(where)
    if text.startswith("file:///"):
        check_address(text)
        return Folder(Path(url2pathname(urlsplit(text).path)))
    return Store(text.rstrip("/")) if is_address(text) else Folder(Path(text))


def named_in(place: Place) -> Path:
    """Return what the names of its files begin with, for a person."""
    return place.path if isinstance(place, Folder) else Path()


@dataclass(frozen=True)
class Folder:
    """A folder; several machines may share it."""

    path: Path

    def check(self) -> None:
        """See :meth:`Place.check`."""
        if self.path.suffix.lower() in FORMATS:
            raise InputError(f"{self.path} would be a file; name the folder that all go into")
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} is not a folder; name another")
        if not self.path.parent.is_dir():
            raise no_folder(self.path.parent)

    def begin(self) -> None:
        """See :meth:`Place.begin`."""
        try:
            self.path.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path} cannot be made: {reason(error, 'Choose another folder')}") from error

    def check_job(self, job: Job, *, force: bool) -> None:
        """See :meth:`Place.check_job`."""
        if self.path.is_dir():
            check_places(job.path, finish_of(job.order), force=force)

    def render(
        self, job: Job, compiled: Callable[[Rendering], Compiled], *, library: Library | None, force: bool
    ) -> Rendered:
        """See :meth:`Place.render`."""
        rendering = prepare(job.order, job.path, library=library, force=force).as_track(job.track)
        return rendering.publish(compiled(rendering))

    def sizes(self) -> dict[str, int]:
        """See :meth:`Place.sizes`."""
        with contextlib.suppress(OSError):
            return {path.name: path.stat().st_size for path in self.path.iterdir() if path.is_file()}
        return {}

    def read(self, name: str) -> bytes | None:
        """See :meth:`Place.read`."""
        try:
            return (self.path / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """See :meth:`Place.write`."""
        with written_whole(self.path / name) as part:
            part.write_bytes(data)

    def tidy(self) -> None:
        """See :meth:`Place.tidy`."""
        sweep(self.path.glob(f".*{UNFINISHED}"))


@dataclass(frozen=True)
class Store:
    """A part of an object store. An object appears at once and whole, and is written only over what was seen there."""

    url: str
    """Without a slash at its end."""

    @property
    def _objects(self) -> Objects:
        return Objects(self.url)

    def check(self) -> None:
        """See :meth:`Place.check`."""
        self._objects.check()

    def begin(self) -> None:
        """Do nothing: objects need no folder."""

    def check_job(self, job: Job, *, force: bool) -> None:
        """Do nothing: it would take a request for each."""

    def render(
        self, job: Job, compiled: Callable[[Rendering], Compiled], *, library: Library | None, force: bool
    ) -> Rendered:
        """Make a file in a folder of its own, and put it there with what lies beside it; see :meth:`Place.render`."""
        name = job.path.name
        try:
            with tempfile.TemporaryDirectory(prefix="coach-store-") as folder:
                place = Path(folder) / name
                rendering = prepare(job.order, place, library=library, force=force).as_track(job.track)
                return self._put_made(name, rendering, compiled(rendering))
        except (OSError, OutputError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            why = reason(cause) if isinstance(cause, OSError) else str(error)
            raise NoRoomError(f"{self.url}/{name} could not be made on {platform.node()}: {why}") from error

    def _put_made(self, name: str, rendering: Rendering, compiled: Compiled) -> Rendered:
        made_from = fingerprint(compiled, rendering.finish)
        names = [place.name for place in (*places_beside(rendering.path, rendering.finish), rendering.path)]
        if not rendering.force:  # each is looked at, so that somebody else's is refused before anything is made
            seen = [self._seen(each, force=False) for each in names]
            if all(each is not None and each.told.get(INPUT) == made_from for each in seen):
                return replace(rendering.rendered(compiled, Outcome.UP_TO_DATE), path=Path(name))
        made = rendering.publish(compiled)
        # The sound last: it says that all is there.
        came = [self._put(path.name, path, made_from, force=rendering.force) for path in (*made.beside, made.path)]
        if came[-1] is Outcome.REPLACED:
            self._remove_stale(rendering.path.stem, names)
        outcome = max(came, key=[Outcome.UP_TO_DATE, Outcome.MADE, Outcome.REPLACED].index)
        return replace(made, path=Path(name), beside=tuple(Path(path.name) for path in made.beside), outcome=outcome)

    def sizes(self) -> dict[str, int]:
        """See :meth:`Place.sizes`."""
        return self._objects.sizes()

    def read(self, name: str) -> bytes | None:
        """See :meth:`Place.read`."""
        return self._objects.get(name)

    def write(self, name: str, data: bytes) -> None:
        """See :meth:`Place.write`."""
        self._put(name, data, hashlib.sha256(data).hexdigest()[:32], force=False)

    def tidy(self) -> None:
        """Do nothing: an object is there whole, or not."""

    def _remove_stale(self, stem: str, names: list[str]) -> None:
        """Remove what the coach wrote beside an earlier file, if it is not written now: its times are wrong."""
        for name in {f"{stem}{ending}" for ending in (*CAPTION_ENDINGS, PODCAST_ENDING)} - {*names}:
            seen = self._objects.seen(name)
            if seen is not None and seen.told.get(MAKER) == MADE_BY:
                self._objects.remove(name)

    def _seen(self, name: str, *, force: bool) -> Seen | None:
        """Return what is known of an object; somebody else's is refused, unless it may be replaced."""
        seen = self._objects.seen(name)
        if seen is not None and seen.told.get(MAKER) != MADE_BY and not force:
            raise InputError(f"{self.url}/{name} is there already and the coach did not make it; add --force")
        return seen

    def _put(self, name: str, data: Path | bytes, made_from: str, *, force: bool) -> Outcome:
        """Write an object, unless it is there as it would be written: another may be quicker, and writes the same."""
        row = format_of(Path(name))
        kind, told = row.mime if row else "text/plain", {INPUT: made_from, MAKER: MADE_BY}
        problem = MachineError(f"{self.url}/{name}: others keep writing it; run it again")
        for pause_s in PAUSES_S:
            time.sleep(pause_s)
            seen = self._seen(name, force=force)
            if seen is not None and seen.told.get(INPUT) == made_from and not force:
                return Outcome.UP_TO_DATE
            try:
                if self._objects.put(name, data, kind=kind, told=told, over=seen):
                    return Outcome.MADE if seen is None else Outcome.REPLACED
            except MachineError as error:  # the connection may have been cut after it was written
                problem = error
        raise problem
