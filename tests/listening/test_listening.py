"""What a person hears: the MP3 of the first command is decoded, and measured and aligned by independent ears."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from coach.core.fields import OTHER_SIDE
from coach.units import db_to_factor, ms_to_frames
from support.command import Rendered
from support.listening import (
    RATE,
    Aligner,
    Samples,
    audible,
    decode,
    heard_errors,
    onset_ms,
    phrases_heard_together,
    window,
)
from support.tiers import thorough


@pytest.fixture(scope="module")
def samples(rendered: Rendered) -> Samples:
    return decode(rendered.path)


def test_the_file_is_as_long_as_the_timeline(rendered: Rendered, samples: Samples) -> None:
    # Where under 529 samples are left of the last MP3 frame, ffmpeg's decoder gives them too: 12 ms of silence at most.
    assert 0 <= len(samples) - ms_to_frames(rendered.timeline.duration_ms) < 529


def test_every_count_and_chime_is_heard_when_the_timeline_says(rendered: Rendered, samples: Samples) -> None:
    onsets, centres = heard_errors(samples, rendered.timeline)
    assert len(centres) == sum(cue.kind == "count" for cue in rendered.timeline.cues) > 150
    assert max(map(abs, onsets)) <= 10
    assert max(map(abs, centres)) <= 10


@pytest.mark.parametrize(("each_time", "counts"), [(False, 15), pytest.param(True, 150, marks=thorough)])
def test_every_word_is_heard_where_the_timeline_says(rendered: Rendered, each_time: bool, counts: int) -> None:
    ear = Aligner(rendered.path)
    late = []
    for phrase in phrases_heard_together(rendered.timeline, each_time=each_time):
        spans = ear.align(phrase.texts, phrase.start_ms, phrase.end_ms)
        heard = zip(phrase.cues, spans, strict=True)
        late += [abs(start - cue.onset_ms) for cue, (start, _) in heard if cue.kind == "count"]
    assert len(late) > counts
    assert max(late) <= 50  # what forced alignment can tell


def test_the_stretches_come_in_the_articles_order(rendered: Rendered) -> None:
    order = dict.fromkeys(cue.stretch for cue in rendered.timeline.cues if cue.stretch)
    names = "knee-to-chest lying-knee-twist childs-pose cat-cow piriformis glute-bridge cobra"
    assert list(order) == names.split()


def test_holds_last_what_the_article_says_from_breath_to_chime(rendered: Rendered, samples: Samples) -> None:
    """The first count is heard on its beat (above); the chime is found by ear."""
    ranges_s = {
        "knee-to-chest": (10, 20),
        "lying-knee-twist": (20, 20),
        "childs-pose": (30, 30),
        "cat-cow": (30, 30),
        "piriformis": (10, 20),
    }
    seen = set()
    for end in (cue for cue in rendered.timeline.cues if cue.sound == "end" and cue.stretch in ranges_s):
        breaths = [
            c for c in rendered.timeline.cues if c.kind == "breath" and (c.stretch, c.side) == (end.stretch, end.side)
        ]
        heard_s = (onset_ms(samples, end.start_ms - 20, end.end_ms) - breaths[0].start_ms) / 1000
        low, high = ranges_s[end.stretch or ""]
        assert low - 0.01 <= heard_s <= high + 0.01
        seen.add((end.stretch, end.side))
    assert {stretch for stretch, _ in seen} == set(ranges_s)
    for stretch, side in seen:
        assert side is None or (stretch, OTHER_SIDE[side]) in seen


def test_nothing_clips_and_nothing_speaks_in_the_gaps(rendered: Rendered, samples: Samples) -> None:
    assert np.abs(samples).max() < 0.99
    cues = audible(rendered.timeline)
    for before, after in pairwise(cues):
        if before.kind == "chime" or after.kind == "chime":
            continue  # a chime may ring on
        gap, _ = window(samples, before.end_ms + 15, after.start_ms - 15)
        assert len(gap) > RATE * 0.1
        clip, _ = window(samples, before.start_ms, before.end_ms)
        assert np.abs(gap).max() < np.abs(clip).max() * db_to_factor(-40), before
