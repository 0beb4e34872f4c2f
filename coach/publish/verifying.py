"""Whether a file is as the coach made it, and whether its scripts are as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coach.errors import CoachError, InputError, reason
from coach.order import Order
from coach.publish.beside import changed_beside
from coach.publish.formats import FORMATS, format_of, known, state
from coach.publish.publish import scripts_told
from coach.publish.report import REPORT, told_made
from coach.publish.seal import State
from coach.publish.tags import Known
from coach.recipe import programme_of

if TYPE_CHECKING:
    from coach.library.library import Library


_TOLD = {
    None: "has no mark of the coach: another program made it or wrote it anew, or a part of it is lost",
    State.WHOLE: "as it was made",
    State.DAMAGED: "DAMAGED: its title is as it was made, its sound is not; delete it and make it anew",
    State.CHANGED: "CHANGED since it was made: its title, or more",
    State.UNSEALED: "has no seal: made by an earlier version, or its tags were written by another program",
}


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What is known of a file."""

    path: Path
    state: State | None
    known: Known
    changed: tuple[str, ...] | None
    """The scripts that are no longer as they were; ``None`` if that cannot be told."""
    beside: tuple[str, ...] = ()
    """Captions and chapters beside it that are no longer as they were."""
    problem: str = ""
    """Why nothing of it is known."""

    @property
    def is_well(self) -> bool:
        """Whether it is as it was made."""
        return self.state is State.WHOLE and not self.beside and not self.problem

    @property
    def told(self) -> str:
        """All of it in a line."""
        if self.problem or self.state is not State.WHOLE:
            return self.problem or _TOLD[self.state]
        if self.beside:
            return f"{_TOLD[self.state]}, but CHANGED beside it: {', '.join(self.beside)}"
        made = f"{self.known.encoder}, voice {self.known.voice}"
        return f"{_TOLD[self.state]} ({made}); {_told(self.changed)}"


def verify_folder(folder: Path, library: Library) -> Iterator[Verified]:
    """Yield what is known of each audio file in a folder and those in it, and of those that reports there name."""
    paths = sorted(folder.rglob("*"))
    there = {path for path in paths if path.suffix.lower() in FORMATS and path.is_file()}
    for path in sorted(there):
        yield verify(path, library)
    for report in (path for path in paths if path.name == REPORT):
        try:
            made = told_made(report.read_bytes())
        except (InputError, OSError):
            yield _unknown(report, "is not as the coach wrote it, so it is not known whether a file is missing")
            continue
        for name in made:
            if report.parent / name not in there:
                yield _unknown(report.parent / name, f"MISSING: {REPORT} beside it says that it was made")


def verify(path: Path, library: Library) -> Verified:
    """Return what is known of a file.

    Args:
        path: the file.
        library: where its scripts are looked for.

    Raises:
        InputError: there is no such file, or it is in no format that the coach writes.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}; check the path")
    if format_of(path) is None:
        raise InputError(f"{path} does not end in a format the coach writes; it writes {', '.join(FORMATS)}")
    try:
        with path.open("rb") as file:
            if not file.read(1):
                return _unknown(path, "EMPTY: delete it and make it anew")
    except OSError as error:
        return _unknown(path, f"cannot be read: {reason(error)}")
    found = known(path)
    return Verified(
        path=path,
        state=state(path),
        known=found,
        changed=_changed(found, library),
        beside=changed_beside(path, found.captions),
    )


def _unknown(path: Path, problem: str) -> Verified:
    return Verified(path=path, state=None, known=Known(), changed=None, problem=problem)


def _told(changed: tuple[str, ...] | None) -> str:
    if changed is None:
        return "its scripts are not here, or it does not name them"
    return f"scripts changed since: {', '.join(changed)}" if changed else "its scripts are as they were"


def _changed(found: Known, library: Library) -> tuple[str, ...] | None:
    """Return the scripts of a file that are not as they were, by name; ``None`` if they cannot be compared."""
    try:
        values = json.loads(found.order)
        values.pop("background", None)  # it has no part in them
        order = Order.read(values)
        if order.breathing:
            return ()
        now = scripts_told(programme_of(order, library)[0]).split()
        before = found.scripts.split()
    except (CoachError, ValueError, AttributeError):
        return None
    if not before:
        return None
    other = {script.partition(":")[0] for script in before if script not in now}
    if not order.drop:  # else some may have been left out to fit a length
        other |= {script.partition(":")[0] for script in now if script not in before}
    return tuple(sorted(other))
