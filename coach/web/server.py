"""Serving: an address and a code to scan, then the app until it is stopped."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.errors import InputError, MachineError, reason
from coach.files import HeldFolder, write_private
from coach.order import Order
from coach.recipe import with_best_voice
from coach.voices.clip_set import sets
from coach.voices.kept import cache_folder
from coach.web.addresses import home_addresses

if TYPE_CHECKING:
    import asyncio

PORT = 8010
HERE = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - only where the home network is asked for
MOST_CONNECTIONS = 1_000
HEAD_S = 15.0
"""How long a request may take to say what it wants."""
IDLE_S = 20
SECRET_BYTES = 16
"""128 random bits."""
_KEPT_IN = "web-secret"
HOW_TO_GET = "the page needs some packages: pip install 'stretch-coach[web]'"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the page is served."""

    host: str
    """The address that is listened on."""
    port: int
    secret: str | None = None
    certificate: Path | None = None
    """The chain of certificates, for https."""
    key: Path | None = None
    authority: Path | None = None

    @property
    def scheme(self) -> str:
        """How addresses begin."""
        return "https" if self.certificate else "http"

    def address(self, host: str) -> str:
        """Return the address to open, with the secret in it."""
        key = f"k/{self.secret}/" if self.secret else ""
        return f"{self.scheme}://{f'[{host}]' if ':' in host else host}:{self.port}/{key}"


def check_installed() -> None:
    """Refuse to begin without the packages that it takes.

    Raises:
        InputError: one is missing.
    """
    import importlib.util

    for name in ("starlette", "uvicorn", "segno"):
        if importlib.util.find_spec(name) is None:
            raise InputError(HOW_TO_GET)


def hosts_of(*, lan: bool) -> tuple[str, ...]:
    """Return the addresses at which this machine can be reached, best first; in a home network there may be none."""
    return tuple(home_addresses()) if lan else (HERE,)


def secret_of(folder: Path, *, anew: bool = False) -> str:
    """Return the secret of this machine's page: the same each time, so that bookmarks and podcasts go on working.

    Args:
        folder: where it is kept.
        anew: whether another is to take its place; then old addresses no longer work.

    Raises:
        MachineError: it cannot be kept.
    """
    path = folder / _KEPT_IN
    try:
        if not anew and path.is_file():
            found = path.read_text(encoding="ascii", errors="replace").strip()
            if len(found) >= SECRET_BYTES and found.replace("-", "").replace("_", "").isalnum() and found.isascii():
                return found
        folder.mkdir(parents=True, exist_ok=True)
        secret = secrets.token_urlsafe(SECRET_BYTES)
        write_private(path, secret.encode())
    except OSError as error:
        raise MachineError(f"{path} cannot be kept: {reason(error)}") from error
    return secret


def voices_of(order: Order) -> tuple[str, ...]:
    """Return who may speak in the page: whom an order names, then the sets on this machine, then chimes alone."""
    return tuple(dict.fromkeys((order.voice, *sets(), "silent")))


def qr_lines(address: str) -> Iterator[str]:
    """Yield a code to scan, for a terminal: two rows of it a line, and light around it."""
    import segno

    rows = [list(row) for row in segno.make(address, error="l", micro=False).matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        yield "".join(" ▄▀█"[2 * (not up) + (not low)] for up, low in zip(upper, lower, strict=True))


def listen(place: Place) -> socket.socket:
    """Return a socket that listens.

    Raises:
        InputError: the port is taken, or not allowed.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # elsewhere it would let two listen at once
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((place.host, place.port))
        found.listen(512)
    except (OSError, OverflowError) as error:
        found.close()
        why = reason(error) if isinstance(error, OSError) else "there is no such port"
        raise InputError(f"--port {place.port} cannot be used: {why}. Choose another, like {PORT + 1}") from error
    return found


def serve(place: Place, over: Order, *, on: Sequence[socket.socket], ready: Callable[[], None] = lambda: None) -> None:
    """Serve the page until the process is told to stop.

    Args:
        place: where.
        over: what forms leave open.
        on: sockets that listen.
        ready: called once it answers.

    Raises:
        InputError: a package is missing.
    """
    check_installed()
    import uvicorn

    from coach.web.app import House, app_of
    from coach.web.renderer import Renderer

    for name in ("uvicorn", "asyncio"):  # addresses hold secrets, problems reach the page, and listeners may leave
        logging.getLogger(name).setLevel(logging.CRITICAL)
    gc.enable()  # the command line turns it off to start quickly
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    over = with_best_voice(over)
    with contextlib.closing(HeldFolder("web-", cache)) as folder:
        house = House(
            renderer=Renderer(folder), voices=voices_of(over), over=over, secret=place.secret, authority=place.authority
        )
        config = uvicorn.Config(
            app_of(house),
            http=_patient_protocol(),
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=2,
            ssl_certfile=place.certificate,
            ssl_keyfile=place.key,
        )
        server = uvicorn.Server(config)
        begin = server.startup

        async def startup(sockets: list[socket.socket] | None = None) -> None:
            await begin(sockets=sockets)
            if server.started:
                ready()

        server.startup = startup  # type: ignore[method-assign]
        server.run(sockets=list(on))


def _patient_protocol() -> type[Any]:
    """Return uvicorn's protocol, with an end to its patience: who does not say what they want in time is let go."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Patient(H11Protocol):
        _limit: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            had_asked = self.cycle
            super().data_received(data)
            if self.cycle is not had_asked and self._limit is not None:
                self._limit.cancel()
                self._limit = None
            if self.conn.trailing_data[0] and self._limit is None:
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._limit is not None:
                self._limit.cancel()
            super().connection_lost(exc)

        def _wait(self) -> None:
            self._limit = self.loop.call_later(HEAD_S, self._let_go)

        def _let_go(self) -> None:
            self._limit = None
            if self.cycle is None or self.cycle.response_complete:
                self.transport.close()

    return Patient
