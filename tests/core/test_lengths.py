"""Lengths measured stretch by stretch are those of the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from coach.core.delivery import Delivery
from coach.core.lengths import Lengths
from coach.core.plan import TooLongError, lay
from coach.core.routine import Departure, Routine, Turn
from coach.core.timeline import ClipTiming
from support.making import SOUNDS, delivery, routine, stretch, timings
from support.routines import circuits, deliveries, routines


def lengths_under(delivery: Delivery, seed: int) -> Lengths:
    def timings_of(texts: tuple[str, ...], _: frozenset[str]) -> Mapping[str, ClipTiming]:
        return timings(texts, seed)

    return Lengths(delivery, SOUNDS, timings_of)


def placed_ms(routine: Routine, delivery: Delivery, seed: int) -> int:
    plan = lay(routine, delivery)
    return plan.place(timings(plan.texts, seed), SOUNDS, check_beat=False).duration_ms


def outcome(length_ms: Callable[[], int]) -> int | None:
    """Return a length; ``None`` if it is refused as too long."""
    try:
        return length_ms()
    except TooLongError:
        return None


@given(
    st.one_of(routines, circuits),
    deliveries,
    st.integers(0, 3),
    st.lists(st.integers(0, 1_000), min_size=1, max_size=4),
    st.data(),
)
def test_they_are_those_of_the_whole(
    one: Routine, manner: Delivery, seed: int, shares: list[int], data: st.DataObject
) -> None:
    """At any doses, with any of its stretches left out, with any pauses, from any place on."""
    lengths = lengths_under(manner, seed)
    for share in shares:
        items = tuple(item.at(share, 1_000) for item in one.items if data.draw(st.booleans()))
        first = data.draw(st.integers(0, len(items)))
        departure = data.draw(st.sampled_from([None, Departure(first, Turn.AGAIN)])) if items else None
        other = replace(one, items=items, slack_ms=share * 7, departure=departure)
        measured = outcome(lambda: lengths.length_ms(other))  # noqa: B023 - called at once
        assert measured == outcome(lambda: placed_ms(other, manner, seed))  # noqa: B023


def test_leaving_out_one_with_open_eyes_changes_the_way_after_it() -> None:
    awake, last = stretch(position="back", eyes="open"), stretch(position="back")
    one = routine(stretch(position="back"), awake, last)
    lengths = lengths_under(delivery(), 0)
    asleep, awake_item, then = one.items
    for items in ((asleep, then), (awake_item, then), (then, asleep), (then, awake_item)):
        other = replace(one, items=items)
        assert lengths.length_ms(other) == placed_ms(other, delivery(), 0)
