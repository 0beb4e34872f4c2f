from __future__ import annotations

import subprocess
import sys

import pytest

from coach.compiler import estimate, estimated_lengths
from coach.core.routine import Routine
from coach.files import data_folder
from coach.library.library import Library
from coach.order import Order

LIBRARY = Library([data_folder("scripts")])


def test_the_lengths_listed_are_those_of_the_timelines() -> None:
    """A routine with the name of a stretch among them, which begins with other words."""
    delivery = Order().delivery
    length_of = estimated_lengths(delivery)
    scripts = {"cat-cow": "name: M\npurpose: p\nopening: [Now for a cat and a cow.]\nstretches: [cat-cow]\n"}
    other = Library([data_folder("scripts")], stretches={}, routines=scripts)
    found: list[Routine] = [*map(LIBRARY.routine, (*LIBRARY.stretches, *LIBRARY.routines)), other.routine("cat-cow")]
    for routine in found:
        assert length_of(routine) == estimate(routine, delivery).duration_ms, routine.id


@pytest.mark.parametrize("command", [["list"], ["show", "daily"], ["check"], ["patterns"]])
def test_what_makes_no_sound_loads_no_audio_library(command: list[str]) -> None:
    code = f"import sys; sys.argv = {['coach', *command]!r}\nfrom coach.__main__ import _run\n_run()\n"
    code += "print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert not loaded & {"numpy", "pydub", "soxr", "PIL", "mutagen", "miniaudio", "pyttsx3", "imageio_ffmpeg"}
    assert "rich.console" not in done.stderr.split()
