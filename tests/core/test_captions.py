import io
from itertools import pairwise

import pylrc
import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from coach.core.captions import LEAST_MS, MOST_COUNTS, Line, lines, to_lrc, to_srt, to_vtt
from coach.core.timeline import Timeline
from support.making import compiled, delivery, routine, spoken, stretch

KINDS = {
    "hold": {"kind": "hold", "dose": "30 s"},
    "counted": {"kind": "counted", "dose": "12 x"},
}
AWKWARD = (
    Line(0, 900, "Up & <over>"),
    Line(61_239, 62_000, "Breathe in — slowly, “é”."),
    Line(3_599_000, 3_599_900, "x"),
)


def timeline_of(kind: str, seed: int = 0, pattern: str = "4-6") -> Timeline:
    return compiled(routine(stretch(KINDS[kind])), delivery(pattern), seed=seed)


@pytest.mark.parametrize("kind", ["hold", "counted"])
@given(seed=st.integers(0, 60))
def test_every_word_is_in_a_line_at_its_time_and_none_twice(kind: str, seed: int) -> None:
    timeline = timeline_of(kind, seed)
    found = lines(timeline)
    said = " ".join(cue.text or "" for cue in spoken(timeline))
    assert " ".join(line.text.replace("· ", "") for line in found) == said
    starts = {cue.start_ms for cue in spoken(timeline)}
    assert all(line.start_ms in starts for line in found)
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(found))
    assert found[-1].end_ms <= timeline.duration_ms


def test_the_counts_of_a_breath_are_a_line() -> None:
    timeline = timeline_of("hold")
    counted = [line.text for line in lines(timeline) if "two" in line.text]
    assert counted[0] == "In two three four · Out two three four five six"
    breaths = {(cue.side, cue.rep) for cue in spoken(timeline) if cue.kind == "count"}
    assert len(counted) >= len(breaths)


def test_counts_of_movements_are_not_one_endless_line() -> None:
    counted = [line.text.split() for line in lines(timeline_of("counted")) if line.text.split()[0].islower()]
    assert sum(len(words) for words in counted) > 1.5 * MOST_COUNTS
    assert max(len(words) for words in counted) == MOST_COUNTS


def test_a_short_word_stays_long_enough_to_be_read() -> None:
    timeline = timeline_of("hold")
    found = lines(timeline)
    for line, after in pairwise(found):
        assert line.end_ms - line.start_ms >= min(LEAST_MS, after.start_ms - line.start_ms)


def test_lrc_is_read_back() -> None:
    text = to_lrc(AWKWARD, "My [own] title", "Stretch Coach", 3_725_000)
    parsed = pylrc.parse(text)
    assert (parsed.title, parsed.artist) == ("My (own) title", "Stretch Coach")
    assert [line.text for line in parsed] == [line.text for line in AWKWARD]
    assert [round(line.time * 1000) for line in parsed] == [0, 61_230, 3_599_000]  # never late
    assert "[length:62:05]" in text


def test_vtt_and_srt_are_read_back() -> None:
    vtt = list(webvtt.from_buffer(io.StringIO(to_vtt(AWKWARD))))
    srt = list(webvtt.from_buffer(io.StringIO(to_srt(AWKWARD)), format="srt"))
    for parsed in (vtt, srt):
        times = [(cue.start_in_seconds, cue.end_in_seconds) for cue in parsed]
        assert times == [(int(line.start_ms / 1000), int(line.end_ms / 1000)) for line in AWKWARD]
        assert [cue.start[-3:] for cue in parsed] == ["000", "239", "000"]
    assert [cue.raw_text for cue in srt] == [line.text for line in AWKWARD]
    assert vtt[0].raw_text == "Up &amp; &lt;over&gt;"
    assert [cue.text for cue in vtt[1:]] == [line.text for line in AWKWARD[1:]]


def test_after_an_hour_lrc_goes_on_in_minutes_and_the_others_in_hours() -> None:
    late = (Line(3_661_500, 3_662_000, "x"),)
    assert "[61:01.50]x" in to_lrc(late, "t", "c", 4_000_000)
    assert "01:01:01.500 --> 01:01:02.000" in to_vtt(late)
    assert "01:01:01,500 --> 01:01:02,000" in to_srt(late)
