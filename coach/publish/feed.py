"""Podcast feeds: the routines of a folder, for podcast apps once the folder is on the web."""

from __future__ import annotations

import datetime
import os
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from coach.errors import InputError
from coach.files import check_place, written_whole
from coach.publish import tags
from coach.publish.playlist import SEAL, Recording, check_own, clean, readable, recordings, sealed
from coach.publish.publish import PODCAST_ENDING

FEED, COVER = "feed.xml", "cover.jpg"
DESCRIPTION = (
    "Spoken stretching routines for the lower back, with paced breath, to follow with eyes closed. Go slowly, stay "
    "where it feels easy, and stop when something hurts. They promise nothing and replace no doctor."
)
LANGUAGE = "en"
NAMESPACE = "https://podcastindex.org/namespace/1.0"
MIME_TYPES = {
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",  # RFC 7845: audio/opus is for streams without Ogg
    ".flac": "audio/flac",
    ".wav": "audio/wav",
}
_CAPTIONS = {".vtt": "text/vtt", ".srt": "application/x-subrip"}
_CHAPTERS_TYPE = "application/json+chapters"
_GUIDS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")


@dataclass(frozen=True)
class Show:
    """What a feed says of itself."""

    title: str
    url: str
    """Where the folder is on the web, with a slash at its end: see :func:`base_url`."""
    description: str = DESCRIPTION
    author: str = tags.MADE_BY


@dataclass(frozen=True)
class Episode:
    """One routine in a feed."""

    path: Path
    title: str
    number: int
    length_ms: int
    size_bytes: int
    written_s: int
    """Seconds since 1970."""
    published_s: int
    beside: tuple[Path, ...] = ()
    """Its captions and chapters."""


@dataclass(frozen=True)
class Written:
    """What came of a feed."""

    path: Path
    routines: int
    left_out: tuple[str, ...]
    """Names of audio files that the coach did not make."""
    kept_cover: bool
    """Whether there was another picture already, which is used."""


def base_url(text: str) -> str:
    """Return the address of a folder on the web with one slash at its end.

    Raises:
        InputError: it is none.
    """
    try:
        parts = urlsplit(text)
        host = parts.netloc.encode("idna").decode("ascii")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port, an IPv6 address or a host that cannot be
        usable = False
    if not usable or "@" in host or re.search(r"[\s?#<>\"\\]", text):
        raise InputError(
            f"--base-url: “{text}” cannot be where a folder is on the web; write it like https://example.org/stretching"
        )
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~")
    return f"{parts.scheme}://{host}{path}/"


def read_show(
    folder: Path, url: str, title: str | None = None, description: str | None = None, author: str | None = None
) -> Show:
    """Return what the feed of a folder is to say of itself; it is called like the folder if nothing else is said.

    Raises:
        InputError: the address is none, or a text is empty.
    """
    asked = {"title": readable(folder) if title is None else title, "description": description, "author": author}
    texts = {name: clean(text) for name, text in asked.items() if text is not None}
    for name, text in texts.items():
        if not text:
            raise InputError(f"--{name}: there is nothing in it; write some words, or leave it out")
    return Show(url=base_url(url), **texts)


def feed_guid(url: str) -> str:
    """Return the ``podcast:guid`` of a feed's address, which does not change with its scheme."""
    return str(uuid.uuid5(_GUIDS, url.partition("://")[2].rstrip("/")))


def episodes(routines: Sequence[Recording]) -> tuple[Episode, ...]:
    """Return routines as episodes, in the order given.

    Their numbers are those of their tracks, or if not every one has its own, are counted.
    """
    tracks = [routine.track for routine in routines if routine.track is not None]
    numbers = tracks if len(set(tracks)) == len(routines) else range(1, len(routines) + 1)
    stats = [routine.path.stat() for routine in routines]
    dates = published([int(stat.st_mtime) for stat in stats])
    return tuple(
        Episode(
            routine.path,
            routine.title,
            number,
            routine.length_ms or 0,
            stat.st_size,
            int(stat.st_mtime),
            date,
            tuple(place for place in _places_beside(routine.path) if place.is_file()),
        )
        for routine, number, stat, date in zip(routines, numbers, stats, dates, strict=True)
    )


def published(written: Sequence[int]) -> list[int]:
    """Return when episodes are published: when their files were written, but each before the next.

    So apps that go by time have the same order. Earlier rather than later: nothing is published in the future.
    """
    return list(accumulate(reversed(written), lambda later, time: min(time, later - 1)))[::-1]


def feed_xml(show: Show, listed: Sequence[Episode]) -> bytes:
    """Return an RSS 2.0 feed with the namespaces ``itunes`` and ``podcast``; the same for the same episodes.

    Raises:
        InputError: feedgen is not installed.
    """
    feed = _new_feed()
    newest = _date(max(episode.written_s for episode in listed))
    feed.title(show.title)
    feed.link(href=show.url + FEED, rel="self", type="application/rss+xml")
    feed.link(href=show.url, rel="alternate")  # the last is the channel's own
    feed.description(show.description)
    feed.language(LANGUAGE)
    feed.generator(tags.ENCODER)
    feed.image(show.url + COVER, title=show.title, link=show.url)
    feed.pubDate(newest)
    feed.lastBuildDate(newest)
    feed.podcast.itunes_author(show.author)
    feed.podcast.itunes_category({"cat": tags.GENRE})
    feed.podcast.itunes_explicit("no")
    feed.podcast.itunes_image(show.url + COVER)
    feed.podcast.itunes_type("serial")
    feed.podcasting.guid = feed_guid(show.url + FEED)
    for episode in listed:
        _add(feed, show, episode)
    return bytes(feed.rss_str(pretty=True))


def write_feed(folder: Path, show: Show, *, force: bool = False) -> Written:
    """Write a folder's feed, and a cover if there is none.

    Raises:
        InputError: feedgen is not installed, there is no routine in the folder, or a file is there that the coach did
            not make.
        OutputError: it cannot be written.
    """
    _new_feed()
    found = recordings(folder)
    routines = [recording for recording in found if recording.made_by_coach]
    if not routines:
        raise InputError(f"the coach made none of the audio in {folder}; “coach render --all -o {folder}” makes some")
    path, cover_path = folder / FEED, folder / COVER
    check_own(path, force=force)
    listed = episodes(routines)
    text = feed_xml(show, listed)
    # The longest: how much time to keep free. Nobody does them all at once.
    kept_cover = _write_cover(cover_path, show.title, max(episode.length_ms for episode in listed))
    with written_whole(path) as temporary:
        temporary.write_bytes(sealed(text + f"<!-- {SEAL} -->\n".encode()))
    left_out = tuple(recording.path.name for recording in found if not recording.made_by_coach)
    return Written(path, len(routines), left_out, kept_cover)


@dataclass
class _Podcasting:
    """The podcast namespace of a channel, as feedgen has its extensions."""

    guid: str = ""

    def extend_ns(self) -> dict[str, str]:
        return {"podcast": NAMESPACE}

    def extend_rss(self, feed: Any) -> Any:
        from feedgen.util import xml_elem

        for name, text in (("guid", self.guid), ("medium", "podcast")):
            xml_elem(f"{{{NAMESPACE}}}{name}", feed[0]).text = text
        return feed


@dataclass
class _PodcastingEntry:
    """The podcast namespace of an episode: elements by name, with their attributes."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def extend_rss(self, item: Any) -> Any:
        from feedgen.util import xml_elem

        for name, attributes in self.elements:
            xml_elem(f"{{{NAMESPACE}}}{name}", item, **attributes)
        return item


def _new_feed() -> Any:
    try:
        from feedgen.feed import FeedGenerator
    except ImportError as error:
        raise InputError(
            "a feed needs a package that is not here; install it with: pip install 'stretch-coach[podcast]'"
        ) from error
    feed = FeedGenerator()
    feed.load_extension("podcast", atom=False)
    feed.register_extension("podcasting", _Podcasting, _PodcastingEntry, atom=False)
    return feed


def _add(feed: Any, show: Show, episode: Episode) -> None:
    url = _url(show, episode.path)
    minutes = max(1, round(episode.length_ms / 60_000))
    about = f"{episode.title}, {minutes} minute{'s' if minutes > 1 else ''}. {tags.COMMENT}"
    entry = feed.add_entry(order="append")
    entry.title(episode.title)
    entry.description(about)
    entry.enclosure(url, str(episode.size_bytes), MIME_TYPES[episode.path.suffix.lower()])
    entry.guid(str(uuid.uuid5(uuid.NAMESPACE_URL, url)), permalink=False)
    entry.pubDate(_date(episode.published_s))
    entry.podcast.itunes_summary(about)
    entry.podcast.itunes_duration(max(1, round(episode.length_ms / 1000)))
    entry.podcast.itunes_episode(episode.number)
    entry.podcast.itunes_episode_type("full")
    for place in episode.beside:
        if place.suffix in _CAPTIONS:
            more = {"type": _CAPTIONS[place.suffix], "language": LANGUAGE, "rel": "captions"}
            entry.podcasting.elements.append(("transcript", {"url": _url(show, place), **more}))
        else:
            entry.podcasting.elements.append(("chapters", {"url": _url(show, place), "type": _CHAPTERS_TYPE}))


def _date(time_s: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(time_s, datetime.UTC)


def _places_beside(path: Path) -> list[Path]:
    return [path.with_name(path.stem + ending) for ending in (*_CAPTIONS, PODCAST_ENDING)]


def _url(show: Show, path: Path) -> str:
    return show.url + quote(os.fsencode(path.name), safe="")


def _write_cover(path: Path, title: str, length_ms: int) -> bool:
    """Write the picture where there is none; return whether there was another."""
    from coach.publish.cover import MARK as DRAWN
    from coach.publish.cover import cover

    if check_place(path) and DRAWN.encode() not in path.read_bytes()[:1_000]:
        return True
    picture = cover(title, length_ms)
    with written_whole(path) as temporary:
        temporary.write_bytes(picture)
    return False
