import re

import pytest

from coach import defaults
from coach.core.breath import NAMED_PATTERNS, BreathPattern, Phase, read_ramp


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


@pytest.mark.parametrize(("name", "counts"), [("calm", "4-6"), ("Box", "4-4-4-4"), (" relax ", "4-7-8")])
def test_a_pattern_may_be_named(name: str, counts: str) -> None:
    assert BreathPattern.parse(name) == BreathPattern.parse(counts)


def test_named_patterns_say_what_they_are_for_and_where_they_come_from() -> None:
    assert {"calm", "box", "relax", "even", "resonance"} <= NAMED_PATTERNS.keys()
    assert BreathPattern.parse("resonance").counts == 10  # six a minute at one count a second
    for named in NAMED_PATTERNS.values():
        assert named.purpose
        assert re.search(r"doi 10\.|PubMed \d", named.source)


def test_no_default_holds_the_breath() -> None:
    assert BreathPattern.parse("relax").holds
    assert BreathPattern.parse("box").holds
    assert not BreathPattern.parse(defaults.BREATH).holds


@pytest.mark.parametrize(
    ("text", "stages"),
    [
        ("3-4:4-6", "3-4 3-5 4-5 4-6"),
        ("4-6:calm", "4-6"),
        ("2-4-5:3-4-6", "2-4-5 3-4-5 3-4-6"),
    ],
)
def test_a_ramp_reads_as_its_stages(text: str, stages: str) -> None:
    assert " ".join(map(str, read_ramp(text))) == stages


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("4-6", "write the first and the last breath pattern"),
        ("3-4:4-5:4-6", "write the first and the last"),
        ("3-4:4-7-8", "need the same phases"),
        ("4-6:3-4", "does not lengthen"),
        ("5-4:4-6", "does not lengthen"),
        ("3-4:fast", "“fast” is not a breath pattern"),
    ],
)
def test_what_is_no_ramp_is_refused_in_plain_words(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_ramp(text)


@pytest.mark.parametrize("hyphen", ["\u2010", "\u2011", "\u2013", "\u2014", "\u2212"])
def test_any_hyphen_will_do(hyphen: str) -> None:
    """Word processors and spreadsheets put them in place of the one that is typed."""
    assert BreathPattern.parse(f"4{hyphen}7{hyphen}8") == BreathPattern.parse("4-7-8")
