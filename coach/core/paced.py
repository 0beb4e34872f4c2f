"""Segments that belong to the beat: paced breaths, counted holds and counted movements."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from coach.core.breath import Phase
from coach.core.breath_stages import BreathStages
from coach.core.delivery import Delivery, Guidance, Pace, Spoken, spoken_on
from coach.core.effort import Effort
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


@dataclass(frozen=True)
class TextAt:
    """Words that belong to a time."""

    at_ms: int
    """When they begin, from the first beat."""
    text: str


Moment = TimedText | TextAt


@dataclass(frozen=True, kw_only=True)
class Pacing:
    """How breaths are paced: what is said on them besides their counts."""

    said: tuple[Moment, ...] = ()
    """Lines on their breaths, or at their times."""
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
    unit: int = 1
    """How many breaths are one repetition."""


def breathed(breaths: int, stages: BreathStages, delivery: Delivery, where: Where, pacing: Pacing) -> Paced:
    """Pace a number of breaths: what is heard of each, the lines on their breaths, the last breath announced."""
    parts = list(_phases(breaths, stages, where, pacing.unit))
    said = _said_by_part(parts, pacing.said)
    length_ms = parts[-1].end_ms
    halfway = halfway_in(
        length_ms, where.worded(delivery.speech.HALFWAY), pacing.halfway_from_ms, reach_ms=length_ms // (2 * breaths)
    )
    return Paced(
        length_ms=length_ms,
        where=where,
        beats=tuple(
            beat
            for index, part in enumerate(parts)
            for beat in _beats(part, said.get(index, ()), breaths, stages.beat_ms, delivery, pacing)
        ),
        breaths=tuple(Breath(part.phase, part.start_ms, part.end_ms, part.rep) for part in parts),
        lines=_lines(parts, said, breaths, delivery, pacing),
        strikes=_strikes(parts) if delivery.pace is Pace.CHIME else (),
        halfway=halfway if breaths >= FEWEST_HALVED else None,
        chime=pacing.chime,
        swell=delivery.pace.swell,
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

    def begins_ms(self, said: Moment) -> int:
        """Return when words that belong to it begin."""
        return self.start_ms if isinstance(said, TimedText) else said.at_ms


def _phases(breaths: int, stages: BreathStages, where: Where, unit: int) -> Iterable[_Phase]:
    at_ms = 0
    for breath in range(1, breaths + 1):
        for phase, counts in stages.pattern(breath - 1, breaths).phases:
            end_ms = at_ms + counts * stages.beat_ms
            yield _Phase(breath, phase, counts, at_ms, end_ms, where.rep or (breath - 1) // unit + 1)
            at_ms = end_ms


def _beats(
    part: _Phase, said: Iterable[Moment], breaths: int, beat_ms: int, delivery: Delivery, pacing: Pacing
) -> Iterable[Beat]:
    # Words are followed by quiet to the end of their phase, not by the rest of a count.
    quiet_ms = min(map(part.begins_ms, said), default=part.end_ms)
    spoken = spoken_on(delivery.guidance, part.breath - pacing.named, breaths - pacing.named, stays=pacing.stays)
    words = _phase_words(part.phase, part.counts, delivery, spoken)
    beats = (Beat(part.start_ms + i * beat_ms, word, part.phase, i + 1, part.rep) for i, word in enumerate(words))
    return (beat for beat in beats if beat.at_ms < quiet_ms)


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


def _lines(
    parts: list[_Phase], said: Mapping[int, list[Moment]], breaths: int, delivery: Delivery, pacing: Pacing
) -> tuple[Line, ...]:
    room_ms = STRIKE_MS if delivery.pace is Pace.CHIME else 0
    last_from = breaths - pacing.unit + 1
    ends = {part.breath: part.end_ms for part in parts}
    lines: list[Line] = []
    for index, part in enumerate(parts):
        if part.begins_breath and part.breath == last_from > 1:
            lines.append(Line(pacing.last, None, part.start_ms, None, part.rep, Part.LAST))
        for each in said.get(index, ()):
            on_breath = isinstance(each, TimedText)
            from_ms = part.begins_ms(each) + (room_ms if on_breath else 0)
            by_ms = part.end_ms if on_breath else ends[part.breath]
            lines.append(Line(each.text, from_ms, by_ms, part.phase, part.rep, Part.MOVEMENT))
    return tuple(lines)


def _said_by_part(parts: list[_Phase], said: Iterable[Moment]) -> dict[int, list[Moment]]:
    """Return the words of each part, by its index; those that are too late are left out."""
    by_phase = {(part.breath, part.phase): index for index, part in enumerate(parts)}
    starts = [part.start_ms for part in parts]
    found: dict[int, list[Moment]] = {}
    for each in said:
        if isinstance(each, TimedText):
            index = by_phase.get((each.breath, each.phase))
        else:
            index = bisect_right(starts, each.at_ms) - 1 if each.at_ms < parts[-1].end_ms else None
        if index is not None:
            found.setdefault(index, []).append(each)
    return found


def _strikes(parts: Iterable[_Phase]) -> tuple[Strike, ...]:
    return tuple(Strike(part.start_ms, PHASE_SOUNDS[part.phase], part.phase, part.rep) for part in parts)


def counts_holds(delivery: Delivery) -> bool:
    """Whether the counts of a hold are spoken."""
    return delivery.pace.counts and delivery.guidance is not Guidance.MINIMAL


def held(
    length_ms: int, delivery: Delivery, where: Where, effort: Effort = Effort.STAY, said: tuple[Moment, ...] = ()
) -> Paced:
    """Count a hold on the beat: “Stay, two, three …”. It lasts what it lasts; the counts are the beats that fit.

    If counts are not wanted there is only the first word. From the first of its lines on it is not counted.
    """
    rep, beat_ms, speech = where.rep or 1, delivery.beat_ms, delivery.speech
    words = [speech.EFFORT_WORDS[effort], *map(speech.count_word, range(2, max(1, length_ms // beat_ms) + 1))]
    if delivery.pace is Pace.SILENT:
        words = []
    elif not counts_holds(delivery):
        words = words[:1]
    lines = timed_lines(said, length_ms, rep)
    quiet_ms = min((line.from_ms or 0 for line in lines), default=length_ms)
    beats = (Beat(index * beat_ms, word, Phase.HOLD, index + 1, rep) for index, word in enumerate(words))
    return Paced(
        length_ms=length_ms,
        where=where,
        beats=tuple(beat for beat in beats if beat.at_ms < quiet_ms),
        lines=lines,
        halfway=halfway_in(length_ms, where.worded(speech.HALFWAY)),
        chime=False,
    )


def counted(times: int, spacing_ms: int, delivery: Delivery, where: Where, said: tuple[Moment, ...] = ()) -> Paced:
    """Count movements: “one, two, three …”, the last one announced. Here the numbers are the movement itself, so they
    are spoken in every manner.
    """
    speech = delivery.speech
    beats = tuple(
        Beat(index * spacing_ms, speech.count_word(index + 1), None, index + 1, index + 1) for index in range(times)
    )
    last_ms = (times - 1) * spacing_ms
    last = Line(where.worded(speech.LAST_ONE), None, last_ms, None, times, Part.LAST)
    lines = [replace(line, rep=(line.from_ms or 0) // spacing_ms + 1) for line in timed_lines(said, last_ms)]
    if times >= FEWEST_COUNTED:
        lines.append(last)
    # No “halfway” here: the number says where one is.
    return Paced(
        length_ms=times * spacing_ms,
        where=where,
        beats=beats,
        lines=tuple(lines),
        chime=True,
    )


def timed_lines(said: Iterable[Moment], length_ms: int, rep: int | None = None) -> tuple[Line, ...]:
    """Return words that begin at their times, if they do so before something is over."""
    return tuple(
        Line(each.text, each.at_ms, length_ms, None, rep, Part.MOVEMENT)
        for each in said
        if isinstance(each, TextAt) and each.at_ms < length_ms
    )


def halfway_in(length_ms: int, text: str, from_ms: int = HALFWAY_FROM_MS, *, reach_ms: int = 10_000) -> Halfway | None:
    """Return where “halfway” belongs in a hold, if it is long enough."""
    return Halfway(text, length_ms // 2, reach_ms) if length_ms > from_ms else None
