"""Going on with the last session: where it stopped, and in which manner."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from coach.audio.finish import BACKGROUNDS
from coach.core.languages import ENGLISH
from coach.core.routine import Departure, Routine
from coach.errors import InputError
from coach.files import expanded
from coach.history.store import History
from coach.library.paths import is_path
from coach.order import Order

if TYPE_CHECKING:
    from collections.abc import Set


class Stop(NamedTuple):
    """Where a session stopped: at a stretch, and which one of the routine it was, from 0."""

    stretch: str
    """Its id."""
    number: int


def last_stop(now: Order, given: Set[str]) -> tuple[Order, Stop]:
    """Return the order of the last session that was not finished, and where it stopped.

    Args:
        now: an order whose values take the place of those of the session.
        given: which of its fields do.

    Raises:
        InputError: there is no such session, or another version of the coach kept it.
    """
    last = History.open().last_unfinished()
    if last is None or last.goes_on_at is None:
        raise InputError("there is no session to go on with: the last one was finished, or there was none")
    try:
        before = Order.from_json(last.order)
    except InputError as error:
        raise InputError("the last session was played by another version of the coach; begin a new one") from error
    order = before.changed(**{name: getattr(now, name) for name in given})
    return order, Stop(last.stretches[last.goes_on_at].id, last.goes_on_at)


def from_anywhere(order: Order) -> Order:
    """Return an order that means the same from any folder: it is kept with the session, which may go on later."""
    order = order.changed(targets=tuple(map(_in_full, order.targets)))
    if order.background is None or str(order.background) in BACKGROUNDS:
        return order
    return order.changed(background=expanded(str(order.background)).absolute())


def going_on_at(routine: Routine, stop: Stop) -> Routine:
    """Return a routine that goes on where a session stopped.

    Raises:
        InputError: that stretch is no longer in it.
    """
    # Since then the script may have changed, or other stretches may be left out.
    found = [index for index, item in enumerate(routine.items) if item.id == stop.stretch]
    if not found:
        raise InputError(
            f"the last session stopped at {stop.stretch}, which is no longer in the routine; begin a new one"
        )
    index = min(found, key=lambda each: abs(each - stop.number))
    if not index:
        return routine
    return replace(routine, departure=Departure(index, greeting=ENGLISH.phrases.WELCOME_BACK))


def _in_full(target: str) -> str:
    return str(expanded(target).absolute()) if is_path(target) else target
