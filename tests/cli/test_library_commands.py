"""``--minutes``, ``--gentle``, ``--words``, ``--all``, ``safety``, ``new``, ``check --style``, as people meet them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from mutagen.mp3 import MP3

from coach.core.timeline import Timeline
from coach.library.standard import standard_library
from support.command import Coach
from support.tiers import thorough, thoroughly

FAST = ("--voice", "silent", "--breath", "2-2", "--beat", "0.8", "--words", "names", "--setup", "brisk")
SHORT = ("--minutes", "5.5", "--drop")


def test_the_built_in_library_has_nothing_flagged(coach: Coach) -> None:
    done = coach("check", "--style")
    assert (done.returncode, done.stderr) == (0, "")
    library = standard_library()
    assert done.stdout == f"{len(library.stretches) + len(library.routines)} scripts, no problems\n"


def test_style_findings_have_file_line_and_column(coach_here: Coach, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: M\npurpose: p\nopening:\n  - Watch your knee heal.\nstretches: [cobra]\n")
    done = coach_here("check", "--style", path)
    assert done.returncode == 2
    assert f"{path}:4:5: “Watch” needs eyes; say what to do (S03)\n" in done.stdout
    assert coach_here("check", path).returncode == 0


@pytest.mark.parametrize("minutes", [10, 15, *thoroughly(5, 20, 30)])
def test_daily_fits_or_says_what_would(coach: Coach, minutes: int) -> None:
    done = coach("timeline", "daily", "--minutes", minutes, "--json", "--voice", "heart")
    if done.returncode == 0:
        assert abs(Timeline.from_json(done.stdout).duration_ms - minutes * 60_000) <= 5_000
    else:
        assert done.returncode == 2
        assert "does not fit" in done.stderr
        assert "it can last from" in done.stderr
    assert (done.returncode == 0) == (minutes in (15, 20))


def test_dropping_is_offered_where_there_is_something_to_drop(coach_here: Coach) -> None:
    one, many = (coach_here("show", name, "--minutes", "1").stderr for name in ("cobra", "daily"))
    assert re.fullmatch(r"coach: this routine does not fit 1 minute: it can last from [\d.]+ to [\d.]+ minutes\n", one)
    assert many.endswith("minutes; --drop leaves stretches out\n")


def test_what_is_dropped_and_swapped_is_said(coach_here: Coach) -> None:
    dropped = coach_here("show", "daily", "--minutes", "10", "--drop")
    assert dropped.returncode == 0
    assert dropped.stderr.startswith("left out to fit: ")
    swapped = coach_here("show", "therapeutic-five", "--gentle")
    assert "avoided: Figure four instead of Pigeon pose (a fresh back injury)\n" in swapped.stderr
    nothing = coach_here("show", "seated-torso-twist", "--gentle")
    assert nothing.returncode == 2
    assert "nothing of seated-torso-twist is left without fresh-injury, pregnancy" in nothing.stderr


def test_what_is_avoided_is_said_and_an_unknown_condition_is_refused(coach_here: Coach) -> None:
    shown = coach_here("show", "lower-back-seven", "--avoid", "knees,wrists")
    assert shown.returncode == 0
    assert "avoided: without Child's pose (sore knees)\n" in shown.stderr
    assert "Child's pose" not in shown.stdout
    unknown = coach_here("show", "lower-back-seven", "--avoid", "kness")
    assert unknown.returncode == 2
    assert unknown.stdout == ""
    assert "there is no condition called “kness”; did you mean “knees”?" in unknown.stderr


def test_a_level_changes_the_doses(coach_here: Coach) -> None:
    easier, harder = (coach_here("show", "cobra", "--level", level).stdout for level in ("easier", "harder"))
    assert "here 5 breaths" in easier
    assert "here 10 breaths" in harder
    assert coach_here("show", "cobra", "--level", "hardest").returncode == 2


def test_a_length_that_is_too_long_is_not_offered_to_leave_stretches_out(coach_here: Coach) -> None:
    assert "--drop" in coach_here("show", "daily", "--minutes", "2").stderr
    too_long = coach_here("show", "daily", "--minutes", "300").stderr
    assert "it can last from" in too_long
    assert "--drop" not in too_long


@pytest.mark.parametrize("minutes", ["0", "-5", "nan", "400", "soon"])
def test_impossible_minutes_are_refused(coach_here: Coach, minutes: str) -> None:
    done = coach_here("show", "daily", "--minutes", minutes)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) <= 2


def test_show_tells_provenance_and_what_to_leave_out(coach_here: Coach) -> None:
    text = coach_here("show", "cat-cow").stdout
    for source in (
        "Source: article 002, dose 30 s",
        "Source: article 000, dose 5-10x",
        "Source: article 003, dose unst",
    ):
        assert source in text
    assert "In pregnancy leave this out." in coach_here("show", "leg-twists").stdout
    assert "With a fresh injury leave out Leg twists" in coach_here("show", "fifteen-minutes").stdout


def test_a_routine_is_made_from_names(coach_here: Coach, tmp_path: Path) -> None:
    done = coach_here(
        "render", "childs-pose", "piriformis", "cobra", "--minutes", "7", "--voice", "silent", "-o", "mine.mp3",
        cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert MP3(tmp_path / "mine.mp3").info.length == pytest.approx(420, abs=5.1)


def test_words_say_less(coach_here: Coach) -> None:
    told = coach_here("timeline", "piriformis", "--words", "names", "--voice", "silent").stdout
    assert "“Right side.”" in told
    assert "thigh" not in told


def test_all_routines_render_and_a_second_run_changes_nothing(coach: Coach, tmp_path: Path) -> None:
    names = [row["name"] for row in json.loads(coach("list", "--json").stdout)["routines"]]
    first = coach("render", "--all", *FAST, "-o", "out", cwd=tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    endings = ("lrc", "mp3", "srt", "vtt")
    files = sorted(f"{name}.{ending}" for name in names for ending in endings)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == files
    assert first.stdout.endswith(f"\n{len(names)} made\n")
    (tmp_path / "out" / "five-minutes.mp3").unlink()
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    second = coach("render", "--all", *FAST, "-o", "out", cwd=tmp_path)
    assert second.stdout.endswith(f"\n1 made, {len(names) - 1} up to date\n")
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
    assert (tmp_path / "out" / "five-minutes.mp3").is_file()


def test_rendering_all_says_what_was_left_out_and_swapped(coach: Coach, tmp_path: Path) -> None:
    done = coach("render", "--all", *FAST, *SHORT, "--gentle", "-o", "out", cwd=tmp_path)
    assert (
        "\ntherapeutic-five-gentle.mp3: avoided: Figure four instead of Pigeon pose (a fresh back injury)\n"
        in done.stdout
    )
    assert "mp3: left out to fit: " in done.stdout


@thorough
def test_a_routine_that_fails_does_not_stop_the_rest(coach: Coach, tmp_path: Path) -> None:
    (tmp_path / "routines").mkdir()
    (tmp_path / "routines" / "broken.yaml").write_text("name: B\npurpose: p\nstretches: [kobra]\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "evening.mp3").write_text("mine")
    done = coach("render", "--all", *FAST, "-o", "out", cwd=tmp_path, env={"COACH_SCRIPTS": str(tmp_path)})
    assert done.returncode == 1
    assert "there is no stretch called “kobra”" in done.stderr
    assert "did not make it" in done.stderr
    assert (tmp_path / "out" / "evening.mp3").read_text() == "mine"
    others = set(standard_library().routines) - {"evening"}
    assert done.stdout.endswith(f"\n{len(others)} made, 2 FAILED\n")


def test_render_wants_routines_or_all_or_a_plan(coach_here: Coach) -> None:
    done = coach_here("render")
    assert done.returncode == 2
    said = "name a routine, or several, or give --all for every routine there is, or --plan with a table"
    assert done.stderr == f"coach: {said}\n"
    for arguments in (("daily", "--all"), ("daily", "--plan", "x.csv"), ("--all", "--plan", "x.csv")):
        done = coach_here("render", *arguments)
        assert done.returncode == 2
        assert done.stderr == "coach: a routine by name, --all and --plan exclude each other; give one of them\n"


def test_safety_is_pointed_to_once(coach_here: Coach, tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path / "state")}
    first = coach_here("render", "cat-cow", *FAST, cwd=tmp_path, env=env)
    assert first.stderr == "Before your first stretch: “coach safety” says when to see a doctor instead.\n"
    assert coach_here("render", "cat-cow", *FAST, cwd=tmp_path, env=env).stderr == ""
    text = coach_here("safety").stdout
    for sign in ("groin", "bladder or bowel", "both legs", "accident", "fever", "not a diagnosis", "Sources: "):
        assert sign in text
    for name, condition in standard_library().conditions.by_name.items():
        assert f"  {name} " in text
        assert condition.source in " ".join(text.split())


@pytest.mark.parametrize("kind", [(), ("--stretch",)])
def test_a_new_script_is_sound_and_can_be_rendered(coach_here: Coach, tmp_path: Path, kind: tuple[str, ...]) -> None:
    done = coach_here("new", "my-evening", *kind, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    checked = coach_here("check", "--style", "my-evening.yaml", cwd=tmp_path)
    assert checked.stdout == "1 script, no problems\n"
    assert coach_here("render", "my-evening.yaml", *FAST, cwd=tmp_path).returncode == 0
    again = coach_here("new", "my-evening", *kind, cwd=tmp_path)
    assert again.returncode == 2
    assert "is there already" in again.stderr


@pytest.mark.parametrize("name", ["", " ", "../x", "-x", "a/b", "\x07"])
def test_a_strange_name_is_refused(coach_here: Coach, tmp_path: Path, name: str) -> None:
    done = coach_here("new", "--", name, cwd=tmp_path)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []
