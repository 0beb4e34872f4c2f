"""A cache that machines share: what one of them has spoken or encoded, the others fetch from an object store.

It saves time, and nothing depends on it: a store that does not answer is left alone for a while, and longer each time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from coach.errors import CoachError, InputError, MachineError
from coach.storage.objects import Objects, is_address, opened

Answer = TypeVar("Answer")

AT_ONCE = 16
"""Objects that are fetched at a time: one takes some tens of milliseconds, most of which is waiting."""
MOST_TO_GIVE = 64
"""Objects that wait to be written; what comes when so many do is not shared."""
REST_S, LONGEST_REST_S = 30.0, 1_800.0
"""How long a store that does not answer is left alone at first, and at most: each time twice as long."""
_shared: dict[str, Shared] = {}
_one_at_a_time = threading.Lock()


def shared_at(address: str) -> Shared:
    """Return the shared cache at an address; one for all of a process.

    Raises:
        InputError: it is no address, or the package that opens it is not installed.
    """
    if not is_address(address):
        raise InputError(
            f"“{address}” is not an address like s3://bucket/cache; for a folder that all see, set COACH_CACHE"
        )
    with _one_at_a_time:
        if address not in _shared:
            opened(address, is_hasty=True)
            _shared[address] = Shared(Objects(address, is_hasty=True))
        return _shared[address]


class Shared:
    """Such a cache; threads may use it at once."""

    def __init__(self, objects: Objects) -> None:
        self.address = objects.url
        self._objects = objects
        self._fetchers = ThreadPoolExecutor(AT_ONCE)
        self._givers = ThreadPoolExecutor(AT_ONCE)
        self._resting = threading.Lock()
        self._room = threading.BoundedSemaphore(MOST_TO_GIVE)
        self._rest_s = REST_S
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
        return self._asked(lambda: self._objects.get(name))

    def _put(self, name: str, data: bytes) -> None:
        try:
            self._asked(lambda: self._objects.replace(name, data))
        finally:
            self._room.release()

    def _asked(self, ask: Callable[[], Answer]) -> Answer | None:
        """Return what the store answers; ``None`` if it does not, or is left alone."""
        if time.monotonic() < self._rests_until_s:
            return None
        try:
            answer = ask()
        except CoachError:
            with self._resting:  # of many that fail at once, one counts
                if time.monotonic() >= self._rests_until_s:
                    self._rests_until_s = time.monotonic() + self._rest_s
                    self._rest_s = min(2 * self._rest_s, LONGEST_REST_S)
            return None
        self._rest_s = REST_S
        return answer
