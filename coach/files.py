"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from coach.errors import InputError, OutputError


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
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
        os.close(handle)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}; choose another folder") from error
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp makes files that nobody else may read
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
