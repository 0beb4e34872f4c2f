"""``coach render --plan`` and what holds when many files are made, or a making is killed."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mutagen.id3 import ID3
from mutagen.mp3 import MP3

from coach.publish.report import REPORT
from support.command import Coach
from support.listening import decode
from support.tiers import thoroughly

FAST = ("--voice", "silent", "--breath", "2-2", "--beat", "0.8", "--setup", "brisk")
PLAN = """\
routine,minutes,breath,title,output
cat-cow,,3-3,For Anna,anna
childs-pose + cobra,4,,,two.m4b
bird-dog,,,,
"""


def files(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder, but the report."""
    found = (path for path in folder.iterdir() if not path.name.startswith(".") and path.name != REPORT)
    return {path.name: path.read_bytes() for path in found}


def test_a_plan_makes_a_file_a_row(coach: Coach, tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text(PLAN)
    done = coach("render", "--plan", "plan.csv", "-o", "out", "--no-captions", *FAST, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(files(tmp_path / "out")) == ["anna.mp3", "bird-dog.mp3", "two.m4b"]
    said = ID3(tmp_path / "out" / "anna.mp3")
    assert (str(said["TIT2"]), said.getall("TRCK")) == ("For Anna", [])
    assert len(decode(tmp_path / "out" / "two.m4b")) / 48_000 == pytest.approx(240, abs=5.1)
    assert done.stdout.splitlines()[0].split() == ["file", "length", "result"]
    assert done.stdout.endswith("\n3 made\n")
    (tmp_path / "out" / "anna.mp3").unlink()
    again = coach("render", "--plan", "plan.csv", "-o", "out", "--no-captions", *FAST, cwd=tmp_path)
    assert again.stdout.endswith("\n1 made, 2 up to date\n")


def test_of_very_many_only_what_is_not_as_usual_is_listed(
    coach_here: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach.cli.render._MOST_SHOWN", 2)
    (tmp_path / "plan.csv").write_text("routine,title\ncobra,A\nkobra,B\ncobra,C\ncobra,D\n")
    done = coach_here("render", "--plan", "plan.csv", "-o", "out", "--no-captions", *FAST, cwd=tmp_path)
    told, heads, row, counts = done.stdout.splitlines()
    assert told == "what came of each of the 4 rows: out/coach-report.csv"
    assert (heads.split(), row.split()[-1], counts) == (["file", "length", "result"], "FAILED", "3 made, 1 FAILED")
    assert done.stderr.startswith("coach: plan.csv:3: ")
    assert done.returncode == 1
    (tmp_path / "plan.csv").write_text("routine,title\nkobra,A\nkobra,B\nkobra,C\ncobra,D\n")
    done = coach_here("render", "--plan", "plan.csv", "-o", "out", "--no-captions", *FAST, cwd=tmp_path)
    assert done.stdout.endswith("\n1 up to date, 3 FAILED\n")
    assert done.stderr.splitlines()[-1] == "coach: 1 more failed: out/coach-report.csv"
    assert len(done.stderr.splitlines()) == 3


def test_a_failed_row_does_not_stop_the_rest(coach: Coach, tmp_path: Path) -> None:
    rows = ("routine,minutes,breath,output", "kobra,,,a", "cobra,9999,,b", "cobra,,9-,c", "cobra,,,d")
    (tmp_path / "plan.csv").write_text("\n".join(rows))
    done = coach("render", "--plan", "plan.csv", "-o", "out", "--no-captions", *FAST, cwd=tmp_path)
    assert done.returncode == 1
    assert sorted(files(tmp_path / "out")) == ["d.mp3"]
    assert done.stdout.endswith("\n1 made, 3 FAILED\n")
    told = sorted(done.stderr.splitlines())
    assert [line.split(": ")[1] for line in told] == ["plan.csv:2", "plan.csv:3", "plan.csv:4"]
    for line, says in zip(
        told, ("did you mean “cobra”?", "9999 is not possible", "is not a breath pattern"), strict=True
    ):
        assert says in line


def test_a_name_that_cannot_be_fails_its_row_only(coach: Coach, tmp_path: Path) -> None:
    rows = ("routine,output", "cobra,", "cobra,", "cat-cow,COBRA.flac", "bird-dog,../x.mp3", "cat-cow,ok")
    (tmp_path / "plan.csv").write_text("\n".join(rows))
    done = coach("render", "--plan", "plan.csv", "-o", "out", "--no-captions", *FAST, cwd=tmp_path)
    assert done.returncode == 1
    assert sorted(files(tmp_path / "out")) == ["cobra.mp3", "ok.mp3"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "plan.csv"]
    assert done.stdout.endswith("\n2 made, 3 FAILED\n")
    assert done.stderr.splitlines() == [
        "coach: plan.csv:3: “cobra” is already made by plan.csv:2; give one an “output”",
        "coach: plan.csv:4: “COBRA” is already made by plan.csv:2; give one an “output”",
        "coach: plan.csv:5: the output “../x.mp3” must be a file's name, with no folder; -o names the folder",
    ]


def test_what_ended_a_whole_plan_ends_only_its_row(coach: Coach, tmp_path: Path) -> None:
    """A name over 255 signs, a home folder of nobody, too many cells, a NUL in a file's name."""
    rows = ("routine,output", f"{'x' * 300},", "~nobody-of-this-name/x,", "cobra,a,b", "cobra,a\0b", "cat-cow,ok")
    (tmp_path / "plan.csv").write_text("\n".join(rows))
    done = coach("render", "--plan", "plan.csv", "-o", "out", "--no-captions", *FAST, cwd=tmp_path)
    assert done.returncode == 1
    assert sorted(files(tmp_path / "out")) == ["ok.mp3"]
    told = done.stderr.splitlines()
    assert [line.split(": ")[1] for line in told] == [f"plan.csv:{line}" for line in (2, 3, 4, 5)]
    assert "\0" not in done.stdout + done.stderr
    assert done.stdout.endswith("\n1 made, 4 FAILED\n")


def test_names_of_devices_and_links_in_the_folder_are_not_followed(coach: Coach, tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text("routine,output\ncobra,NUL.mp3\ncobra,CON\ncobra,link\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "mine.mp3").write_text("mine")
    (tmp_path / "out" / "link.mp3").symlink_to("../mine.mp3")
    command = ("render", "--plan", "plan.csv", "-o", "out", "--no-captions", *FAST)
    refused = coach(*command, cwd=tmp_path)
    assert refused.stdout.endswith("\n3 FAILED\n")
    assert [line.split(": ")[1] for line in refused.stderr.splitlines()] == [f"plan.csv:{line}" for line in (2, 3, 4)]
    assert coach(*command, "--force", cwd=tmp_path).stdout.endswith("\n1 replaced, 2 FAILED\n")
    assert (tmp_path / "mine.mp3").read_text() == "mine"
    assert not (tmp_path / "out" / "link.mp3").is_symlink()


def test_a_refused_row_is_called_as_it_is_written(coach: Coach, tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text("routine,minutes\ncat-cow + cobra,0\ncobra + kobra,\n")
    done = coach("render", "--plan", "plan.csv", "-o", "out", "--no-captions", *FAST, cwd=tmp_path)
    assert "my-routine" not in done.stderr
    assert "cat-cow + cobra" in done.stdout.splitlines()[1]


def test_gentle_files_have_a_name_of_their_own_and_what_is_replaced_is_said(coach: Coach, tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text("routine,gentle\ncat-cow,\ncat-cow,yes\n")
    done = coach("render", "--plan", "plan.csv", "--no-captions", *FAST, cwd=tmp_path)
    assert (done.returncode, sorted(files(tmp_path))) == (0, ["cat-cow-gentle.mp3", "cat-cow.mp3", "plan.csv"])
    again = coach("render", "--plan", "plan.csv", "--no-captions", *FAST, "--words", "names", cwd=tmp_path)
    assert again.stdout.endswith("\n2 replaced\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("routine,routine\ncobra,cobra\n", "plan.csv:1: the column “routine” is there twice"),
        ("routine,colour\ncobra,red\n", "no column is called “colour”"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_as_a_whole(coach_here: Coach, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "plan.csv").write_text(text)
    done = coach_here("render", "--plan", "plan.csv", "-o", "out", *FAST, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_single_file_does_not_go_into_a_store(coach_here: Coach, tmp_path: Path) -> None:
    done = coach_here("render", "cobra", "-o", "s3://clinic/cobra.mp3", *FAST, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "-o s3://clinic/cobra.mp3: an object store takes only many files at once; use --all or --plan" in done.stderr


def processes() -> dict[int, str]:
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found[int(path.parent.name)] = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
    return found


def ours(folder: Path) -> list[str]:
    """What still runs of those started in a folder: they all name it, or were started by one that does."""
    return [line for pid, line in processes().items() if str(folder) in line and pid != os.getpid()]


KILLED = {
    "one": (("render", "lower-back-seven", "-o", "{out}/lower-back-seven.mp3"), (0.1, 2.5)),
    "many": (("render", "--plan", "{plan}", "-o", "{out}"), (0.3, 4.0)),
}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks at processes in /proc, only on Linux")
@pytest.mark.parametrize(("what", "times"), [("one", 2), *thoroughly(*((what, 20) for what in KILLED))])
def test_killed_at_random_moments(coach: Coach, tmp_path: Path, what: str, times: int) -> None:
    """Nothing partial is seen, earlier files are whole, no process stays, and the next run is right."""
    arguments, (earliest_s, latest_s) = KILLED[what]
    out, plan = tmp_path / "out", tmp_path / "plan.csv"
    out.mkdir()
    plan.write_text("routine,output\n" + "".join(f"lower-back-seven,{name}\n" for name in "abc"))
    (out / "keep.mp3").write_text("mine")
    command = [argument.format(out=out, plan=plan) for argument in arguments]
    finished = coach(*command, "--voice", "silent")
    assert finished.returncode == 0, finished.stderr
    whole = files(out)
    for name in whole:
        if name != "keep.mp3":
            (out / name).unlink()
    chance = random.Random(5)
    for _ in range(times):
        process = subprocess.Popen(
            [sys.executable, "-m", "coach", *command, "--voice", "silent"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(earliest_s, latest_s))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert all(whole[name] == content for name, content in files(out).items())
        for name in sorted(files(out)):
            if name.endswith(".mp3") and name != "keep.mp3":
                (out / name).unlink()  # so that the next has something to do
    deadline = time.monotonic() + 10
    while ours(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ours(tmp_path) == []
    assert coach(*command, "--voice", "silent").returncode == 0
    assert files(out) == whole
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []  # what was left is swept away
    assert MP3(out / ("a.mp3" if what == "many" else "lower-back-seven.mp3")).info.length > 500


STOPS = [
    (signal.SIGINT, True, 1.2),
    (signal.SIGINT, False, 0.0),
    (signal.SIGTERM, False, 1.2),
    (signal.SIGTERM, True, 0.1),
]
OTHER_STOPS = [
    stop
    for stop in itertools.product((signal.SIGINT, signal.SIGTERM), (True, False), (0.0, 0.1, 1.2))
    if stop not in STOPS
]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks at processes in /proc, only on Linux")
@pytest.mark.parametrize(("number", "to_all", "after_s"), [*STOPS, *thoroughly(*OTHER_STOPS)])
def test_a_batch_that_is_stopped_leaves_nothing_half(
    tmp_path: Path, number: signal.Signals, to_all: bool, after_s: float
) -> None:
    """As Ctrl-C does it, to the whole group, and as ``kill`` does it; from when the first process is being started."""
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "coach", "render", "--all", "--voice", "silent", "-o", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not out.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(after_s)
    (os.killpg if to_all else os.kill)(process.pid, number)
    begun = time.monotonic()
    _, told = process.communicate(timeout=30)
    assert time.monotonic() - begun < 5
    assert process.returncode == 128 + number
    assert "Traceback" not in told
    assert [path.name for path in out.glob(".*")] == []
    deadline = time.monotonic() + 5
    while ours(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ours(tmp_path) == []


@pytest.mark.parametrize("kind", ["read-only", "full", "small files"])
def test_a_batch_that_cannot_write_fails_in_lines(coach: Coach, tmp_path: Path, kind: str) -> None:
    plan, out = tmp_path / "plan.csv", tmp_path / "out"
    plan.write_text("routine\ncat-cow\ncobra\n")
    out.mkdir()
    command = [sys.executable, "-m", "coach", "render", "--plan", str(plan), "-o", str(out), "--voice", "silent"]
    options = {"read-only": "ro,size=1m", "full": "size=1m", "small files": ""}[kind]
    if (
        options
        and subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(out)], capture_output=True).returncode
    ):
        pytest.skip("a small file system can only be mounted by root")
    try:
        script = f"ulimit -f 500; exec {' '.join(command)}" if kind == "small files" else f"exec {' '.join(command)}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 2, done.stderr
        assert files(out) == {}
        assert done.stdout.endswith("\n2 FAILED\n")
    finally:
        if options:
            subprocess.run(["umount", str(out)], check=True)
