import pytest

from coach.core.languages.english.numbers import duration_words, number_words, quantity


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (20, "twenty"),
        (42, "forty-two"),
        (100, "one hundred"),
        (101, "one hundred and one"),
        (350, "three hundred and fifty"),
        (3600, "three thousand six hundred"),
    ],
)
def test_numbers_are_words(number: int, words: str) -> None:
    assert number_words(number) == words


@pytest.mark.parametrize("number", [-1, 1_000_000])
def test_there_are_no_words_beyond(number: int) -> None:
    with pytest.raises(ValueError, match="no words"):
        number_words(number)


def test_quantities_and_lengths_are_said_as_one_says_them() -> None:
    assert quantity(1, "breath") == "one breath"
    assert quantity(3, "slow breath") == "three slow breaths"
    assert duration_words(45) == "forty-five seconds"
    assert duration_words(60) == "one minute"
    assert duration_words(90) == "one minute and thirty seconds"


def test_a_hold_of_ten_thousand_counts_has_words() -> None:
    """One hour on a beat of 0.3 s ended in a traceback: “no words for 10000”."""
    assert number_words(10_000) == "ten thousand"
    assert number_words(12_345) == "twelve thousand three hundred and forty-five"
