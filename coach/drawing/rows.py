"""A timeline cut into rows that fit on a page: what stands in each, and where its words have room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from coach.core.timeline import Cue, Timeline
from coach.drawing.curve import height, runs
from coach.drawing.lettering import lines, width

BEATS = 35
"""How many beats, or seconds if a beat is longer, a row has."""


@dataclass(frozen=True)
class Band:
    """A part of the time axis."""

    start_ms: int
    end_ms: int
    label: str = ""

    def within(self, start_ms: int, end_ms: int) -> Band | None:
        """Return what of it lies between two times, if anything does."""
        first, last = max(start_ms, self.start_ms), min(end_ms, self.end_ms)
        return Band(first, last, self.label) if first < last else None


@dataclass(frozen=True)
class Curve:
    """A breath, or a part of one."""

    points: tuple[tuple[float, float], ...]
    """Milliseconds, and how full the breath is, 0 to 1."""
    is_heard: bool
    """Whether it is paced by the tone."""
    label: Band


@dataclass(frozen=True)
class Words:
    """A sentence under its row."""

    cue: Cue
    x: float
    """Where its lines begin, from the beginning of the row."""
    lane: int
    """Of its first line, from 0."""
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """What stands in one row."""

    start_ms: int
    end_ms: int
    stretches: tuple[Band, ...]
    holds: tuple[Band, ...]
    breaths: tuple[Curve, ...]
    chimes: tuple[Cue, ...]
    counts: tuple[Cue, ...]
    bars: tuple[Band, ...]
    """When a sentence is heard."""
    words: tuple[Words, ...]

    @property
    def lanes(self) -> int:
        """How many lines of words lie under one another."""
        return max((words.lane + len(words.lines) for words in self.words), default=0)


@dataclass(frozen=True, kw_only=True)
class Measures:
    """How large things are in the picture."""

    px_per_ms: float
    wide: float
    """A row."""
    letters: float
    """Size of the words."""
    gap: float = 8.0
    """Between words in one line."""


def rows(timeline: Timeline, names: Mapping[str, str], wide: float, letters: float) -> Iterator[Row]:
    """Yield the rows of a timeline.

    Args:
        timeline: what to draw.
        names: what each stretch is called, by its id.
        wide: how wide a row is.
        letters: the size of its words, in the same unit.
    """
    row_ms = BEATS * min(timeline.beat_ms, 1000)
    measures = Measures(px_per_ms=wide / row_ms, wide=wide, letters=letters)
    stretches, holds = list(_stretches(timeline, names)), list(_holds(timeline))
    bars = [Band(cue.start_ms, cue.end_ms, cue.text or "") for cue in timeline.cues if cue.kind == "speech"]
    curves = list(_curves(timeline))
    for start in range(0, max(1, timeline.duration_ms), row_ms):
        end = start + row_ms
        cues = [cue for cue in timeline.cues if start <= _shown_ms(cue) < end]
        yield Row(
            start_ms=start,
            end_ms=end,
            stretches=_within(stretches, start, end),
            holds=_within(holds, start, end),
            breaths=tuple(part for curve in curves if (part := _cut(curve, start, end)) is not None),
            chimes=tuple(cue for cue in cues if cue.kind == "chime"),
            counts=tuple(cue for cue in cues if cue.kind == "count"),
            bars=_within(bars, start, end),
            words=tuple(_placed([cue for cue in cues if cue.kind == "speech"], start, measures)),
        )


def _shown_ms(cue: Cue) -> int:
    if cue.kind == "count" and cue.center_ms is not None:
        return cue.center_ms
    return cue.start_ms if cue.kind == "speech" else cue.onset_ms


def _within(bands: Iterable[Band], start_ms: int, end_ms: int) -> tuple[Band, ...]:
    return tuple(part for band in bands if (part := band.within(start_ms, end_ms)) is not None)


def _stretches(timeline: Timeline, names: Mapping[str, str]) -> Iterator[Band]:
    """Yield each side of each stretch, from its first cue to the first of the next."""
    grouped = [(key, list(cues)) for key, cues in groupby(timeline.cues, lambda cue: (cue.stretch, cue.side))]
    for index, ((stretch, side), cues) in enumerate(grouped):
        end_ms = grouped[index + 1][1][0].start_ms if index + 1 < len(grouped) else cues[-1].end_ms
        if stretch is not None:
            name = names.get(stretch, stretch)
            yield Band(cues[0].start_ms, end_ms, f"{name}, {side}" if side else name)


def _holds(timeline: Timeline) -> Iterator[Band]:
    """Yield what lies between a begin chime and its end chime."""
    begin_ms: int | None = None
    for cue in timeline.cues:
        if cue.sound == "begin":
            begin_ms = cue.onset_ms
        elif cue.sound == "end" and begin_ms is not None:
            yield Band(begin_ms, cue.onset_ms, "hold or set")
            begin_ms = None


def _curves(timeline: Timeline) -> Iterator[Curve]:
    for run in runs(timeline):
        points = tuple(
            (float(ms), height(cue.phase or "", share))
            for cue in run
            for share, ms in ((0.0, cue.start_ms), (1.0, cue.end_ms))
        )
        yield Curve(points, bool(run[0].sound), Band(run[0].start_ms, run[-1].end_ms, "breath"))


def _cut(curve: Curve, start_ms: int, end_ms: int) -> Curve | None:
    """Return what of a curve lies between two times, if anything does."""
    if curve.label.within(start_ms, end_ms) is None:
        return None
    points: list[tuple[float, float]] = []
    for (first, low), (last, high) in zip(curve.points, curve.points[1:], strict=False):
        begin, end = max(first, start_ms), min(last, end_ms)
        if begin > end or (begin == end and first < last):
            continue
        slope = (high - low) / (last - first) if last > first else 0.0
        points += [(begin, low + slope * (begin - first)), (end, high if end == last else low + slope * (end - first))]
    return Curve(tuple(dict.fromkeys(points)), curve.is_heard, curve.label)


def _placed(cues: Sequence[Cue], start_ms: int, measures: Measures) -> Iterator[Words]:
    """Yield sentences, each in the first lanes in which it runs into none before it, and ends within the row."""
    free: list[float] = []
    for cue in cues:
        text = tuple(lines(cue.text or "", measures.letters, measures.wide))
        wide = max((width(line, measures.letters) for line in text), default=0.0)
        x = max(0.0, min((cue.start_ms - start_ms) * measures.px_per_ms, measures.wide - wide))
        lane = 0
        while any(end > x for end in free[lane : lane + len(text)]):
            lane += 1
        free += [0.0] * (lane + len(text) - len(free))
        free[lane : lane + len(text)] = [x + wide + measures.gap] * len(text)
        yield Words(cue, x, lane, text)
