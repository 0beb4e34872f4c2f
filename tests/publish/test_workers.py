"""Work done by several processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from coach.errors import Cancelled, MachineError
from coach.publish.workers import cores_to_keep_to, results_of
from support.tiers import thorough

needs_affinity = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="processes are kept to cores only on Linux"
)


def double(number: int) -> int:
    return 2 * number


def die(_job: object) -> None:
    os._exit(3)


def sleep_and_clean_up(path: Path) -> None:
    try:
        path.with_suffix(".begun").touch()
        time.sleep(60)
    finally:
        path.touch()


def sleep_and_wrap(path: Path) -> None:
    """As a library does that was calling us back: pydantic, when it writes out a model."""
    try:
        path.touch()
        time.sleep(60)
    except SystemExit as error:
        raise ValueError("error calling function") from error


def affinity(job: tuple[Path, int]) -> set[int]:
    """Return it once as many processes as are told have a job, so that each has one."""
    folder, together = job
    (folder / str(os.getpid())).touch()
    until_s = time.monotonic() + 60
    while len([*folder.iterdir()]) < together and time.monotonic() < until_s:
        time.sleep(0.01)
    return os.sched_getaffinity(0)


def is_interrupt_ignored(_job: object) -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_every_job_is_done_once() -> None:
    assert sorted(results_of(double, range(40))) == [2 * number for number in range(40)]
    assert list(results_of(double, [])) == []


def test_jobs_are_taken_only_as_there_are_processes_for_them() -> None:
    """So that a million of them need no room."""
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(1_000):
            taken.append(number)
            yield number

    results = results_of(double, jobs())
    for _ in range(10):
        next(results)
    assert len(taken) < 10 + 2 * (os.cpu_count() or 1) + 2
    results.close()  # type: ignore[attr-defined]


def test_a_process_that_dies_is_told_and_ends_the_others() -> None:
    with pytest.raises(MachineError, match="a process that renders ended; run it again"):
        list(results_of(die, range(4)))


@pytest.mark.parametrize("how", ["cancelled", "left"])
def test_stopped_at_any_moment_each_cleans_up_what_it_does(tmp_path: Path, how: str) -> None:
    begun, path = tmp_path / "a.begun", tmp_path / "a.done"
    results = results_of(sleep_and_clean_up, [path.with_name("a.done")], cancelled=begun.exists)
    if how == "cancelled":
        with pytest.raises(Cancelled):
            next(results)
    else:
        with pytest.raises(KeyboardInterrupt):
            for _ in results_of(sleep_and_clean_up, [path], cancelled=lambda: interrupt(begun)):
                pass
    assert time.time() - begun.stat().st_mtime < 5
    assert path.exists()


def test_stopped_while_a_library_calls_back_it_ends_without_a_word(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    begun = tmp_path / "begun"
    with pytest.raises(Cancelled):
        next(iter(results_of(sleep_and_wrap, [begun], cancelled=begun.exists)))
    assert capfd.readouterr().err == ""


def interrupt(begun: Path) -> bool:
    if begun.exists():
        raise KeyboardInterrupt
    return False


def test_an_interrupt_is_for_the_parent_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    assert list(results_of(is_interrupt_ignored, [0])) == [True]
    assert signal.getsignal(signal.SIGINT) is before


@thorough
@needs_affinity
def test_each_process_keeps_to_a_core_of_its_own_if_there_is_one_for_each(tmp_path: Path) -> None:
    cores = sorted(os.sched_getaffinity(0))
    assert cores_to_keep_to(len(cores)) == cores
    assert cores_to_keep_to(len(cores) + 1) == [None] * (len(cores) + 1)
    assert sorted(results_of(affinity, [(tmp_path, len(cores))] * len(cores)), key=min) == [{core} for core in cores]
    if len(cores) > 1:
        assert list(results_of(affinity, [(tmp_path, 1)])) == [set(cores)]
