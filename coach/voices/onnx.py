"""Neural models as the coach runs them: each process on one thread, which waits without turning in circles.

Left to itself onnxruntime gives every text all cores, and its threads spin between two of them: nearly half of the
processor time of a Piper voice. A process a core makes better use of them.
"""

from __future__ import annotations

import json
import os
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

_Model = TypeVar("_Model")

PROCESSES = min(2, os.cpu_count() or 1)
"""Each holds a model of its own in memory; more than two gain little where an encoder works too."""


def session(model: str) -> Any:
    """Load a model."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def kind_and_words(error: BaseException) -> str:
    """Return the kind of an error and the first line of what it says."""
    return (f"{type(error).__name__}: {error}".splitlines() or [""])[0]


def serve(
    load: Callable[[], _Model],
    speak: Callable[[_Model, dict[str, Any]], None],
    told: Callable[[BaseException], str] = kind_and_words,
) -> None:
    """Answer by the protocol of :mod:`coach.voices.worker` until stdin ends, which it does when the coach is gone.

    Args:
        load: loads the model, when it is first needed.
        speak: writes the clip that a request asks for.
        told: what a person is told of whatever goes wrong.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    model: _Model | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            model = model or load()
            speak(model, request)
            answer: dict[str, Any] = {"spoken": True}
        except BaseException as error:  # whatever it is, the coach must hear of it
            answer = {"error": told(error)}
        answers.write(json.dumps(answer) + "\n")


def write_wave(path: Path, samples: Any, rate: int) -> None:
    """Write samples of 16 bit, mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
