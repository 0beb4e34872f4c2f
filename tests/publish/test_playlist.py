"""Playlists: what is listed, in which order, and what is never overwritten."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from mutagen.id3 import ID3, TIT2, TPE1, TRCK

from coach.errors import InputError
from coach.publish.encoder import encode
from coach.publish.formats import FORMATS
from coach.publish.playlist import Recording, clean, playlist_text, readable, recordings, write_playlist
from coach.publish.seal import MADE_BY
from coach.publish.tags import About
from coach.units import SAMPLE_RATE

SECONDS = 3
ROUTINES = {
    "b.mp3": ("First & foremost", 1),
    "a.mp3": ("Second", 2),
    "Größe 100% 5+5 #2.mp3": ("Zehn „Minuten“", 10),
    "z.mp3": ("alone", None),
    "y.mp3": ("Beside", None),
    "x.mp3": ("Beside", None),
}


class Silence:
    total_frames = SAMPLE_RATE * SECONDS

    def blocks(self, start_frame: int = 0, end_frame: int | None = None) -> Iterator[np.ndarray]:
        yield np.zeros((end_frame or self.total_frames) - start_frame, dtype=np.int16)


def record(path: Path, title: str, track: int | None = None) -> None:
    encode(
        Silence(),
        path,
        lambda: About(title=title, length_ms=SECONDS * 1000, year=2025, input="made of nothing", track=track),
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "my lower-back_week"
    (folder / "deeper").mkdir(parents=True)
    for name, (title, track) in ROUTINES.items():
        record(folder / name, title, track)
    shutil.copy(folder / "a.mp3", folder / "deeper" / "no.mp3")
    for name in ("a.vtt", "notes.txt", ".hidden.mp3", "._a.mp3"):
        (folder / name).write_text("mine")
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / kept.name)


def listed(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_a_playlist_lists_what_lies_in_the_folder_by_track_title_and_name(folder: Path) -> None:
    path, count = write_playlist(folder)
    assert (path, count) == (folder / "my lower-back_week.m3u8", 6)
    text = path.read_bytes().decode()
    assert re.sub("[0-9a-f]{16}", "SUM", text) == (
        "#EXTM3U\n"
        "#PLAYLIST:My lower back week\n"
        "# made by Stretch Coach, sum SUM\n"
        "#EXTINF:3,Stretch Coach - First & foremost\n"
        "b.mp3\n"
        "#EXTINF:3,Stretch Coach - Second\n"
        "a.mp3\n"
        "#EXTINF:3,Stretch Coach - Zehn „Minuten“\n"
        "Größe 100% 5+5 #2.mp3\n"
        "#EXTINF:3,Stretch Coach - alone\n"
        "z.mp3\n"
        "#EXTINF:3,Stretch Coach - Beside\n"
        "x.mp3\n"
        "#EXTINF:3,Stretch Coach - Beside\n"
        "y.mp3\n"
    )
    assert not list(folder.glob(".*.coach-part"))


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_says_what_it_is(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending.upper()}"
    record(path, "Hüfte & Rücken", 7)
    (found,) = recordings(tmp_path)
    assert found == Recording(
        path=path,
        title="Hüfte & Rücken",
        artist=MADE_BY,
        track=7,
        length_ms=found.length_ms,
        made_by_coach=True,
    )
    assert found.length_ms == pytest.approx(SECONDS * 1000, abs=60)


def test_what_others_made_is_listed_too(tmp_path: Path) -> None:
    record(tmp_path / "song.mp3", "A")
    song = ID3()
    song.add(TIT2(text=["Two\nlines\x07"]))
    song.add(TPE1(text=["Somebody"]))
    song.add(TRCK(text=["2/9"]))
    song.save(tmp_path / "song.mp3")
    (tmp_path / "broken.wav").write_text("no audio")
    (tmp_path / "empty.mp3").touch()
    found = recordings(tmp_path)
    assert [(each.path.name, each.title, each.artist, each.track, each.length_ms is None) for each in found] == [
        ("song.mp3", "Two lines", "Somebody", 2, False),
        ("broken.wav", "broken", "", None, True),
        ("empty.mp3", "empty", "", None, True),
    ]
    text = playlist_text("T", [(each.path.name, each) for each in found])
    assert "#EXTINF:3,Somebody - Two lines\nsong.mp3\n#EXTINF:-1,broken\nbroken.wav\n" in text


def test_another_place_has_names_as_seen_from_there(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "lists"
    elsewhere.mkdir()
    path, _ = write_playlist(folder, elsewhere / "week.m3u8")
    names = listed(path)
    assert names[0] == "../my lower-back_week/b.mp3"
    assert all((elsewhere / name).is_file() for name in names)
    above, _ = write_playlist(folder, tmp_path / "week.m3u8")
    assert listed(above)[0] == "my lower-back_week/b.mp3"
    assert not list(folder.glob("*.m3u8"))


def test_a_folder_may_be_named_by_a_dot_or_a_link(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    assert listed(write_playlist(tmp_path / "link")[0])[0] == "b.mp3"
    monkeypatch.chdir(folder)
    path, _ = write_playlist(Path())
    assert path == Path("my lower-back_week.m3u8")
    assert listed(path)[0] == "b.mp3"


@pytest.mark.parametrize("name", ["#1.mp3", " 1.mp3", "file:1.mp3"])
def test_a_name_that_looks_like_something_else_is_still_a_name(kept: Path, tmp_path: Path, name: str) -> None:
    shutil.copy(kept / "a.mp3", tmp_path / name)
    path, _ = write_playlist(tmp_path)
    assert path.read_text().splitlines()[-1] == f"./{name}"


@pytest.mark.parametrize("name", ["a\nb.mp3", "a\rb.mp3", "a\udcff.mp3"])
def test_a_name_that_cannot_be_listed_is_refused(kept: Path, tmp_path: Path, name: str) -> None:
    shutil.copy(kept / "a.mp3", tmp_path / name)
    with pytest.raises(InputError, match="has a name that a playlist cannot hold; rename it"):
        write_playlist(tmp_path)
    assert not list(tmp_path.glob("*.m3u8"))


def test_a_playlist_that_somebody_changed_is_not_replaced(folder: Path) -> None:
    path, _ = write_playlist(folder)
    write_playlist(folder)
    path.write_text(path.read_text(encoding="utf-8").replace("a.mp3\n", ""), encoding="utf-8")
    with pytest.raises(InputError, match="is not as the coach wrote it"):
        write_playlist(folder)


def test_only_a_playlist_of_its_own_is_replaced(folder: Path) -> None:
    path, _ = write_playlist(folder)
    first = path.read_bytes()
    (folder / "a.mp3").unlink()
    assert write_playlist(folder)[1] == 5
    assert path.read_bytes() != first
    path.write_text("#EXTM3U\nmine.mp3\n")
    with pytest.raises(InputError, match="is not as the coach wrote it; add --force to replace it"):
        write_playlist(folder)
    assert path.read_text() == "#EXTM3U\nmine.mp3\n"
    write_playlist(folder, force=True)
    assert len(listed(path)) == 5


@pytest.mark.parametrize("name", ["a.mp3", "list", "a.vtt"])
def test_a_place_that_is_no_playlist_is_refused_even_by_force(folder: Path, name: str) -> None:
    before = (folder / "a.mp3").read_bytes()
    with pytest.raises(InputError, match=r"end it in \.m3u8 or \.m3u"):
        write_playlist(folder, folder / name, force=True)
    assert (folder / "a.mp3").read_bytes() == before


def test_no_audio_and_no_folder_are_said(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"there is no audio in .*; “coach render --all -o .*” makes some"):
        write_playlist(tmp_path)
    for path in (tmp_path / "nowhere", tmp_path / "notes.txt"):
        with pytest.raises(InputError, match="is not a folder; name the one your routines are in"):
            write_playlist(path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_that_is_not_there_gets_no_playlist(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; make it first"):
        write_playlist(folder, tmp_path / "nowhere" / "x.m3u8")
    (tmp_path / "x.m3u8").mkdir()
    with pytest.raises(InputError, match="is a folder; name a file in it"):
        write_playlist(folder, tmp_path / "x.m3u8", force=True)


@pytest.mark.parametrize("number", ["9" * 5_000, "1" * 10, "0", "-3", "one", ""])
def test_a_track_number_that_cannot_be_is_none(tmp_path: Path, number: str) -> None:
    """5,000 digits are more than Python turns into a number."""
    record(tmp_path / "x.mp3", "A")
    song = ID3(tmp_path / "x.mp3")
    song.add(TRCK(text=[number]))
    song.save()
    (found,) = recordings(tmp_path)
    assert (found.title, found.track) == ("A", None)


def test_a_playlist_that_is_a_link_is_replaced_and_what_it_points_to_is_kept(folder: Path, tmp_path: Path) -> None:
    path, _ = write_playlist(folder)
    elsewhere = path.rename(tmp_path / "mine.m3u8")
    before = elsewhere.read_bytes()
    path.symlink_to(elsewhere)
    (folder / "a.mp3").unlink()
    write_playlist(folder)
    assert elsewhere.read_bytes() == before
    assert not path.is_symlink()


def test_names_of_folders_are_made_readable() -> None:
    told = {name: readable(Path("/x") / name) for name in ("lower-back", "My_Week", "über uns", "--", "A & B")}
    assert list(told.values()) == ["Lower back", "My Week", "Über uns", "Routines", "A & B"]
    assert readable(Path("/")) == "Routines"


def test_clean_text_is_one_line_that_xml_can_hold() -> None:
    assert clean(" a\n\tb\x00\x1b\ud800\ufffe c\u2028d ") == "a b c d"
    assert clean("Grüße 🧘 & <b>") == "Grüße 🧘 & <b>"
