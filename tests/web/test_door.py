"""Who may come in, and what all others meet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coach.web.door import COOKIE, HEADERS, LONGEST_ADDRESS, Door, is_own_host
from support.web import Answer, asked, opened_app

SECRET = "Ab3-_x9QpL0Zr7yWtu2Kvw"
HOST = (b"host", b"192.168.1.5:8010")
OWN_ORIGIN = (b"origin", b"http://192.168.1.5:8010")
ROUTES = (
    "/",
    "/index.html",
    "/app.js",
    "/sw.js",
    "/icon-192.png",
    "/manifest.webmanifest",
    "/catalogue.json",
    "/sessions",
    "/sessions/0123456789abcdef0123456789abcdef.json",
    "/sound/0123456789abcdef0123456789abcdef.mp3",
    "/file/0123456789abcdef0123456789abcdef/x.mp3",
    "/sheet.html?targets=cobra",
    "/feed/feed.xml",
    "/feed/cover.jpg",
    "/feed/daily.mp3",
    "/authority.crt",
    "/no-such-thing",
)


class Hall:
    """What stands behind the door: it notes who came in."""

    def __init__(self) -> None:
        self.came: list[Any] = []

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        self.came.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"inside"})


def knock(
    path: str = "/", *headers: tuple[bytes, bytes], secret: str | None = SECRET, **more: Any
) -> tuple[Answer, list[Any]]:
    """Return what the door answers, and who came in."""
    hall = Hall()
    return asyncio.run(asked(Door(hall, secret=secret), path, *headers, **more)), hall.came


def cookie(text: str | bytes) -> tuple[bytes, bytes]:
    return b"cookie", text if isinstance(text, bytes) else text.encode("latin-1")


OWN_HOSTS = (
    *("localhost", "localhost:8010", "LOCALHOST:8010", "127.0.0.1", "127.0.0.1:8010", "192.168.1.5:8010"),
    *("[::1]", "[::1]:8010", "[fe80::1]:8010", "10.0.0.1:65535"),
)
OTHER_HOSTS = (
    *(
        "",
        " ",
        ":",
        ":8010",
        "evil.example",
        "localhost.evil",
        "localhost.evil.com:8010",
        "evil.localhost",
        "xlocalhost",
    ),
    *("127.0.0.1.evil.com", "127.0.0.1.nip.io", "192-168-1-5.local", "127.0.0.1@evil.com", "evil.com@127.0.0.1"),
    *("user:word@127.0.0.1:8010", "evil.com\\@127.0.0.1", "127.0.0.1\\.evil.com", "127.0.0.1/evil.com"),
    *("127.0.0.1?evil.com", "127.0.0.1#evil.com", "evil.com#@127.0.0.1", "127.0.0.1, evil.com", "127.0.0.1 evil.com"),
    *("127.0.0.1:evil", "127.0.0.1:80:80", "127.0.0.1:-1", "127.0.0.1:123456", "127.0.0.1:８０", "localhost:"),
    *("0x7f000001", "2130706433", "127.1", "0177.0.0.1", "127.0.0.01", "１２７.0.0.1", "localhost.", "127.0.0.1."),
    *("::1", "[::1", "::1]", "[::1]evil.com", "[::1].evil.com", "[127.0.0.1]", "[v1.x]", "[fe80::1%evil.com]", "[]"),
    *("xn--nxasmq6b", "localhoﬆ", "ⓛocalhost", "localhost\t", "127.0.0.1\x00", "127.0.0.1\n", "%6cocalhost"),
)


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_an_address_in_digits_or_localhost_is_its_own(host: str) -> None:
    assert is_own_host(host)
    assert knock("/", (b"host", host.encode()), cookie(f"{COOKIE}={SECRET}"))[0].body == b"inside"


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_no_other_host_is_let_in_not_even_with_the_secret(host: str) -> None:
    assert not is_own_host(host)
    answer, came = knock(f"/k/{SECRET}/", (b"host", host.encode()), cookie(f"{COOKIE}={SECRET}"))
    assert (answer.status, came) == (421, [])


def test_a_request_without_a_host_is_refused() -> None:
    assert knock("/", cookie(f"{COOKIE}={SECRET}"))[0].status == 421


@given(st.text(max_size=30))
@example("127.0.0.1:")
def test_what_is_taken_for_its_own_host_is_one_as_it_is_written(host: str) -> None:
    if is_own_host(host):
        assert host.isascii()
        assert not set(host.lower()) - set("localhost0123456789abcdef:.[]")


@given(st.binary(max_size=40))
def test_any_bytes_as_host_and_cookie_meet_a_plain_answer(data: bytes) -> None:
    assert knock("/", (b"host", data))[0].status == (403 if is_own_host(data.decode("latin-1")) else 421)
    assert knock("/", HOST, (b"cookie", data))[0].status == 403
    assert knock("/", HOST, (b"cookie", b"coach=" + data))[0].status == 403


RIGHT = (
    *(f"coach={SECRET}", f"a=b; coach={SECRET}", f"coach={SECRET}; a=b", f"coach=wrong; coach={SECRET}"),
    *(f"a;coach={SECRET};;", f"  coach={SECRET}  "),
)
WRONG = (
    *("", "coach", "coach=", f"coach={SECRET[:-1]}", f"coach={SECRET}x", f"coach={SECRET.lower()}", f"coach {SECRET}"),
    *(f"Coach={SECRET}", f"xcoach={SECRET}", f"coach=={SECRET}", f'coach="{SECRET}"', f"coach={SECRET},a=b"),
    *(f"coach=\xff{SECRET}", "coach=\xe4\xf6\xfc", f"coach={SECRET}\xa0", f"coach=%41{SECRET[1:]}", "coach=None"),
    *("; " * 5_000, "coach=" * 5_000, "coach=x; " * 5_000),
)


@pytest.mark.parametrize("text", RIGHT)
def test_the_right_cookie_comes_in(text: str) -> None:
    assert knock("/catalogue.json", HOST, cookie(text))[0].body == b"inside"


@pytest.mark.parametrize("text", WRONG)
def test_no_other_cookie_does(text: str) -> None:
    answer, came = knock("/catalogue.json", HOST, cookie(text))
    assert (answer.status, came) == (403, [])


@pytest.mark.parametrize(
    "key",
    [
        *("", SECRET[:-1], SECRET + "x", SECRET.lower(), SECRET.upper(), " " + SECRET, "ä" * 22, "\0", "None", "日本"),
        *("x" * 3_000, "../" + SECRET, "�" * 4, SECRET[1:] + SECRET[0]),
    ],
)
@pytest.mark.parametrize("rest", ["", "/", "/catalogue.json"])
def test_no_other_address_comes_in(key: str, rest: str) -> None:
    answer, came = knock(f"/k/{key}{rest}", HOST)
    assert (answer.status, came) == (403, [])


@pytest.mark.parametrize("path", [f"/K/{SECRET}/", f"/{SECRET}/", f"//k/{SECRET}/", f"/k//{SECRET}/", f"k/{SECRET}/"])
def test_the_secret_stands_in_one_place_alone(path: str) -> None:
    assert knock(path, HOST)[0].status == 403
    assert knock(f"/?k={SECRET}", HOST)[0].status == 403


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("path", [f"/k/{SECRET}", f"/k/{SECRET}/"])
@pytest.mark.parametrize("query", ["", "?targets=cobra&minutes=7%2C5"])
def test_who_comes_with_the_secret_gets_the_cookie_and_an_address_without_it(
    path: str, query: str, scheme: str
) -> None:
    answer, came = knock(path + query, HOST, scheme=scheme)
    assert (answer.status, came) == (303, [])
    assert answer.header("location") == "/" + query
    given_, *told = (answer.header("set-cookie") or "").split("; ")
    assert given_ == f"{COOKIE}={SECRET}"
    expected = {"Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=31536000"}
    assert set(told) == expected | ({"Secure"} if scheme == "https" else set())
    assert answer.header("cache-control") == "no-store"


@pytest.mark.parametrize("path", ["//evil.com", "/\\evil.com", "//evil.com/"])
def test_the_redirect_leads_nowhere_else(path: str) -> None:
    answer, came = knock(f"/k/{SECRET}{path}", HOST)
    assert answer.header("location") is None
    assert [scope["path"] for scope in came] == [path]


def test_an_address_with_the_secret_is_the_one_behind_it() -> None:
    _, came = knock(f"/k/{SECRET}/feed/feed.xml", HOST)
    assert [(scope["path"], scope["raw_path"]) for scope in came] == [("/feed/feed.xml", b"/feed/feed.xml")]


def test_without_a_secret_this_machine_comes_in() -> None:
    assert knock("/", (b"host", b"localhost:8010"), secret=None)[0].body == b"inside"


@pytest.mark.parametrize("secret", [None, SECRET])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([OWN_ORIGIN], 200),
        ([OWN_ORIGIN, (b"sec-fetch-site", b"same-origin")], 200),
        ([OWN_ORIGIN, (b"sec-fetch-site", b"same-site")], 403),
        ([OWN_ORIGIN, (b"sec-fetch-site", b"cross-site")], 403),
        ([OWN_ORIGIN, (b"sec-fetch-site", b"none")], 403),
        ([OWN_ORIGIN, (b"sec-fetch-site", b"cross-site"), (b"sec-fetch-mode", b"navigate")], 403),
        ([(b"sec-fetch-site", b"same-origin")], 403),
        ([], 403),
        ([(b"origin", b"null")], 403),
        ([(b"origin", b"")], 403),
        ([(b"origin", b"https://192.168.1.5:8010")], 403),
        ([(b"origin", b"http://192.168.1.5")], 403),
        ([(b"origin", b"http://192.168.1.5:8011")], 403),
        ([(b"origin", b"http://192.168.1.5:8010/")], 403),
        ([(b"origin", b"http://192.168.1.5:8010.evil.com")], 403),
        ([(b"origin", b"http://evil.com")], 403),
        ([(b"origin", b"http://localhost:8010")], 403),
        ([(b"origin", b"\xff\xfe")], 403),
    ],
)
def test_posts_are_of_its_own_page_alone(headers: list[tuple[bytes, bytes]], status: int, secret: str | None) -> None:
    answer, came = knock("/sessions", HOST, cookie(f"{COOKIE}={SECRET}"), *headers, method="POST", secret=secret)
    assert (answer.status, len(came)) == (status, int(status == 200))


@pytest.mark.parametrize(
    ("site", "mode", "status"),
    [
        (b"same-origin", b"cors", 200),
        (b"none", b"navigate", 200),
        (b"cross-site", b"navigate", 200),  # a link that was sent to somebody
        (b"cross-site", b"no-cors", 403),
        (b"cross-site", b"cors", 403),
        (b"same-site", b"no-cors", 403),
        (b"same-site", b"websocket", 403),
        (b"new-word", b"no-cors", 403),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_other_page_takes_anything_from_it(site: bytes, mode: bytes, status: int, method: str) -> None:
    headers = (HOST, cookie(f"{COOKIE}={SECRET}"), (b"sec-fetch-site", site), (b"sec-fetch-mode", mode))
    assert knock("/catalogue.json", *headers, method=method)[0].status == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "BREW", "PROPFIND"])
def test_nothing_else_can_be_done_and_the_answer_says_what_can(method: str) -> None:
    answer, came = knock(f"/k/{SECRET}/", HOST, OWN_ORIGIN, method=method)
    assert (answer.status, came) == (405, [])
    assert answer.header("allow") == "GET, HEAD, POST"


@pytest.mark.parametrize("type_", ["websocket", "something-new"])
def test_other_kinds_of_connection_are_not_let_in(type_: str) -> None:
    hall = Hall()

    async def never(*_: object) -> None:
        raise AssertionError("nothing is said")

    scope = {"type": type_, "path": f"/k/{SECRET}/", "headers": [HOST], "query_string": b""}
    asyncio.run(Door(hall, secret=SECRET)(scope, never, never))  # type: ignore[arg-type]
    assert not hall.came


@pytest.mark.parametrize(("path", "query"), [("/" + "x" * LONGEST_ADDRESS, ""), ("/", "?" + "x" * LONGEST_ADDRESS)])
def test_a_long_address_is_refused(path: str, query: str) -> None:
    answer, came = knock(path + query, HOST, cookie(f"{COOKIE}={SECRET}"))
    assert (answer.status, came) == (414, [])


def _assert_safe(answer: Answer) -> None:
    for name, value in HEADERS.items():
        told = answer.header(name)
        assert told is not None, name
        if name == "content-security-policy":
            rules = dict(rule.strip().partition(" ")[::2] for rule in told.split(";"))
            assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
            assert rules["form-action"] == "'none'"
            assert "unsafe" not in rules.get("script-src", "")
        else:
            assert told == value


def _answers(folder: Path, requests: Iterable[tuple[str, str, tuple[tuple[bytes, bytes], ...]]]) -> list[Answer]:
    async def all_of_them() -> list[Answer]:
        async with opened_app(folder, secret=SECRET) as home:
            return [await asked(home.app, path, *headers, method=method) for path, method, headers in requests]

    return asyncio.run(all_of_them())


METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS")


def test_without_the_secret_every_address_is_the_same_refusal(tmp_path: Path) -> None:
    requests = [(path, method, (HOST, OWN_ORIGIN)) for path in ROUTES for method in METHODS]
    answers = _answers(tmp_path, requests)
    assert {answer.status for answer in answers} == {403, 405}
    assert len({answer.body for answer in answers}) == 2
    for answer in answers:
        _assert_safe(answer)
        assert answer.header("set-cookie") is None
        assert SECRET.encode() not in answer.body


def test_every_answer_is_safe_and_few_hold_the_secret(tmp_path: Path) -> None:
    feed = {"/feed/feed.xml", "/feed/daily.mp3"}  # they take a renderer; see test_app.py
    requests = [
        (path, method, (HOST, OWN_ORIGIN, cookie(f"{COOKIE}={SECRET}")))
        for path in ROUTES
        if path not in feed
        for method in METHODS
    ]
    for (path, method, _), answer in zip(requests, _answers(tmp_path, requests), strict=True):
        _assert_safe(answer)
        assert answer.status < 500, (path, method, answer)
        holds = SECRET.encode() in answer.body
        assert holds == (
            answer.status == 200
            and method in ("GET", "HEAD")
            and path in ("/manifest.webmanifest", "/catalogue.json", "/sheet.html?targets=cobra")
        ), (path, method)
        assert all(SECRET not in value for _, value in answer.headers)


@pytest.mark.parametrize(
    ("path", "headers", "method"),
    [
        (f"/k/{SECRET}/", (HOST,), "GET"),
        ("/", ((b"host", b"evil.com"),), "GET"),
        ("/" + "x" * LONGEST_ADDRESS, (HOST,), "GET"),
        ("/sessions", (HOST,), "POST"),
        ("/catalogue.json", (HOST, (b"sec-fetch-site", b"cross-site")), "GET"),
    ],
)
def test_every_refusal_is_safe(path: str, headers: tuple[tuple[bytes, bytes], ...], method: str) -> None:
    answer = knock(path, *headers, method=method)[0]
    _assert_safe(answer)
    assert answer.header("connection") == "close"
    assert SECRET.encode() not in answer.body
