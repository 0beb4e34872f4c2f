"""A terminal that is shared with a shell: who may use it now, and what happens around Ctrl-Z."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

try:
    import termios
except ImportError:  # Windows
    POSIX = False
    TERMINAL_ERRORS: tuple[type[Exception], ...] = (OSError,)
else:
    POSIX = True
    TERMINAL_ERRORS = (OSError, termios.error)
"""What comes of a terminal that is gone."""


def in_foreground(descriptor: int) -> bool:
    """Whether a terminal is ours to use: in the background (``&``, ``bg``) it belongs to the shell."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except (AttributeError, OSError):  # Windows has no such thing; or it is not the terminal that we were started from
        return True


def undo_ctrl_s(descriptor: int) -> None:
    """Let a terminal go on that was told to wait: for its last words, and for the shell."""
    if not POSIX:
        return
    with suppress(*TERMINAL_ERRORS):
        mode = termios.tcgetattr(descriptor)
        deaf = [mode[0] & ~termios.IXON, *mode[1:]]
        termios.tcsetattr(descriptor, termios.TCSANOW, deaf)  # a terminal that cannot be told to wait does not
        termios.tcsetattr(descriptor, termios.TCSANOW, mode)


@contextmanager
def around_stops(leave: Callable[[], None], again: Callable[[], None]) -> Iterator[None]:
    """Call ``leave`` before Ctrl-Z stops the process, and ``again`` when it goes on, after whatever stop.

    Both are called between any two steps of the program, so they had better be short. Several may be active, one inside
    the other. If nothing could continue the process, the system does not stop it: then ``leave`` alone is called.
    """
    if not hasattr(signal, "SIGTSTP") or threading.current_thread() is not threading.main_thread():
        yield
        return
    outer_stop, outer_continue = signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGCONT)

    def stop(number: int, frame: FrameType | None) -> None:
        leave()
        if callable(outer_stop):
            outer_stop(number, frame)
        else:
            installed = signal.signal(signal.SIGTSTP, outer_stop or signal.SIG_DFL)
            signal.raise_signal(signal.SIGTSTP)  # here the process stands still
            signal.signal(signal.SIGTSTP, installed)

    def go_on(number: int, frame: FrameType | None) -> None:
        if callable(outer_continue):
            outer_continue(number, frame)
        again()

    signal.signal(signal.SIGTSTP, stop)
    signal.signal(signal.SIGCONT, go_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, outer_stop or signal.SIG_DFL)
        signal.signal(signal.SIGCONT, outer_continue or signal.SIG_DFL)
