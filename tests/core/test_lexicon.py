import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.core.lexicon import Lexicon

PLAIN = Lexicon()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Hold for 30 s.", "Hold for thirty seconds."),
        ("Hold for 1 s.", "Hold for one second."),
        ("Do it 5-10x.", "Do it five to ten times."),
        ("Do it 5 – 10 x, slowly.", "Do it five to ten times, slowly."),
        ("Rest 2 min, then 1 min.", "Rest two minutes, then one minute."),
        ("Stay 1.5 min.", "Stay one point five minutes."),
        ("Take 4-6 breaths.", "Take four to six breaths."),
        ("Count 4 in, 6 out.", "Count four in, six out."),
        ("Breathe 4-7-8.", "Breathe four, seven, eight."),
        ("Bend to 90°.", "Bend to ninety degrees."),
        ("A towel, 60 cm long.", "A towel, sixty centimetres long."),
        ("Use 50% of your strength.", "Use fifty percent of your strength."),
        ("The 2nd time, e.g. today, lift & hold.", "The second time, for example today, lift and hold."),
        ("About ½ of it.", "About half of it."),
        ("The knee is at 12 o'clock.", "The knee is at twelve o'clock."),
        ("Cat-cow, all-fours and hip-width.", "Cat-cow, all-fours and hip-width."),
        ("Don't lift.", "Don't lift."),
        ("L5 and S1 rest.", "L5 and S1 rest."),
    ],
)
def test_numbers_and_abbreviations_are_read_as_words(written: str, said: str) -> None:
    assert PLAIN.said(written) == said


def test_words_are_respelled_whole_in_capitals_or_not() -> None:
    lexicon = Lexicon({"glute": "gloot", "lower back": "lumbar spine"})
    assert lexicon.said("Glute bridge: squeeze each glute.") == "Gloot bridge: squeeze each gloot."
    assert lexicon.said("Glutes, gluten, my-glute.") == "Glutes, gluten, my-gloot."
    assert lexicon.said("Your lower back rests.") == "Your lumbar spine rests."


@given(st.text(alphabet=st.sampled_from("abc 0123456789-–.,°%x½&e'"), max_size=40))
def test_no_digit_is_left_to_the_engine_and_nothing_breaks(text: str) -> None:
    said = PLAIN.said(f"Hold {text} now.")
    assert said.startswith("Hold")
    assert said.endswith("now.")
    assert "  " not in said
    assert PLAIN.said(said) == said or any(char.isdigit() for char in said)


@given(st.integers(0, 9999), st.sampled_from(["s", "min", "x", "cm"]))
def test_every_amount_becomes_words(number: int, unit: str) -> None:
    said = PLAIN.said(f"Now {number} {unit}.")
    assert not any(char.isdigit() for char in said)
