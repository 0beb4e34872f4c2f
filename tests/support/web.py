"""``coach serve`` as a process of its own, its app in this one, and renderers that stop where a test wants them to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from coach.files import HeldFolder
from coach.order import Order
from coach.web.app import House, app_of
from coach.web.door import Door
from coach.web.renderer import Renderer

LONGEST_START_S = 60.0
LONGEST_END_S = 20.0
VOICES = ("silent", "system")
OVER = Order(voice="silent")
FORM = {"targets": "cobra", "voice": "silent"}
"""A sound of 2 MB that takes half a second to make, in eight parts."""
_LAST_LINE = "Ctrl-C ends it."


@dataclass(frozen=True)
class Server:
    """A running ``coach serve``."""

    process: subprocess.Popen[str]
    port: int
    scheme: str
    printed: str
    """What it said when it was ready."""
    cache: Path

    @property
    def secret(self) -> str:
        """The secret in the address that it printed; empty if there is none."""
        found = re.search(r"/k/([^/\s]+)/", self.printed)
        return found[1] if found else ""

    @property
    def url(self) -> str:
        """The address on this machine, with a slash at its end and without the secret."""
        return f"{self.scheme}://127.0.0.1:{self.port}/"

    @property
    def origin(self) -> dict[str, str]:
        """The header with which its own page posts."""
        return {"origin": self.url.rstrip("/")}

    @property
    def cookie(self) -> dict[str, str]:
        """The header of who came in."""
        return {"cookie": f"coach={self.secret}"}

    def order(self, form: Mapping[str, object] = FORM) -> dict[str, Any]:
        """Return what the page is told when it begins a session."""
        headers = {**self.origin, **self.cookie}
        answer = httpx.post(f"{self.url}sessions", json=dict(form), headers=headers, timeout=60, verify=False)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Return what is at an address, for who came in."""
        return httpx.get(self.url + path, headers={**self.cookie, **headers}, timeout=60, verify=False)

    def processes(self, of: str = "") -> list[int]:
        """Return its process and those that it started, by what is in their command lines; Linux only."""
        return [number for number in _with_variable("COACH_CACHE", str(self.cache)) if of in _command(number)]

    def end(self, with_signal: signal.Signals) -> tuple[int, str]:
        """End it, and return its exit status and what it said meanwhile."""
        self.process.send_signal(with_signal)
        said, _ = self.process.communicate(timeout=LONGEST_END_S)
        return self.process.returncode, said


@contextlib.contextmanager
def running_server(
    *options: str, cache: Path, env: Mapping[str, str] | None = None, before: str = "", port: int | None = None
) -> Iterator[Server]:
    """Start ``coach serve`` on a free port with a cache of its own; it is ended, and its processes with it.

    Args:
        options: of the command line.
        cache: ``COACH_CACHE``.
        env: added to the environment.
        before: Python that its process runs first, to make a limit small.
        port: where; a free one if not given.
    """
    port = port or free_port()
    begin = ["-c", f"{before}\nfrom coach.__main__ import main\nmain()"] if before else ["-m", "coach"]
    process = subprocess.Popen(
        [sys.executable, *begin, "serve", "--port", str(port), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env={**os.environ, "COACH_CACHE": str(cache), "COACH_VOICE": "silent", **(env or {})},
    )
    killer = threading.Timer(LONGEST_START_S, process.kill)
    killer.start()
    try:
        printed = "".join(_lines_until_ready(process))
        killer.cancel()
        yield Server(process, port, "https" if "--https" in options else "http", printed, cache)
    finally:
        killer.cancel()
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LONGEST_END_S)
            process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _lines_until_ready(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        yield line
        if line.strip() == _LAST_LINE:
            return
    raise AssertionError(f"the server did not begin: {said}")


def free_port() -> int:
    """Return a port on which nothing listens just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def raw(port: int, data: bytes, wait_s: float = 10.0) -> bytes:
    """Send bytes as they are, and return all that comes until the server closes, or has said nothing for a while."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as connection:
        parts = []
        with contextlib.suppress(TimeoutError, ConnectionError):
            connection.sendall(data)
            while part := connection.recv(1 << 16):
                parts.append(part)
        return b"".join(parts)


def memory_mb(processes: Iterable[int]) -> float:
    """Return how much memory some processes have for themselves or share, in MB; Linux only."""
    pages = (int(Path(f"/proc/{number}/statm").read_text().split()[1]) for number in processes)
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def until(is_so: Callable[[], object], most_s: float = 60.0) -> None:
    """Wait until something is so.

    Raises:
        AssertionError: it is not, after a long time.
    """
    end_s = time.monotonic() + most_s
    while not is_so():
        assert time.monotonic() < end_s, "it did not come to be"
        time.sleep(0.02)


def _with_variable(name: str, value: str) -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if f"{name}={value}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    yield int(folder.name)


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


@dataclass(frozen=True)
class Answer:
    """What an app answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the one value of a header; ``None`` if there is none."""
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1, self.headers
        return found[0] if found else None


def scope_of(path: str, *headers: tuple[bytes, bytes], method: str = "GET", **more: Any) -> dict[str, Any]:
    """Return what the server tells an app of a request."""
    path, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": list(headers),
        **more,
    }


async def asked(
    app: Any, path: str = "/", *headers: tuple[bytes, bytes], method: str = "GET", body: bytes = b"", **scope: Any
) -> Answer:
    """Ask an app as the server does, with headers in bytes as they come."""
    told: list[Any] = []
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if not parts:
            await asyncio.Event().wait()  # who asks stays
        return parts.pop()

    async def send(message: Any) -> None:
        told.append(message)

    await app(scope_of(path, *headers, method=method, **scope), receive, send)
    start = next(message for message in told if message["type"] == "http.response.start")
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    return Answer(start["status"], pairs, b"".join(message.get("body", b"") for message in told))


@dataclass(frozen=True)
class Home:
    """An app in this process, with a renderer of its own."""

    app: Door
    renderer: Renderer
    folder: Path
    client: httpx.AsyncClient

    async def order(self, **form: object) -> httpx.Response:
        """Begin a session as the page does."""
        return await self.client.post("/sessions", json={**FORM, **form}, headers={"origin": str(self.client.base_url)})


@contextlib.asynccontextmanager
async def opened_app(folder: Path, *, secret: str | None = None, over: Order = OVER) -> AsyncIterator[Home]:
    """Open the app over a renderer that keeps its sounds inside a folder."""
    with HeldFolder("web-", folder) as held:
        renderer = Renderer(SimpleNamespace(path=held))  # type: ignore[arg-type]
        app = app_of(House(renderer=renderer, voices=VOICES, over=over, secret=secret))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8010", timeout=60) as client:
            try:
                yield Home(app, renderer, held, client)
            finally:
                await renderer.close()


@dataclass(frozen=True)
class Gate:
    """Where renderers stop, in the middle of a sound, until it is opened."""

    folder: Path

    @property
    def program(self) -> Path:
        """What stands in the place of Python for the renderer."""
        return self.folder / "slow-renderer"

    def open(self) -> None:
        """Let all go on that come by from now on."""
        (self.folder / "open").touch()

    def at(self) -> list[int]:
        """Return the renderers that have come so far, one for each sound, in their order."""
        with contextlib.suppress(FileNotFoundError):
            return [int(line) for line in (self.folder / "came").read_text().split()]
        return []


def gate_in(folder: Path) -> Gate:
    """Make a renderer that writes three parts of a sound, and the rest once the gate is open."""
    gate = Gate(folder)
    gate.program.write_text(f"""#!{sys.executable}
import os, pathlib, time
from coach.web import renderer_worker as worker
folder, tell, told = pathlib.Path({str(folder)!r}), worker._tell, []
def slowly(answers, **what):
    tell(answers, **what)
    told.append("made" in what)
    if what.get("programme"):
        told.clear()
    if sum(told) == 3 and told[-1]:
        with open(folder / "came", "a") as file:
            file.write(f"{{os.getpid()}}\\n")
        while not (folder / "open").exists():
            time.sleep(0.01)
worker._tell = slowly
worker.main()
""")
    gate.program.chmod(0o755)
    return gate


def put_gate(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Gate:
    """Have the renderers of this process stop at a gate."""
    gate = gate_in(folder)
    monkeypatch.setattr("coach.web.renderer.sys", SimpleNamespace(executable=str(gate.program)))
    return gate


def gate_before(gate: Gate) -> str:
    """Return what a server's process runs so that its renderers stop at a gate."""
    return (
        "import types, coach.web.renderer\n"
        f"coach.web.renderer.sys = types.SimpleNamespace(executable={str(gate.program)!r})"
    )
