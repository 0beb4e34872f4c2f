"""What there is to know about a stretch or a routine: as lines for a person, and as data for programs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from coach.core.breath_stages import BreathStages
from coach.core.delivery import Delivery
from coach.core.evidence import Evidence
from coach.core.fields import OTHER_SIDE, Side, Step
from coach.core.movements.repeated_hold import RepeatedHold
from coach.core.routine import Item, Routine
from coach.core.script import Source
from coach.core.timeline import Timeline
from coach.units import clock_text

CONDITIONS = {"fresh-injury": "With a fresh injury", "pregnancy": "In pregnancy"}
"""How a line begins that is about a condition."""


@dataclass(frozen=True)
class Done:
    """One stretch of a routine, and what its dose came to: “2 breaths of 4-6, 20 s” (timing contract, T4)."""

    item: Item
    comes_to: str


@dataclass(frozen=True)
class Facts(ABC):
    """A routine as it would be given; a stretch alone is one of one."""

    routine: Routine
    done: tuple[Done, ...]
    breath: str
    """The breath pattern, or patterns."""
    length_ms: int

    @classmethod
    def of(cls, routine: Routine, delivery: Delivery, timeline: Timeline) -> Facts:
        """Return the facts of a routine, given in a manner, and compiled."""
        stages = zip(routine.items, routine.stages(delivery), strict=True)
        done = tuple(Done(item, _comes_to(item, each, delivery)) for item, each in stages)
        return cls(routine, done, timeline.breath, timeline.duration_ms)

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """Return them as plain values."""

    @abstractmethod
    def lines(self) -> Iterator[str]:
        """Yield them as a person reads them."""

    @property
    def _about(self) -> str:
        return f"about {clock_text(self.length_ms)}"


class StretchFacts(Facts):
    """A stretch alone."""

    def data(self) -> dict[str, Any]:
        """Return all of its script, and what its dose came to."""
        (done,) = self.done
        script = done.item.script.model_dump(mode="json", exclude_none=True)
        return {"id": done.item.id, **script, "comes_to": done.comes_to, "length_ms": self.length_ms}

    def lines(self) -> Iterator[str]:
        """Yield it step by step; a script with sides is shown as its first side hears it."""
        sides = self.done[0].item.sides
        for line in self._lines():
            yield line.replace("{side}", sides[0]).replace("{other_side}", OTHER_SIDE[sides[0]]) if sides else line
        if len(sides) > 1:
            yield f"The {sides[0]} side comes first, then the {sides[1]}, in fewer words."

    def _lines(self) -> Iterator[str]:
        (done,) = self.done
        script, movement = done.item.script, done.item.script.movement
        held = f", each held {movement.hold}" if isinstance(movement, RepeatedHold) else ""
        yield f"{script.name}  ({done.item.id}, {self._about})"
        yield f"Eases {script.eases}."
        yield f"Position: {script.position}. Kind: {movement.kind}."
        yield f"Dose: {movement.dose}{held}; here {done.comes_to}."
        yield ""
        yield "Into it:"
        yield from _steps(script.setup)
        yield "Then:"
        yield from (f"  {line}" for line in movement.lines_shown())
        yield "Out of it:"
        yield from _steps(script.release)
        yield from _remarks(done.item)


class RoutineFacts(Facts):
    """A routine of several stretches."""

    def data(self) -> dict[str, Any]:
        """Return what each stretch came to, and what to know before it."""
        return {
            "id": self.routine.id,
            "name": self.routine.name,
            "breath": self.breath,
            "length_ms": self.length_ms,
            "stretches": [_data(done) for done in self.done],
        }

    def lines(self) -> Iterator[str]:
        """Yield a line for each stretch, and what to leave out in which condition."""
        yield f"{self.routine.name}  ({self.routine.id}, {self._about}, breath {self.breath})"
        yield ""
        width = max(len(done.item.script.name) for done in self.done)
        for number, done in enumerate(self.done, 1):
            script = done.item.script
            yield f"{number:3}. {script.name:{width}}  {done.comes_to}  (dose {done.item.dose.dose})"
            yield from (f"     Caution: {caution.note}" for caution in script.cautions)
        yield from (f"{line}; --gentle does." for line in unsuitable(done.item for done in self.done))
        yield from _evidence(done.item for done in self.done)


def unsuitable(items: Iterable[Item]) -> Iterator[str]:
    """Yield what to leave out in which condition: “In pregnancy leave out Cobra”."""
    scripts = [item.script for item in items]
    for condition, title in CONDITIONS.items():
        names = dict.fromkeys(script.name for script in scripts if condition in script.unsuitable)
        if names:
            yield f"{title} leave out {', '.join(names)}"


def kinds_of_evidence(items: Iterable[Item]) -> tuple[Evidence, ...]:
    """Return what kinds of exercise there are among some stretches, each once."""
    kinds = dict.fromkeys(item.script.evidence for item in items)
    return tuple(kind for kind in kinds if kind is not None)


def source_name(source: Source) -> str:
    """Return what a source is called: “article 002”, or its page."""
    return f"article {source.article}" if source.article.isdigit() else source.article


def _comes_to(item: Item, stages: BreathStages, delivery: Delivery) -> str:
    def of(side: Side | None) -> str:
        return item.script.movement.comes_to(item.task(stages, delivery, side))

    if item.side_doses or len(item.sides) == 1:
        once = "; ".join(f"{of(side)} {side}" for side in item.sides)
    else:
        once = of(None) + (" each side" if item.sides else "")
    return once if item.sets == 1 else f"{item.sets} sets: {once}"


def _data(done: Done) -> dict[str, Any]:
    script = done.item.script
    return {
        "id": done.item.id,
        "name": script.name,
        "position": script.position,
        "dose": str(done.item.dose.dose),
        "comes_to": done.comes_to,
        "cautions": [caution.note for caution in script.cautions],
        "unsuitable": list(script.unsuitable),
        "instead": script.instead,
    }


def _steps(steps: tuple[Step, ...]) -> Iterator[str]:
    return (f"  {step.say}" for step in steps)


def _remarks(item: Item) -> Iterator[str]:
    """Yield what to know before a stretch, and where its dose comes from."""
    script = item.script
    for title, notes in (("Caution", script.cautions), ("Easier", script.easier), ("Harder", script.harder)):
        yield from (f"{title}: {note.note}" for note in notes)
    for condition in script.unsuitable:
        instead = "" if script.instead is None else f" --gentle takes {script.instead} instead."
        yield f"{CONDITIONS.get(condition, condition)} leave this out.{instead}"
    for source in script.sources:
        note = "" if source.note is None else f" ({source.note})"
        yield f"Source: {source_name(source)}, dose {source.dose}{note}"
    yield from _evidence((item,))


def _evidence(items: Iterable[Item]) -> Iterator[str]:
    """Yield how good the evidence is, once for each kind of exercise."""
    return (f"Evidence, {kind.replace('-', ' ')}: {kind.told}" for kind in kinds_of_evidence(items))
