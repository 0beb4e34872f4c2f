"""The first half of the engine: what is said and sounded, in which order, before any clip has a length.

A plan is a row of segments. Inside a :class:`Paced` segment times are fixed by the beat and count from its first beat;
between segments they follow from how long the words take, which :mod:`coach.core.engine` knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from coach.core import phrases
from coach.core.breath import BreathPattern, Phase
from coach.core.dose import Amount
from coach.core.positions import Position, way
from coach.core.routine import Item, Routine
from coach.core.script import (
    OTHER_SIDE,
    Counted,
    Flow,
    Hold,
    Note,
    Place,
    RepeatedHold,
    Rest,
    Sequence,
    Side,
    Step,
)
from coach.core.timeline import Sound
from coach.core.words import Words

SETTLE_MS = 5_000
"""From the last words of a setup to the chime: time to find the place and let go (apps use 5 to 10 s)."""
READY_MS = 2_500
"""The same before movements, which need no settling."""
SENTENCE_MS = 900
"""Pause after words that ask for no movement."""
HALFWAY_FROM_MS = 20_000
"""“Halfway” is said in holds longer than this (timing contract, T7)."""
FEWEST_COUNTED = 5
"""The last of fewer counted movements needs no announcement: it would take the place of half the counts."""
REST_SAID_FROM_MS = 10_000
"""A rest between repetitions is announced from this length on; a shorter one is only a pause."""
FLOW_HALFWAY_FROM_MS = 60_000
"""In a flow every breath is a movement, and only a long one needs it."""


@dataclass(frozen=True)
class Delivery:
    """How a routine is delivered: how fast the clock ticks, and how much is said."""

    pattern: BreathPattern
    beat_ms: int
    """Length of one count."""
    words: Words = Words.FULL

    @property
    def breath_ms(self) -> int:
        """Length of one breath."""
        return self.pattern.counts * self.beat_ms


@dataclass(frozen=True)
class Where:
    """What a cue belongs to."""

    stretch: str | None = None
    side: Side | None = None
    rep: int | None = None


@dataclass(frozen=True)
class Say:
    """Words, and the time after them."""

    text: str
    after_ms: int
    where: Where


@dataclass(frozen=True)
class Wait:
    """Nothing, for a while."""

    wait_ms: int


@dataclass(frozen=True)
class Chime:
    """A signal."""

    sound: Sound
    where: Where


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Breath:
    """One phase of one breath."""

    phase: Phase
    start_ms: int
    end_ms: int
    rep: int
    """The repetition it belongs to: the breath itself, unless a repeated hold is paced by breath."""


@dataclass(frozen=True)
class Line:
    """Words that belong to a moment of a paced segment. They outrank counts and “halfway”, and are never left out."""

    text: str
    from_ms: int | None
    """When they should be first heard; ``None``: as late as the deadline allows."""
    by_ms: int
    """When they must be over, before whatever is heard at that moment."""
    phase: Phase | None
    rep: int


@dataclass(frozen=True)
class Paced:
    """A stretch of time that belongs to the beat."""

    length_ms: int
    beats: tuple[Beat, ...]
    breaths: tuple[Breath, ...]
    lines: tuple[Line, ...]
    halfway_ms: int | None
    """Where “halfway” belongs, if it is to be said."""
    chime: bool
    """Whether the begin chime announces it."""
    where: Where


Segment = Say | Wait | Chime | Paced


def arrange(routine: Routine, delivery: Delivery) -> tuple[Segment, ...]:
    """Lay out a routine."""
    return tuple(_routine(routine, delivery))


def _routine(routine: Routine, delivery: Delivery) -> Iterator[Segment]:
    nowhere = Where()
    opening = phrases.OPENING if routine.opening is None else routine.opening
    closing = phrases.CLOSING if routine.closing is None else routine.closing
    yield from (Say(text, SENTENCE_MS, nowhere) for text in opening)
    yield Wait(SENTENCE_MS)
    if routine.items:
        first = routine.items[0]
        yield Say(phrases.first_name(first.script.name), SENTENCE_MS, Where(first.id))
    position: Position | None = None
    count = len(routine.items)
    for index, item in enumerate(routine.items):
        following = routine.items[index + 1] if index + 1 < count else None
        yield from _stretch(item, delivery, position, following)
        # In whole milliseconds that add up to the whole of it.
        yield Wait(routine.slack_ms * (index + 1) // count - routine.slack_ms * index // count)
        position = item.script.ends_in or item.script.position
    yield from (Say(text, SENTENCE_MS, nowhere) for text in closing)
    if position is not None:
        yield Say(phrases.RISING[position], SENTENCE_MS, nowhere)
    yield Wait(SENTENCE_MS)
    yield Chime(Sound.CLOSE, nowhere)


def _stretch(item: Item, delivery: Delivery, position: Position | None, following: Item | None) -> Iterator[Segment]:
    """Lead into a stretch, through it and out of it. Its name has been said; the next one's is said on the way out."""
    script = item.script
    here = Where(item.id)
    yield from (Say(move.text, move.move_ms, here) for move in way(position, script.position))
    if delivery.words is Words.FULL:
        yield from _notes(script.cautions, here)
    sides = script.sides or (None,)
    for index, side in enumerate(sides):
        where = replace(here, side=side)
        again = index > 0
        if again:
            yield Chime(Sound.CHANGE, where)
        yield from _steps(script.setup, where, delivery.words, again=again)
        if not again:
            yield from _said_before(item, delivery, where)
        yield from _movement(item, delivery, where)
        release = tuple(_steps(script.release, where, delivery.words, again=again))
        is_last = index == len(sides) - 1
        yield from _announced(release, following) if is_last and following else release


def _said_before(item: Item, delivery: Delivery, where: Where) -> Iterator[Segment]:
    """Say how much it will be, and the easier way if there is one."""
    if delivery.words is not Words.NAMES:
        yield Say(_dose_words(item, delivery), SENTENCE_MS, where)
    if delivery.words is Words.FULL:
        yield from _notes(item.script.easier, where)


def _announced(release: tuple[Segment, ...], following: Item) -> Iterator[Segment]:
    """Name the next stretch during the release: its last movement is done while the name is said."""
    name = Say(phrases.next_name(following.script.name), SENTENCE_MS, Where(following.id))
    if release and isinstance(last := release[-1], Say):
        yield from release[:-1]
        yield replace(last, after_ms=min(last.after_ms, SENTENCE_MS))
        yield replace(name, after_ms=max(SENTENCE_MS, last.after_ms - SENTENCE_MS))
    else:
        yield from release
        yield name


def _notes(notes: Iterable[Note], where: Where) -> Iterator[Segment]:
    return (Say(_sided(note.say, where.side), SENTENCE_MS, where) for note in notes if note.say)


def _steps(steps: Iterable[Step], where: Where, words: Words, *, again: bool) -> Iterator[Segment]:
    if words is Words.NAMES:
        if where.side is not None:
            yield Say(phrases.SIDE_NAMES[where.side], SENTENCE_MS, where)
        yield Wait(sum(step.move for step in steps if not again or _said_again(step) is not None))
        return
    for step in steps:
        first = (step.again or step.say) if words is Words.BRIEF else step.say
        text = _said_again(step) if again else first
        if text is not None:
            yield Say(_sided(text, where.side), step.move, where)


def _said_again(step: Step) -> str | None:
    """What the second side hears: only what changed, and whatever the script asks for."""
    if step.again is not None:
        return step.again or None
    return step.say if "side}" in step.say else None


def _sided(text: str, side: Side | None) -> str:
    if side is not None:
        text = text.replace("{side}", side).replace("{other_side}", OTHER_SIDE[side])
    return text[0].upper() + text[1:]


def _dose_words(item: Item, delivery: Delivery) -> str:
    sided = item.script.sides is not None
    match item.script.movement:
        case Hold():
            return phrases.hold_dose(item.dose.in_breaths(delivery.breath_ms), sided)
        case Flow():
            return phrases.flow_dose(item.dose.in_breaths(delivery.breath_ms), sided)
        case Rest():
            return phrases.rest_dose(round(item.dose.value / 1000))
        case RepeatedHold(pace=pace):
            assert item.hold is not None  # noqa: S101 - a repeated hold is fixed with one
            if pace == "breath":
                breaths = item.hold.in_breaths(delivery.breath_ms)
                once = phrases.hold_dose(breaths, sided)
                return once if item.dose.value == 1 else phrases.repeated_breaths(item.dose.value, breaths, sided)
            return phrases.repeated_dose(item.dose.value, sided)
        case Sequence() | Counted():
            return phrases.repeated_dose(item.dose.value, sided)


def _movement(item: Item, delivery: Delivery, where: Where) -> Iterator[Segment]:
    dose = item.dose
    match item.script.movement:
        case Hold(lines=lines):
            heard = lines if delivery.words is Words.FULL else ()
            said = [(line.breath, Phase(line.phase), _sided(line.say, where.side)) for line in heard]
            yield Wait(SETTLE_MS)
            yield breathed(dose.in_breaths(delivery.breath_ms), delivery, where, said, last=phrases.LAST_BREATH)
            yield Chime(Sound.END, where)
        case Flow() as flow:
            breaths = dose.in_breaths(delivery.breath_ms)
            yield Wait(READY_MS)
            said = [] if delivery.words is Words.NAMES else _flow_lines(flow, breaths, where)
            yield breathed(breaths, delivery, where, said, last=phrases.LAST_ONE, halfway_from_ms=FLOW_HALFWAY_FROM_MS)
            yield Chime(Sound.END, where)
        case RepeatedHold() as repeated:
            assert item.hold is not None  # noqa: S101 - a repeated hold is fixed with one
            yield Wait(READY_MS)
            yield Chime(Sound.BEGIN, where)
            yield from _repeated(repeated, dose.value, item.hold, delivery, where)
            yield Chime(Sound.END, where)
        case Sequence(places=places):
            yield Wait(READY_MS)
            yield Chime(Sound.BEGIN, where)
            for rep in range(1, dose.value + 1):
                yield from _repetition_name(rep, dose.value, where)
                yield from _places(places, rep, delivery, replace(where, rep=rep))
            yield Chime(Sound.END, where)
        case Counted(beats=beats):
            yield Wait(READY_MS)
            yield counted(dose.value, beats * delivery.beat_ms, where)
            yield Chime(Sound.END, where)
        case Rest():
            yield Wait(READY_MS)
            yield Paced(dose.value, (), (), (), _half(dose.value), chime=True, where=where)
            yield Chime(Sound.END, where)


def _flow_lines(flow: Flow, breaths: int, where: Where) -> list[tuple[int, Phase, str]]:
    lines = []
    for breath in range(1, min(flow.named, breaths) + 1):
        for phase, line in ((Phase.IN, flow.inhale), (Phase.OUT, flow.exhale)):
            text = line.say if breath == 1 or line.again is None else line.again
            lines.append((breath, phase, _sided(text, where.side)))
    return lines


def _repeated(repeated: RepeatedHold, times: int, hold: Amount, delivery: Delivery, where: Where) -> Iterator[Segment]:
    for rep in range(1, times + 1):
        here = replace(where, rep=rep)
        yield from _repetition_name(rep, times, where)
        yield from _one_way(repeated.out, rep, here, delivery.words)
        if repeated.pace == "breath":
            yield breathed(
                hold.in_breaths(delivery.breath_ms), delivery, here, (), last=phrases.LAST_BREATH, chime=False
            )
        else:
            yield held(hold.value, delivery.beat_ms, here)
        yield from _one_way(repeated.back, rep, here, delivery.words)
        if repeated.rest and rep < times:
            if repeated.rest >= REST_SAID_FROM_MS:
                yield Say(phrases.rest_between(round(repeated.rest / 1000)), repeated.rest, here)
            else:
                yield Wait(repeated.rest)


def _places(places: tuple[Place, ...], rep: int, delivery: Delivery, where: Where) -> Iterator[Segment]:
    for place in places:
        # Where to go is what a sequence is: it is said at every level.
        yield from _one_way(place, rep, where, min(delivery.words, Words.BRIEF, key=list(Words).index))
        yield held(place.hold.amount().value, delivery.beat_ms, where)


def _repetition_name(rep: int, times: int, where: Where) -> Iterator[Segment]:
    """From the second repetition on, say which one it is; the last is named as such."""
    if rep > 1:
        text = phrases.LAST_ONE if rep == times else phrases.repetition(rep)
        yield Say(text, SENTENCE_MS // 2, replace(where, rep=rep))


def _one_way(step: Step, rep: int, where: Where, words: Words) -> Iterator[Segment]:
    """A movement inside a set: later repetitions use the shorter words if there are any, but always some."""
    if words is Words.NAMES:
        yield Wait(step.move)
        return
    short = rep > 1 or words is Words.BRIEF
    text = step.again if short and step.again else step.say
    yield Say(_sided(text, where.side), step.move, where)


def breathed(
    breaths: int,
    delivery: Delivery,
    where: Where,
    said: Iterable[tuple[int, Phase, str]],
    *,
    last: str,
    halfway_from_ms: int = HALFWAY_FROM_MS,
    chime: bool = True,
) -> Paced:
    """Pace a number of breaths: counts on every beat, the lines on their breaths, the last breath announced."""
    beats: list[Beat] = []
    spans: list[Breath] = []
    lines: list[Line] = []
    texts: dict[tuple[int, Phase], list[str]] = {}
    for breath, phase, text in said:
        texts.setdefault((breath, phase), []).append(text)
    at_ms = 0
    for breath in range(1, breaths + 1):
        rep = where.rep or breath
        if breath == breaths > 1:
            lines.append(Line(last, None, at_ms, None, rep))
        for phase, counts in delivery.pattern.phases:
            end_ms = at_ms + counts * delivery.beat_ms
            spans.append(Breath(phase, at_ms, end_ms, rep))
            lines += [Line(text, at_ms, end_ms, phase, rep) for text in texts.get((breath, phase), ())]
            for index in range(counts):
                word = phrases.count_word(index + 1) if index else phrases.PHASE_WORDS[phase]
                beats.append(Beat(at_ms + index * delivery.beat_ms, word, phase, index + 1, rep))
            at_ms = end_ms
    half = _half(at_ms, halfway_from_ms)
    return Paced(at_ms, tuple(beats), tuple(spans), tuple(lines), half, chime=chime, where=where)


def held(length_ms: int, beat_ms: int, where: Where) -> Paced:
    """Count a hold on the beat: “Hold, two, three …”. It lasts what it lasts; the counts are the beats that fit."""
    rep = where.rep or 1
    words = [phrases.HOLD_WORD, *map(phrases.count_word, range(2, max(1, length_ms // beat_ms) + 1))]
    beats = tuple(Beat(index * beat_ms, word, Phase.HOLD, index + 1, rep) for index, word in enumerate(words))
    half = _half(length_ms)
    return Paced(length_ms, beats, (), (), half, chime=False, where=where)


def counted(times: int, spacing_ms: int, where: Where) -> Paced:
    """Count movements: “one, two, three …”, the last one announced."""
    beats = tuple(
        Beat(index * spacing_ms, phrases.count_word(index + 1), None, index + 1, index + 1) for index in range(times)
    )
    is_worth_saying = times >= FEWEST_COUNTED
    lines = (Line(phrases.LAST_ONE, None, (times - 1) * spacing_ms, None, times),) if is_worth_saying else ()
    # No “halfway” here: the number says where one is.
    return Paced(times * spacing_ms, beats, (), lines, None, chime=True, where=where)


def _half(length_ms: int, from_ms: int = HALFWAY_FROM_MS) -> int | None:
    return length_ms // 2 if length_ms > from_ms else None
