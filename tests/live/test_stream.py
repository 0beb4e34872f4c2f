import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coach.audio.clip import measured
from coach.audio.mixer import Mixer
from coach.core.timeline import ClipTiming, Cue, Timeline
from coach.live.stream import Leg, Stream
from coach.units import SAMPLE_RATE, ms_to_frames
from support.tiers import thorough

HZ, PEAK = 200.0, 6000.0
STEEPEST = PEAK * 2 * np.pi * HZ / SAMPLE_RATE
FADE = ms_to_frames(10)


def mixer(length_ms: int = 1_000, hz: float = HZ) -> Mixer:
    """One even tone from beginning to end: whatever is cut out of it is heard."""
    frames = np.arange(ms_to_frames(length_ms))
    pcm = np.rint(PEAK * np.sin(2 * np.pi * hz * frames / SAMPLE_RATE)).astype(np.int16)
    clip = measured(pcm, ClipTiming(length_ms, 0, 0))
    cue = Cue("speech", 0, 0, length_ms, text="tone")
    return Mixer(Timeline("", "", "", 1000, length_ms, (cue,)), {"tone": clip}, {})


def read(stream: Stream, frames: int) -> np.ndarray:
    return np.frombuffer(stream.read(frames), dtype="<i2").astype(float)


def assert_no_click(samples: np.ndarray) -> None:
    # Two sounds at once while one fades into the other, and the slope of the fades themselves.
    assert np.abs(np.diff(samples)).max() <= 2 * STEEPEST + 2 * PEAK / FADE + 2


@pytest.mark.parametrize("block", [1, 64, 65, 882, 8192])
def test_what_is_read_is_what_is_mixed_whatever_the_block(block: int) -> None:
    whole, stream = mixer(), Stream()
    stream.play([Leg(whole)])
    heard = np.concatenate([read(stream, block) for _ in range(-(-whole.total_frames // block))])
    assert (heard[: whole.total_frames] == whole.block(0, whole.total_frames)).all()
    assert not heard[whole.total_frames :].any()
    read(stream, 1)
    assert stream.position.is_over


def test_it_is_silent_and_not_over_before_anything_is_played() -> None:
    stream = Stream()
    assert not read(stream, 1000).any()
    assert not stream.position.is_over


def test_a_pause_fades_out_in_10_ms_and_begins_where_it_was_with_a_fade() -> None:
    whole, stream = mixer(), Stream()
    stream.play([Leg(whole, key="tone")])
    before = read(stream, 10_000)
    where = stream.pause()
    assert (where.key, where.frame) == ("tone", 10_000)
    paused = read(stream, 5_000)
    assert paused[: FADE // 2].any()
    assert not paused[FADE:].any()
    stream.play([Leg(whole, where.frame)])
    after = read(stream, 5_000)
    assert (after[FADE:] == whole.block(10_000 + FADE, 15_000)).all()
    assert_no_click(np.concatenate([before, paused, after]))


def test_it_changes_over_at_the_very_frame() -> None:
    low, high, stream = mixer(), mixer(hz=HZ * 2), Stream()
    stream.play([Leg(low, key="low")])
    first = read(stream, 1_000)
    assert stream.change_over(7_001, Leg(high, 3_333, key="high"))
    heard = np.concatenate([first, read(stream, 9_000)])
    assert (heard[:7_001] == low.block(0, 7_001)).all()
    assert (heard[7_001 + FADE : 10_000] == high.block(3_333 + FADE, 3_333 + 10_000 - 7_001)).all()
    assert stream.position.key == "high"
    assert_no_click(heard)


def test_it_does_not_change_over_where_it_has_been() -> None:
    stream = Stream()
    stream.play([Leg(mixer())])
    read(stream, 5_000)
    assert not stream.change_over(4_999, Leg(mixer()))


def test_at_the_end_of_what_is_not_all_there_it_waits() -> None:
    short, long, stream = mixer(200), mixer(500), Stream()
    stream.play([Leg(short, is_whole=False, key="tone")])
    heard = read(stream, short.total_frames + 500)
    assert not heard[short.total_frames :].any()
    assert stream.position.is_waiting
    assert not stream.position.is_over
    stream.extend("tone", long, is_whole=True)
    more = read(stream, 1_000)
    assert (more == long.block(short.total_frames, short.total_frames + 1_000)).all()
    assert not stream.position.is_waiting


def test_made_longer_in_time_nothing_is_heard_of_it() -> None:
    short, long, stream = mixer(200), mixer(500), Stream()
    stream.play([Leg(short, is_whole=False, key="tone")])
    first = read(stream, 3_000)
    stream.extend("tone", long, is_whole=True)
    heard = np.concatenate([first, read(stream, long.total_frames - 3_000)])
    assert (heard == long.block(0, long.total_frames)).all()


def test_legs_follow_each_other_without_a_gap() -> None:
    one, two, stream = mixer(100), mixer(100, HZ * 3), Stream()
    stream.play([Leg(one), Leg(two)])
    heard = read(stream, one.total_frames + two.total_frames)
    assert (heard[: one.total_frames] == one.block(0, one.total_frames)).all()
    assert (heard[one.total_frames :] == two.block(0, two.total_frames)).all()


def test_a_signal_sounds_over_it_once() -> None:
    whole, stream = mixer(), Stream()
    stream.play([Leg(whole)])
    stream.overlay(np.full(100, 500, dtype=np.int16))
    heard = np.concatenate([read(stream, 64), read(stream, 1_000)])
    extra = heard - whole.block(0, len(heard))
    assert (extra[:100] == 500).all()
    assert not extra[100:].any()


def test_the_volume_changes_without_a_jump_and_never_beyond_the_usual() -> None:
    whole, stream = mixer(), Stream()
    stream.play([Leg(whole)])
    stream.set_volume(-20)
    heard = np.concatenate([read(stream, 882), read(stream, 8820)])
    assert np.abs(heard[882:]).max() == pytest.approx(PEAK / 10, rel=0.01)
    assert_no_click(heard)
    stream.set_volume(12)
    read(stream, 882)
    assert np.abs(read(stream, 8820)).max() == pytest.approx(PEAK, rel=0.01)


@thorough
@given(
    st.lists(
        st.tuples(st.integers(FADE, 3_000), st.sampled_from(["play", "pause", "change", "extend", "louder", "softer"])),
        max_size=25,
    )
)
@example([(480, "change"), (1_168, "play")])  # left when it had almost begun
def test_whatever_is_done_nothing_clicks(steps: list[tuple[int, str]]) -> None:
    whole, stream = mixer(500), Stream()
    stream.play([Leg(whole, key="tone")])
    heard = []
    for frames, what in steps:
        heard.append(read(stream, frames))
        match what:
            case "play":
                stream.play([Leg(whole, 5_000, key="tone")])
            case "pause":
                stream.pause()
            case "change":
                stream.change_over(stream.position.frame + 700, Leg(whole, 2_000, key="tone"))
            case "extend":
                stream.extend("tone", mixer(700), is_whole=True)
            case "louder":
                stream.set_volume(0)
            case "softer":
                stream.set_volume(-6)
    samples = np.concatenate([*heard, read(stream, 2_000), read(stream, 2_000)])
    # At most two fade out while a third fades in.
    assert np.abs(np.diff(samples)).max() <= 3 * (STEEPEST + PEAK / FADE) + 2
    assert len(samples) == stream.position.read_frames
