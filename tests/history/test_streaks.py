"""What sessions add up to, against a model that looks at each day by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.history.model import Outcome, Session
from coach.history.streaks import COUNTS_MS, Streaks, days_that_count, streaks, weeks

TODAY = date(2026, 11, 18)  # a Wednesday
DAY = timedelta(days=1)


def session(day: date, practised_ms: int = COUNTS_MS, outcome: Outcome = Outcome.STOPPED, hour: int = 7) -> Session:
    began = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return made(began, practised_ms, outcome)


def made(began: datetime, practised_ms: int, outcome: Outcome) -> Session:
    return Session(
        id="x",
        began=began,
        routine="r",
        title="R",
        order="{}",
        planned_ms=0,
        practised_ms=practised_ms,
        stretches=(),
        outcome=outcome,
    )


def on(*days_ago: int) -> list[Session]:
    return [session(TODAY - back * DAY) for back in days_ago]


@pytest.mark.parametrize(
    ("days_ago", "current", "longest"),
    [
        ((), 0, 0),
        ((0,), 1, 1),
        ((1,), 1, 1),  # there is still time today
        ((2,), 0, 1),
        ((0, 1, 2), 3, 3),
        ((1, 2, 3, 5), 3, 3),
        ((0, 2, 3, 4, 5), 1, 4),
        ((0, 0, 0), 1, 1),
        ((-1, 0, 1), 2, 3),  # begun in a place where it is tomorrow already
        ((-9,), 0, 1),
    ],
)
def test_days_in_a_row(days_ago: tuple[int, ...], current: int, longest: int) -> None:
    assert streaks(on(*days_ago), TODAY) == Streaks(current, longest)


def test_a_day_counts_when_something_was_finished_or_three_minutes_were_practised_in_all() -> None:
    assert days_that_count([session(TODAY, COUNTS_MS - 1)]) == set()
    assert days_that_count([session(TODAY, COUNTS_MS)]) == {TODAY}
    assert days_that_count([session(TODAY, 100_000), session(TODAY, 80_000)]) == {TODAY}
    assert days_that_count([session(TODAY, 100_000), session(TODAY - DAY, 80_000)]) == set()
    assert days_that_count([session(TODAY, 60_000, Outcome.FINISHED)]) == {TODAY}
    assert days_that_count([session(TODAY, COUNTS_MS, Outcome.RUNNING)]) == {TODAY}


def test_a_session_belongs_to_the_day_by_the_clock_of_its_place() -> None:
    late = datetime(2026, 11, 18, 23, 30, tzinfo=timezone(timedelta(hours=-8)))  # the 19th in UTC
    night = made(late, COUNTS_MS, Outcome.STOPPED)
    assert days_that_count([night]) == {date(2026, 11, 18)}


def test_weeks_begin_on_monday_and_the_newest_is_last() -> None:
    before, this = weeks([*on(0, 2, 3), session(TODAY, 5_000)], TODAY, 2)
    assert (before.monday, before.practised_ms) == (date(2026, 11, 9), COUNTS_MS)
    assert before.days == (False, False, False, False, False, False, True)
    assert (this.monday, this.practised_ms) == (date(2026, 11, 16), 2 * COUNTS_MS + 5_000)
    assert this.days == (True, False, True, False, False, False, False)


practices = st.lists(
    st.tuples(st.integers(-2, 40), st.integers(0, 300_000), st.sampled_from(Outcome), st.integers(0, 23)), max_size=40
)


@given(practices)
def test_days_in_a_row_are_those_of_the_model(practised: list[tuple[int, int, Outcome, int]]) -> None:
    kept = [session(TODAY - back * DAY, ms, outcome, hour) for back, ms, outcome, hour in practised]

    def counts(back: int) -> bool:
        that_day = [(ms, outcome) for ago, ms, outcome, _ in practised if ago == back]
        return sum(ms for ms, _ in that_day) >= 180_000 or any(how == "finished" for _, how in that_day)

    row = "".join("x" if counts(back) else " " for back in range(-2, 50))
    until_today = row[2:] if counts(0) else row[3:]
    assert streaks(kept, TODAY) == Streaks(len(until_today.split(" ")[0]), max(map(len, row.split(" "))))


@given(practices, st.integers(1, 10))
def test_weeks_are_those_of_the_model(practised: list[tuple[int, int, Outcome, int]], count: int) -> None:
    kept = [session(TODAY - back * DAY, ms, outcome, hour) for back, ms, outcome, hour in practised]
    shown = weeks(kept, TODAY, count)
    assert [week.monday.isocalendar()[2] for week in shown] == [1] * count
    assert shown[-1].monday <= TODAY < shown[-1].monday + 7 * DAY
    for week in shown:
        same = [one for one in kept if one.day.isocalendar()[:2] == week.monday.isocalendar()[:2]]
        assert week.practised_ms == sum(one.practised_ms for one in same)
        assert week.days == tuple(week.monday + day * DAY in days_that_count(kept) for day in range(7))
