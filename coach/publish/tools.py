"""What a file is made with: the version of the coach, the scripts, the voice. Processes elsewhere need the same."""

from __future__ import annotations

import functools
import hashlib
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coach import __version__
from coach.errors import MachineError
from coach.library.standard import standard_library
from coach.recipe import with_best_voice
from coach.voices.clip_set import ClipSet, find_set

if TYPE_CHECKING:
    from coach.library.library import Library
    from coach.order import Order


@dataclass(frozen=True)
class Tools:
    """What made a file, besides its order."""

    version: str
    scripts: str
    """A digest of every script, the lexicon among them."""
    voice: str
    """The voice that speaks unless an order names one, and what changes with it."""

    def check(self, library: Library | None) -> None:
        """Refuse to work if this process has others.

        Raises:
            MachineError: it has; the message names the machine and what differs.
        """
        own = Tools(__version__, _scripts_digest(library), _voice_digest(self.voice.partition(" ")[0]))
        for what, here, there in (
            ("version of the coach", own.version, self.version),
            ("scripts", own.scripts, self.scripts),
            ("clips of the voice", own.voice, self.voice),
        ):
            if here != there:
                raise MachineError(
                    f"{platform.node()} has another {what} ({here}, and {there} is asked for); bring it up to date, "
                    "or leave it out of the cluster"
                )


def tools_of(library: Library | None, order: Order) -> Tools:
    """Return what this process makes files with."""
    return Tools(__version__, _scripts_digest(library), _voice_digest(with_best_voice(order).voice))


def _scripts_digest(library: Library | None) -> str:
    library = library or standard_library()
    return _digest_of(library.state())


@functools.lru_cache(8)
def _digest_of(state: tuple[tuple[str, int, int], ...]) -> str:
    """Return the digest of the files of a library; read again only if one of them has changed."""
    digest = hashlib.sha256()
    for path, _, _ in state:
        digest.update(Path(path).name.encode() + b"\0" + Path(path).read_bytes())
    return digest.hexdigest()[:16]


def _voice_digest(voice: str) -> str:
    folder = find_set(voice)
    return f"{voice} {ClipSet.read(folder).fingerprint[:16]}" if folder else voice
