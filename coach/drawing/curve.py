"""The breath as a small picture in text: a curve, and under it what is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from coach.core.breath import HEIGHTS, Phase
from coach.core.timeline import Cue, Timeline

COLUMNS_PER_BEAT = 3
"""Room for a number of two digits and a space."""
ROWS = 3
_BLOCKS = " ▁▂▃▄▅▆▇█"
_STEPS = len(_BLOCKS) - 1
_TURNS = {Phase.IN: "↑", Phase.HOLD: "=", Phase.OUT: "↓", Phase.REST: "="}
"""The words at which the breath turns; a beat without a word is a dot."""
MAX_LINES = 2
"""How many lines of breaths are drawn of one hold; the rest is like them."""


def height(phase: str, share: float) -> float:
    """Return how full the breath is, 0 to 1, at a share of a phase."""
    begin, end = HEIGHTS[Phase(phase)]
    return begin + (end - begin) * share


def runs(timeline: Timeline) -> Iterator[list[Cue]]:
    """Yield the breaths of each hold or set: phases that follow one another without a gap."""
    run: list[Cue] = []
    for cue in timeline.cues:
        if cue.kind != "breath":
            continue
        if run and run[-1].end_ms != cue.start_ms:
            yield run
            run = []
        run.append(cue)
    if run:
        yield run


def curve(run: Sequence[Cue], timeline: Timeline, columns: int) -> Iterator[str]:
    """Yield the lines of the picture of one hold, as many whole breaths side by side as ``columns`` can take."""
    counts = [cue for cue in timeline.cues if cue.kind == "count"]
    lines = list(_lines(run, timeline.beat_ms, columns))
    for breaths in lines[:MAX_LINES]:
        yield from _drawn(breaths, counts, timeline.beat_ms)
    left = sum(cue.phase == Phase.IN for breaths in lines[MAX_LINES:] for cue in breaths)
    if left:
        yield f"… and {left} more breath{'' if left == 1 else 's'}"


def _lines(run: Sequence[Cue], beat_ms: int, columns: int) -> Iterator[list[Cue]]:
    """Yield the phases that go side by side."""
    line: list[Cue] = []
    for breath in _breaths(run):
        wide = (breath[-1].end_ms - (line or breath)[0].start_ms) // beat_ms * COLUMNS_PER_BEAT
        if line and wide > columns:
            yield line
            line = []
        line += breath
    if line:
        yield line


def _breaths(run: Iterable[Cue]) -> Iterator[list[Cue]]:
    breath: list[Cue] = []
    for cue in run:
        if cue.phase == Phase.IN and breath:
            yield breath
            breath = []
        breath.append(cue)
    if breath:
        yield breath


def _drawn(phases: Sequence[Cue], counts: Iterable[Cue], beat_ms: int) -> Iterator[str]:
    levels = [
        round(height(cue.phase or "", (column + 0.5) / wide) * (ROWS * _STEPS - 1)) + 1
        for cue in phases
        for wide in ((cue.end_ms - cue.start_ms) // beat_ms * COLUMNS_PER_BEAT,)
        for column in range(wide)
    ]
    for row in reversed(range(ROWS)):
        yield "".join(_BLOCKS[min(max(level - row * _STEPS, 0), _STEPS)] for level in levels).rstrip()
    start_ms = phases[0].start_ms
    marks = ["·"] * (len(levels) // COLUMNS_PER_BEAT)
    for cue in counts:
        beat = ((cue.center_ms or 0) - start_ms) // beat_ms
        if 0 <= beat < len(marks) and cue.phase is not None:
            marks[beat] = _TURNS[Phase(cue.phase)] if cue.count == 1 else str(cue.count)
    yield "".join(f"{mark:{COLUMNS_PER_BEAT}}" for mark in marks).rstrip()
