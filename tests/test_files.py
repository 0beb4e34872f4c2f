from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from coach.errors import OutputError
from coach.files import written_whole


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
    for other in (".ab.mp3.x.part", "a*[b].mp3.part", ".a*[b].mp3.note"):
        (tmp_path / other).write_text("mine")
    with written_whole(target) as first, written_whole(target) as second:  # two at once leave each other alone
        assert not left.exists()
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first"  # the one that ended last
    assert len(list(tmp_path.iterdir())) == 4


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
