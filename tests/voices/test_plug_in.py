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

from coach.errors import VoiceError
from coach.voices.checked import CheckedVoice
from support.command import Coach

CODE = """
import numpy as np
from coach.audio.clip import Clip, clip_from_signal, silence
from coach.core.timeline import ClipTiming
from coach.errors import VoiceError


def raises():
    raise ValueError("out of breath\\nand more")


def clip(pcm, timing=None, power=np.ones(3, np.float32)):
    return Clip(pcm, timing or ClipTiming(1000, 10, 80), power)


NONSENSE = {
    "raises": raises,
    "exits": lambda: 1 / 0,
    "nothing": lambda: None,
    "text": lambda: "tweet",
    "floats": lambda: clip(np.ones(48000)),
    "stereo": lambda: clip(np.ones((48000, 2), np.int16)),
    "empty": lambda: clip(np.zeros(0, np.int16), ClipTiming(0, 0, 0)),
    "list": lambda: clip([1, 2, 3]),
    "longer": lambda: clip(np.ones(48000, np.int16), ClipTiming(90000, 10, 80)),
    "centre": lambda: clip(np.ones(48000, np.int16), ClipTiming(1000, 10, 5000)),
    "before": lambda: clip(np.ones(48000, np.int16), ClipTiming(1000, -10, 80)),
    "power": lambda: clip(np.ones(48000, np.int16), power=np.array([np.nan])),
    "times": lambda: clip(np.ones(48000, np.int16), ClipTiming(1000.0, None, "x")),
}


class Whistle:
    def __init__(self, wanted, rate_wpm):
        if wanted == "broken":
            raise RuntimeError("no whistle")
        self.wanted = wanted
        self.name, self.identity, self.parallel = f"whistle:{wanted or 'low'}", f"whistle 1 {wanted} {rate_wpm}", 1
        self.rate_wpm = rate_wpm

    def speak(self, text):
        if self.wanted in NONSENSE:
            return NONSENSE[self.wanted]()
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


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("raises", "ValueError: out of breath"),
        ("exits", "ZeroDivisionError"),
        ("nothing", "it gave NoneType, not a clip"),
        ("text", "it gave str, not a clip"),
        ("floats", "no mono samples of 16 bit"),
        ("stereo", "no mono samples of 16 bit"),
        ("empty", "no mono samples of 16 bit"),
        ("list", "no mono samples of 16 bit"),
        ("longer", "not as long as it says"),
        ("centre", "outside of itself"),
        ("before", "outside of itself"),
        ("power", "no usable power"),
        ("times", "not as long as it says"),
    ],
)
def test_nonsense_of_another_package_is_named_in_a_line(installed: dict[str, str], wanted: str, says: str) -> None:
    code = (
        "import sys; from coach.voices import open_voice; from coach.errors import VoiceError\n"
        "try: open_voice(sys.argv[1], 145).speak('Breathe in.')\n"
        "except VoiceError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, f"whistle:{wanted}"],
        capture_output=True,
        text=True,
        env={**os.environ, **installed},
    )
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert line.startswith("the voice “whistle” of coach-whistle could not say “Breathe in.”: ")
    assert says in line


def test_nonsense_ends_a_render_with_a_line(coach: Coach, installed: dict[str, str], tmp_path: Path) -> None:
    done = coach("render", "cat-cow", "--voice", "whistle:floats", "-o", "x.mp3", cwd=tmp_path, env=installed)
    assert done.returncode == 1
    assert "the voice “whistle” of coach-whistle could not say “" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


class Voice:
    """Has what a voice must have, unless a test says otherwise."""

    name = "mine"
    identity = "mine 1"
    parallel = 1

    def __init__(self, **other: object) -> None:
        for attribute, value in other.items():
            setattr(self, attribute, value)

    def quicker(self, factor: float) -> object:
        return None

    def close(self) -> None:
        raise RuntimeError("it will not go")


@pytest.mark.parametrize(
    "other", [{"name": None}, {"name": ""}, {"parallel": 0}, {"parallel": 10**9}, {"parallel": "2"}, {"parallel": True}]
)
def test_a_voice_that_lacks_what_it_must_have_is_refused(other: dict[str, object]) -> None:
    with pytest.raises(VoiceError, match="the voice “x” of y"):
        CheckedVoice(Voice(**other), "the voice “x” of y")  # type: ignore[arg-type]


def test_a_voice_that_fails_later_is_named_too() -> None:
    voice = CheckedVoice(Voice(), "the voice “x” of y")  # type: ignore[arg-type]
    voice.close()  # what it has spoken is there all the same
    with pytest.raises(VoiceError, match="the voice “x” of y has no usable “name”"):
        voice.quicker(1.5)
    nameless = CheckedVoice(Voice(identity=7), "the voice “x” of y")  # type: ignore[arg-type]
    with pytest.raises(VoiceError, match="the voice “x” of y has no usable “identity”"):
        _ = nameless.identity
