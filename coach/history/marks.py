"""Marks: files that say of a process that it lives, however it ends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Mark:
    """A file that is held until it is released or its process ends, be it by ``kill -9`` or a power cut."""

    def __init__(self, path: Path) -> None:
        """Make the file and hold it.

        Raises:
            OSError: it cannot be made, or nothing can be held on this disk (some network disks).
        """
        self._path = path
        self._handle: int | None = _hold(path)

    def release(self) -> None:
        """Remove the file; never fails, may be called twice."""
        if self._handle is None:
            return
        if fcntl is None:
            os.close(self._handle)  # first: there a file that is open cannot be removed
            _removed(self._path)
        else:
            _removed(self._path)  # while it is held, so that nobody takes a later one of this name for it
            os.close(self._handle)
        self._handle = None


def is_alive(path: Path) -> bool:
    """Return whether a process holds the mark at a path. Where nobody does, the file may be there all the same."""
    if fcntl is None:
        return not _removed(path)
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two who ask at once do not take each other for it
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def sweep(marks: Iterable[Path]) -> None:
    """Remove the marks, or other files that were held, of processes that are no more; never fails."""
    for path in marks:
        if fcntl is None:
            _removed(path)
            continue
        with contextlib.suppress(OSError), path.open("rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_linked(file.fileno()):  # else it is gone, and the path is another's by now
                path.unlink()


def _hold(path: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if fcntl is None:
            return handle  # that it is open is enough
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_linked(handle):
                return handle
        except OSError:
            os.close(handle)
            raise
        os.close(handle)  # swept away between the two lines above: once more


def _is_linked(handle: int) -> bool:
    return os.fstat(handle).st_nlink > 0


def _removed(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True
