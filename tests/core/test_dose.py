import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.core.dose import Dose, Unit


@pytest.mark.parametrize(
    ("text", "dose"),
    [
        ("30 s", Dose(Unit.SECONDS, 30, 30)),
        ("10-20 s", Dose(Unit.SECONDS, 10, 20)),
        ("10–20 s", Dose(Unit.SECONDS, 10, 20)),
        ("1-2 min", Dose(Unit.SECONDS, 60, 120)),
        ("5 breaths", Dose(Unit.BREATHS, 5, 5)),
        ("1 breath", Dose(Unit.BREATHS, 1, 1)),
        ("8-10x", Dose(Unit.REPETITIONS, 8, 10)),
    ],
)
def test_a_dose_reads(text: str, dose: Dose) -> None:
    assert Dose.parse(text) == dose


@pytest.mark.parametrize("text", ["30 s", "10-20 s", "5 breaths", "1 breath", "8-10 x"])
def test_a_dose_writes_as_it_reads(text: str) -> None:
    assert str(Dose.parse(text)) == text


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ("0 s", "nothing"),
        ("20-10 s", "from more to less"),
        ("86400 s", "too much; the most is 3600 s"),
        ("1440 min", "too much"),
        ("9999 x", "the most is 500 x"),
        ("-5 s", "not a dose"),
        ("NaN s", "not a dose"),
        ("1.5 s", "not a dose"),
        ("30", "not a dose"),
        (30, "not a dose"),
        (None, "not a dose"),
        ("thirty s", "not a dose"),
    ],
)
def test_an_impossible_dose_is_refused_in_plain_words(given_: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Dose.parse(given_)


@pytest.mark.parametrize(
    ("text", "value"), [("10-20 s", 15_000), ("30 s", 30_000), ("5-10 x", 7), ("10-15 x", 12), ("3-5 breaths", 4)]
)
def test_a_routine_takes_the_middle(text: str, value: int) -> None:
    assert Dose.parse(text).amount().value == value


@pytest.mark.parametrize(
    ("text", "breath_ms", "breaths"),
    [
        ("30 s", 10_000, 3),
        ("20 s", 10_000, 2),
        ("10-20 s", 10_000, 2),  # 15 s is as near to one breath as to two: the longer
        ("8-10 s", 10_000, 1),
        ("8-10 s", 19_000, 1),  # no whole breath fits: at least one
        ("20 s", 19_000, 1),  # nor here: the nearest
        ("20-60 s", 16_000, 3),
        ("5 breaths", 19_000, 5),
        ("12 x", 10_000, 12),
    ],
)
def test_seconds_round_to_whole_breaths(text: str, breath_ms: int, breaths: int) -> None:
    assert Dose.parse(text).amount().in_breaths(breath_ms) == breaths


@given(st.integers(1, 600), st.integers(0, 300), st.integers(600, 60_000))
def test_whole_breaths_stay_in_range_whenever_one_fits(low: int, more: int, breath_ms: int) -> None:
    dose = Dose(Unit.SECONDS, low, low + more)
    breaths = dose.amount().in_breaths(breath_ms)
    fitting = [n for n in range(1, dose.high * 1000 // breath_ms + 1) if n * breath_ms >= low * 1000]
    middle = dose.amount().value
    nearest = min(fitting or range(1, 2 + middle // breath_ms + 1), key=lambda n: (abs(n * breath_ms - middle), -n))
    assert breaths == nearest
