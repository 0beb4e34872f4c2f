"""Where a session stands: what the screen shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from coach.core.languages.english.phrases import place_name


class State(StrEnum):
    """What a session is doing."""

    PLAYING = "playing"
    PAUSED = "paused"
    WAITING = "waiting"
    """For words that are still being spoken by the engine, or for a loudspeaker that has gone."""
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One moment of a session. Times are milliseconds."""

    title: str
    """Of the routine."""
    state: State
    stretch: str | None
    """Its name; ``None`` in the opening, the closing, and where only breath is paced."""
    side: str | None
    """left or right."""
    number: int
    """Which stretch of the routine, from 1; 0 before the first."""
    stretches: int
    """How many there are; 0 where only breath is paced."""
    now: str
    """The words last said, or being said (counts left out); may be empty."""
    then: str
    """The words that come next (counts left out); may be empty."""
    phase: str | None
    """Of the breath: in, hold, out or rest; ``None`` where none is paced."""
    phase_share: float
    """How much of the phase is over, 0 to 1."""
    phase_left_ms: int
    breath: int
    """Which breath or repetition, from 1; 0 where there is none."""
    breaths: int
    """How many there are."""
    elapsed_ms: int
    """Since the session began, pauses left out."""
    left_ms: int
    """Until the routine ends."""
    beat_ms: int
    """Length of a count."""
    volume_db: float
    """Against the usual; 0 or below."""
    notice: str = ""
    """What the person should know, like “The loudspeaker is gone; waiting for it.”; mostly empty."""
    listens: bool = False
    """Whether spoken commands are listened for."""
    shows_keys: bool = False
    """Whether somebody asked what the keys do."""

    @property
    def place(self) -> str:
        """Where it stands: “Child's pose, right side”, or the routine's title where there is no stretch."""
        return self.title if self.stretch is None else place_name(self.stretch, self.side)
