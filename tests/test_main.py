"""The command line as a process: its streams, its file handles, and what it says in one line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import coach
from support.command import Coach
from support.tiers import thoroughly

COMMAND = f"{sys.executable} -m coach"
needs_shell = pytest.mark.skipif(os.name == "nt", reason="closes streams as a POSIX shell does")


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, cwd=cwd, timeout=120)


@needs_shell
@pytest.mark.parametrize(
    "streams",
    ["2>/dev/full", "<&- >&- 2>&-", *thoroughly("2>&-", ">&- 2>&-")],
)
def test_without_a_stderr_the_work_is_done(tmp_path: Path, streams: str) -> None:
    """Under cron, or with a full disk behind stderr, both commands once ended with 1 and made nothing."""
    if "/dev/full" in streams and not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which is only on Linux")
    done = shell(f"{COMMAND} render cat-cow --words names -o x.mp3 {streams}", tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "x.mp3").stat().st_size > 300_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.lrc", "x.mp3", "x.srt", "x.vtt"]
    told = shell(f"{COMMAND} timeline cat-cow --words names {streams}", tmp_path)
    assert told.returncode == 0
    assert bool(told.stdout) == (">&- 2" not in streams)
    assert shell(f"{COMMAND} render no-such-stretch {streams}", tmp_path).returncode == 2


@needs_shell
def test_what_is_opened_never_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    """Else what a library prints would end up in the file that is being written."""
    done = shell(f"{COMMAND} history --json -o x.json >&- 2>&-; {COMMAND} history --json", tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "x.json").read_text() == done.stdout


@needs_shell
def test_a_full_stdout_is_told(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which is only on Linux")
    done = shell(f"{COMMAND} timeline cat-cow --words names > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "coach: the output: No space left on device\n"


@needs_shell
@pytest.mark.parametrize("most", [4, 8, 12, *thoroughly(5, 6, 7, 9, 10, 11, 13, 14, 15)])
def test_too_few_file_handles_are_told_in_a_line(tmp_path: Path, most: int) -> None:
    """There was once a traceback, and the advice to reinstall the coach."""
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({most}, {most}))\n"
        "import sys; sys.argv = ['coach', 'render', 'cat-cow', '--words', 'names', '-o', 'x.mp3']\n"
        "from coach.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert "Traceback" not in done.stderr
    assert "einstall" not in done.stderr
    if done.returncode:
        assert len(done.stderr.splitlines()) == 1
        assert not list(tmp_path.glob("*.mp3"))
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("limit", ["9" * 5_000, "1" * 20, "-1", "many", "１"])
def test_a_limit_of_the_cache_that_is_no_size_is_told_in_a_line(coach_here: Coach, tmp_path: Path, limit: str) -> None:
    done = coach_here("cache", env={"COACH_CACHE": str(tmp_path), "COACH_CACHE_MB": limit})
    assert done.returncode == 2
    assert "COACH_CACHE_MB is “" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert len(done.stderr) < 200


def test_the_version_is_told_as_quickly_as_the_help() -> None:
    """It once took three times as long, since typer loads pydantic to read an option."""
    code = (
        "import sys; sys.argv = ['coach', '--version']\n"
        "from coach.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(' '.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"Stretch Coach {coach.__version__}\n"
    assert not {name.split(".")[0] for name in done.stderr.split()} & {"pydantic", "typer", "rich", "numpy"}

    def seconds(option: str) -> float:
        took = []
        for _ in range(3):
            started_s = time.perf_counter()
            subprocess.run([sys.executable, "-m", "coach", option], capture_output=True, check=True)
            took.append(time.perf_counter() - started_s)
        return min(took)

    assert seconds("--version") <= seconds("--help")
