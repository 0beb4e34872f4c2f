"""Media keys, headset buttons and the desktop's player controls, on systems with MPRIS (Linux)."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from coach.live.commands import Command
from coach.live.status import Status

if TYPE_CHECKING:
    from coach.live.mpris import Service

_EVERY_S = 1.0
"""How often the desktop's idea of the position is checked if nothing else has changed."""


def why_not() -> str | None:
    """Return in one line why there are no media keys here; ``None`` if there may be."""
    if sys.platform != "linux":
        return "media keys work on Linux only"
    if importlib.util.find_spec("dbus_fast") is None:
        return "media keys need a package: pip install 'stretch-coach[media-keys]'"
    if _bus_address() is None:
        return "media keys need a desktop's session bus, and there is none"
    return None


class MediaKeys:
    """The session as a media player of the desktop, served by a thread of its own.

    No method raises or waits (but :meth:`stop`, a second at most): a session goes on without media keys.
    """

    def __init__(self) -> None:
        self._on_command: Callable[[Command], None] = lambda _: None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._service: Service | None = None
        self._latest: Status | None = None
        self._told: tuple[object, ...] = ()
        self._told_at_s = 0.0
        self._stopping = False
        self._problem: str | None = None

    @property
    def problem(self) -> str | None:
        """Why there are none (any more), in one line; ``None`` while they work, or are about to."""
        return self._problem

    def start(self, on_command: Callable[[Command], None]) -> str | None:
        """Begin to listen, in a thread; return why that is not possible, if that is known at once. Called once.

        Args:
            on_command: called, in that thread, with each command; it must return soon.
        """
        self._problem = reason = why_not()
        if reason is None:
            self._on_command = on_command
            thread = threading.Thread(target=self._run, name="media keys", daemon=True)
            try:
                thread.start()
                self._thread = thread
            except RuntimeError as error:
                self._problem = reason = f"media keys: {error}"
        return reason

    def update(self, status: Status) -> None:
        """Say how the session stands, as often as you like; the desktop is told what has changed."""
        self._latest = status
        service = self._service  # the thread may end at any moment
        if service is not None:
            service.show(status)
        shown = (status.state, status.title, status.stretch, status.side, status.left_ms == 0)
        if self._loop is not None and (shown != self._told or time.monotonic() - self._told_at_s > _EVERY_S):
            self._told, self._told_at_s = shown, time.monotonic()
            self._soon(self._tell)

    def stop(self) -> None:
        """Be no player any more; may be called twice, and without a start."""
        self._stopping = True
        self._soon(self._cancel)
        if self._thread is not None:
            self._thread.join(timeout=1)

    def _soon(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop = self._loop
            if loop is not None:
                loop.call_soon_threadsafe(call)

    def _tell(self) -> None:
        if self._service is not None:
            self._service.tell()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        problem = "media keys: the session bus has gone"
        try:
            asyncio.run(self._serve())
        except asyncio.CancelledError:
            pass  # stopped
        except Exception as error:  # whatever a bus may do, the session goes on
            problem = f"media keys: the session bus cannot be used ({str(error) or type(error).__name__})"
        finally:
            self._loop = None
        if not self._stopping:
            self._problem = problem

    async def _serve(self) -> None:
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, _context: None)  # nothing is printed into the display
        self._loop = loop
        address = _bus_address()
        if self._stopping or address is None:
            return
        from coach.live.mpris import Service

        self._service = Service(self._on_command)
        if self._latest is not None:
            self._service.show(self._latest)
        try:
            await self._service.serve(address)
        finally:
            self._service = None


def _bus_address() -> str | None:
    """Return where the session bus is: what the desktop says, or its usual place under systemd."""
    told = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    if told:
        return told
    folder = os.environ.get("XDG_RUNTIME_DIR")
    with contextlib.suppress(OSError):
        if folder and (Path(folder) / "bus").is_socket():
            return f"unix:path={folder}/bus"
    return None
