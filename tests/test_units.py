import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.units import clock_text, db_to_factor, frames_to_ms, ms_to_frames


@pytest.mark.parametrize(("ms", "frames"), [(0, 0), (1, 48), (10, 480), (1000, 48_000), (7_200_000, 345_600_000)])
def test_milliseconds_become_frames(ms: int, frames: int) -> None:
    assert ms_to_frames(ms) == frames


@given(st.integers(0, 6 * 3_600_000))
def test_frames_lead_back_to_their_millisecond(ms: int) -> None:
    assert frames_to_ms(ms_to_frames(ms)) == ms


def test_levels_and_clocks() -> None:
    assert db_to_factor(0) == 1
    assert db_to_factor(-20) == pytest.approx(0.1)
    assert clock_text(425_900) == "7:05"
    assert clock_text(3_729_000) == "1:02:09"
