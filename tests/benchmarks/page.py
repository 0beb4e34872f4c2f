"""The page of ``coach serve`` in Chromium: ``uv run python tests/benchmarks/page.py``.

- **first sound**: from the tap on “Begin” to the first sound of the session that is not the silence with which the
  element is woken, over ``--rounds`` of a routine that is new to the coach and of one that it has made;
- **weight**: what the page loads before its form can be tapped on.

Its voice is the best there is, and its cache begins empty; ``--voice`` takes another.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from support.browser import started_chromium  # noqa: E402
from support.page import first_sound_s, opened, phone, serving_coach  # noqa: E402

ROUTINES = ("daily", "morning", "evening", "lower-back-seven", "bad-day", "chair", "bed", "gentle-relief")
LOADED = """performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
  .map((each) => each.decodedBodySize).reduce((one, other) => one + other)"""


def main() -> None:
    """Measure, and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--voice", default="auto")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        env = {"COACH_CACHE": f"{folder}/cache", "COACH_DATA": f"{folder}/data", "COACH_VOICE": asked.voice}
        os.environ.update(env)
        with serving_coach(env=env) as coach, started_chromium() as browser:
            new: list[float] = []
            known: list[float] = []
            for number in range(asked.rounds):
                address = f"{coach.address}?targets={ROUTINES[number % len(ROUTINES)]}"
                for figures in (new, known):
                    with phone(browser) as context:  # one that has kept nothing
                        page = opened(context, address)
                        if not number and figures is new:
                            print(f"loaded before “Begin” can be tapped on: {page.evaluate(LOADED)} bytes")
                            page.wait_for_timeout(5000)  # the coach has just been started
                        figures.append(first_sound_s(page))
    for what, figures in (("new", new), ("known", known)):
        print(f"first sound, {what}: {statistics.median(figures):.2f} s, at most {max(figures):.2f} s")


if __name__ == "__main__":
    main()
