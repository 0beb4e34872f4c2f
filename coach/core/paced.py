"""Segments that belong to the beat: paced breaths, counted holds and counted movements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from coach.core.breath import Phase
from coach.core.breath_stages import BreathStages
from coach.core.delivery import Delivery, Guidance, Pace, Spoken, spoken_on
from coach.core.segments import Beat, Breath, Halfway, Line, Paced, Strike, Where
from coach.core.timeline import Part, Sound

HALFWAY_FROM_MS = 20_000
"""“Halfway” is said in holds longer than this (timing contract, T7)."""
FLOW_HALFWAY_FROM_MS = 60_000
"""In a flow every breath is a movement, and only a long one needs it."""
FEWEST_HALVED = 5
"""With fewer breaths “halfway” says little, and comes close to “last breath”."""
FEWEST_COUNTED = 5
"""The last of fewer counted movements needs no announcement: it would take the place of half the counts."""
STRIKE_MS = 450
"""A sound that turns the breath has rung down after this: words on that breath wait for it."""
PHASE_SOUNDS = {Phase.IN: Sound.IN, Phase.HOLD: Sound.PAUSE, Phase.OUT: Sound.OUT, Phase.REST: Sound.PAUSE}


@dataclass(frozen=True)
class TimedText:
    """Words that belong to a breath."""

    breath: int
    """Which, from 1."""
    phase: Phase
    text: str


@dataclass(frozen=True, kw_only=True)
class Pacing:
    """How breaths are paced: what is said on them besides their counts."""

    said: tuple[TimedText, ...] = ()
    """Lines on their breaths."""
    last: str
    """What announces the last breath."""
    halfway_from_ms: int = HALFWAY_FROM_MS
    """“Halfway” is said in what is longer than this."""
    chime: bool = True
    """Whether the begin chime announces it."""
    stays: bool = False
    """Whether “in” and “out” are said to the end."""
    named: int = 0
    """On how many breaths lines take the place of counts, so that counting only begins to thin out after them."""


def breathed(breaths: int, stages: BreathStages, delivery: Delivery, where: Where, pacing: Pacing) -> Paced:
    """Pace a number of breaths: what is heard of each, the lines on their breaths, the last breath announced."""
    parts = list(_phases(breaths, stages, where))
    length_ms = parts[-1].end_ms
    halfway = halfway_in(
        length_ms, where.worded(delivery.speech.HALFWAY), pacing.halfway_from_ms, reach_ms=length_ms // (2 * breaths)
    )
    return Paced(
        length_ms=length_ms,
        where=where,
        beats=tuple(beat for part in parts for beat in _beats(part, breaths, stages.beat_ms, delivery, pacing)),
        breaths=tuple(Breath(part.phase, part.start_ms, part.end_ms, part.rep) for part in parts),
        lines=_lines(parts, breaths, delivery, pacing),
        strikes=_strikes(parts) if delivery.pace is Pace.CHIME else (),
        halfway=halfway if breaths >= FEWEST_HALVED else None,
        chime=pacing.chime,
        tone=delivery.pace.sounds_tone,
    )


@dataclass(frozen=True)
class _Phase:
    """One phase of one breath of a hold or set."""

    breath: int
    phase: Phase
    counts: int
    start_ms: int
    end_ms: int
    rep: int

    @property
    def begins_breath(self) -> bool:
        return self.phase is Phase.IN


def _phases(breaths: int, stages: BreathStages, where: Where) -> Iterable[_Phase]:
    at_ms = 0
    for breath in range(1, breaths + 1):
        for phase, counts in stages.pattern(breath - 1, breaths).phases:
            end_ms = at_ms + counts * stages.beat_ms
            yield _Phase(breath, phase, counts, at_ms, end_ms, where.rep or breath)
            at_ms = end_ms


def _beats(part: _Phase, breaths: int, beat_ms: int, delivery: Delivery, pacing: Pacing) -> Iterable[Beat]:
    if any((timed.breath, timed.phase) == (part.breath, part.phase) for timed in pacing.said):
        return ()  # words that begin a phase are followed by quiet, not by the rest of a count
    spoken = spoken_on(delivery.guidance, part.breath - pacing.named, breaths - pacing.named, stays=pacing.stays)
    words = _phase_words(part.phase, part.counts, delivery, spoken)
    return (Beat(part.start_ms + i * beat_ms, word, part.phase, i + 1, part.rep) for i, word in enumerate(words))


def _phase_words(phase: Phase, counts: int, delivery: Delivery, spoken: Spoken) -> list[str]:
    """Return the words on the first beats of a phase."""
    speech = delivery.speech
    if spoken is Spoken.NOTHING:
        return []
    if delivery.pace is Pace.WORDS:
        return [speech.PHASE_PHRASES[phase]]
    if not delivery.pace.counts:
        return []
    turn = speech.PHASE_WORDS[phase]
    return [turn] if spoken is Spoken.TURNS else [turn, *map(speech.count_word, range(2, counts + 1))]


def _lines(parts: Iterable[_Phase], breaths: int, delivery: Delivery, pacing: Pacing) -> tuple[Line, ...]:
    room_ms = STRIKE_MS if delivery.pace is Pace.CHIME else 0
    texts: dict[tuple[int, Phase], list[str]] = {}
    for timed in pacing.said:
        texts.setdefault((timed.breath, timed.phase), []).append(timed.text)
    lines: list[Line] = []
    for part in parts:
        if part.begins_breath and part.breath == breaths > 1:
            lines.append(Line(pacing.last, None, part.start_ms, None, part.rep, Part.LAST))
        for text in texts.get((part.breath, part.phase), ()):
            lines.append(Line(text, part.start_ms + room_ms, part.end_ms, part.phase, part.rep, Part.MOVEMENT))
    return tuple(lines)


def _strikes(parts: Iterable[_Phase]) -> tuple[Strike, ...]:
    return tuple(Strike(part.start_ms, PHASE_SOUNDS[part.phase], part.phase, part.rep) for part in parts)


def counts_holds(delivery: Delivery) -> bool:
    """Whether the counts of a hold are spoken."""
    return delivery.pace.counts and delivery.guidance is not Guidance.MINIMAL


def held(length_ms: int, delivery: Delivery, where: Where, line: str | None = None) -> Paced:
    """Count a hold on the beat: “Stay, two, three …”. It lasts what it lasts; the counts are the beats that fit.

    If counts are not wanted there is only the “stay”. A line takes the place of the counts.
    """
    rep, beat_ms, speech = where.rep or 1, delivery.beat_ms, delivery.speech
    words = [speech.HOLD_WORD, *map(speech.count_word, range(2, max(1, length_ms // beat_ms) + 1))]
    if delivery.pace is Pace.SILENT or line is not None:
        words = []
    elif not counts_holds(delivery):
        words = words[:1]
    beats = tuple(Beat(index * beat_ms, word, Phase.HOLD, index + 1, rep) for index, word in enumerate(words))
    return Paced(
        length_ms=length_ms,
        where=where,
        beats=beats,
        lines=() if line is None else (Line(line, 0, length_ms, None, rep, Part.MOVEMENT),),
        halfway=halfway_in(length_ms, where.worded(speech.HALFWAY)),
        chime=False,
    )


def counted(times: int, spacing_ms: int, delivery: Delivery, where: Where) -> Paced:
    """Count movements: “one, two, three …”, the last one announced. Here the numbers are the movement itself, so they
    are spoken in every manner.
    """
    speech = delivery.speech
    beats = tuple(
        Beat(index * spacing_ms, speech.count_word(index + 1), None, index + 1, index + 1) for index in range(times)
    )
    last = Line(where.worded(speech.LAST_ONE), None, (times - 1) * spacing_ms, None, times, Part.LAST)
    # No “halfway” here: the number says where one is.
    return Paced(
        length_ms=times * spacing_ms,
        where=where,
        beats=beats,
        lines=(last,) if times >= FEWEST_COUNTED else (),
        chime=True,
    )


def halfway_in(length_ms: int, text: str, from_ms: int = HALFWAY_FROM_MS, *, reach_ms: int = 10_000) -> Halfway | None:
    """Return where “halfway” belongs in a hold, if it is long enough."""
    return Halfway(text, length_ms // 2, reach_ms) if length_ms > from_ms else None
