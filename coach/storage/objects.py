"""Object stores: named by an address, like ``s3://bucket/prefix``, they hold whole objects (obstore)."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.errors import InputError, MachineError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

HOW_TO_GET = "pip install 'stretch-coach[stores]'"


def is_address(where: Path | str) -> bool:
    """Return whether a place is named by an address."""
    return "://" in str(where)


@dataclass(frozen=True)
class Objects:
    """A part of an object store; it can be handed to another process."""

    url: str
    """Without a slash at its end."""

    def check(self) -> None:
        """Refuse a store that cannot be read.

        Raises:
            InputError: the address is none, or the package that opens it is not installed.
            MachineError: it does not answer as it should.
        """
        opened(self.url)
        self.sizes()

    def sizes(self) -> dict[str, int]:
        """Return how many bytes each object has, by name.

        Raises:
            MachineError: it does not answer as it should.
        """
        import obstore

        with self._telling("listed"):
            batches = list(obstore.list(opened(self.url)))
        return {found["path"]: found["size"] for batch in batches for found in batch}

    def get(self, name: str) -> bytes | None:
        """Return what is in an object; ``None`` if it is not there.

        Raises:
            MachineError: it does not answer as it should.
        """
        import obstore

        with self._telling("read"), contextlib.suppress(FileNotFoundError):
            return bytes(obstore.get(opened(self.url), name).bytes())
        return None

    def told(self, name: str) -> dict[str, str] | None:
        """Return what an object says of itself; ``None`` if it is not there.

        Raises:
            MachineError: it does not answer as it should.
        """
        import obstore

        with self._telling("read"), contextlib.suppress(FileNotFoundError):
            found = obstore.get(opened(self.url), name).attributes.items()
            return {str(key).lower(): str(value) for key, value in found}
        return None

    def put(self, name: str, data: Path | bytes, kind: str, told: Mapping[str, str]) -> None:
        """Write an object, whatever was there.

        Args:
            name: how it is called.
            data: what is in it.
            kind: its media type.
            told: what it says of itself.

        Raises:
            MachineError: it cannot be written.
        """
        import obstore

        with self._telling("written"):
            obstore.put(opened(self.url), name, data, attributes={"Content-Type": kind, **told}, mode="overwrite")

    @contextlib.contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
            raise MachineError(f"{self.url} cannot be {what}: {first}") from error


@functools.cache
def opened(url: str) -> ObjectStore:
    """Return a store; its keys and its region come from the environment, as its provider has them.

    Raises:
        InputError: the address is none, or the package that opens it is not installed.
    """
    try:
        from obstore.store import from_url
    except ImportError:
        raise InputError(f"{url} needs a package to be written to: {HOW_TO_GET}") from None
    is_local = url.startswith(("memory:", "file:"))
    more: dict[str, Any] = {} if is_local else {"client_options": {"allow_http": True, "timeout": "60s"}}
    try:
        return from_url(url, **more)
    except Exception as error:  # whatever a wrong address makes it raise
        raise InputError(f"{url} is no store that can be written to: {str(error).splitlines()[0][:200]}") from error
