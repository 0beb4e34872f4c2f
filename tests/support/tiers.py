"""How much is tested when: the tiers that ``-m`` chooses, and how many examples Hypothesis tries in each.

==============================  ==========================================================================
``pytest -m quick``             while you work: nothing that starts the command line, speaks or encodes
``pytest``                      before a commit: all but what is marked ``thorough`` or ``live``
``pytest -m thorough``          the long version of what the usual run tries in part
``pytest -m live -n 0``         what plays in real time, to a real audio server
==============================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

EXAMPLES = {"quick": 25, "usual": 150, "thorough": 1_000}
"""Of each property, unless its test says otherwise with :func:`examples`."""

thorough = pytest.mark.thorough
"""For a test, or for one parameter of it, that takes long and of which the usual run tries a part."""

TESTS = Path(__file__).parent.parent
NOT_QUICK = (
    "cli",
    "listening",
    "live/ears",
    "live/screen",
    "live/test_play.py",
    "publish/test_encoder.py",
    "publish/test_mp3.py",
    "publish/test_publish.py",
    "publish/test_workers.py",
    "test_doc",
    "test_main.py",
    "publish/test_seal.py",
    "test_package.py",
    "test_public_api.py",
    "test_readme.py",
    "voices",
    "web",
)
"""Folders and files whose tests start programs, encode or take long."""
STARTS_THE_COACH = {"coach", "coach_here", "rendered"}
"""Fixtures."""


def thoroughly(*parameters: object) -> list[Any]:
    """Return parameters of a test that only the thorough tier tries; of several arguments, each as a tuple."""
    return [pytest.param(*(each if isinstance(each, tuple) else (each,)), marks=thorough) for each in parameters]


def mark_quick(items: Iterable[pytest.Item]) -> None:
    """Mark what belongs to the quick tier, so that nobody need do so test by test."""
    for item in items:
        place = item.path.relative_to(TESTS).as_posix()
        is_longer = item.get_closest_marker("thorough") or item.get_closest_marker("live")
        starts_it = STARTS_THE_COACH & set(getattr(item, "fixturenames", ()))
        if not (is_longer or starts_it or place.startswith(NOT_QUICK)):
            item.add_marker("quick")


def load_hypothesis_profile(config: pytest.Config) -> None:
    """Register a profile for each tier, and load the one of this run; ``--hypothesis-profile`` comes first."""
    for name, most in EXAMPLES.items():
        settings.register_profile(name, deadline=None, max_examples=most, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile(config.getoption("--hypothesis-profile") or _tier(config.option.markexpr))


def _tier(expression: str) -> str:
    return expression if expression == "quick" else "thorough" if expression.startswith("thorough") else "usual"


def examples(usual: int) -> settings:
    """Return how often a property is tried that costs more, or less, than others: ``usual`` times in the usual tier."""
    share = settings.default.max_examples / EXAMPLES["usual"]  # type: ignore[union-attr]
    return settings(max_examples=max(1, round(usual * share)))
