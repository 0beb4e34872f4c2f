"""A cache that machines share: what one of them has spoken or encoded, the others fetch from an object store.

It saves time, and nothing depends on it: a store that does not answer is left alone for a minute.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor

from coach.errors import CoachError, InputError, MachineError
from coach.storage.objects import Objects, is_address, opened

AT_ONCE = 16
"""Objects that are fetched at a time: one takes some tens of milliseconds, most of which is waiting."""
MOST_TO_GIVE = 64
"""Objects that wait to be written; what comes when so many do is not shared."""
REST_S = 60.0
"""How long a store that does not answer is left alone."""


@functools.cache
def shared_at(address: str) -> Shared:
    """Return the shared cache at an address; one for all of a process.

    Raises:
        InputError: it is no address, or the package that opens it is not installed.
    """
    if not is_address(address):
        raise InputError(f"“{address}” is no address like s3://bucket/cache; a folder is named by COACH_CACHE")
    opened(address, is_hasty=True)
    return Shared(Objects(address, is_hasty=True))


class Shared:
    """Such a cache; threads may use it at once."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._fetchers = ThreadPoolExecutor(AT_ONCE)
        self._givers = ThreadPoolExecutor(AT_ONCE)
        self._room = threading.BoundedSemaphore(MOST_TO_GIVE)
        self._rests_until_s = 0.0

    def found(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Yield those files that are there, and what is in them."""
        for name, data in zip(names, self._fetchers.map(self._get, names), strict=True):
            if data is not None:
                yield name, data

    def give(self, name: str, data: bytes) -> None:
        """Have a file written while the caller goes on; before a program ends, it waits for that."""
        if self._room.acquire(blocking=False):
            self._givers.submit(self._put, name, data)

    def check(self) -> None:
        """Refuse a store that cannot be written, or not be read.

        Raises:
            CoachError: it is such a store.
        """
        self._objects.replace("check", b"")
        if self._objects.get("check") != b"":
            raise MachineError(f"{self._objects.url} does not give back what is written there")

    def _get(self, name: str) -> bytes | None:
        if self._rests():
            return None
        try:
            return self._objects.get(name)
        except CoachError:
            self._rest()
            return None

    def _put(self, name: str, data: bytes) -> None:
        try:
            if not self._rests():
                self._objects.replace(name, data)
        except CoachError:
            self._rest()
        finally:
            self._room.release()

    def _rests(self) -> bool:
        return time.monotonic() < self._rests_until_s

    def _rest(self) -> None:
        self._rests_until_s = time.monotonic() + REST_S
