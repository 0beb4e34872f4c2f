"""The cache: small files under hashes, each with a sum.

They appear whole, a damaged one is as if it were not there, and those used longest ago go first. Any number of coaches
may share it at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

from coach.files import sweep

CLIP, BLOCK, TURN = ".clip", ".block", ".turn"
"""Endings: of what is spoken, of what is encoded, and of files that are held while something is made."""
_ENDINGS = (CLIP, BLOCK, ".npz")
_PART = ".part"
_SUM_BYTES = 16
_FOLDER_CHARS = 2  # files lie in folders by the first letters of their names
_FORGOTTEN_S = 3_600
_LOOK_EVERY_S = 60.0
_looked: dict[Path, float] = {}


def place_of(folder: Path, digest: str, ending: str) -> Path:
    """Return where a file is kept."""
    return folder / digest[:_FOLDER_CHARS] / f"{digest}{ending}"


def load(path: Path) -> memoryview | None:
    """Return what is kept in a file, and note that it was used; ``None`` if it is not there, or damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    body = memoryview(data)[:-_SUM_BYTES]
    if len(data) < _SUM_BYTES or _sum(body) != data[-_SUM_BYTES:]:
        return None
    with contextlib.suppress(OSError):  # so that it is not the first to go
        os.utime(path)
    return body


def keep(path: Path, body: bytes) -> None:
    """Keep something: it is written beside its place and moved there.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=_PART)
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(body)
            part.write(_sum(body))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sum(body: bytes | memoryview) -> bytes:
    return hashlib.sha256(body).digest()[:_SUM_BYTES]


def kept_in(folder: Path) -> list[tuple[float, int, Path]]:
    """Return when each file was last used (since the epoch, in s), its size and its path; oldest first."""
    found = []
    for path in _files_in(folder, *_ENDINGS):
        with contextlib.suppress(OSError):  # another coach may just have taken it away
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    return sorted(found)


def shrink(folder: Path, limit_bytes: int) -> int:
    """Remove the files used longest ago until the rest is within a limit; return how many went."""
    sweep(_files_in(folder, TURN))
    for left in _files_in(folder, _PART):  # what a coach that was killed left
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - _FORGOTTEN_S:
                left.unlink()
    kept = kept_in(folder)
    too_many_bytes = sum(size for _, size, _ in kept) - limit_bytes
    gone = 0
    for _, size, path in kept:
        if too_many_bytes <= 0:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            gone += 1
            too_many_bytes -= size
    return gone


def keep_within(folder: Path, limit_bytes: int) -> None:
    """Do as :func:`shrink`, but at most once a minute: whoever stores much need not look each time."""
    now = time.monotonic()
    if now - _looked.get(folder, float("-inf")) >= _LOOK_EVERY_S:
        _looked[folder] = now
        shrink(folder, limit_bytes)


def _files_in(folder: Path, *endings: str) -> list[Path]:
    """Return the files with some endings in the folders of a cache, any of which may be removed meanwhile."""
    places = [place for place in _listed(folder) if len(place.name) == _FOLDER_CHARS]
    return [path for place in places for path in _listed(place) if path.name.endswith(endings)]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # it is a file, or gone
        return []
