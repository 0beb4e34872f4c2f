"""Podcast feeds: the routines of a folder, for podcast apps once the folder is on the web.

RSS 2.0 with the namespaces of Apple (``itunes``: https://help.apple.com/itc/podcasts_connect/#/itcb54353390), of
Podcasting 2.0 (``podcast``: https://podcastindex.org/namespace/1.0) and of Atom (for the feed's own address).
"""

from __future__ import annotations

import os
import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from itertools import accumulate
from pathlib import Path
from urllib.parse import quote, urlsplit

from coach.core.languages import ENGLISH
from coach.errors import InputError
from coach.files import check_place, written_whole
from coach.publish import tags
from coach.publish.beside import PODCAST_ENDING
from coach.publish.cover import cover
from coach.publish.formats import FORMATS
from coach.publish.playlist import Recording, clean, readable, recordings
from coach.publish.seal import MADE_BY, SEAL, check_own, is_sealed, sealed, sealed_xml, write_own

FEED, COVER = "feed.xml", "cover.jpg"
DESCRIPTION = (
    "Spoken stretching routines for the lower back, with paced breath, to follow with eyes closed. Go slowly, stay "
    "where it feels easy, and stop when something hurts. They promise nothing and do not replace a doctor."
)
NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
}
_CAPTIONS = {".vtt": "text/vtt", ".srt": "application/x-subrip"}
_CHAPTERS_TYPE = "application/json+chapters"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_date = partial(formatdate, usegmt=True)
_GUIDS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")


@dataclass(frozen=True, kw_only=True)
class Show:
    """What a feed says of itself."""

    title: str
    url: str
    """Where the folder is on the web, with a slash at its end: see :func:`base_url`."""
    description: str = DESCRIPTION
    author: str = MADE_BY
    email: str | None = None
    """Where its owner can be reached: directories ask for it."""
    is_private: bool = False
    """Whether directories are asked to leave it out."""
    cover_url: str | None = None
    """Where its picture is; beside the feed if not given."""

    @property
    def cover(self) -> str:
        """Where its picture is."""
        return self.cover_url or self.url + COVER


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One routine in a feed."""

    path: Path
    title: str
    purpose: str
    """What the routine is for; empty if the file does not say."""
    number: int
    length_ms: int
    size_bytes: int
    written_s: int
    """Seconds since 1970."""
    published_s: int
    beside: tuple[Path, ...] = ()
    """Its captions and chapters."""
    url: str | None = None
    """Where its file is on the web; beside the feed if not given."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What came of a feed."""

    path: Path
    routines: int
    left_out: tuple[str, ...]
    """Names of audio files that the coach did not make."""
    kept_cover: bool
    """Whether a picture that the coach did not draw was there, which is used."""


def base_url(text: str) -> str:
    """Return the address of a folder on the web with one slash at its end.

    Raises:
        InputError: it is not such an address.
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
    folder: Path,
    url: str,
    *,
    title: str | None = None,
    description: str | None = None,
    author: str | None = None,
    email: str | None = None,
) -> Show:
    """Return what the feed of a folder is to say of itself; its title is the folder's name if none is given.

    Raises:
        InputError: the address is not one, or a text is empty.
    """
    title = readable(folder) if title is None else title
    given = {"title": title, "description": description, "author": author, "email": email}
    texts = {name: clean(text) for name, text in given.items() if text is not None}
    for name, text in texts.items():
        if not text:
            raise InputError(f"--{name}: there is nothing in it; write some words, or leave it out")
    if "email" in texts and not _EMAIL.fullmatch(texts["email"]):
        raise InputError(f"--email: “{texts['email']}” is not an address; write it like me@example.org")
    return Show(
        title=texts["title"],
        url=base_url(url),
        description=texts.get("description", DESCRIPTION),
        author=texts.get("author", MADE_BY),
        email=texts.get("email"),
    )


def feed_guid(url: str) -> str:
    """Return the ``podcast:guid`` of a feed's address, which does not change with its scheme."""
    return str(uuid.uuid5(_GUIDS, url.partition("://")[2].rstrip("/")))


def episodes(routines: Sequence[Recording]) -> tuple[Episode, ...]:
    """Return routines as episodes, in the order given.

    Their numbers are those of their tracks; unless each has its own, they are counted.
    """
    tracks = [routine.track for routine in routines if routine.track is not None]
    numbers = tracks if len(set(tracks)) == len(routines) else range(1, len(routines) + 1)
    stats = [routine.path.stat() for routine in routines]
    dates = published([int(stat.st_mtime) for stat in stats])
    return tuple(
        Episode(
            path=routine.path,
            title=routine.title,
            purpose=routine.purpose,
            number=number,
            length_ms=routine.length_ms or 0,
            size_bytes=stat.st_size,
            written_s=int(stat.st_mtime),
            published_s=date,
            beside=tuple(place for place in _places_beside(routine.path) if place.is_file()),
        )
        for routine, number, stat, date in zip(routines, numbers, stats, dates, strict=True)
    )


def published(written: Sequence[int]) -> list[int]:
    """Return when episodes are published: when their files were written, but each before the next.

    So apps that sort by time keep the order. Dates move earlier, not later: nothing is published in the future.
    """
    return list(accumulate(reversed(written), lambda later, time: min(time, later - 1)))[::-1]


def feed_xml(show: Show, listed: Sequence[Episode]) -> str:
    """Return an RSS 2.0 feed; the same for the same episodes, of which there is at least one."""
    root = ET.Element("rss", {"version": "2.0", **{f"xmlns:{name}": uri for name, uri in NAMESPACES.items()}})
    channel = ET.SubElement(root, "channel")
    newest = _date(max(episode.written_s for episode in listed))
    _add(channel, "atom:link", href=show.url + FEED, rel="self", type="application/rss+xml")
    for name, text in (
        ("title", show.title),
        ("link", show.url),
        ("description", show.description),
        ("language", ENGLISH.code),
        ("generator", tags.ENCODER),
        ("pubDate", newest),
        ("lastBuildDate", newest),
        ("itunes:author", show.author),
        ("itunes:explicit", "false"),
        ("itunes:type", "serial"),
        ("podcast:guid", feed_guid(show.url + FEED)),
        ("podcast:medium", "podcast"),
    ):
        _add(channel, name, text)
    _add(channel, "itunes:category", text=tags.GENRE)
    _add(channel, "itunes:image", href=show.cover)
    _add_all(_add(channel, "itunes:owner"), {"itunes:name": show.author, "itunes:email": show.email})
    _add_all(_add(channel, "image"), {"url": show.cover, "title": show.title, "link": show.url})
    if show.is_private:
        _add(channel, "itunes:block", "Yes")
    for episode in listed:
        _add_item(channel, show, episode)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def write_feed(folder: Path, show: Show, *, force: bool = False) -> Written:
    """Write a folder's feed, and a cover if there is none.

    Raises:
        InputError: there is no routine in the folder, or a file is there that is not as the coach wrote it.
        OutputError: it cannot be written.
    """
    found = recordings(folder)
    routines = [recording for recording in found if recording.made_by_coach]
    if not routines:
        raise InputError(f"the coach made none of the audio in {folder}; “coach render --all -o {folder}” makes some")
    path = folder / FEED
    check_own(path, force=force)
    xml = feed_xml(show, episodes(routines))
    kept_cover = _write_cover(folder / COVER, show.title)
    write_own(path, sealed_xml(xml), force=force)
    left_out = tuple(recording.path.name for recording in found if not recording.made_by_coach)
    return Written(path=path, routines=len(routines), left_out=left_out, kept_cover=kept_cover)


def _add_item(channel: ET.Element, show: Show, episode: Episode) -> None:
    item = _add(channel, "item")
    url = episode.url or _url(show, episode.path)
    mime = FORMATS[episode.path.suffix.lower()].mime
    about = _about(episode)
    _add_all(item, {"title": episode.title, "description": about})
    _add(item, "enclosure", url=url, length=str(episode.size_bytes), type=mime)
    _add(item, "guid", str(uuid.uuid5(uuid.NAMESPACE_URL, url)), isPermaLink="false")
    for name, text in (
        ("pubDate", _date(episode.published_s)),
        ("itunes:summary", about),
        ("itunes:duration", str(max(1, round(episode.length_ms / 1000)))),
        ("itunes:episode", str(episode.number)),
        ("itunes:episodeType", "full"),
        ("itunes:explicit", "false"),
    ):
        _add(item, name, text)
    for place in episode.beside:
        if place.suffix in _CAPTIONS:
            kind = _CAPTIONS[place.suffix]
            _add(item, "podcast:transcript", url=_url(show, place), type=kind, language=ENGLISH.code, rel="captions")
        else:
            _add(item, "podcast:chapters", url=_url(show, place), type=_CHAPTERS_TYPE)


def _about(episode: Episode) -> str:
    """Return a few sentences: title and length, what it is for, and when to stop."""
    minutes = max(1, round(episode.length_ms / 60_000))
    purpose = episode.purpose[:1].upper() + episode.purpose[1:].rstrip(".")
    sentences = (f"{episode.title}, {minutes} minute{'s' if minutes > 1 else ''}.", f"{purpose}." if purpose else "")
    return " ".join(filter(None, (*sentences, tags.COMMENT)))


def _add(parent: ET.Element, name: str, content: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, name, attributes)
    element.text = content
    return element


def _add_all(parent: ET.Element, texts: dict[str, str | None]) -> None:
    for name, text in texts.items():
        if text is not None:
            _add(parent, name, text)


def _places_beside(path: Path) -> list[Path]:
    return [path.with_name(path.stem + ending) for ending in (*_CAPTIONS, PODCAST_ENDING)]


def _url(show: Show, path: Path) -> str:
    return show.url + quote(os.fsencode(path.name), safe="")


def _write_cover(path: Path, title: str) -> bool:
    """Draw the picture unless one is there that the coach did not draw, or that was changed; return whether it is."""
    if check_place(path) and not is_sealed(path.read_bytes()):
        return True
    picture = sealed(cover(title, comment=SEAL))
    with written_whole(path) as temporary:
        temporary.write_bytes(picture)
    return False
