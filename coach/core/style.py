"""An editor's eye: what makes a script hard to follow with eyes closed.

These are heuristics for a writer, not rules for the engine: a script that they flag still plays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from coach.core.breath import BreathPattern
from coach.core.languages.english import editing
from coach.core.script import MAX_SENTENCE_WORDS, RoutineScript, StretchScript
from coach.core.timeline import Timeline

Path = tuple[str | int, ...]
Finding = tuple[Path, str]

QUIET_MS = 30_000
"""A hold with no word for longer than this leaves one wondering whether the coach is still there."""


def stretch_findings(script: StretchScript) -> list[Finding]:
    """Return what a writer may want to say better in a stretch, as (path of keys, message)."""
    lines = list(_spoken(script.model_dump(mode="json")))
    found = [(path, message) for path, text in lines for message in line_findings(text, path)]
    if script.sides is not None and not any("{side}" in text for path, text in lines if path[0] == "release"):
        sided = any(
            name in text for path, text in lines if path[0] == "movement" for name in ("{side}", "{other_side}")
        )
        if not sided and len(script.release) > 1:
            found.append((("release",), "with sides, say once in the movement or the release which side it is"))
    return found + _held_breath(script.breath, ("breath",))


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
    return [(path, f"{pattern} holds the breath; leave that to the listener (--breath {pattern})")]


def line_findings(text: str, path: Path = ()) -> Iterator[str]:
    """Yield what is hard to follow, or should not be said, in one spoken line."""
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        words = len(sentence.split())
        if words > MAX_SENTENCE_WORDS:
            yield f"a sentence of {words} words; {MAX_SENTENCE_WORDS} are enough for the ear"
        actions = [verb for verb in editing.CLAUSES.findall(sentence.lower()) if verb in editing.ACTIONS]
        if len(actions) > 1 and not _is_outside_the_mat(path):
            yield f"two actions in one sentence ({' and '.join(actions)}); make it two"
    if match := editing.LOOK.search(text):
        yield f"“{match[0]}” needs eyes; say what to do"
    elif match := editing.VAGUE.search(text):
        yield f"“{match[0]}” does not say which; name the side and the body part"
    if match := editing.PROMISE.search(text):
        yield f"“{match[0]}” promises; say what to do, not what it will do"


def _is_outside_the_mat(path: Path) -> bool:
    # The opening and closing words are not done step by step.
    return bool(path) and path[0] in ("opening", "closing", "cautions", "easier", "harder")


def _spoken(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text that is spoken, with its path."""
    children: Iterable[tuple[str | int, object]]
    if isinstance(value, str):
        if path and (path[-1] in ("say", "again") or path[0] in ("opening", "closing")):
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
