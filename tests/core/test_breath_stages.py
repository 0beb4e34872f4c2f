from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.core.breath import BreathPattern, Phase
from coach.core.breath_stages import BreathStages
from coach.core.dose import Amount, Dose, Unit
from support.making import course


@pytest.mark.parametrize(
    ("text", "pattern", "breaths"),
    [
        ("30 s", "4-6", 3),
        ("20 s", "4-6", 2),
        ("10-20 s", "4-6", 2),  # 15 s is as near to one breath as to two: the longer
        ("8-10 s", "4-6", 1),
        ("8-10 s", "4-7-8", 1),  # no whole breath fits: at least one
        ("20 s", "4-7-8", 1),  # nor here: one is not longer
        ("15 s", "4-6", 1),  # nor here: two would be longer than was promised
        ("30 s", "4-4", 3),  # four are nearer, but longer
        ("20-60 s", "4-4-4-4", 3),
        ("5 breaths", "4-7-8", 5),
        ("12 x", "4-6", 12),
        ("34 s", "3-4:4-6", 4),  # 7, 8, 9 and 10 counts
        ("17 s", "3-4:4-6", 2),  # the shortest and the longest
        ("68 s", "3-4:4-6", 8),
    ],
)
def test_seconds_round_to_whole_breaths(text: str, pattern: str, breaths: int) -> None:
    assert course(pattern).breaths_in(Dose.parse(text).amount()) == breaths


@given(st.integers(1, 600), st.integers(0, 300), st.integers(2, 40), st.integers(300, 2000))
def test_whole_breaths_stay_in_range_whenever_one_fits(low: int, more: int, counts: int, beat_ms: int) -> None:
    dose = Dose(Unit.SECONDS, low, low + more)
    one = BreathStages((BreathPattern(((Phase.IN, 1), (Phase.OUT, counts - 1))),), beat_ms)
    breaths = one.breaths_in(dose.amount())
    breath_ms = counts * beat_ms
    fitting = [n for n in range(1, dose.high * 1000 // breath_ms + 1) if n * breath_ms >= low * 1000]
    middle = dose.amount().value
    nearest = min(fitting or [max(1, dose.high * 1000 // breath_ms)], key=lambda n: (abs(n * breath_ms - middle), -n))
    assert breaths == nearest


@given(st.integers(1, 600), st.integers(0, 300), st.integers(2, 40), st.integers(300, 2000), st.floats(0, 1))
def test_a_dose_is_never_longer_than_its_range_unless_one_breath_is(
    low: int, more: int, counts: int, beat_ms: int, share: float
) -> None:
    dose = Dose(Unit.SECONDS, low, low + more)
    one = BreathStages((BreathPattern(((Phase.IN, 1), (Phase.OUT, counts - 1))),), beat_ms)
    breaths = one.breaths_in(Amount(dose, round((low + share * more) * 1000)))
    assert breaths == 1 or one.length_ms(breaths) <= dose.high * 1000
    assert one.length_ms(breaths + 1) > low * 1000  # nor shorter than its range, if one more would fit


phases = st.lists(st.tuples(st.integers(1, 10), st.integers(0, 10)), min_size=2, max_size=4)
ramps = phases.map(
    lambda pairs: f"{'-'.join(str(low) for low, _ in pairs)}:{'-'.join(str(low + more) for low, more in pairs)}"
)


@given(ramps, st.integers(1, 200))
def test_a_ramp_lengthens_evenly(text: str, breaths: int) -> None:
    one = course(text)
    patterns = [one.pattern(breath, breaths) for breath in range(breaths)]
    assert str(patterns[0]) == text.split(":", maxsplit=1)[0]
    if breaths > 1:
        assert str(patterns[-1]) == text.split(":")[1]
    lengths = [pattern.counts for pattern in patterns]
    assert lengths == sorted(lengths)
    if breaths >= len(one.stages):
        assert max(after - before for before, after in pairwise([lengths[0], *lengths])) <= 1
        shares = [patterns.count(stage) for stage in one.stages]
        assert max(shares) - min(shares) <= 1
    assert one.length_ms(breaths) == sum(lengths) * one.beat_ms


@given(ramps, st.integers(1, 300), st.integers(0, 100))
def test_a_ramp_too_rounds_to_the_nearest_breath_in_range_or_shorter(text: str, low: int, more: int) -> None:
    one = course(text)
    amount = Amount(Dose(Unit.SECONDS, low, low + more), (2 * low + more) * 500)
    lengths = {n: one.length_ms(n) for n in range(1, 2 + (low + more) // 2 + 1)}
    fitting = [n for n, ms in lengths.items() if low * 1000 <= ms <= (low + more) * 1000]
    shorter = [1, *(n for n, ms in lengths.items() if ms <= (low + more) * 1000)]
    expected = min(fitting or shorter[-1:], key=lambda n: (abs(lengths[n] - amount.value), -n))
    assert one.breaths_in(amount) == expected
