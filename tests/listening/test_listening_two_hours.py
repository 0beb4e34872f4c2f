"""No drift (timing contract, T10), heard: the last hundred counts of two hours are as exact as the first."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from coach.audio.ffmpeg import ffmpeg_path
from coach.core.timeline import Cue, Timeline
from coach.units import ms_to_frames
from support.command import Coach
from support.listening import RATE, Samples, centre_ms
from support.tiers import thorough

COUNTS = 100


def decode_both_ends(path: Path, head_s: int, tail_s: int) -> tuple[Samples, Samples, int]:
    """Decode a file of any length; return its beginning, its end, and how many samples it has."""
    command = [ffmpeg_path(), "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
    head, tail, total = b"", b"", 0
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while block := process.stdout.read(1 << 22):
            total += len(block)
            head += block[: max(0, head_s * RATE * 2 - len(head))]
            tail = (tail + block)[-tail_s * RATE * 2 :]
    assert process.returncode == 0
    one, other = (np.frombuffer(part, dtype="<i2").astype(np.float64) / 32768 for part in (head, tail))
    return one, other, total // 2


def long(coach: Coach, folder: Path, minutes: int) -> tuple[Path, Timeline]:
    (folder / "long.yaml").write_text(
        "name: Long\npurpose: p\nstretches:\n" + f"  - {{stretch: childs-pose, dose: {minutes // 2} min}}\n" * 2
    )
    how = ("long.yaml", "--guidance", "full", "--words", "names")
    assert coach("render", *how, cwd=folder).returncode == 0
    return folder / "long.mp3", Timeline.from_json(coach("timeline", *how, "--json", cwd=folder).stdout)


def errors_ms(samples: Samples, counts: list[Cue], begin_ms: float) -> list[float]:
    return [
        centre_ms(samples, cue.start_ms - 30 - begin_ms, cue.end_ms + 30 - begin_ms) + begin_ms - (cue.center_ms or 0)
        for cue in counts
    ]


@pytest.mark.parametrize("minutes", [8, pytest.param(120, marks=thorough)])
def test_the_last_hundred_counts_are_as_exact_as_the_first(coach: Coach, tmp_path: Path, minutes: int) -> None:
    path, timeline = long(coach, tmp_path, minutes)
    assert timeline.duration_ms > minutes * 60_000
    counts = [cue for cue in timeline.cues if cue.kind == "count"]
    first, last = counts[:COUNTS], counts[-COUNTS:]
    head_s = first[-1].end_ms // 1000 + 2
    tail_s = (timeline.duration_ms - last[0].start_ms) // 1000 + 2
    head, tail, total = decode_both_ends(path, head_s, tail_s)
    assert 0 <= total - ms_to_frames(timeline.duration_ms) < 529  # see the other listening tests
    begin_ms = (total - len(tail)) * 1000 / RATE
    early, late = errors_ms(head, first, 0), errors_ms(tail, last, begin_ms)
    assert max(map(abs, (*early, *late))) <= 10
    assert np.mean(late) == pytest.approx(np.mean(early), abs=0.1)
    assert np.std(late) == pytest.approx(np.std(early), abs=0.2)
    assert max(map(abs, late)) == pytest.approx(max(map(abs, early)), abs=1.0)
