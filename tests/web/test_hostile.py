"""A real ``coach serve`` among strangers: paths that lead out, crowds, and people who never finish what they say."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from coach.order import Order
from coach.publish.streaming import stream
from coach.web.pages import page_files
from support.tiers import thorough, thoroughly
from support.web import FORM, Server, gate_before, gate_in, memory_mb, raw, running_server, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory and processes are found in /proc")

AT_HOME = "import coach.web.server\ncoach.web.server.home_addresses = lambda: ['192.168.1.5']\n"
PROJECT = Path(__file__).parents[2]


# Paths that lead out


def _paths(key: str, canary: Path) -> Iterator[bytes]:
    """Yield what stands between the method and the version of a request that asks for a file outside."""
    out = str(canary).lstrip("/")
    ups = [
        *("../" * 12, "..\\" * 12, "%2e%2e/" * 12, "%2e%2e%2f" * 12, "..%2f" * 12, "%252e%252e%252f" * 12),
        *("..%5c" * 12, "%2e%2e%5c" * 12, "..%255c" * 12, "%c0%ae%c0%ae/" * 12, "%c0%ae%c0%ae%c0%af" * 12),
        *("%e0%80%ae%e0%80%ae/" * 12, "..%c0%af" * 12, "..%ef%bc%8f" * 12, "....//" * 12, "..;/" * 12, ".%00./" * 12),
        *("..%00/" * 12, "%u002e%u002e%u2215" * 12, ".%2e/" * 12, "%%32%65%%32%65/" * 12, "./../" * 12, "..//" * 12),
    ]
    yield from (f"/{up}{out}".encode() for up in ups)
    for start in ("sound/", "sessions/", f"file/{key}/", "feed/", "k/", "", "sheet.html/", "catalogue.json/"):
        for up in ("../" * 12, "..%2f" * 12, "%2e%2e%5c" * 12, "%252e%252e%252f" * 12, "%c0%ae%c0%ae%c0%af" * 12):
            for end in ("", "%00.mp3", ".mp3", "%00.json", "?x=.mp3", "%3f.mp3", "%23.mp3", ";.mp3"):
                yield f"/{start}{up}{out}{end}".encode()
    for start in (
        "/",
        "//",
        "///",
        "/%2f",
        "/%5c",
        "/sound//",
        "/sound/%2f",
        f"/file/{key}//",
        "/feed/%2f",
        "/file:///",
    ):
        yield f"{start}{out}".encode()
        yield f"{start}{out}%00.mp3".encode()
    yield from (
        *(f"http://127.0.0.1/{out}".encode(), f"file:///{out}".encode(), f"//evil.example/{out}".encode(), b"*"),
        *(
            b"http://evil.example/",
            b"//evil.example/",
            b"//evil.example/..",
            b"/..",
            b"/.",
            b"/%2e",
            b"/%2e%2e",
            b"/./",
        ),
        *(b"/app.js/", b"/app.js%00", b"/app.js/..", b"/%61pp.js/x", b"/pages.py", b"/../pages.py", b"/../__init__.py"),
        *(b"/page/app.js", b"/coach/web/app.py", b"/.git/config", b"/web-secret", b"/sound/web-secret", b"/clips"),
        *(f"/sound/{key}.tag".encode(), f"/sound/{key}.mp3%00".encode(), f"/sound/./{key}.mp3".encode()),
        *(
            b"/sound/x/../" + key.encode() + b".mp3",
            b"/sound/%s%%2f.mp3" % key.encode(),
            b"/file/%s/..%%2fx.mp3" % key.encode(),
        ),
        *(
            b"/sound/~root.mp3",
            b"/sound/$HOME.mp3",
            b"/sound/C:%5cx.mp3",
            b"/sound/%5c%5chost%5cx.mp3",
            b"/sound/NUL.mp3",
        ),
        *(b"/proc/self/environ", b"/sound//proc/self/environ.mp3", b"/dev/stdin", b"/feed//dev/zero.mp3"),
        *(b"/\xff\xfe", b"/\x00", b"/ x", b"/a\r\nx: y", b"/" + b"../" * 1_500 + out.encode(), b"/" + b"%2e" * 1_300),
    )


FORMS = [
    {"targets": "../../../etc/passwd"},
    {"targets": "/etc/passwd"},
    {"targets": "cobra\0"},
    {"targets": ["cobra", "../x.yaml"]},
    {"targets": "cobra", "background": "/etc/passwd"},
    {"targets": "cobra", "background": "../../../../etc/passwd"},
    {"targets": "cobra", "voice": "/etc/passwd"},
    {"targets": "cobra", "voice": "../voices/x"},
    {"targets": "cobra", "title": "../x"},
    {"targets": "cobra", "avoid": "/etc/passwd"},
    {"targets": "cobra", "breath": "/etc/passwd"},
    {"targets": "no-such-stretch"},
]

_WATCH = """
import os, sys
seen = os.open({log!r}, os.O_WRONLY | os.O_APPEND)
def watch(event, given):
    if given and isinstance(given[0], int):
        return  # it is open already
    if event in ("open", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate",
                 "os.chmod", "os.chown", "os.listdir", "os.scandir", "os.utime", "subprocess.Popen", "os.system",
                 "os.exec", "os.posix_spawn"):
        writes = event not in ("open", "os.listdir", "os.scandir", "subprocess.Popen") or (
            event == "open" and bool((given[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)))
        os.write(seen, repr((event, os.fsdecode(given[0]) if isinstance(given[0], (str, bytes)) else
                             str(given[0]), writes)).encode() + b"\\n")
sys.addaudithook(watch)
"""
"""Notes each file that a process opens, lists, writes or removes."""


def _watched(log: Path, folder: Path) -> str:
    """Return what a server's process runs so that it and its renderers note the files they open."""
    log.touch()
    program = folder / "program" / "watched-renderer"
    program.parent.mkdir()
    watch = _WATCH.format(log=str(log))
    program.write_text(f"#!{sys.executable}\n{watch}\nfrom coach.web import renderer_worker\nrenderer_worker.main()\n")
    program.chmod(0o755)
    return (
        f"{AT_HOME}import types, coach.web.renderer\n"
        f"coach.web.renderer.sys = types.SimpleNamespace(executable={str(program)!r})\n{watch}"
    )


def _is_the_coach_s(path: str, home: Path) -> bool:
    """Whether a file is the program's own: its code and that of its packages, its scripts, its sounds."""
    where = Path(os.path.realpath(path))
    roots = [*map(Path, (sys.prefix, sys.base_prefix)), *(PROJECT / name for name in ("coach", "scripts", "sounds"))]
    kept = [Path(folder) for folder in (os.environ.get("PYTHONPYCACHEPREFIX"),) if folder]
    allowed = [root.resolve() for root in (*roots, *kept, home)]
    return where == PROJECT or any(where.is_relative_to(root) for root in allowed)


@thorough
def test_no_path_leads_out_and_no_other_file_is_opened(tmp_path: Path) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("CANARY")
    log, cache = tmp_path / "opened", tmp_path / "cache"
    env = {name: str(tmp_path / name) for name in ("XDG_STATE_HOME", "XDG_DATA_HOME")}
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    with running_server("--lan", cache=cache, env=env, before=_watched(log, tmp_path)) as server:
        key = server.order()["key"]
        until(lambda: server.get(f"file/{key}/cobra.mp3").status_code == 200)
        for name in page_files():
            assert server.get(name).status_code == 200  # whatever they open is opened by now
        assert server.get("sheet.html?targets=cobra").status_code == 200
        before = len(log.read_text())
        mine = {file.data for file in page_files().values()}
        asked = 0
        for path in _paths(key, canary):
            for keyed in (b"", f"/k/{server.secret}".encode()):
                head = b"\r\nHost: 127.0.0.1\r\nCookie: coach=%s\r\nConnection: close\r\n\r\n" % server.secret.encode()
                answer = raw(server.port, b"GET " + keyed + path + b" HTTP/1.1" + head)
                status, _, body = answer.partition(b"\r\n\r\n")
                assert status.split(b" ")[1] in (b"200", b"303", b"400", b"403", b"404", b"405", b"414"), (path, status)
                assert b"CANARY" not in answer
                assert b"root:" not in answer
                if b" 200 " in status[:16]:
                    assert body in mine, path
                asked += 1
        assert asked > 500
        for form in FORMS:
            answer_ = httpx.post(
                f"{server.url}sessions", json=form, headers={**server.origin, **server.cookie}, timeout=60
            )
            assert answer_.status_code == 400, form
        for path in ("../../etc/passwd", "cobra%00", "/etc/passwd"):
            assert server.get(f"sheet.html?targets={path}").status_code == 400
        told = log.read_text()
    seen = [eval(line) for line in told.splitlines()]
    assert len(seen) > 100
    own = [cache, tmp_path / "XDG_STATE_HOME", tmp_path / "program", Path("/dev/null")]
    for event, path, writes in seen:
        is_own = any(Path(path).is_relative_to(folder) for folder in own)
        assert is_own or (_is_the_coach_s(path, tmp_path / "XDG_DATA_HOME") and not writes), (event, path, writes)
    for _, path, writes in (eval(line) for line in told[before:].splitlines()):
        assert "passwd" not in path
        assert not writes or path == "/dev/null" or Path(path).parent.name.startswith("web-"), path


# Requests that are none


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server that waits for nobody for long."""
    cache = tmp_path_factory.mktemp("hasty")
    before = (
        "import coach.web.server, coach.web.app\ncoach.web.server.HEAD_S = 1.5\ncoach.web.app.BODY_S = 1.0\n"
        "coach.web.server.IDLE_S = 2"
    )
    with running_server(cache=cache, before=before) as server:
        yield server
        assert server.end(signal.SIGTERM)[1] == ""  # it has said nothing of all this


def page_s(server: Server) -> float:
    """Return how long the page takes."""
    begin_s = time.monotonic()
    assert httpx.get(server.url, timeout=10).status_code == 200
    return time.monotonic() - begin_s


def let_go_s(server: Server, first: bytes, then: bytes = b"", most_s: float = 8.0) -> tuple[float, bytes]:
    """Return after how long a connection is let go on which bytes come one at a time, and what was answered."""
    begin_s = time.monotonic()
    heard = b""
    with socket.create_connection(("127.0.0.1", server.port)) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(first)
        connection.settimeout(0.1)
        while time.monotonic() < begin_s + most_s:
            try:
                part = connection.recv(1 << 16)
            except TimeoutError:
                if then:
                    connection.sendall(then)
                continue
            if not part:
                break
            heard += part
    return time.monotonic() - begin_s, heard


HEAD = (
    b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\n"
    b"Content-Type: application/json\r\n"
)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"x: y\r\n"),
        *thoroughly(
            (b"", b""),
            (b"", b"G"),
            (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"G"),  # the second request never ends
            (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b""),
            (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /app", b""),
        ),
    ],
)
def test_who_never_says_what_they_want_is_let_go(hasty: Server, first: bytes, then: bytes) -> None:
    assert 0.5 < let_go_s(hasty, first, then)[0] < 5


@pytest.mark.parametrize(
    ("rest", "then"),
    [
        (b"Content-Length: 100\r\n\r\n{", b""),
        *thoroughly(
            (b"Content-Length: 15000\r\n\r\n{", b" "),
            (b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        ),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b" " * 0x4000 + b"\r\n"),
        (b"Content-Length: 10000000\r\n\r\n", b" " * 100_000),
        (b"Content-Length: 999999999999\r\n\r\n", b" " * 100_000),
    ],
)
def test_a_form_that_never_ends_is_answered_and_let_go(hasty: Server, rest: bytes, then: bytes) -> None:
    seconds, heard = let_go_s(hasty, HEAD % (hasty.port, hasty.port) + rest, then)
    assert seconds < 4
    if len(then) < 100:  # else the answer may be lost, since there is more to come
        assert heard.startswith(b"HTTP/1.1 400 ")
        assert b'{"problem": "' in heard
    assert page_s(hasty) < 3


@pytest.mark.parametrize(
    "head",
    [
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx: \x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"x: y\r\n" * 30_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100 + b"\r\n\r\n",
    ],
)
def test_what_is_no_request_is_told_so(hasty: Server, head: bytes) -> None:
    answer = raw(hasty.port, head)
    assert not answer or answer.split(b" ")[1] in (b"400", b"501"), answer[:200]
    assert b"Traceback" not in answer
    assert page_s(hasty) < 3


def test_a_length_that_lies_is_a_problem_and_no_second_request(hasty: Server) -> None:
    body = json.dumps(FORM).encode()
    head = HEAD % (hasty.port, hasty.port)
    short = raw(hasty.port, head + b"Content-Length: 5\r\n\r\n" + body)
    assert short.startswith(b"HTTP/1.1 400 ")
    assert short.count(b"HTTP/1.1") == 1
    both = raw(
        hasty.port, head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n"
    )
    assert both.startswith(b"HTTP/1.1 400 ")


def test_a_websocket_is_not_opened(hasty: Server) -> None:
    upgrade = (
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n"
    )
    answer = raw(hasty.port, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + upgrade, 0.3)
    assert b" 101 " not in answer.split(b"\r\n")[0]


@thorough
def test_idle_connections_do_not_hinder_the_page(hasty: Server) -> None:
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", hasty.port))) for _ in range(300)]
        for connection in idle[:100]:
            connection.sendall(b"GET / HT")
        assert page_s(hasty) < 3
        for connection in idle:
            connection.settimeout(8)
            with contextlib.suppress(ConnectionError):
                assert connection.recv(1) == b""  # it is let go


# Crowds


async def _part(port: int, path: str, start: int, end: int, after: asyncio.Event | None = None) -> bytes:
    """Return a range as a listener gets it, who reads nothing of it before something has happened."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 14)
    try:
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes={start}-{end - 1}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 206 "), head
        if after is not None:
            await after.wait()
        return await reader.readexactly(end - start)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def _crowd(server: Server, path: str, sound: bytes, count: int) -> float:
    """Have many listen to different ranges at once, the page asked for meanwhile; return how long the page took."""

    async def all_of_them() -> float:
        ranges = [(place * 997 % len(sound), len(sound) - place * 331 % 9_973) for place in range(count)]
        ranges = [(start, max(start + 1, end)) for start, end in ranges]
        others = asyncio.Event()
        # Five hear nothing of what they asked for until all others have.
        slow = [asyncio.create_task(_part(server.port, path, 0, len(sound), others)) for _ in range(5)]
        crowd = [asyncio.create_task(_part(server.port, path, start, end)) for start, end in ranges]
        await asyncio.sleep(0.2)
        page = await asyncio.to_thread(page_s, server)
        for (start, end), listener in zip(ranges, crowd, strict=True):
            assert await listener == sound[start:end]
        others.set()
        for listener in slow:
            assert await listener == sound
        return page

    return asyncio.run(all_of_them())


_AS_LINUX_HAS_IT = "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))\n"
"""How many files a process may have open where nothing else was said."""


@pytest.mark.parametrize("count", thoroughly(60, 500))
def test_a_crowd_hears_each_its_part_and_the_page_is_there_meanwhile(count: int, tmp_path: Path) -> None:
    right = b"".join(stream(Order(targets=("cobra",), voice="silent")))
    gate = gate_in(tmp_path)
    with _files(4_096), running_server(cache=tmp_path / "cache", before=_AS_LINUX_HAS_IT + gate_before(gate)) as server:
        told = server.order()
        until(gate.at)
        gate.open()  # they begin while it is made
        before = memory_mb(server.processes())
        slowest = max(_crowd(server, told["sound"], right, count) for _ in range(2))
        after = memory_mb(server.processes())
        assert slowest < 5  # seconds; it has to be told apart from hanging, on a machine that is busy
        assert after - before < 200, (before, after)  # 500 times the sound are 1,000 MB
        until(lambda: not list(_files_of(server.process.pid, ".mp3")))  # nobody holds the sound open
        print(f"{count} listeners: {before:.0f} MB before, {after:.0f} MB after, page in {slowest:.2f} s")


def _files_of(process: int, ending: str) -> Iterator[str]:
    for link in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            if (file := str(link.readlink())).endswith(ending):
                yield file


@contextlib.contextmanager
def _files(count: int) -> Iterator[None]:
    """Let this process open many files, for the listeners' side of the connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@thorough
def test_more_connections_than_it_takes_are_told_so_and_it_goes_on(tmp_path: Path) -> None:
    few = f"{_AS_LINUX_HAS_IT}import coach.web.server\ncoach.web.server.HEAD_S = 4.0\n"
    with _files(4_096), running_server(cache=tmp_path / "cache", before=few) as server:
        with contextlib.ExitStack() as stack:
            for _ in range(1_100):
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            answer = raw(server.port, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", 20)
            assert answer.split(b" ")[1] in (b"200", b"503")
        until(lambda: page_s(server) < 1)
        assert server.order()
        server.process.terminate()
        assert server.process.communicate()[0] == ""


@thorough
def test_memory_does_not_grow_with_those_who_come_and_go(tmp_path: Path) -> None:
    with running_server(cache=tmp_path / "cache") as server:
        told = server.order()
        until(lambda: server.get(told["file"]).status_code == 200)

        def come_and_go(times: int) -> None:
            for _ in range(times):
                with socket.create_connection(("127.0.0.1", server.port)) as connection:
                    connection.sendall(f"GET /{told['sound']} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                    connection.recv(1_000)  # and leaves

        come_and_go(300)
        before = memory_mb([server.process.pid])
        come_and_go(1_500)
        after = memory_mb([server.process.pid])
        assert after - before < 15, (before, after)
        print(f"1500 who left: {before:.0f} MB before, {after:.0f} MB after")
        until(lambda: not list(_files_of(server.process.pid, ".mp3")))
        server.process.terminate()
        assert server.process.communicate()[0] == ""
