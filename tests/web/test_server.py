"""``coach serve`` on the command line: how it begins, what it prints and keeps, and how it ends."""

from __future__ import annotations

import importlib.util
import signal
import socket
import ssl
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from coach.errors import InputError, MachineError
from coach.web.server import Place, listen, qr_lines, secret_of
from support.command import run_here
from support.tiers import thorough, thoroughly
from support.web import (
    FORM,
    Server,
    free_port,
    gate_before,
    gate_in,
    running_server,
    until,
)

posix = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
AT_HOME = "import coach.web.server\ncoach.web.server.home_addresses = lambda: ['192.168.1.5', '10.0.0.7']"


@pytest.mark.parametrize("port", ["0", "80", "1023", "65536", "-1", "99999999999999999999"])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    done = run_here("serve", "--port", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert "choose 1024 to 65535" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run_here("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "cannot be used: Address already in use. Choose another" in done.stderr
    with pytest.raises(InputError, match="cannot be used"):
        listen(Place(host="192.0.2.1", port=free_port()))
    with pytest.raises(InputError, match="no such port"):
        listen(Place(host="127.0.0.1", port=70_000))


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "segno"])
def test_a_missing_package_is_named_with_what_brings_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == missing else find(name, *more))
    done = run_here("serve")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'stretch-coach[web]'" in done.stderr


def test_in_no_network_nobody_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.web.server.home_addresses", list)
    done = run_here("serve", "--lan")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no home network" in done.stderr


def test_the_secret_is_for_its_owner_s_eyes_and_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    secret = secret_of(folder)
    path = folder / "web-secret"
    assert len(secret) >= 22  # 128 bits
    assert secret_of(folder) == secret
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
    other = secret_of(folder, anew=True)
    assert other != secret
    assert secret_of(folder) == other


@pytest.mark.parametrize(
    "text", ["", "short", "x" * 15, "with space in it somewhere", "ä" * 30, "../" * 9, "x/" * 20, "\0" * 30]
)
def test_a_secret_that_is_none_is_made_anew(text: str, tmp_path: Path) -> None:
    (tmp_path / "web-secret").write_text(text, encoding="utf-8")
    secret = secret_of(tmp_path)
    assert secret != text
    assert secret_of(tmp_path) == secret
    assert secret.replace("-", "").replace("_", "").isalnum()


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_a_new_secret_is_not_written_where_a_link_leads(tmp_path: Path) -> None:
    path, other = tmp_path / "web-secret", tmp_path / "other"
    known = secret_of(tmp_path)
    other.write_text(known)
    path.unlink()
    path.symlink_to(other)
    assert secret_of(tmp_path, anew=True) != known
    assert other.read_text() == known  # what a link leads to is not written


def test_a_secret_that_cannot_be_kept_is_a_plain_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be kept"):
        secret_of(tmp_path / "file" / "state")


def test_the_code_to_scan_has_light_around_it_and_holds_the_address() -> None:
    lines = list(qr_lines("http://192.168.1.5:8010/k/Ab3-_x9QpL0Zr7yWtu2Kvw/"))
    assert len({len(line) for line in lines}) == 1
    assert set("".join(lines)) <= set(" ▄▀█")
    assert set(lines[0]) == {"█"}
    assert all(line.startswith("██") and line.endswith("██") for line in lines)


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server for the phones of a home network."""
    folder = tmp_path_factory.mktemp("at-home")
    env = {"XDG_STATE_HOME": str(folder / "state")}
    with running_server("--lan", cache=folder / "cache", env=env, before=AT_HOME) as server:
        yield server


@posix
def test_it_prints_a_code_and_the_addresses(at_home: Server) -> None:
    address = f"http://192.168.1.5:{at_home.port}/k/{at_home.secret}/"
    assert "\n".join(qr_lines(address)) in at_home.printed
    assert address in at_home.printed
    assert f"or http://10.0.0.7:{at_home.port}/k/{at_home.secret}/" in at_home.printed
    assert "Traceback" not in at_home.printed


@posix
@thorough
def test_it_is_the_same_address_the_next_time_unless_another_is_wanted(at_home: Server, tmp_path: Path) -> None:
    assert httpx.get(at_home.url).status_code == 403
    come = httpx.get(f"{at_home.url}k/{at_home.secret}/?targets=cobra")
    assert (come.status_code, come.headers["location"]) == (303, "/?targets=cobra")
    assert "set-cookie" in come.headers
    assert at_home.get("").status_code == 200
    state = at_home.cache.parent / "state"
    for option, is_same in ((), True), (("--new-secret",), False):
        env = {"XDG_STATE_HOME": str(state)}
        with running_server("--lan", *option, cache=tmp_path, env=env, before=AT_HOME) as again:
            assert (again.secret == at_home.secret) == is_same
            status = httpx.get(f"{again.url}k/{at_home.secret}/").status_code
            assert status == (303 if is_same else 403)


@thorough
@posix
def test_the_cache_of_one_that_was_killed_is_swept_by_the_next(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    gate = gate_in(tmp_path)
    with running_server(cache=cache, before=gate_before(gate)) as server:
        server.order()
        until(gate.at)
        (folder,) = cache.glob("web-*")
        assert len(list(folder.glob("*.mp3"))) == 1
        started = server.processes()
        assert len(started) >= 2
        server.process.kill()
        server.process.wait()
        gate.open()
        until(lambda: not server.processes())  # the renderer ends by itself
        assert folder.exists()
    with running_server(cache=cache) as server:
        assert not folder.exists()
        assert len(list(cache.glob("web-*"))) == 1


_TELL_AT_EXIT = "import atexit, gc\natexit.register(lambda: print('garbage is collected:', gc.isenabled()))"


@thorough
@posix
@pytest.mark.parametrize(
    ("with_signal", "status"),
    [(signal.SIGINT, 130), *thoroughly((signal.SIGTERM, 143), (signal.SIGHUP, 129))],
)
def test_it_ends_quietly_and_leaves_nothing(with_signal: signal.Signals, status: int, tmp_path: Path) -> None:
    cache, gate = tmp_path / "cache", gate_in(tmp_path)
    with running_server(cache=cache, before=f"{gate_before(gate)}\n{_TELL_AT_EXIT}") as server:
        sound = server.url + server.order()["sound"]
        until(gate.at)
        assert list(cache.glob("web-*"))
        with httpx.stream("GET", sound) as leaving:
            next(leaving.iter_raw())  # which closes it: this one goes in the middle
        with httpx.stream("GET", sound) as listening, socket.create_connection(("127.0.0.1", server.port)):
            parts = listening.iter_raw()
            next(parts)  # this one stays, and the other says nothing
            assert server.end(with_signal) == (status, "garbage is collected: True\n")
        until(lambda: not server.processes())
        assert not list(cache.glob("web-*"))


@posix
@thorough
def test_ctrl_c_twice_ends_it_too(tmp_path: Path) -> None:
    gate = gate_in(tmp_path)
    with running_server(cache=tmp_path / "cache", before=gate_before(gate)) as server:
        told = server.order()
        until(gate.at)
        with httpx.stream("GET", server.url + told["sound"]) as listening:
            parts = listening.iter_raw()
            next(parts)
            server.process.send_signal(signal.SIGINT)
            assert server.end(signal.SIGINT) == (130, "")
        gate.open()
        until(lambda: not server.processes())
        assert not list((tmp_path / "cache").glob("web-*"))


@posix
@thorough
@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGKILL])
def test_no_speech_engine_stays_behind_either(with_signal: signal.Signals, tmp_path: Path) -> None:
    with running_server("--voice", "system", cache=tmp_path / "cache") as server:
        with pytest.raises(httpx.TimeoutException):  # it has far more to say than that
            httpx.post(
                f"{server.url}sessions",
                json={"targets": "lower-back-seven", "voice": "system"},
                headers=server.origin,
                timeout=0.1,
            )
        until(lambda: len(server.processes()) >= 3)
        server.end(with_signal)
        until(lambda: not server.processes())


@thorough
@posix
def test_by_https_it_shows_a_certificate_of_its_own_authority(tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path / "state")}
    with running_server("--lan", "--https", cache=tmp_path / "cache", env=env, before=AT_HOME) as server:
        assert server.url.startswith("https://")
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(server.url)
        unseen = httpx.get(f"{server.url}k/{server.secret}/authority.crt", verify=False)
        authority = tmp_path / "authority.pem"
        authority.write_text(ssl.DER_cert_to_PEM_cert(unseen.content) if unseen.content[:1] == b"0" else unseen.text)
        trusting = ssl.create_default_context(cafile=str(authority))
        with httpx.Client(verify=trusting, base_url=server.url) as client:
            come = client.get(f"/k/{server.secret}/")
            assert (come.status_code, "; Secure" in come.headers["set-cookie"]) == (303, True)
            assert client.get("/").status_code == 200  # with the cookie
            told = client.post("/sessions", json=FORM, headers=server.origin).json()
            assert client.get(told["sound"], headers={"range": "bytes=0-1"}).status_code == 206
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b"Stretch Coach" not in plain.recv(1_000)
        assert server.end(signal.SIGTERM) == (143, "")
