"""A session on a stage: every text and every signal is a tone of its own pitch, and time passes as the test says.

What was heard is found in the samples that the player was given, and nowhere else.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from coach.audio.clip import Clip, measured
from coach.audio.finish import Finish
from coach.compiler import Compiler
from coach.core.delivery import Delivery
from coach.core.routine import Programme
from coach.core.timeline import ClipTiming, Sound
from coach.live.commands import Command
from coach.live.session import Session
from coach.live.status import Status
from coach.live.stream import Stream
from coach.live.studio import Studio, Take
from coach.players.base import Read
from coach.units import SAMPLE_RATE, ms_to_frames
from coach.voices.speaker import Speaker

FIRST_HZ, STEP_HZ = 300.0, 10.0
PEAK = 3000.0
READ_FRAMES = 960  # 20 ms
GAP_FRAMES = 960
SHOWN_EVERY = 4
"""Readings; a screen is drawn no more often."""


class Heard(NamedTuple):
    """One sound in a recording. Milliseconds."""

    at_ms: float
    what: str
    length_ms: float


@cache
def tone(hz: float, length_ms: int) -> Clip:
    """Return a tone with silence around it."""
    pcm = np.zeros(ms_to_frames(length_ms))
    inside = np.arange(len(pcm) - 2 * ms_to_frames(10))
    pcm[ms_to_frames(10) :][: len(inside)] = PEAK * np.sin(2 * np.pi * hz * inside / SAMPLE_RATE)
    ramp = np.linspace(0, 1, 220)
    pcm[ms_to_frames(10) :][:220] *= ramp
    pcm[: -ms_to_frames(10)][-220:] *= ramp[::-1]
    return measured(np.rint(pcm).astype(np.int16), ClipTiming(length_ms, 10, 10))


class ToneVoice:
    """Speaks each text as a tone; counts are short."""

    name = identity = "tone"
    parallel = 1

    def __init__(self, shortest_ms: int = 240) -> None:
        self.shortest_ms = shortest_ms
        self.texts: list[str] = []
        self.may_speak = threading.Event()
        self.may_speak.set()
        self.gate: set[str] = set()
        """Texts that wait until it may speak."""

    def speak(self, text: str) -> Clip:
        if text in self.gate:
            assert self.may_speak.wait(20)
        return self.clip(text, min(1000, self.shortest_ms + 20 * len(text)))

    def clip(self, text: str, length_ms: int) -> Clip:
        if text not in self.texts:
            self.texts.append(text)
        return tone(FIRST_HZ + STEP_HZ * self.texts.index(text), length_ms)

    def quicker(self, factor: float) -> ToneVoice:
        return self

    def close(self) -> None:
        pass


class Screen:
    def __init__(self) -> None:
        self.shown: list[Status] = []

    def update(self, status: Status) -> None:
        self.shown.append(status)


class Log:
    problem = None

    def __init__(self) -> None:
        self.is_finished: bool | None = None
        self.places: list[tuple[int | None, str | None]] = []
        self.finished: list[int] = []

    def at(self, index: int | None, side: str | None, practised_ms: int) -> None:
        if (index, side) not in self.places[-1:]:
            self.places.append((index, side))

    def done(self, index: int) -> None:
        self.finished.append(index)

    def end(self, finished: bool, practised_ms: int) -> None:
        self.is_finished = finished


class HeldPlayer:
    """Reads when the test says so."""

    name = "held"
    is_device = True
    latency_ms = 0
    underruns = 0

    def __init__(self) -> None:
        self.read: Read | None = None
        self.why: str | None = None
        self.starts = 0

    def start(self, read: Read) -> None:
        self.read = read
        self.starts += 1

    def problem(self) -> str | None:
        return self.why

    def stop(self) -> None:
        self.read = None


@dataclass
class Stage:
    """One session, and everything around it."""

    programme: Programme
    delivery: Delivery
    voice: ToneVoice = field(default_factory=ToneVoice)
    finish: Finish = field(default_factory=Finish)

    def __post_init__(self) -> None:
        self.sounds = {sound: self.voice.clip(f"<{sound}>", 300) for sound in Sound}
        self.screen, self.log, self.player = Screen(), Log(), HeldPlayer()
        self.speaker = Speaker(self.voice)
        self.is_over = False
        self._blocks: list[np.ndarray[Any, Any]] = []
        self._found: list[Heard] = []
        self._scanned = 0

    def begin(self) -> Stage:
        stream = Stream()
        self.player.start(stream.read)
        studio = Studio(Compiler(speaker=self.speaker, sounds=self.sounds), self.finish, stream)
        self.session = Session(self.programme, self.delivery, studio, self.player)
        self.session.logbook.log = self.log
        self.session.play()
        self._let_it_speak()
        return self

    @property
    def take(self) -> Take:
        """What is being played."""
        return self.session._playhead.take

    @property
    def now_ms(self) -> float:
        return len(self._blocks) * READ_FRAMES * 1000 / SAMPLE_RATE

    def listen(self, ms: int) -> Stage:
        """Let time pass."""
        readings = -(-ms // 20)
        for left in reversed(range(readings)):
            if self.player.read is not None:
                self._blocks.append(np.frombuffer(self.player.read(READ_FRAMES), dtype="<i2"))
            if not self.is_over:
                self.is_over = self.session.tick()
                if self.is_over or left % SHOWN_EVERY == 0:
                    self.screen.update(self.session.status())
        return self

    def press(self, *commands: Command) -> Stage:
        for command in commands:
            self.session.obey(command)
        self._let_it_speak()
        return self

    def _let_it_speak(self) -> None:
        # Here time passes quicker than any voice speaks.
        if self.voice.may_speak.is_set():
            assert self.speaker.wait(self.take.compilation.wants, 20)
            self.session.tick()

    def to_the_end(self, most_ms: int = 3_600_000) -> Stage:
        while not self.is_over:
            assert self.now_ms < most_ms
            self.listen(1_000)
        return self

    def close(self) -> None:
        self.voice.may_speak.set()
        self.speaker.close()

    @property
    def recording(self) -> np.ndarray[Any, Any]:
        return np.concatenate([np.zeros(0, dtype=np.int16), *self._blocks])

    def heard(self, from_ms: float = 0.0) -> list[Heard]:
        """Return every sound from some moment on, in order."""
        samples = np.concatenate([np.zeros(0), *self._blocks[self._scanned :]]).astype(float)
        first = self._scanned * READ_FRAMES
        edges = np.flatnonzero(np.abs(samples) > PEAK / 100)
        last: list[Heard] = []
        if len(edges):
            # A tone crosses zero; nothing that lasts 20 ms is between two samples of one.
            breaks = np.flatnonzero(np.diff(edges) > GAP_FRAMES)
            starts = edges[np.concatenate([[0], breaks + 1])]
            ends = edges[np.concatenate([breaks, [len(edges) - 1]])]
            for start, end in zip(starts, ends, strict=True):
                sound = Heard((first + start) / 48, self._what(samples[start:end]), (end - start) / 48)
                (self._found if end + GAP_FRAMES < len(samples) else last).append(sound)
        if not last:
            self._scanned = len(self._blocks)
        else:
            self._scanned += int(starts[-1]) // READ_FRAMES
        return [sound for sound in (*self._found, *last) if sound.at_ms >= from_ms]

    def said(self, from_ms: float = 0.0) -> list[str]:
        """Return what was heard, sounds as “<begin>”."""
        return [sound.what for sound in self.heard(from_ms)]

    def _what(self, samples: np.ndarray[Any, Any]) -> str:
        size = SAMPLE_RATE  # a bin a hertz
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size))
        index = round((float(np.argmax(spectrum)) - FIRST_HZ) / STEP_HZ)
        return self.voice.texts[index] if 0 <= index < len(self.voice.texts) else "?"
