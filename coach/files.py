"""Where the coach's own files are; paths as people write them; files that appear whole or not at all, or are held."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from coach.errors import InputError, OutputError, reason

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

UNFINISHED = ".coach-part"
"""How the name of a file or folder ends that exists only while the coach works on it."""

_PACKAGE = Path(__file__).parent
_RANDOM = "[a-z0-9_]{8}"  # what tempfile puts between prefix and suffix
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[1-9¹²³]) *(\..*)?", re.IGNORECASE | re.DOTALL)
_DEVICES = Path("/dev")
_SLASHES = tuple(filter(None, (os.sep, os.altsep)))
_POLL_S = 0.01
_MANY = 1_000
_LOOK_THROUGH_MANY_EVERY_S = 60.0
_looked: dict[Path, tuple[float, list[Path]]] = {}
"""When this process last looked through a folder of very many files, by its clock in s, and what was unfinished."""
_FORGOTTEN_S = 86_400
"""On Windows, which cannot lock a folder, an unfinished one is removed after this long."""


def data_folder(name: str) -> Path:
    """Return the folder ``scripts`` or ``sounds``: inside the installed package, or beside it in a checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def expanded(text: str) -> Path:
    """Return a path with ``~`` resolved.

    Raises:
        InputError: it names the home folder of an unknown user.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise InputError(f"{text} begins with the home folder of an unknown user; write the path in full") from error


def check_name(name: str) -> None:
    """Refuse a file name that cannot be used on every system.

    Raises:
        InputError: Windows reserves it for a device (``CON``, ``nul.mp3``), or it contains a NUL character.
    """
    if "\0" in name:
        raise InputError(f"“{name}” contains a NUL character; choose another name")
    if is_reserved(name):
        raise InputError(f"“{name}” is reserved for a device on Windows; choose another name")


def is_reserved(name: str) -> bool:
    """Return whether Windows keeps a file's name for a device, whatever its ending."""
    return _RESERVED.fullmatch(name) is not None


def place_named(text: str | Path) -> Path:
    """Return the path of a file that is to be written.

    Raises:
        InputError: it ends in a slash, as only the name of a folder does, and there is no such folder.
    """
    path = Path(text)
    if str(text).endswith(_SLASHES) and not path.is_dir():
        raise no_folder(path)
    return path


def no_folder(path: Path) -> InputError:
    """Return what is said of a folder that should be there."""
    return InputError(f"the folder {path} does not exist; make it first, or write elsewhere")


def check_place(path: Path) -> bool:
    """Refuse a path where no file can be written; return whether a file or a link is there already.

    Raises:
        InputError: the name is reserved, the path is a folder or a device, or its folder does not exist.
    """
    check_name(path.name)
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; name a file in it")
        if not path.parent.is_dir():
            raise no_folder(path.parent)
        taken = path.is_symlink() or path.exists()
        if (path.exists() and not path.is_file()) or path.parent.resolve() == _DEVICES:
            raise InputError(f"{path} is not a file that can be replaced; choose another name")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {reason(error, 'Choose another name')}") from error
    return taken


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a new file in the same folder; it takes the path's place if all goes well, and is removed if not.

    A link at the path is replaced; the file it points to is left alone.

    Raises:
        OutputError: the folder cannot be written, or the disk is full.
    """
    start = f".{path.name[:40]}."
    try:
        _sweep_unfinished(path.parent, start)
        handle, temporary = _new_file(path.parent, start)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {reason(error, 'Choose another folder')}") from error
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp makes files that only their owner may read
        if fcntl is None:
            os.close(handle)  # Windows cannot move an open file
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {reason(error)}") from error
    finally:
        with contextlib.suppress(OSError):
            os.close(handle)
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def check_free(path: Path, *, force: bool) -> None:
    """Refuse a place where no file can be written, or where one lies that is not to be replaced.

    Raises:
        InputError: it is such a place.
    """
    if check_place(path) and not force:
        raise InputError(f"{path} is there already; add --force to replace it, or choose another name")


def write_private(path: Path, data: bytes) -> None:
    """Write a file that from its first moment only its owner may read, whole or not at all, even in a power cut.

    Raises:
        OSError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(temporary, flags, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Have the names in a folder on the disk, where a system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)  # Windows cannot open folders
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class HeldFile:
    """An empty file, held until it is released or its process ends, even by ``kill -9`` or a power cut."""

    def __init__(self, path: Path, wait_s: float | None = None, give_up: Callable[[], bool] = lambda: False) -> None:
        """Make the file and hold it, once no other process or thread holds it.

        Args:
            path: the file.
            wait_s: how long to wait for another holder; ``None`` for as long as it takes.
            give_up: asked while waiting; when true, the wait ends.

        Raises:
            TimeoutError: another holder kept it.
            OSError: it cannot be made, or the disk has no locks (some network disks).
        """
        self._path = path
        deadline_s = None if wait_s is None else time.monotonic() + wait_s
        self._handle = _try_to_hold(path)
        while self._handle is None:
            if give_up() or (deadline_s is not None and time.monotonic() >= deadline_s):
                raise TimeoutError(f"{path} is held by another process")
            time.sleep(_POLL_S)
            self._handle = _try_to_hold(path)

    def release(self) -> None:
        """Remove the file; never fails, may be called twice."""
        if self._handle is None:
            return
        if fcntl is None:
            os.close(self._handle)  # first: Windows cannot remove an open file
            _try_to_remove(self._path)
        else:
            _try_to_remove(self._path)  # while it is held, or it could be a later file of this name
            os.close(self._handle)
        self._handle = None

    def __enter__(self) -> HeldFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Return whether a process holds the file at a path; the file may exist without being held."""
    if fcntl is None:
        return not _try_to_remove(path)
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two that ask at once do not see each other
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def sweep(paths: Iterable[Path]) -> None:
    """Remove the files and folders among some paths that no process holds any more; never fails."""
    for path in paths:
        with contextlib.suppress(OSError):
            if fcntl is None:
                _sweep_on_windows(path)
                continue
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                _lock(handle)
                if _is_at(handle, path):  # else it is gone, and another has taken its name
                    _remove(path)
            finally:
                os.close(handle)


class HeldFolder:
    """A temporary folder, removed when it is closed; if its process was killed, by the next one that makes such."""

    def __init__(self, prefix: str, parent: Path | None = None) -> None:
        """Make it.

        Args:
            prefix: how its name begins.
            parent: where; ``None`` for the system's folder of temporary files.

        Raises:
            OSError: it cannot be made.
        """
        parent = Path(tempfile.gettempdir()) if parent is None else parent
        _sweep_unfinished(parent, prefix)
        self._handle: int | None = None
        while True:
            self.path = Path(tempfile.mkdtemp(dir=parent, prefix=prefix, suffix=UNFINISHED))
            try:
                self._hold()
            except FileNotFoundError:  # swept before it was held: once more
                self.close()
            except OSError:
                self.close()
                raise
            else:
                return

    def close(self) -> None:
        """Remove the folder and all that is in it; never fails, may be called twice."""
        shutil.rmtree(self.path, ignore_errors=True)
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _hold(self) -> None:
        if fcntl is None:
            return
        self._handle = os.open(self.path, os.O_RDONLY)
        if not _hold_new(self._handle, self.path):
            raise FileNotFoundError(self.path)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()


def _sweep_unfinished(folder: Path, start: str) -> None:
    """Remove the unfinished files or folders that a killed coach left, and nothing that has any other name.

    A folder of very many files is looked through once a minute: else each file that is written would wait longer than
    the one before.
    """
    now = time.monotonic()
    at, unfinished = _looked.get(folder, (float("-inf"), []))
    if now - at >= _LOOK_THROUGH_MANY_EVERY_S:
        paths: list[Path] = []
        with contextlib.suppress(OSError):  # it may be one that can be written and not be read
            paths = list(folder.iterdir())
        unfinished = [path for path in paths if path.name.endswith(UNFINISHED)]
        if len(paths) > _MANY:
            _looked[folder] = now, unfinished
    name = re.compile(re.escape(start) + _RANDOM + re.escape(UNFINISHED))
    sweep(path for path in unfinished if name.fullmatch(path.name))


def _new_file(folder: Path, start: str) -> tuple[int, Path]:
    """Make and hold an unfinished file."""
    while True:
        handle, name = tempfile.mkstemp(dir=folder, prefix=start, suffix=UNFINISHED)
        if _hold_new(handle, Path(name)):
            return handle, Path(name)
        os.close(handle)


def _hold_new(handle: int, path: Path) -> bool:
    """Hold what was just made; return whether no other process has swept it, or is about to.

    Between being made and being held it looks like what a killed coach left.
    """
    try:
        _lock(handle)
    except BlockingIOError:  # a sweeper holds it, and removes it next
        return False
    except OSError:  # some network disks have no locks: nothing is swept there either
        return True
    return fcntl is None or _is_at(handle, path)


def _lock(handle: int) -> None:
    """Lock an open file or folder for as long as it stays open; on Windows, that it is open is enough."""
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _try_to_hold(path: Path) -> int | None:
    """Return the handle of a file that is now held; ``None`` if another holds it."""
    if fcntl is None:
        _try_to_remove(path)  # succeeds only if it is not open
        with contextlib.suppress(FileExistsError, PermissionError):
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        return None
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle)
        if _is_at(handle, path):
            return handle
    except BlockingIOError:
        pass
    except OSError:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _is_at(handle: int, path: Path) -> bool:
    """Return whether an open file or folder is still the one at a path."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    return False


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _sweep_on_windows(path: Path) -> None:
    """Remove a file if it is not open, or a folder if it was forgotten."""
    if not path.is_dir() or path.stat().st_mtime < time.time() - _FORGOTTEN_S:
        _remove(path)


def _try_to_remove(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True
