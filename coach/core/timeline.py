"""The timeline: the one truth about time. Everything that is heard, shown or written reads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal

CueKind = Literal["speech", "count", "chime", "breath"]
KIND_ORDER: tuple[CueKind, ...] = ("chime", "breath", "count", "speech")
"""How cues that start together are listed."""


class Sound(StrEnum):
    """The signals, each a file in ``sounds/`` and always with the same meaning."""

    BEGIN = "begin"
    """A hold or set is about to begin."""
    CHANGE = "change"
    """Change sides."""
    END = "end"
    """The hold or set is over."""
    CLOSE = "close"
    """The routine is over."""
    IN = "in"
    """Breathe in (where the breath is paced by sounds)."""
    OUT = "out"
    """Breathe out."""
    PAUSE = "pause"
    """Hold the breath, or rest after it."""
    HEARD = "heard"
    """A spoken command was understood; it belongs to no timeline."""


class Part(StrEnum):
    """What a cue is for, within its stretch or around all of them."""

    OPENING = "opening"
    GREETING = "greeting"
    """“Welcome back.”"""
    LEAVING = "leaving"
    """Out of the stretch in which a routine was asked to go on elsewhere."""
    NAME = "name"
    """The announcement of a stretch."""
    WORDS = "words"
    """The routine's own, after the name."""
    PAUSE = "pause"
    """A rest between two sets or stretches."""
    WAY = "way"
    """From the position before to that of the stretch."""
    CAUTION = "caution"
    SETUP = "setup"
    CHANGE = "change"
    """The signal to change sides."""
    DOSE = "dose"
    """How much it will be."""
    EASIER = "easier"
    MOVEMENT = "movement"
    HALFWAY = "halfway"
    LAST = "last"
    """“Last breath.”, “Last one.”"""
    RELEASE = "release"
    CLOSING = "closing"
    RISING = "rising"
    """How to get up."""


TONE = "tone"
"""The sound of a breath cue that is heard: the swell that the mixer makes."""
BREATH_NOISE = "breath"
"""Its other sound: a noise like that of a breath."""


@dataclass(frozen=True, slots=True)
class ClipTiming:
    """How long a clip or sound is, and where in it the ear finds it. Milliseconds from the start of the clip."""

    length_ms: int
    onset_ms: int
    """When it is first heard."""
    center_ms: int
    """Its perceptual centre (P-centre): what belongs on the beat."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One timed thing. Times are milliseconds from the start of the routine."""

    kind: CueKind
    start_ms: int
    onset_ms: int
    """When it is first heard; a breath begins here, whether it is heard (as the tone) or not."""
    end_ms: int
    center_ms: int | None = None
    """A count's perceptual centre: on the beat."""
    text: str | None = None
    """What is spoken."""
    sound: str | None = None
    """Which chime; ``tone`` for a breath that is heard."""
    stretch: str | None = None
    """Which stretch it belongs to."""
    item: int | None = None
    """Which one of the routine that is, from 1: a stretch may come twice."""
    side: str | None = None
    phase: str | None = None
    """Of the breath: in, hold, out or rest."""
    count: int | None = None
    """From 1 in each phase, hold or set."""
    rep: int | None = None
    """Which repetition or breath, from 1."""
    set: int | None = None
    """Which set, from 1, where there are several."""
    part: Part | None = None
    """What it is for; ``None`` in words that belong to no programme."""


@dataclass(frozen=True)
class Timeline:
    """A compiled routine."""

    routine: str
    voice: str
    breath: str
    """The breath pattern, like ``4-6``; where there are several, each once in their order."""
    beat_ms: int
    duration_ms: int
    cues: tuple[Cue, ...]
    """In the order in which they start."""

    def to_json(self) -> str:
        """Return the timeline as JSON text; fields that do not apply to a cue are left out."""
        whole: dict[str, Any] = {
            "routine": self.routine,
            "voice": self.voice,
            "breath": self.breath,
            "beat_ms": self.beat_ms,
            "duration_ms": self.duration_ms,
            "cues": [{key: value for key, value in asdict(cue).items() if value is not None} for cue in self.cues],
        }
        return json.dumps(whole, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Timeline:
        """Read what :meth:`to_json` wrote."""
        whole = json.loads(text)
        cues = tuple(Cue(**{**cue, "part": Part(cue["part"]) if "part" in cue else None}) for cue in whole.pop("cues"))
        return cls(cues=cues, **whole)
