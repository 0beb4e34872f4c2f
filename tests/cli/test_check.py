from __future__ import annotations

import json
from pathlib import Path

import pytest

from coach.cli.check import Kind, schema_text
from coach.files import data_folder
from support.command import Coach


@pytest.mark.parametrize("kind", Kind)
def test_the_stored_schema_is_the_models_schema(kind: Kind) -> None:
    stored = data_folder("scripts") / f"{kind}.schema.json"
    assert stored.read_text(encoding="utf-8") == schema_text(kind), f"run: coach schema {kind} > {stored}"


def test_schema_is_printed(coach_here: Coach) -> None:
    done = coach_here("schema", "routine")
    assert done.returncode == 0
    assert json.loads(done.stdout)["title"] == "RoutineScript"


def test_the_library_has_no_problems(coach: Coach) -> None:
    done = coach("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("scripts, no problems\n")


def test_every_problem_of_every_file_is_listed_with_its_place(coach_here: Coach, tmp_path: Path) -> None:
    (tmp_path / "stretches").mkdir()
    (tmp_path / "stretches" / "a.yaml").write_text("name: A\nkindd: x\n")
    (tmp_path / "b.yaml").write_text("name: B\npurpose: p\nstretches: [kobra]\n")
    done = coach_here("check", tmp_path)
    assert done.returncode == 2
    lines = done.stdout.splitlines()
    assert f"{tmp_path}/b.yaml:3:13: there is no stretch called “kobra”; did you mean “cobra”?" in lines
    assert any(line.startswith(f"{tmp_path}/stretches/a.yaml:2:1: unknown key “kindd”") for line in lines)
    assert lines[-1].startswith("2 scripts, ")


def test_positions_have_style_and_a_lexicon_has_none(coach_here: Coach, tmp_path: Path) -> None:
    way = '{from: back, to: side, steps: ["Bend your knees, and roll onto your side."]}'
    (tmp_path / "positions.yaml").write_text(f"positions: {{}}\nways:\n  - {way}\n")
    (tmp_path / "lexicon.yaml").write_text("sacrum: saykrum\n")
    assert coach_here("check", tmp_path).returncode == 0
    done = coach_here("check", "--style", tmp_path)
    assert done.returncode == 2
    assert done.stdout.startswith(f"{tmp_path}/positions.yaml:3:36: two actions in one sentence (bend and roll)")


def test_a_file_that_cannot_be_read_does_not_hide_the_others(coach_here: Coach, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"x" * 1_500_000)
    (tmp_path / "b.yaml").write_text("name: B\npurpose: p\nstretches: [kobra]\n")
    done = coach_here("check", tmp_path)
    assert done.returncode == 2
    assert "a.yaml:1:1: " in done.stdout
    assert "b.yaml:3:13: " in done.stdout


def test_a_path_that_is_not_there_is_named(coach_here: Coach) -> None:
    done = coach_here("check", "nowhere.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "coach: there is no file or folder nowhere.yaml\n"


def test_a_lexicon_is_checked_like_a_script(coach_here: Coach, tmp_path: Path) -> None:
    (tmp_path / "lexicon.yaml").write_text("sacrum: saykrum\nglute: 5\n")
    done = coach_here("check", tmp_path / "lexicon.yaml")
    assert done.returncode == 2
    assert "lexicon.yaml:2:8: a lexicon has a word and its spelling a line" in done.stdout + done.stderr


BROKEN = {
    "colon": "name: a: b\n",
    "tab": "name: A\nsetup:\n\t- x\n",
    "side": "name: A\nsetup:\n  - say: {side} knee up\n",
    "anchors": "a: &x 1\nb: &x 2\n",
    "alias": "a: *x\n",
    "merge": "a: 1\n<<: [1]\n",
    "keys": "? " * 14 + "a\n",
    "nested": "[" * 5000,
    "control": "name: \x07\n",
}


def test_no_file_that_is_not_yaml_stops_a_check_or_hangs_it(coach_here: Coach, tmp_path: Path) -> None:
    """Each of these once ended in a traceback, in a library's warning, or never."""
    (tmp_path / "stretches").mkdir()
    for name, text in BROKEN.items():
        (tmp_path / "stretches" / f"{name}.yaml").write_text(text)
    (tmp_path / "stretches" / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    done = coach_here("check", tmp_path)
    assert (done.returncode, done.stderr) == (2, "")
    lines = done.stdout.splitlines()
    assert [Path(line.split(":")[0]).stem for line in lines[:-1]] == sorted([*BROKEN, "latin"])
    assert lines[-1] == "10 scripts, 10 problems"
    listed = coach_here("list", env={"COACH_SCRIPTS": str(tmp_path)})
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "daily" in listed.stdout
    for name in BROKEN:
        done = coach_here("show", tmp_path / "stretches" / f"{name}.yaml")
        assert done.returncode == 2
        assert done.stderr.startswith(f"coach: {tmp_path}/stretches/{name}.yaml:")
        assert len(done.stderr.splitlines()) == 1
