"""A site of a plan: for each row a page of its own, under a name that cannot be guessed, and no list of them in it.

The list lies beside the site, for whoever made it: it says which page is whose, and keeps the names of pages from one
run to the next, so that a code on paper goes on working.
"""

from __future__ import annotations

import csv
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coach.compiler import IsCancelled, Progress, never, no_progress
from coach.core.quoting import as_csv, from_cell
from coach.errors import InputError, OutputError, reason
from coach.files import write_private
from coach.publish.cover import cover
from coach.publish.feed import COVER, FEED, Episode, Show, feed_xml
from coach.publish.jobs import Job, Made
from coach.publish.seal import SEAL, sealed, sealed_xml, write_own
from coach.web.site import Session, Wanted, make_sessions, write_blank, write_page, write_shell

if TYPE_CHECKING:
    from coach.library.library import Library

PAGES, FEEDS = "p", "f"
HEADS = ("name", "person", "page", "feed")
STEM = "session"
_TOKEN_BYTES = 16
"""128 random bits: 22 characters."""
_TOKEN = re.compile(rf"(?:^|/)(?:{PAGES}|{FEEDS})/([\w-]{{22}})/")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What came of one row."""

    name: str
    address: str
    """On the web if that is known, else in the folder."""
    session: Session


class Addresses:
    """Which page is whose; kept in a file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        """Read it, if it is there.

        Raises:
            InputError: something else is there.
        """
        self.path = path
        self._pages: dict[str, str] = {}
        self._feeds: dict[str, str] = {}
        self._rows: list[tuple[str, ...]] = []
        if path.exists():
            self._read()

    def page(self, name: str) -> str:
        """Return the name of a row's page: the one it had, or a new one that cannot be guessed."""
        return self._pages.setdefault(name, secrets.token_urlsafe(_TOKEN_BYTES))

    def feed(self, person: str) -> str:
        """Return the name of a person's feed, as :meth:`page`."""
        return self._feeds.setdefault(person, secrets.token_urlsafe(_TOKEN_BYTES))

    @property
    def names(self) -> tuple[str, ...]:
        """Every row that has a page."""
        return tuple(self._pages)

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        """Write it anew, with rows of :data:`HEADS`; those of earlier runs that are not among them stay.

        Raises:
            OutputError: it cannot be written.
        """
        kept = {row[0]: tuple(row) for row in (*self._rows, *rows)}
        try:
            write_private(self.path, as_csv([HEADS, *kept.values()]).encode())
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {reason(error)}") from error

    def _read(self) -> None:
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                head, *rows = csv.reader(file)
            if tuple(head) != HEADS or any(len(row) != len(HEADS) for row in rows):
                raise ValueError("its columns are others")
        except (OSError, ValueError, csv.Error) as error:
            problem = f"{self.path} should hold the addresses of pages, and does not ({error}); move it away"
            raise InputError(problem) from None
        for cells in rows:
            row = tuple(map(from_cell, cells))
            page, feed = (_TOKEN.search(place) for place in row[2:])
            if page:
                self._pages[row[0]] = page[1]
            if feed:
                self._feeds[row[1] or row[0]] = feed[1]
            self._rows.append(row)


@dataclass(frozen=True, kw_only=True)
class PrivateSite:
    """Where a plan's pages go."""

    folder: Path
    url: str | None
    """Where the folder is on the web, with a slash at its end."""
    force: bool = False

    @property
    def addresses(self) -> Path:
        """The list of pages, beside the folder."""
        return self._beside("-addresses.csv")

    @property
    def sheets(self) -> Path:
        """Sheets to print, beside the folder."""
        return self._beside("-sheets")

    def _beside(self, ending: str) -> Path:
        """Return what lies beside the folder, and so is never put on the web with it.

        Raises:
            InputError: there is nothing beside it.
        """
        folder = self.folder if self.folder.name not in ("", "..") else self.folder.resolve()
        if not folder.name:
            raise InputError(
                f"{self.folder} has nothing beside it, where the list of pages could lie; name another folder"
            )
        return folder.with_name(f"{folder.name}{ending}")

    @property
    def known_names(self) -> tuple[str, ...]:
        """The rows that have pages, of this run and those before."""
        return Addresses(self.addresses).names

    def make(
        self,
        jobs: Sequence[Job | Made],
        library: Library,
        progress: Progress = no_progress,
        cancelled: IsCancelled = never,
    ) -> Iterator[Page | Made]:
        """Write all of it; yield what came of each row. Those that were not possible are yielded as they are.

        Raises:
            InputError: a file is there that is not as the coach wrote it.
            MachineError: a process that renders ended.
            OutputError: a file cannot be written.
            Cancelled: ``cancelled`` said so.
        """
        known = Addresses(self.addresses)
        by_number = {job.number: job for job in jobs if isinstance(job, Job)}
        yield from (job for job in jobs if isinstance(job, Made))
        self._write_shared()
        wanted = [self._wanted(job, known) for job in by_number.values()]
        known.write(self._row(job, known) for job in by_number.values())  # no page is made whose name could be lost
        done: list[Session] = []
        for session in make_sessions(wanted, library, force=self.force, cancelled=cancelled):
            progress("rendering", len(done) + 1, len(wanted))
            job = by_number[session.wanted.number]
            if not session.failure:
                self._write_page(session, job, known)
            done.append(session)
            yield Page(name=job.path.stem, address=self._address(PAGES, known.page(job.path.stem)), session=session)
        made = [by_number[session.wanted.number] for session in done if not session.failure]
        known.write(self._row(job, known) for job in made)
        self._write_feeds(done, by_number, known)

    def _write_shared(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_shell(self.folder, force=self.force)
        write_blank(self.folder, force=self.force)
        for part in (PAGES, FEEDS):
            (self.folder / part).mkdir(exist_ok=True)
            write_blank(self.folder / part, force=self.force)
        if self.url:
            write_own(self.folder / COVER, sealed(cover("Stretch Coach", comment=SEAL)), force=self.force)

    def _wanted(self, job: Job, known: Addresses) -> Wanted:
        token = known.page(job.path.stem)
        return Wanted(
            order=job.order,
            number=job.number,
            called=job.place,
            id=STEM,
            folder=self.folder / PAGES / token,
            stem=STEM,
            url=self._address(PAGES, token) if self.url else None,
        )

    def _row(self, job: Job, known: Addresses) -> tuple[str, ...]:
        name = job.path.stem
        return name, job.person, self._address(PAGES, known.page(name)), self._feed(job, known) or ""

    def _feed(self, job: Job, known: Addresses) -> str | None:
        """Return the address of the feed that a row is in; without a place on the web there is none."""
        return self._address(FEEDS, known.feed(_whose(job))) + FEED if self.url else None

    def _write_page(self, session: Session, job: Job, known: Addresses) -> None:
        place, feed = session.wanted.folder, self._feed(job, known)
        write_page(place, [session.listed("")], up="../../", feed=feed, is_private=True, force=self.force)
        self.sheets.mkdir(mode=0o700, exist_ok=True)  # a sheet opens its page
        write_own(self.sheets / f"{job.path.stem}.html", (place / f"{STEM}.html").read_bytes(), force=self.force)

    def _write_feeds(self, done: Iterable[Session], jobs: dict[int, Job], known: Addresses) -> None:
        if not self.url:
            return
        people: dict[str, list[Session]] = {}
        for session in sorted(done, key=lambda each: each.wanted.number):
            if not session.failure:
                people.setdefault(_whose(jobs[session.wanted.number]), []).append(session)
        for person, sessions in people.items():
            token = known.feed(person)
            show = Show(
                title="Stretch Coach",
                url=self._address(FEEDS, token),
                is_private=True,
                cover_url=self.url + COVER,
            )
            place = self.folder / FEEDS / token
            place.mkdir(exist_ok=True)
            episodes = [_episode(number, session) for number, session in enumerate(sessions, 1)]
            write_own(place / FEED, sealed_xml(feed_xml(show, episodes)), force=self.force)
            write_blank(place, force=self.force)

    def _address(self, part: str, token: str) -> str:
        return f"{self.url or ''}{part}/{token}/"


def _whose(job: Job) -> str:
    """Return the person of a row; one that names none is a person of its own."""
    return job.person or job.path.stem


def _episode(number: int, session: Session) -> Episode:
    path = session.wanted.folder / f"{STEM}.mp3"
    written_s = int(path.stat().st_mtime)
    assert session.wanted.url is not None  # noqa: S101 - there are no feeds without it
    return Episode(
        path=path,
        title=session.title,
        purpose=session.about,
        number=number,
        length_ms=session.length_ms,
        size_bytes=session.size,
        written_s=written_s,
        published_s=written_s,
        url=session.wanted.url + path.name,
    )
