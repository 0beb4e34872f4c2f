"""``coach plan``, and ``coach render --plan --dry-run``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from coach.order import Order
from coach.publish.table import COLUMNS, read_plan
from coach.recipe import estimate
from coach.units import clock_text
from support.command import Coach

PLAN = """\
routine,minutes,title,output
cat-cow,,Anna,
cat-cow,,Ben,
nope,,,
cobra,500,,
,,,x
cobra,,"a/b: c",
cobra,,,Anna
"""


def test_a_new_plan_explains_every_column_and_can_be_rendered(coach_here: Coach, tmp_path: Path) -> None:
    made = coach_here("plan", "new", "plan.csv", cwd=tmp_path)
    assert (made.returncode, made.stdout) == (0, "plan.csv\n")
    text = (tmp_path / "plan.csv").read_text(encoding="utf-8-sig")
    for name, about in COLUMNS.items():
        assert re.search(rf"^# {name} +{re.escape(about)}$", text, re.MULTILINE)
    rows = list(read_plan(tmp_path / "plan.csv"))
    assert len(rows) == 4
    for row in rows:
        estimate(row.order(Order()))
    checked = coach_here("plan", "check", "plan.csv", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_a_new_plan_takes_no_place(coach_here: Coach, tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text("mine")
    refused = coach_here("plan", "new", "plan.csv", cwd=tmp_path)
    assert refused.returncode == 2
    assert "is there already" in refused.stderr
    assert (tmp_path / "plan.csv").read_text() == "mine"
    assert "should end in .csv" in coach_here("plan", "new", "plan.xlsx", cwd=tmp_path).stderr
    assert coach_here("plan", "new", "plan.csv", "--force", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    "arguments", [("plan", "check", "plan.csv"), ("render", "--plan", "plan.csv", "--dry-run", "-o", "out")]
)
def test_what_would_be_made_is_shown_and_nothing_is_made(
    coach_here: Coach, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "plan.csv").write_text(PLAN)
    done = coach_here(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    length = clock_text(estimate(Order(targets=("cat-cow",))).duration_ms)
    assert re.search(rf"^2 +Anna\.mp3 +{length}\s*$", done.stdout, re.MULTILINE)
    assert re.search(rf"^3 +Ben\.mp3 +{length} +sounds like one above$", done.stdout, re.MULTILINE)
    assert re.search(r"^7 +a- c\.mp3 ", done.stdout.replace("a-b- c", "a- c"), re.MULTILINE)
    problems = [line.removeprefix("coach: ") for line in done.stderr.splitlines()]
    assert [line.split(": ")[0] for line in problems] == [f"plan.csv:{row}" for row in (4, 5, 6, 8)]
    assert "minutes: 500 is not possible; choose 0.1 to 360 minutes" in problems[1]
    assert "“Anna” is already made by plan.csv:2" in problems[3]
    assert re.search(r"^3 files, [\d:]+ of sound, about \d+ MB; 2 different sounds, [\d:]+$", done.stdout, re.MULTILINE)
    spoken = re.search(r"^(\d+) lines to speak, (\d+) of them different$", done.stdout, re.MULTILINE)
    assert spoken is not None
    assert 1 < int(spoken[2]) < int(spoken[1])  # both count and breathe
    assert [path.name for path in tmp_path.iterdir()] == ["plan.csv"]


def test_files_are_called_by_their_titles(coach: Coach, tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text("routine,words,title\ncobra,names,Anna\ncobra,names,Jörg B.\ncobra,names,\n")
    done = coach("render", "--plan", "plan.csv", "-o", "out", "--voice", "silent", "--no-captions", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").glob("*.mp3")} == {"Anna.mp3", "Jörg B.mp3", "cobra.mp3"}


def test_a_dry_run_is_for_plans(coach_here: Coach) -> None:
    done = coach_here("render", "daily", "--dry-run")
    assert done.returncode == 2
    assert "--dry-run: it is for a plan" in done.stderr


def problems(coach_here: Coach, folder: Path, rows: str, *arguments: str) -> list[str]:
    (folder / "plan.csv").write_text(rows)
    done = coach_here(*(arguments or ("plan", "check", "plan.csv")), cwd=folder)
    return [line.removeprefix("coach: ") for line in done.stderr.splitlines()]


def test_what_a_render_would_refuse_the_check_refuses_too(coach_here: Coach, tmp_path: Path) -> None:
    rows = "cobra,neuronal,,,a\ncobra,,nobody,,b\ncobra,,,no.mp3,c\ncobra,,,,nul.mp3\ncobra,silent,,rain,ok\n"
    told = problems(coach_here, tmp_path, f"routine,voice,count voice,background,output\n{rows}")
    assert [line[:60] for line in told] == [
        "plan.csv:2: there is no voice called “neuronal”; “coach voic",
        "plan.csv:3: there is no voice called “nobody”; “coach voices",
        "plan.csv:4: there is no background file no.mp3; check the pa",
        "plan.csv:5: “nul.mp3” is reserved for a device on Windows; c",
    ]


def test_a_dry_run_looks_where_the_files_would_go(coach_here: Coach, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b.mp3").write_text("mine")
    rows, dry = "routine,output\ncobra,a\ncobra,b\n", ("render", "--plan", "plan.csv", "--dry-run", "-o")
    assert problems(coach_here, tmp_path, rows, *dry, "out") == [
        "plan.csv:3: out/b.mp3 is there already and the coach did not make it; add --force to replace it"
    ]
    assert problems(coach_here, tmp_path, rows, *dry, "out", "--force") == []
    assert problems(coach_here, tmp_path, rows, *dry, "new") == []
    for place, says in (
        ("x.mp3", "x.mp3 would be a file; name the folder that all go into"),
        ("no/such", "the folder no does not exist; make it first, or write elsewhere"),
        ("plan.csv", "plan.csv is not a folder; name another"),
    ):
        assert problems(coach_here, tmp_path, rows, *dry, place) == [says]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["b.mp3", "out", "plan.csv"]
    assert (tmp_path / "out" / "b.mp3").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Missing argument 'new|check'. Choose from: new, check"),
        (("frob", "plan.csv"), "Invalid value for 'new|check': 'frob' is not one of 'new', 'check'"),
    ],
)
def test_what_to_do_is_asked_for_in_a_line(coach: Coach, arguments: tuple[str, ...], says: str) -> None:
    done = coach("plan", *arguments)
    assert (done.returncode, done.stderr) == (2, f"coach: {says}. “coach plan --help” shows how to use it\n")
