"""The process in which pyttsx3 runs, one short text at a time.

pyttsx3 may hang, crash the interpreter or print: here it does no harm. The worker reads one JSON request a line
on stdin and answers with one JSON line on what was stdout; stdout itself leads nowhere, since the engine prints on it.

On Linux each text is spoken in a fork with an engine of its own. espeak-ng carries state from text to text, so that the
sound of a line would depend on those before it (its length by up to a millisecond); and pyttsx3 begins each run by
cancelling what is still playing, which loses about one text in a hundred when they come quickly.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import time
import wave
from pathlib import Path
from typing import Any

FILE_WAIT_S = 4.0
"""pyttsx3's ``runAndWait`` may return before the file is whole; this is how long it is waited for."""
CHILD_LIFE_S = 60
"""A child that hangs is killed by the coach; should the coach be gone, it ends by itself after this."""
CAN_FORK = sys.platform.startswith("linux")


def preload_engine() -> None:
    """Load what every child needs, so that a child need not."""
    with contextlib.suppress(Exception):  # it is raised again, and reported, when the engine is used
        prepare_engine()
        importlib.import_module("pyttsx3.drivers.espeak")


def prepare_engine() -> None:
    """Make pyttsx3 find the espeak-ng that is installed as a package, if there is one."""
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
    _set_properties(engine, voice, rate_wpm)
    _settle_espeak(rate_wpm)
    if voice is not None and str(engine.getProperty("voice")).lower() != voice.lower():
        raise ValueError(f"the engine has no voice “{voice}”")
    engine.save_to_file(text, str(path))
    engine.runAndWait()
    deadline = time.monotonic() + FILE_WAIT_S
    while not _is_whole(path):
        if time.monotonic() > deadline:
            raise TimeoutError("the engine wrote no whole file")
        time.sleep(0.002)


def _set_properties(engine: Any, voice: str | None, rate_wpm: int) -> None:
    """Set voice and rate; the rate is an integer, since espeak's driver takes no float and says nothing."""
    properties = {"rate": rate_wpm} if voice is None else {"voice": voice, "rate": rate_wpm}
    driver = getattr(getattr(engine, "proxy", None), "_driver", None)
    if driver is not None and "pyttsx3.drivers._espeak" in sys.modules:
        # Queued, as below, they would be set only after a turn of the engine's loop, which waits 10 ms for nothing.
        for name, value in properties.items():
            driver.setProperty(name, value)
        return
    for name, value in properties.items():
        engine.setProperty(name, value)
    engine.runAndWait()  # sets them; one that cannot be set raises nothing


def _settle_espeak(rate_wpm: int) -> None:
    """Make sure that espeak has taken voice and rate before it is given a text.

    espeak takes them in a thread of its own, and pyttsx3 begins each run by cancelling what is still under way: about
    one text in sixty was spoken at espeak's own rate instead.
    """
    espeak = sys.modules.get("pyttsx3.drivers._espeak")
    if espeak is None:
        return
    for _ in range(20):
        espeak.Synchronize()
        if espeak.dll.espeak_GetParameter(espeak.RATE, 1) == rate_wpm:
            return
        espeak.SetParameter(espeak.RATE, rate_wpm, 0)
    raise ValueError(f"the engine does not take {rate_wpm} words a minute")


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


def answer_to(request: dict[str, Any], engine: Any) -> dict[str, Any]:
    """Do what is asked, with an engine or with a new one; whatever goes wrong becomes an answer too."""
    try:
        engine = engine or start_engine()
        if request["do"] == "voices":
            return {"voices": list_voices(engine)}
        speak(engine, request["text"], request["voice"], request["rate_wpm"], Path(request["path"]))
    except BaseException as error:  # whatever it is, the coach must hear of it
        return {"error": (f"{type(error).__name__}: {error}".splitlines() or [""])[0]}
    return {"spoken": True}


def answer_in_fork(request: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked in a child with an engine of its own."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(CHILD_LIFE_S)
            with os.fdopen(theirs, "wb") as pipe:
                pipe.write(json.dumps(answer_to(request, None)).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if not text:
        return {"error": f"the speech engine ended unexpectedly (status {os.waitstatus_to_exitcode(status)})"}
    answer: dict[str, Any] = json.loads(text)
    return answer


def main() -> None:
    """Serve until stdin ends, which it does when the coach is gone."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    if CAN_FORK:
        preload_engine()
    engine = None
    for line in sys.stdin:
        request = json.loads(line)
        if CAN_FORK:
            answer = answer_in_fork(request)
        else:
            with contextlib.suppress(Exception):  # it is raised again, and reported, when the engine is used
                engine = engine or start_engine()
            answer = answer_to(request, engine)
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
