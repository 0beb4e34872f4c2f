"""The backgrounds that come with the coach: as the program makes them, seamless, small."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from coach.audio.audio_file import read_audio
from coach.audio.finish import BACKGROUNDS, background_file
from coach.errors import InputError
from coach.files import data_folder
from coach.order import Order
from coach.recipe import finish_of


def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_backgrounds", data_folder("sounds") / "make_backgrounds.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bands_db(signal: np.ndarray, rate: int) -> list[float]:
    """Return the level in octaves from 62 Hz to 8 kHz."""
    power = np.abs(np.fft.rfft(signal)) ** 2
    hz = np.fft.rfftfreq(len(signal), 1 / rate)
    edges = [62.5 * 2**octave for octave in range(8)]
    return [10 * np.log10(power[(hz >= low) & (hz < 2 * low)].sum()) for low in edges]


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_the_file_is_what_the_program_makes(name: str) -> None:
    made, rate = program().made(name), program().RATE
    finish = Order(background=name).finish
    assert finish.background == background_file(Path(name))
    kept = read_audio(background_file(Path(name)))
    assert kept.rate == rate
    assert len(kept.signal) / rate == pytest.approx(program().LOOP_S, abs=0.05)
    levels = [(one, other) for one, other in zip(bands_db(made, rate), bands_db(kept.signal, rate), strict=True)]
    for octave, (one, other) in enumerate(levels):
        assert one == pytest.approx(other, abs=0.5), octave


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_its_end_goes_on_where_it_begins(name: str) -> None:
    made = program().made(name)
    steps = np.abs(np.diff(made))
    assert abs(made[0] - made[-1]) <= steps.max()
    rate = program().RATE
    around = np.concatenate((made[-rate:], made[:rate]))
    levels = [float(np.sqrt(np.mean(part**2))) for part in np.split(around, 20)]
    assert max(levels[8:12]) < 4 * min(levels[8:12])


def test_a_slip_of_the_finger_is_told_the_nearest() -> None:
    with pytest.raises(InputError, match="there is no background file rian; did you mean “rain”"):
        finish_of(Order(background="rian"))


def test_they_are_small() -> None:
    assert all(background_file(Path(name)).stat().st_size < 450_000 for name in BACKGROUNDS)
