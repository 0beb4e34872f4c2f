import io

import numpy as np
import pytest
from PIL import Image

from coach.publish.cover import SIDE, cover

NAMES = [
    "Lower back seven",
    "Cat-cow",
    "x",
    "Übungen für den Rücken",
    "腰のストレッチ",
    "",
    "W" * 60,
    "many words " * 12,
]


def picture(name: str, length_ms: int = 881_000) -> Image.Image:
    return Image.open(io.BytesIO(cover(name, length_ms)))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_square_jpeg_that_podcast_apps_take(name: str) -> None:
    data = cover(name, 881_000)
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size, image.mode) == ("JPEG", (SIDE, SIDE), "RGB")
    assert 30_000 < len(data) < 500_000
    assert cover(name, 881_000) == data


def bright(image: Image.Image) -> np.ndarray:
    """Where letters of the name are: much lighter than the water around them."""
    return np.asarray(image.convert("L").crop((0, 200, SIDE, 800))).astype(int) > 180


@pytest.mark.parametrize("name", [name for name in NAMES if name.isascii() and name])
def test_the_name_stays_inside_and_is_large_enough_for_a_thumbnail(name: str) -> None:
    letters = bright(picture(name))
    rows, columns = np.flatnonzero(letters.any(axis=1)), np.flatnonzero(letters.any(axis=0))
    assert columns[0] > 60
    assert columns[-1] < SIDE - 60
    assert rows[-1] < 590
    thumbnail = np.asarray(picture(name).convert("L").resize((96, 96))).astype(int)[14:55]
    assert thumbnail.max() - np.median(thumbnail) > 60


def test_the_length_is_on_it_and_the_look_is_one() -> None:
    short, long = (np.asarray(picture("x", minutes * 60_000)).astype(int) for minutes in (5, 48))
    differs = np.flatnonzero(np.abs(short - long).sum(axis=2) > 40)
    assert len(differs) > 500
    assert differs.min() // SIDE > 1_000  # the lower part alone


def test_without_a_length_there_is_none_on_it() -> None:
    with_length, without = (np.asarray(Image.open(io.BytesIO(cover("x", ms))).convert("L")) for ms in (2_000_000, None))
    differs = np.abs(with_length.astype(int) - without) > 40
    assert differs[1_000:].sum() > 500
    assert not differs[:1_000].any()


def test_letters_that_no_font_has_are_left_out() -> None:
    assert np.abs(np.asarray(picture("\U0001f9d8 Rest")).astype(int) - np.asarray(picture("Rest"))).mean() < 1
