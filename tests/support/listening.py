"""An ear for tests: decodes a file and measures when things are heard, by means of its own (SciPy's filters)."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, hilbert, sosfiltfilt

from coach.audio.ffmpeg import ffmpeg_path
from coach.audio.tone import Tone
from coach.core.timeline import Cue, Timeline
from coach.units import ms_to_frames

RATE = 48_000
Samples = NDArray[np.float64]


def decode(path: Path, rate: int = RATE) -> Samples:
    """Decode any audio file to mono, full scale at ±1."""
    command = [ffmpeg_path(), "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", str(rate), "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, dtype="<i2").astype(np.float64) / 32768


def window(samples: Samples, start_ms: float, end_ms: float) -> tuple[Samples, float]:
    """Return a part of the samples and the time, in milliseconds, at which it begins."""
    first = max(0, int(start_ms * RATE / 1000))
    return samples[first : int(end_ms * RATE / 1000)], first * 1000 / RATE


def onset_ms(samples: Samples, start_ms: float, end_ms: float, level_db: float = -40.0) -> float:
    """Return when the sound in a window is first heard: its level comes within ``level_db`` of its loudest moment."""
    part, begin_ms = window(samples, start_ms, end_ms)
    width = RATE * 5 // 1000
    level = np.sqrt(np.convolve(part**2, np.ones(width) / width, mode="same"))
    return begin_ms + float(np.argmax(level >= level.max() * 10 ** (level_db / 20))) * 1000 / RATE


def centre_ms(samples: Samples, start_ms: float, end_ms: float) -> float:
    """Return the perceptual centre in a window after Cummins & Port (1998), with SciPy's Butterworth filters.

    The band reaches down to the first formant (see coach/audio/centre.py).
    """
    part, begin_ms = window(samples, start_ms, end_ms)
    pad = RATE // 2
    band = sosfiltfilt(butter(1, [500, 1300], "bandpass", fs=RATE, output="sos"), np.pad(part, pad))
    smooth = sosfiltfilt(butter(4, 10, fs=RATE, output="sos"), np.abs(band))
    begins = int(np.argmax(smooth >= 0.1 * smooth.max()))
    loudest = smooth[begins : begins + RATE // 4].max()  # of the first word: “twenty” of “twenty-three”
    slope = np.diff(smooth)
    valleys = np.flatnonzero((slope[:-1] <= 0) & (slope[1:] > 0)) + 1
    for peak in np.flatnonzero((slope[:-1] > 0) & (slope[1:] <= 0)) + 1:
        before = valleys[valleys < peak]
        valley = before[-1] if len(before) else 0
        rise = smooth[peak] - smooth[valley]
        if rise >= 0.55 * loudest:
            climb = smooth[valley : peak + 1] - smooth[valley]
            middle = valley + (np.argmax(climb >= 0.1 * rise) + np.argmax(climb >= 0.9 * rise)) / 2
            return begin_ms + (middle - pad) * 1000 / RATE
    raise AssertionError("nothing rises in this window")


class Aligner:
    """Forced alignment by pocketsphinx: given the words, when is each heard? It knows nothing of our timing."""

    RATE = 16_000
    # Words that are not in its dictionary, in its phones.
    WORDS: ClassVar[dict[str, str]] = {
        "piriformis": "P IH R IH F AO R M IH S",
        "glute": "G L UW T",
        "uncross": "AH N K R AO S",
    }

    def __init__(self, path: Path) -> None:
        from pocketsphinx import Decoder

        samples = decode(path, self.RATE)
        # In digital silence it is lost, and finds the words around it late: so there is a little noise (−70 dB).
        self._samples = np.clip(samples + np.random.default_rng(0).normal(0, 3e-4, len(samples)), -1, 1)
        self._decoder = Decoder(lm=None, loglevel="FATAL", beam=1e-120, pbeam=1e-120, wbeam=1e-100, bestpath=False)
        for word, phones in self.WORDS.items():
            self._decoder.add_word(word, phones, True)

    def align(self, texts: Sequence[str], start_ms: int, end_ms: int) -> list[tuple[float, float]]:
        """Return when each text begins and ends in a part of the recording; fails when they are not heard there."""
        words = [words_of(text) for text in texts]
        self._listen([word for each in words for word in each], start_ms, end_ms)
        heard = self._decoder.seg()
        assert heard is not None, f"not heard: {' '.join(texts)}"
        found = [segment for segment in heard if not segment.word.startswith(("<", "["))]
        assert [re.sub(r"\(\d+\)$", "", segment.word) for segment in found] == [w for each in words for w in each]
        spans, index = [], 0
        for each in words:
            first, last = found[index], found[index + len(each) - 1]
            spans.append((start_ms + first.start_frame * 10.0, start_ms + (last.end_frame + 1) * 10.0))
            index += len(each)
        return spans

    def likeness(self, texts: Sequence[str], start_ms: int, end_ms: int) -> float:
        """Return how like these texts a part of the recording sounds; 0 when it cannot be them at all."""
        self._listen([word for text in texts for word in words_of(text)], start_ms, end_ms)
        found = self._decoder.hyp()
        return 0.0 if found is None else float(found.score)

    def _listen(self, words: Sequence[str], start_ms: int, end_ms: int) -> None:
        part = self._samples[max(0, start_ms) * self.RATE // 1000 : end_ms * self.RATE // 1000]
        self._decoder.set_align_text(" ".join(words))
        self._decoder.start_utt()
        self._decoder.process_raw((part * 32767).astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower().replace("-", " "))


def audible(timeline: Timeline) -> list[Cue]:
    """Return every cue that sounds, in the order in which they start."""
    return [cue for cue in timeline.cues if cue.kind != "breath"]


def heard_errors(samples: Samples, timeline: Timeline) -> tuple[list[float], list[float]]:
    """Return, for chimes and counts, how late each onset is heard, and for counts each centre, in milliseconds."""
    onsets, centres = [], []
    cues = audible(timeline)
    for cue, after in zip_longest(cues, cues[1:]):
        if cue.kind == "speech":
            continue
        start_ms, end_ms = cue.start_ms - 30, cue.end_ms + 30
        if after is not None:
            end_ms = min(end_ms, after.start_ms - 5)
        onsets.append(onset_ms(samples, start_ms, end_ms) - cue.onset_ms)
        if cue.center_ms is not None:
            centres.append(centre_ms(samples, start_ms, end_ms) - cue.center_ms)
    return onsets, centres


def without_tone(samples: Samples, timeline: Timeline) -> Samples:
    """Return what is heard besides the tone that paces the breath, which is known but for how loud it was mixed."""
    tone = np.zeros_like(samples)
    source = Tone(timeline)
    for start in range(0, len(samples), RATE):
        end = min(start + RATE, len(samples))
        block = source.block(start, end)
        if block is not None:
            tone[start:end] = block / 32768
    alone = np.ones(len(samples), dtype=bool)
    for cue in audible(timeline):
        alone[max(0, ms_to_frames(cue.start_ms - 50)) : ms_to_frames(cue.end_ms + 50)] = False
    power = float(np.dot(tone[alone], tone[alone]))
    factor = float(np.dot(samples[alone], tone[alone])) / power if power else 0.0
    return samples - factor * tone


def edge_db(samples: Samples, cue: Cue) -> float:
    """Return the louder of a clip's two ends (2 ms each), in decibels below its loudest moment."""
    clip, _ = window(samples, cue.start_ms, cue.end_ms)
    ends = [window(samples, at_ms - 1, at_ms + 1)[0] for at_ms in (cue.start_ms, cue.end_ms)]
    loudest = max(float(np.sqrt(np.mean(end**2))) for end in ends)
    return float(20 * np.log10(loudest / np.abs(clip).max() + 1e-9))


def intervals_ms(samples: Samples, timeline: Timeline) -> tuple[list[float], list[float]]:
    """Return, for neighbouring counts, by how much the interval between them differs from their beats: as it is heard
    (from centre to centre), and as it would be if clips were laid with their first sounds on the beat.
    """
    heard, by_onset = [], []
    cues = audible(timeline)
    before: tuple[Cue, float, float] | None = None
    for cue, after in zip_longest(cues, cues[1:]):
        if cue.center_ms is None:
            continue
        end_ms = cue.end_ms + 30 if after is None else min(cue.end_ms + 30, after.start_ms - 5)
        centre, onset = (ear(samples, cue.start_ms - 30, end_ms) for ear in (centre_ms, onset_ms))
        if before is not None and cue.center_ms - (before[0].center_ms or 0) < 2 * timeline.beat_ms:
            beats_ms = cue.center_ms - (before[0].center_ms or 0)
            heard.append(centre - before[1] - beats_ms)
            by_onset.append((centre - onset) - (before[1] - before[2]))
        before = cue, centre, onset
    return heard, by_onset


def lag_frames(one: Samples, other: Samples, most: int = 50) -> int:
    """Return by how many samples the second comes after the first, as their correlation tells."""
    lags = range(-most, most + 1)
    core = one[most:-most]
    return max(lags, key=lambda lag: float(np.dot(core, other[most + lag : most + lag + len(core)])))


class Phrase(NamedTuple):
    """What is spoken together, and the part of the recording in which it is heard and nothing else is."""

    cues: list[Cue]
    start_ms: int
    end_ms: int

    @property
    def texts(self) -> list[str]:
        return [cue.text or "" for cue in self.cues]


AROUND_MS = 300
"""Silence around a phrase, in which the aligner finds its feet; without it, first sounds of short words are missed."""


def phrases_heard_together(timeline: Timeline, *, each_time: bool = True) -> list[Phrase]:
    """Return what is spoken in groups short enough to align: a line alone, the counts of one phase together.

    Of what is said again and again, only the last is there unless ``each_time``.
    """
    groups: list[list[Cue]] = []
    for cue in timeline.cues:
        if cue.kind not in ("speech", "count"):
            continue
        before = groups[-1][-1] if groups else None
        together = before is not None and (before.kind, cue.kind) == ("count", "count")
        if before is not None and together and (cue.phase, cue.rep) == (before.phase, before.rep):
            groups[-1].append(cue)
        else:
            groups.append([cue])
    phrases = []
    for index, group in enumerate(groups):
        earliest = groups[index - 1][-1].end_ms + 20 if index else 0
        latest = groups[index + 1][0].start_ms - 20 if index + 1 < len(groups) else timeline.duration_ms
        start, end = max(group[0].start_ms - AROUND_MS, earliest), min(group[-1].end_ms + AROUND_MS, latest)
        phrases.append(Phrase(group, start, end))
    return phrases if each_time else list({tuple(phrase.texts): phrase for phrase in phrases}.values())


def glide_corners_ms(samples: Samples, turns_ms: Sequence[float], reach_ms: float = 600) -> list[float]:
    """Return when the pitch of a glide turns, near each of the moments given.

    The wave's momentary frequency comes from its analytic signal, the fundamental alone; on either side of a turn a
    straight line is laid through its logarithm, and the turn is where the two lines meet.
    """
    found = []
    for turn_ms in turns_ms:
        part, begin_ms = window(samples, turn_ms - reach_ms - 100, turn_ms + reach_ms + 100)
        fundamental = sosfiltfilt(butter(8, [150, 380], "bandpass", fs=RATE, output="sos"), part)
        phase = np.unwrap(np.angle(hilbert(fundamental)))
        log_hz = np.log(np.maximum(np.gradient(phase) * RATE / (2 * np.pi), 1.0))
        ms = begin_ms + np.arange(len(part)) * 1000 / RATE
        before = (ms > turn_ms - reach_ms) & (ms < turn_ms - 100)
        after = (ms > turn_ms + 100) & (ms < turn_ms + reach_ms)
        (slope_1, base_1), (slope_2, base_2) = (np.polyfit(ms[side], log_hz[side], 1) for side in (before, after))
        found.append(float((base_2 - base_1) / (slope_1 - slope_2)))
    return found


def tone_level_db(samples: Samples, start_ms: float, end_ms: float) -> float:
    """Return the level of the band in which the tone's fundamental lies."""
    band = sosfiltfilt(butter(4, [180, 380], "bandpass", fs=RATE, output="sos"), samples)
    part, _ = window(band, start_ms, end_ms)
    return float(10 * np.log10(np.mean(part**2) + 1e-12))


def loudness_lufs(samples: Samples, channels: int = 1) -> float:
    """Return the integrated loudness of mono samples by ffmpeg's ebur128, heard on one loudspeaker or on two."""
    raw = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    command = [ffmpeg_path(), "-hide_banner", "-nostats", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
    both = "pan=stereo|c0=c0|c1=c0," if channels == 2 else ""
    command += ["-af", f"{both}ebur128", "-f", "null", "-"]
    told = subprocess.run(command, input=raw, capture_output=True, check=True).stderr.decode()
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", told)[-1])


class Levels(NamedTuple):
    """How loud a mono file is."""

    lufs: float
    true_peak_db: float


def levels_of(path: Path) -> Levels:
    """Return the integrated loudness and true peak of a file, as ffmpeg measures them (4 times oversampled)."""
    command = [ffmpeg_path(), "-hide_banner", "-nostats", "-i", str(path), "-map", "0:a"]
    command += ["-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, check=True).stderr.decode().partition("Summary:")[2]
    return Levels(*(float(re.findall(name + r":\s+(-?[\d.]+)", told)[0]) for name in ("I", "Peak")))
