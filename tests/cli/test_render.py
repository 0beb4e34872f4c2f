"""``coach render`` as a person meets it, wrong turns included."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mutagen.id3 import ID3

from support.command import Coach, render
from support.tiers import thorough, thoroughly

FAST = ("--voice", "silent", "--breath", "2-2", "--beat", "0.6")


def folder_of(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


def test_it_prints_the_path_and_the_length(tmp_path: Path) -> None:
    rendered = render(tmp_path, "five-minutes", *FAST)
    minutes, seconds = divmod(rendered.timeline.duration_ms // 1000, 60)
    assert rendered.printed == f"five-minutes.mp3  {minutes}:{seconds:02}\n"
    assert folder_of(rendered.path.parent) == [f"five-minutes.{ending}" for ending in ("lrc", "mp3", "srt", "vtt")]


@thorough
def test_it_replaces_its_own_file_and_no_other(coach: Coach, tmp_path: Path) -> None:
    assert coach("render", "cat-cow", *FAST, cwd=tmp_path).returncode == 0
    first = (tmp_path / "cat-cow.mp3").read_bytes()
    stamp = (tmp_path / "cat-cow.mp3").stat().st_mtime_ns
    again = coach("render", "cat-cow", *FAST, cwd=tmp_path)
    assert again.stdout.endswith("  up to date\n")
    assert (tmp_path / "cat-cow.mp3").stat().st_mtime_ns == stamp
    assert coach("render", "cat-cow", *FAST, "--force", cwd=tmp_path).returncode == 0
    assert (tmp_path / "cat-cow.mp3").stat().st_mtime_ns != stamp
    assert (tmp_path / "cat-cow.mp3").read_bytes() == first  # the same bytes
    (tmp_path / "cat-cow.mp3").write_text("mine")
    refused = coach("render", "cat-cow", *FAST, cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr == (
        "coach: cat-cow.mp3 is there already and the coach did not make it; add --force to replace it\n"
    )
    assert (tmp_path / "cat-cow.mp3").read_text() == "mine"
    assert coach("render", "cat-cow", *FAST, "--force", cwd=tmp_path).returncode == 0
    assert (tmp_path / "cat-cow.mp3").read_bytes() == first


def test_a_script_by_path_and_wav(coach: Coach, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: Mine\npurpose: p\nstretches: [{stretch: cat-cow, dose: 5 x}]\n")
    done = coach("render", "mine.yaml", "-o", "out.wav", *FAST, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out.wav").read_bytes()[:4] == b"RIFF"


def test_a_gentle_file_has_a_name_of_its_own(coach_here: Coach, tmp_path: Path) -> None:
    for arguments in (("childs-pose",), ("childs-pose", "--gentle")):
        assert coach_here("render", *arguments, *FAST, "--no-captions", cwd=tmp_path).returncode == 0
    assert folder_of(tmp_path) == ["childs-pose-gentle.mp3", "childs-pose.mp3"]


def test_what_is_replaced_is_said(coach_here: Coach, tmp_path: Path) -> None:
    first = coach_here("render", "childs-pose", *FAST, cwd=tmp_path)
    assert first.stdout.count("  ") == 1
    assert coach_here("render", "childs-pose", *FAST, "--words", "names", cwd=tmp_path).stdout.endswith("  replaced\n")


def test_a_folder_takes_the_file_in_under_its_own_name(coach_here: Coach, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for place in ("out", "out/"):
        done = coach_here("render", "childs-pose", *FAST, "--no-captions", "-o", place, cwd=tmp_path)
        assert done.stdout.startswith("out/childs-pose.mp3  ")
    breathed = coach_here("breathe", "4-6", "--minutes", "1", "--voice", "silent", "-o", "out", cwd=tmp_path)
    assert breathed.stdout.startswith("out/breathe-4-6.mp3  ")


@pytest.mark.parametrize(
    ("title", "tag"), [("Morning 🌞", "Morning 🌞"), ("<b> {side}", "<b> {side}"), ("", "Child's pose")]
)
def test_a_title_that_cannot_be_said_stands_in_the_tag_and_not_in_the_speech(
    coach_here: Coach, tmp_path: Path, title: str, tag: str
) -> None:
    done = coach_here("render", "childs-pose", *FAST, "--title", title, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(ID3(tmp_path / "childs-pose.mp3")["TIT2"]) == tag
    assert "🌞" not in (tmp_path / "childs-pose.srt").read_text()


def test_a_mistyped_routine_is_refused_before_a_voice_is_looked_for(coach_here: Coach) -> None:
    for command in ("render", "timeline"):
        done = coach_here(command, "dayly", "--voice", "auto")
        assert "voice:" not in done.stderr
        assert "did you mean “daily”?" in done.stderr


BAD = {
    "unknown routine": (["render", "lower-back-sevn"], 2, "did you mean “lower-back-seven”?"),
    "unknown voice": (["render", "cat-cow", "--voice", "en-usa"], 2, "did you mean “en-us”?"),
    "unknown command": (["rendr", "cat-cow"], 2, "Did you mean 'render'"),
    "unknown option": (["render", "cat-cow", "--bete", "1"], 2, "coach render --help"),
    "no routine": (["render"], 2, "name a routine"),
    "half a pattern": (["render", "cat-cow", "--breath", "4-"], 2, "“4-” is not a breath pattern"),
    "a pattern of nothing": (["render", "cat-cow", "--breath", "0-6"], 2, "1 to 20 counts"),
    "no beat": (["render", "cat-cow", "--beat", "0"], 2, "--beat: 0 is not possible; choose 0.3 to 5 seconds"),
    "a negative beat": (["render", "cat-cow", "--beat", "-1"], 2, "--beat: -1 is not possible"),
    "a beat that is no number": (["render", "cat-cow", "--beat", "nan"], 2, "--beat: nan is not possible"),
    "an endless beat": (["render", "cat-cow", "--beat", "inf"], 2, "--beat: inf is not possible"),
    "a beat in words": (["render", "cat-cow", "--beat", "slow"], 2, "--beat: “slow” is not a number"),
    "a beat too short": (["render", "lower-back-seven", "--beat", "0.3"], 2, "the shortest that works is"),
    "an absurd rate": (["render", "cat-cow", "--rate", "9000"], 2, "choose 80 to 300"),
    "a missing folder": (["render", "cat-cow", "-o", "no/x.mp3"], 2, "the folder no does not exist"),
    "a missing folder for its own name": (["render", "cat-cow", "-o", "no/"], 2, "the folder no does not exist"),
    "a strange ending": (["render", "cat-cow", "-o", "x.txt"], 2, "end it in .mp3, .m4a"),
    "a missing script": (["render", "mine.yaml"], 2, "there is no file mine.yaml"),
    "a folder as script": (["render", "./"], 2, "is not a script"),
    "a folder nobody writes": (["render", "cat-cow", *FAST, "-o", "/proc/x.mp3"], 1, "cannot be written"),
    "too long": (["render", "long.yaml"], 2, "the most is 6"),
    "a hold of a day": (["render", "day.yaml"], 2, "day.yaml:7:22: a dose of “1440 min” is too much"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_or_two_lines(coach_here: Coach, tmp_path: Path, case: str) -> None:
    arguments, status, says = BAD[case]
    item = "  - {stretch: childs-pose, dose: 60 min}\n"
    (tmp_path / "long.yaml").write_text(f"name: L\npurpose: p\nstretches:\n{item * 7}")
    (tmp_path / "day.yaml").write_text(
        "name: D\neases: x\nposition: back\nsetup:\n  - Lie.\nmovement:\n  {kind: hold, dose: 1440 min}\n"
        "release:\n  - Rise.\nsources:\n  - {article: 1, dose: x}\n"
    )
    before = folder_of(tmp_path)
    done = coach_here(*arguments, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert says in done.stderr
    assert done.stdout == ""
    assert 1 <= len(done.stderr.splitlines()) <= 2
    assert "Traceback" not in done.stderr
    assert folder_of(tmp_path) == before


def start(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "coach", *arguments],
        cwd=folder,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            fields = stat.read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == pid:
                found.append(int(stat.parent.name))
    return found


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), *thoroughly((signal.SIGHUP, 129))],
)
@pytest.mark.parametrize("stage", ["speaking", "writing"])
def test_an_interrupted_render_leaves_nothing(tmp_path: Path, number: signal.Signals, status: int, stage: str) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("looks for child processes in /proc, which is only on Linux")
    # A sound that never pauses is encoded by ffmpeg, for long.
    voice = (
        ["--voice", "silent", "--pace", "tone"] if stage == "writing" else ["--rate", "111"]
    )  # no clip of this rate is cached
    (tmp_path / "long.yaml").write_text(
        "name: L\npurpose: p\nstretches:\n" + "  - {stretch: childs-pose, dose: 60 min}\n" * 5
    )
    (tmp_path / "out.mp3").write_bytes(b"")
    (tmp_path / "out.mp3").unlink()
    target = "lower-back-seven" if stage == "speaking" else "long.yaml"
    process = start(tmp_path, "render", target, "-o", "out.mp3", *voice)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:  # until a child works: the voice, or ffmpeg
        working = children_of(process.pid)
        if working and (stage == "speaking" or any(tmp_path.glob(".out.mp3.*.coach-part"))):
            break
        time.sleep(0.02)
    else:
        process.kill()
        pytest.fail("nothing began to work")
    time.sleep(0.3)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == status
    assert out == ""
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 2
    assert folder_of(tmp_path) == ["long.yaml"]
    assert not [pid for pid in working if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize("earlier", [True, False])
def test_a_full_disk_is_told_and_leaves_earlier_files(coach: Coach, tmp_path: Path, earlier: bool) -> None:
    """A limit on the size of files stands for a full disk: ffmpeg's writes fail in the same place."""
    if earlier:
        coach("render", "cat-cow", *FAST, cwd=tmp_path)
    before = {place: place.read_bytes() for place in tmp_path.iterdir()}

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        [sys.executable, "-m", "coach", "render", "cat-cow", "--voice", "silent"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=limit,
    )
    assert done.returncode == 1
    assert "Make room, or write elsewhere" in done.stderr or "is the disk full?" in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert bool(before) is earlier
    assert {place: place.read_bytes() for place in tmp_path.iterdir()} == before


def test_a_really_full_disk_too(coach: Coach, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small file system can only be mounted by root")
    try:
        done = coach("render", "cat-cow", "--voice", "silent", "-o", small / "x.mp3")
        assert done.returncode == 1
        assert "no space left on device" in done.stderr.lower()
        assert folder_of(small) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_corrupt_cache_entry_is_made_again(coach: Coach, tmp_path: Path) -> None:
    env = {"COACH_CACHE": str(tmp_path / "cache")}
    told = coach("timeline", "cat-cow", "--json", env=env)
    for index, entry in enumerate(sorted((tmp_path / "cache").rglob("*.clip"))):
        entry.write_bytes((b"", b"rubbish", entry.read_bytes()[:100])[index % 3])
    again = coach("timeline", "cat-cow", "--json", env=env)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == told.stdout


def test_a_missing_speech_engine_says_what_to_do(coach: Coach, tmp_path: Path) -> None:
    """A package of the same name that cannot be imported stands for an engine that is not there."""
    (tmp_path / "pyttsx3.py").write_text("raise ImportError('libespeak-ng.so.1 is not there')\n")
    env = {"PYTHONPATH": str(tmp_path), "COACH_CACHE": str(tmp_path / "cache")}
    done = coach("render", "cat-cow", "-o", tmp_path / "x.mp3", env=env)
    assert done.returncode == 1
    assert "libespeak-ng.so.1 is not there" in done.stderr
    assert "coach doctor" in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert not (tmp_path / "x.mp3").exists()


def test_nobody_listening_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m coach timeline lower-back-seven --voice silent --json | head -1",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_a_wrong_choice_is_told_in_plain_words(coach: Coach, tmp_path: Path) -> None:
    done = coach("render", "cat-cow", "--words", "breif", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "coach: --words: “breif” is not one of full, brief, names; did you mean “brief”?\n"
