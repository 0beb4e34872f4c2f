"""A timeline as a picture: stretches, holds, breath, counts, chimes and words on one time axis, as SVG."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from coach import __version__
from coach.core.timeline import Cue, Timeline
from coach.drawing.curve import height, runs
from coach.units import clock_text

MADE_BY_START = "<!-- Stretch Coach "
"""How a picture begins, so that the coach knows its own."""

_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Scripts may be called anything; XML cannot say all of it."""

PX_PER_S = 24.0
"""At a beat of a second or more; on a shorter one a beat is as wide."""
LEFT, RIGHT = 70.0, 160.0
_LETTER_PX = 6.2  # of the words, at their size
_WORD_LANE_PX = 18.0

# From above: where each lane begins.
_TITLE, _AXIS, _STRETCHES, _CHIMES, _BREATH, _COUNTS, _WORDS = 22.0, 44.0, 52.0, 92.0, 104.0, 186.0, 204.0
_BREATH_PX = 64.0

_STYLE = """
text { font: 11px sans-serif; fill: #223; }
.title { font-size: 15px; font-weight: bold; }
.lane, .axis { fill: #778; }
.grid { stroke: #eef0f4; }
.minute { stroke: #c5cbd8; }
.stretch { fill: #dfe9f5; stroke: #9db4d0; }
.other { fill: #eef3e2; stroke: #b4c48f; }
.hold { fill: #fbf3df; }
.breath { fill: none; stroke: #2b6cb0; stroke-width: 1.5; }
.tone { stroke-width: 3; stroke: #805ad5; }
.chime { fill: #b7791f; }
.count { fill: #2b6cb0; text-anchor: middle; }
.words { fill: #e6f4ea; stroke: #9ac8a8; }
"""


def svg_of(timeline: Timeline) -> str:
    """Return the picture as text. One second, or one beat if that is shorter, is 24 px; hovering tells exact times."""
    return _Picture(timeline).text()


@dataclass(frozen=True)
class _Band:
    """A stretch of the axis."""

    start_ms: int
    end_ms: int
    label: str


class _Picture:
    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._px_per_s = PX_PER_S * max(1.0, 1000 / timeline.beat_ms)  # so that counts on a short beat stand apart
        self._words = list(_in_lanes([cue for cue in timeline.cues if cue.kind == "speech"], self._px_per_s))
        lanes = 1 + max((lane for lane, _ in self._words), default=0)
        self._width = LEFT + timeline.duration_ms / 1000 * self._px_per_s + RIGHT
        self._height = _WORDS + lanes * _WORD_LANE_PX + 12
        self._root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "width": _px(self._width),
                "height": _px(self._height),
                "viewBox": f"0 0 {_px(self._width)} {_px(self._height)}",
            },
        )

    def text(self) -> str:
        timeline = self._timeline
        _add(self._root, "style").text = _STYLE
        _add(self._root, "rect", width="100%", height="100%", fill="white")
        title = f"{timeline.routine}, breath {timeline.breath}, beat {timeline.beat_ms / 1000:g} s, {timeline.voice}"
        _add(self._root, "text", "title", x=_px(8), y=_px(_TITLE)).text = title
        for name, y in (
            ("stretch", _STRETCHES + 17),
            ("chime", _CHIMES + 4),
            ("breath", _BREATH + 36),
            ("count", _COUNTS),
            ("words", _WORDS + 13),
        ):
            _add(self._root, "text", "lane", x=_px(8), y=_px(y)).text = name
        for draw in (self._grid, self._stretches, self._holds, self._breath, self._counts, self._chimes, self._speech):
            draw()
        ET.indent(self._root, " ")
        drawn = _NOT_XML.sub("?", ET.tostring(self._root, encoding="unicode"))
        return f"{MADE_BY_START}{__version__} -->\n{drawn}\n"

    def _grid(self) -> None:
        for second in range(0, self._timeline.duration_ms // 1000 + 1, 5):
            x = self._x(second * 1000)
            kind = "grid" if second % 60 else "minute"
            _add(self._root, "line", kind, x1=x, x2=x, y1=_px(_AXIS), y2=_px(self._height))
            if second % 10 == 0:
                _add(self._root, "text", "axis", x=x, y=_px(_AXIS - 3)).text = clock_text(second * 1000)

    def _stretches(self) -> None:
        for index, band in enumerate(_stretch_bands(self._timeline)):
            self._band(band, "stretch" if index % 2 == 0 else "other", _STRETCHES, 26, band.label)

    def _holds(self) -> None:
        for band in _hold_bands(self._timeline):
            self._band(band, "hold", _BREATH - 4, _BREATH_PX + 22, "")

    def _band(self, band: _Band, kind: str, y: float, high: float, label: str) -> None:
        wide = _px((band.end_ms - band.start_ms) / 1000 * self._px_per_s)
        rect = _add(self._root, "rect", kind, x=self._x(band.start_ms), y=_px(y), width=wide, height=_px(high))
        _tell(rect, f"{band.label} {_span(band.start_ms, band.end_ms)}")
        if label:
            _add(self._root, "text", x=self._x(band.start_ms + 150), y=_px(y + 17)).text = label

    def _breath(self) -> None:
        for run in runs(self._timeline):
            points = []
            for cue in run:
                for share, ms in ((0.0, cue.start_ms), (1.0, cue.end_ms)):
                    y = _BREATH + _BREATH_PX * (1 - height(cue.phase or "", share))
                    points.append(f"{self._x(ms)},{_px(y)}")
            kind = "breath tone" if run[0].sound else "breath"
            line = _add(self._root, "polyline", kind, points=" ".join(points))
            _tell(line, f"breath {_span(run[0].start_ms, run[-1].end_ms)}")

    def _counts(self) -> None:
        for cue in self._cues("count"):
            mark = (cue.text or "") if cue.count == 1 or cue.phase is None else str(cue.count)
            text = _add(self._root, "text", "count", x=self._x(cue.center_ms or 0), y=_px(_COUNTS))
            text.text = mark
            _tell(text, f"{cue.text} at {_exact(cue.center_ms or 0)}")

    def _chimes(self) -> None:
        for cue in self._cues("chime"):
            x, y = LEFT + cue.onset_ms / 1000 * self._px_per_s, _CHIMES
            points = f"{_px(x)},{_px(y - 5)} {_px(x + 5)},{_px(y)} {_px(x)},{_px(y + 5)} {_px(x - 5)},{_px(y)}"
            _tell(_add(self._root, "polygon", "chime", points=points), f"{cue.sound} at {_exact(cue.onset_ms)}")
            _add(self._root, "text", x=_px(x + 8), y=_px(y + 4)).text = cue.sound

    def _speech(self) -> None:
        for lane, cue in self._words:
            y = _WORDS + lane * _WORD_LANE_PX
            wide = _px((cue.end_ms - cue.start_ms) / 1000 * self._px_per_s)
            rect = _add(self._root, "rect", "words", x=self._x(cue.start_ms), y=_px(y), width=wide, height="16", rx="3")
            _tell(rect, f"{cue.text} {_span(cue.start_ms, cue.end_ms)}")
            _add(self._root, "text", x=self._x(cue.start_ms + 120), y=_px(y + 12)).text = cue.text

    def _x(self, ms: int) -> str:
        return _px(LEFT + ms / 1000 * self._px_per_s)

    def _cues(self, kind: str) -> Iterator[Cue]:
        return (cue for cue in self._timeline.cues if cue.kind == kind)


def _stretch_bands(timeline: Timeline) -> Iterator[_Band]:
    """Yield each side of each stretch, from its first cue to the first of the next."""

    def place(cue: Cue) -> tuple[str | None, str | None]:
        return cue.stretch, cue.side

    grouped = [(key, list(cues)) for key, cues in groupby(timeline.cues, place)]
    for index, ((stretch, side), cues) in enumerate(grouped):
        end_ms = grouped[index + 1][1][0].start_ms if index + 1 < len(grouped) else cues[-1].end_ms
        if stretch is not None:
            yield _Band(cues[0].start_ms, end_ms, f"{stretch}, {side}" if side else stretch)


def _hold_bands(timeline: Timeline) -> Iterator[_Band]:
    """Yield what lies between a begin chime and its end chime."""
    begin_ms: int | None = None
    for cue in timeline.cues:
        if cue.sound == "begin":
            begin_ms = cue.onset_ms
        elif cue.sound == "end" and begin_ms is not None:
            yield _Band(begin_ms, cue.onset_ms, "hold or set")
            begin_ms = None


def _in_lanes(cues: Iterable[Cue], px_per_s: float) -> Iterator[tuple[int, Cue]]:
    """Yield each cue with the first lane in which its words do not run into those before."""
    free_px: list[float] = []
    for cue in cues:
        start_px = cue.start_ms / 1000 * px_per_s
        end_px = max(cue.end_ms / 1000 * px_per_s, start_px + 4 + len(cue.text or "") * _LETTER_PX) + 8
        lane = next((index for index, px in enumerate(free_px) if px <= start_px), len(free_px))
        free_px[lane : lane + 1] = [end_px]
        yield lane, cue


def _add(parent: ET.Element, tag: str, kind: str | None = None, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, tag, {**({"class": kind} if kind else {}), **attributes})


def _tell(element: ET.Element, text: str) -> None:
    """Add what is shown when the pointer rests on it."""
    _add(element, "title").text = text


_px: Callable[[float], str] = "{:.1f}".format


def _exact(ms: int) -> str:
    return f"{clock_text(ms)}.{ms % 1000:03}"


def _span(start_ms: int, end_ms: int) -> str:
    return f"{_exact(start_ms)} to {_exact(end_ms)}"
