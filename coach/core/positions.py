"""Positions of the body, and the ways between them: data, read from ``scripts/positions.yaml``."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import count
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from coach.core.fields import Keys, Line, Model, SecondsText, Shorthand

PositionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Demand = Literal[
    "lying-on-back",
    "lying-on-front",
    "kneeling",
    "deep-knee-bend",
    "weight-on-hands",
    "arm-overhead",
    "bending-forward",
    "bending-back",
    "bending-sideways",
    "twisting",
    "deep-hip-bend",
    "hip-crossing",
    "straight-leg-raise",
    "head-low",
    "straining",
    "balance",
]
"""What a position or a stretch asks of the body."""
Prop = Annotated[str, Field(min_length=1, max_length=60, description="Like “a towel”: it is named in the opening.")]


class Move(Shorthand):
    """One spoken step from a position toward another."""

    shorthand = "say"

    say: Line
    move: SecondsText = Field(default=5_000, description="Time to do it, from the end of the words.")


class Position(Model):
    """Where the body is when a stretch begins or ends."""

    name: str = Field(min_length=1, max_length=80, description="As “coach show” lists it: “on the back, knees bent”.")
    begin: tuple[Move, ...] = Field(min_length=1, description="How to get there from wherever one is at first.")
    eyes: Literal["closed", "open"] = Field(default="closed", description="“open” if they should not be closed there.")
    rest: tuple[Line, ...] = Field(default=(), description="What is said there at the end of a routine.")
    rise: tuple[Move, ...] = Field(default=(), description="How to come up from it then.")
    demands: tuple[Demand, ...] = Field(default=(), description="What it asks of the body.")
    rise_demands: tuple[Demand, ...] = Field(default=(), description="What coming up from it asks besides.")
    props: tuple[Prop, ...] = Field(default=(), description="What must be at hand there.")
    rise_props: tuple[Prop, ...] = Field(default=(), description="What must be at hand to come up from it.")


class Way(Model):
    """How to get from one position to another."""

    from_: PositionName = Field(alias="from")
    to: PositionName
    steps: tuple[Move, ...] = Field(min_length=1)
    props: tuple[Prop, ...] = ()

    @cached_property
    def move_ms(self) -> int:
        """How long its steps take, without their words."""
        return sum(step.move for step in self.steps)


class Positions(Model):
    """Every position, and every way that has steps of its own."""

    positions: dict[PositionName, Position]
    ways: tuple[Way, ...] = ()
    own_way: Move | None = Field(default=None, exclude=True, description="Said where no way leads that may be taken.")

    def without(self, forbidden: Collection[str], own_way: Move, own_way_up: Move) -> Positions:
        """Return them for a person of whom some things may not be asked, on no way and not in coming up either.

        Args:
            forbidden: demands.
            own_way: what is said where no way is left.
            own_way_up: how to come up where that asks too much.
        """
        barred = {name for name, position in self.positions.items() if set(position.demands) & set(forbidden)}
        up = {"rise": (own_way_up,), "rise_props": ()}
        positions = {
            name: position.model_copy(update=up) if set(position.rise_demands) & set(forbidden) else position
            for name, position in self.positions.items()
        }
        ways = tuple(way for way in self.ways if not {way.from_, way.to} & barred)
        return Positions(positions=positions, ways=ways, own_way=own_way)

    def joined(self, other: Positions) -> Positions:
        """Return these with others, which outrank them where both know a position or a way."""
        known = {(way.from_, way.to): way for way in (*self.ways, *other.ways)}
        return Positions(positions={**self.positions, **other.positions}, ways=tuple(known.values()))

    def problems(self, known: Collection[str] = ()) -> Iterator[tuple[Keys, str]]:
        """Yield what no single field can see, as (path of keys, message); ``known`` are positions from elsewhere."""
        for index, way in enumerate(self.ways):
            for key, name in (("from", way.from_), ("to", way.to)):
                if name not in self.positions and name not in known:
                    yield ("ways", index, key), f"there is no position called “{name}”"

    def path(self, origin: str | None, target: str) -> tuple[Way, ...]:
        """Return the quickest ways that lead from one position to another; none from where one is at first."""
        if origin is None or origin == target:
            return ()
        return self._paths_from(origin).get(target, ())

    def moves(self, origin: str | None, target: str) -> tuple[Move, ...]:
        """Return the spoken steps from one position to another; ``None`` is wherever the listener starts.

        Already being there needs no words. If no ways lead there, one begins there anew.
        """
        if origin == target:
            return ()
        if steps := tuple(step for way in self.path(origin, target) for step in way.steps):
            return steps
        alone = () if self.own_way is None or origin is None else (self.own_way,)
        return (*alone, *self.positions[target].begin)

    def needs_eyes(self, origin: str | None, target: str) -> bool:
        """Whether the way there leads through a position in which eyes should be open, or is not known."""
        places = [way.to for way in self.path(origin, target)]
        if origin != target and not places:
            return True
        return any(self.positions[place].eyes == "open" for place in (*([origin] if origin else []), *places))

    def _paths_from(self, origin: str) -> dict[str, tuple[Way, ...]]:
        if origin not in self._paths:
            self._paths[origin] = self._quickest(origin)
        return self._paths[origin]

    @cached_property
    def _paths(self) -> dict[str, dict[str, tuple[Way, ...]]]:
        return {}

    def _quickest(self, origin: str) -> dict[str, tuple[Way, ...]]:
        found: dict[str, tuple[Way, ...]] = {}
        order = count()
        waiting: list[tuple[int, int, str, tuple[Way, ...]]] = [(0, next(order), origin, ())]
        while waiting:
            ms, _, place, path = heapq.heappop(waiting)
            if place in found:
                continue
            found[place] = path
            for way in self.ways:
                if way.from_ == place and way.to not in found:
                    heapq.heappush(waiting, (ms + way.move_ms, next(order), way.to, (*path, way)))
        return found
