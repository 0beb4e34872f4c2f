import pytest

from coach.core.breath import BreathPattern, Phase


@pytest.mark.parametrize(
    ("text", "phases", "counts"),
    [
        ("4-6", ((Phase.IN, 4), (Phase.OUT, 6)), 10),
        ("4-7-8", ((Phase.IN, 4), (Phase.HOLD, 7), (Phase.OUT, 8)), 19),
        ("4-4-4-4", ((Phase.IN, 4), (Phase.HOLD, 4), (Phase.OUT, 4), (Phase.REST, 4)), 16),
        ("1-20", ((Phase.IN, 1), (Phase.OUT, 20)), 21),
    ],
)
def test_a_pattern_reads_and_writes(text: str, phases: tuple[tuple[Phase, int], ...], counts: int) -> None:
    pattern = BreathPattern.parse(text)
    assert pattern.phases == phases
    assert pattern.counts == counts
    assert str(pattern) == text


@pytest.mark.parametrize(
    "text", ["", "4", "4-", "-4-6", "4-6-", "0-6", "4-0", "4-21", "4-6-8-2-1", "a-b", "4.5-6", "٤-٦", "4--6", "1e3-4"]
)
def test_anything_else_is_refused_in_plain_words(text: str) -> None:
    with pytest.raises(ValueError, match="breath pattern"):
        BreathPattern.parse(text)
