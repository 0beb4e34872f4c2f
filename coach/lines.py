"""Every line that a library can say: what a voice must be able to speak, and what a set of clips holds.

The lines are laid, not listed: every routine and stretch at every level, in every wording, with every dose inside its
range, in each of the named breaths, swapped and led another way for each condition, and what a live session adds. What
a listener may write in (a title, a breath of one's own, a script of one's own) is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from coach.audio.sound_timings import SOUND_TIMINGS
from coach.core.breath import NAMED_PATTERNS, BreathPattern
from coach.core.conditions import GENTLE, Avoiding, avoid
from coach.core.delivery import Delivery, Guidance, Level, Pace, Words
from coach.core.guide import Guide, rounded_s
from coach.core.languages import ENGLISH
from coach.core.laying import departure_texts
from coach.core.plan import lay
from coach.core.routine import Item, Programme, Routine, Sample, at_level, breathing, joined, names_in
from coach.defaults import BEAT_MS, BREATH
from coach.library.library import Library
from coach.voices.silent import silent_timing

_MOST_DOSES = 120
"""So many parts of a range are tried; those that come to the same dose are laid once."""
_BREATHS_LEFT, _TIMES_LEFT = 30, 20
_SECONDS_LEFT = 600


@dataclass(frozen=True)
class Lines:
    """What can be said."""

    texts: frozenset[str]
    """All of it, counts too."""
    counts: frozenset[str]
    """What is said on the beat."""


def lines_of(library: Library) -> Lines:
    """Return every line of a library's routines and stretches, of breathing alone, and of a live session.

    Raises:
        InputError: a script has problems.
    """
    texts: set[str] = set()
    counts: set[str] = set()
    for programme, delivery in _deliveries(library):
        plan = lay(programme, delivery)
        texts.update(plan.texts)
        counts.update(plan.counts)
    for routine in _routines(library):
        for delivery in _manners():
            texts.update(departure_texts(routine, delivery))
        texts.update(_places(routine))
    texts.update(_names(library), _left())
    return Lines(frozenset(texts), frozenset(counts))


def _deliveries(library: Library) -> Iterator[tuple[Programme, Delivery]]:
    usual = tuple(_manners())
    for routine in _routines(library):
        yield from product((routine, *_levels(routine)), usual)
        yield from product(_avoiding(library, routine), (_delivery(words=words) for words in Words))
    within = {_identity(item): (item, routine) for routine in _routines(library) for item in routine.items}
    for item, around in within.values():
        doses = (replace(around, items=(each,)) for each in _doses(item))
        yield from product(doses, _every_breath(Words.FULL, Pace.COUNT))
    for name, words, pace in product(library.stretches, Words, Pace):
        yield from product([library.routine(name)], _every_breath(words, pace))
    yield from product(_neighbours(library), (_delivery(words=words) for words in Words))
    for words, pace in product(Words, Pace):
        yield from product([breathing("calm", 300_000)], _every_breath(words, pace))
    yield Sample("voice", "", ENGLISH.phrases.SAMPLE), usual[0]


def _routines(library: Library) -> Iterator[Routine]:
    for name in (*library.routines, *library.stretches):
        yield library.routine(name)


def _manners() -> Iterator[Delivery]:
    """Yield every way in which the words differ, in the usual breath."""
    for words, pace, level in product(Words, (Pace.COUNT, Pace.WORDS), Level):
        yield _delivery(words=words, pace=pace, level=level)


def _every_breath(words: Words, pace: Pace) -> Iterator[Delivery]:
    """Yield each named breath, and what the scripts ask for instead if the listener asks for nothing."""
    for counts, is_chosen in product(dict.fromkeys((BREATH, *NAMED_PATTERNS)), (True, False)):
        pattern = BreathPattern.parse(counts)
        yield _delivery(breath=(pattern,), words=words, pace=pace, breath_is_chosen=is_chosen)


def _delivery(**values: object) -> Delivery:
    given = {"breath": (BreathPattern.parse(BREATH),), "beat_ms": BEAT_MS, "guidance": Guidance.FULL, **values}
    return Delivery(**given)  # type: ignore[arg-type]


def _levels(routine: Routine) -> Iterator[Routine]:
    """Yield a routine at the other levels."""
    for level in (Level.EASIER, Level.HARDER):
        yield replace(routine, items=tuple(at_level(item, level) for item in routine.items))


def _doses(item: Item) -> Iterator[Item]:
    """Yield a stretch with every dose inside its range, and with each side's own."""
    found: dict[object, Item] = {}
    for share in range(_MOST_DOSES + 1):
        at = item.at(share, _MOST_DOSES)
        found.setdefault((at.dose.value, at.hold and at.hold.value, at.side_doses), at)
    yield from found.values()


def _identity(item: Item) -> tuple[object, ...]:
    """Return what tells stretches apart that say other doses."""
    doses = (item.dose.dose, item.hold and item.hold.dose, tuple((side, each.dose) for side, each in item.side_doses))
    return item.id, doses, item.sides, item.sets, item.breath


def _avoiding(library: Library, routine: Routine) -> Iterator[Routine]:
    conditions = library.conditions
    for names in (GENTLE, *((name,) for name in conditions.by_name)):
        led, _ = avoid(routine, Avoiding(tuple(names), conditions, library.stretch))
        if led.items:
            yield led


def _neighbours(library: Library) -> Iterator[Routine]:
    """Yield two stretches after each other: from each position into every stretch.

    Of those that end in one position with the eyes alike, one stands for all.
    """
    alone = [library.routine(name) for name in library.stretches]
    ends: dict[object, Routine] = {}
    for routine in alone:
        item = routine.items[0]
        ends.setdefault((item.ends_in, routine.ends_with_eyes_closed(0), routine.opens_eyes(0)), routine)
    for first, second in product(ends.values(), alone):
        yield joined((first, second))


def _places(routine: Routine) -> Iterator[str]:
    """Yield what says where the listener is."""
    delivery = _delivery()
    plan = lay(routine, delivery)
    timeline = plan.place({text: silent_timing(text) for text in plan.texts}, SOUND_TIMINGS, check_beat=False)
    yield from Guide(timeline, delivery.speech).all_place_words(names_in(routine))


def _names(library: Library) -> Iterator[str]:
    speech = ENGLISH.phrases
    for name in (library.stretch(each).name for each in library.stretches):
        yield from (speech.first_name(name), speech.next_name(name, 0), speech.next_name(name, 1))


def _left() -> Iterator[str]:
    speech = ENGLISH.phrases
    yield from map(speech.breaths_left, range(1, _BREATHS_LEFT + 1))
    yield from map(speech.repetitions_left, range(1, _TIMES_LEFT + 1))
    yield from map(speech.seconds_left, sorted({rounded_s(seconds) for seconds in range(3, _SECONDS_LEFT + 1)}))
