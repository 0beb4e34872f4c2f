"""A room for tests: somebody speaks in it, the coach's loudspeaker plays, and a microphone hears both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import soxr
from numpy.typing import NDArray

from coach.live.commands import Command
from coach.live.ears.hearing import Listening
from coach.live.ears.spotter import Spotter
from coach.units import SAMPLE_RATE
from coach.voices.base import Voice

RATE = 16_000
BLOCK_MS = 20
SPEECH_LEVEL = 0.03
"""Of a command at the microphone: the root of its mean square while it is spoken."""
Samples = NDArray[np.float64]

SPOKEN = {
    Command.PAUSE: "pause",
    Command.GO_ON: "go on",
    Command.NEXT: "next",
    Command.REPEAT: "again",
    Command.SLOWER: "slower",
    Command.STOP: "stop",
}


class Said(NamedTuple):
    """Something said in the room."""

    start_s: float
    end_s: float
    command: Command | None


class Scene(NamedTuple):
    """What the microphone hears (16 kHz), what the coach plays (48 kHz), both 16 bit; and what was said when."""

    microphone: bytes
    played: bytes
    said: tuple[Said, ...]


class Heard(NamedTuple):
    """A command that was reported, and when."""

    at_s: float
    command: Command


def speech(voice: Voice, text: str) -> Samples:
    """Return a text as a voice says it, at 16 kHz and unit level."""
    return at_level(soxr.resample(voice.speak(text).pcm / 32768, SAMPLE_RATE, RATE))


def at_level(samples: Samples, level: float = 1.0) -> Samples:
    """Return samples of a level while something sounds in them."""
    return samples * (level / active_level(samples))


def active_level(samples: Samples) -> float:
    """Return the root of the mean square of all moments within 30 dB of the loudest."""
    power = np.square(samples[: len(samples) // 160 * 160]).reshape(-1, 160).mean(axis=1)
    return float(np.sqrt(power[power > power.max() * 1e-3].mean()))


def response(rng: np.random.Generator, length_ms: int, direct_db: float) -> Samples:
    """Return the response of a made-up room: the direct sound, and echoes that die away by 60 dB in a time."""
    frames = length_ms * RATE // 1000
    echoes = rng.normal(size=frames) * 10 ** (-3 * np.arange(frames) / frames)
    echoes[: 3 * RATE // 1000] = 0  # nothing is so near
    echoes *= 10 ** (-direct_db / 20) / np.sqrt(np.square(echoes).sum())
    echoes[0] = 1.0
    return echoes / np.sqrt(np.square(echoes).sum())


def loudspeaker(rng: np.random.Generator, delay_ms: float) -> Samples:
    """Return how the loudspeaker is heard: late, and more by the walls than directly."""
    return np.concatenate((np.zeros(round(delay_ms * RATE / 1000)), response(rng, 180, rng.uniform(-3, 3))))


def noise(rng: np.random.Generator, frames: int) -> Samples:
    """Return the noise of a quiet room, more of it low than high, at unit level."""
    spectrum = np.fft.rfft(rng.normal(size=frames))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.fft.rfftfreq(frames, 1 / RATE), 50)), frames)
    return pink / np.sqrt(np.square(pink).mean())


def scene(
    spoken: Sequence[tuple[Samples, Command | None]],
    rng: np.random.Generator,
    coach: NDArray[Any] | None = None,
    below_db: float = 0.0,
    delay_ms: float = 180,
    noise_db: float = -20.0,
    warm_up_s: float = 10.0,
) -> Scene:
    """Return a scene in which everything is said in turn, at moments in which the coach speaks, if it is there.

    Args:
        spoken: what is said, at unit level.
        rng: where the room and the moments come from.
        coach: what the coach plays, 16 bit at 48 kHz; it begins anywhere.
        below_db: how far below what is said the coach is at the microphone.
        delay_ms: how late the coach is at the microphone.
        noise_db: the room's noise, seen from what is said.
        warm_up_s: before the first is said.
    """
    length_s = warm_up_s + 2.0 + sum(len(samples) / RATE + 4.0 for samples, _ in spoken)
    played = np.zeros(round(length_s * SAMPLE_RATE), dtype=np.int16)
    echo = np.zeros(round(length_s * RATE))
    if coach is not None:
        first = int(rng.integers(0, max(1, len(coach) - len(played))))
        part = coach[first : first + len(played)]
        played[: len(part)] = part
        heard = np.convolve(soxr.resample(played / 32768, SAMPLE_RATE, RATE), loudspeaker(rng, delay_ms))
        echo = at_level(heard[: len(echo)], SPEECH_LEVEL * 10 ** (-below_db / 20))
    near = np.zeros(len(echo))
    said, at_s = [], warm_up_s
    for samples, command in spoken:
        at_s = _while_the_coach_speaks(echo, at_s, rng) if coach is not None else at_s + float(rng.uniform(0, 1))
        in_room = np.convolve(samples * SPEECH_LEVEL, response(rng, 150, rng.uniform(0, 6)))
        start = round(at_s * RATE)
        near[start : start + len(in_room)] += in_room[: len(near) - start]
        said.append(Said(at_s, at_s + len(samples) / RATE, command))
        at_s = said[-1].end_s + 1.2
    heard_all = near + echo + noise(rng, len(near)) * SPEECH_LEVEL * 10 ** (noise_db / 20)
    return Scene(pcm(heard_all), played.tobytes(), tuple(said))


def _while_the_coach_speaks(echo: Samples, from_s: float, rng: np.random.Generator) -> float:
    """Return a moment in the next two seconds or so in which the coach is heard, where there is one."""
    start = round(from_s * RATE)
    ahead = echo[start : start + round(2.5 * RATE)]
    power = np.square(ahead[: len(ahead) // 160 * 160]).reshape(-1, 160).mean(axis=1)
    loud = np.flatnonzero(power > 0.05 * np.square(echo).max() / 10)
    return from_s + (float(rng.choice(loud)) / 100 if len(loud) else float(rng.uniform(0, 1)))


def pcm(samples: Samples) -> bytes:
    """Return samples as 16 bit."""
    return np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def hear(scene_: Scene, spotter: Spotter, *, knows_what_is_played: bool = True) -> list[Heard]:
    """Let the coach's ears hear a scene; return what they report, and when (the time reading takes left out)."""
    listening = Listening()
    found = []
    microphone_bytes, played_bytes = 2 * RATE * BLOCK_MS // 1000, 2 * SAMPLE_RATE * BLOCK_MS // 1000
    for index in range(len(scene_.microphone) // microphone_bytes):
        if knows_what_is_played:
            listening.add_played(scene_.played[index * played_bytes : (index + 1) * played_bytes])
        block = scene_.microphone[index * microphone_bytes : (index + 1) * microphone_bytes]
        for pieces in listening.hear(block):
            command = spotter.command_in(pieces)
            if command is not None:
                listening.forget()
                found.append(Heard((index + 1) * BLOCK_MS / 1000, command))
    return found


def right(said: Said, heard: Sequence[Heard]) -> bool:
    """Whether a command was heard, once, soon after it was said, and no other."""
    return [each.command for each in heard if said.start_s < each.at_s < said.end_s + 0.7] == [said.command]
