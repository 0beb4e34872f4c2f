"""The first half of the engine: what is said and sounded, in which order, before any clip has a length.

A plan is a row of segments. Inside a :class:`Paced` segment times are fixed by the beat and count from its first beat;
between segments they follow from how long the words take, which :mod:`coach.core.engine` knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from coach.core import phrases
from coach.core.breath import BreathPattern, Phase
from coach.core.breath_stages import Course
from coach.core.delivery import Guidance, Pace, Setup, Spoken, Words, spoken_on
from coach.core.dose import Amount
from coach.core.positions import Position, way
from coach.core.routine import Breathing, Departure, Item, Programme, Routine, Sample, Turn
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
    is_breathed,
)
from coach.core.timeline import Sound

SETTLE_MS = 5_000
"""From the last words of a setup to the chime: time to find the place and let go (apps use 5 to 10 s)."""
READY_MS = 2_500
"""The same before movements, which need no settling."""
SENTENCE_MS = 900
"""Pause after words that ask for no movement."""
HALFWAY_FROM_MS = 20_000
"""“Halfway” is said in holds longer than this (timing contract, T7)."""
HALVES = 2
"""With two breaths “last breath” says that it is half."""
FEWEST_COUNTED = 5
"""The last of fewer counted movements needs no announcement: it would take the place of half the counts."""
REST_SAID_FROM_MS = 10_000
"""A rest between repetitions is announced from this length on; a shorter one is only a pause."""
FLOW_HALFWAY_FROM_MS = 60_000
"""In a flow every breath is a movement, and only a long one needs it."""
STRIKE_MS = 450
"""A sound that turns the breath has rung down after this: words on that breath wait for it."""
PHASE_SOUNDS = {Phase.IN: Sound.IN, Phase.HOLD: Sound.PAUSE, Phase.OUT: Sound.OUT, Phase.REST: Sound.PAUSE}


@dataclass(frozen=True)
class Delivery:
    """How a routine is delivered: the breath, how fast the clock ticks, and in which manner."""

    breath: tuple[BreathPattern, ...]
    """One breath pattern, or the stages of a ramp in their order."""
    beat_ms: int
    """Length of one count."""
    words: Words = Words.FULL
    pace: Pace = Pace.COUNT
    guidance: Guidance = Guidance.FADING
    setup: Setup = Setup.NORMAL
    breath_is_chosen: bool = True
    """Whether the listener chose the breath: then it outranks what scripts say, except a flow's own."""

    def courses(self, items: tuple[Item, ...]) -> tuple[Course, ...]:
        """Return how the breath goes through each stretch.

        A ramp climbs evenly from the first stretch with paced breath to the last; both sides of one breathe alike.
        """
        breathed = [item for item in items if _takes_breath(item)]
        place = {id(item): index for index, item in enumerate(breathed)}
        return tuple(self._course(item, place.get(id(item), 0), max(1, len(breathed))) for item in items)

    def _course(self, item: Item, index: int, count: int) -> Course:
        asked = item.breath or item.script.breath
        own = _own_breath(item) or (None if self.breath_is_chosen else asked)
        return Course((own,), self.beat_ms) if own else Course(self.breath, self.beat_ms).part(index, count)


def _own_breath(item: Item) -> BreathPattern | None:
    movement = item.script.movement
    return movement.breath if isinstance(movement, Flow) else None


def _takes_breath(item: Item) -> bool:
    return is_breathed(item.script.movement) and _own_breath(item) is None


@dataclass(frozen=True)
class Where:
    """What a cue belongs to."""

    stretch: str | None = None
    side: Side | None = None
    rep: int | None = None
    item: int | None = None


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
class Strike:
    """A sound at which the breath turns."""

    at_ms: int
    sound: Sound
    phase: Phase
    rep: int


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
    strikes: tuple[Strike, ...] = ()
    tone: bool = False
    """Whether the tone goes with its breaths."""
    halfway_reach_ms: int = 10_000
    """How far “halfway” may move."""


Segment = Say | Wait | Chime | Paced


NOWHERE = Where()


def arrange(programme: Programme, delivery: Delivery) -> tuple[Segment, ...]:
    """Lay out a routine, or breathing alone."""
    match programme:
        case Routine():
            return tuple(_routine(programme, delivery))
        case Breathing():
            return tuple(_breathing(programme, delivery))
        case Sample():
            return tuple(_sample(programme, delivery))


def _sample(sample: Sample, delivery: Delivery) -> Iterator[Segment]:
    yield from (_sentence(text) for text in sample.sentences)
    yield breathed(1, Course(delivery.breath, delivery.beat_ms), delivery, NOWHERE, (), last="")


def _breathing(breathing: Breathing, delivery: Delivery) -> Iterator[Segment]:
    course = Course(delivery.breath, delivery.beat_ms)
    breaths = course.breaths_in(breathing.dose)
    first, last = course.pattern(0, breaths), course.pattern(breaths - 1, breaths)
    if delivery.words is Words.FULL:
        yield from (_sentence(text) for text in phrases.BREATHING_OPENING)
    yield from (_sentence(text) for text in _care((first, last)))
    if delivery.words is not Words.NAMES:
        yield _sentence(phrases.pattern_counts(first))
        if first != last:
            yield _sentence(phrases.LENGTHENS)
    yield Wait(delivery.setup.of(SETTLE_MS))
    yield breathed(
        breaths,
        course,
        delivery,
        NOWHERE,
        (),
        last=phrases.LAST_BREATH,
        halfway_from_ms=FLOW_HALFWAY_FROM_MS,
        stays=delivery.guidance is not Guidance.MINIMAL,
    )
    yield Chime(Sound.END, NOWHERE)
    yield from (_sentence(text) for text in (*phrases.BREATHING_CLOSING, phrases.OPEN_EYES))
    yield Wait(SENTENCE_MS)
    yield Chime(Sound.CLOSE, NOWHERE)


def _sentence(text: str) -> Say:
    return Say(text, SENTENCE_MS, NOWHERE)


def _care(patterns: Iterable[BreathPattern]) -> tuple[str, ...]:
    """What is said before paced breath, whoever wrote the opening."""
    held = any(pattern.holds for pattern in patterns)
    return (*phrases.BREATH_CARE, phrases.HELD_CARE) if held else phrases.BREATH_CARE


def _routine(routine: Routine, delivery: Delivery) -> Iterator[Segment]:
    courses = delivery.courses(routine.items)
    departure = routine.departure
    position: Position | None = None
    if departure is None:
        yield from _opening(routine, courses)
    else:
        yield from _departure(routine, departure, delivery)
        position = departure.position
    count = len(routine.items)
    for index in range(routine.first, count):
        item = routine.items[index]
        following = routine.items[index + 1] if index + 1 < count else None
        yield from _stretch(_Task(item, index + 1, courses[index], delivery), position, following)
        # In whole milliseconds that add up to the whole of it.
        yield Wait(routine.slack_ms * (index + 1) // count - routine.slack_ms * index // count)
        position = item.script.ends_in or item.script.position
    yield from (_sentence(text) for text in _closing(routine))
    if position is not None:
        yield Say(phrases.RISING[position], SENTENCE_MS, NOWHERE)
    yield Wait(SENTENCE_MS)
    yield Chime(Sound.CLOSE, NOWHERE)


def _opening(routine: Routine, courses: tuple[Course, ...]) -> Iterator[Segment]:
    opening = phrases.OPENING if routine.opening is None else routine.opening
    breathed_in = [pair for pair in zip(routine.items, courses, strict=True) if is_breathed(pair[0].script.movement)]
    care = _care(pattern for _, course in breathed_in for pattern in course.stages) if breathed_in else ()
    yield from (_sentence(text) for text in opening)
    yield from (_sentence(text) for text in care if text not in opening)
    yield Wait(SENTENCE_MS)
    if routine.items:
        first = routine.items[0]
        yield Say(phrases.first_name(first.script.name), SENTENCE_MS, Where(first.id, item=1))


def _departure(routine: Routine, departure: Departure, delivery: Delivery) -> Iterator[Segment]:
    """Lead out of what is being left, and name what comes."""
    following = routine.items[departure.index] if departure.index < len(routine.items) else None
    # It all belongs to what comes: who asks for the next stretch now means the one after that.
    where = Where(following.id, item=departure.index + 1) if following else NOWHERE
    yield from (Say(text, SENTENCE_MS, where) for text in departure.greeting)
    if departure.leaves is not None:
        index, side = departure.leaves
        for step in routine.items[index].script.release:
            yield Say(_sided(step.say, side), delivery.setup.of(step.move), where)
    if following:
        yield Say(_TURNS[departure.turn](following.script.name), SENTENCE_MS, where)


def departure_texts(routine: Routine) -> tuple[str, ...]:
    """Return all that may be said where a routine goes on at another place, so that it can be spoken ahead."""
    texts: dict[str, None] = dict.fromkeys(phrases.CLOSING_EARLY)
    for item in routine.items:
        script = item.script
        texts.update(dict.fromkeys(name(script.name) for name in _TURNS.values()))
        sides = script.sides or (None,)
        texts.update(dict.fromkeys(_sided(step.say, side) for side in sides for step in script.release))
        ends_in = script.ends_in or script.position
        for origin in (None, *(other.script.ends_in or other.script.position for other in routine.items)):
            texts.update(dict.fromkeys(move.text for move in way(origin, script.position)))
        texts[phrases.RISING[ends_in]] = None
    return tuple(texts)


def _closing(routine: Routine) -> tuple[str, ...]:
    if routine.closing is not None:
        return routine.closing
    ends_early = routine.departure is not None and routine.departure.index == len(routine.items)
    return phrases.CLOSING_EARLY if ends_early else phrases.CLOSING


_TURNS = {Turn.NEXT: phrases.next_name, Turn.AGAIN: phrases.again_name, Turn.BACK: phrases.back_name}


@dataclass(frozen=True)
class _Task:
    """One stretch, and how it is to be given."""

    item: Item
    number: int
    """Which of the routine, from 1."""
    course: Course
    delivery: Delivery

    @property
    def breaths(self) -> int:
        """What the dose of a hold or flow comes to."""
        return self.course.breaths_in(self.item.dose)

    @property
    def hold(self) -> Amount:
        """The length of each hold of a repeated hold."""
        assert self.item.hold is not None  # noqa: S101 - a repeated hold is fixed with one
        return self.item.hold


def _stretch(task: _Task, position: Position | None, following: Item | None) -> Iterator[Segment]:
    """Lead into a stretch, through it and out of it. Its name has been said; the next one's is said on the way out."""
    script, delivery = task.item.script, task.delivery
    here = Where(task.item.id, item=task.number)
    yield from (Say(move.text, delivery.setup.of(move.move_ms), here) for move in way(position, script.position))
    if delivery.words is Words.FULL:
        yield from _notes(script.cautions, here)
    sides = script.sides or (None,)
    for index, side in enumerate(sides):
        where = replace(here, side=side)
        again = index > 0
        if again:
            yield Chime(Sound.CHANGE, where)
        yield from _steps(script.setup, where, delivery, again=again, into=True)
        if not again:
            yield from _said_before(task, where)
        yield from _movement(task, where)
        release = tuple(_steps(script.release, where, delivery, again=again))
        is_last = index == len(sides) - 1
        yield from _announced(release, following, task.number + 1) if is_last and following else release


def _said_before(task: _Task, where: Where) -> Iterator[Segment]:
    """Say how much it will be, and the easier way if there is one."""
    if task.delivery.words is not Words.NAMES:
        yield Say(_dose_words(task), SENTENCE_MS, where)
    if task.delivery.words is Words.FULL:
        yield from _notes(task.item.script.easier, where)


def _announced(release: tuple[Segment, ...], following: Item, number: int) -> Iterator[Segment]:
    """Name the next stretch during the release: its last movement is done while the name is said."""
    name = Say(phrases.next_name(following.script.name), SENTENCE_MS, Where(following.id, item=number))
    if release and isinstance(last := release[-1], Say):
        yield from release[:-1]
        yield replace(last, after_ms=min(last.after_ms, SENTENCE_MS))
        yield replace(name, after_ms=max(SENTENCE_MS, last.after_ms - SENTENCE_MS))
    else:
        yield from release
        yield name


def _notes(notes: Iterable[Note], where: Where) -> Iterator[Segment]:
    return (Say(_sided(note.say, where.side), SENTENCE_MS, where) for note in notes if note.say)


def _steps(
    steps: Iterable[Step], where: Where, delivery: Delivery, *, again: bool, into: bool = False
) -> Iterator[Segment]:
    setup = delivery.setup
    if delivery.words is Words.NAMES:
        if into and where.side is not None:
            yield Say(phrases.SIDE_NAMES[where.side], SENTENCE_MS, where)
        yield Wait(sum(setup.of(step.move) for step in steps if not again or _said_again(step) is not None))
        return
    for step in steps:
        first = (step.again or step.say) if delivery.words is Words.BRIEF else step.say
        text = _said_again(step) if again else first
        if text is not None:
            yield Say(_sided(text, where.side), setup.of(step.move), where)


def _said_again(step: Step) -> str | None:
    """What the second side hears: only what changed, and whatever the script asks for."""
    if step.again is not None:
        return step.again or None
    return step.say if "side}" in step.say else None


def _sided(text: str, side: Side | None) -> str:
    if side is not None:
        text = text.replace("{side}", side).replace("{other_side}", OTHER_SIDE[side])
    return text[0].upper() + text[1:]


def _dose_words(task: _Task) -> str:
    item, sided = task.item, task.item.script.sides is not None
    match item.script.movement:
        case Hold():
            return phrases.hold_dose(task.breaths, sided)
        case Flow():
            return phrases.flow_dose(task.breaths, sided)
        case Rest():
            return phrases.rest_dose(round(item.dose.value / 1000))
        case RepeatedHold(pace=pace):
            times = item.dose.value
            breaths = {task.course.part(rep, times).breaths_in(task.hold) for rep in range(times)}
            if pace == "breath" and len(breaths) == 1:
                (each,) = breaths
                return phrases.hold_dose(each, sided) if times == 1 else phrases.repeated_breaths(times, each, sided)
            return phrases.repeated_dose(times, sided)
        case Sequence() | Counted():
            return phrases.repeated_dose(item.dose.value, sided)


def _movement(task: _Task, where: Where) -> Iterator[Segment]:
    dose, delivery, course = task.item.dose, task.delivery, task.course
    ready = Wait(delivery.setup.of(READY_MS))
    match task.item.script.movement:
        case Hold(lines=lines):
            heard = lines if delivery.words is Words.FULL else ()
            said = [(line.breath, Phase(line.phase), _sided(line.say, where.side)) for line in heard]
            yield Wait(delivery.setup.of(SETTLE_MS))
            yield breathed(task.breaths, course, delivery, where, said, last=phrases.LAST_BREATH)
            yield Chime(Sound.END, where)
        case Flow() as flow:
            yield ready
            said = [] if delivery.words is Words.NAMES else _flow_lines(flow, task.breaths, where)
            yield breathed(
                task.breaths,
                course,
                delivery,
                where,
                said,
                last=phrases.LAST_ONE,
                halfway_from_ms=FLOW_HALFWAY_FROM_MS,
                stays=True,
                named=min(flow.named, task.breaths) if said else 0,
            )
            yield Chime(Sound.END, where)
        case RepeatedHold() as repeated:
            yield ready
            yield Chime(Sound.BEGIN, where)
            yield from _repeated(repeated, task, where)
            yield Chime(Sound.END, where)
        case Sequence(places=places):
            yield ready
            yield Chime(Sound.BEGIN, where)
            for rep in range(1, dose.value + 1):
                yield from _repetition_name(rep, dose.value, where)
                yield from _places(places, rep, delivery, replace(where, rep=rep))
            yield Chime(Sound.END, where)
        case Counted(beats=beats):
            yield ready
            yield counted(dose.value, beats * delivery.beat_ms, where)
            yield Chime(Sound.END, where)
        case Rest():
            yield ready
            yield Paced(dose.value, (), (), (), _half(dose.value), chime=True, where=where)
            yield Chime(Sound.END, where)


def _flow_lines(flow: Flow, breaths: int, where: Where) -> list[tuple[int, Phase, str]]:
    lines = []
    for breath in range(1, min(flow.named, breaths) + 1):
        for phase, line in ((Phase.IN, flow.inhale), (Phase.OUT, flow.exhale)):
            text = line.say if breath == 1 or line.again is None else line.again
            lines.append((breath, phase, _sided(text, where.side)))
    return lines


def _repeated(repeated: RepeatedHold, task: _Task, where: Where) -> Iterator[Segment]:
    times, delivery = task.item.dose.value, task.delivery
    for rep in range(1, times + 1):
        here = replace(where, rep=rep)
        yield from _repetition_name(rep, times, where)
        yield from _one_way(repeated.out, rep, here, delivery)
        if repeated.pace == "breath":
            course = task.course.part(rep - 1, times)
            breaths = course.breaths_in(task.hold)
            yield breathed(breaths, course, delivery, here, (), last=phrases.LAST_BREATH, chime=False)
        else:
            yield held(task.hold.value, delivery, here)
        yield from _one_way(repeated.back, rep, here, delivery)
        if repeated.rest and rep < times:
            if repeated.rest >= REST_SAID_FROM_MS:
                yield Say(phrases.rest_between(round(repeated.rest / 1000)), repeated.rest, here)
            else:
                yield Wait(repeated.rest)


def _places(places: tuple[Place, ...], rep: int, delivery: Delivery, where: Where) -> Iterator[Segment]:
    # Where to go is what a sequence is: it is said at every level.
    spoken = replace(delivery, words=min(delivery.words, Words.BRIEF, key=list(Words).index))
    for place in places:
        yield from _one_way(place, rep, where, spoken)
        yield held(place.hold.amount().value, delivery, where)


def _repetition_name(rep: int, times: int, where: Where) -> Iterator[Segment]:
    """From the second repetition on, say which one it is; the last is named as such."""
    if rep > 1:
        text = phrases.LAST_ONE if rep == times else phrases.repetition(rep)
        yield Say(text, SENTENCE_MS // 2, replace(where, rep=rep))


def _one_way(step: Step, rep: int, where: Where, delivery: Delivery) -> Iterator[Segment]:
    """A movement inside a set: later repetitions use the shorter words if there are any, but always some."""
    move_ms = delivery.setup.of(step.move)
    if delivery.words is Words.NAMES:
        yield Wait(move_ms)
        return
    short = rep > 1 or delivery.words is Words.BRIEF
    text = step.again if short and step.again else step.say
    yield Say(_sided(text, where.side), move_ms, where)


def breathed(
    breaths: int,
    course: Course,
    delivery: Delivery,
    where: Where,
    said: Iterable[tuple[int, Phase, str]],
    *,
    last: str,
    halfway_from_ms: int = HALFWAY_FROM_MS,
    chime: bool = True,
    stays: bool = False,
    named: int = 0,
) -> Paced:
    """Pace a number of breaths: what is heard of each, the lines on their breaths, the last breath announced.

    Args:
        breaths: how many.
        course: their patterns.
        delivery: the manner.
        where: what it belongs to.
        said: lines as (breath from 1, phase, text).
        last: what announces the last breath.
        halfway_from_ms: “halfway” is said in what is longer than this.
        chime: whether the begin chime announces it.
        stays: whether “in” and “out” are said to the end.
        named: on how many breaths lines take the place of counts, so that counting only begins to thin out after them.
    """
    beats: list[Beat] = []
    spans: list[Breath] = []
    strikes: list[Strike] = []
    lines: list[Line] = []
    texts: dict[tuple[int, Phase], list[str]] = {}
    for breath, phase, text in said:
        texts.setdefault((breath, phase), []).append(text)
    room_ms = STRIKE_MS if delivery.pace is Pace.CHIME else 0
    at_ms = 0
    for breath in range(1, breaths + 1):
        rep = where.rep or breath
        spoken = spoken_on(delivery.guidance, breath - named, breaths - named, stays=stays)
        if breath == breaths > 1:
            lines.append(Line(last, None, at_ms, None, rep))
        for phase, counts in course.pattern(breath - 1, breaths).phases:
            end_ms = at_ms + counts * course.beat_ms
            spans.append(Breath(phase, at_ms, end_ms, rep))
            lines += [Line(text, at_ms + room_ms, end_ms, phase, rep) for text in texts.get((breath, phase), ())]
            words = _phase_words(phase, counts, delivery.pace, spoken)
            beats += [Beat(at_ms + i * course.beat_ms, word, phase, i + 1, rep) for i, word in enumerate(words)]
            if delivery.pace is Pace.CHIME:
                strikes.append(Strike(at_ms, PHASE_SOUNDS[phase], phase, rep))
            at_ms = end_ms
    return Paced(
        at_ms,
        tuple(beats),
        tuple(spans),
        tuple(lines),
        _half(at_ms, halfway_from_ms) if breaths > HALVES else None,
        chime=chime,
        where=where,
        strikes=tuple(strikes),
        tone=delivery.pace.sounds_tone,
        halfway_reach_ms=at_ms // (2 * breaths),
    )


def _phase_words(phase: Phase, counts: int, pace: Pace, spoken: Spoken) -> list[str]:
    """Return the words on the first beats of a phase."""
    if spoken is Spoken.NOTHING:
        return []
    if pace is Pace.WORDS:
        return [phrases.PHASE_PHRASES[phase]]
    if not pace.counts:
        return []
    turn = phrases.PHASE_WORDS[phase]
    return [turn] if spoken is Spoken.TURNS else [turn, *map(phrases.count_word, range(2, counts + 1))]


def held(length_ms: int, delivery: Delivery, where: Where) -> Paced:
    """Count a hold on the beat: “Hold, two, three …”. It lasts what it lasts; the counts are the beats that fit.

    Where counts are not wanted there is only the “hold”.
    """
    rep = where.rep or 1
    beat_ms = delivery.beat_ms
    words = [phrases.HOLD_WORD, *map(phrases.count_word, range(2, max(1, length_ms // beat_ms) + 1))]
    if delivery.pace is Pace.SILENT:
        words = []
    elif not delivery.pace.counts or delivery.guidance is Guidance.MINIMAL:
        words = words[:1]
    beats = tuple(Beat(index * beat_ms, word, Phase.HOLD, index + 1, rep) for index, word in enumerate(words))
    half = _half(length_ms)
    return Paced(length_ms, beats, (), (), half, chime=False, where=where)


def counted(times: int, spacing_ms: int, where: Where) -> Paced:
    """Count movements: “one, two, three …”, the last one announced. Here the numbers are the movement itself, so they
    are spoken in every manner.
    """
    beats = tuple(
        Beat(index * spacing_ms, phrases.count_word(index + 1), None, index + 1, index + 1) for index in range(times)
    )
    is_worth_saying = times >= FEWEST_COUNTED
    lines = (Line(phrases.LAST_ONE, None, (times - 1) * spacing_ms, None, times),) if is_worth_saying else ()
    # No “halfway” here: the number says where one is.
    return Paced(times * spacing_ms, beats, (), lines, None, chime=True, where=where)


def _half(length_ms: int, from_ms: int = HALFWAY_FROM_MS) -> int | None:
    return length_ms // 2 if length_ms > from_ms else None
