"""What stands on a sheet: an order as text for a patient, before it takes the form of a page."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach import __version__
from coach.compiler import estimate_fitted
from coach.core.breath import NAMED_PATTERNS, BreathPattern
from coach.core.breath_stages import BreathStages
from coach.core.conditions import GENTLE
from coach.core.evidence import Evidence
from coach.core.languages.english.safety import NO_DIAGNOSIS, SECTIONS, SOURCES, Section
from coach.core.movements.base import breaths_text
from coach.core.routine import Breathing, Routine
from coach.drawing.facts import RoutineFacts, kinds_of_evidence, source_name, unsuitable
from coach.errors import InputError
from coach.library.standard import standard_library
from coach.recipe import programme_of
from coach.sheet.stretches import Stretch, stretches_of
from coach.sheet.words import on_paper, plain_dose

if TYPE_CHECKING:
    from coach.core.delivery import Delivery
    from coach.core.routine import Item
    from coach.core.timeline import Timeline
    from coach.library.library import Library
    from coach.order import Order

WEEKS = 4
"""There is a box to tick for each day of them."""
LONGEST_ADDRESS = 500
"""Characters; a code with more is hard to scan."""
_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_GREETING = re.compile(r"^(?:Welcome\b[^.]*|Good (?:morning|evening))\.\s*")
_BREATH_CARE = "While you breathe"


@dataclass(frozen=True)
class Sheet:
    """All that stands on a sheet, in the order in which it is read."""

    title: str
    purpose: str
    """What it is for, in a line."""
    length: str
    """“about 16 minutes”."""
    breath: tuple[str, ...]
    """How to breathe, a line for each pattern; empty if the breath is not paced."""
    props: tuple[str, ...]
    """What must be at hand."""
    before: tuple[str, ...]
    """What is said before it begins: the routine's own words, greetings left out."""
    avoided: tuple[str, ...]
    """For which conditions stretches were swapped or left out: “sore knees”."""
    unsuitable: tuple[str, ...]
    """What to leave out in which condition."""
    safety: tuple[Section, ...]
    """When to see a doctor, and how to go about it with care."""
    items: tuple[Stretch, ...]
    disclaimer: str
    sources: tuple[str, ...]
    """Whose doses they are, a line for each source."""
    evidence: tuple[Section, ...]
    """How good the evidence is for each kind of exercise."""
    url: str | None
    """Where it can be heard."""
    made_by: str
    """Which program made it, in which version."""
    changes: tuple[str, ...] = ()
    """A line about each stretch that was swapped or left out to avoid something; stands on no page."""
    dropped: tuple[str, ...] = ()
    """The names of stretches that were left out to fit a length; they stand on no page."""

    @property
    def facts(self) -> tuple[Section, ...]:
        """What to know before one begins, under short labels."""
        found = (
            Section("Takes", (f"{self.length}.",)),
            Section("You need", (f"{', '.join(self.props)}.",) if self.props else ()),
            Section("Breath", self.breath),
            Section("Before you begin", self.before),
            Section("Made with care for", (f"{', '.join(self.avoided)}.",) if self.avoided else ()),
            Section("Not for everyone", tuple(f"{line}." for line in self.unsuitable)),
        )
        return tuple(section for section in found if section.lines)


def sheet_of(order: Order, *, library: Library | None = None, url: str | None = None) -> Sheet:
    """Return the sheet of an order: a routine, or breathing alone.

    >>> from coach.order import Order
    >>> sheet = sheet_of(Order(targets=("five-minutes",)))
    >>> sheet.length, [item.name for item in sheet.items]
    ('about 6 minutes', ['Cat-cow', "Child's pose", 'Cobra'])

    Args:
        order: what is asked for.
        library: where its routines and stretches are looked for; the person's own and the coach's if not given.
        url: where it can be heard, which becomes a code to scan.

    Raises:
        InputError: there is no such routine, the length cannot be met, or the address cannot be used.
    """
    library = library or standard_library()
    address = None if url is None else checked_address(url)
    programme, changes = programme_of(order, library)
    fitted, timeline, dropped = estimate_fitted(programme, order.delivery, order.length)
    if isinstance(fitted, Breathing):
        return _of_breathing(fitted, order, timeline, address)
    assert isinstance(fitted, Routine)  # noqa: S101 - nothing else is ordered
    names = dict.fromkeys((*(GENTLE if order.gentle else ()), *order.avoid))
    avoided = tuple(library.conditions.by_name[name].name for name in names)
    sheet = _of_routine(fitted, order.delivery, timeline, address)
    return dataclasses.replace(sheet, avoided=avoided, changes=changes, dropped=dropped)


def checked_address(text: str) -> str:
    """Return an address that can stand on a sheet.

    Raises:
        InputError: it is not one of the web, too long, or has spaces or control characters in it.
    """
    if len(text) > LONGEST_ADDRESS:
        raise InputError(f"the address has {len(text)} characters; the most is {LONGEST_ADDRESS}")
    if not _ADDRESS.fullmatch(text) or not text.isprintable():
        raise InputError(
            "the address begins with https:// or http:// and has no spaces, like https://example.org/daily"
        )
    return text


def _of_routine(routine: Routine, delivery: Delivery, timeline: Timeline, url: str | None) -> Sheet:
    facts = RoutineFacts.of(routine, delivery, timeline)
    items = tuple(done.item for done in facts.done)
    is_breathed = any(item.script.movement.is_breathed for item in items)
    patterns = timeline.breath.split(", ") if is_breathed else ()
    return Sheet(
        title=routine.name,
        purpose=_purpose(routine),
        length=_length(timeline.duration_ms),
        breath=tuple(_breath(patterns, delivery)),
        props=routine.props,
        before=tuple(_opening(routine, delivery)),
        avoided=(),
        unsuitable=tuple(unsuitable(items)),
        safety=SECTIONS,
        items=tuple(stretches_of(routine, facts.done, timeline, delivery)),
        disclaimer=f"{NO_DIAGNOSIS} Doses come from the sources named below.",
        sources=(*_sources(items), _warning_sources()),
        evidence=tuple(map(_evidence, kinds_of_evidence(items))),
        url=url,
        made_by=_made_by(),
    )


def _of_breathing(programme: Breathing, order: Order, timeline: Timeline, url: str | None) -> Sheet:
    delivery = order.delivery
    stages = BreathStages(delivery.breath, delivery.beat_ms)
    named = NAMED_PATTERNS.get((order.breath or "calm").strip().lower()) if order.ramp is None else None
    speech = delivery.speech
    return Sheet(
        title=programme.name,
        purpose="Paced breath alone" + (f": {named.purpose}." if named else "."),
        length=_length(timeline.duration_ms),
        breath=tuple(_breath(timeline.breath.split(", "), delivery)),
        props=(),
        before=speech.BREATHING_OPENING,
        avoided=(),
        unsuitable=(),
        safety=(SECTIONS[0], Section(_BREATH_CARE, speech.BREATH_CARE)),
        items=(_breaths(programme, stages, timeline.breath, speech.BREATHING_CLOSING[1:]),),
        disclaimer=NO_DIAGNOSIS,
        sources=(*((f"{named.source}.",) if named else ()), _warning_sources()),
        evidence=(_evidence(Evidence.BREATHING),),
        url=url,
        made_by=_made_by(),
    )


def _breaths(programme: Breathing, stages: BreathStages, breath: str, closing: tuple[str, ...]) -> Stretch:
    patterns = [BreathPattern.parse(text) for text in breath.split(", ")]
    told = [_told(pattern) for pattern in patterns]
    lengthens = (f"Lengthen it little by little to {told[-1]}.",) if len(told) > 1 else ()
    return Stretch(
        number=1,
        name="Breathe",
        dose=plain_dose(breaths_text(stages, programme.dose)),
        range="",
        position="sitting or lying, as you like",
        before="",
        steps=(f"Breathe {told[0]}.", *lengthens, "Go on for as long as it is easy.", *closing),
        then="",
        cautions=(),
        easier=(),
    )


def _purpose(routine: Routine) -> str:
    is_stretch = len(routine.items) == 1 and routine.items[0].id == routine.id
    return f"Eases {routine.purpose}." if is_stretch else on_paper(routine.purpose)


def _length(ms: int) -> str:
    minutes = max(1, (ms + 30_000) // 60_000)
    return f"about {minutes} minute{'' if minutes == 1 else 's'}"


def _told(pattern: BreathPattern) -> str:
    """Return a pattern in words: “in for 4, hold for 7, out for 8”."""
    return ", ".join(f"{phase} for {count}" for phase, count in pattern.phases)


def _breath(patterns: Iterable[str], delivery: Delivery) -> Iterator[str]:
    found = [BreathPattern.parse(text) for text in patterns]
    if found:
        seconds = f"{delivery.beat_ms / 1000:g} second"
        counts = f"counts of {seconds}{'' if seconds == '1 second' else 's'}"
        yield f"{'; '.join(f'{pattern} means {_told(pattern)}' for pattern in found)}, in {counts}."
    if any(pattern.holds for pattern in found):
        yield delivery.speech.HELD_CARE


def _opening(routine: Routine, delivery: Delivery) -> Iterator[str]:
    """Yield the routine's own first words, without greetings and what every sheet says."""
    known = {*delivery.speech.OPENING, *delivery.speech.BREATH_CARE}
    texts = (_GREETING.sub("", text) for text in routine.opening or ())
    return (text for text in texts if text and text not in known)


def _sources(items: Iterable[Item]) -> Iterator[str]:
    """Yield each source once, with the doses that it gives."""
    stated: dict[str, dict[str, None]] = {}
    unstated: dict[str, dict[str, None]] = {}
    for item in items:
        for source in item.script.sources:
            name, is_stated = source_name(source), source.dose != "unstated"
            text = f"{item.script.name}, {source.dose}" if is_stated else item.script.name
            (stated if is_stated else unstated).setdefault(name, {})[text] = None
    for name in dict.fromkeys((*stated, *unstated)):
        parts = [*stated.get(name, ())]
        if name in unstated:
            parts.append(f"with no dose {', '.join(unstated[name])}")
        yield f"{re.sub('^article', 'Article', name)}: {'; '.join(parts)}."


def _evidence(kind: Evidence) -> Section:
    return Section(kind.replace("-", " ").capitalize(), (kind.told,))


def _made_by() -> str:
    return f"Made with Stretch Coach {__version__}."


def _warning_sources() -> str:
    return " ".join(SOURCES.split()).replace("Sources", "Warnings", 1)
