"""Makes what may lie under a routine: ``python sounds/make_backgrounds.py`` writes rain, waves and a quiet room.

Each is noise, shaped in the frequency domain out of waves that fit into the loop, so that its end goes on where it
begins; no recording is used. They are coded as Opus, by the ffmpeg that the coach brings.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

RATE = 48_000
LOOP_S = 48
"""Long enough that nothing in it is recognised when it comes again."""
BITRATE = "72k"
PEAK_DB = -6.0
FOLDER = Path(__file__).parent / "backgrounds"

Samples = NDArray[np.float64]


def noise(random: np.random.Generator, slope: float, low_hz: float, high_hz: float) -> Samples:
    """Return noise of unit power whose power falls with the frequency to a power, within a band."""
    length = LOOP_S * RATE
    hz = np.fft.rfftfreq(length, 1 / RATE)
    gain = 1 / np.maximum(hz, 1.0) ** (slope / 2)
    gain *= (hz / low_hz) ** 2 / (1 + (hz / low_hz) ** 2) / (1 + (hz / high_hz) ** 4)
    found: Samples = np.fft.irfft(gain * np.exp(2j * np.pi * random.random(len(hz))), length)
    return found / found.std()


def swell(random: np.random.Generator, slowest_s: float, parts: int) -> Samples:
    """Return a slow movement between 0 and 1 that fits into the loop."""
    turns = np.arange(LOOP_S * RATE) / (LOOP_S * RATE)
    found = np.zeros(len(turns))
    for part in range(1, parts + 1):
        found += np.sin(2 * np.pi * (round(LOOP_S / slowest_s * part) * turns + random.random())) / part
    return (found - found.min()) / np.ptp(found)


def rain(random: np.random.Generator) -> Samples:
    """Return steady rain: a bright hiss, a soft roar below it, and single drops near by."""
    sound = 0.6 * noise(random, 0.6, 900, 9_000) * (0.9 + 0.1 * swell(random, 12, 3))
    sound += 0.5 * noise(random, 1.4, 120, 900)
    for _ in range(LOOP_S * 14):
        length = int(RATE * random.uniform(0.004, 0.02))
        time = np.arange(length) / RATE
        hz = random.uniform(1_200, 4_500)
        drop = np.sin(2 * np.pi * hz * (1 + 3 * time) * time) * np.exp(-time * 350) * np.minimum(1, time * 2_000)
        place = (int(random.integers(len(sound))) + np.arange(length)) % len(sound)
        sound[place] += random.uniform(0.2, 1.1) * drop
    return sound


def waves(random: np.random.Generator) -> Samples:
    """Return a calm sea: one wave every eight seconds, no two alike, that rises dark and runs out bright."""
    count = LOOP_S // 8
    sound = 0.22 * noise(random, 1.6, 60, 600)
    deep, foam = noise(random, 1.2, 90, 900), noise(random, 0.8, 700, 6_000)
    time = np.arange(len(sound)) / RATE
    for number in range(count):
        top_s = number * 8 + random.uniform(2.6, 4.2)
        from_top = (time - top_s + LOOP_S / 2) % LOOP_S - LOOP_S / 2
        height = random.uniform(0.7, 1.0)
        sound += height * deep * np.exp(-((from_top / np.where(from_top < 0, 1.9, 1.5)) ** 2))
        run_out = from_top - 0.9
        sound += 0.55 * height * foam * np.exp(-((run_out / np.where(run_out < 0, 0.9, 2.2)) ** 2))
    return sound


def room(random: np.random.Generator) -> Samples:
    """Return a quiet room: soft and even, with hardly any treble."""
    return noise(random, 2.0, 70, 500) * (0.95 + 0.05 * swell(random, 16, 2)) + 0.04 * noise(random, 0.5, 800, 5_000)


BACKGROUNDS = {"rain": rain, "waves": waves, "room": room}


def made(name: str) -> Samples:
    """Return the samples of a background, full scale at 1."""
    sound = BACKGROUNDS[name](np.random.Generator(np.random.PCG64(len(name) * 1_000 + ord(name[0]))))
    return sound / np.abs(sound).max() * 10 ** (PEAK_DB / 20)


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name in BACKGROUNDS:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "f32le", "-ar", str(RATE), "-ac", "1"]
        command += ["-i", "-", "-fflags", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1"]
        command += ["-c:a", "libopus", "-b:a", BITRATE, str(FOLDER / f"{name}.opus")]
        subprocess.run(command, input=made(name).astype("<f4").tobytes(), check=True)


if __name__ == "__main__":
    main()
