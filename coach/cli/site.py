"""``coach site``: the page as a folder for any web host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coach.cli.options import ForceOption
from coach.cli.order_options import takes, tell_voice
from coach.cli.output import end_with, say
from coach.cli.progress import shown_progress
from coach.errors import InputError
from coach.files import expanded
from coach.library.paths import path_library
from coach.order import Group, Order
from coach.publish.feed import base_url, read_show, write_feed
from coach.publish.jobs import Made, Names
from coach.publish.places import Folder
from coach.publish.table import read_plan
from coach.recipe import file_stem
from coach.web.private import Page, PrivateSite
from coach.web.site import SESSIONS, Session, Wanted, estimated_bytes, make_sessions, write_page, write_shell

if TYPE_CHECKING:
    from coach.library.library import Library


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(site)


@takes(*Group)
def site(
    *,
    output: Annotated[str, typer.Argument(metavar="OUT", help="The folder to write.", show_default=False)],
    order: Order,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="A table (CSV): a private page for each row (see docs/plans.md)."),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            metavar="URL",
            help="Where the folder will be on the web: for codes to scan, and podcast feeds.",
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Write the page as a folder of files for any web host: nothing to run, and it plays with no network."""
    if plan is not None and order.targets:
        raise InputError("a routine by name and --plan exclude each other; give one of them")
    if order.title is not None and len(order.targets) != 1:
        raise InputError("--title: each session has its own name; leave it out")
    folder = expanded(output)
    place = Folder(folder)
    place.check()
    place.begin()
    base = None if url is None else base_url(url)
    library = path_library()
    tell_voice(order)
    if plan is None:
        _public(folder, order, base, library, force=force)
    else:
        _private(PrivateSite(folder=folder, url=base, force=force), plan, order, library)


def _public(folder: Path, order: Order, base: str | None, library: Library, *, force: bool) -> None:
    """Write a page with a session for each routine."""
    orders = [order.changed(targets=(name,)) for name in order.targets or library.routines]
    _tell_size(orders, library)
    wanted = [
        Wanted(
            order=each,
            number=number,
            called=each.targets[0],
            id=file_stem(each),
            folder=folder / SESSIONS,
            stem=file_stem(each),
            url=base,
            track=number,
        )
        for number, each in enumerate(orders, 1)
    ]
    if twice := {each.stem for each in wanted if [other.stem for other in wanted].count(each.stem) > 1}:
        raise InputError(f"“{min(twice)}” is there twice; leave one out")
    write_shell(folder, force=force)
    with shown_progress() as progress:
        done: list[Session] = []
        for session in make_sessions(wanted, library, force=force):
            done.append(session)
            progress("rendering", len(done), len(wanted))
    failures = [each.failure for each in done if each.failure]
    made = sorted((each for each in done if not each.failure), key=lambda each: each.wanted.number)
    if not made:  # a page of nothing helps nobody, and one that is there is better
        end_with(failures)
        return
    feed = None
    if base:
        write_feed(folder / SESSIONS, read_show(folder, f"{base}{SESSIONS}", title="Stretch Coach"), force=force)
        feed = f"{SESSIONS}/feed.xml"
    write_page(folder, [each.listed(f"{SESSIONS}/") for each in made], feed=feed, force=force)
    for session in made:
        for note in session.notes:
            say(f"{session.wanted.stem}: {note}", err=True)
    _close(folder / "index.html", made, failures)


def _private(place: PrivateSite, plan: Path, over: Order, library: Library) -> None:
    """Write a page for each row of a plan."""
    jobs = list(Names(place.folder).jobs_of_plan(read_plan(plan), over))
    _tell_size([job.order for job in jobs if not isinstance(job, Made)], library)
    with shown_progress() as progress:
        done = list(place.make(jobs, library, progress))
    pages = sorted(_pages(done), key=lambda page: page.session.wanted.number)
    failures = [each.failure if isinstance(each, Made) else each.session.failure for each in done]
    for page in pages:
        say(f"{page.address}  {page.name}")
    gone = set(place.known_names) - {job.path.stem for job in jobs}
    if gone:
        say(f"still there, though in no row of this plan: {', '.join(sorted(gone))}", err=True)
    say(f"Who has which page: {place.addresses}. Keep this list to yourself; it must not be put on the web.", err=True)
    _close(place.folder, [page.session for page in pages], [failure for failure in failures if failure])


def _pages(done: list[Page | Made]) -> Iterator[Page]:
    return (each for each in done if isinstance(each, Page) and not each.session.failure)


def _tell_size(orders: list[Order], library: Library) -> None:
    megabytes = estimated_bytes(orders, library) / 1_000_000
    say(f"{_sessions(len(orders))}, about {megabytes:.0f} MB of sound", err=True)


def _close(place: Path, made: list[Session], failures: list[str]) -> None:
    megabytes = sum(each.size for each in made) / 1_000_000
    say(f"{place}  {_sessions(len(made))}, {megabytes:.1f} MB of sound")
    end_with(failures)


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
