"""The history: whatever happens to the coach, the disk or the file, nothing practised is lost and no session stops."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from coach.errors import HistoryError, InputError
from coach.history.model import Outcome, Session
from coach.history.session_log import SessionLog
from coach.history.store import History, data_folder

STRETCHES = (("cat-cow", "Cat-cow"), ("childs-pose", "Child's pose"), ("cobra", "Cobra"))
ORDER = '{"targets": ["lower-back-seven"], "minutes": 7}'
MORNING = datetime(2026, 11, 18, 7, 5, 9, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "data" / "history.db")


def begin(history: History) -> SessionLog:
    return history.begin("lower-back-seven", "Seven stretches", ORDER, 420_000, STRETCHES)


def only(history: History) -> Session:
    (session,) = history.sessions()
    return session


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_session_is_kept_as_it_went(tmp_path: Path) -> None:
    history = History(tmp_path / "history.db", now=lambda: MORNING)
    log = begin(history)
    log.at(None, None, 12_000)  # the opening
    log.at(0, None, 20_000)
    log.at(0, None, 25_000)
    log.done(0)
    log.at(1, "left", 30_000)
    log.at(1, "right", 50_000)
    assert log.problem is None
    running = only(history)
    assert (running.outcome, running.index, running.side) == (Outcome.RUNNING, 1, "right")
    log.end(False, 51_000)
    session = only(history)
    assert (session.began, session.began.utcoffset()) == (MORNING, timedelta(hours=2))
    assert session.day == date(2026, 11, 18)
    assert (session.routine, session.title, session.order) == ("lower-back-seven", "Seven stretches", ORDER)
    assert (session.planned_ms, session.practised_ms, session.outcome) == (420_000, 51_000, Outcome.STOPPED)
    assert [(part.id, part.practised_ms, part.done) for part in session.stretches] == [
        ("cat-cow", 10_000, True),
        ("childs-pose", 21_000, False),
        ("cobra", 0, False),
    ]
    assert session.stretch == session.stretches[1]
    assert session.side == "right"
    assert names(tmp_path) == ["history.db"]
    with contextlib.closing(sqlite3.connect(history.path)) as database:
        assert database.execute("SELECT began, began_utc FROM session").fetchall() == [
            ("2026-11-18T07:05:09.000+02:00", "2026-11-18T05:05:09.000+00:00")
        ]


def test_a_session_that_is_finished_is(history: History) -> None:
    log = begin(history)
    log.at(2, None, 400_000)
    log.done(2)
    log.at(None, None, 410_000)
    log.end(True, 420_000)
    session = only(history)
    assert (session.outcome, session.stretch, session.practised_ms) == (Outcome.FINISHED, None, 420_000)
    assert session.stretches[2].done
    assert session.stretches[2].practised_ms == 10_000
    assert history.last_unfinished() is None


def test_to_look_makes_nothing(history: History, tmp_path: Path) -> None:
    assert history.sessions() == ()
    assert history.last_unfinished() is None
    assert names(tmp_path) == []


def test_the_folder_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert History.open().path == Path(os.environ["COACH_DATA"]) / "history.db"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COACH_DATA", "~/mine")
    assert data_folder() == tmp_path / "mine"
    monkeypatch.delenv("COACH_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_folder().name == "stretch-coach"
    monkeypatch.setenv("COACH_DATA", "~nobody-of-this-name/x")
    with pytest.raises(InputError):
        History.open()
    assert History.open(tmp_path / "x.db").path == tmp_path / "x.db"


def test_what_is_practised_is_nobody_elses_business(history: History) -> None:
    begin(history)
    assert history.path.stat().st_mode & 0o077 == 0


def test_the_newest_come_first_as_many_and_since_when_one_likes(tmp_path: Path) -> None:
    days = [MORNING + timedelta(days=day) for day in range(4)]
    clock = iter(days)
    history = History(tmp_path / "history.db", now=lambda: next(clock))
    for _ in days:
        begin(history).end(True, 1)
    assert [session.began for session in history.sessions()] == days[::-1]
    assert [session.began for session in history.sessions(limit=2)] == days[:1:-1]
    assert [session.began for session in history.sessions(since=date(2026, 11, 20))] == days[:1:-1]
    assert all(len(session.stretches) == 3 for session in history.sessions())


def test_only_the_newest_can_be_gone_on_with(history: History) -> None:
    first = begin(history)
    first.at(1, "left", 5_000)
    assert history.last_unfinished() is None  # it runs
    first.end(False, 5_000)
    unfinished = history.last_unfinished()
    assert unfinished is not None
    assert (unfinished.index, unfinished.side, json.loads(unfinished.order)["minutes"]) == (1, "left", 7)
    begin(history).end(True, 9_000)
    assert history.last_unfinished() is None


def test_it_goes_on_with_what_was_not_done(history: History) -> None:
    def stopped(index: int | None, *done: int, practised_ms: int = 0) -> int | None:
        log = begin(history)
        log.at(0, None, 0)
        log.at(index, None, practised_ms)
        for each in done:
            log.done(each)
        log.end(False, practised_ms)
        return history.sessions(limit=1)[0].goes_on_at

    assert stopped(None) == 0  # in the opening
    assert stopped(1) == 1
    assert stopped(1, 0, 1) == 2  # on the way out of it
    assert stopped(2, 0, 1, 2) is None
    assert history.last_unfinished() is None
    assert stopped(None, 0, 1, 2, practised_ms=9_000) is None  # in the closing


def test_a_place_that_is_none_harms_nothing(history: History) -> None:
    log = begin(history)
    log.at(3, "left", 1_000)
    log.at(-1, None, 2_000)
    log.done(3)
    log.at(0, None, 1_500)  # earlier than before
    log.end(False, 3_000)
    session = only(history)
    assert (session.index, session.practised_ms, session.stretches[0].practised_ms) == (0, 3_000, 1_000)
    assert log.problem is None
    breathing = history.begin("breathe", "Breathe", "{}", 60_000, ())
    breathing.at(None, None, 1_000)
    breathing.end(True, 60_000)
    assert history.sessions(limit=1)[0].stretches == ()


def test_nothing_that_is_told_makes_a_session_fail(history: History) -> None:
    log = history.begin("x", "a lone \ud800 half", "{}", 1, ())
    log.at(None, None, 2**70)
    log.end(True, 2**70)
    assert log.problem is not None
    assert "\n" not in log.problem


WRITER = """
import sys, time
from pathlib import Path
from coach.history.store import History
log = History(Path(sys.argv[1])).begin("r", "R", "{}", 1000, [("a", "A"), ("b", "B")])
for ms in range(1, int(sys.argv[2])):
    log.at(ms % 2, "left", ms)
    print(ms, flush=True)
    time.sleep(float(sys.argv[3]))
log.end(True, ms)
print(log.problem or "", file=sys.stderr, end="")
"""


def writer(history: History, steps: int = 1_000_000, pause_s: float = 0.0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(history.path), str(steps), str(pause_s)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_kill_at_any_moment_loses_nothing_that_was_written(history: History) -> None:
    chance = random.Random(7)
    least: list[int] = []
    for rounds in range(1, 16):
        with writer(history) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0, 0.08))
            process.send_signal(signal.SIGKILL)
            told = process.stdout.read().split("\n")[:-1]
        least.append(int(told[-1]) if told else 1)
        sessions = history.sessions()
        assert len(sessions) == rounds
        for session, ms in zip(reversed(sessions), least, strict=True):
            assert session.outcome is Outcome.STOPPED
            assert ms <= session.practised_ms <= ms + 1
            assert sum(part.practised_ms for part in session.stretches) == session.practised_ms - 1
            assert session.index == session.practised_ms % 2
        assert history.last_unfinished() == sessions[0]
    assert len(list(history.path.parent.glob("*.running"))) == 1  # of the last one; each swept away those before
    begin(history).end(True, 1)
    assert names(history.path.parent) == ["history.db"]


def test_a_session_that_runs_elsewhere_is_not_taken_for_one_that_was_killed(history: History) -> None:
    with writer(history) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert only(history).outcome is Outcome.RUNNING
        assert history.last_unfinished() is None
        mine = begin(history)  # sweeps marks
        assert [session.outcome for session in history.sessions()] == [Outcome.RUNNING] * 2
        mine.end(True, 1)
        assert [session.outcome for session in history.sessions()] == [Outcome.FINISHED, Outcome.RUNNING]
        process.kill()
        process.communicate()
    assert [session.outcome for session in history.sessions()] == [Outcome.FINISHED, Outcome.STOPPED]


def test_any_number_may_write_at_once(history: History) -> None:
    """From the first moment, when there is no file yet."""
    writers = [writer(history, 60, 0.01) for _ in range(4)]
    ends = [process.communicate()[1] for process in writers]
    assert ends == [""] * 4
    assert [(session.outcome, session.practised_ms) for session in history.sessions()] == [(Outcome.FINISHED, 59)] * 4
    assert names(history.path.parent) == ["history.db"]


def test_a_lock_delays_a_session_but_little_and_loses_nothing(history: History) -> None:
    begin(history).end(True, 1)
    with contextlib.closing(sqlite3.connect(history.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        started_s = time.monotonic()
        log = begin(history)
        begun_s = time.monotonic()
        assert begun_s - started_s < 1
        for ms in range(0, 9_000, 1_000):
            log.at(0, None, ms)
        assert time.monotonic() - begun_s < 0.2  # it does not wait each time
        log.done(0)
        assert log.problem is not None
        assert "another program keeps it locked" in log.problem
        assert str(history.path) in log.problem
        assert "\n" not in log.problem
    log.end(True, 9_000)
    assert log.problem is None  # all of it is written now
    session = history.sessions(limit=1)[0]
    assert (session.practised_ms, session.outcome) == (9_000, Outcome.FINISHED)
    assert session.stretches[0].done
    assert session.stretches[0].practised_ms == 9_000


def test_a_history_that_vanishes_meanwhile_is_begun_anew(history: History) -> None:
    log = begin(history)
    log.at(1, "left", 5_000)
    history.clear()
    history.path.parent.joinpath("x").touch()
    assert history.sessions() == ()
    log.end(True, 6_000)
    assert log.problem is None
    assert only(history).practised_ms == 6_000


def test_to_clear_removes_all_of_it_and_nothing_else(history: History) -> None:
    begin(history).end(True, 1)
    other = history.path.with_name("history.txt")
    history.path.with_name("history.db.damaged-1").touch()
    other.touch()
    history.clear()
    assert names(history.path.parent) == ["history.txt"]
    history.clear()  # nothing there is fine too


@contextlib.contextmanager
def small_disk(folder: Path, options: str = "size=100k") -> Iterator[Path]:
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], capture_output=True).returncode:
        pytest.skip("a small file system can only be mounted by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(b"x" * 1_000):
            pass


def test_a_full_disk_stops_no_session_and_spoils_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as small:
        history = History(small / "history.db")
        begin(history).end(True, 7_000)
        log = begin(history)
        fill(small / "filler")
        log.at(0, None, 1_000)
        log.done(0)
        log.end(True, 2_000)
        assert log.problem is not None
        assert "disk" in log.problem
        assert "full" in log.problem
        assert [session.practised_ms for session in history.sessions()] == [0, 7_000]
        (small / "filler").unlink()
        log.end(True, 2_000)
        assert log.problem is None
        assert [session.practised_ms for session in history.sessions()] == [2_000, 7_000]


def test_a_disk_that_is_full_from_the_first_moment(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as small:
        fill(small / "filler")
        history = History(small / "data" / "history.db")
        log = begin(history)
        log.at(0, None, 1_000)
        assert log.problem is not None
        assert "full" in log.problem or "No space left" in log.problem
        assert history.sessions() == ()
        (small / "filler").unlink()
        log.end(False, 2_000)
        assert log.problem is None
        assert only(history).practised_ms == 2_000


def test_a_disk_that_may_only_be_read(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as small:
        history = History(small / "history.db")
        begin(history).end(False, 5_000)
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        log = begin(history)
        log.at(0, None, 1_000)
        log.end(True, 2_000)
        assert log.problem is not None
        assert "only be read" in log.problem or "Read-only" in log.problem
        assert only(history).practised_ms == 5_000
        other = begin(History(small / "new" / "history.db"))
        assert other.problem is not None
        with pytest.raises(HistoryError, match="cannot be removed"):
            history.clear()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    history = History(tmp_path / "file" / "history.db")
    log = begin(history)
    log.at(0, None, 1_000)
    log.end(True, 2_000)
    assert log.problem is not None
    assert str(history.path) in log.problem
    assert (tmp_path / "file").read_text() == "mine"


def rubbish(whole: bytes) -> bytes:
    return b"this is no database at all, and it is longer than a header of one would be" * 9


def half(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def middle(whole: bytes) -> bytes:
    """Spoil every page but the first, which is the one that each write reads."""
    return whole[:4096] + bytes(reversed(whole[4096:]))


@pytest.mark.parametrize("spoil", [rubbish, half, middle])
def test_a_damaged_history_is_set_aside_and_never_deleted(history: History, spoil: Callable[[bytes], bytes]) -> None:
    for number in (1, 2):
        for _ in range(20):
            begin(history).end(True, 1_000)
        bad = spoil(history.path.read_bytes())
        history.path.write_bytes(bad)
        with pytest.raises(HistoryError, match=r"damaged\. The next session sets it aside"):
            history.sessions()
        log = begin(history)
        log.end(True, 5_000)
        aside = history.path.with_name(f"history.db.damaged-{number}")
        assert log.problem is not None
        assert "was damaged; it is kept as" in log.problem
        assert aside.name in log.problem
        assert "\n" not in log.problem
        assert aside.read_bytes() == bad
        assert only(history).practised_ms == 5_000


def test_damage_where_nothing_is_written_is_found_too(history: History) -> None:
    history.begin("first", "The very first", ORDER, 1, ()).end(True, 1_000)
    for _ in range(60):
        begin(history).end(True, 1_000)
    whole = history.path.read_bytes()
    page = whole.index(b"The very first") // 4096 * 4096
    history.path.write_bytes(whole[:page] + b"\xff" + whole[page + 1 :])
    log = begin(history)
    assert log.problem is not None
    assert "history.db.damaged-1" in log.problem
    assert len(history.sessions()) == 1


def test_the_end_is_written_even_where_the_history_is_locked_for_a_while(history: History) -> None:
    log = begin(history)
    with contextlib.closing(sqlite3.connect(history.path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(1.5, other.rollback)
        release.start()
        log.end(True, 5_000)
        release.join()
    assert log.problem is None
    assert only(history).outcome is Outcome.FINISHED


def test_what_another_coach_has_just_begun_anew_is_not_set_aside(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two find the same damage; the slower one must not take the new file of the quicker one for it."""
    begin(history).end(True, 1_000)
    history.path.write_bytes(rubbish(b""))
    really = History._put

    def slowly(self: History, session: Session, wait_s: float, *, check: bool) -> None:
        try:
            really(self, session, wait_s, check=check)
        except sqlite3.DatabaseError:
            monkeypatch.undo()
            begin(history).end(True, 7_000)
            raise

    monkeypatch.setattr(History, "_put", slowly)
    begin(history).end(True, 8_000)
    assert names(history.path.parent) == ["history.db", "history.db.damaged-1"]
    assert sorted(session.practised_ms for session in history.sessions()) == [7_000, 8_000]


def test_damage_during_a_session_costs_it_nothing(history: History) -> None:
    log = begin(history)
    log.at(0, None, 1_000)
    log.done(0)
    history.path.write_bytes(rubbish(b""))
    log.at(1, "left", 2_000)
    log.end(True, 3_000)
    assert log.problem is not None
    assert "history.db.damaged-1" in log.problem
    session = only(history)
    assert session.stretches[0].done
    assert (session.title, session.practised_ms) == ("Seven stretches", 3_000)


def test_two_that_find_the_same_damage_set_it_aside_once(history: History) -> None:
    begin(history).end(True, 1_000)
    history.path.write_bytes(rubbish(b""))
    writers = [writer(history, 20, 0.01) for _ in range(3)]
    ends = [process.communicate()[1] for process in writers]
    assert "history.db.damaged-1" in "".join(ends)
    assert names(history.path.parent) == ["history.db", "history.db.damaged-1"]
    assert [session.practised_ms for session in history.sessions()] == [19] * 3


def test_a_newer_history_is_left_alone(history: History) -> None:
    begin(history).end(True, 1_000)
    with contextlib.closing(sqlite3.connect(history.path)) as database:
        database.execute("PRAGMA user_version = 2")
    before = history.path.read_bytes()
    with pytest.raises(HistoryError, match="newer Stretch Coach; update"):
        history.sessions()
    log = begin(history)
    log.end(True, 2_000)
    assert log.problem is not None
    assert "newer Stretch Coach" in log.problem
    assert history.path.read_bytes() == before
    assert names(history.path.parent) == ["history.db"]


def test_a_database_of_another_program_is_left_alone(history: History) -> None:
    history.path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(history.path)) as database:
        database.execute("CREATE TABLE mine (x)")
        database.commit()
    before = history.path.read_bytes()
    with pytest.raises(HistoryError, match="is not a history of Stretch Coach; move it away"):
        history.sessions()
    log = begin(history)
    assert log.problem is not None
    assert "is not a history" in log.problem
    assert history.path.read_bytes() == before


def spoiled(history: History, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(history.path, isolation_level=None)) as database:
        database.execute(statement)


def of_the_first(column: str, value: str) -> str:
    return f"UPDATE session SET {column} = {value} WHERE rowid = 1"


@pytest.mark.parametrize(
    "statement",
    [
        of_the_first("began", "'yesterday'"),
        of_the_first("began", "replace(began, '2', '3')"),  # another day than began_utc says
        of_the_first("title", "CAST(X'ff' || 'itle' AS TEXT)"),
        of_the_first("planned_ms", "-1"),
        of_the_first("practised_ms", "'long'"),
        of_the_first("practised_ms", "9223372036854775807"),
        of_the_first("outcome", "'finisked'"),
        of_the_first("place", "3"),
        of_the_first("id", "'../../x'"),
        "DELETE FROM stretch WHERE number = 1 AND session = (SELECT id FROM session WHERE rowid = 1)",
        "UPDATE stretch SET done = 2 WHERE session = (SELECT id FROM session WHERE rowid = 1)",
    ],
)
def test_a_row_that_cannot_be_read_is_left_out_and_counted_and_the_rest_is_kept(
    history: History, statement: str
) -> None:
    """One byte of text flipped once made the whole history unreadable for good."""
    for practised_ms in (1_000, 2_000):
        log = begin(history)
        log.at(1, "left", practised_ms)
        log.end(False, practised_ms)
    spoiled(history, statement)
    record = history.read()
    assert [session.practised_ms for session in record.sessions] == [2_000]
    assert record.unreadable == 1
    log = begin(history)
    log.end(True, 3_000)
    assert log.problem is None
    assert names(history.path.parent) == ["history.db"]  # nothing is set aside for it
    assert [session.practised_ms for session in history.sessions()] == [3_000, 2_000]


def test_the_newest_that_can_be_read_can_be_gone_on_with(history: History) -> None:
    for practised_ms in (1_000, 2_000):
        log = begin(history)
        log.at(1, "left", practised_ms)
        log.end(False, practised_ms)
    spoiled(history, "UPDATE session SET title = X'ff' WHERE rowid = 2")
    unfinished = history.last_unfinished()
    assert unfinished is not None
    assert unfinished.practised_ms == 1_000


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE session RENAME COLUMN practised_ms TO qractised_ms",
        "ALTER TABLE stretch RENAME TO stresch",
        "DROP TABLE stretch",
        "DROP TABLE session",
        "DROP INDEX session_began",
        "ALTER TABLE session ADD COLUMN other",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = -7",
        "PRAGMA user_version = 16777217",
    ],
)
def test_an_impossible_schema_is_damage(history: History, statement: str) -> None:
    begin(history).end(True, 1_000)
    spoiled(history, statement)
    with pytest.raises(HistoryError, match=r"it is damaged\. The next session sets it aside and begins a new one$"):
        history.read()
    log = begin(history)
    log.end(True, 2_000)
    assert log.problem is not None
    assert log.problem.count("was damaged; it is kept as history.db.damaged-1, and a new one is begun") == 1
    assert [session.practised_ms for session in history.sessions()] == [2_000]


def test_what_another_program_added_is_no_damage(history: History) -> None:
    begin(history).end(True, 1_000)
    spoiled(history, "CREATE VIEW mine AS SELECT title FROM session")
    spoiled(history, "ANALYZE")
    log = begin(history)
    log.end(True, 2_000)
    assert log.problem is None
    assert len(history.sessions()) == 2


def test_an_empty_file_is_a_history_with_nothing_in_it(history: History) -> None:
    history.path.parent.mkdir()
    history.path.touch()
    assert history.sessions() == ()
    begin(history).end(True, 1_000)
    assert only(history).practised_ms == 1_000
