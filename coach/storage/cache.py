"""The cache: small files under hashes, each with a sum.

They appear whole, a damaged one is as if it were not there, and those used longest ago go first. Any number of coaches
may share it at once. Behind it there may be another, which machines share through an object store.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from coach.errors import InputError
from coach.files import sweep

if TYPE_CHECKING:
    from coach.storage.shared import Shared

SHARED_VARIABLE = "COACH_CACHE_SHARED"
"""Names the object store through which machines share a cache."""
CLIP, BLOCK, TURN = ".clip", ".block", ".turn"
"""Endings: of what is spoken, of what is encoded, and of files that are held while something is made."""
_ENDINGS = (CLIP, BLOCK, ".npz")
_PART = ".part"
_SUM_BYTES = 16
_FOLDER_CHARS = 2  # files lie in folders by the first letters of their names
_FORGOTTEN_S = 3_600
_LOOK_EVERY_S = 60.0
_looked: dict[Path, float] = {}
_told_to_share: list[str] = []


def place_of(folder: Path, digest: str, ending: str) -> Path:
    """Return where a file is kept."""
    return folder / digest[:_FOLDER_CHARS] / f"{digest}{ending}"


def load(path: Path) -> memoryview | None:
    """Return what is kept in a file, and note that it was used; ``None`` if it is not there, or damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    body = _body(data)
    if body is None:
        return None
    with contextlib.suppress(OSError):  # so that it is not the first to go
        os.utime(path)
    return body


def keep(path: Path, body: bytes) -> None:
    """Keep something, here and for the machines that share a cache.

    Raises:
        InputError: see :func:`shared_cache`.
        OSError: it cannot be written here.
    """
    data = body + _sum(body)
    _write(path, data)
    shared = shared_cache()
    if shared is not None:
        shared.give(_name(path), data)


def fetch(paths: Iterable[Path]) -> int:
    """Bring what is not here from the cache that machines share, several files at once; return how many it had.

    Raises:
        InputError: see :func:`shared_cache`.
    """
    shared = shared_cache()
    if shared is None:
        return 0
    missing = {_name(path): path for path in paths if not path.exists()}
    fetched = 0
    for name, data in shared.found(missing):
        if _body(data) is not None:
            with contextlib.suppress(OSError):
                _write(missing[name], data)
                fetched += 1
    return fetched


def shared_cache() -> Shared | None:
    """Return the cache that machines share: the one that ``COACH_CACHE_SHARED`` names, or that :func:`share_at` does.

    Raises:
        InputError: what the variable names is no address, or the package that opens it is not installed.
    """
    address = os.environ.get(SHARED_VARIABLE, "").rstrip("/")
    if not address and not any(_told_to_share):
        return None
    from coach.storage.shared import shared_at

    try:
        return shared_at(address or _told_to_share[0])
    except InputError as error:
        if not address:  # whoever told us can open it; we do without
            return None
        raise InputError(f"{SHARED_VARIABLE}: {error}") from error


def share_at(address: str) -> None:
    """Have this process share a cache from now on, unless its environment names one; or none, for an empty address."""
    _told_to_share[:] = [address.rstrip("/")]


def _write(path: Path, data: bytes) -> None:
    """Write a file beside its place, and move it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=_PART)
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _name(path: Path) -> str:
    """Return how a file is called in any cache."""
    return f"{path.parent.name}/{path.name}"


def _body(data: bytes) -> memoryview | None:
    """Return what is kept in a file, without its sum; ``None`` if that is wrong."""
    body = memoryview(data)[:-_SUM_BYTES]
    return body if len(data) >= _SUM_BYTES and _sum(body) == data[-_SUM_BYTES:] else None


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
