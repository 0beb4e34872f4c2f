"""``coach history``, as it is typed and as it is read."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from coach.cli.history import CSV_HEADS, chart, page
from coach.history.session_log import SessionLog
from coach.history.store import History
from coach.history.streaks import Week
from support.command import Coach

TODAY = date(2026, 11, 18)  # a Wednesday
STRETCHES = (("cat-cow", "Cat-cow"), ("childs-pose", "Child's pose"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("COACH_DATA", str(folder))
    return folder


def begin(folder: Path, days_ago: int, title: str = "Lower back in seven") -> SessionLog:
    day = TODAY - timedelta(days=days_ago)
    began = datetime(day.year, day.month, day.day, 7, 5, tzinfo=timezone(timedelta(hours=1)))
    history = History(folder / "history.db", now=lambda: began)
    return history.begin("lower-back-seven", title, '{"minutes": 7}', 420_000, STRETCHES)


def practise(folder: Path, days_ago: int, practised_ms: int, *, finished: bool = True) -> None:
    log = begin(folder, days_ago)
    log.at(0, None, 0)
    log.at(1, "left", practised_ms // 2)
    log.done(0)
    log.end(finished, practised_ms)


def shown(folder: Path, weeks: int = 8) -> list[str]:
    return list(page(History(folder / "history.db"), TODAY, weeks))


def test_the_page(folder: Path) -> None:
    for days_ago in (30, 16, 15, 14, 9, 2, 1):
        practise(folder, days_ago, 420_000)
    practise(folder, 9, 600_000)
    practise(folder, 3, 61_000, finished=False)
    practise(folder, 0, 95_000, finished=False)
    assert shown(folder) == [
        "week of     M T W T F S S  minutes",
        "2026-10-19  ● · · · · · ·  █████████████▍ 7",
        "2026-10-26  · · · · · · ·  0",
        "2026-11-02  ● ● ● · · · ·  ████████████████████████████████████████ 21",
        "2026-11-09  ● · · · · · ·  ██████████████████████████████████▍ 18",
        "2026-11-16  ● ● ·          █████████████████████████████▋ 16",
        "",
        "2 days in a row; the longest was 3 days.",
        "A day counts once a session is finished, or three minutes are practised.",
        "",
        "Last sessions",
        "2026-11-18    2 min  Lower back in seven  stopped at Child's pose, left",
        "2026-11-17    7 min  Lower back in seven  finished",
        "2026-11-16    7 min  Lower back in seven  finished",
        "2026-11-15    1 min  Lower back in seven  stopped at Child's pose, left",
        "2026-11-09   10 min  Lower back in seven  finished",
        "2026-11-09    7 min  Lower back in seven  finished",
        "“coach play --resume” goes on where the last one stopped.",
    ]
    assert shown(folder, 1)[1] == "2026-11-16  ● ● ·          " + "█" * 40 + " 16"
    assert shown(folder, 520)[:6] == shown(folder)[:6]  # nothing is shown of the weeks before the first session


def test_a_session_that_runs_is_said_to(folder: Path) -> None:
    log = begin(folder, 0)
    assert shown(folder)[-1] == "2026-11-18    0 s    Lower back in seven  going on"
    log.at(1, "right", 200_000)
    assert shown(folder)[-1] == "2026-11-18    3 min  Lower back in seven  going on at Child's pose, right"
    assert "1 day in a row; the longest so far." in shown(folder)
    log.end(True, 200_000)
    assert not shown(folder)[-1].startswith("“coach play --resume”")


def test_a_session_of_three_seconds_does_not_count_as_a_minute(folder: Path) -> None:
    practise(folder, 0, 3_000, finished=False)
    assert shown(folder)[-2] == "2026-11-18    3 s    Lower back in seven  stopped at Child's pose, left"
    assert shown(folder)[1].endswith(" <1")
    practise(folder, 0, 59_999, finished=False)
    assert "   59 s    Lower" in shown(folder)[-3]
    practise(folder, 0, 60_000, finished=False)
    assert "    1 min  Lower" in shown(folder)[-4]


def test_sessions_that_cannot_be_read_are_counted_aloud(folder: Path, coach_here: Coach) -> None:
    for days_ago in (2, 1):
        practise(folder, days_ago, 420_000)
    for damaged in ("1 session is", "2 sessions are"):
        database = sqlite3.connect(folder / "history.db", isolation_level=None)
        database.execute("UPDATE session SET title = X'ff' WHERE rowid < ?", (2 + (damaged[0] == "2"),))
        database.close()
        done = coach_here("history")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[0] == f"{damaged} left out: damaged in {folder / 'history.db'}"
        exported = coach_here("history", "--json")
        assert exported.returncode == 0
        assert len(json.loads(exported.stdout)["sessions"]) == 2 - int(damaged[0])
        assert exported.stderr == f"{damaged} left out: damaged in {folder / 'history.db'}\n"


def test_a_streak_that_is_over_is_not_held_against_anybody(folder: Path) -> None:
    practise(folder, 60, 1_000, finished=False)
    assert "No streak yet." in shown(folder)
    practise(folder, 9, 420_000)
    assert "No streak just now; the longest was 1 day." in shown(folder)
    assert shown(folder, 1)[1] == "2026-11-16  · · ·          0"


def test_bars_are_as_long_as_their_minutes() -> None:
    monday, none = date(2026, 11, 16), (False,) * 7
    practised_ms = (0, 1, 29_999, 60_000, 4_800_000, 9_600_000)
    rows = [Week(monday, ms, none) for ms in practised_ms]
    bars = [line[27:] for line in list(chart(rows, monday))[1:]]
    assert bars == ["0", "▏ <1", "▏ <1", "▎ 1", "█" * 20 + " 80", "█" * 40 + " 160"]


def test_no_line_is_wider_than_a_terminal(folder: Path) -> None:
    for title in (
        "A very long title of a routine that somebody wrote at night",
        "腰のためのとても長い名前のルーチンです",
        "x",
    ):
        log = begin(folder, 0, title)
        log.at(1, "right", 99 * 60_000)
        log.end(False, 99 * 60_000)
    from rich.cells import cell_len

    assert max(map(cell_len, shown(folder))) <= 80
    (wide,) = (line for line in shown(folder) if "腰" in line)
    (narrow,) = (line for line in shown(folder) if "  x  " in line)
    assert cell_len(wide.split("stopped at")[0]) == cell_len(narrow.split("stopped at")[0]) == 51


def test_the_command_prints_the_page_without_colour_in_a_pipe_and_with_plain_signs_where_it_must(
    folder: Path, coach: Coach
) -> None:
    practise(folder, 0, 420_000)
    piped = coach("history", "--weeks", "520")
    assert (piped.returncode, piped.stderr) == (0, "")
    assert "● " in piped.stdout
    assert "█ 7" in piped.stdout
    assert "\x1b" not in piped.stdout
    plain = in_terminal("", {"PYTHONIOENCODING": "ascii"})
    assert "* " in plain
    assert "# 7" in plain
    assert "?" not in plain.split("Last")[0]
    assert coach("history", "--weeks", "0").returncode == 2


def test_nothing_yet_is_a_friendly_line_and_makes_nothing(folder: Path, coach_here: Coach) -> None:
    done = coach_here("history")
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first == "No sessions yet: “coach play lower-back-seven” begins the first."
    assert str(folder / "history.db") in second
    assert not folder.exists()
    assert json.loads(coach_here("history", "--json").stdout) == {"sessions": []}
    assert coach_here("history", "--csv").stdout.splitlines() == [",".join(CSV_HEADS)]


def test_json_has_all_of_it(folder: Path, coach: Coach) -> None:
    practise(folder, 1, 420_000)
    practise(folder, 0, 100_000, finished=False)
    done = coach("history", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    older, newer = json.loads(done.stdout)["sessions"]
    del older["id"]
    assert older == {
        "began": "2026-11-17T07:05:00.000+01:00",
        "began_utc": "2026-11-17T06:05:00.000+00:00",
        "routine": "lower-back-seven",
        "title": "Lower back in seven",
        "order": '{"minutes": 7}',
        "planned_ms": 420_000,
        "practised_ms": 420_000,
        "outcome": "finished",
        "at_number": 2,
        "side": "left",
        "stretches": [
            {"id": "cat-cow", "name": "Cat-cow", "practised_ms": 210_000, "done": True},
            {"id": "childs-pose", "name": "Child's pose", "practised_ms": 210_000, "done": False},
        ],
    }
    assert newer["outcome"] == "stopped"


def test_csv_is_a_row_for_each_session(folder: Path, coach: Coach) -> None:
    practise(folder, 1, 420_000)
    begin(folder, 0, 'Slow, "easy"').end(False, 0)
    begin(folder, 0, "=1+1").end(False, 0)
    done = coach("history", "--csv")
    assert (done.returncode, done.stderr) == (0, "")
    older, newer, last = csv.DictReader(done.stdout.splitlines())
    assert last["title"] == "'=1+1"  # or a spreadsheet would reckon it
    assert older["stretch_ms"] == "cat-cow=210000 childs-pose=210000"
    assert [older[head] for head in ("stretches", "done", "at_stretch", "side")] == ["2", "1", "childs-pose", "left"]
    assert (newer["title"], newer["at_stretch"], newer["side"]) == ('Slow, "easy"', "", "")
    assert newer["order"] == '{"minutes": 7}'


def test_an_export_replaces_nothing_unless_told_to(folder: Path, coach_here: Coach, tmp_path: Path) -> None:
    practise(folder, 1, 420_000)
    place = tmp_path / "mine.json"
    done = coach_here("history", "--json", "-o", place)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{place}\n", "")
    assert place.read_text() == coach_here("history", "--json").stdout
    again = coach_here("history", "--csv", "-o", place)
    assert again.returncode == 2
    assert "is there already; add --force" in again.stderr
    assert place.read_text().startswith("{")
    assert coach_here("history", "--csv", "-o", place, "--force").returncode == 0
    assert place.read_text() == coach_here("history", "--csv").stdout
    assert "is a folder" in coach_here("history", "--csv", "-o", tmp_path).stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "mine.json"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--json", "--csv"), "give one of them"),
        (("--json", "--clear"), "give one of them"),
        (("-o", "x.csv"), "say with --json or --csv what to write"),
        (("--clear",), "add --yes"),
    ],
)
def test_what_makes_no_sense_is_said(folder: Path, coach_here: Coach, options: tuple[str, ...], complaint: str) -> None:
    practise(folder, 0, 420_000)
    done = coach_here("history", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (folder / "history.db").exists()


def test_to_clear_without_a_question(folder: Path, coach: Coach) -> None:
    practise(folder, 0, 420_000)
    done = coach("history", "--clear", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(folder.iterdir()) == []


def in_terminal(keys: str, env: dict[str, str], *options: str) -> str:
    """Run ``coach history`` in a terminal of its own and return what it shows there."""
    pty = pytest.importorskip("pty", reason="needs a terminal to type in")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "coach", "history", *options]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **env}, start_new_session=True
    ) as process:
        os.close(theirs)
        text, sent = b"", not keys
        try:
            while part := os.read(ours, 4096):
                text += part
                if not sent and b"?" in text:
                    os.write(ours, keys.encode())
                    sent = True
        except OSError:  # so ends a terminal on Linux
            pass
        process.wait(timeout=30)
    os.close(ours)
    return text.decode()


@pytest.mark.parametrize(("keys", "cleared"), [("y\n", True), ("n\n", False), ("\n", False), ("\x04", False)])
def test_to_clear_asks_first(folder: Path, keys: str, cleared: bool) -> None:
    practise(folder, 0, 420_000)
    text = in_terminal(keys, {}, "--clear")
    assert "Remove the whole history, for good, from" in text
    assert ("the history was removed" in text) is cleared
    assert ("nothing was removed" in text) is not cleared
    assert "Traceback" not in text
    assert (folder / "history.db").exists() is not cleared


def test_a_history_that_cannot_be_read_is_a_line(folder: Path, coach_here: Coach) -> None:
    practise(folder, 0, 420_000)
    database = sqlite3.connect(folder / "history.db")
    database.execute("PRAGMA user_version = 9")
    database.close()
    newer = coach_here("history")
    (folder / "history.db").write_text("no database " * 100)
    damaged = coach_here("history", "--json")
    for done, words in ((newer, "newer Stretch Coach; update"), (damaged, "damaged. The next session sets it aside")):
        assert (done.returncode, done.stdout) == (1, "")
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1
    nowhere = coach_here("history", env={"COACH_DATA": "~nobody-of-this-name"})
    assert nowhere.returncode == 2
    assert len(nowhere.stderr.splitlines()) == 1
