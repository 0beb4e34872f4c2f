"""How exactly counts are heard on their beat, in every manner: ``uv run python tests/benchmarks/beat.py [VOICE...]``.

Renders with the command line, decodes the MP3 and measures it as the listening tests do. “By onset” is how far apart
the intervals would be if clips were laid with their first sounds on the beat.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from coach.core.timeline import Timeline
from support.listening import decode, heard_errors, intervals_ms, without_tone
from support.manners import MANNERS, STRETCHES


def main() -> None:
    """Print the table."""
    print(
        f"{'voice':>8} {'manner':>22} {'counts':>6} {'worst':>6} {'p99':>6} {'onset':>6} {'spread':>7} {'by onset':>8}"
    )
    for voice in sys.argv[1:] or ["system"]:
        for manner, options in MANNERS.items():
            row(voice, manner, options)


def row(voice: str, manner: str, options: tuple[str, ...]) -> None:
    """Render, measure and print one manner; times in milliseconds."""
    how = [*STRETCHES, "--voice", voice, *options]
    coach = [sys.executable, "-m", "coach"]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "x.mp3"
        subprocess.run([*coach, "render", *how, "-o", str(path)], check=True, capture_output=True)
        told = subprocess.run([*coach, "timeline", *how, "--json"], check=True, capture_output=True, text=True)
        timeline = Timeline.from_json(told.stdout)
        samples = without_tone(decode(path), timeline)
    onsets, centres = (np.abs(errors) for errors in heard_errors(samples, timeline))
    even, by_onset = intervals_ms(samples, timeline)
    worst, p99 = (f"{centres.max():.2f}", f"{np.quantile(centres, 0.99):.2f}") if len(centres) else ("-", "-")
    spread, wide = (f"{np.ptp(even):.1f}", f"{np.ptp(by_onset):.0f}") if len(even) > 1 else ("-", "-")
    print(f"{voice:>8} {manner:>22} {len(centres):6} {worst:>6} {p99:>6} {onsets.max():6.2f} {spread:>7} {wide:>8}")


if __name__ == "__main__":
    main()
