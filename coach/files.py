"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from coach.errors import InputError, OutputError
from coach.history.marks import sweep

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_UNFINISHED = ".part"


def check_place(path: Path) -> bool:
    """Refuse a place where no file can be written; return whether there is a file already.

    Raises:
        InputError: it is a folder or something else than a file, or its folder is not there.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; name a file in it")
        if not path.parent.is_dir():
            raise InputError(f"the folder {path.parent} does not exist; make it first, or write elsewhere")
        taken = path.exists()
        if taken and not path.is_file():
            raise InputError(f"{path} is no file that could be replaced; choose another name")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}; choose another name") from error
    return taken


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a new file in the same folder that takes the path's place if all goes well, and is removed if not.

    Raises:
        OutputError: the folder cannot be written, or the disk is full.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    prefix = f".{path.name[:40]}."
    try:
        sweep(path.parent.glob(f"{glob.escape(prefix)}*{_UNFINISHED}"))  # what a coach that was killed left
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=_UNFINISHED)
        with contextlib.suppress(OSError):  # some network disks have no locks: there nothing is swept away either
            _lock(handle)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}; choose another folder") from error
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp makes files that nobody else may read
        if fcntl is None:
            os.close(handle)  # elsewhere a file that is open cannot be moved
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            os.close(handle)
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _lock(handle: int) -> None:
    """Hold a file as long as this process lives; elsewhere, that it is open does the same."""
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
