"""The wheel: built, installed in a clean environment, and used from a folder that knows nothing of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
UV = shutil.which("uv")

pytestmark = pytest.mark.skipif(
    UV is None and "CI" not in os.environ, reason="builds and installs with uv: pip install uv"
)


def uv(*arguments: str | Path, cwd: Path | None = None) -> None:
    assert UV is not None, "CI has uv"
    subprocess.run([UV, *map(str, arguments)], check=True, capture_output=True, cwd=cwd)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--wheel", "--out-dir", folder, PROJECT)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_scripts_and_sounds(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("scripts", "sounds"):
        here = {f"coach/{path.relative_to(PROJECT)}" for path in (PROJECT / folder).rglob("*") if path.is_file()}
        assert here <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "scripts/", "sounds/"))]
    assert "coach/py.typed" in names


def test_the_wheel_renders_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    environment, elsewhere = tmp_path / "environment", tmp_path / "elsewhere"
    elsewhere.mkdir()
    uv("venv", "--python", sys.executable, environment)
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    uv("pip", "install", "--python", python, "--constraint", PROJECT / "constraints.txt", wheel)
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [python.with_name("coach"), "render", "cat-cow"], cwd=elsewhere, env=clean, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (elsewhere / "cat-cow.mp3").stat().st_size > 1_000_000
    assert done.stdout.startswith("cat-cow.mp3  3:")
