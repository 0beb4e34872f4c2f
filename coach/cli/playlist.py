"""``coach playlist`` and ``coach feed``: the way to a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coach.cli import options
from coach.cli.output import say

FolderArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="The folder the routines are in.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(playlist)
    app.command()(feed)


def playlist(
    folder: FolderArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write. [default: DIR.m3u8 inside DIR]"),
    ] = None,
    force: options.ForceOption = False,
) -> None:
    """Write a playlist of a folder's audio files, by their track numbers."""
    from coach.publish.playlist import write_playlist

    path, count = write_playlist(folder, output, force=force)
    say(f"{path}  {_routines(count)}")


def feed(
    folder: FolderArgument,
    url: Annotated[
        str, typer.Option("--base-url", metavar="URL", help="Where the folder is on the web: https://example.org/mine")
    ],
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help="Title of the podcast. [default: DIR's name]")
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", metavar="TEXT", help="What the podcast is about.")
    ] = None,
    author: Annotated[
        str | None, typer.Option("--author", metavar="NAME", help="Author and owner. [default: Stretch Coach]")
    ] = None,
    email: Annotated[
        str | None, typer.Option("--email", metavar="ADDRESS", help="The owner's address; directories ask for it.")
    ] = None,
    force: options.ForceOption = False,
) -> None:
    """Write a podcast feed (feed.xml) of a folder's routines, and a cover.jpg if there is none."""
    from coach.publish.feed import read_show, write_feed

    show = read_show(folder, url, title=title, description=description, author=author, email=email)
    written = write_feed(folder, show, force=force)
    if written.left_out:
        say(f"left out, since the coach did not make them: {', '.join(written.left_out)}", err=True)
    if written.kept_cover:
        say("cover.jpg is not as the coach drew it and is used as it is; remove it to get a new one", err=True)
    say(f"{written.path}  {_routines(written.routines)}")


def _routines(count: int) -> str:
    return f"{count} routine{'' if count == 1 else 's'}"
