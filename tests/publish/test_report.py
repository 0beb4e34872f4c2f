"""What came of many files, and what a second run makes of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from coach.errors import InputError
from coach.publish import batch
from coach.publish.batch import render_plan
from coach.publish.jobs import Made
from coach.publish.rendering import Outcome
from coach.publish.report import HEADS, REPORT

PLAN = "routine,words,title\ncat-cow,names,Anna\ncat-cow,names,Ben\nnope,,\ncobra,names,\n"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.csv"
    path.write_text(PLAN)
    return path


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make files in this process, so that it can be seen what is made."""
    monkeypatch.setattr(batch, "results_of", lambda work, jobs, *, cancelled: map(work, jobs))


def run(plan: Path, **more: object) -> dict[str, Made]:
    from coach.order import Order

    over = Order(voice="silent", captions=False)
    return {made.path.name: made for made in render_plan(plan, plan.parent / "out", over=over, **more)}  # type: ignore[arg-type]


def rows(plan: Path) -> list[dict[str, str]]:
    with (plan.parent / "out" / REPORT).open(newline="") as file:
        return list(csv.DictReader(file))


def outcomes(made: dict[str, Made]) -> dict[str, str]:
    return {name: each.rendered.outcome.value for name, each in made.items() if each.rendered}


def test_every_row_is_told_in_its_order(plan: Path) -> None:
    run(plan)
    told = rows(plan)
    assert tuple(told[0]) == HEADS
    assert [row["row"] for row in told] == ["2", "3", "4", "5"]  # the lines of the plan
    assert [row["file"] for row in told] == ["Anna.mp3", "Ben.mp3", "nope.mp3", "cobra.mp3"]
    for row in (told[0], told[1], told[3]):
        assert row["result"] == "made"
        assert int(row["bytes"]) == (plan.parent / "out" / row["file"]).stat().st_size
        assert float(row["seconds"]) > 60
    assert told[2]["result"].endswith("there is no routine or stretch called “nope”; “coach list” shows them all")
    assert told[2]["bytes"] == told[2]["seconds"] == ""


def test_a_second_run_does_only_what_is_missing(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(plan)
    (plan.parent / "out" / "Ben.mp3").unlink()
    plan.write_text(PLAN.replace("nope,,", "bird-dog,names,"))
    looked_at: list[str] = []
    make = batch._Run.make
    monkeypatch.setattr(batch._Run, "make", lambda self, job: looked_at.append(job.path.name) or make(self, job))
    made = run(plan)
    assert sorted(looked_at) == ["Ben.mp3", "bird-dog.mp3"]
    assert outcomes(made) == {
        "Anna.mp3": "up to date",
        "Ben.mp3": "made",
        "bird-dog.mp3": "made",
        "cobra.mp3": "up to date",
    }
    assert [row["result"] for row in rows(plan)] == ["up to date", "made", "made", "up to date"]


def test_no_title_is_a_formula_for_a_spreadsheet(plan: Path) -> None:
    plan.write_text('routine,words,title\ncobra,names,"=HYPERLINK(1)"\n')
    assert outcomes(run(plan)) == {"=HYPERLINK(1).mp3": "made"}
    assert rows(plan)[0]["file"] == "'=HYPERLINK(1).mp3"
    assert outcomes(run(plan)) == {"=HYPERLINK(1).mp3": "up to date"}


@pytest.mark.parametrize("change", ["words", "length", "title"])
def test_what_asks_for_something_else_is_made_anew(plan: Path, change: str) -> None:
    run(plan)
    if change == "length":
        path = plan.parent / "out" / "cobra.mp3"
        path.write_bytes(path.read_bytes()[:-1])
    else:
        row = {"words": "cobra,brief,", "title": "cobra,names,"}[change]
        plan.write_text(PLAN.replace("cobra,names,", row).replace("routine,", "routine,"))
    made = run(plan)
    expected = Outcome.UP_TO_DATE if change == "title" else Outcome.REPLACED
    rendered = made["cobra.mp3"].rendered
    assert rendered is not None
    assert rendered.outcome is expected


def test_force_makes_all_anew(plan: Path) -> None:
    run(plan)
    assert set(outcomes(run(plan, force=True)).values()) == {"replaced"}


def test_something_else_under_its_name_is_left_alone(plan: Path) -> None:
    out = plan.parent / "out"
    out.mkdir()
    (out / REPORT).write_text("mine\n")
    with pytest.raises(InputError, match="move it away"):
        run(plan)
    assert (out / REPORT).read_text() == "mine\n"


def test_it_is_written_when_the_run_is_given_up(plan: Path) -> None:
    from coach.order import Order

    made: Iterator[Made] = render_plan(plan, plan.parent / "out", over=Order(voice="silent", captions=False))
    next(made)
    made.close()  # type: ignore[attr-defined]
    assert len(rows(plan)) == 1


def test_rows_that_differ_in_title_alone_are_compiled_once(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from coach.publish.rendering import Rendering

    compiled: list[str] = []
    once = Rendering.compiled
    monkeypatch.setattr(Rendering, "compiled", lambda self: compiled.append(self.path.name) or once(self))
    batch._lately.clear()
    run(plan)
    assert len(compiled) == 2
    anna, ben = ((plan.parent / "out" / f"{name}.mp3").read_bytes() for name in ("Anna", "Ben"))
    assert anna != ben
    assert anna[-100_000:] == ben[-100_000:]


def test_captions_that_were_lost_are_missing_too(plan: Path) -> None:
    from coach.order import Order

    def again() -> dict[str, str]:
        made = render_plan(plan, plan.parent / "out", over=Order(voice="silent"))
        return outcomes({each.path.name: each for each in made})

    assert set(again().values()) == {"made"}
    lost = plan.parent / "out" / "Ben.vtt"
    before = lost.read_bytes()
    lost.unlink()
    assert again() == {"Anna.mp3": "up to date", "Ben.mp3": "made", "cobra.mp3": "up to date"}
    assert lost.read_bytes() == before
    assert set(again().values()) == {"up to date"}


def test_a_row_less_or_in_another_place_changes_no_other_file(plan: Path) -> None:
    """Nobody's file says which row of the clinic's list it is."""
    run(plan)
    before = {path.name: path.read_bytes() for path in (plan.parent / "out").glob("*.mp3")}
    head, first, *rest = PLAN.splitlines(keepends=True)
    for text in ("".join([head, *rest]), "".join([head, *reversed(rest), "\n", first])):
        plan.write_text(text)
        assert set(outcomes(run(plan)).values()) == {"up to date"}
    run(plan, force=True)
    assert {path.name: path.read_bytes() for path in (plan.parent / "out").glob("*.mp3")} == before


@pytest.mark.parametrize(
    ("line", "text"),
    [(1, "mine\n"), (1, "\xff"), (3, f"{','.join(HEADS)}\n1,a.mp3,1.0,5,x,made,\n2,b.mp3,ten,5,x,made,\n"), (2, "")],
)
def test_a_report_that_is_not_the_coach_s_names_its_line(plan: Path, line: int, text: str) -> None:
    out = plan.parent / "out"
    out.mkdir()
    text = text or f"{','.join(HEADS)}\n1;a.mp3\n"
    (out / REPORT).write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as refused:
        run(plan)
    problem = f"{REPORT}, in the folder of the files, is not as the coach wrote it (line {line})"
    assert str(refused.value) == f"{problem}; move it away, and the next run writes it anew"
