"""A short run of ``tests/fuzz/history.py``; the long ones are run by hand."""

from __future__ import annotations

from fuzz.history import run


def test_however_the_bytes_are_flipped_a_session_is_recorded_or_it_is_said_why_not() -> None:
    """Of 500 damaged histories, 16 once did not record a session and said nothing; 28 could not be read any more."""
    met, failures = run(rounds=250, seed=90_000)
    assert failures == []
    assert met["set aside"] > 50
    assert met["read"] > 50
    assert met["some left out"] > 5
