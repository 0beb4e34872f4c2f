from __future__ import annotations

import numpy as np

from coach.live.ears.echo import HOP, RATE
from coach.live.ears.reference import IDLE_HOPS, KEPT_HOPS, LIMIT_FRAMES, MOST_HOPS, WATCHED_HOPS, Reference
from coach.units import SAMPLE_RATE


def tone(frames: int, first: int = 0) -> bytes:
    ms = np.arange(first, first + frames) / SAMPLE_RATE
    return np.rint(8000 * np.sin(2 * np.pi * 440 * ms)).astype("<i2").tobytes()


def test_what_is_played_comes_out_at_the_microphones_rate() -> None:
    reference = Reference()
    out = []
    for index in range(200):
        reference.add(tone(882, 882 * index))
        reference_hop, _ = reference.next_hop() if index > 10 else (np.zeros(0, dtype=np.float32), 0)
        out.append(reference_hop)
    heard = np.concatenate(out)[2 * HOP :]
    peak = np.argmax(np.abs(np.fft.rfft(heard * np.hanning(len(heard))))) * RATE / len(heard)
    assert abs(peak - 440) < 2
    assert abs(np.abs(heard).max() - 8000 / 32768) < 0.01


def test_a_block_that_is_late_is_told_and_nothing_of_it_lost() -> None:
    reference = Reference()
    reference.add(tone(SAMPLE_RATE // 10))
    moves = [reference.next_hop()[1] for _ in range(12)]
    assert moves[0] == 0
    assert set(moves[8:]) == {1}
    reference.add(tone(SAMPLE_RATE // 10))
    samples, moved = reference.next_hop()
    assert moved == 0
    assert np.abs(samples).max() > 0.1


def test_when_nothing_is_played_for_long_nothing_moves() -> None:
    reference = Reference()
    reference.add(tone(4410))
    moves = [reference.next_hop()[1] for _ in range(IDLE_HOPS + 60)]
    assert moves[-50:] == [0] * 50
    assert not reference.next_hop()[0].any()


def test_what_lies_unused_is_brought_forward() -> None:
    reference = Reference()
    reference.add(tone(SAMPLE_RATE // 2))
    moves = []
    for index in range(3 * WATCHED_HOPS):
        reference.add(tone(round(HOP * SAMPLE_RATE / RATE), index))
        moves.append(reference.next_hop()[1])
    assert sum(moves) < -(0.4 * RATE / HOP - MOST_HOPS)
    assert moves[-WATCHED_HOPS:] == [0] * WATCHED_HOPS
    assert KEPT_HOPS >= 1


def test_it_does_not_grow_when_the_microphone_has_stopped() -> None:
    reference = Reference()
    for _ in range(100):
        reference.add(tone(SAMPLE_RATE // 4))
    assert reference._frames <= LIMIT_FRAMES
