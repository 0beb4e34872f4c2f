import pytest

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
