"""Sets: voices whose lines were spoken beforehand, and are shipped as small coded clips.

A set needs no engine and no model. Its folder has an index, ``voice.json``, and one Ogg Opus file for each text at each
rate, named by a hash of both. A line that is not in it is spoken by the engine that spoke the set, if it is installed.
:mod:`coach.voices.packing` makes sets.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from coach.core.timeline import ClipTiming
from coach.errors import InputError, VoiceError, reason
from coach.files import data_folder, expanded
from coach.units import db_to_factor, ms_to_frames
from coach.voices.kept import voices_folder

if TYPE_CHECKING:
    from coach.audio.clip import Clip
    from coach.voices.base import Voice

INDEX = "voice.json"
ENDING = ".opus"
CODED_RATE = 24_000
"""Frames a second of the coded clips."""
VERSION = 2
HOW_TO_MAKE = "“coach voices --pack” makes one"
_FACTS = ("speaker", "language", "gender", "licence")


class UnsaidError(VoiceError):
    """A set lacks a line, and the engine that spoke it is not installed."""

    def __init__(self, text: str, wpm: int, voice: str, speaker: str) -> None:
        super().__init__(f"{voice} has not spoken “{text}” beforehand, at {wpm} words a minute")
        self.voice = voice
        """The set."""
        self.speaker = speaker
        """The voice that spoke it."""


class Entry(NamedTuple):
    """What the index tells of one clip."""

    text: str
    wpm: int
    """The rate, in words a minute."""
    sum: str
    """Of its file."""
    timing: ClipTiming
    """Measured on what the file decodes to."""
    room: int
    """By how many quarters of a decibel its samples stay below full scale, at least."""
    levels: str
    """How loud that is: see :func:`coach.audio.loudness.levels_of`."""


@dataclass(frozen=True, kw_only=True)
class ClipSet:
    """The index of a set, and where it lies."""

    folder: Path
    speaker: str
    """The engine's voice that spoke it, as one asks for it: ``kokoro:af_heart``."""
    rate_wpm: int
    """At which rate everything is spoken; counts also quicker."""
    language: str = ""
    gender: str = ""
    licence: str = ""
    made_with: str = ""
    """The identity of the voice that spoke it."""
    clips: Mapping[str, Entry] = field(default_factory=dict)
    """By key."""

    @property
    def name(self) -> str:
        """What it is called: as its folder is."""
        return self.folder.resolve().name

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the index of a set.

        Raises:
            InputError: there is none, or it is damaged.
        """
        path = folder / INDEX
        try:
            status = path.stat()
            return cls._read(folder, (status.st_mtime_ns, status.st_size, status.st_ino))
        except OSError as error:
            raise InputError(f"{path} cannot be read: {reason(error)}") from error

    @classmethod
    @functools.lru_cache(maxsize=8)
    def _read(cls, folder: Path, _status: tuple[int, ...]) -> Self:
        path = folder / INDEX
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["version"] != VERSION:
                raise InputError(f"{path} is of another version of the coach; {HOW_TO_MAKE} anew")
            entries = (
                Entry(text, wpm, sum_, ClipTiming(*map(int, timing)), int(room), str(levels))
                for text, wpm, sum_, timing, room, levels in data["clips"]
            )
            return cls(
                folder=folder,
                rate_wpm=int(data["rate_wpm"]),
                made_with=str(data["made_with"]),
                clips={key_of(entry.text, entry.wpm): entry for entry in entries},
                **{fact: " ".join(str(data[fact]).split()) for fact in _FACTS},
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _damaged(path) from error

    def to_json(self) -> str:
        """Return the text of the index: a line a clip."""
        facts: dict[str, Any] = {"version": VERSION, **{fact: getattr(self, fact) for fact in _FACTS}}
        facts |= {"rate_wpm": self.rate_wpm, "made_with": self.made_with}
        ordered = sorted(self.clips.values(), key=lambda entry: (entry.text.lower(), entry.text, entry.wpm))
        rows = (
            [entry.text, entry.wpm, entry.sum, [*_numbers(entry.timing)], entry.room, entry.levels] for entry in ordered
        )
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        head = json.dumps(facts, ensure_ascii=False, indent=0).removesuffix("\n}")
        return f'{head},\n"clips": [\n{lines}\n]}}\n'

    def path_of(self, text: str, wpm: int) -> Path:
        """Return where the clip of a text lies."""
        return self.folder / f"{key_of(text, wpm)}{ENDING}"

    def has(self, text: str, wpm: int) -> bool:
        """Return whether a text is in the set at a rate."""
        return key_of(text, wpm) in self.clips

    @functools.cached_property
    def rates(self) -> tuple[int, ...]:
        """The rates at which there are clips, from the slowest."""
        return tuple(sorted({entry.wpm for entry in self.clips.values()}))

    def clip(self, text: str, wpm: int) -> Clip | None:
        """Return the clip of a text; ``None`` if its file is not there, or not as it was made."""
        entry = self.clips.get(key_of(text, wpm))
        data = entry and self.data(entry)
        return self._coded(data, entry) if entry and data else None

    def _coded(self, data: bytes, entry: Entry) -> Clip:
        from coach.audio.clip import Clip
        from coach.audio.loudness import STEPS_PER_S, power_of_levels

        length_ms = entry.timing.length_ms
        try:
            power = power_of_levels(entry.levels, -(-length_ms * STEPS_PER_S // 1000))
        except ValueError as error:
            raise _damaged(self.folder / INDEX) from error
        frames = ms_to_frames(length_ms)
        peak = math.ceil(32768 * db_to_factor(-entry.room / 4))
        return Clip(lambda: pcm_of(data, frames), entry.timing, power, digest=entry.sum, peak=peak)

    def data(self, entry: Entry) -> bytes | None:
        """Return the file of a clip; ``None`` if it is not there, or not as it was made."""
        try:
            data = self.path_of(entry.text, entry.wpm).read_bytes()
        except OSError:
            return None
        return data if sum_of(data) == entry.sum else None

    @functools.cached_property
    def fingerprint(self) -> str:
        """What changes with any clip."""
        sums = "".join(entry.sum for _, entry in sorted(self.clips.items()))
        return hashlib.sha256(sums.encode()).hexdigest()[:16]


def _damaged(index: Path) -> InputError:
    return InputError(f"{index} is damaged; install the coach anew, or make the set anew")


def _numbers(timing: ClipTiming) -> tuple[int, int, int]:
    return timing.length_ms, timing.onset_ms, timing.center_ms


def key_of(text: str, wpm: int) -> str:
    """Return the name of a clip's file, without its ending."""
    return hashlib.sha256(f"{wpm} {text}".encode()).hexdigest()[:16]


def sum_of(data: bytes) -> str:
    """Return by which a file is known to be whole."""
    return hashlib.sha256(data).hexdigest()[:16]


def pcm_of(data: bytes, frames: int) -> Any:
    """Return so many samples of a coded clip, 16 bit at the coach's own rate."""
    import numpy as np
    import soundfile
    import soxr

    from coach.units import SAMPLE_RATE

    signal, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    loud = soxr.resample(signal, rate, SAMPLE_RATE, quality="VHQ")[:frames]
    pcm = np.zeros(frames, dtype=np.int16)
    pcm[: len(loud)] = np.rint(np.clip(loud, -1, 1) * 32767)
    return pcm


def sets_folders() -> tuple[Path, Path]:
    """Return where sets are looked for: among a person's voices, then among those that come with the coach."""
    return voices_folder(), data_folder("sounds") / "voices"


def sets() -> dict[str, Path]:
    """Return the folders of the sets on this machine by name; one of a person's own has the name first."""
    found: dict[str, Path] = {}
    for folder in sets_folders():
        for path in sorted(folder.glob(f"*/{INDEX}")) if folder.is_dir() else ():
            found.setdefault(path.parent.name, path.parent)
    return found


def find_set(name: str) -> Path | None:
    """Return the folder of a set, by its name or path; ``None`` if there is none."""
    if "/" in name or os.sep in name:
        folder = expanded(name)
        return folder if (folder / INDEX).is_file() else None
    return sets().get(name)


class SetVoice:
    """Speaks from a set; what is not in it is spoken by the engine that spoke the set, if there is one."""

    def __init__(self, clips: ClipSet, rate_wpm: int, engine: Voice | None = None) -> None:
        self._set = clips
        self._rate_wpm = rate_wpm
        self._engine = engine

    @property
    def name(self) -> str:
        """The set's name."""
        return self._set.name

    @property
    def identity(self) -> str:
        """The set, the rate, and the engine."""
        engine = self._engine.identity if self._engine else "alone"
        return f"set {self._set.name} {self._set.fingerprint} | {self._rate_wpm} wpm | {engine}"

    @property
    def parallel(self) -> int:
        """One text a core, and as many as the engine takes."""
        return max(os.cpu_count() or 1, self._engine.parallel if self._engine else 1)

    def quicker(self, factor: float) -> SetVoice:
        """Return the same voice speaking faster: at the next rate that the set has counts for.

        Faster than all of them only an engine speaks.
        """
        wpm = round(self._rate_wpm * factor)
        there = [rate for rate in self._set.rates if rate >= wpm]
        if there:
            wpm = there[0]
        elif self._engine is None:
            wpm = max(self._rate_wpm, *self._set.rates)
        return SetVoice(self._set, wpm, self._engine and self._engine.quicker(wpm / self._rate_wpm))

    def speak(self, text: str) -> Clip:
        """Return the clip of a text.

        Raises:
            UnsaidError: it is not in the set, and there is no engine.
            VoiceError: its file is missing or damaged, and there is no engine; or the engine fails.
        """
        clip = self._set.clip(text, self._rate_wpm)
        if clip is not None:
            return clip
        if self._engine is not None:
            return self._engine.speak(text)
        if not self._set.has(text, self._rate_wpm):
            raise UnsaidError(text, self._rate_wpm, self._set.name, self._set.speaker)
        path = self._set.path_of(text, self._rate_wpm)
        raise VoiceError(
            f"the clip of “{text}” in the voice {self._set.name} is missing or damaged ({path}); install the coach "
            "anew, or use another --voice"
        )

    def unsaid(self, texts: Iterable[str]) -> str | None:
        """Return the first of some texts that it cannot say, if there is one."""
        if self._engine is not None:
            return None
        return next((text for text in texts if not self._set.has(text, self._rate_wpm)), None)

    def close(self) -> None:
        """Close the engine, if there is one."""
        if self._engine is not None:
            self._engine.close()
