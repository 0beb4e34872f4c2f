"""What is told of a store that cannot be used: which server, what it says, and what to do; in a line."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from typing import Any

import obstore
import pytest

from coach.errors import CoachError, InputError, MachineError
from coach.storage.objects import Objects, check_address, opened
from support.command import Coach

ERROR = b"<?xml version='1.0'?>\n<Error><Code>What</Code><Message>The bucket\x1b[31m is not there</Message></Error>"


class Server(http.server.ThreadingHTTPServer):
    """It answers everything with one status."""

    status = 200
    body = ERROR

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    """Reads nothing and tells nothing of it."""

    server: Server

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_HEAD = do_PUT = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Yield a server that the environment names; stores that tests open are forgotten before and after."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "a")
    with Server(("127.0.0.1", 0), Handler) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        opened.cache_clear()
        yield server
        opened.cache_clear()
        server.shutdown()
        thread.join()


def told(use: Callable[[Objects], object]) -> CoachError:
    with pytest.raises(CoachError) as refused:
        use(Objects("s3://clinic/week", is_hasty=True))
    assert len(str(refused.value).splitlines()) == 1
    return refused.value


def write(objects: Objects) -> object:
    return objects.put("x", b"x", kind="text/plain", told={}, over=None)


@pytest.mark.parametrize(
    ("status", "says", "kind"),
    [
        (404, "cannot be listed: {server} answers 404 Not Found: The bucket", MachineError),
        (403, "cannot be listed with the keys that are given: {server} answers 403 Forbidden: The bucket", InputError),
        (401, "cannot be listed with the keys that are given: {server} answers 401 Unauthorized", InputError),
        (500, "cannot be listed: {server} answers 500 Internal Server Error: The bucket", MachineError),
        (301, "cannot be listed: {server}: Received redirect without LOCATION", MachineError),
    ],
)
def test_what_a_server_answers_is_told(server: Server, status: int, says: str, kind: type[CoachError]) -> None:
    server.status = status
    error = told(Objects.check)
    assert type(error) is kind
    assert str(error).startswith("s3://clinic/week " + says.format(server=server.address))


def test_reading_and_writing_are_told_apart(server: Server) -> None:
    server.status, server.body = 403, b""
    for use, what in ((lambda objects: objects.get("x"), "read"), (write, "written")):
        why = f"cannot be {what} with the keys that are given: {server.address} answers 403 Forbidden"
        assert str(told(use)) == f"s3://clinic/week {why}"


def test_a_server_that_is_not_there_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    says = "cannot be listed: http://127.0.0.1:9 does not answer; is that address right, and the network there?"
    assert str(told(Objects.check)) == f"s3://clinic/week {says}"


def test_an_environment_without_keys_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of the provider would have been asked for them."""
    server.status = 403
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", server.address)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    error = told(Objects.check)
    assert isinstance(error, InputError)
    assert str(error) == "s3://clinic/week cannot be listed: the environment gives no keys for it"


@pytest.mark.parametrize("name", ["AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "GOOGLE_BASE_URL"])
@pytest.mark.parametrize(
    "where", ["", "localhost:9000", "s3.example.org", "http://", "https:/a", "http://a b", "http://a:99999", "ftp://a"]
)
def test_a_server_that_cannot_be_one_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch, name: str, where: str
) -> None:
    """Obstore would break off in the middle, and write a trace on the terminal."""
    monkeypatch.setenv(name, where)
    assert str(told(Objects.check)) == f"{name} is “{where}”; it should be like https://s3.example.org, or not be set"


@pytest.mark.parametrize("where", ["https://s3.example.org", "http://[::1]:9000/", "http://10.0.0.7/store"])
def test_a_server_that_can_be_one_is_taken(server: Server, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", where)
    opened("s3://clinic/week")


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"])
@pytest.mark.parametrize("value", ["key\n", " key", "k\x01", "schlüssel"])
def test_a_key_with_a_line_break_is_refused_and_not_shown(
    server: Server, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Keys that come from a file often have one at their end."""
    monkeypatch.setenv(name, value)
    says = "has a blank, a line break or another character in it that does not belong there"
    assert str(told(Objects.check)) == f"{name} {says}"


def test_what_breaks_obstore_off_is_told_in_a_line(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real one: it is no exception that Python programs catch."""
    monkeypatch.setattr("coach.storage.objects._check_environment", lambda: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "rubbish")
    assert "s3://clinic/week cannot be listed: obstore broke off (request valid" in str(told(Objects.check))


def test_what_interrupts_it_goes_through(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(obstore, "get", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Objects("s3://clinic/week").get("x")


@pytest.mark.parametrize("address", ["s3://key:secret@clinic/week", "gs://key@clinic/week", "https://a:b@clinic/week"])
def test_keys_in_an_address_are_refused_and_not_shown(address: str) -> None:
    with pytest.raises(InputError) as refused:
        check_address(address)
    scheme = address.split(":", maxsplit=1)[0]
    assert str(refused.value) == f"{scheme}://clinic/week: leave keys out of an address; the environment gives them"


def test_what_a_server_says_does_not_reach_the_terminal_as_it_is(server: Server, coach_here: Coach) -> None:
    server.status = 404
    done = coach_here("render", "--all", "--voice", "silent", "-o", "s3://clinic/week")
    assert done.returncode == 1
    assert "The bucket" in done.stderr
    assert "\x1b" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
