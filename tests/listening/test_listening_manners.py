"""What a person hears in every manner: real voices, a real encoder, the MP3 decoded and measured by other means."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from coach.core.timeline import Cue, Timeline
from coach.units import db_to_factor, ms_to_frames
from support.command import Coach
from support.listening import (
    RATE,
    Aligner,
    Samples,
    audible,
    decode,
    edge_db,
    glide_corners_ms,
    heard_errors,
    intervals_ms,
    lag_frames,
    phrases_heard_together,
    window,
    without_tone,
    words_of,
)
from support.manners import MANNERS, NOT_COUNTED, STRETCHES
from support.tiers import thorough, thoroughly


@dataclass(frozen=True)
class Heard:
    manner: str
    path: Path
    timeline: Timeline
    samples: Samples
    """Without the tone."""
    whole: Samples

    @property
    def counts(self) -> list[Cue]:
        return [cue for cue in self.timeline.cues if cue.kind == "count"]


SPOKEN = ("neural", "count on a short beat")
HEARD = [("system", "tone and count")]
MORE = [
    SPOKEN,
    *(("system", manner) for manner in MANNERS if ("system", manner) not in HEARD),
    *(("neural", manner) for manner in ("words", "tone and count")),
]

EACH = [*HEARD, *(pytest.param(each, marks=thorough) for each in MORE)]


@pytest.fixture(scope="module", params=EACH, ids=" ".join)
def heard(request: pytest.FixtureRequest, coach: Coach, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    voice, manner = request.param
    path = tmp_path_factory.mktemp("heard") / "heard.mp3"
    how = (*STRETCHES, "--voice", voice, *MANNERS[manner])
    done = coach("render", *how, "-o", path)
    assert done.returncode == 0, done.stderr
    told = coach("timeline", *how, "--json")
    assert told.returncode == 0, told.stderr
    timeline, whole = Timeline.from_json(told.stdout), decode(path)
    return Heard(manner, path, timeline, without_tone(whole, timeline), whole)


def test_it_is_as_long_as_the_timeline(heard: Heard) -> None:
    # Where under 529 samples are left of the last MP3 frame, ffmpeg's decoder gives them too: 12 ms of silence at most.
    assert 0 <= len(heard.whole) - ms_to_frames(heard.timeline.duration_ms) < 529


def test_counts_and_chimes_are_heard_when_the_timeline_says(heard: Heard) -> None:
    onsets, centres = (sorted(map(abs, errors)) for errors in heard_errors(heard.samples, heard.timeline))
    assert len(onsets) == len([cue for cue in audible(heard.timeline) if cue.kind != "speech"])
    assert len(centres) == len(heard.counts)
    assert heard.counts or heard.manner in NOT_COUNTED
    for errors in filter(None, (onsets, centres)):
        assert errors[math.ceil(len(errors) * 0.99) - 1] <= 10
        assert errors[-1] <= 10


def test_counts_are_more_even_than_onsets_would_make_them(heard: Heard) -> None:
    even, by_onset = intervals_ms(heard.samples, heard.timeline)
    if "count" not in heard.manner:
        assert len(even) < 5
        return
    assert len(even) > 15
    assert max(even) - min(even) <= 20
    assert max(by_onset) - min(by_onset) >= 80


@pytest.mark.parametrize(
    "heard",
    EACH,
    indirect=True,
    ids=" ".join,
)
@pytest.mark.parametrize("each_time", [False, *thoroughly(True)])
def test_every_word_is_heard_in_its_order(heard: Heard, each_time: bool) -> None:
    """Forced alignment finds any words somewhere; so the same words backwards must be less like what is heard."""
    ear = Aligner(heard.path)
    compared = 0
    for phrase in phrases_heard_together(heard.timeline, each_time=each_time):
        span = (phrase.start_ms, phrase.end_ms)
        ear.align(phrase.texts, *span)  # fails when they are not found
        words = [word for text in phrase.texts for word in words_of(text)]
        if len(set(words)) > 2:
            assert ear.likeness(words, *span) > 1.05 * ear.likeness(words[::-1], *span), phrase.texts
            compared += 1
    assert compared > 20


def test_no_clip_is_cut_off(heard: Heard) -> None:
    spoken = [cue for cue in heard.timeline.cues if cue.text is not None]
    chimes = [cue for cue in heard.timeline.cues if cue.kind == "chime"]
    clear = [
        cue for cue in spoken if not any(c.start_ms < cue.end_ms + 5 and cue.start_ms - 5 < c.end_ms for c in chimes)
    ]
    assert len(clear) > len(spoken) * 0.7
    assert max(edge_db(heard.samples, cue) for cue in clear) <= -40


def quiet_gaps(heard: Heard) -> Iterator[tuple[Cue, Samples]]:
    cues = audible(heard.timeline)
    for before, after in pairwise(cues):
        if before.kind == "chime" or after.kind == "chime":
            continue  # a chime may ring on
        gap, _ = window(heard.samples, before.end_ms + 15, after.start_ms - 15)
        yield before, gap


def test_no_two_spoken_cues_sound_at_once(heard: Heard) -> None:
    gaps = list(quiet_gaps(heard))
    assert len(gaps) > 15
    for cue, gap in gaps:
        assert len(gap) > RATE * 0.1
        clip, _ = window(heard.samples, cue.start_ms, cue.end_ms)
        assert np.abs(gap).max() < np.abs(clip).max() * db_to_factor(-40), cue


def test_left_and_right_are_equal_to_the_sample(heard: Heard) -> None:
    def paced(side: str) -> tuple[int, int]:
        spans = [c for c in heard.timeline.cues if (c.kind, c.stretch, c.side) == ("breath", "knee-to-chest", side)]
        return round(spans[0].start_ms * RATE / 1000), round(spans[-1].end_ms * RATE / 1000)

    (right, right_end), (left, left_end) = paced("right"), paced("left")
    assert right_end - right == left_end - left
    # The chime that ends it is there at every pace; it and all counts before it come at the same sample.
    for start, end in ((0, right_end - right), (right_end - right - RATE // 2, right_end - right + RATE // 2)):
        parts = [heard.whole[side + start : side + end] for side in (right, left)]
        assert lag_frames(*parts) == 0


def test_the_tone_turns_with_the_breath_and_gives_way_to_the_voice(heard: Heard) -> None:
    spans = [cue for cue in heard.timeline.cues if cue.kind == "breath"]
    if not all(span.sound == "tone" for span in spans):
        assert not any(span.sound for span in spans)
        return
    tone = heard.whole - heard.samples
    spoken = [cue for cue in heard.timeline.cues if cue.text is not None]
    free = [
        after.start_ms
        for before, after in pairwise(spans)
        if before.end_ms == after.start_ms
        and not any(cue.start_ms < after.start_ms + 750 and after.start_ms - 750 < cue.end_ms for cue in spoken)
    ]
    assert heard.manner != "tone" or len(free) >= 3
    corners = glide_corners_ms(heard.whole, free)
    assert all(abs(ear - turn) <= 10 for ear, turn in zip(corners, free, strict=True))
    sounding = [cue for cue in spoken if spans[0].start_ms < cue.start_ms and level_db(tone, cue) > -90]
    assert len(sounding) > 5
    for cue in sounding:
        assert level_db(tone, cue) <= level_db(heard.samples, cue) - 12, cue


def level_db(samples: Samples, cue: Cue) -> float:
    part, _ = window(samples, cue.start_ms, cue.end_ms)
    return float(10 * np.log10(np.mean(part**2) + 1e-12))
