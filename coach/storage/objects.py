"""Object stores: named by an address, like ``s3://bucket/prefix``, they hold whole objects (obstore)."""

from __future__ import annotations

import contextlib
import datetime
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.errors import InputError, MachineError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

HOW_TO_GET = "pip install 'stretch-coach[stores]'"

MOST_AT_ONCE = 32_000_000
"""Bytes of an object that is written in one piece, since only such a one can be written under a condition."""
TIMEOUT_S, HASTY_TIMEOUT_S = 180, 5
"""How long a request may take: 32 MB at 1.5 Mbit/s; and where nobody is to wait for a store that does not answer."""
_unconditional: set[str] = set()
"""Stores that turned out to know no conditions."""


def is_address(where: Path | str) -> bool:
    """Return whether a place is named by an address."""
    return "://" in str(where)


def check_address(url: str) -> None:
    """Refuse an address of which a part would be ignored.

    Raises:
        InputError: it is one.
    """
    if "?" in url or "#" in url:
        raise InputError(f"{url}: leave “?” and “#” out of an address")


@dataclass(frozen=True)
class Seen:
    """What is known of an object."""

    told: Mapping[str, str]
    """What it says of itself."""
    writing: Mapping[str, str]
    """Which writing of it was seen, as its store has it: its tag, its version, or both."""


@dataclass(frozen=True)
class Objects:
    """A part of an object store; it can be handed to another process."""

    url: str
    """Without a slash at its end."""
    is_hasty: bool = False
    """Whether to give up after some seconds, where a store does not answer, rather than after minutes."""

    def check(self) -> None:
        """Refuse a store that cannot be read.

        Raises:
            InputError: the address is none, the package that opens it is not installed, or the keys of the environment
                do not allow it.
            MachineError: it does not answer as it should.
        """
        with self._asking("listed") as (obstore, store):
            next(iter(obstore.list(store)), None)

    def sizes(self) -> dict[str, int]:
        """Return how many bytes each object has, by name.

        Raises:
            InputError: the keys of the environment do not allow it.
            MachineError: it does not answer as it should.
        """
        with self._asking("listed") as (obstore, store):
            return {found["path"]: found["size"] for batch in obstore.list(store) for found in batch}

    def get(self, name: str) -> bytes | None:
        """Return what is in an object; ``None`` if it is not there.

        Raises:
            InputError: the keys of the environment do not allow it.
            MachineError: it does not answer as it should.
        """
        with self._asking("read") as (obstore, store), contextlib.suppress(FileNotFoundError):
            return bytes(obstore.get(store, name).bytes())
        return None

    def seen(self, name: str) -> Seen | None:
        """Return what is known of an object; ``None`` if it is not there.

        Raises:
            InputError: the keys of the environment do not allow it.
            MachineError: it does not answer as it should.
        """
        with self._asking("read") as (obstore, store), contextlib.suppress(FileNotFoundError):
            found = obstore.get(store, name, options={"head": True})
            told = {str(key).lower(): str(value) for key, value in found.attributes.items()}
            writing = {"e_tag": found.meta["e_tag"], "version": found.meta["version"]}
            return Seen(told, {name: value for name, value in writing.items() if value is not None})
        return None

    def replace(self, name: str, data: bytes) -> None:
        """Write an object, whatever is there.

        Raises:
            InputError: the keys of the environment do not allow it.
            MachineError: it cannot be written.
        """
        with self._asking("written") as (obstore, store):
            obstore.put(store, name, data)

    def remove(self, name: str) -> None:
        """Remove an object; nothing happens if it is not there.

        Raises:
            InputError: the keys of the environment do not allow it.
            MachineError: it does not answer as it should.
        """
        with self._asking("written") as (obstore, store), contextlib.suppress(FileNotFoundError):
            obstore.delete(store, name)

    def put(self, name: str, data: Path | bytes, *, kind: str, told: Mapping[str, str], over: Seen | None) -> bool:
        """Write an object, unless another has written it since it was looked at; return whether it was written.

        Where a store knows no conditions, and of over 32 MB, which go there in parts, it is written all the same: it
        too appears at once and whole.

        Args:
            name: how it is called.
            data: what is in it.
            kind: its media type.
            told: what it says of itself.
            over: what was there when it was looked at.

        Raises:
            InputError: the keys of the environment do not allow it.
            MachineError: it cannot be written.
        """
        with self._asking("written") as (obstore, store):
            errors = obstore.exceptions
            write = functools.partial(obstore.put, store, name, data, attributes={"Content-Type": kind, **told})
            size = data.stat().st_size if isinstance(data, Path) else len(data)
            if size > MOST_AT_ONCE or self.url in _unconditional or (over is not None and not over.writing):
                write(mode="overwrite")
                return True
            try:
                write(mode="create" if over is None else dict(over.writing))
            except (errors.AlreadyExistsError, errors.PreconditionError):
                return False
            except (errors.BaseError, NotImplementedError) as error:
                if not _knows_no_conditions(error):
                    raise
                _unconditional.add(self.url)
                write(mode="overwrite")
        return True

    @contextlib.contextmanager
    def _asking(self, what: str) -> Iterator[tuple[Any, ObjectStore]]:
        """Yield what asks a store, and the store; say what goes wrong as the coach does."""
        store = opened(self.url, is_hasty=self.is_hasty)  # says how to get the package, if it is missing
        import obstore
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

        try:
            yield obstore, store
        except (PermissionDeniedError, UnauthenticatedError) as error:
            why = _first(error)
            raise InputError(f"{self.url} cannot be {what} with the keys that are given: {why}") from error
        except (BaseError, OSError) as error:
            raise MachineError(f"{self.url} cannot be {what}: {_first(error)}") from error


def _knows_no_conditions(error: Exception) -> bool:
    from obstore.exceptions import NotSupportedError

    return isinstance(error, (NotSupportedError, NotImplementedError)) or "501 Not Implemented" in str(error)


def _first(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


@functools.cache
def opened(url: str, *, is_hasty: bool = False) -> ObjectStore:
    """Return a store; its keys and its region come from the environment, as its provider has them.

    Raises:
        InputError: the address is none, or the package that opens it is not installed.
    """
    try:
        from obstore.store import from_url
    except ImportError:
        raise InputError(f"{url}: an object store needs a package: {HOW_TO_GET}") from None
    check_address(url)
    try:
        if url.startswith("memory:"):
            return from_url(url)
        if is_hasty:
            retries: RetryConfig = {"max_retries": 1, "retry_timeout": datetime.timedelta(seconds=HASTY_TIMEOUT_S)}
            options: ClientConfig = {"allow_http": True, "connect_timeout": "2s", "timeout": f"{HASTY_TIMEOUT_S}s"}
            return from_url(url, client_options=options, retry_config=retries)
        return from_url(url, client_options={"allow_http": True, "timeout": f"{TIMEOUT_S}s"})
    except Exception as error:  # whatever a wrong address makes it raise
        raise InputError(f"{url} cannot be opened as an object store: {_first(error)}") from error
