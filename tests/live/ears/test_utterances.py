from __future__ import annotations

import numpy as np

from coach.live.ears.echo import HOP, RATE, Cleaned
from coach.live.ears.utterances import Utterances
from support.room import Samples, noise

RNG = np.random.default_rng(0)
QUIET, LOUD = 0.001, 0.05


def found(*parts: tuple[float, float], echo: float = 0.0) -> list[list[float]]:
    """Say parts, each of seconds and a level; return the lengths of the pieces that each utterance gave."""
    samples: Samples = np.concatenate([noise(RNG, round(seconds * RATE)) * level for seconds, level in parts])
    utterances = Utterances()
    pieces = []
    echoes = np.full(HOP, echo, dtype=np.float32) * RNG.normal(size=HOP).astype(np.float32)
    for start in range(0, len(samples) - HOP + 1, HOP):
        got = utterances.hear(Cleaned(samples[start : start + HOP].astype(np.float32), echoes))
        if got:
            pieces.append([round(len(piece) / RATE, 1) for piece in got])
    return pieces


def test_a_second_of_speech_by_itself_is_a_piece_with_a_little_around_it() -> None:
    assert found((4, QUIET), (1, LOUD), (1, QUIET)) == [[1.4]]


def test_it_is_there_within_a_third_of_a_second() -> None:
    assert found((4, QUIET), (1, LOUD), (0.33, QUIET)) == [[1.4]]
    assert found((4, QUIET), (1, LOUD), (0.2, QUIET)) == []


def test_a_pause_within_a_command_does_not_part_it() -> None:
    assert found((4, QUIET), (0.4, LOUD), (0.5, QUIET), (0.6, LOUD), (1, QUIET)) == [[1.0, 1.9]]


def test_two_things_said_apart_are_two() -> None:
    assert found((4, QUIET), (0.8, LOUD), (1.2, QUIET), (0.8, LOUD), (1, QUIET)) == [[1.2], [1.2]]


def test_talk_that_goes_on_is_not_looked_into() -> None:
    assert found((4, QUIET), (6, LOUD), (1, QUIET)) == []


def test_a_knock_is_no_speech() -> None:
    assert found((4, QUIET), (0.04, 0.5), (1, QUIET)) == []


def test_what_is_left_of_the_coach_is_no_speech() -> None:
    assert found((4, QUIET), (1, 0.01), (1, QUIET), echo=0.1) == []
    assert found((4, QUIET), (1, 0.1), (1, QUIET), echo=0.1) == [[1.4]]


def test_a_room_that_gets_louder_is_no_speech_for_long() -> None:
    assert found((4, QUIET), (6, 20 * QUIET), (1, LOUD * 4), (1, 20 * QUIET)) == [[1.4]]


def test_after_a_command_what_was_said_before_no_longer_counts() -> None:
    samples = np.concatenate(
        [noise(RNG, round(seconds * RATE)) * level for seconds, level in ((4, QUIET), (0.6, LOUD), (0.5, QUIET))]
    )
    utterances = Utterances()
    silence = np.zeros(HOP, dtype=np.float32)
    counts = []
    for start in range(0, len(samples) - HOP + 1, HOP):
        counts.append(len(utterances.hear(Cleaned(samples[start : start + HOP].astype(np.float32), silence))))
    assert sum(counts) == 1
    utterances.forget()
    again = np.concatenate((noise(RNG, round(0.6 * RATE)) * LOUD, noise(RNG, RATE) * QUIET))
    for start in range(0, len(again) - HOP + 1, HOP):
        counts.append(len(utterances.hear(Cleaned(again[start : start + HOP].astype(np.float32), silence))))
    assert sum(counts) == 2
