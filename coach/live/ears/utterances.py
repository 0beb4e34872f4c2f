"""When a person has said something short: pieces of what the microphone hears that could be a command.

A command is said by itself: “Coach, pause.”, and then nothing. So what is looked for is a second or two of speech with
silence after it. Talk that goes on is never looked into.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from coach.live.ears.echo import HOP, RATE

if TYPE_CHECKING:
    from coach.live.ears.echo import Cleaned, Samples

HOPS_PER_S = RATE / HOP


def _hops(seconds: float) -> int:
    return round(seconds * HOPS_PER_S)


QUIET_HOPS = _hops(0.29)
"""Silence that ends an utterance. Shorter than some pauses within a command: see JOIN_HOPS."""
JOIN_HOPS = _hops(0.75)
"""What is said after a pause this short may belong to what was said before: “Coach … pause”."""
BEFORE_HOPS, AFTER_HOPS = _hops(0.2), _hops(0.24)
"""Kept on both sides: consonants are quiet."""
SHORTEST_HOPS, LONGEST_HOPS = _hops(0.5), _hops(2.4)
"""No command takes less or more."""
ABOVE_NOISE = 5.0
"""Speech has at least this many times the power of the room's noise."""
ABOVE_ECHO = 0.04
"""What is weaker than this share of the coach's own echo may be what is left of it."""
BELOW_LOUDEST = 0.003
"""An utterance is over when it falls to this share of its loudest moment: what goes on is the room, or a neighbour."""
_NOISE_HOPS = _hops(3.0)  # the quietest moment of this span is the room's noise: no person speaks longer in one breath
_EMPHASIS = 0.9
_LEAST_POWER = 1e-10
_STARTS_WITH = 3  # hops of speech


class Span(NamedTuple):
    """An utterance: the hops from its first sound up to after its last, counted from the beginning."""

    first: int
    end: int


class Utterances:
    """Finds utterances in what is left of the microphone, one hop after another."""

    def __init__(self) -> None:
        self._hops: deque[Samples] = deque(maxlen=LONGEST_HOPS + BEFORE_HOPS + QUIET_HOPS + 8)
        self._echoes: deque[float] = deque(maxlen=_hops(0.15))
        self._count = 0
        self._powers: deque[float] = deque(maxlen=_NOISE_HOPS)
        self._first: int | None = None
        self._last = 0
        self._loudest = 0.0
        self._heard = 0
        self._spans: deque[Span] = deque(maxlen=2)

    def hear(self, cleaned: Cleaned) -> tuple[Samples, ...]:
        """Take a hop; if an utterance ends with it, return what may be a command, the likeliest piece first."""
        self._hops.append(cleaned.samples)
        self._count += 1
        if not self._speaks(cleaned):
            return self._ended() if self._first is not None and self._count - self._last > QUIET_HOPS else ()
        if self._first is None:
            self._first, self._heard, self._loudest = self._count - 1, 0, 0.0
        self._heard += 1
        self._last = self._count
        return ()

    def forget(self) -> None:
        """Forget what was said until now: it was a command."""
        self._spans.clear()

    def _speaks(self, cleaned: Cleaned) -> bool:
        power = _power(cleaned.samples)
        self._powers.append(power)
        noise = max(_LEAST_POWER, min(self._powers))
        self._echoes.append(_power(cleaned.echo))
        self._loudest = max(self._loudest, power) if self._first is not None else 0.0
        least = (ABOVE_NOISE * noise, ABOVE_ECHO * max(self._echoes), BELOW_LOUDEST * self._loudest)
        return power > max(least)

    def _ended(self) -> tuple[Samples, ...]:
        span = Span(self._first or 0, self._last)
        self._first = None
        if self._heard < _STARTS_WITH:
            return ()
        earlier = list(self._spans)
        self._spans.append(span)
        found = [span]
        for before in reversed(earlier):
            if found[-1].first - before.end > JOIN_HOPS:
                break
            found.append(Span(before.first, span.end))
        fitting = [each for each in found if SHORTEST_HOPS <= each.end - each.first <= LONGEST_HOPS]
        return tuple(self._piece(each) for each in fitting)

    def _piece(self, span: Span) -> Samples:
        import numpy as np

        oldest = self._count - len(self._hops)
        first = max(0, span.first - BEFORE_HOPS - oldest)
        end = min(len(self._hops), span.end + AFTER_HOPS - oldest)
        return np.concatenate(list(self._hops)[first:end])


def _power(samples: Samples) -> float:
    """Return the mean square with high pitches raised: rumble is not speech."""
    import numpy as np

    raised = samples[1:] - np.float32(_EMPHASIS) * samples[:-1]
    return float(np.dot(raised, raised)) / len(raised)
