"""``coach playlist`` and ``coach feed``, as they are typed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from coach.cli import playlist as phone
from coach.errors import InputError
from support.command import Coach


@pytest.fixture(scope="module")
def kept(coach: Coach, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    manner = ("--voice", "silent", "--breath", "2-2", "--beat", "0.8")
    assert coach("render", "cat-cow", *manner, "-o", folder / "cat-cow.mp3").returncode == 0
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / "mine")


def run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    phone.register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_playlist_is_one_line(folder: Path) -> None:
    done = run("playlist", folder)
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{folder / 'mine.m3u8'}  1 routine\n", "")
    shutil.copy(folder / "cat-cow.mp3", folder / "more.mp3")
    place = folder / "other.m3u8"
    assert run("playlist", folder, "-o", place).stdout == f"{place}  2 routines\n"
    place.write_text("mine")
    assert isinstance(run("playlist", folder, "-o", place).exception, InputError)
    assert run("playlist", folder, "-o", place, "--force").exit_code == 0


def test_a_feed_is_one_line(folder: Path) -> None:
    done = run("feed", folder, "--base-url", "https://example.org")
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{folder / 'feed.xml'}  1 routine\n", "")
    assert "<title>Mine</title>" in (folder / "feed.xml").read_text()
    said = ("--title", "T", "--description", "D", "--author", "A", "--email", "me@example.org")
    run("feed", folder, "--base-url", "https://example.org", *said)
    told = (folder / "feed.xml").read_text()
    for line in (
        "<title>T</title>",
        "<description>D</description>",
        "<itunes:author>A</itunes:author>",
        "<itunes:email>me@",
    ):
        assert line in told


def test_what_a_feed_leaves_out_and_what_it_keeps_is_said_a_line_each(folder: Path) -> None:
    (folder / "rain.wav").touch()
    (folder / "song.mp3").touch()
    (folder / "cover.jpg").write_bytes(b"mine")
    done = run("feed", folder, "--base-url", "https://example.org")
    assert done.stdout == f"{folder / 'feed.xml'}  1 routine\n"
    assert done.stderr == (
        "left out, since the coach did not make them: rain.wav, song.mp3\n"
        "cover.jpg is not as the coach drew it and is used as it is; remove it to get a new one\n"
    )


def test_control_characters_in_names_never_reach_the_terminal(folder: Path) -> None:
    listed = run("playlist", folder, "-o", folder / "\x1b[2Jlist.m3u8")
    (folder / "\x1b]0;title\x07.mp3").touch()
    for done in (listed, run("feed", folder, "--base-url", "https://example.org")):
        assert done.exit_code == 0
        assert "\x1b" not in done.stdout + done.stderr
        assert "\N{REPLACEMENT CHARACTER}" in done.stdout + done.stderr


def test_a_feed_needs_an_address_and_a_folder(folder: Path) -> None:
    assert run("feed", folder).exit_code == 2
    assert isinstance(run("feed", folder, "--base-url", "here").exception, InputError)
    assert isinstance(run("feed", folder / "no", "--base-url", "https://example.org").exception, InputError)
