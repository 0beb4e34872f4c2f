"""How a routine is delivered: how much is said, how the breath is paced, how much time there is to move."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from coach.core.breath import BreathPattern
from coach.core.languages import Phrases, language
from coach.core.timeline import BREATH_NOISE, TONE

EARLIEST_BEAT_MS, LATEST_BEAT_MS = 300, 5_000
"""The shortest and the longest count."""


class Words(StrEnum):
    """How much is said."""

    FULL = "full"
    """Everything: for the first weeks."""
    BRIEF = "brief"
    """The essentials, as the second side hears them."""
    NAMES = "names"
    """Names, sides and signals, for those who know the stretches; the time to move stays."""


class Pace(StrEnum):
    """What one hears of the breath."""

    COUNT = "count"
    """“In, two, three, four. Out, two …”"""
    WORDS = "words"
    """“Breathe in … breathe out.”"""
    TONE = "tone"
    """A soft swell that rises through the inhale and falls through the exhale."""
    TONE_AND_COUNT = "tone+count"
    """Both, the tone under the voice."""
    BREATH = "breath"
    """A noise like that of a breath, that swells and fades with each phase."""
    CHIME = "chime"
    """One sound for in, another for out."""
    SILENT = "silent"
    """Nothing: only the chimes at both ends, and the last breath announced."""

    @property
    def counts(self) -> bool:
        """Whether counts are spoken."""
        return self in (Pace.COUNT, Pace.TONE_AND_COUNT)

    @property
    def swell(self) -> str | None:
        """What swells with the breath, as a timeline calls it, if anything does."""
        if self in (Pace.TONE, Pace.TONE_AND_COUNT):
            return TONE
        return BREATH_NOISE if self is Pace.BREATH else None


class Guidance(StrEnum):
    """How soon counting thins out, once the rhythm is set."""

    FULL = "full"
    """Every count of every breath."""
    FADING = "fading"
    """Every count of the first breaths, then only “in” and “out”, then quiet."""
    MINIMAL = "minimal"
    """“In” and “out” of the first breaths, then quiet."""


class Setup(StrEnum):
    """How much time there is to get into and out of a position."""

    RELAXED = "relaxed"
    NORMAL = "normal"
    BRISK = "brisk"

    def of(self, ms: int) -> int:
        """Return a time to move, in milliseconds, made longer or shorter."""
        return ms * _SETUP_PERCENT[self] // 100


_SETUP_PERCENT = {Setup.RELAXED: 150, Setup.NORMAL: 100, Setup.BRISK: 70}


class Level(StrEnum):
    """How much a movement asks."""

    EASIER = "easier"
    """The easier steps that scripts have, and the smallest doses."""
    USUAL = "usual"
    HARDER = "harder"
    """The harder steps, and the largest doses."""


class Spoken(Enum):
    """How much of one breath is spoken."""

    COUNTS = auto()
    TURNS = auto()
    """Only the words at which the breath turns."""
    NOTHING = auto()


COUNTED_BREATHS = 2
"""With fading guidance, on how many breaths every count is spoken: the first two set the rhythm."""
TURNED_BREATHS = 4
"""On how many breaths after that “in” and “out” are still said."""


def spoken_on(guidance: Guidance, breath: int, breaths: int, *, stays: bool) -> Spoken:
    """Return how much of one breath is spoken.

    Args:
        guidance: how soon the counting thins out.
        breath: which breath, from 1; below 1 while lines still take the place of counts.
        breaths: how many there are; the last one always has its “in” and “out”, to lead out of the hold.
        stays: whether “in” and “out” go on to the end, since each of them is a movement.
    """
    if guidance is Guidance.FULL:
        return Spoken.COUNTS
    counted = COUNTED_BREATHS if guidance is Guidance.FADING else 0
    turned = COUNTED_BREATHS + (TURNED_BREATHS if guidance is Guidance.FADING else 0)
    if breath <= counted:
        return Spoken.COUNTS
    if stays or breath in (1, breaths) or breath <= turned:
        return Spoken.TURNS
    return Spoken.NOTHING


@dataclass(frozen=True)
class Delivery:
    """How a routine is delivered.

    Raises:
        ValueError: there is no breath, or the beat is impossible.
    """

    breath: tuple[BreathPattern, ...]
    """One breath pattern, or the stages of a ramp in their order."""
    beat_ms: int
    """Length of one count, 300 to 5000 ms."""
    words: Words = Words.FULL
    pace: Pace = Pace.COUNT
    guidance: Guidance = Guidance.FADING
    setup: Setup = Setup.NORMAL
    breath_is_chosen: bool = True
    """Whether the listener chose the breath: then it outranks what scripts say, except a flow's own."""
    level: Level = Level.USUAL
    language: str = "en"
    """In which language the coach adds words of its own; a script's lines are in that of their writer."""

    def __post_init__(self) -> None:
        if not self.breath:
            raise ValueError("a delivery needs a breath pattern")
        if not EARLIEST_BEAT_MS <= self.beat_ms <= LATEST_BEAT_MS:
            raise ValueError(f"a beat lasts {EARLIEST_BEAT_MS} to {LATEST_BEAT_MS} ms, not {self.beat_ms}")
        for name, kind in (
            ("words", Words),
            ("pace", Pace),
            ("guidance", Guidance),
            ("setup", Setup),
            ("level", Level),
        ):
            object.__setattr__(self, name, kind(getattr(self, name)))
        language(self.language)

    @property
    def speech(self) -> Phrases:
        """The words that the coach adds of its own accord."""
        return language(self.language).phrases
