"""Files and folders that are held for as long as a process lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from coach.files import UNFINISHED, HeldFile, HeldFolder, is_held, sweep

HOLD = """
import sys; from pathlib import Path; from coach.files import HeldFile, HeldFolder
if len(sys.argv) > 1: held = HeldFile(Path(sys.argv[1])); print(sys.argv[1], flush=True)
else: held = HeldFolder("coach-test-"); print(held.path, flush=True)
sys.stdin.read()
"""


def holder(path: Path | None = None) -> tuple[subprocess.Popen[str], Path]:
    """Start a process that holds a file, or a folder of its own."""
    command = [sys.executable, "-c", HOLD, *([str(path)] if path else [])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def killed(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_file_is_held_until_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    assert not is_held(path)
    held = HeldFile(path)
    assert is_held(path)
    assert is_held(path)  # to ask does not let go of it
    held.release()
    held.release()
    assert not is_held(path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_held_until_its_process_ends_and_only_then_swept_away(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    process, _ = holder(path)
    sweep([path, tmp_path / "none"])
    assert is_held(path)
    killed(process)
    assert path.exists()
    assert not is_held(path)
    sweep([path])
    assert not path.exists()


def test_only_one_holds_a_file_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    process, _ = holder(path)
    started_s = time.monotonic()
    with pytest.raises(TimeoutError):
        HeldFile(path, wait_s=0.1)
    with pytest.raises(TimeoutError):
        HeldFile(path, give_up=lambda: True)
    assert time.monotonic() - started_s < 1
    threading.Timer(0.2, killed, [process]).start()
    with HeldFile(path):
        assert is_held(path)
    assert list(tmp_path.iterdir()) == []


def test_threads_take_turns_too(tmp_path: Path) -> None:
    inside, most = [], []

    def take() -> None:
        for _ in range(20):
            with HeldFile(tmp_path / "lock"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 80
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_made_while_others_sweep_stands(tmp_path: Path) -> None:
    """Between being made and being held, it looks like one that was left behind."""
    path, enough = tmp_path / "mark", threading.Event()

    def sweep_on() -> None:
        while not enough.is_set():
            sweep([path])

    sweeper = threading.Thread(target=sweep_on)
    sweeper.start()
    try:
        for _ in range(2_000):
            held = HeldFile(path)
            assert os.stat(path).st_nlink == 1  # noqa: PTH116 - it is there
            assert is_held(path)
            held.release()
    finally:
        enough.set()
        sweeper.join()


def test_a_folder_of_a_killed_process_is_swept_by_the_next_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "coach-test-mine").mkdir()
    (tmp_path / f"coach-test-notes{UNFINISHED}").mkdir()  # not eight random letters: not ours
    (tmp_path / f"coach-test-abcdefgh{UNFINISHED}").symlink_to(tmp_path / "coach-test-mine")
    process, left = holder()
    (left / "clip.wav").write_text("half")
    with HeldFolder("coach-test-") as folder:
        assert left.is_dir()
        assert folder.is_dir()
    assert not folder.exists()
    killed(process)
    assert left.is_dir()
    HeldFolder("coach-test-").close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"coach-test-abcdefgh{UNFINISHED}",
        "coach-test-mine",
        f"coach-test-notes{UNFINISHED}",
    ]


def test_a_folder_that_is_made_while_others_sweep_stands(tmp_path: Path) -> None:
    enough = threading.Event()

    def sweep_on() -> None:
        while not enough.is_set():
            sweep(tmp_path.iterdir())

    sweeper = threading.Thread(target=sweep_on)
    sweeper.start()
    try:
        for _ in range(500):
            with HeldFolder("x-", tmp_path) as folder:
                assert folder.is_dir()
    finally:
        enough.set()
        sweeper.join()
    assert list(tmp_path.iterdir()) == []
