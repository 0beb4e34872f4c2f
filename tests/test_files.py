from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coach.errors import InputError, OutputError
from coach.files import HeldFolder, check_name, check_place, expanded, place_named, sweep, written_whole


def test_what_a_killed_coach_left_is_swept_away_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a*[b].mp3"
    script = (
        "import os, signal, sys; from pathlib import Path; from coach.files import written_whole\n"
        "with written_whole(Path(sys.argv[1])) as part:\n"
        "    part.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(target)])
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.read_text() == "half"
    mine = (".ab.mp3.x.part", "a*[b].mp3.part", ".a*[b].mp3.note", ".a*[b].mp3.notes.part", ".a*[b].mp3.abcdefgh.part")
    for other in mine:
        (tmp_path / other).write_text("mine")
    with written_whole(target) as first, written_whole(target) as second:  # two at once leave each other alone
        assert not left.exists()
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first"  # the one that ended last
    assert {path.name for path in tmp_path.iterdir()} == {*mine, target.name}


def test_a_file_of_the_users_that_looks_unfinished_is_left_alone(tmp_path: Path) -> None:
    """``.u.mp3.notes.part`` was once deleted when ``u.mp3`` was written."""
    for name in (".u.mp3.notes.part", ".u.mp3.notes.coach-part", ".u.mp3.abcdefgh.coach-part.txt"):
        (tmp_path / name).write_text("mine")
    before = {path.name for path in tmp_path.iterdir()}
    with written_whole(tmp_path / "u.mp3") as part:
        assert part.name.startswith(".u.mp3.")
        assert part.name.endswith(".coach-part")
        part.write_text("x")
    assert {path.name for path in tmp_path.iterdir()} == {*before, "u.mp3"}


def test_a_folder_of_many_files_is_looked_through_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 100,000 files each was once made slower by those before it: after 60,000 three times as slow."""
    looks: list[Path] = []
    iterdir = Path.iterdir

    def counted(self: Path) -> Iterator[Path]:
        looks.append(self)
        return iterdir(self)

    def write(*names: str) -> None:
        for name in names:
            with written_whole(tmp_path / name) as part:
                part.write_text("x")

    monkeypatch.setattr(Path, "iterdir", counted)
    monkeypatch.setattr("coach.files._MANY", 3)
    write("a", "b", "c", "d")
    assert len(looks) == 4  # there were few
    write("e", "f", "g")
    assert len(looks) == 5
    monkeypatch.setattr("coach.files._LOOK_THROUGH_MANY_EVERY_S", 0.0)
    write("h")
    assert len(looks) == 6


def test_what_was_left_of_each_of_many_files_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look at a folder of very many files serves all that are written until the next."""
    monkeypatch.setattr("coach.files._MANY", 3)
    left = [tmp_path / f".{name}.abcdefg{number}.coach-part" for number, name in enumerate(("a.lrc", "a.mp3", "b.mp3"))]
    for path in (*left, tmp_path / "other"):
        path.write_text("half")
    for name in ("a.lrc", "a.mp3"):
        with written_whole(tmp_path / name) as part:
            part.write_text("x")
    assert [path.exists() for path in left] == [False, False, True]


def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path: Path) -> None:
    """A link in the folder once led the coach to write outside of it."""
    (tmp_path / "out").mkdir()
    outside, link = tmp_path / "outside.mp3", tmp_path / "out" / "x.mp3"
    outside.write_text("mine")
    link.symlink_to(outside)
    assert check_place(link)
    with written_whole(link) as part:
        assert part.parent == link.parent
        part.write_text("new")
    assert not link.is_symlink()
    assert (link.read_text(), outside.read_text()) == ("new", "mine")
    link.unlink()
    link.symlink_to(tmp_path / "nowhere")
    assert check_place(link)  # something of the user's is there
    with written_whole(link) as part:
        part.write_text("new")
    assert link.read_text() == "new"
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_is_a_link_is_written_into(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert not check_place(tmp_path / "link" / "x")
    with written_whole(tmp_path / "link" / "x") as part:
        part.write_text("x")
    assert (tmp_path / "real" / "x").read_text() == "x"


@pytest.mark.parametrize(
    "name", ["NUL.mp3", "nul", "CON", "con.tar.gz", "Aux .mp3", "COM1.mp3", "lpt9", "com².wav", "CONIN$", "a\0b.mp3"]
)
def test_a_name_that_some_system_cannot_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="choose another name"):
        check_name(name)
    with pytest.raises(InputError, match="choose another name"):
        check_place(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["null.mp3", "con-tour.mp3", "icon.mp3", "com10.mp3", "lpt.mp3", "nul_.mp3", ".nul"])
def test_a_name_that_only_looks_reserved_is_taken(tmp_path: Path, name: str) -> None:
    assert not check_place(tmp_path / name)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (".", "is a folder; name a file in it"),
        ("no/x.mp3", "does not exist; make it first"),
        ("pipe", "is not a file that can be replaced"),
        ("/dev/stdout", "is not a file that can be replaced"),
        ("/dev/x.mp3", "is not a file that can be replaced"),
        ("x" * 300, "cannot be written: File name too long"),
    ],
)
def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path, path: str, says: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=says) as caught:
        check_place(tmp_path / path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_slash_at_the_end_names_a_folder(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert place_named(f"{tmp_path}/there/") == tmp_path / "there"
    assert place_named(f"{tmp_path}/x.mp3") == place_named(tmp_path / "x.mp3") == tmp_path / "x.mp3"
    for name in ("no", "x.mp3"):
        with pytest.raises(InputError, match=f"the folder .*{name} does not exist; make it first"):
            place_named(f"{tmp_path}/{name}/")


def test_the_home_folder_of_an_unknown_user_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expanded("~/x") == tmp_path / "x"
    with pytest.raises(InputError, match="~nosuchuser/x begins with the home folder of an unknown user"):
        expanded("~nosuchuser/x")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"), written_whole(tmp_path / "no" / "x"):
        pass


def test_what_fails_leaves_nothing_and_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_text("before")

    def fail(part: Path) -> None:
        part.write_text("half")
        raise KeyError

    with pytest.raises(KeyError), written_whole(target) as part:
        fail(part)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert target.read_text() == "before"


def test_no_file_stays_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else None
    for _ in range(5):
        with written_whole(tmp_path / "x") as part:
            part.write_text("x")
    if before is None:
        pytest.skip("counts open files in /proc, which is only on Linux")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no locks on folders")
@pytest.mark.parametrize("still_there", [True, False], ids=["about to be swept", "swept"])
def test_what_is_swept_before_it_is_held_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, still_there: bool
) -> None:
    """A voice's folder was once swept by another coach right after it was made: a line could not be said."""
    import fcntl

    swept: list[Path] = []
    sweepers: list[int] = []
    make_folder, make_file = tempfile.mkdtemp, tempfile.mkstemp

    def sweep_first(path: str) -> None:
        if not swept:
            swept.append(Path(path))
            sweepers.append(os.open(path, os.O_RDONLY))
            fcntl.flock(sweepers[-1], fcntl.LOCK_EX)
            if not still_there:
                (Path.rmdir if swept[0].is_dir() else Path.unlink)(swept[0])

    def folder(**how: Any) -> str:
        path = make_folder(**how)
        sweep_first(path)
        return path

    def file(**how: Any) -> tuple[int, str]:
        handle, path = make_file(**how)
        sweep_first(path)
        return handle, path

    monkeypatch.setattr(tempfile, "mkdtemp", folder)
    monkeypatch.setattr(tempfile, "mkstemp", file)
    with HeldFolder("coach-test-", tmp_path) as mine:
        assert mine != swept.pop()
        sweep([mine])  # it is held
        assert mine.is_dir()
    with written_whole(tmp_path / "a.mp3") as part:
        assert part != swept.pop()
        sweep([part])
        part.write_text("whole")
    assert (tmp_path / "a.mp3").read_text() == "whole"
    for handle in sweepers:
        os.close(handle)
