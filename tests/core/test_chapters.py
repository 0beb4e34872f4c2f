import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from coach.core.chapters import CLOSING, OPENING, Chapter, chapters, to_podcast_json
from coach.core.routine import breathing
from support.making import compiled, routine, stretch


def test_one_a_stretch_with_both_sides_in_it_and_opening_and_closing() -> None:
    timeline = compiled(routine(stretch(), stretch(sides=("right", "left")), stretch()))
    parts = chapters(timeline, {"stretch-0": "Rest", "stretch-1": "Twist"})
    assert [part.title for part in parts] == [OPENING, "Rest", "Twist", "stretch-2", CLOSING]
    firsts = {cue.stretch: cue.start_ms for cue in reversed(timeline.cues)}
    assert [part.start_ms for part in parts[1:4]] == [firsts[f"stretch-{index}"] for index in range(3)]
    assert len({cue.side for cue in timeline.cues if parts[2].start_ms <= cue.start_ms < parts[2].end_ms}) > 1


@given(st.integers(1, 6), st.integers(0, 100))
def test_they_fill_the_routine_and_begin_with_a_sound(count: int, seed: int) -> None:
    timeline = compiled(routine(*(stretch() for _ in range(count))), seed=seed)
    parts = chapters(timeline, {})
    assert (parts[0].start_ms, parts[-1].end_ms) == (0, timeline.duration_ms)
    assert all(one.end_ms == other.start_ms for one, other in pairwise(parts))
    assert all(part.start_ms < part.end_ms for part in parts)
    sounds = {cue.start_ms for cue in timeline.cues if cue.kind != "breath"}
    assert {part.start_ms for part in parts[1:]} <= sounds
    assert len(parts) == count + 2


def test_breathing_alone_has_none() -> None:
    assert chapters(compiled(breathing("4-6", 60_000)), {}) == ()


def test_podcast_chapters_are_in_seconds() -> None:
    text = to_podcast_json((Chapter("One", 0, 1_250), Chapter("“Two” é", 1_250, 3_000)))
    assert json.loads(text) == {
        "version": "1.2.0",
        "chapters": [{"startTime": 0, "title": "One"}, {"startTime": 1.25, "title": "“Two” é"}],
    }
