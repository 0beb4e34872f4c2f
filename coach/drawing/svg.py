"""A timeline as a picture to print, as SVG: stretches, breath, counts, chimes and words in rows, on pages of A4."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import cycle

from coach import __version__
from coach.core.timeline import Timeline
from coach.drawing.lettering import shortened, width
from coach.drawing.rows import Band, Row, rows
from coach.units import clock_text

_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Scripts may be called anything; XML cannot say all of it."""

PAGE_MM = (210, 297)
PAGE_PX = (794.0, 1123.0)
"""At 96 to the inch."""
LEFT, RIGHT, TOP, BOTTOM = 62.0, 32.0, 34.0, 40.0
"""Margins; the names of the lanes stand in the left one."""
WIDE = PAGE_PX[0] - LEFT - RIGHT
_LETTERS_PX = 9.0

# From the top of a row: where each lane begins.
_STRETCHES, _STRETCH_PX = 5.0, 15.0
_CHIMES = 29.0
_BREATH, _BREATH_PX = 38.0, 34.0
_COUNTS = 83.0
_BARS, _BARS_UNBREATHED = 90.0, 42.0
_BAR_PX, _LANE_PX = 4.0, 12.0
_GAP = 26.0
"""Between two rows, with the times of the next."""

_STYLE = f"""
@page {{ size: A4; margin: 0; }}
text {{ font: {_LETTERS_PX}px "DejaVu Sans", Arial, Helvetica, sans-serif; fill: #223; }}
.title {{ font-size: 15px; font-weight: bold; }}
.lane, .axis {{ fill: #667; font-size: 8px; }}
.axis {{ text-anchor: middle; }}
.page {{ fill: #667; text-anchor: end; }}
.grid {{ stroke: #e6e9ef; }}
.minute {{ stroke: #b3bbcb; }}
.stretch {{ fill: #dfe9f5; stroke: #9db4d0; }}
.other {{ fill: #eef3e2; stroke: #b4c48f; }}
.hold {{ fill: #fbf3df; }}
.breath {{ fill: none; stroke: #2b6cb0; stroke-width: 1.5; }}
.tone {{ stroke-width: 3; stroke: #805ad5; }}
.chime {{ fill: #b7791f; }}
.count {{ fill: #2b6cb0; text-anchor: middle; }}
.bar {{ fill: #7fb992; }}
.leader {{ stroke: #bcd8c5; }}
.ground {{ fill: white; }}
"""


def svg_of(timeline: Timeline, title: str = "", names: Mapping[str, str] | None = None) -> str:
    """Return the picture as text: pages of A4 under one another. Hovering tells exact times.

    Args:
        timeline: what to draw.
        title: what it is called; its id if empty.
        names: what each stretch is called, by its id.
    """
    drawn = list(rows(timeline, names or {}, WIDE, _LETTERS_PX))
    pages = list(_pages(drawn))
    size = (PAGE_PX[0], PAGE_PX[1] * len(pages))
    root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_px(size[0])} {_px(size[1])}")
    root.attrib |= {"width": f"{PAGE_MM[0]}mm", "height": f"{PAGE_MM[1] * len(pages)}mm"}
    _add(root, "style").text = _STYLE
    _add(root, "rect", "ground", width="100%", height="100%")
    _head(root, timeline, title)
    kinds = _kinds(drawn)
    for number, page in enumerate(pages, 1):
        for y, row in page:
            _Drawing(root, row, y + PAGE_PX[1] * (number - 1), kinds).draw()
        foot = {"x": _px(PAGE_PX[0] - RIGHT), "y": _px(PAGE_PX[1] * number - BOTTOM / 2)}
        _add(root, "text", "page", **foot).text = f"page {number} of {len(pages)}"
    ET.indent(root, " ")
    text = _NOT_XML.sub("?", ET.tostring(root, encoding="unicode"))
    return f"<!-- Stretch Coach {__version__} -->\n{text}\n"


def _head(root: ET.Element, timeline: Timeline, title: str) -> None:
    _add(root, "text", "title", x=_px(LEFT), y=_px(TOP + 12)).text = title or timeline.routine
    manner = (
        f"{clock_text(timeline.duration_ms)}, breath {timeline.breath}, beat {timeline.beat_ms / 1000:g} s, "
        f"voice {timeline.voice}"
    )
    _add(root, "text", x=_px(LEFT), y=_px(TOP + 27)).text = manner


def _pages(drawn: Iterable[Row]) -> Iterator[list[tuple[float, Row]]]:
    """Yield the rows of each page, each with its top; no row is on two pages."""
    page: list[tuple[float, Row]] = []
    y = TOP + 50
    for row in drawn:
        if page and y + _height(row) > PAGE_PX[1] - BOTTOM:
            yield page
            page, y = [], TOP + 12
        page.append((y, row))
        y += _height(row) + _GAP
    yield page


def _bars(row: Row) -> float:
    """Return where the lane of speech begins: higher up if nothing is breathed or counted."""
    return _BARS if row.breaths or row.counts or row.holds else _BARS_UNBREATHED


def _height(row: Row) -> float:
    return _bars(row) + _BAR_PX + 4 + row.lanes * _LANE_PX


def _kinds(drawn: Iterable[Row]) -> dict[str, str]:
    """Return the class of each stretch's band: two colours in turn, so that neighbours are told apart."""
    labels = dict.fromkeys(band.label for row in drawn for band in row.stretches)
    return dict(zip(labels, cycle(("stretch", "other"))))


class _Drawing:
    """One row."""

    def __init__(self, root: ET.Element, row: Row, y: float, kinds: Mapping[str, str]) -> None:
        self._group = _add(root, "g", "row")
        self._row = row
        self._y = y
        self._kinds = kinds
        self._per_ms = WIDE / (row.end_ms - row.start_ms)

    def draw(self) -> None:
        """Draw it, what lies at the back first."""
        for draw in (
            self._holds,
            self._grid,
            self._names,
            self._stretches,
            self._breath,
            self._counts,
            self._chimes,
            self._speech,
        ):
            draw()

    def _names(self) -> None:
        bars = _bars(self._row)
        lanes = [("stretch", _STRETCHES + 11), ("chime", _CHIMES + 3), ("words", bars + _BAR_PX)]
        if bars == _BARS:
            lanes += [("breath", _BREATH + _BREATH_PX / 2), ("count", _COUNTS)]
        for name, y in lanes:
            self._text("lane", 14.0, y, name)

    def _grid(self) -> None:
        row = self._row
        bottom = _bars(row) + _BAR_PX
        for second in range(-(-row.start_ms // 5000) * 5, row.end_ms // 1000 + 1, 5):
            x = self._x(second * 1000)
            self._line("grid" if second % 60 else "minute", x, x, 0.0, bottom)
            if second % 10 == 0:
                self._text("axis", x, -3.0, clock_text(second * 1000))

    def _stretches(self) -> None:
        for band in self._row.stretches:
            self._box(self._kinds[band.label], band, _STRETCHES, _STRETCH_PX, band.label)
            room = (band.end_ms - band.start_ms) * self._per_ms - 8
            self._text(None, self._x(band.start_ms) + 4, _STRETCHES + 11, shortened(band.label, _LETTERS_PX, room))

    def _holds(self) -> None:
        for band in self._row.holds:
            self._box("hold", band, _CHIMES - 6, _COUNTS + 4 - (_CHIMES - 6), band.label)

    def _breath(self) -> None:
        for curve in self._row.breaths:
            places = ((self._x(ms), self._y + _BREATH + _BREATH_PX * (1 - full)) for ms, full in curve.points)
            points = " ".join(f"{_px(x)},{_px(y)}" for x, y in places)
            line = _add(self._group, "polyline", "breath tone" if curve.is_heard else "breath", points=points)
            _tell(line, f"breath {_span(curve.label)}")

    def _counts(self) -> None:
        for cue in self._row.counts:
            mark = (cue.text or "") if cue.count == 1 or cue.phase is None else str(cue.count)
            at_ms = cue.center_ms or 0
            _tell(self._text("count", self._x(at_ms), _COUNTS, mark), f"{cue.text} at {_exact(at_ms)}")

    def _chimes(self) -> None:
        for cue in self._row.chimes:
            x, y = self._x(cue.onset_ms), self._y + _CHIMES
            corners = ((x, y - 4), (x + 4, y), (x, y + 4), (x - 4, y))
            points = " ".join(f"{_px(left)},{_px(top)}" for left, top in corners)
            _tell(_add(self._group, "polygon", "chime", points=points), f"{cue.sound} at {_exact(cue.onset_ms)}")
            self._text(None, x + 7, _CHIMES + 3, cue.sound or "")

    def _speech(self) -> None:
        row, bars = self._row, _bars(self._row)
        for words in row.words:
            x = self._x(words.cue.start_ms)
            self._line("leader", x, x, bars, bars + _BAR_PX + 3 + words.lane * _LANE_PX)
        for band in row.bars:
            self._box("bar", band, bars, _BAR_PX, f"{band.label} {_span(band)}")
        for words in row.words:
            for number, line in enumerate(words.lines, words.lane):
                x, y = LEFT + words.x, bars + _BAR_PX + 12 + number * _LANE_PX
                # A ground, so that the leader of words further below does not cross these.
                self._rect("ground", x, y - 9, width(line, _LETTERS_PX), 11)
                self._text("words", x, y, line)

    def _x(self, ms: float) -> float:
        return LEFT + (ms - self._row.start_ms) * self._per_ms

    def _text(self, kind: str | None, x: float, y: float, text: str) -> ET.Element:
        element = _add(self._group, "text", kind, x=_px(x), y=_px(self._y + y))
        element.text = text
        return element

    def _line(self, kind: str, x1: float, x2: float, y1: float, y2: float) -> None:
        _add(self._group, "line", kind, x1=_px(x1), x2=_px(x2), y1=_px(self._y + y1), y2=_px(self._y + y2))

    def _box(self, kind: str, band: Band, y: float, high: float, told: str) -> None:
        wide = max(0.1, (band.end_ms - band.start_ms) * self._per_ms)
        _tell(self._rect(kind, self._x(band.start_ms), y, wide, high), told)

    def _rect(self, kind: str, x: float, y: float, wide: float, high: float) -> ET.Element:
        place = {"x": _px(x), "y": _px(self._y + y), "width": _px(wide), "height": _px(high)}
        return _add(self._group, "rect", kind, **place)


def _add(parent: ET.Element, tag: str, kind: str | None = None, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, tag, {**({"class": kind} if kind else {}), **attributes})


def _tell(element: ET.Element, text: str) -> None:
    """Add what is shown when the pointer rests on it."""
    _add(element, "title").text = text


_px: Callable[[float], str] = "{:.1f}".format


def _exact(ms: int) -> str:
    return f"{clock_text(ms)}.{ms % 1000:03}"


def _span(band: Band) -> str:
    return f"{_exact(band.start_ms)} to {_exact(band.end_ms)}"
