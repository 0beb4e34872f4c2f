"""The process in which Piper runs: a neural model, loaded once, one text at a time.

It speaks the protocol of :mod:`coach.voices.worker`. Its one argument is the path of the model.
"""

from __future__ import annotations

import json
import os
import sys
import wave
from pathlib import Path
from typing import Any

SENTENCE_PAUSE_MS = 400
"""Piper sets sentence to sentence with no breath between them."""


def speak(voice: Any, text: str, length_scale: float, path: Path) -> None:
    """Speak a text into a WAV file of 16 bit."""
    import numpy as np
    from piper import SynthesisConfig

    chunks = list(voice.synthesize(text, SynthesisConfig(length_scale=length_scale)))
    if not chunks:
        raise ValueError("the model gave no sound")
    rate = int(chunks[0].sample_rate)
    pause = np.zeros(rate * SENTENCE_PAUSE_MS // 1000, dtype=np.int16)
    parts = [part for chunk in chunks for part in (pause, chunk.audio_int16_array)][1:]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.concatenate(parts).astype("<i2").tobytes())


def load(model: str) -> Any:
    """Load a model, to run on one thread."""
    from piper import PiperConfig, PiperVoice

    from coach.voices.onnx import session

    config = json.loads(Path(f"{model}.json").read_text(encoding="utf-8"))
    return PiperVoice(session=session(model), config=PiperConfig.from_dict(config))


def main(model: str) -> None:
    """Serve until stdin ends, which it does when the coach is gone."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    voice = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            voice = voice or load(model)
            speak(voice, request["text"], request["length_scale"], Path(request["path"]))
            answer: dict[str, Any] = {"spoken": True}
        except BaseException as error:  # whatever it is, the coach must hear of it
            answer = {"error": (f"{type(error).__name__}: {error}".splitlines() or [""])[0]}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
