"""Lays out programmes: what is said and sounded, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from coach.core.breath import BreathPattern
from coach.core.breath_stages import BreathStages
from coach.core.delivery import Delivery, Guidance, Level, Words
from coach.core.fields import Side, Step
from coach.core.languages import Phrases
from coach.core.movements.base import SENTENCE_MS, sided
from coach.core.movements.hold import SETTLE_MS
from coach.core.paced import FLOW_HALFWAY_FROM_MS, Pacing, breathed
from coach.core.routine import Breathing, Departure, Item, Routine, Sample, Turn
from coach.core.script import Note
from coach.core.segments import Chime, Say, Segment, Wait, Where
from coach.core.timeline import Part, Sound


def _sentences(texts: Iterable[str], where: Where) -> Iterator[Segment]:
    return (Say(text, SENTENCE_MS, where) for text in texts)


# A sample, and breathing alone


def lay_sample(sample: Sample, delivery: Delivery) -> Iterator[Segment]:
    """Lay out a few sentences and a breath."""
    yield from _sentences(sample.sentences, Where(part=Part.OPENING))
    stages = BreathStages(delivery.breath, delivery.beat_ms)
    yield breathed(1, stages, delivery, Where(part=Part.MOVEMENT), Pacing(last=""))


def lay_breathing(breathing: Breathing, delivery: Delivery) -> Iterator[Segment]:
    """Lay out breathing alone."""
    speech = delivery.speech
    if not breathing.closes_early:
        yield from _breathing_opening(breathing, delivery)
        yield from _breaths(breathing, delivery)
    closing = speech.BREATHING_CLOSING_EARLY if breathing.closes_early else speech.BREATHING_CLOSING
    yield from _sentences(closing, Where(part=Part.CLOSING))
    yield from _sentences((speech.WHEN_READY,), Where(part=Part.RISING))
    yield Wait(SENTENCE_MS)
    yield Chime(Sound.CLOSE, Where(part=Part.CLOSING))


def _breathing_opening(breathing: Breathing, delivery: Delivery) -> Iterator[Segment]:
    speech, opening = delivery.speech, Where(part=Part.OPENING)
    stages = BreathStages(delivery.breath, delivery.beat_ms)
    breaths = stages.breaths_in(breathing.dose)
    first, last = stages.pattern(0, breaths), stages.pattern(breaths - 1, breaths)
    if delivery.words is Words.FULL:
        yield from _sentences(speech.BREATHING_OPENING, opening)
    yield from _sentences(_care((first, last), speech), opening)
    if delivery.words is not Words.NAMES:
        yield from _sentences((speech.pattern_counts(first),), opening)
        if first != last:
            yield from _sentences((speech.LENGTHENS,), opening)


def _breaths(breathing: Breathing, delivery: Delivery) -> Iterator[Segment]:
    where = Where(part=Part.MOVEMENT)
    stages = BreathStages(delivery.breath, delivery.beat_ms)
    pacing = Pacing(
        last=where.worded(delivery.speech.LAST_BREATH),
        halfway_from_ms=FLOW_HALFWAY_FROM_MS,
        stays=delivery.guidance is not Guidance.MINIMAL,
    )
    yield Wait(delivery.setup.of(SETTLE_MS))
    yield breathed(stages.breaths_in(breathing.dose), stages, delivery, where, pacing)
    yield Chime(Sound.END, where)


def _care(patterns: Iterable[BreathPattern], speech: Phrases) -> tuple[str, ...]:
    """Return what is said before paced breath, whatever the opening says."""
    held = any(pattern.holds for pattern in patterns)
    return (*speech.BREATH_CARE, speech.HELD_CARE) if held else speech.BREATH_CARE


# A routine


def lay_routine(routine: Routine, delivery: Delivery) -> Iterator[Segment]:
    """Lay out a routine, from its beginning or from where it goes on."""
    stages = routine.stages(delivery)
    yield from lay_beginning(routine, stages, delivery)
    for index in range(routine.first, len(routine.items)):
        yield from lay_stretch(routine, index, stages[index], delivery)
        yield lay_slack(routine, index)
    yield from lay_closing(routine, delivery)


def lay_beginning(routine: Routine, stages: tuple[BreathStages, ...], delivery: Delivery) -> Iterator[Segment]:
    """Lay out what comes before the first stretch."""
    if routine.departure is None:
        return _opening(routine, stages, delivery.speech)
    return _departure(routine, routine.departure, delivery)


def lay_stretch(routine: Routine, index: int, stages: BreathStages, delivery: Delivery) -> Iterator[Segment]:
    """Lay out one stretch of a routine, by its index from 0."""
    return _Stretch(routine, index, stages, delivery).segments()


def lay_slack(routine: Routine, index: int) -> Wait:
    """Return the pause after a stretch that makes a routine fit a length: in whole milliseconds that add up."""
    count = len(routine.items)
    return Wait(routine.slack_ms * (index + 1) // count - routine.slack_ms * index // count)


def lay_closing(routine: Routine, delivery: Delivery) -> Iterator[Segment]:
    """Lay out the closing words, and how to get up."""
    name = position_before(routine, len(routine.items))
    first, *others = _closing(routine, delivery.speech)
    yield from _sentences((first,), Where(part=Part.CLOSING))
    if name is not None:
        position = routine.positions.positions[name]
        yield from _sentences((*position.rest, *others), Where(part=Part.CLOSING))
        rising = Where(part=Part.RISING)
        if position.eyes == "closed":
            yield Say(delivery.speech.WHEN_READY, SENTENCE_MS, rising)
        yield from (Say(move.say, delivery.setup.of(move.move), rising) for move in position.rise)
    else:
        yield from _sentences(others, Where(part=Part.CLOSING))
    yield Wait(SENTENCE_MS)
    yield Chime(Sound.CLOSE, Where(part=Part.CLOSING))


def position_before(routine: Routine, index: int) -> str | None:
    """Return the position in which a listener is when an item begins, if it is known."""
    if index > routine.first:
        return routine.items[index - 1].ends_in
    return routine.departure.position if routine.departure else None


def _opening(routine: Routine, stages: tuple[BreathStages, ...], speech: Phrases) -> Iterator[Segment]:
    where = Where(part=Part.OPENING)
    opening = speech.OPENING if routine.opening is None else routine.opening
    pairs = zip(routine.items, stages, strict=True)
    breathed_in = [each for item, each in pairs if item.script.movement.is_breathed]
    care = _care((pattern for each in breathed_in for pattern in each.stages), speech) if breathed_in else ()
    yield from _sentences(opening, where)
    yield from _sentences((text for text in care if text not in opening), where)
    if props := routine.props:
        yield from _sentences((speech.at_hand(props),), where)
    yield Wait(SENTENCE_MS)
    if routine.items:
        first = routine.items[0]
        name = speech.first_name if len(routine.items) > 1 else speech.alone_name
        yield Say(name(first.script.name), SENTENCE_MS, Where(first.id, item=1, part=Part.NAME))


def _departure(routine: Routine, departure: Departure, delivery: Delivery) -> Iterator[Segment]:
    """Lead out of what is being left, and name what comes."""
    speech = delivery.speech
    following = routine.items[departure.index] if departure.index < len(routine.items) else None
    # It all belongs to what comes: a person who asks for the next stretch now means the one after that.
    where = Where(following.id, item=departure.index + 1) if following else Where()
    yield from _sentences(departure.greeting, replace(where, part=Part.GREETING))
    if departure.leaves is not None:
        index, side = departure.leaves
        for step in _release(routine.items[index], delivery.level):
            text = sided(step.say, side, speech)
            yield Say(text, delivery.setup.of(step.move), replace(where, part=Part.LEAVING))
    if following:
        name = _turned(departure.turn, following, departure.index, speech)
        yield Say(name, SENTENCE_MS, replace(where, part=Part.NAME))


def _release(item: Item, level: Level) -> tuple[Step, ...]:
    steps = (_at_level(step, item.level or level) for step in item.script.release)
    return tuple(step for step in steps if step is not None)


def _turned(turn: Turn, item: Item, index: int, speech: Phrases) -> str:
    """Announce an item that a routine goes on with; “next” is worded as it would be without going elsewhere."""
    name = item.script.name
    if turn is Turn.NEXT:
        return speech.next_name(name, index)
    return speech.again_name(name) if turn is Turn.AGAIN else speech.back_name(name)


def departure_texts(routine: Routine, delivery: Delivery) -> tuple[str, ...]:
    """Return all that may be said if a routine goes on at another place, so that it can be spoken ahead."""
    speech, level = delivery.speech, delivery.level
    eyes = (speech.OPEN_EYES, speech.CLOSE_EYES, speech.CLOSE_EYES_AGAIN, speech.WHEN_READY)
    texts: dict[str, None] = dict.fromkeys((*speech.CLOSING_EARLY, *eyes))
    for index, item in enumerate(routine.items):
        script = item.script
        texts.update(dict.fromkeys(_turned(turn, item, index, speech) for turn in Turn))
        sides: tuple[Side | None, ...] = script.sides or (None,)
        texts.update(dict.fromkeys(sided(step.say, side, speech) for side in sides for step in _release(item, level)))
        for origin in (None, *(other.ends_in for other in routine.items)):
            texts.update(dict.fromkeys(move.say for move in routine.positions.moves(origin, script.position)))
        ends_in = routine.positions.positions[item.ends_in]
        texts.update(dict.fromkeys((*ends_in.rest, *(move.say for move in ends_in.rise))))
    return tuple(texts)


def _closing(routine: Routine, speech: Phrases) -> tuple[str, ...]:
    if routine.closing is not None:
        return routine.closing
    ends_early = routine.departure is not None and routine.departure.index == len(routine.items)
    if ends_early:
        return speech.CLOSING_EARLY
    return speech.CLOSING if len(routine.items) > 1 else speech.CLOSING_ALONE


# A stretch


class _Stretch:
    """Lays out one stretch of a routine: into it, through it and out of it."""

    def __init__(self, routine: Routine, index: int, stages: BreathStages, delivery: Delivery) -> None:
        self._item = routine.items[index]
        self._next = routine.items[index + 1] if index + 1 < len(routine.items) else None
        self._number = index + 1
        self._task = self._item.task(stages, delivery)
        self._delivery = delivery
        self._position = position_before(routine, index)
        self._positions = routine.positions
        self._level = self._item.level or delivery.level
        self._here = Where(self._item.id, item=self._number)

    def segments(self) -> Iterator[Segment]:
        """Yield all of it. Its name has been said; the next one's is said on the way out."""
        script, delivery = self._item.script, self._delivery
        yield from self._way()
        if delivery.words is Words.FULL:
            yield from self._notes(script.cautions, replace(self._here, part=Part.CAUTION))
        sides: tuple[Side | None, ...] = script.sides or (None,)
        for side in sides:
            again, is_last = side != sides[0], side == sides[-1]
            yield from self._side(replace(self._here, side=side), again=again, is_last=is_last)

    def _way(self) -> Iterator[Segment]:
        """Lead into its position: eyes are open on a way through standing, and closed again once one is down."""
        delivery, speech, positions = self._delivery, self._delivery.speech, self._positions
        way, origin, target = replace(self._here, part=Part.WAY), self._position, self._item.script.position
        were_closed = origin is not None and positions.positions[origin].eyes == "closed"
        opens = were_closed and positions.needs_eyes(origin, target)
        if opens:
            yield Say(speech.OPEN_EYES, SENTENCE_MS, way)
        for move in positions.moves(origin, target):
            yield Say(move.say, delivery.setup.of(move.move), way)
        if positions.positions[target].eyes == "closed" and (opens or not were_closed):
            yield Say(speech.CLOSE_EYES_AGAIN if opens else speech.CLOSE_EYES, SENTENCE_MS, way)

    def _side(self, where: Where, *, again: bool, is_last: bool) -> Iterator[Segment]:
        script = self._item.script
        if again:
            yield Chime(Sound.CHANGE, replace(where, part=Part.CHANGE))
        yield from self._steps(script.setup, replace(where, part=Part.SETUP), again=again)
        if not again:
            yield from self._said_before(where)
        yield from script.movement.segments(self._task, replace(where, part=Part.MOVEMENT))
        release = tuple(self._steps(script.release, replace(where, part=Part.RELEASE), again=again))
        yield from self._announced(release, self._next) if is_last and self._next else release

    def _said_before(self, where: Where) -> Iterator[Segment]:
        """Say how much it will be, and the easier way if there is one."""
        if self._delivery.words is not Words.NAMES:
            dose = self._item.script.movement.dose_words(self._task)
            yield Say(dose, SENTENCE_MS, replace(where, part=Part.DOSE))
        if self._delivery.words is Words.FULL:
            script, speech = self._item.script, self._delivery.speech
            if script.feel:
                yield Say(sided(script.feel, where.side, speech), SENTENCE_MS, replace(where, part=Part.SETUP))
            if self._level is Level.USUAL:
                yield from self._notes(script.easier, replace(where, part=Part.EASIER))

    def _announced(self, release: tuple[Segment, ...], following: Item) -> Iterator[Segment]:
        """Name the next stretch during the release: its last movement is done while the name is said."""
        text = self._delivery.speech.next_name(following.script.name, self._number)
        name = Say(text, SENTENCE_MS, Where(following.id, item=self._number + 1, part=Part.NAME))
        if release and isinstance(last := release[-1], Say):
            yield from release[:-1]
            yield replace(last, after_ms=min(last.after_ms, SENTENCE_MS))
            yield replace(name, after_ms=max(SENTENCE_MS, last.after_ms - SENTENCE_MS))
        else:
            yield from release
            yield name

    def _notes(self, notes: Iterable[Note], where: Where) -> Iterator[Segment]:
        return _sentences((sided(note.say, where.side, self._delivery.speech) for note in notes if note.say), where)

    def _steps(self, steps: Iterable[Step], where: Where, *, again: bool) -> Iterator[Segment]:
        delivery = self._delivery
        setup, speech = delivery.setup, delivery.speech
        steps = tuple(filter(None, (_at_level(step, self._level) for step in steps)))
        if delivery.words is Words.NAMES:
            if where.part is Part.SETUP and where.side is not None:
                yield Say(speech.SIDE_NAMES[where.side], SENTENCE_MS, where)
            yield Wait(sum(setup.of(step.move) for step in steps if not again or _said_again(step) is not None))
            return
        for step in steps:
            short = again or (delivery.words is Words.BRIEF and where.side is not None)
            brief = (step.again or step.say) if delivery.words is Words.BRIEF else step.say
            text = _said_again(step) if short else brief
            if text is not None:
                yield Say(sided(text, where.side, speech), setup.of(step.move), where)
            if step.option and not short and delivery.words is Words.FULL:
                yield Say(sided(step.option, where.side, speech), SENTENCE_MS, where)


def _at_level(step: Step, level: Level) -> Step | None:
    """Return a step as a level does it; ``None`` if the level leaves it out."""
    other = {Level.EASIER: step.easier, Level.USUAL: None, Level.HARDER: step.harder}[level]
    if other is False:
        return None
    return step if other is None else step.model_copy(update={"say": other, "again": None, "option": None})


def _said_again(step: Step) -> str | None:
    """Return what the second side hears: only what changed, and whatever the script asks for."""
    if step.again is not None:
        return step.again or None
    return step.say if "side}" in step.say else None
