"""Whether a file is as the coach made it, and whether its scripts are as they were."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coach.errors import CoachError, InputError
from coach.order import Order
from coach.publish.formats import FORMATS, format_of, known, state
from coach.publish.publish import scripts_told
from coach.publish.seal import State
from coach.publish.tags import Known
from coach.recipe import programme_of

if TYPE_CHECKING:
    from coach.library.library import Library


_TOLD = {
    None: "the coach did not make it",
    State.WHOLE: "as it was made",
    State.DAMAGED: "DAMAGED: what it says of itself is as it was made, its sound is not",
    State.CHANGED: "CHANGED since it was made",
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

    @property
    def is_well(self) -> bool:
        """Whether it is as it was made."""
        return self.state is State.WHOLE

    @property
    def told(self) -> str:
        """All of it in a line."""
        if not self.is_well:
            return _TOLD[self.state]
        made = f"{self.known.encoder}, voice {self.known.voice}"
        return f"{_TOLD[self.state]} ({made}); {_told(self.changed)}"


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
    found = known(path)
    return Verified(path=path, state=state(path), known=found, changed=_changed(found, library))


def _told(changed: tuple[str, ...] | None) -> str:
    if changed is None:
        return "its scripts are not here, or it does not name them"
    return f"changed since: {', '.join(changed)}" if changed else "its scripts are as they were"


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
