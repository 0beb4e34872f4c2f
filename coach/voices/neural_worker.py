"""The process in which Piper runs: a neural model, loaded once, one text at a time.

It speaks the protocol of :mod:`coach.voices.worker`. Its one argument is the path of the model.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from coach.voices.onnx import serve, session, write_wave

SENTENCE_PAUSE_MS = 400
"""Piper sets sentence to sentence with no breath between them."""


def speak(voice: Any, request: dict[str, Any]) -> None:
    """Speak a text into a WAV file of 16 bit."""
    import numpy as np
    from piper import SynthesisConfig

    chunks = list(voice.synthesize(request["text"], SynthesisConfig(length_scale=request["length_scale"])))
    if not chunks:
        raise ValueError("the model gave no sound")
    rate = int(chunks[0].sample_rate)
    pause = np.zeros(rate * SENTENCE_PAUSE_MS // 1000, dtype=np.int16)
    parts = [part for chunk in chunks for part in (pause, chunk.audio_int16_array)][1:]
    write_wave(Path(request["path"]), np.concatenate(parts), rate)


def load(model: str) -> Any:
    """Load a model, to run on one thread."""
    from piper import PiperConfig, PiperVoice

    config = json.loads(Path(f"{model}.json").read_text(encoding="utf-8"))
    return PiperVoice(session=session(model), config=PiperConfig.from_dict(config))


def main(model: str) -> None:
    """Serve until stdin ends."""
    serve(lambda: load(model), speak)


if __name__ == "__main__":
    main(sys.argv[1])
