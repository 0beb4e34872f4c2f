"""An editor's eye: what makes a script hard to follow with eyes closed, or unsafe.

These are heuristics for a writer, not rules for the engine: a script that they flag still plays. Each has a number,
under which ``docs/style.md`` says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

from coach.core.breath import BreathPattern
from coach.core.languages import ENGLISH
from coach.core.languages.english import editing
from coach.core.movements.base import sided
from coach.core.movements.holding import Holding
from coach.core.movements.repeated_hold import RepeatedHold
from coach.core.movements.sequence import Sequence
from coach.core.positions import Positions
from coach.core.routine import Routine
from coach.core.script import MAX_SENTENCE_WORDS, RoutineScript, StretchScript
from coach.core.timeline import Part, Timeline

Path = tuple[str | int, ...]


class Rule(StrEnum):
    """The rules, by their numbers."""

    LONG = "S01"
    TWO_ACTIONS = "S02"
    EYES = "S03"
    WHICH = "S04"
    PROMISE = "S05"
    NO_SIDE = "S06"
    HELD_BREATH = "S07"
    QUIET = "S08"
    OUTLASTS = "S09"
    NEVER_SAID = "S10"
    LOAD = "S11"
    PROP = "S12"


Finding = tuple[Path, str]
SPOKEN_KEYS = frozenset(["say", "again", "option", "feel", "easier", "harder", "opening", "closing", "rest"])
"""Under these stands what is spoken, alone or in a list."""

EARLY_MS = 250
"""A line that begins this much before its breath is longer than it."""
QUIET_MS = 30_000
"""A hold with no word for longer than this leaves one wondering whether the coach is still there."""


def stretch_findings(script: StretchScript, at_hand: Iterable[str] = ()) -> list[Finding]:
    """Return what a writer may want to say better in a stretch, as (path of keys, message).

    Args:
        script: the stretch.
        at_hand: the props of its position, which are named with its own.
    """
    lines = list(_spoken(script.model_dump(mode="json")))
    found = [(path, message) for path, text in lines for message in line_findings(text, path)]
    if script.sides is not None and not any("{side}" in text for path, text in lines if path[0] == "release"):
        sided = any(
            name in text for path, text in lines if path[0] == "movement" for name in ("{side}", "{other_side}")
        )
        if not sided and len(script.release) > 1:
            message = "with sides, say once in the movement or the release which side it is"
            found.append((("release",), _told(Rule.NO_SIDE, message)))
    props = " ".join((*script.props, *at_hand)).lower()
    for path, text in lines:
        for prop in editing.PROPS.findall(text.lower()):
            if prop not in props:
                message = f"name “{prop}” in “props”, so that it is at hand before one lies down"
                found.append((path, _told(Rule.PROP, message)))
    may_hold = {"dizziness", "pregnancy"} <= set(script.unsuitable)
    return [*found, *_loads(script), *([] if may_hold else _held_breath(script.breath, ("breath",)))]


def _loads(script: StretchScript) -> Iterator[Finding]:
    """Yield the holds under load in which the breath may stop."""
    movement = script.movement
    holds: list[tuple[Path, Holding]] = [(("movement",), movement)] if isinstance(movement, Holding) else []
    if isinstance(movement, Sequence):
        holds += [(("movement", "places", index), place) for index, place in enumerate(movement.places)]
    if "straining" in script.demands and holds and not any(hold.is_loaded for _, hold in holds):
        message = "it strains and is held: say “loaded: true”, so that the coach speaks of the breath"
        yield ("movement",), _told(Rule.LOAD, message)
    for path, hold in holds:
        into = hold.out.say if isinstance(hold, RepeatedHold) else getattr(hold, "say", "")
        if hold.is_loaded and editing.BREATHE_IN.search(into):
            yield path, _told(Rule.LOAD, "go into a hold under load on the breath out")


def timeline_findings(script: StretchScript, timeline: Timeline) -> Iterator[Finding]:
    """Yield what shows only once a stretch is timed: lines that are never said, or are longer than their breath."""
    said = [cue for cue in timeline.cues if cue.kind == "speech" and cue.part == Part.MOVEMENT]
    texts = {cue.text for cue in said}
    side = script.sides[0] if script.sides else None
    for index, line in enumerate(getattr(script.movement, "lines", ())):
        if sided(line.say, side, ENGLISH.phrases) not in texts:
            message = "the largest dose is over before this line; it is never said"
            yield ("movement", "lines", index), _told(Rule.NEVER_SAID, message)
    spans = {(c.side, c.set, c.rep, c.phase, c.end_ms): c.start_ms for c in timeline.cues if c.kind == "breath"}
    early: dict[str, None] = {}
    for cue in said:
        starts = [
            start
            for (side, set_, rep, phase, end), start in spans.items()
            if (side, set_, rep, phase) == (cue.side, cue.set, cue.rep, cue.phase) and start <= cue.end_ms <= end
        ]
        if cue.phase and cue.text and starts and cue.onset_ms < max(starts) - EARLY_MS:
            early[cue.text] = None
    for text in early:
        yield ("movement",), _told(Rule.OUTLASTS, f"“{text}” outlasts its breath; shorten it")


def _told(rule: Rule, message: str) -> str:
    return f"{message} ({rule})"


def quiet_findings(timeline: Timeline, routine: Routine) -> Iterator[str]:
    """Yield a message for each stretch in which nothing is said for too long to somebody with closed eyes."""
    awake = {item.id for index, item in enumerate(routine.items) if not routine.eyes_are_closed(index)}
    for name in quiet_stretches(timeline):
        if name in awake:
            continue
        message = f"{name}: a hold with no word for over {QUIET_MS // 1000} s; say something, or shorten it"
        yield _told(Rule.QUIET, message)


def quiet_stretches(timeline: Timeline) -> tuple[str, ...]:
    """Return the stretches in which nothing is said for too long between a begin and an end chime."""
    found: dict[str, None] = {}
    last_ms: int | None = None
    for cue in timeline.cues:
        if cue.kind == "breath" or (cue.kind == "chime" and cue.sound not in ("begin", "end")):
            continue
        if last_ms is not None and cue.start_ms - last_ms > QUIET_MS and cue.stretch:
            found[cue.stretch] = None
        last_ms = None if cue.sound == "end" else cue.end_ms if cue.sound == "begin" or last_ms is not None else None
    return tuple(found)


def positions_findings(positions: Positions) -> list[Finding]:
    """Return what a writer may want to say better on the ways between positions, as (path of keys, message)."""
    lines = _spoken(positions.model_dump(mode="json", by_alias=True))
    return [(path, message) for path, text in lines for message in line_findings(text, path)]


def routine_findings(script: RoutineScript) -> list[Finding]:
    """Return what a writer may want to say better in a routine's own words."""
    lines = _spoken(script.model_dump(mode="json", include={"opening", "closing"}))
    found = [(path, message) for path, text in lines for message in line_findings(text, path)]
    for keys, item in script.named():
        found += _held_breath(item.breath, (*keys, "breath"))
    return found + _held_breath(script.breath, ("breath",))


def _held_breath(pattern: BreathPattern | None, path: Path) -> list[Finding]:
    """Holding the breath is for the listener to choose, never a script's default."""
    if pattern is None or not pattern.holds:
        return []
    message = f"{pattern} holds the breath; leave that to the listener (--breath {pattern})"
    return [(path, _told(Rule.HELD_BREATH, message))]


def line_findings(text: str, path: Path = ()) -> Iterator[str]:
    """Yield what is hard to follow, or should not be said, in one spoken line."""
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        words = len(sentence.split())
        if words > MAX_SENTENCE_WORDS:
            yield _told(Rule.LONG, f"a sentence of {words} words; {MAX_SENTENCE_WORDS} are enough for the ear")
        actions = [verb for verb in editing.CLAUSES.findall(sentence.lower()) if verb in editing.ACTIONS]
        if len(actions) > 1 and not _is_outside_the_mat(path):
            yield _told(Rule.TWO_ACTIONS, f"two actions in one sentence ({' and '.join(actions)}); make it two")
    if match := editing.LOOK.search(text):
        yield _told(Rule.EYES, f"“{match[0]}” needs eyes; say what to do")
    elif match := editing.VAGUE.search(text):
        yield _told(Rule.WHICH, f"“{match[0]}” does not say which; name the side and the body part")
    if match := editing.PROMISE.search(text):
        yield _told(Rule.PROMISE, f"“{match[0]}” promises; say what to do, not what it will do")


def _is_outside_the_mat(path: Path) -> bool:
    # The opening and closing words are not done step by step.
    return bool(path) and path[0] in ("opening", "closing", "cautions", "easier", "harder")


def _spoken(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text that is spoken, with its path."""
    children: Iterable[tuple[str | int, object]]
    if isinstance(value, str):
        if {path[-1], *path[-2:-1]} & SPOKEN_KEYS:
            yield path, value
        return
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, (list, tuple)):
        children = enumerate(value)
    else:
        return
    for key, child in children:
        yield from _spoken(child, (*path, key))
