"""The process in which pyttsx3 runs, one short text at a time.

pyttsx3 may hang, crash the interpreter or print: here it can do neither harm. The worker reads one JSON request a line
on stdin and answers with one JSON line on what was stdout; stdout itself is led nowhere, since the engine prints on it.
"""

from __future__ import annotations

import json
import os
import sys
import time
import wave
from pathlib import Path
from typing import Any

FILE_WAITS_S = (1.0, 4.0, 10.0)
"""pyttsx3's ``runAndWait`` may return before the file is whole, and at times no file comes at all: how long one is
waited for before the text is given to the engine once more, and at last given up."""
_IDLE_WAIT_S = 5.0


def prepare_engine() -> None:
    """Make pyttsx3 find the espeak-ng that is installed as a package, where there is one."""
    try:
        import espeakng_loader
    except ImportError:
        return
    import ctypes

    # pyttsx3 asks for the library by its SONAME, which is found once it is loaded.
    ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()


def start_engine() -> Any:
    """Return a pyttsx3 engine."""
    if sys.platform.startswith("linux"):
        prepare_engine()
    if sys.platform == "win32":
        import comtypes  # type: ignore[import-not-found, unused-ignore]

        comtypes.CoInitialize()
    import pyttsx3

    return pyttsx3.init()


def list_voices(engine: Any) -> list[dict[str, str]]:
    """Describe the engine's voices."""
    return [
        {
            "id": str(voice.id),
            "name": str(voice.name),
            "language": ", ".join(_text(language) for language in voice.languages or ()),
            "gender": str(voice.gender or ""),
        }
        for voice in engine.getProperty("voices")
    ]


def _text(value: object) -> str:
    return value.decode(errors="replace").strip("\x00\x02\x05") if isinstance(value, bytes) else str(value)


def speak(engine: Any, text: str, voice: str | None, rate_wpm: int, path: Path) -> None:
    """Speak a text to a file and wait until the file is whole."""
    if voice is not None:
        engine.setProperty("voice", voice)
    engine.setProperty("rate", rate_wpm)  # an integer: espeak's driver takes no float, and says nothing
    for wait_s in FILE_WAITS_S:
        _wait_until_idle()
        engine.save_to_file(text, str(path))
        engine.runAndWait()
        # Properties are set when the queue runs, and one that cannot be set raises nothing.
        if voice is not None and str(engine.getProperty("voice")).lower() != voice.lower():
            raise ValueError(f"the engine has no voice “{voice}”")
        if _comes(path, wait_s):
            _wait_until_idle()
            return
    raise TimeoutError("the engine wrote no whole file")


def _comes(path: Path, wait_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    while not _is_whole(path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _wait_until_idle() -> None:
    """Wait until espeak is done with the text before.

    pyttsx3 begins each run by cancelling what is still playing, and espeak still is for a moment after the file is
    whole: a text that comes in that moment is cancelled with it, about one in a hundred.
    """
    espeak = sys.modules.get("pyttsx3.drivers._espeak")
    if espeak is None:
        return
    deadline = time.monotonic() + _IDLE_WAIT_S
    while espeak.IsPlaying() and time.monotonic() < deadline:
        time.sleep(0.001)


def _is_whole(path: Path) -> bool:
    """Whether a file is there with as much sound as its header says (other formats than WAV: as its size settles)."""
    try:
        size = path.stat().st_size
        if path.read_bytes()[:4] != b"RIFF":
            time.sleep(0.05)
            return 0 < size == path.stat().st_size
        with wave.open(str(path), "rb") as file:
            frames = file.getnframes()
            return frames > 0 and len(file.readframes(frames)) == frames * file.getsampwidth() * file.getnchannels()
    except (OSError, EOFError, wave.Error):
        return False


def main() -> None:
    """Serve until stdin ends, which it does when the coach is gone."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    engine = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            engine = engine or start_engine()
            if request["do"] == "voices":
                answer: dict[str, Any] = {"voices": list_voices(engine)}
            else:
                speak(engine, request["text"], request["voice"], request["rate_wpm"], Path(request["path"]))
                answer = {"spoken": True}
        except BaseException as error:
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
