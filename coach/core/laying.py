"""Lays out programmes: what is said and sounded, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from coach.core.breath import BreathPattern
from coach.core.breath_stages import BreathStages
from coach.core.delivery import Delivery, Guidance, Level, Words
from coach.core.fields import Step
from coach.core.languages import Phrases
from coach.core.movements.base import SENTENCE_MS, Task, at_level, moving, rested, sided
from coach.core.movements.hold import SETTLE_MS
from coach.core.paced import FLOW_HALFWAY_FROM_MS, Pacing, breathed
from coach.core.routine import Breathing, Departure, Item, Routine, Sample, Turn
from coach.core.script import Note
from coach.core.segments import Chime, Say, Segment, Wait, Where
from coach.core.timeline import Part, Sound

ARRIVE_MS = 10_000
"""From lying down to the first instruction."""
FETCH_MS, FETCH_AT_MOST_MS = 6_000, 20_000
"""To fetch each thing that will be needed before one lies down, and all of them: a longer silence would be odd."""
LINGER_MS = 4_000
"""To do what the last words ask for: half a slow breath."""


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
    yield from _sentences(_care((first, last), delivery), opening)
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


def _care(patterns: Iterable[BreathPattern], delivery: Delivery) -> tuple[str, ...]:
    """Return what is said before paced breath, whatever the opening says."""
    speech = delivery.speech
    care = speech.BREATH_CARE if delivery.words is Words.FULL else speech.BREATH_CARE_BRIEF
    held = any(pattern.holds for pattern in patterns)
    return (*care, speech.HELD_CARE) if held else care


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
        return _opening(routine, stages, delivery)
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
    is_full = delivery.words is Words.FULL
    if name is not None:
        position = routine.positions.positions[name]
        resting = Where(part=Part.CLOSING)
        for text in (*position.rest, *others) if is_full else position.rest[:1]:
            yield Say(text, delivery.setup.of(LINGER_MS), resting)
        rising = Where(part=Part.RISING)
        if eyes_closed_before(routine, len(routine.items)):
            yield Say(delivery.speech.WHEN_READY, SENTENCE_MS, rising)
        yield from (Say(move.say, delivery.setup.of(move.move), rising) for move in position.rise)
    elif is_full:
        yield from _sentences(others, Where(part=Part.CLOSING))
    yield Wait(SENTENCE_MS)
    yield Chime(Sound.CLOSE, Where(part=Part.CLOSING))


def position_before(routine: Routine, index: int) -> str | None:
    """Return the position in which a listener is when an item begins, if it is known."""
    if index > routine.first:
        return routine.items[index - 1].ends_in
    return routine.departure.position if routine.departure else None


def eyes_closed_before(routine: Routine, index: int) -> bool:
    """Return whether a listener's eyes are closed when an item begins."""
    if index > routine.first:
        return routine.ends_with_eyes_closed(index - 1)
    name = position_before(routine, index)
    return name is not None and routine.positions.positions[name].eyes == "closed"


def _opening(routine: Routine, stages: tuple[BreathStages, ...], delivery: Delivery) -> Iterator[Segment]:
    where, speech = Where(part=Part.OPENING), delivery.speech
    own = speech.OPENING if routine.opening is None else routine.opening
    opening = own if delivery.words is Words.FULL else speech.OPENING_BRIEF
    pairs = zip(routine.items, stages, strict=True)
    breathed_in = [each for item, each in pairs if item.script.movement.is_breathed]
    care = _care((pattern for each in breathed_in for pattern in each.stages), delivery) if breathed_in else ()
    yield from _sentences(opening, where)
    yield from _sentences((text for text in care if text not in opening), where)
    named = " ".join(opening).lower()
    if props := tuple(prop for prop in routine.props if prop.lower() not in named):
        yield Say(speech.at_hand(props), delivery.setup.of(min(len(props) * FETCH_MS, FETCH_AT_MOST_MS)), where)
    yield Wait(SENTENCE_MS)
    if routine.items:
        first = routine.items[0]
        name = speech.first_name if len(routine.items) > 1 else speech.alone_name
        yield from _named(routine, 0, name(first.script.name), speech)


def _named(routine: Routine, index: int, name: str, speech: Phrases) -> Iterator[Segment]:
    """Name a round that begins with an item, and the item."""
    item = routine.items[index]
    where = Where(item.id, item=index + 1, part=Part.NAME)
    if item.round and routine.begins_round(index):
        number, of = item.round.number, item.round.of
        yield Say(speech.rounds(of) if number == 1 else speech.round_name(number, of), SENTENCE_MS, where)
    yield Say(name, SENTENCE_MS, where)


def _departure(routine: Routine, departure: Departure, delivery: Delivery) -> Iterator[Segment]:
    """Lead out of what is being left, and name what comes."""
    speech = delivery.speech
    following = routine.items[departure.index] if departure.index < len(routine.items) else None
    # It all belongs to what comes: a person who asks for the next stretch now means the one after that.
    where = Where(following.id, item=departure.index + 1) if following else Where()
    yield from _sentences(departure.greeting, replace(where, part=Part.GREETING))
    if departure.leaves is not None:
        index, side = departure.leaves
        if routine.opens_eyes(index):
            yield Say(speech.OPEN_EYES, SENTENCE_MS, replace(where, part=Part.LEAVING))
        for step in _release(routine.items[index], delivery.level):
            text = sided(step.say, side, speech)
            yield Say(text, delivery.setup.of(step.move), replace(where, part=Part.LEAVING))
    if following:
        yield from _sentences(
            _turned(departure.turn, following, departure.index, speech), replace(where, part=Part.NAME)
        )


def _release(item: Item, level: Level) -> tuple[Step, ...]:
    steps = (at_level(step, item.level or level) for step in item.script.release)
    return tuple(step for step in steps if step is not None)


def _turned(turn: Turn, item: Item, index: int, speech: Phrases) -> tuple[str, ...]:
    """Announce an item that a routine goes on with; “next” is worded as it would be without going elsewhere."""
    name = item.script.name
    if turn is Turn.NEXT:
        return (speech.next_name(name, index),)
    return speech.again_name(name) if turn is Turn.AGAIN else speech.back_name(name)


def departure_texts(routine: Routine, delivery: Delivery) -> tuple[str, ...]:
    """Return all that may be said if a routine goes on at another place, so that it can be spoken ahead."""
    speech, level = delivery.speech, delivery.level
    eyes = (speech.OPEN_EYES, speech.CLOSE_EYES, speech.CLOSE_EYES_AGAIN, speech.WHEN_READY)
    texts: dict[str, None] = dict.fromkeys((*speech.CLOSING_EARLY, *eyes))
    for index, item in enumerate(routine.items):
        script = item.script
        texts.update(dict.fromkeys(text for turn in Turn for text in _turned(turn, item, index, speech)))
        steps = _release(item, level)
        texts.update(dict.fromkeys(sided(step.say, side, speech) for side in item.turns for step in steps))
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
        self._routine = routine
        self._index = index
        self._item = item = routine.items[index]
        # What was heard in an earlier round is not explained again.
        is_brief = routine.is_familiar(index) and delivery.words is Words.FULL
        self._delivery = replace(delivery, words=Words.BRIEF) if is_brief else delivery
        self._stages = stages
        self._position = position_before(routine, index)
        self._positions = routine.positions
        self._level = item.level or delivery.level
        self._here = Where(item.id, item=index + 1)

    def segments(self) -> Iterator[Segment]:
        """Yield all of it. Its name has been said; the next one's is said on the way out."""
        item, full = self._item, self._delivery.words is Words.FULL
        yield from _sentences(item.words, replace(self._here, part=Part.WORDS))
        yield from self._way()
        if full:
            yield from self._settling()
            yield from self._notes(item.script.cautions, replace(self._here, part=Part.CAUTION))
        for number in range(1, item.sets + 1):
            where = replace(self._here, set=number if item.sets > 1 else None)
            if number > 1:
                yield from self._between_sets(number, where)
                # What was heard in the first set is not explained again.
                self._delivery = replace(self._delivery, words=Words.BRIEF) if full else self._delivery
            for side in item.turns:
                yield from self._side(replace(where, side=side), set_number=number)

    def _between_sets(self, number: int, where: Where) -> Iterator[Segment]:
        item, speech = self._item, self._delivery.speech
        if item.set_rest_ms:
            yield from rested(item.set_rest_ms, replace(where, set=number - 1, part=Part.PAUSE), self._delivery)
        yield Say(speech.set_name(number, item.sets), SENTENCE_MS, replace(where, part=Part.SETUP))

    def _way(self) -> Iterator[Segment]:
        """Lead into its position: eyes are open on a way through standing, and closed again once one is down."""
        delivery, speech, positions = self._delivery, self._delivery.speech, self._positions
        way, origin, target = replace(self._here, part=Part.WAY), self._position, self._item.script.position
        were_closed = eyes_closed_before(self._routine, self._index)
        close = self._routine.eyes_are_closed(self._index)
        opens = were_closed and (positions.needs_eyes(origin, target) or not close)
        if opens:
            yield Say(speech.OPEN_EYES, SENTENCE_MS, way)
        for move in positions.moves(origin, target):
            yield moving(move.say, move.move, way, delivery)
        if close and (opens or not were_closed):
            yield Say(speech.CLOSE_EYES_AGAIN if opens else speech.CLOSE_EYES, SENTENCE_MS, way)

    def _settling(self) -> Iterator[Segment]:
        """Leave some time before the first instruction of a routine, once one is down and set."""
        is_beginning = self._index == 0 and self._routine.departure is None
        if is_beginning and self._routine.eyes_are_closed(self._index):
            where, delivery = replace(self._here, part=Part.WAY), self._delivery
            yield Say(delivery.speech.SETTLE, delivery.setup.of(ARRIVE_MS), where)

    def _side(self, where: Where, *, set_number: int) -> Iterator[Segment]:
        item, delivery = self._item, self._delivery
        is_other, is_again = where.side != item.turns[0], set_number > 1
        is_last = where.side == item.turns[-1] and set_number == item.sets
        task = item.task(self._stages, replace(delivery, level=self._level), where.side)
        if is_other:
            yield Chime(Sound.CHANGE, replace(where, part=Part.CHANGE))
        setup = self._steps(item.script.setup, replace(where, part=Part.SETUP), again=is_other or is_again)
        told: Iterable[Segment] = ()
        if not is_again and (not is_other or item.side_doses):
            told = self._said_before(where, task, is_first=not is_other)
        yield from (*told, *setup) if item.script.movement.strains_at_once else (*setup, *told)
        yield from item.script.movement.segments(task, replace(where, part=Part.MOVEMENT))
        out = replace(where, part=Part.RELEASE)
        release = tuple(self._steps(item.script.release, out, again=is_other))
        if is_last and self._routine.opens_eyes(self._index):
            yield Say(delivery.speech.OPEN_EYES, SENTENCE_MS, out)
        yield from self._on_to_next(release) if is_last else release

    def _said_before(self, where: Where, task: Task, *, is_first: bool) -> Iterator[Segment]:
        """Say how much it will be, and the easier way if there is one."""
        if self._delivery.words is not Words.FULL:
            return
        script, speech, dose = self._item.script, self._delivery.speech, replace(where, part=Part.DOSE)
        yield Say(script.movement.dose_words(task), SENTENCE_MS, dose)
        if not is_first:
            return
        if self._item.sets > 1:
            yield Say(speech.sets(self._item.sets), SENTENCE_MS, dose)
        if script.feel:
            yield Say(sided(script.feel, where.side, speech), SENTENCE_MS, replace(where, part=Part.SETUP))
        if self._level is Level.USUAL:
            yield from self._notes(script.easier, replace(where, part=Part.EASIER))

    def _on_to_next(self, release: tuple[Segment, ...]) -> Iterator[Segment]:
        """Name the next stretch during the release: its last movement is done while the name is said.

        Where there is a pause between, or another round begins, that comes first.
        """
        following = self._index + 1
        if following == len(self._routine.items):
            yield from release
            return
        item, speech = self._routine.items[following], self._delivery.speech
        names = tuple(_named(self._routine, following, speech.next_name(item.script.name, following), speech))
        pauses = tuple(self._pauses(item, begins_round=self._routine.begins_round(following)))
        if not pauses and len(names) == 1 and release and isinstance(last := release[-1], Say):
            (name,) = names
            assert isinstance(name, Say)  # noqa: S101 - so it is made
            yield from release[:-1]
            yield replace(last, after_ms=min(last.after_ms, SENTENCE_MS))
            yield replace(name, after_ms=max(SENTENCE_MS, last.after_ms - SENTENCE_MS))
        else:
            yield from (*release, *pauses, *names)

    def _pauses(self, following: Item, *, begins_round: bool) -> Iterator[Segment]:
        where = replace(self._here, part=Part.PAUSE)
        for pause in following.pauses:
            yield from rested(pause.length_ms, where, self._delivery, pause.words)
        if following.round and begins_round and following.round.number > 1 and following.round.rest_ms:
            yield from rested(following.round.rest_ms, where, self._delivery)

    def _notes(self, notes: Iterable[Note], where: Where) -> Iterator[Segment]:
        return _sentences((sided(note.say, where.side, self._delivery.speech) for note in notes if note.say), where)

    def _steps(self, steps: Iterable[Step], where: Where, *, again: bool) -> Iterator[Segment]:
        delivery = self._delivery
        setup, speech = delivery.setup, delivery.speech
        steps = tuple(filter(None, (at_level(step, self._level) for step in steps)))
        if delivery.words is Words.NAMES:
            if where.part is Part.SETUP and where.side is not None:
                yield Say(speech.SIDE_NAMES[where.side], SENTENCE_MS, where)
            yield Wait(
                sum(setup.of(step.move) for step in steps if _said_again(step) or not (again or step.again is False))
            )
            return
        for step in steps:
            short = again or (delivery.words is Words.BRIEF and where.side is not None)
            text = _said_again(step) if short else _said_first(step, delivery.words)
            if text is not None:
                yield moving(sided(text, where.side, speech), step.move, where, delivery)
            if step.option and not short and delivery.words is Words.FULL:
                yield Say(sided(step.option, where.side, speech), SENTENCE_MS, where)


def _said_first(step: Step, words: Words) -> str | None:
    """Return what the first side hears, or the only one: in few words the shorter form, if there is one."""
    if words is not Words.BRIEF or step.again is None:
        return step.say
    return step.again or None


def _said_again(step: Step) -> str | None:
    """Return what the second side hears: only what changed, and whatever the script asks for."""
    if step.again is not None:
        return step.again or None
    return step.say if "side}" in step.say else None
