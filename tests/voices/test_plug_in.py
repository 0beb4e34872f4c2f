"""Voices that other packages add: a tiny one is installed for real, from a wheel, into a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support.command import Coach

CODE = """
import numpy as np
from coach.audio.clip import clip_from_signal
from coach.errors import VoiceError


class Whistle:
    def __init__(self, wanted, rate_wpm):
        if wanted == "broken":
            raise RuntimeError("no whistle")
        self.name, self.identity, self.parallel = f"whistle:{wanted or 'low'}", f"whistle 1 {wanted} {rate_wpm}", 1
        self.rate_wpm = rate_wpm

    def speak(self, text):
        seconds = np.arange(int(22050 * 0.06 * len(text) * 145 / self.rate_wpm)) / 22050
        return clip_from_signal(0.5 * np.sin(2 * np.pi * 900 * seconds), 22050)

    def quicker(self, factor):
        return Whistle(self.name.partition(":")[2], round(self.rate_wpm * factor))

    def close(self):
        pass
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a coach beside which the package is installed."""
    folder = tmp_path_factory.mktemp("package")
    wheel = folder / "coach_whistle-1.0-py3-none-any.whl"
    info = "coach_whistle-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("coach_whistle.py", CODE)
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: coach-whistle\nVersion: 1.0\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/entry_points.txt", "[stretch_coach.voices]\nwhistle = coach_whistle:Whistle\n")
        file.writestr(f"{info}/RECORD", "")
    target = folder / "site"
    uv = shutil.which("uv")
    installer = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    command = [*installer, "install", "--quiet", "--no-index", "--no-deps", "--target", str(target), str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(target), os.environ.get("PYTHONPATH"))))}


def test_a_voice_of_another_package_speaks(coach: Coach, installed: dict[str, str], tmp_path: Path) -> None:
    done = coach("render", "cat-cow", "--voice", "whistle:high", "-o", "x.mp3", cwd=tmp_path, env=installed)
    assert (done.returncode, done.stderr) == (0, "")
    told = coach("timeline", "cat-cow", "--voice", "whistle:high", "--json", env=installed)
    assert json.loads(told.stdout)["voice"] == "whistle:high"


def test_it_is_listed_with_its_package(coach: Coach, installed: dict[str, str]) -> None:
    rows = json.loads(coach("voices", "--json", env=installed).stdout)
    assert [row["description"] for row in rows if row["name"] == "whistle"] == ["from the package coach-whistle"]


def test_one_that_fails_is_named_with_its_package(coach: Coach, installed: dict[str, str]) -> None:
    done = coach("timeline", "cat-cow", "--voice", "whistle:broken", env=installed)
    assert done.returncode == 1
    assert "the voice “whistle” of coach-whistle could not be opened: RuntimeError: no whistle" in done.stderr
    assert len(done.stderr.splitlines()) == 1
