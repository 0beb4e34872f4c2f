"""A session in a voice whose engine is slow: it begins soon, and never waits in the middle."""

from __future__ import annotations

import time

import numpy as np
import pytest

from coach.audio.clip import Clip
from coach.live.opening import open_session
from coach.live.status import State
from coach.order import Order
from coach.players.recording import RecordingPlayer
from coach.units import SAMPLE_RATE
from coach.voices.base import Voice
from coach.voices.system import SystemVoice

LOAD = 0.4
"""Seconds that the engine takes for one of speech."""
HEARD_S = 50


class SlowVoice:
    """The system's voice, as slow as a large model; nothing it says is kept."""

    name, parallel = "slow", 1

    def __init__(self, engine: Voice) -> None:
        self._engine = engine

    @property
    def identity(self) -> str:
        return f"slow {self._engine.identity}"

    def speak(self, text: str) -> Clip:
        started = time.monotonic()
        clip = self._engine.speak(text)
        time.sleep(max(0.0, started + LOAD * clip.timing.length_ms / 1000 - time.monotonic()))
        return clip

    def quicker(self, factor: float) -> SlowVoice:
        return SlowVoice(self._engine.quicker(factor))

    def close(self) -> None:
        self._engine.close()


@pytest.mark.live
def test_with_an_engine_that_takes_0_4_s_for_one_it_begins_soon_and_never_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("coach.live.opening.open_voices", lambda order: (SlowVoice(SystemVoice("", order.rate)), None))
    player = RecordingPlayer(speed=1.0)
    states: list[State] = []
    started = time.monotonic()
    with open_session(Order(targets=("daily",)), player=player) as session:
        began_s = time.monotonic() - started
        while player.frames < HEARD_S * SAMPLE_RATE:
            session.tick()
            states.append(session.status().state)
            time.sleep(0.02)
        cues = session._playhead.take.guide.timeline.cues
        player.stop()
    heard = np.flatnonzero(np.abs(np.frombuffer(player.pcm, dtype="<i2")) > 100) / SAMPLE_RATE
    first_line_s = (cues[0].end_ms - cues[0].start_ms) / 1000
    print(f"began after {began_s:.2f} s, first sound {heard[0]:.2f} s later; first line {first_line_s:.2f} s")
    # The first line must be spoken before it is heard.
    assert began_s + heard[0] < 1.0 + LOAD * first_line_s
    begun = states.index(State.PLAYING)
    assert State.WAITING not in states[begun:]
    # And each later line is where the timeline has it, seen from the first.
    for cue in cues:
        if cue.text is not None and cue.end_ms < (HEARD_S - 3) * 1000:
            at_s = heard[0] + (cue.onset_ms - cues[0].onset_ms) / 1000
            assert np.abs(heard - at_s).min() < 0.05, cue
