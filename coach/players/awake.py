"""What players need of this process.

A clock that stands still while the process is asleep, threads that take turns quickly, and a thread that goes first.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable

SWITCH_INTERVAL_S = 0.001
"""How long a busy thread may keep the others waiting while something plays; Python's default is 5 ms."""

TICK_S = 0.1
LONGEST_TICK_S = 0.3
"""A tick that comes later than this came late because the process was stopped or the machine asleep."""


class AwakeClock:
    """A clock that stands still while this process is stopped (a closed lid, SIGSTOP).

    A device that has not asked for sound for a second is gone, unless the process could not have answered in that
    second. So this clock, not one that runs on, measures how long a device has been silent.
    """

    def __init__(self) -> None:
        self._awake_s = 0.0
        self._over = threading.Event()
        threading.Thread(target=self._run, name="coach-awake-clock", daemon=True).start()

    @property
    def awake_s(self) -> float:
        """For how many seconds this process could run since the clock was made, to about a tick."""
        return self._awake_s

    def stop(self) -> None:
        """Stop it for good."""
        self._over.set()

    def _run(self) -> None:
        before = time.monotonic()
        while not self._over.wait(TICK_S):
            now = time.monotonic()
            self._awake_s += min(now - before, LONGEST_TICK_S)
            before = now


def switch_quickly() -> Callable[[], None]:
    """Let threads take turns quickly; return a function that restores what was before."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(min(SWITCH_INTERVAL_S, usual_s))
    return lambda: sys.setswitchinterval(usual_s)


def raise_priority() -> None:
    """Let the calling thread go before others when there is work for it, if the system allows that.

    For threads that sleep most of the time: on a busy machine they would be late by more than a device holds.
    """
    with contextlib.suppress(AttributeError, OSError):  # not Linux; not allowed
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
