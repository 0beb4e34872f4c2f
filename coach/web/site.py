"""The page as a folder of static files: for any web host, with nothing to run and nothing to log in to.

Every file that is not a sound is sealed, so that a second run replaces what the coach wrote, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.compiler import IsCancelled, never
from coach.core.delivery import Delivery
from coach.errors import CoachError, InputError
from coach.publish.encoder import kbit_per_s
from coach.publish.formats import known
from coach.publish.publish import check_places, publish
from coach.publish.seal import SEAL, sealed, write_own
from coach.publish.workers import results_of
from coach.recipe import compile_as_ordered, finish_of, programme_of
from coach.web.catalogue import about_the_coach
from coach.web.pages import ICONS, MANIFEST, manifest, notice, page_files
from coach.web.programme import programme_data

if TYPE_CHECKING:
    from coach.library.library import Library
    from coach.order import Order

SESSIONS = "sessions"
CATALOGUE, INDEX = "catalogue.json", "index.html"
_COMMENTS = {
    ".html": "\n<!-- {} -->\n",
    ".js": "\n// {}\n",
    ".css": "\n/* {} */\n",
    ".png": "{}",  # after the picture's end, where no program looks
    ".webmanifest": " ",
    ".json": " ",
}
"""What is added to a file of a kind, with its seal in it; JSON has no comments, and holds its seal as a value."""
_NOINDEX = '<meta name="robots" content="noindex">'
"""Asks search engines to leave a page out. A robots.txt would keep them from reading this
(https://developers.google.com/search/docs/crawling-indexing/block-indexing)."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One session that a site is to have."""

    order: Order
    number: int
    """Its place among all, from 1."""
    called: str
    """What messages call it: its name, or the row of a plan."""
    id: str
    folder: Path
    """Where its files go."""
    stem: str
    """What they are called, without their endings."""
    url: str | None = None
    """Where its page will be, for the code on its sheet."""
    track: int | None = None
    """Its number among the others, if its file is to say it."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """What came of it."""

    wanted: Wanted
    failure: str = ""
    """Why it could not be made."""
    title: str = ""
    about: str = ""
    length_ms: int = 0
    size: int = 0
    """Bytes of its sound."""
    key: str = ""
    """What changes with its sound."""
    notes: tuple[str, ...] = ()

    def listed(self, folder: str) -> dict[str, Any]:
        """Return it as the catalogue of a page lists it; ``folder`` is where its files are, seen from the page."""
        return {
            "id": self.wanted.id,
            "name": self.title,
            "about": self.about,
            "length_ms": self.length_ms,
            "size": self.size,
            "key": self.key,
            "session": f"{folder}{self.wanted.stem}.json",
        }


def estimated_bytes(orders: Iterable[Order], library: Library) -> int:
    """Return about how many bytes the sounds of some orders will have; those that are not possible have none."""
    from coach.compiler import estimate_fitted

    total = 0
    for order in orders:
        with contextlib.suppress(CoachError):
            programme, _ = programme_of(order, library)
            delivery: Delivery = order.delivery
            timeline = estimate_fitted(programme, delivery, order.length)[1]
            total += timeline.duration_ms * kbit_per_s(order.quality) // 8
    return total


def make_sessions(
    wanted: Iterable[Wanted], library: Library, *, force: bool = False, cancelled: IsCancelled = never
) -> Iterator[Session]:
    """Make the sound, the words and the sheet of each, several at a time; a failure stops none of the others.

    Raises:
        MachineError: a process that renders ended.
        Cancelled: ``cancelled`` said so.
    """
    return results_of(partial(_make, library, force), wanted, cancelled=cancelled)


def write_shell(folder: Path, *, force: bool = False) -> None:
    """Write the files that every page of a site shares.

    Raises:
        InputError: a file is there that is not as the coach wrote it.
        OutputError: it cannot be written.
    """
    for name, file in page_files().items():
        if name != INDEX:
            put(folder / name, file.data, force=force)


def write_page(
    folder: Path,
    sessions: Iterable[dict[str, Any]],
    *,
    up: str = "",
    name: str = "Stretch Coach",
    feed: str | None = None,
    is_private: bool = False,
    force: bool = False,
) -> None:
    """Write a page with some sessions to choose from.

    Args:
        folder: where it goes.
        sessions: see :meth:`Session.listed`.
        up: what leads from it to the files that all pages share: ``../../``, or nothing.
        name: what it is called once installed.
        feed: the address of a podcast feed of the same sessions.
        is_private: whether search engines are asked to leave it out.
        force: whether files that the coach did not write are replaced.

    Raises:
        InputError: a file is there that is not as the coach wrote it.
        OutputError: it cannot be written.
    """
    listed = {"is_live": False, **about_the_coach(), "sessions": list(sessions), "feed": feed}
    put(folder / CATALOGUE, _json(listed), force=force)
    put(folder / MANIFEST, _json(json.loads(manifest(name=name, icons=up))), force=force)
    html = page_files()[INDEX].data.decode()
    if not is_private:
        html = html.replace(f"{_NOINDEX}\n", "")
    for file in (*page_files(), *ICONS):
        for attribute in ("href", "src"):
            html = html.replace(f'{attribute}="{file}"', f'{attribute}="{up}{file}"')
    put(folder / INDEX, html.encode(), force=force)


def write_blank(folder: Path, *, force: bool = False) -> None:
    """Write a page that lists nothing, where a web host would list the folder, and ask search engines to stay away.

    Raises:
        InputError: a file is there that is not as the coach wrote it.
        OutputError: it cannot be written.
    """
    text = "Each page here has an address of its own. Yours is on your sheet."
    put(folder / INDEX, notice(text).encode(), force=force)


def put(path: Path, data: bytes, *, force: bool) -> None:
    """Write a small file with a seal in it, unless it is as it would be written.

    Raises:
        InputError: a file is there that is not as the coach wrote it.
        OutputError: it cannot be written.
    """
    write_own(path, sealed(data + _COMMENTS[path.suffix].format(SEAL).encode()), force=force)


def _make(library: Library, force: bool, wanted: Wanted) -> Session:
    try:
        return _made(library, force, wanted)
    except CoachError as error:
        return Session(wanted=wanted, failure=f"{wanted.called}: {error}")


def _made(library: Library, force: bool, wanted: Wanted) -> Session:
    from coach.sheet.html import sheet_html
    from coach.sheet.model import sheet_of

    order = wanted.order
    sound = wanted.folder / f"{wanted.stem}.mp3"
    finish = replace(finish_of(order), captions=False, podcast=False, track=wanted.track, encoders=1)
    programme, changes = programme_of(order, library)
    wanted.folder.mkdir(parents=True, exist_ok=True)
    check_places(sound, finish, force=force)
    compiled = compile_as_ordered(programme, order)
    publish(compiled, sound, finish=finish, force=force)
    data = programme_data(compiled, order, changes)
    size, key = sound.stat().st_size, known(sound).input
    if not key:
        raise InputError(f"{sound} was changed while it was made; try again")
    page = {**data, "key": key, "size": size, "sound": sound.name, "file": sound.name, "sheet": f"{wanted.stem}.html"}
    put(sound.with_suffix(".json"), _json({**page, "order": {"targets": [wanted.id]}}), force=force)
    sheet = sheet_html(sheet_of(order, library=library, url=wanted.url))
    put(sound.with_suffix(".html"), sheet.encode(), force=force)
    return Session(
        wanted=wanted,
        title=data["title"],
        about=data["purpose"][:1].upper() + data["purpose"][1:],
        length_ms=data["length_ms"],
        size=size,
        key=key,
        notes=tuple(data["notes"]),
    )


def _json(values: dict[str, Any]) -> bytes:
    return json.dumps({**values, "made": SEAL}, ensure_ascii=False).encode()
