"""The picture: what it shows stands at its time, fits on A4, and nothing in it runs into anything else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest
from PIL import ImageFont

import coach
from coach.core.delivery import Pace
from coach.core.timeline import Cue, Timeline
from coach.drawing.lettering import lines, shortened, width
from coach.drawing.rows import BEATS, rows
from coach.drawing.svg import LEFT, PAGE_MM, PAGE_PX, WIDE, svg_of
from support.making import compiled, delivery, routine, stretch

SVG = "{http://www.w3.org/2000/svg}"
LINE = {"breath": 2, "phase": "in", "say": "Soften your jaw & brow."}
PX_PER_S = WIDE / BEATS
ROW_MS = BEATS * 1000
HALF_PX_MS = 500 / PX_PER_S


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    hold = stretch({"kind": "hold", "dose": "20 s", "lines": [LINE]}, sides=["right", "left"])
    return compiled(routine(hold), delivery("4-6", pace=Pace.TONE_AND_COUNT))


@pytest.fixture(scope="module")
def drawn(timeline: Timeline) -> ET.Element:
    return ET.fromstring(svg_of(timeline, "Evening & more", {"stretch-0": "Child's pose"}))


@pytest.fixture(scope="module")
def long() -> Timeline:
    return coach.estimate(coach.Order(targets=("gentle-relief",)))


def rows_of(drawn: ET.Element) -> list[ET.Element]:
    return [group for group in drawn.iter(f"{SVG}g") if group.get("class") == "row"]


def of_class(element: ET.Element, kind: str) -> list[ET.Element]:
    return [found for found in element.iter() if kind in (found.get("class") or "").split()]


def timed(drawn: ET.Element, kind: str) -> list[tuple[float, ET.Element]]:
    """Return elements with the milliseconds at which they stand."""
    return [
        (number * ROW_MS + (float(found.get("x") or "nan") - LEFT) / PX_PER_S * 1000, found)
        for number, row in enumerate(rows_of(drawn))
        for found in of_class(row, kind)
    ]


def labels(drawn: ET.Element) -> list[str | None]:
    return [text.text for text in drawn.iter(f"{SVG}text")]


def test_every_count_is_drawn_at_its_time(timeline: Timeline, drawn: ET.Element) -> None:
    cues = [cue for cue in timeline.cues if cue.kind == "count"]
    elements = timed(drawn, "count")
    assert len(elements) == len(cues) > 4
    for cue, (at_ms, element) in zip(cues, elements, strict=True):
        assert abs(at_ms - (cue.center_ms or 0)) <= HALF_PX_MS
        assert (cue.text or "") in (element.findtext(f"{SVG}title") or "")
    assert len(of_class(drawn, "chime")) == sum(cue.kind == "chime" for cue in timeline.cues)


def test_every_sentence_has_a_bar_at_its_time_and_stands_below_it(timeline: Timeline, drawn: ET.Element) -> None:
    cues = [cue for cue in timeline.cues if cue.kind == "speech"]
    bars = [at_ms for at_ms, _ in timed(drawn, "bar")]
    assert all(min(abs(at_ms - cue.start_ms) for at_ms in bars) <= HALF_PX_MS for cue in cues)
    for number, row in enumerate(rows_of(drawn)):
        bottom = max((float(bar.get("y") or 0) for bar in of_class(row, "bar")), default=0.0)
        words = of_class(row, "words")
        assert all(float(text.get("y") or 0) > bottom for text in words)
        said = [cue.text for cue in cues if number * ROW_MS <= cue.start_ms < (number + 1) * ROW_MS]
        assert sorted(text.text or "" for text in words) == sorted(text or "" for text in said)


def test_the_breath_rises_and_falls_and_goes_on_in_the_next_row() -> None:
    hold = routine(stretch({"kind": "hold", "dose": "9 breaths"}))
    timeline = compiled(hold, delivery("4-6", pace=Pace.TONE_AND_COUNT))
    parts = [curve for row in rows(timeline, {}, WIDE, 9) for curve in row.breaths]
    spans = [cue for cue in timeline.cues if cue.kind == "breath"]
    points = dict(point for curve in parts for point in curve.points)
    for cue in spans:
        begin, end = {"in": (0.0, 1.0), "out": (1.0, 0.0)}[cue.phase or ""]
        assert (points[cue.start_ms], points[cue.end_ms]) == (begin, end)
    cuts = [ms for ms in points if ms % ROW_MS == 0]
    assert cuts
    assert all(0 < points[ms] < 1 for ms in cuts)
    assert all(curve.is_heard for curve in parts)
    assert {first for curve in parts for first, _ in curve.points} == set(points)


def test_stretches_are_named_and_not_by_their_ids(drawn: ET.Element) -> None:
    assert {"Evening & more", "Child's pose, right", "Child's pose, left", "0:10"} <= set(labels(drawn))
    assert not any("stretch-0" in (label or "") for label in labels(drawn))


def test_it_is_as_wide_as_a_sheet_of_a4_and_no_row_is_on_two(long: Timeline) -> None:
    """It once was one ribbon of 6842 × 270 pixels."""
    drawn = ET.fromstring(svg_of(long))
    pages = len(of_class(drawn, "page"))
    assert (drawn.get("width"), drawn.get("height")) == ("210mm", f"{297 * pages}mm")
    assert PAGE_PX[0] / PAGE_MM[0] == pytest.approx(PAGE_PX[1] / PAGE_MM[1], rel=1e-3)
    assert len(rows_of(drawn)) == -(-long.duration_ms // ROW_MS)
    for row in rows_of(drawn):
        tops = [float(found.get(key) or 0) for found in row.iter() for key in ("y", "y1", "y2") if found.get(key)]
        assert min(tops) // PAGE_PX[1] == (max(tops) + 15) // PAGE_PX[1]
    for found in drawn.iter():
        left = float(found.get("x") or found.get("x1") or 0)
        assert 0 <= left <= PAGE_PX[0]
        if found.tag == f"{SVG}rect" and found.get("width") != "100%":
            assert left + float(found.get("width") or 0) <= PAGE_PX[0] - 20


def box(text: ET.Element) -> tuple[float, float, float]:
    x = float(text.get("x") or 0)
    return x, x + width(text.text or "", 9), float(text.get("y") or 0)


def test_words_run_into_nothing(long: Timeline) -> None:
    """Text once lay over the boxes of what came next."""
    for row in rows_of(ET.fromstring(svg_of(long))):
        boxes = [box(text) for text in of_class(row, "words")]
        assert all(right <= PAGE_PX[0] - 20 for _, right, _ in boxes)
        for (left, right, y), (other_left, other_right, other_y) in combinations(boxes, 2):
            assert abs(y - other_y) >= 11 or right <= other_left or other_right <= left
        for band in of_class(row, "stretch") + of_class(row, "other"):
            at, wide = float(band.get("x") or 0), float(band.get("width") or 0)
            inside = [text for text in row.iter(f"{SVG}text") if not text.get("class") and text.text]
            for left, right, y in map(box, inside):
                if at <= left < at + wide and y < float(band.get("y") or 0) + 15:
                    assert right <= at + wide


@pytest.mark.parametrize("size", [9.0, 80.0])
def test_no_text_is_wider_than_reckoned(long: Timeline, size: float) -> None:
    font = ImageFont.load_default(size * 10)
    for text in {cue.text or "" for cue in long.cues}:
        assert font.getlength(text) / 10 <= width(text, size)


def test_text_is_shortened_and_broken_to_the_room_there_is() -> None:
    text = "Slowly move your hips back, toward your heels."
    assert shortened(text, 9, width(text, 9)) == text
    assert re.fullmatch("Slowly.*[^ ]…", shortened(text, 9, 100))
    assert width(shortened(text, 9, 100), 9) <= 100
    assert shortened(text, 9, 3) == ""
    broken = list(lines(text, 9, 100))
    assert " ".join(broken) == text
    assert len(broken) > 1
    assert all(width(line, 9) <= 100 for line in broken)
    assert all(width(line, 9) <= 100 for line in lines("x" * 500, 9, 100))
    assert list(lines("", 9, 100)) == []


def test_what_people_write_is_no_markup(drawn: ET.Element) -> None:
    assert "Soften your jaw & brow." in labels(drawn)


def test_on_a_short_beat_a_count_is_as_wide_as_on_a_long_one() -> None:
    hold = routine(stretch({"kind": "hold", "dose": "20 s"}))
    widths = []
    for beat_ms in (600, 1000):
        drawn = ET.fromstring(svg_of(compiled(hold, delivery("4-6", beat_ms))))
        row = next(row for row in rows_of(drawn) if len(of_class(row, "count")) > 3)
        xs = [float(count.get("x") or 0) for count in of_class(row, "count")]
        widths.append(round(xs[1] - xs[0]))
    assert widths == [round(PX_PER_S)] * 2


def test_a_script_may_be_called_anything() -> None:
    odd = Timeline("a\x07b", "silent", "4-6", 1000, 2000, (Cue("speech", 0, 0, 1900, text="x", stretch="c\x01d"),))
    told = labels(ET.fromstring(svg_of(odd)))
    assert "c?d" in told
    assert "a?b" in told


def test_the_end_of_a_row_cuts_nothing_off() -> None:
    said = "A long sentence that is said just before the row ends, and goes on in the next."
    cues = (Cue("speech", ROW_MS - 500, ROW_MS - 500, ROW_MS + 3_000, text=said),)
    drawn = ET.fromstring(svg_of(Timeline("x", "silent", "4-6", 1000, ROW_MS + 4_000, cues)))
    first, second = rows_of(drawn)
    assert [text.text for text in of_class(first, "words")] == [said]
    assert not of_class(second, "words")
    assert (len(of_class(first, "bar")), len(of_class(second, "bar"))) == (1, 1)
