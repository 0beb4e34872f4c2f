"""A stream is the file, part by part."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import coach
from coach.audio.finish import Quality
from coach.order import Order
from coach.publish import blocks

ORDERS = {
    "clips": Order(targets=("cat-cow",), voice="heart"),
    "tone": Order(targets=("cobra",), pace="tone", quality="small", voice="heart"),
    "no captions": Order(breathing=True, minutes=1, captions=False, quality="best", voice="heart"),
}


@pytest.mark.parametrize("name", ORDERS)
def test_with_its_tag_it_is_the_file(name: str, tmp_path: Path) -> None:
    stream = coach.stream(ORDERS[name])
    parts = list(stream)
    assert all(parts)
    sound = b"".join(parts)
    assert len(sound) == stream.size
    path = coach.render(ORDERS[name], tmp_path / "x.mp3").path
    assert stream.tag() + sound == path.read_bytes()
    assert coach.render(ORDERS[name], path).outcome.value == "up to date"


def test_it_can_be_heard_before_it_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first sound is there while the last block still waits for its encoder."""
    monkeypatch.setenv("COACH_CACHE", str(tmp_path))
    stream = coach.stream(ORDERS["clips"])
    may_go_on, made, keep = threading.Event(), [], blocks._kept

    def slowly(*given: object) -> bytes:
        made.append(given)
        if len(made) > 3:
            may_go_on.wait(20)
        return keep(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(blocks, "_kept", slowly)
    parts = iter(stream)
    first, silence, sound = (next(parts) for _ in range(3))
    assert b"Info" in first
    assert len(sound) > 5_000
    assert not may_go_on.is_set()
    with pytest.raises(ValueError, match="the sound is not yet made"):
        stream.tag()
    may_go_on.set()
    assert len(first + silence + sound) + sum(map(len, parts)) == stream.size


def test_whoever_stops_early_ends_the_encoders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COACH_CACHE", str(tmp_path))
    before = threading.active_count()
    stream = coach.stream(ORDERS["clips"])
    for _ in range(4):
        next(iter(stream))
    stream.close()
    assert threading.active_count() == before
    assert list(stream) == []


def test_every_quality_has_a_bit_rate() -> None:
    sizes = [coach.stream(Order(targets=("cat-cow",), voice="silent", quality=quality)).size for quality in Quality]
    assert sizes == sorted(sizes)
