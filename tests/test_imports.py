"""Imports go one way, and the heavy ones come late."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import coach

AUDIO = (
    "numpy",
    "pydub",
    "pyttsx3",
    "soxr",
    "imageio_ffmpeg",
    "espeakng_loader",
    "ruamel",
    "audioop",
    "miniaudio",
    "simpleaudio",
)
PACKAGE = Path(coach.__file__).parent
CORE = sorted(f"coach.core.{path.stem}" for path in (PACKAGE / "core").glob("*.py") if path.stem != "__init__")


def loaded_by(code: str) -> set[str]:
    command = f"{code}; import sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("module", CORE)
def test_the_core_knows_no_edge_and_no_audio(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    ours = {name for name in loaded if name.startswith("coach.") and not name.startswith("coach.core")}
    assert ours == set()
    assert not {name.split(".")[0] for name in loaded} & set(AUDIO)


def test_importing_coach_loads_nothing_heavy() -> None:
    loaded = {name.split(".")[0] for name in loaded_by("import coach")}
    assert not loaded & {*AUDIO, "pydantic", "rich", "typer"}


def test_help_loads_no_audio_library() -> None:
    code = (
        "import sys; sys.argv = ['coach', '--help']\n"
        "from coach.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "import sys"
    )
    loaded = {name.split(".")[0] for name in loaded_by(code)}
    assert not loaded & {*AUDIO, "pydantic"}
