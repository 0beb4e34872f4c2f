"""Kokoro's voices: a small neural model with many styles (the extra ``stretch-coach[kokoro]``).

``kokoro:af_heart`` speaks in one style, ``kokoro:af_heart+am_michael`` in the middle between two.
"""

from __future__ import annotations

import copy
import functools
import importlib.util
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Any, NamedTuple

from coach.audio.clip import Clip
from coach.defaults import RATE_WPM
from coach.errors import InputError, VoiceError, reason
from coach.voices.kokoro_files import MODEL, MODEL_SUM, STYLE_SUMS, kokoro_folder, style_path, styles, sum_of
from coach.voices.neural import FASTEST_WPM, NATURAL_WPM
from coach.voices.onnx import PROCESSES
from coach.voices.worker import WorkerPool

PACE = {"am_michael": 1.12}
"""How much quicker a style is asked to speak: by itself it takes so much longer than others for the library's lines."""
ALONE = 1.25
"""How much quicker a single word is said: drawn out as in a sentence it would be 0.6 s long at the usual rate, and at
0.8 of its own pace a style breaks some."""
HOW_TO_INSTALL = "install it with: pip install 'stretch-coach[kokoro]'"
LINE_TIMEOUT_S = 60.0
"""Half a second for a second of speech on an idle core, several times that on a slow and busy one."""
VERSION = 1
"""Raised when a text is spoken otherwise, so that clips are made again."""

ALONE_MARK = {"am_michael": ""}
"""What stands after a single word: a full stop, in most styles, or nothing."""


class Said(NamedTuple):
    """How a single word is said."""

    phonemes: str
    pace: float = 1.0


SAID = {
    "af_heart": {
        "four": Said("fˈɔɹ,", 0.85),
        "one": Said("wˈʌn"),
        "six": Said("ssˈɪks."),
        "forty-five": Said("fˈɔɹɾi fˈIv"),
        "thirty-five": Said("θˈɜɹɾi fˈIv"),
    },
    "am_michael": {"in": Said("ˈɪn."), "nine": Said("nˈIn.")},
}
"""Single words that a style says unclearly from the dictionary's phonemes: by two recognisers, each in three places
(pocketsphinx among some seventy words, Whisper base), these are understood."""


def is_installed() -> bool:
    """Return whether what runs the model is installed."""
    return importlib.util.find_spec("onnxruntime") is not None


def is_ready(wanted: str) -> bool:
    """Return whether a style, or a blend of some, could speak at once."""
    there = styles() if is_installed() else ()
    return bool(there) and all(name in there for name in wanted.split("+"))


class KokoroVoice:
    """Speaks with Kokoro's model, loaded in processes of their own."""

    def __init__(self, wanted: str = "", rate_wpm: int = RATE_WPM, *, worker: Sequence[str] | None = None) -> None:
        """Take a style by name, or a blend of some; an empty name stands for the first there is.

        Raises:
            InputError: the model, the style, or what runs it is not there.
            UnknownNameError: there is no such style.
        """
        if worker is None and not is_installed():
            raise InputError(f"Kokoro needs onnxruntime; {HOW_TO_INSTALL}, or use another --voice")
        names = [name.strip() for name in (wanted or next(iter(styles()), "af_heart")).split("+")]
        self._paths = {path.stem: path for path in map(style_path, names)}
        self._rate_wpm = rate_wpm
        command = worker or (
            *(sys.executable, "-m", "coach.voices.kokoro_worker"),
            *(str(kokoro_folder() / MODEL), MODEL_SUM),
        )
        self._pool = WorkerPool(command, PROCESSES, line_timeout_s=LINE_TIMEOUT_S)

    def quicker(self, factor: float) -> KokoroVoice:
        """Return the same voice, in the same processes, at a faster rate."""
        other = copy.copy(self)
        other._rate_wpm = min(FASTEST_WPM, round(self._rate_wpm * factor))
        return other

    @property
    def style(self) -> str:
        """The style, or the blend: ``af_heart+am_michael``."""
        return "+".join(self._paths)

    @property
    def name(self) -> str:
        """``kokoro:`` and the style."""
        return f"kokoro:{self.style}"

    @property
    def identity(self) -> str:
        """Model, styles, dictionary and rate."""
        sums = " ".join(map(_style_sum, self._paths.values()))
        return f"kokoro {VERSION} {MODEL_SUM[:16]} | {sums} | {_dictionary_version()} | {self._rate_wpm} wpm"

    @property
    def parallel(self) -> int:
        """One text a process, and one whose clip is being measured."""
        return self._pool.parallel

    def speak(self, text: str) -> Clip:
        """Return the clip of a text; a worker that hangs or dies is replaced and asked once more.

        Raises:
            VoiceError: it cannot be spoken.
        """
        return self.take(text)

    def take(self, text: str, **changed: Any) -> Clip:
        """Return a clip of a text that is spoken a little otherwise than by :meth:`speak`.

        Args:
            text: what to say.
            changed: ``phonemes`` for others than the dictionary's, ``mark`` for what stands after a single word,
                ``pace`` for a factor of the speed.

        Raises:
            VoiceError: it cannot be spoken.
        """
        pace = changed.pop("pace", 1.0) * sum(PACE.get(name, 1.0) for name in self._paths) / len(self._paths)
        if " " not in text:
            said = SAID.get(self.style, {}).get(text.strip(".").lower())
            pace *= ALONE
            if said and not changed:
                pace *= said.pace
                changed["phonemes"] = said.phonemes
            changed.setdefault("mark", ALONE_MARK.get(self.style, "."))
        request = {
            "style": [(str(path), 1 / len(self._paths)) for path in self._paths.values()],
            "speed": pace * self._rate_wpm / NATURAL_WPM,
            **changed,
        }
        return self._pool.speak(self.name, text, request, self._rate_wpm)

    def close(self) -> None:
        """End the workers and remove their files."""
        self._pool.close()


@functools.cache
def _style_sum(path: Any) -> str:
    """Return what tells one style from another.

    Raises:
        VoiceError: it cannot be read, or is not the style of that name.
    """
    try:
        found = sum_of(path)
    except OSError as error:
        raise VoiceError(f"the style {path} cannot be read: {reason(error)}") from error
    right = STYLE_SUMS.get(path.stem)
    if right is not None and found != right:
        fetch = f"“coach voices --download kokoro:{path.stem}” fetches it anew"
        raise VoiceError(f"the style {path} is damaged; {fetch}")
    return found[:16]


@functools.cache
def _dictionary_version() -> str:
    try:
        return f"misaki {metadata.version('misaki')}"
    except metadata.PackageNotFoundError:
        return "no dictionary"
