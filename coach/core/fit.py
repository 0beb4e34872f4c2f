"""Fitting a routine to a length: doses move inside their ranges, all by the same share, then pauses take up the rest.

How long a routine lasts depends on the voice, so the length is asked of a function; everything else is arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from coach.core.plan import MAX_ROUTINE_MS, ROOM_MS
from coach.core.routine import Breathing, Item, Routine, of_length

TOLERANCE_MS = 5_000
"""A routine asked to fit ends this near at most (timing contract, T8)."""
MOST_SLACK_MS = 12_000
"""The most that the pause after a stretch is lengthened: longer would feel as if something were missing."""
LONGEST_BREATHING_MS = MAX_ROUTINE_MS - ROOM_MS
_TRIES = 4
_SHARES = 1000  # doses move in thousandths of their ranges


@dataclass(frozen=True)
class Length:
    """A length asked for.

    Raises:
        ValueError: it is not a length.
    """

    target_ms: int
    """Of the whole file, more than 0."""
    drop: bool = False
    """Whether stretches may be left out to reach it."""

    def __post_init__(self) -> None:
        if self.target_ms < 1:
            raise ValueError(f"a length is more than 0 ms, not {self.target_ms}")


LengthOf = Callable[[Routine], int]
"""Returns a routine's length in milliseconds."""


@dataclass(frozen=True)
class Fitted:
    """A routine that fits."""

    routine: Routine
    dropped: tuple[str, ...]
    """The names of the stretches that were left out to make it fit."""


class DoesNotFitError(ValueError):
    """No dose inside the ranges makes it so long; says which lengths are possible."""

    def __init__(self, shortest_ms: int, longest_ms: int, nearest_ms: tuple[int, ...] = ()) -> None:
        self.shortest_ms = shortest_ms
        self.longest_ms = longest_ms
        self.nearest_ms = nearest_ms
        """Where the length asked for lies in a gap between two: long breaths and few stretches leave some."""
        near = " or ".join(f"{ms / 60_000:.2f}" for ms in nearest_ms)
        super().__init__(
            f"it can last from {shortest_ms / 60_000:.1f} to {longest_ms / 60_000:.1f} minutes"
            + (f", near this {near}" if near else "")
        )


def fit(routine: Routine, target_ms: int, length_of: LengthOf, *, drop: bool = False) -> Fitted:
    """Return the routine with doses that make it last ``target_ms``, to within :data:`TOLERANCE_MS`.

    Every dose moves by the same share of its range; what is left is given to single doses in the routine's order, and
    the rest lengthens the pauses between stretches evenly.

    Args:
        routine: what to fit.
        target_ms: how long it should last.
        length_of: how long a routine lasts with the voice at hand.
        drop: leave out stretches, from the end where that is enough, when even the smallest doses are too long.

    Raises:
        DoesNotFitError: no doses inside their ranges, and no drop that is allowed, make it fit.
    """
    refused: DoesNotFitError | None = None
    for candidate in _shorter(routine, target_ms, length_of) if drop else (routine,):
        shortest_ms = length_of(candidate.at(0, _SHARES))
        longest_ms = length_of(candidate.at(1, 1)) + MOST_SLACK_MS * len(candidate.items)
        if shortest_ms - TOLERANCE_MS <= target_ms <= longest_ms + TOLERANCE_MS:
            best = _filled(candidate, target_ms, length_of)
            if abs(length_of(best) - target_ms) <= TOLERANCE_MS:
                kept = {id(item) for item in candidate.items}
                dropped = tuple(item.script.name for item in routine.items if id(item) not in kept)
                return Fitted(best, dropped)
            nearest_ms = _around(candidate, target_ms, length_of)
            refused = refused or DoesNotFitError(shortest_ms, longest_ms, nearest_ms)
        refused = refused or DoesNotFitError(shortest_ms, longest_ms)
    assert refused is not None  # noqa: S101 - there is one candidate at least
    raise refused


def fit_breathing(breathing: Breathing, target_ms: int, length_of: Callable[[Breathing], int]) -> Breathing:
    """Return breathing alone with as many whole breaths as make the whole of it last nearest to ``target_ms``.

    Args:
        breathing: what to fit.
        target_ms: how long it should last, with its opening and closing words.
        length_of: how long it lasts with the voice at hand.

    Raises:
        DoesNotFitError: even one breath makes it too long.
    """
    shortest_ms = length_of(replace(breathing, dose=of_length(1)))
    if target_ms < shortest_ms - TOLERANCE_MS:
        raise DoesNotFitError(shortest_ms, LONGEST_BREATHING_MS)
    # The words take the same time whatever the breaths do: what is left of the length is theirs.
    best, off_ms = breathing, target_ms
    dose_ms = max(1, target_ms - shortest_ms)
    for _ in range(_TRIES):
        candidate = replace(breathing, dose=of_length(dose_ms))
        short_ms = target_ms - length_of(candidate)
        if abs(short_ms) < abs(off_ms):
            best, off_ms = candidate, short_ms
        dose_ms = max(1, dose_ms + short_ms)
    return best


def _filled(routine: Routine, target_ms: int, length_of: LengthOf) -> Routine:
    """Return the doses that come nearest: not over the target if that is near enough, else a little over it."""
    best = _filled_up_to(routine, target_ms, target_ms, length_of)
    if abs(length_of(best) - target_ms) <= TOLERANCE_MS:
        return best
    return _filled_up_to(routine, target_ms + TOLERANCE_MS, target_ms, length_of)


def _filled_up_to(routine: Routine, limit_ms: int, target_ms: int, length_of: LengthOf) -> Routine:
    fitted = _fill(routine.at(_even_share(routine, limit_ms, length_of), _SHARES), limit_ms, length_of)
    slack_ms = min(max(0, target_ms - length_of(fitted)), MOST_SLACK_MS * len(fitted.items))
    return replace(fitted, slack_ms=slack_ms)


def _around(routine: Routine, target_ms: int, length_of: LengthOf) -> tuple[int, ...]:
    """Return the nearest possible lengths below and above one that is not possible."""
    below_ms = length_of(_filled_up_to(routine, target_ms, target_ms, length_of))
    above = routine.at(min(_SHARES, _even_share(routine, target_ms, length_of) + 1), _SHARES)
    return below_ms, length_of(above)


def _shorter(routine: Routine, target_ms: int, length_of: LengthOf) -> Iterator[Routine]:
    """Yield what remains when stretches are left out: those that fit, taken in order from the first on; where that is
    too little or too much, from the second on, and so forth.
    """
    for start in range(len(routine.items)):
        kept = routine.items[start : start + 1]
        for item in routine.items[start + 1 :]:
            longer = replace(routine, items=(*kept, item)).at(0, _SHARES)
            if length_of(longer) <= target_ms + TOLERANCE_MS:
                kept = (*kept, item)
        yield replace(routine, items=kept)


def _even_share(routine: Routine, target_ms: int, length_of: LengthOf) -> int:
    """Return the largest common share of every range that is not too long."""
    low, high = 0, _SHARES
    while low < high:
        middle = (low + high + 1) // 2
        if length_of(routine.at(middle, _SHARES)) <= target_ms:
            low = middle
        else:
            high = middle - 1
    return low


def _fill(routine: Routine, target_ms: int, length_of: LengthOf) -> Routine:
    """Give what is left to one dose after the other, each a step at most, as long as it is not too long."""
    for index, item in enumerate(routine.items):
        larger = _one_more(item)
        if larger is None:
            continue
        items = (*routine.items[:index], larger, *routine.items[index + 1 :])
        longer = replace(routine, items=items)
        if length_of(longer) <= target_ms:
            routine = longer
    return routine


def _one_more(item: Item) -> Item | None:
    dose = item.dose.dose
    steps = (10_000, 30_000) if dose.unit == "s" else (item.script.movement.dose_step,)
    for step in steps:
        larger = item.script.movement.fixed_dose(replace(item.dose, value=item.dose.value + step))
        if item.dose.value < larger.value <= dose.at(1, 1).value:
            return replace(item, dose=larger)
    return None
