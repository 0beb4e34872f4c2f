"""What a plan is made of. Inside a :class:`Paced` segment times are fixed by the beat and count from its first beat;
between segments they follow from how long the words take.
"""

from __future__ import annotations

from dataclasses import dataclass

from coach.core.breath import Phase
from coach.core.fields import Side
from coach.core.timeline import Part, Sound


@dataclass(frozen=True)
class Where:
    """What a cue belongs to."""

    stretch: str | None = None
    side: Side | None = None
    rep: int | None = None
    item: int | None = None
    part: Part | None = None
    set: int | None = None

    @property
    def turn(self) -> int:
        """Which of the wordings that take turns belongs here: the next one at each stretch, and at each side."""
        return (self.item or 0) + (self.side == "left")

    def worded(self, wordings: tuple[str, ...]) -> str:
        """Return the wording that belongs here."""
        return wordings[self.turn % len(wordings)]


@dataclass(frozen=True)
class Say:
    """Words, and the time after them."""

    text: str
    after_ms: int
    where: Where
    meanwhile: bool = False
    """Whether the time begins with the words; then half of it at least still follows them."""


@dataclass(frozen=True)
class Wait:
    """Silence."""

    wait_ms: int


@dataclass(frozen=True)
class Chime:
    """A signal."""

    sound: Sound
    where: Where


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat of a paced segment and the word that would be heard on it."""

    at_ms: int
    word: str
    phase: Phase | None
    count: int
    rep: int

    @property
    def turns(self) -> bool:
        """Whether its word turns the breath (“In”, “Out”), which “halfway” must not cover."""
        return self.phase is not None and self.count == 1


@dataclass(frozen=True, slots=True)
class Breath:
    """One phase of one breath."""

    phase: Phase
    start_ms: int
    end_ms: int
    rep: int
    """The repetition it belongs to: the breath itself, unless a repeated hold is paced by breath."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A sound at which the breath turns."""

    at_ms: int
    sound: Sound
    phase: Phase
    rep: int


@dataclass(frozen=True, slots=True)
class Line:
    """Words that belong to a moment of a paced segment. They outrank counts and “halfway”, and are never left out."""

    text: str
    from_ms: int | None
    """When they should be first heard; ``None``: as late as the deadline allows."""
    by_ms: int
    """When they must be over, before whatever is heard at that moment."""
    phase: Phase | None
    rep: int | None
    part: Part


@dataclass(frozen=True, slots=True)
class Halfway:
    """The word that half of a segment is over."""

    text: str
    at_ms: int
    """Where it belongs."""
    reach_ms: int = 10_000
    """How far it may move to stand clear; else it is left out."""


@dataclass(frozen=True, kw_only=True)
class Paced:
    """Time that belongs to the beat."""

    length_ms: int
    where: Where
    beats: tuple[Beat, ...] = ()
    breaths: tuple[Breath, ...] = ()
    lines: tuple[Line, ...] = ()
    strikes: tuple[Strike, ...] = ()
    halfway: Halfway | None = None
    chime: bool
    """Whether the begin chime announces it."""
    swell: str | None = None
    """What swells with its breaths, as a timeline calls it."""


Segment = Say | Wait | Chime | Paced


def texts_of(segment: Segment) -> tuple[str, ...]:
    """Return what must be spoken for a segment, in the order of first need."""
    match segment:
        case Say(text=text):
            return (text,)
        case Paced(lines=lines, beats=beats, halfway=halfway):
            last = (halfway.text,) if halfway else ()
            return (*(line.text for line in lines), *(beat.word for beat in beats), *last)
        case Wait() | Chime():
            return ()
