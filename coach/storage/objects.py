"""Object stores: named by an address, like ``s3://bucket/prefix``, they hold whole objects (obstore)."""

from __future__ import annotations

import contextlib
import datetime
import functools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from coach.errors import CoachError, InputError, MachineError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

HOW_TO_GET = "pip install 'stretch-coach[stores]'"

MOST_AT_ONCE = 32_000_000
"""Bytes of an object that is written in one piece, since only such a one can be written under a condition."""
TIMEOUT_S, HASTY_TIMEOUT_S = 180, 5
"""How long a request may take: 32 MB at 1.5 Mbit/s; and where nobody is to wait for a store that does not answer."""
_unconditional: set[str] = set()
"""Stores that turned out to know no conditions."""
_SERVERS = ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT", "GOOGLE_BASE_URL")
"""What names the server of a store in the environment, unless it is its provider's own."""
_IN_HEADERS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION")
"""What is sent along with each request."""
_REQUEST = re.compile(r"Error performing \w+ (?P<server>\w+://[^/\s]*)(?P<path>\S*) in .*? - (?P<why>.*)", re.DOTALL)
"""How obstore tells of a request that failed."""
_ANSWER = re.compile(r"Server returned non-2xx status code: (?P<status>\d+[^:\n]*)")
_GIVES_KEYS = ("/latest/api/token", "/latest/meta-data/", "/computeMetadata/", "/metadata/identity/")
"""What is asked for on a machine of a provider, where the environment gives no keys."""


def is_address(where: Path | str) -> bool:
    """Return whether a place is named by an address."""
    return "://" in str(where)


def check_address(url: str) -> None:
    """Refuse an address of which a part would be ignored.

    Raises:
        InputError: it is one.
    """
    scheme, _, rest = url.partition("://")
    if "@" in rest.split("/")[0] and not scheme.startswith("abfs"):
        raise InputError(
            f"{scheme}://{rest.rpartition('@')[2]}: leave keys out of an address; the environment gives them"
        )
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
        from obstore.exceptions import BaseError

        try:
            yield obstore, store
        except (BaseError, OSError) as error:
            raise _told(self.url, what, error) from error
        except BaseException as error:
            if not _is_panic(error):
                raise
            raise MachineError(f"{self.url} cannot be {what}: obstore broke off ({_first(error)})") from error


def _told(url: str, what: str, error: Exception) -> CoachError:
    """Say which server did what, as the coach says it."""
    from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

    request = _REQUEST.search(str(error))
    answer = _ANSWER.match(request["why"]) if request else None
    if request is None:
        why = _first(error)
    elif request["path"].startswith(_GIVES_KEYS):
        return InputError(f"{url} cannot be {what}: the environment gives no keys for it")
    elif answer is None and request["why"].startswith("HTTP error"):
        why = f"{request['server']} does not answer; is that address right, and the network there?"
    elif answer is None:
        why = f"{request['server']}: {request['why'].splitlines()[0]}"
    else:
        says = re.search(r"<Message>\s*([^<]{1,200})", request["why"])
        why = f"{request['server']} answers {answer['status']}" + (f": {says[1].strip()}" if says else "")
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)) or (
        answer is not None and answer["status"].startswith(("401", "403"))
    ):
        return InputError(f"{url} cannot be {what} with the keys that are given: {why}")
    return MachineError(f"{url} cannot be {what}: {why}")


def _knows_no_conditions(error: Exception) -> bool:
    from obstore.exceptions import NotSupportedError

    return isinstance(error, (NotSupportedError, NotImplementedError)) or "501 Not Implemented" in str(error)


def _is_panic(error: BaseException) -> bool:
    """Return whether a part that is written in Rust broke off; what it raises then is not an ``Exception``."""
    return type(error).__name__ == "PanicException"


def _first(error: BaseException) -> str:
    lines = re.sub(r"^Generic \w+ error: ", "", str(error).strip()).splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _check_environment() -> None:
    """Refuse what would break obstore off.

    Raises:
        InputError: a server is not named as it should be, or a key has a line break or the like.
    """
    for name in _SERVERS:
        where = os.environ.get(name)
        if where is not None and not _is_server(where):
            raise InputError(f"{name} is “{where}”; it should be like https://s3.example.org, or not be set")
    for name in _IN_HEADERS:
        if re.fullmatch("[!-~]*", os.environ.get(name, "")) is None:
            raise InputError(f"{name} has a blank, a line break or another character in it that does not belong there")


def _is_server(where: str) -> bool:
    try:
        parts = urlsplit(where)
        return (
            re.fullmatch("[!-~]+", where) is not None
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not (parts.query or parts.fragment)
        )
    except ValueError:  # a port or digits that cannot be
        return False


@functools.cache
def opened(url: str, *, is_hasty: bool = False) -> ObjectStore:
    """Return a store; its keys and its region come from the environment, as its provider has them.

    Raises:
        InputError: the address is none, the environment is not as it should be, or the package that opens it is not
            installed.
    """
    try:
        from obstore.store import from_url
    except ImportError:
        raise InputError(f"{url}: an object store needs a package: {HOW_TO_GET}") from None
    check_address(url)
    _check_environment()
    try:
        if url.startswith("memory:"):
            return from_url(url)
        if is_hasty:
            retries: RetryConfig = {"max_retries": 1, "retry_timeout": datetime.timedelta(seconds=HASTY_TIMEOUT_S)}
            options: ClientConfig = {"allow_http": True, "connect_timeout": "2s", "timeout": f"{HASTY_TIMEOUT_S}s"}
            return from_url(url, client_options=options, retry_config=retries)
        return from_url(url, client_options={"allow_http": True, "timeout": f"{TIMEOUT_S}s"})
    except BaseException as error:  # whatever a wrong address makes it raise
        if not (isinstance(error, Exception) or _is_panic(error)):
            raise
        raise InputError(f"{url} cannot be opened as an object store: {_first(error)}") from error
