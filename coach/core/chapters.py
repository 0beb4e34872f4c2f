"""Chapters: where in a timeline each stretch begins, so that a player can jump there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from coach.core.timeline import Timeline

OPENING, CLOSING = "Opening", "Closing"


@dataclass(frozen=True, slots=True)
class Chapter:
    """One part of a routine, both sides of a stretch in one. Milliseconds from the start of the routine."""

    title: str
    start_ms: int
    end_ms: int


def chapters(timeline: Timeline, names: Mapping[str, str]) -> tuple[Chapter, ...]:
    """Return one chapter for the opening, each stretch and the closing; none if there is no stretch.

    A chapter begins with the first sound of its stretch and ends where the next begins; together they fill the
    routine. A stretch that comes twice in a row is one.

    Args:
        timeline: the routine.
        names: what each stretch is called, by its id.
    """
    starts: list[tuple[str, int]] = []
    current: str | None = None
    for cue in timeline.cues:
        if cue.stretch is not None and cue.stretch != current:
            current = cue.stretch
            starts.append((names.get(current, current), cue.start_ms))
    if not starts:
        return ()
    if starts[0][1] > 0:
        starts.insert(0, (OPENING, 0))
    last_end_ms = max(cue.end_ms for cue in timeline.cues if cue.stretch is not None)
    closing_ms = next(
        (cue.start_ms for cue in timeline.cues if cue.stretch is None and cue.start_ms > last_end_ms), None
    )
    if closing_ms is not None:
        starts.append((CLOSING, closing_ms))
    ends = [*starts, ("", timeline.duration_ms)]
    return tuple(Chapter(title, start, end) for (title, start), (_, end) in pairwise(ends))


def to_podcast_json(parts: tuple[Chapter, ...]) -> str:
    """Return chapters as the podcast namespace has them (JSON chapters 1.2; times in seconds)."""
    listed = [{"startTime": part.start_ms / 1000, "title": part.title} for part in parts]
    return json.dumps({"version": "1.2.0", "chapters": listed}, ensure_ascii=False, indent=1) + "\n"
