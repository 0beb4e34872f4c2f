"""Marks of processes that live."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from coach.history.marks import Mark, is_alive, sweep

HOLD = """
import sys; from pathlib import Path; from coach.history.marks import Mark
mark = Mark(Path(sys.argv[1])); print("held", flush=True); sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_mark_is_held_until_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    assert not is_alive(path)
    mark = Mark(path)
    assert is_alive(path)
    assert is_alive(path)  # to ask does not let go of it
    mark.release()
    mark.release()
    assert not is_alive(path)
    assert list(tmp_path.iterdir()) == []


def test_a_mark_ends_with_its_process_and_only_then_is_swept_away(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    with holder(path) as process:
        sweep([path, tmp_path / "none"])
        assert is_alive(path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert path.exists()
        assert not is_alive(path)
    sweep([path])
    assert not path.exists()


def test_a_mark_that_is_made_while_others_sweep_stands(tmp_path: Path) -> None:
    """Between being made and being held, a mark looks like one that was left behind."""
    path, enough = tmp_path / "mark", threading.Event()

    def sweep_on() -> None:
        while not enough.is_set():
            sweep([path])

    sweeper = threading.Thread(target=sweep_on)
    sweeper.start()
    try:
        for _ in range(2_000):
            mark = Mark(path)
            assert os.stat(path).st_nlink == 1  # noqa: PTH116 - it is there
            assert is_alive(path)
            mark.release()
    finally:
        enough.set()
        sweeper.join()
