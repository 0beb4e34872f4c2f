"""Feeds: read back by programs that know nothing of the coach."""

from __future__ import annotations

import io
import os
import shutil
import uuid
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import feedparser
import pytest
from PIL import Image

from coach.errors import InputError
from coach.library.standard import standard_library
from coach.publish import feed, tags
from coach.publish.cover import cover
from coach.publish.feed import base_url, feed_guid, published, read_show, write_feed
from coach.publish.formats import FORMATS
from coach.publish.playlist import recordings
from support.command import Coach

URL = "https://example.org/my%20stretching/Übungen"
BASE = "https://example.org/my%20stretching/%C3%9Cbungen/"
NAMESPACES = {
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "atom": "http://www.w3.org/2005/Atom",
}
# In the order of their tracks, which is neither that of their names nor of their titles.
ROUTINES = {
    "z last?.mp3": "Rücken & Hüfte",
    "Größe 100%, a+b #1.mp3": "Another",
    "c.m4a": "Third",
    "b.ogg": "Fourth",
    "y.opus": "Fifth",
    "a.flac": "Sixth",
    "x.wav": "Seventh",
    "book.m4b": "Eighth",
}


@pytest.fixture(scope="module")
def kept(coach: Coach, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("kept")
    rows = "".join(f'cat-cow,"{title}","{name}",{track}\n' for track, (name, title) in enumerate(ROUTINES.items(), 1))
    (place / "plan.csv").write_text(f"routine,title,output,track\n{rows}", encoding="utf-8")
    manner = ("--voice", "silent", "--breath", "2-2", "--beat", "0.8", "--words", "names")
    done = coach("render", "--plan", "plan.csv", *manner, "--podcast", "-o", "lower-back", cwd=place)
    assert (done.returncode, done.stderr) == (0, "")
    folder = place / "lower-back"
    for number, name in enumerate(ROUTINES):
        os.utime(folder / name, (0, 1_700_000_000 + number * 100))
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / kept.name)


def written(folder: Path, *, force: bool = False, url: str = URL, **said: str) -> ElementTree.Element:
    result = write_feed(folder, read_show(folder, url, **said), force=force)
    assert result.path == folder / "feed.xml"
    root = ElementTree.parse(result.path).getroot()
    assert (root.tag, root.attrib, len(root)) == ("rss", {"version": "2.0"}, 1)
    assert result.routines == len(root.findall("channel/item"))
    return root[0]


def text(element: ElementTree.Element, path: str) -> str:
    found = element.findall(path, NAMESPACES)
    assert len(found) == 1, path
    return found[0].text or ""


def attributes(element: ElementTree.Element, path: str) -> list[dict[str, str]]:
    return [found.attrib for found in element.findall(path, NAMESPACES)]


def test_the_channel_says_what_it_is(folder: Path) -> None:
    channel = written(folder)
    assert text(channel, "title") == "Lower back"
    assert text(channel, "link") == BASE
    assert text(channel, "description") == feed.DESCRIPTION
    assert text(channel, "language") == "en"
    assert text(channel, "generator") == tags.ENCODER
    assert text(channel, "itunes:author") == "Stretch Coach"
    assert text(channel, "itunes:explicit") == "false"
    assert text(channel, "itunes:type") == "serial"
    assert attributes(channel, "itunes:category") == [{"text": "Health & Fitness"}]
    assert attributes(channel, "itunes:image") == [{"href": f"{BASE}cover.jpg"}]
    assert text(channel, "image/url") == f"{BASE}cover.jpg"
    assert text(channel, "image/title") == "Lower back"
    assert attributes(channel, "atom:link") == [
        {"href": f"{BASE}feed.xml", "rel": "self", "type": "application/rss+xml"}
    ]
    assert text(channel, "podcast:medium") == "podcast"
    assert text(channel, "podcast:guid") == feed_guid(f"{BASE}feed.xml")
    head = (folder / "feed.xml").read_text(encoding="utf-8").partition("<channel>")[0]
    for prefix in ("itunes", "podcast"):
        assert f'xmlns:{prefix}="{NAMESPACES[prefix]}"' in head
    assert (folder / "feed.xml").read_text(encoding="utf-8").count("xmlns:podcast=") == 1


def test_the_guid_is_that_of_the_specification() -> None:
    for scheme in ("http", "https"):
        guid = feed_guid(f"{scheme}://mp3s.nashownotes.com/pc20rss.xml")
        assert guid == "917393e3-1b1e-5cef-ace4-edaa54e1f810"
    assert feed_guid("https://podnews.net/rss/") == "9b024349-ccf0-5f69-a609-6b82873eab3c"


def test_every_routine_is_an_episode_in_order_of_its_track(folder: Path) -> None:
    items = written(folder).findall("item")
    assert [text(item, "title") for item in items] == list(ROUTINES.values())
    assert [text(item, "itunes:episode") for item in items] == [str(number) for number in range(1, len(ROUTINES) + 1)]
    for item, name in zip(items, ROUTINES, strict=True):
        path = folder / name
        (enclosure,) = attributes(item, "enclosure")
        assert enclosure["url"].startswith(BASE)
        assert enclosure["url"].isascii()
        assert not set(enclosure["url"].removeprefix(BASE)) & set(' ?#+,"<>')
        assert unquote(enclosure["url"].removeprefix(BASE)) == name
        assert enclosure["length"] == str(len(path.read_bytes()))
        assert enclosure["type"] == FORMATS[path.suffix].mime
        assert text(item, "itunes:duration") == str(round(length_s(path)))
        for about in ("description", "itunes:summary"):
            said = text(item, about)
            assert said.startswith(f"{ROUTINES[name]}, {round(length_s(path) / 60)} minutes. ")
            assert said.endswith(tags.COMMENT)
        (guid,) = item.findall("guid")
        assert guid.attrib == {"isPermaLink": "false"}
        assert uuid.UUID(guid.text).version == 5
    assert len({text(item, "guid") for item in items}) == len(items)


def length_s(path: Path) -> float:
    (length_ms,) = (found.length_ms for found in recordings(path.parent) if found.path == path)
    assert length_ms is not None
    return length_ms / 1000


def test_every_format_has_its_type() -> None:
    assert {FORMATS[ending].mime for ending in (".mp3", ".m4a", ".ogg", ".flac", ".wav")} == {
        "audio/mpeg", "audio/mp4", "audio/ogg", "audio/flac", "audio/wav",
    }  # fmt: skip


def test_captions_and_chapters_are_named_where_they_are(folder: Path) -> None:
    (folder / "c.srt").unlink()
    (folder / "c.chapters.json").unlink()
    first, _, third, *_ = written(folder).findall("item")
    stem = f"{BASE}z%20last%3F"
    captions = {"language": "en", "rel": "captions"}
    assert attributes(first, "podcast:transcript") == [
        {"url": f"{stem}.vtt", "type": "text/vtt", **captions},
        {"url": f"{stem}.srt", "type": "application/x-subrip", **captions},
    ]
    assert attributes(first, "podcast:chapters") == [
        {"url": f"{stem}.chapters.json", "type": "application/json+chapters"}
    ]
    assert attributes(third, "podcast:transcript") == [{"url": f"{BASE}c.vtt", "type": "text/vtt", **captions}]
    assert attributes(third, "podcast:chapters") == []


def test_nothing_changes_from_run_to_run(folder: Path) -> None:
    written(folder)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = write_feed(folder, read_show(folder, f"{URL}/"))
    assert not result.kept_cover
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_guids_stay_and_dates_follow_when_a_file_is_made_anew(folder: Path) -> None:
    before = written(folder)
    renewed = folder / next(iter(ROUTINES))
    renewed.write_bytes((folder / "Größe 100%, a+b #1.mp3").read_bytes())
    os.utime(renewed, (0, 1_800_000_000))
    after = written(folder)
    assert {text(item, "guid") for item in before.iterfind("item")} == {
        text(item, "guid") for item in after.iterfind("item")
    }
    for date in ("lastBuildDate", "pubDate"):
        assert parsedate_to_datetime(text(before, date)).timestamp() == 1_700_000_700
        assert parsedate_to_datetime(text(after, date)).timestamp() == 1_800_000_000


def test_dates_are_those_of_the_files_and_in_the_order_of_the_tracks(folder: Path) -> None:
    def dates() -> list[float]:
        found = [parsedate_to_datetime(text(item, "pubDate")) for item in written(folder).iterfind("item")]
        assert all(date.utcoffset() is not None and not date.utcoffset() for date in found)
        return [date.timestamp() - 1_700_000_000 for date in found]

    assert dates() == [number * 100 for number in range(len(ROUTINES))]
    for name in ROUTINES:
        os.utime(folder / name, (0, 1_700_000_000.7))
    assert dates() == list(range(1 - len(ROUTINES), 1))


def test_nothing_is_published_before_its_time_nor_two_at_once() -> None:
    assert published([5]) == [5]
    assert published([1, 2, 9]) == [1, 2, 9]
    assert published([9, 5, 5, 7]) == [3, 4, 5, 7]


def test_without_a_track_of_its_own_each_the_episodes_are_counted(folder: Path) -> None:
    shutil.copy(folder / "x.wav", folder / "again.wav")
    items = written(folder).findall("item")
    assert [text(item, "itunes:episode") for item in items] == [str(number) for number in range(1, 10)]
    assert [text(item, "title") for item in items[6:8]] == ["Seventh", "Seventh"]
    for name in list(ROUTINES)[:3]:
        (folder / name).unlink()
    (folder / "again.wav").unlink()
    items = written(folder).findall("item")
    assert [text(item, "itunes:episode") for item in items] == ["4", "5", "6", "7", "8"]


def test_the_words_are_as_asked(folder: Path) -> None:
    channel = written(folder, title="Hüfte & <Knie>\n\x07", description="a < b", author="Jörg & Co")
    assert text(channel, "title") == "Hüfte & <Knie>"
    assert text(channel, "description") == "a < b"
    assert text(channel, "itunes:author") == "Jörg & Co"


@pytest.mark.parametrize("name", ["title", "description", "author", "email"])
def test_no_words_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"--{name}: there is nothing in it; write some words, or leave it out"):
        read_show(folder, URL, **{name: " \n"})


def test_what_the_coach_did_not_make_is_left_out(folder: Path) -> None:
    (folder / "song.mp3").write_text("mine")
    (folder / "rain.wav").write_bytes(b"RIFF")
    result = write_feed(folder, read_show(folder, URL))
    assert (result.routines, result.left_out) == (len(ROUTINES), ("rain.wav", "song.mp3"))
    assert "song" not in result.path.read_text(encoding="utf-8")


def test_a_folder_without_routines_is_refused(tmp_path: Path) -> None:
    show = read_show(tmp_path, URL)
    with pytest.raises(InputError, match="there is no audio in"):
        write_feed(tmp_path, show)
    (tmp_path / "song.mp3").write_text("mine")
    with pytest.raises(InputError, match="the coach made none of the audio in"):
        write_feed(tmp_path, show)
    with pytest.raises(InputError, match="is not a folder"):
        write_feed(tmp_path / "nowhere", show)
    assert [path.name for path in tmp_path.iterdir()] == ["song.mp3"]


def test_only_a_feed_of_its_own_is_replaced(folder: Path) -> None:
    written(folder)
    written(folder, title="New")
    place = folder / "feed.xml"
    place.write_text("<rss><channel><generator>Mine</generator><title>Stretch Coach</title></channel></rss>")
    (folder / "cover.jpg").unlink()
    with pytest.raises(InputError, match=r"feed\.xml is there already and is not as the coach wrote it; add --force"):
        written(folder)
    assert "Mine" in place.read_text()
    assert not (folder / "cover.jpg").exists()
    assert text(written(folder, force=True), "title") == "Lower back"


def test_the_cover_is_of_the_show_and_tells_no_length(folder: Path) -> None:
    """It once said “37 min”, the length of the longest episode."""
    result = write_feed(folder, read_show(folder, URL))
    path = folder / "cover.jpg"
    assert not result.kept_cover
    with Image.open(path) as image, Image.open(io.BytesIO(cover("Lower back"))) as bare:
        assert (image.format, image.size) == ("JPEG", (1400, 1400))
        assert image.tobytes() == bare.tobytes()


def test_a_cover_that_a_person_changed_is_never_replaced(folder: Path) -> None:
    """Even if a program that draws on it keeps the coach's comment."""
    write_feed(folder, read_show(folder, URL))
    path = folder / "cover.jpg"
    with Image.open(path) as image:
        comment = image.info["comment"]
        image.rotate(180).save(path, comment=comment)
    drawn = path.read_bytes()
    assert comment in drawn
    for force in (False, True):
        assert write_feed(folder, read_show(folder, URL), force=force).kept_cover
        assert path.read_bytes() == drawn
    path.unlink()
    assert not write_feed(folder, read_show(folder, URL)).kept_cover
    assert not write_feed(folder, read_show(folder, URL, title="Other")).kept_cover


def test_a_link_is_replaced_and_never_what_it_points_to(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    written(folder)
    for name in ("feed.xml", "cover.jpg"):
        (folder / name).rename(outside / name)
        (folder / name).symlink_to(outside / name)
    before = {path.name: path.read_bytes() for path in outside.iterdir()}
    written(folder, title="Other")
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == before
    assert not any((folder / name).is_symlink() for name in before)


def test_feedparser_reads_it_as_a_podcast(folder: Path) -> None:
    written(folder, email="me@example.org", author="Jörg & Co")
    told = feedparser.parse((folder / "feed.xml").read_bytes())
    assert not told.bozo
    assert told.version == "rss20"
    assert set(NAMESPACES.values()) <= set(told.namespaces.values())
    show = told.feed
    assert (show.title, show.link, show.language) == ("Lower back", BASE, "en")
    assert (show.author, show.publisher_detail.name, show.publisher_detail.email) == (
        "Jörg & Co", "Jörg & Co", "me@example.org",
    )  # fmt: skip
    assert show.image.href == f"{BASE}cover.jpg"
    assert show.itunes_type == "serial"
    assert [tag.term for tag in show.tags] == ["Health & Fitness"]
    assert [link.href for link in show.links if link.rel == "self"] == [f"{BASE}feed.xml"]
    assert [entry.title for entry in told.entries] == list(ROUTINES.values())
    for number, (entry, name) in enumerate(zip(told.entries, ROUTINES, strict=True), 1):
        (enclosure,) = entry.enclosures
        assert (unquote(enclosure.href.removeprefix(BASE)), enclosure.type) == (name, FORMATS[Path(name).suffix].mime)
        assert int(enclosure.length) == (folder / name).stat().st_size
        assert entry.itunes_episode == str(number)
        assert entry.guidislink is False
        assert entry.published_parsed


EPISODE = ("title", "description", "enclosure", "guid", "pubDate")
ONCE = {
    "channel": {"title", "link", "description", "language", "generator", "pubDate", "lastBuildDate", "image"},
    "item": set(EPISODE),
}


def test_it_keeps_to_the_specifications(folder: Path) -> None:
    """RSS 2.0, Apple's tags and the podcast namespace: which elements may stand where, and what may be in them."""
    channel = written(folder, email="me@example.org")
    items = channel.findall("item")
    podcast, itunes = (f"{{{NAMESPACES[name]}}}" for name in ("podcast", "itunes"))
    for kind, element in (("channel", channel), *(("item", item) for item in items)):
        plain = [child.tag for child in element if child.tag[0] != "{" and child.tag != "item"]
        assert set(plain) == ONCE[kind]
        assert len(plain) == len(set(plain))
    assert {child.tag.removeprefix(podcast) for child in channel if child.tag.startswith(podcast)} == {
        "guid", "medium",
    }  # fmt: skip
    assert uuid.UUID(text(channel, "podcast:guid")).version == 5
    assert text(channel, "podcast:medium") in {"podcast", "music", "video", "film", "audiobook", "newsletter", "blog"}
    owner = channel.find("itunes:owner", NAMESPACES)
    assert owner is not None
    assert [child.tag for child in owner] == [f"{itunes}name", f"{itunes}email"]
    for item in items:
        found = [child for child in item if child.tag.startswith(podcast)]
        assert {child.tag.removeprefix(podcast) for child in found} <= {"transcript", "chapters"}
        assert len(item.findall("podcast:chapters", NAMESPACES)) <= 1
        for child in found:
            assert {"url", "type"} <= set(child.attrib) <= {"url", "type", "language", "rel"}
            assert child.attrib["url"].startswith("https://")
            assert child.text is None
        for transcript in item.iterfind("podcast:transcript", NAMESPACES):
            kinds = {"text/plain", "text/html", "text/vtt", "application/json", "application/x-subrip"}
            assert transcript.attrib["type"] in kinds
            assert transcript.attrib["rel"] == "captions"
        assert text(item, "itunes:explicit") in ("true", "false")
        assert text(item, "itunes:duration").isdigit()
        assert text(item, "itunes:episodeType") in ("full", "trailer", "bonus")
        assert int(text(item, "itunes:episode")) > 0


def test_an_episode_says_what_its_routine_is_for(folder: Path) -> None:
    purpose = standard_library().routine("cat-cow").purpose
    for item in written(folder).iterfind("item"):
        assert f"{purpose[0].upper()}{purpose[1:]}. Move slowly" in text(item, "description")


@pytest.mark.parametrize("email", ["me", "me@", "@example.org", "me@example", "a b@example.org", "a@b@example.org"])
def test_what_is_not_an_email_address_is_refused(folder: Path, email: str) -> None:
    with pytest.raises(InputError, match=f"--email: “{email}” is not an address; write it like me@example"):
        read_show(folder, URL, email=email)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://example.org", "https://example.org/"),
        ("HTTP://example.org:8080/a//", "http://example.org:8080/a/"),
        ("https://example.org/a%20b/~me/", "https://example.org/a%20b/~me/"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC/"),
        ("http://[::1]/x", "http://[::1]/x/"),
    ],
)
def test_a_base_url_gets_one_slash(url: str, base: str) -> None:
    assert base_url(url) == base


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org", "//example.org", "ftp://example.org", "file:///home", "mailto:a@b",
        "https://", "https:///x", "http://:80", "https://example.org:99999", "https://example.org:port",
        "https://[::1", "https://a..b/", "https://exa mple.org", "https://a/b c", "https://example.org\n",
        "https://example.org/?x=1", "https://example.org/#x", 'https://example.org/"', "https://me:secret@example.org",
    ],
)  # fmt: skip
def test_what_is_no_base_url_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="cannot be where a folder is on the web; write it like https://example"):
        read_show(tmp_path, url)
