import re
import xml.etree.ElementTree as ET

import pytest

from coach.core.delivery import Pace
from coach.core.timeline import Cue, Timeline
from coach.drawing.svg import LEFT, PX_PER_S, svg_of
from support.making import compiled, delivery, routine, stretch

SVG = "{http://www.w3.org/2000/svg}"
LINE = {"breath": 2, "phase": "in", "say": "Soften your jaw & brow."}


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    hold = stretch({"kind": "hold", "dose": "20 s", "lines": [LINE]}, sides=["right", "left"])
    return compiled(routine(hold), delivery("4-6", pace=Pace.TONE_AND_COUNT))


@pytest.fixture(scope="module")
def drawn(timeline: Timeline) -> ET.Element:
    return ET.fromstring(svg_of(timeline))


def of_class(drawn: ET.Element, kind: str) -> list[ET.Element]:
    return [element for element in drawn.iter() if kind in element.get("class", "").split()]


def ms_at(px: str | None) -> int:
    return round((float(px or "nan") - LEFT) / PX_PER_S * 1000)


def test_every_cue_is_drawn_at_its_time(timeline: Timeline, drawn: ET.Element) -> None:
    half_px_ms = 500 / PX_PER_S
    for kind, element_class, time in (("count", "count", "center_ms"), ("speech", "words", "start_ms")):
        cues = [cue for cue in timeline.cues if cue.kind == kind]
        elements = of_class(drawn, element_class)
        assert len(elements) == len(cues) > 4
        for cue, element in zip(cues, elements, strict=True):
            assert abs(ms_at(element.get("x")) - getattr(cue, time)) <= half_px_ms
            assert (cue.text or "") in (element.findtext(f"{SVG}title") or "")
    assert len(of_class(drawn, "chime")) == sum(cue.kind == "chime" for cue in timeline.cues)
    assert len(of_class(drawn, "hold")) == 2


def test_the_breath_rises_and_falls_with_its_phases(timeline: Timeline, drawn: ET.Element) -> None:
    first, second = of_class(drawn, "breath")
    points = [tuple(map(float, point.split(","))) for point in (first.get("points") or "").split()]
    spans = [cue for cue in timeline.cues if cue.kind == "breath" and cue.side == "right"]
    assert len(points) == 2 * len(spans)
    heights = [y for _, y in points]
    top, bottom = min(heights), max(heights)
    assert heights[:4] == [bottom, top, top, bottom]
    assert abs(ms_at(str(points[1][0])) - spans[0].end_ms) <= 500 / PX_PER_S
    assert "tone" in (second.get("class") or "")


def test_stretches_and_sides_are_named_on_the_same_axis(timeline: Timeline, drawn: ET.Element) -> None:
    labels = [text.text for text in drawn.iter(f"{SVG}text")]
    assert "stretch-0, right" in labels
    assert "stretch-0, left" in labels
    assert "0:10" in labels


def test_words_never_run_into_each_other(drawn: ET.Element) -> None:
    lanes: dict[str, float] = {}
    for rect in of_class(drawn, "words"):
        x, y = float(rect.get("x") or 0), rect.get("y") or ""
        text = re.sub(r" \d+:\d\d\.\d{3} to .*", "", rect.findtext(f"{SVG}title") or "")
        assert x >= lanes.get(y, 0.0)
        lanes[y] = max(x + float(rect.get("width") or 0), x + 6 * len(text))


def test_what_people_write_is_no_markup(drawn: ET.Element) -> None:
    assert "Soften your jaw & brow." in [text.text for text in drawn.iter(f"{SVG}text")]


def test_on_a_short_beat_a_count_is_as_wide_as_on_a_long_one() -> None:
    hold = routine(stretch({"kind": "hold", "dose": "20 s"}))
    widths = []
    for beat_ms in (600, 1000):
        drawn = ET.fromstring(svg_of(compiled(hold, delivery("4-6", beat_ms))))
        xs = [float(count.get("x") or 0) for count in of_class(drawn, "count")]
        widths.append(round(xs[1] - xs[0], 1))
    assert widths == [PX_PER_S, PX_PER_S]


def test_a_script_may_be_called_anything() -> None:
    odd = Timeline("a\x07b", "silent", "4-6", 1000, 2000, (Cue("speech", 0, 0, 900, text="x", stretch="c\x01d"),))
    labels = [text.text for text in ET.fromstring(svg_of(odd)).iter(f"{SVG}text")]
    assert "c?d" in labels
    assert any((label or "").startswith("a?b") for label in labels)
