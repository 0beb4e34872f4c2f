"""Compiling: once, by one speaker, for a rendering and for a session."""

from __future__ import annotations

import itertools
import threading

import pytest

from coach.audio.clip import Clip, silence
from coach.compiler import Compiler, Length, estimate, estimate_fitted, signals
from coach.core.plan import lay
from coach.core.routine import breathing
from coach.errors import Cancelled, InputError, VoiceError
from coach.recipe import compile_routine
from coach.voices.silent import SilentVoice
from coach.voices.speaker import Speaker
from support.making import delivery, routine, stretch

HELD = {"kind": "hold", "dose": "2-5 breaths"}
ROUTINE = routine(stretch(HELD, name="Alpha"), stretch(HELD, name="Beta", sides=["right", "left"]))


class Voice:
    """Counts last as long as it says; notes what it is asked, and at which factor."""

    name = identity = "test"
    parallel = 1

    def __init__(self, count_ms: int = 300, most: float = 3.0) -> None:
        self.count_ms = count_ms
        self.most = most
        self.factor = 1.0
        self.asked: list[tuple[str, float]] = []
        self.may_speak = threading.Event()
        self.may_speak.set()

    def speak(self, text: str) -> Clip:
        assert self.may_speak.wait(10)
        self.asked.append((text, self.factor))
        is_count = text in lay(ROUTINE, delivery()).counts
        return silence(round(self.count_ms / self.factor) if is_count else 700, 0, 50)

    def quicker(self, factor: float) -> Voice:
        other = Voice(self.count_ms, self.most)
        other.factor, other.asked, other.may_speak = min(factor, self.most), self.asked, self.may_speak
        other.identity = f"test {other.factor}"  # type: ignore[misc]
        return other

    def close(self) -> None:
        pass


def test_estimated_it_is_what_the_silent_voice_says() -> None:
    compiled = compile_routine(ROUTINE, delivery(), SilentVoice())
    assert estimate(ROUTINE, delivery()) == compiled.timeline


def test_each_line_is_spoken_once() -> None:
    voice = Voice()
    compiled = compile_routine(ROUTINE, delivery(), voice)
    assert sorted(text for text, _ in voice.asked) == sorted(lay(ROUTINE, delivery()).texts)
    assert tuple(compiled.clips) == lay(ROUTINE, delivery()).texts


def test_counts_are_spoken_as_fast_as_the_beat_asks_and_all_alike() -> None:
    voice = Voice(count_ms=1_000)
    compile_routine(ROUTINE, delivery(), voice)
    counts = lay(ROUTINE, delivery()).counts
    assert {factor for text, factor in voice.asked if text not in counts} == {1.0}
    assert max(factor for _, factor in voice.asked) == 1.3  # 1000 ms and 150 ms apart are too long for 1 s at 1.15
    assert {text for text, factor in voice.asked if factor == 1.3} == counts


def test_a_beat_too_short_for_the_fastest_voice_is_refused() -> None:
    with pytest.raises(InputError, match=r"the shortest that works is 1\.53 s"):
        compile_routine(ROUTINE, delivery(), Voice(count_ms=2_000, most=1.45))


def test_fitted_it_is_what_the_estimate_says() -> None:
    length = Length(240_000)
    programme, timeline, dropped = estimate_fitted(ROUTINE, delivery(), length)
    compiled = compile_routine(ROUTINE, delivery(), SilentVoice(), length=length)
    assert (compiled.programme, compiled.timeline, compiled.dropped) == (programme, timeline, dropped)


def test_a_session_begins_with_the_first_lines_and_comes_to_the_same() -> None:
    whole = compile_routine(ROUTINE, delivery(), Voice())
    voice = Voice()
    with Speaker(voice) as speaker:
        compiler = Compiler(speaker=speaker, sounds=signals())
        compilation = compiler.begin(ROUTINE, delivery())
        first = compilation.timeline
        assert first.cues == whole.timeline.cues[: len(first.cues)]
        finished = compilation.finish()
    assert compilation.is_whole
    assert not compilation.missing()
    assert finished.timeline == whole.timeline


def test_breathing_alone_is_compiled_too() -> None:
    programme = breathing("4-6", 60_000)
    assert compile_routine(programme, delivery(), SilentVoice()).timeline == estimate(programme, delivery())


@pytest.mark.parametrize("length", [None, Length(180_000)])
def test_it_can_be_cancelled_while_it_speaks(length: Length | None) -> None:
    voice = Voice()
    with pytest.raises(Cancelled):
        compile_routine(ROUTINE, delivery(), voice, length=length, cancelled=lambda: len(voice.asked) > 3)
    assert len(voice.asked) < len(lay(ROUTINE, delivery()).texts)


def test_it_can_be_cancelled_while_a_voice_hangs() -> None:
    voice = Voice()
    voice.may_speak.clear()

    def cancelled() -> bool:
        if next(asked) < 3:
            return False
        voice.may_speak.set()  # closing a real voice ends what it is saying
        return True

    asked = itertools.count()
    with pytest.raises(Cancelled):
        compile_routine(ROUTINE, delivery(), voice, cancelled=cancelled)


def test_a_line_that_cannot_be_spoken_ends_it() -> None:
    class Fails(Voice):
        def speak(self, text: str) -> Clip:
            if text == "Let go.":
                raise VoiceError("no")
            return super().speak(text)

    with pytest.raises(VoiceError, match="no"):
        compile_routine(ROUTINE, delivery(), Fails())
