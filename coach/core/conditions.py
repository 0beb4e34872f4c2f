"""Conditions in which stretches are swapped or left out: data, read from ``scripts/conditions.yaml``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import Field, RootModel

from coach.core.fields import Keys, Model
from coach.core.languages import ENGLISH
from coach.core.positions import Demand, Move, Positions
from coach.core.routine import Item, Routine, fix_item
from coach.core.script import ConditionName, StretchScript

GENTLE = ("fresh-injury", "pregnancy")
"""What ``--gentle`` avoids."""


OWN_WAY_TIME = "15 s"
"""To get somewhere in one's own way."""


class Condition(Model):
    """What one condition forbids, and why."""

    name: str = Field(min_length=1, max_length=80, description="As people call it: “sore knees”.")
    forbids: tuple[Demand, ...] = Field(default=(), description="What no stretch may demand.")
    also: tuple[ConditionName, ...] = Field(
        default=(), description="Conditions that this is one of: what is unsuitable in them is unsuitable in this."
    )
    why: str = Field(min_length=1, max_length=300)
    source: str = Field(min_length=1, max_length=300)


class Conditions(RootModel[dict[ConditionName, Condition]]):
    """Every condition, by name."""

    @property
    def by_name(self) -> Mapping[str, Condition]:
        """Every condition."""
        return self.root

    def joined(self, other: Conditions) -> Conditions:
        """Return these with others, which outrank them where both know a condition."""
        return Conditions({**self.root, **other.root})

    def problems(self, known: Collection[str] = ()) -> list[tuple[Keys, str]]:
        """Return what no single field can see, as (path of keys, message); ``known`` are conditions from elsewhere."""
        return [
            ((name, "also", index), f"there is no condition called “{other}”")
            for name, condition in self.root.items()
            for index, other in enumerate(condition.also)
            if other not in self.root and other not in known
        ]

    def reason(self, names: Sequence[str], script: StretchScript, positions: Positions) -> str | None:
        """Return why a stretch is not for somebody with some conditions: the name of one of them; ``None`` if it is."""
        asked = {demand for place in _places(script) for demand in positions.positions[place].demands}
        asked |= set(script.demands)
        for name in names:
            condition = self.root[name]
            if asked & set(condition.forbids) or {name, *condition.also} & set(script.unsuitable):
                return condition.name
        return None


def _places(script: StretchScript) -> tuple[str, ...]:
    return (script.position, script.ends_in or script.position)


@dataclass(frozen=True)
class Avoiding:
    """What is to be avoided, and where other stretches come from."""

    names: tuple[str, ...]
    """Conditions."""
    conditions: Conditions
    find: Callable[[str], StretchScript]
    """Returns the script of a stretch by its name."""


def avoid(routine: Routine, avoiding: Avoiding) -> tuple[Routine, tuple[str, ...]]:
    """Leave out each stretch that a condition forbids, or swap it for one that it does not.

    Returns:
        The routine, which may have no stretches left, and a line about each change.
    """
    names = {item.id for item in routine.items}
    kept: list[Item] = []
    changes: dict[str, None] = {}
    taken: dict[str, Item] = {}
    for item in routine.items:
        reason = avoiding.conditions.reason(avoiding.names, item.script, routine.positions)
        if reason is None:
            kept.append(item)
            continue
        other = item.script.instead
        swapped = taken.get(item.id)
        if swapped is None and other is not None and other not in names:
            swapped = fix_item(other, avoiding.find(other), breath=item.breath)
        if swapped is None or avoiding.conditions.reason(avoiding.names, swapped.script, routine.positions):
            changes[f"without {item.script.name} ({reason})"] = None
        else:
            names.add(swapped.id)
            taken[item.id] = swapped
            kept.append(replace(swapped, pauses=item.pauses, round=item.round))
            changes[f"{swapped.script.name} instead of {item.script.name} ({reason})"] = None
    forbidden = {demand for name in avoiding.names for demand in avoiding.conditions.by_name[name].forbids}
    speech = ENGLISH.phrases
    own = [Move.model_validate({"say": say, "move": OWN_WAY_TIME}) for say in (speech.OWN_WAY, speech.OWN_WAY_UP)]
    positions = routine.positions.without(forbidden, *own)
    return replace(routine, items=tuple(kept), positions=positions), tuple(changes)
