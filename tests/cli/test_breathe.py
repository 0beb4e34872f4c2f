"""Breathing alone, and the options for the breath."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coach.core.breath import NAMED_PATTERNS
from support.command import Coach
from support.listening import decode

QUIET = ["--voice", "silent"]


def test_breathe_writes_a_file_of_its_own_name(coach: Coach, tmp_path: Path) -> None:
    done = coach("breathe", "4-7-8", "--minutes", "1", *QUIET, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("breathe-4-7-8.mp3  1:")
    samples = decode(tmp_path / "breathe-4-7-8.mp3")
    assert 60 < len(samples) / 48_000 < 110  # three breaths, with opening and closing


def test_breathe_takes_a_name_and_where_to_write(coach: Coach, tmp_path: Path) -> None:
    done = coach("breathe", "relax", "--minutes", "1", "-o", "relax.mp3", *QUIET, cwd=tmp_path)
    assert done.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"relax.{end}" for end in ("lrc", "mp3", "srt", "vtt")]
    again = coach("breathe", "--ramp", "3-4:4-6", "--minutes", "1", *QUIET, cwd=tmp_path)
    assert again.stdout.startswith("breathe-3-4-to-4-6.mp3")


def test_nothing_of_yours_is_overwritten(coach: Coach, tmp_path: Path) -> None:
    (tmp_path / "mine.mp3").write_text("mine")
    done = coach("breathe", "-o", "mine.mp3", "--minutes", "1", *QUIET, cwd=tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "mine.mp3").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["breathe", "4-21"], "PATTERN: a breath pattern has 1 to 20 counts a phase"),
        (["breathe", "deep"], "or a name: calm, even, resonance, box, relax"),
        (["breathe", "4-6", "--ramp", "3-4:4-6"], "PATTERN and --ramp: give one of them"),
        (["breathe", "--minutes", "0"], "--minutes: 0 is not possible"),
        (["breathe", "--minutes", "nan"], "--minutes: nan is not possible"),
        (["breathe", "--minutes", "361"], "choose 0.1 to 360 minutes"),
        (["breathe", "-o", "x.txt"], "end it in .mp3, .m4a"),
        (["render", "cat-cow", "--ramp", "4-6"], "--ramp: “4-6” is not a ramp"),
        (["render", "cat-cow", "--breath", "4-6", "--ramp", "3-4:4-6"], "--breath and --ramp: give one of them"),
        (["render", "cat-cow", "--pace", "loud"], "--pace: “loud” is not one of count, words"),
    ],
)
def test_wrong_turns_get_one_or_two_lines(coach_here: Coach, tmp_path: Path, arguments: list[str], says: str) -> None:
    done = coach_here(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_played(coach: Coach, tmp_path: Path) -> None:
    place = tmp_path / "b.wav"
    done = coach("breathe", "2-2", "--minutes", "1", "--voice", "silent", "--play", "--player", f"record:{place}")
    assert (done.returncode, place.is_file()) == (0, True), done.stderr
    assert "Breathe 2-2: finished after" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.wav"]


def test_playing_writes_no_file(coach: Coach, tmp_path: Path) -> None:
    done = coach("breathe", "--play", "-o", tmp_path / "b.mp3")
    assert done.returncode == 2
    assert "--play writes no file" in done.stderr


def test_patterns_lists_every_name(coach: Coach) -> None:
    listed = json.loads(coach("patterns", "--json").stdout)
    assert {row["name"]: row["counts"] for row in listed} == {
        name: named.counts for name, named in NAMED_PATTERNS.items()
    }
    assert next(row for row in listed if row["name"] == "resonance")["breaths_per_minute"] == 6
    printed = coach("patterns").stdout
    assert all(f"\n{name} " in f"\n{printed}" for name in NAMED_PATTERNS)


def test_show_says_what_a_ramp_comes_to(coach: Coach) -> None:
    shown = coach("show", "childs-pose", "--ramp", "3-4:4-6").stdout
    assert "here 3 breaths of 3-4 to 4-6, 25 s" in shown


def test_a_routine_may_say_how_to_breathe_and_the_listener_has_the_last_word(coach: Coach, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: Mine\npurpose: mine\nbreath: even\nstretches: [childs-pose]\n")
    assert "3 breaths of 4-4, 24 s" in coach("show", "mine.yaml", cwd=tmp_path).stdout
    assert "3 breaths of 4-6, 30 s" in coach("show", "mine.yaml", "--breath", "calm", cwd=tmp_path).stdout


def test_a_breath_where_none_is_paced_is_a_problem_with_its_place(coach: Coach, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: Mine\npurpose: mine\nstretches:\n  - stretch: knee-to-chest-kicks\n    breath: 4-6\n"
    )
    done = coach("check", "mine.yaml", cwd=tmp_path)
    assert "mine.yaml:5:13: the breath is not paced in a counted" in done.stderr + done.stdout
