"""``coach new``: a sound script, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from coach.library.paths import PathLibrary
from coach.library.standard import standard_folders
from support.command import Coach

STRANGE = [
    *(
        'my "quote"',
        "it's",
        "a\nb",
        "a: b",
        "#x",
        "漢字",
        "-",
        "_x",
        ".yaml",
        "a.b",
        "a b",
        "x" * 61,
        "CON",
        "nul",
        "\x1b[2J",
    ),
]


@pytest.mark.parametrize("name", STRANGE)
def test_a_name_that_cannot_be_one_leaves_no_file_and_no_traceback(
    coach_here: Coach, tmp_path: Path, name: str
) -> None:
    done = coach_here("new", "--", name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) <= 2
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [(), ("--stretch",)])
@pytest.mark.parametrize("name", ["my-evening", "Evening_2", "7", "ärmel", "rücken.yaml"])
def test_any_name_it_takes_makes_a_sound_script(
    coach_here: Coach, tmp_path: Path, name: str, kind: tuple[str, ...]
) -> None:
    assert coach_here("new", name, *kind, cwd=tmp_path).returncode == 0
    (path,) = tmp_path.iterdir()
    assert path.name == f"{name.removesuffix('.yaml')}.yaml"
    library = PathLibrary(standard_folders())
    assert library.problems_at(path) == []
    assert library.findings_at(path) == []


def test_what_is_there_stays(coach_here: Coach, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("mine")
    (tmp_path / "b.yaml").symlink_to("nowhere")
    for name in ("a", "b"):
        done = coach_here("new", name, cwd=tmp_path)
        assert done.returncode == 2
        assert "is there already" in done.stderr
    assert (tmp_path / "a.yaml").read_text() == "mine"
    assert (tmp_path / "b.yaml").readlink() == Path("nowhere")


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files")
def test_a_full_disk_leaves_no_file_that_is_there_already_next_time(tmp_path: Path) -> None:
    limited = "import resource, runpy, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); runpy.run_module('coach', run_name='__main__')"
    command = [sys.executable, "-c", limited, "new", "mine"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "coach: mine.yaml cannot be written: File too large\n"
    assert list(tmp_path.iterdir()) == []
