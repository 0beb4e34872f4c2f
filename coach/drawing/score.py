"""A timeline as text that reads like a score."""

from __future__ import annotations

from collections.abc import Iterator

from coach.core.timeline import Cue, Timeline
from coach.drawing.curve import curve, runs
from coach.units import clock_text

INDENT = " " * 12
SHOWN_ORDER = ("chime", "speech", "breath", "count")
"""How cues of the same moment are shown: the words on a breath, then the breath, then its counts."""


def score(timeline: Timeline, columns: int | None = None) -> Iterator[str]:
    """Yield a timeline as text that reads like a score: a heading a stretch, a line a moment, a breath in one line.

    With ``columns``, the curve of each hold stands above its first breath, that wide at most.
    """
    pictures = {} if columns is None else {run[0]: run for run in runs(timeline)}

    yield (
        f"{timeline.routine}  {clock_text(timeline.duration_ms)}  "
        f"breath {timeline.breath}, beat {timeline.beat_ms / 1000:g} s, voice {timeline.voice}"
    )
    heading: tuple[str | None, str | None] = (None, None)
    for first, counts in _moments(timeline):
        if (first.stretch, first.side) != heading:
            heading = (first.stretch, first.side)
            yield ""
            yield (", ".join(filter(None, (first.stretch, f"{first.side} side" if first.side else None))) or "closing")
        if first in pictures:
            yield from (f"{INDENT}{line}" for line in curve(pictures[first], timeline, columns or 0))
        yield f"{_time(first.start_ms):>10}  {_what(first, counts)}"


def _time(ms: int) -> str:
    return f"{clock_text(ms)}.{ms % 1000 // 100}"


def _what(first: Cue, counts: tuple[Cue, ...]) -> str:
    if first.kind == "chime":
        return f"♪ {first.sound}"
    if first.kind == "breath":
        words = " ".join(cue.text or "" for cue in counts)
        seconds = (first.end_ms - first.start_ms) / 1000
        return f"{first.phase:>6} {seconds:g} s  {words}".rstrip()
    if first.kind == "count":
        is_rest_of_breath = first.phase is not None and (first.count or 0) > 1
        head = "      …     " if is_rest_of_breath else " count "
        return f"{head} {' '.join(cue.text or '' for cue in (first, *counts))}"
    return f"“{first.text}”"


def _moments(timeline: Timeline) -> Iterator[tuple[Cue, tuple[Cue, ...]]]:
    """Yield each cue with the counts that belong on its line: those of a breath's phase, or that go on from a count."""
    open_: Cue | None = None  # the breath or count whose line can still take counts
    counts: list[Cue] = []
    for cue in sorted(timeline.cues, key=lambda cue: (_shown_ms(cue), SHOWN_ORDER.index(cue.kind))):
        if open_ is not None and cue.kind == "count" and _goes_on(open_, counts, cue):
            counts.append(cue)
        elif open_ is not None and open_.kind == "breath" and cue.kind == "speech" and cue.onset_ms < open_.end_ms:
            yield open_, tuple(counts)  # words inside a phase; its later counts begin a line of their own
            yield cue, ()
            open_, counts = None, []
        else:
            if open_ is not None:
                yield open_, tuple(counts)
            open_, counts = None, []
            if cue.kind in ("breath", "count"):
                open_ = cue
            else:
                yield cue, ()
    if open_ is not None:
        yield open_, tuple(counts)


def _shown_ms(cue: Cue) -> int:
    return cue.center_ms if cue.center_ms is not None else cue.onset_ms


def _goes_on(first: Cue, counts: list[Cue], cue: Cue) -> bool:
    """Whether a count belongs on the line that ``first`` began."""
    if first.kind == "breath":
        return first.start_ms <= _shown_ms(cue) < first.end_ms
    same = (cue.stretch, cue.side, cue.phase) == (first.stretch, first.side, first.phase)
    return same and (cue.count or 0) > ([first, *counts][-1].count or 0)
