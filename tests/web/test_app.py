"""What each address answers: forms and their bodies, sheets, feeds, files to save."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from coach.library.standard import standard_library
from coach.order import Order
from coach.publish.streaming import stream
from coach.web import app as module
from coach.web.renderer import Take
from support.command import run_here
from support.tiers import thorough
from support.web import FORM, Home, asked, opened_app, scope_of

SECRET = "Ab3-_x9QpL0Zr7yWtu2Kvw"
LOCAL = (b"host", b"localhost:8010")
POST = (LOCAL, (b"origin", b"http://localhost:8010"), (b"content-type", b"application/json"))


def run(test: Any, folder: Path, **house: Any) -> None:
    async def opened() -> None:
        async with asyncio.timeout(120), opened_app(folder, **house) as home:
            await test(home)

    asyncio.run(opened())


def test_what_is_heard_is_what_the_library_streams_and_what_is_saved_is_what_render_writes(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        told = (await home.order()).json()
        assert told["title"] == "Cobra"
        sound = await home.client.get(told["sound"])
        assert sound.content == b"".join(stream(Order(targets=("cobra",), voice="silent")))
        assert len(sound.content) == told["size"]
        again = await home.client.get(f"/sessions/{told['key']}.json")
        assert again.json() == told
        saved = await home.client.get(told["file"])
        assert saved.content == (tmp_path / "cobra.mp3").read_bytes()
        assert saved.headers["content-disposition"] == 'attachment; filename="cobra.mp3"'
        part = await home.client.get(told["file"], headers={"range": "bytes=-1000"})
        assert part.content == saved.content[-1_000:]

    done = run_here("render", "cobra", "--voice", "silent", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run(test, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        *(
            'a";filename="evil.bat',
            "a\r\nset-cookie: x=y",
            "ä€",
            "日本",
            "..\\..\\evil",
            "\0",
            "\x85",
            "a b",
            "%2f",
        ),
        *("x" * 2_000, "';alert(1)", "-", "_"),
    ],
)
def test_a_saved_file_has_a_plain_name_whatever_the_address_says(name: str, tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        order = Order(targets=("cobra",), voice="silent")
        take = Take("0" * 32, order, home.folder / "x.mp3", {"title": "Cobra"}, size=5, made=5, is_whole=True)
        take.sound.write_bytes(b"sound")
        take.tag.write_bytes(b"tag")
        home.renderer._takes[take.key] = take
        path = f"/file/{take.key}/{name}.mp3"
        answer = await asked(home.app, path, LOCAL)
        assert (answer.status, answer.body) == (200, b"tagsound")
        assert answer.header("content-disposition") == 'attachment; filename="cobra.mp3"'

    run(test, tmp_path)


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_form_is_sent_as_json_alone(kind: str, tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        headers = (*POST[:2], (b"content-type", kind.encode()))
        answer = await asked(home.app, "/sessions", *headers, method="POST", body=json.dumps(FORM).encode())
        assert (answer.status, answer.header("connection")) == (400, "close")
        assert "JSON" in json.loads(answer.body)["problem"]

    run(test, tmp_path)


class Body:
    """A body that comes part by part, and how much of it was taken."""

    def __init__(self, part: bytes, wait_s: float = 0.0) -> None:
        self.part, self.wait_s, self.taken = part, wait_s, 0

    async def receive(self) -> Any:
        await asyncio.sleep(self.wait_s)
        self.taken += len(self.part)
        return {"type": "http.request", "body": self.part, "more_body": True}


async def send_body(home: Home, body: Body) -> tuple[int, dict[str, str], Any]:
    """Return the status, the headers and the problem with which an endless body is answered."""
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    await home.app(scope_of("/sessions", *POST, method="POST"), body.receive, send)
    headers = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return told[0]["status"], headers, json.loads(told[1]["body"])["problem"]


def test_a_body_without_end_is_left_where_it_is_too_long(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        body = Body(b" " * 1_000)
        status, headers, problem = await send_body(home, body)
        assert (status, headers["connection"], problem) == (400, "close", "this is too much for a form")
        assert body.taken <= module.LONGEST_BODY + 2 * len(body.part)

    run(test, tmp_path)


def test_a_body_that_comes_slowly_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(home: Home) -> None:
        status, headers, problem = await send_body(home, Body(b" ", 0.05))
        assert (status, headers["connection"]) == (400, "close")
        assert "too long to arrive" in problem

    monkeypatch.setattr(module, "BODY_S", 0.3)
    run(test, tmp_path)


def test_who_leaves_in_the_middle_of_a_body_leaves_nothing(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        parts = [{"type": "http.disconnect"}, {"type": "http.request", "body": b'{"targets":', "more_body": True}]

        async def receive() -> Any:
            return parts.pop()

        async def send(_message: Any) -> None:
            pass

        with contextlib.suppress(Exception):  # the server notes it, and says nothing
            await home.app(scope_of("/sessions", *POST, method="POST"), receive, send)
        assert not home.renderer._takes
        assert (await home.client.get("/")).status_code == 200

    run(test, tmp_path)


def test_a_mistake_is_a_plain_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(home: Home) -> None:
        for path in ("/catalogue.json", "/index.html", "/feed/cover.jpg"):
            answer = await home.client.get(path)
            assert answer.status_code == 500
            assert "The coach made a mistake" in answer.text
            assert "Traceback" not in answer.text
            assert "sky" not in answer.text
            assert answer.headers["content-security-policy"]

    def fail(*_: object) -> None:
        raise RuntimeError("the sky fell")

    for name in ("catalogue", "page_files"):
        monkeypatch.setattr(module, name, fail)
    monkeypatch.setattr("coach.publish.cover.cover", fail)
    run(test, tmp_path)


def test_a_sheet_shows_what_is_asked_for_and_where_it_can_be_heard(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        answer = await home.client.get(
            "/sheet.html?targets=cobra&words=brief&print=", headers={"cookie": f"coach={SECRET}"}
        )
        assert answer.status_code == 200
        address = f"http://localhost:8010/k/{SECRET}/?targets=cobra&amp;words=brief"
        assert f'href="{address}"' in answer.text

    run(test, tmp_path, secret=SECRET)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("targets=no-such", 400),
        ("targets=../../etc/passwd", 400),
        ("targets=cobra&background=/etc/passwd", 400),
        ("targets=cobra&title=%3Cscript%3E", 400),
        ("targets=cobra&voice=neural", 400),
        ("targets=%3Cscript%3Ealert(1)%3C/script%3E", 400),
        ("%3Cscript%3E=1", 400),
        ("targets=%ff%fe", 400),
        ("", 400),
        ("targets=cobra&print=%3Cscript%3Ealert(1)%3C/script%3E", 200),
        ("targets=cobra&print=" + "x" * 3_900, 200),
        ("targets=cobra&" + "gentle=yes&" * 300, 200),
        ("targets=" + "+".join(["cobra"] * 30), 200),
        ("targets=" + "+".join(["cobra"] * 31), 400),
        ("targets=cobra&avoid=" + quote("+".join(["knees"] * 160)), 200),
    ],
)
def test_a_sheet_of_anything_else_is_a_plain_answer(query: str, status: int, tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        answer = await home.client.get(f"/sheet.html?{query}")
        assert answer.status_code == status
        assert "<script" not in answer.text or answer.headers["content-type"] == "application/json"

    run(test, tmp_path)


def test_the_page_is_asked_for_again_and_not_sent_twice(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        for path in ("/", "/app.js", "/sw.js"):
            first = await home.client.get(path)
            assert first.headers["cache-control"] == "no-cache"
            again = await home.client.get(path, headers={"if-none-match": first.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
        assert first.headers["service-worker-allowed"] == "/"

    run(test, tmp_path)


def test_there_is_no_certificate_where_there_is_no_https(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        answer = await home.client.get("/authority.crt")
        assert (answer.status_code, "--https" in answer.text) == (404, True)

    run(test, tmp_path)


def test_episodes_are_routines_alone(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        for name in ("cobra", "no-such", "..", "%2e%2e%2fx", "daily.yaml", "feed", "x" * 3_000):
            answer = await home.client.get(f"/feed/{name}.mp3")
            assert answer.status_code == 404, name
        assert not home.renderer._takes

    run(test, tmp_path)


@thorough
def test_the_feed_tells_the_size_of_each_file_before_it_is_made(tmp_path: Path) -> None:
    import feedparser

    async def test(home: Home) -> None:
        headers = {"cookie": f"coach={SECRET}"}
        answer = await home.client.get("/feed/feed.xml", headers=headers)
        assert answer.status_code == 200
        feed = feedparser.parse(answer.content)
        assert len(feed.entries) == len(standard_library().routines)
        prefix = f"http://localhost:8010/k/{SECRET}/feed/"
        for entry in feed.entries:
            (file,) = entry.enclosures
            assert file.href.startswith(prefix)
        short = next(entry for entry in feed.entries if "five-minutes" in entry.enclosures[0].href).enclosures[0]
        episode = await home.client.get(short.href.removeprefix("http://localhost:8010"))
        assert (episode.status_code, len(episode.content)) == (200, int(short.length))
        assert "content-disposition" not in episode.headers

    run(test, tmp_path, secret=SECRET)


@thorough
def test_the_secret_is_told_in_the_addresses_of_the_feed_the_manifest_and_sheets_alone(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        home.client.headers["cookie"] = f"coach={SECRET}"
        told = (await home.order()).json()
        for path in ("/", "/app.js", told["sound"], told["file"], f"/sessions/{told['key']}.json", "/feed/cover.jpg"):
            answer = await home.client.get(path)
            assert answer.status_code == 200
            assert SECRET.encode() not in answer.content
            assert all(SECRET not in value for value in answer.headers.values())
        assert SECRET not in json.dumps(told)
        catalogue = (await home.client.get("/catalogue.json")).json()
        assert SECRET in catalogue.pop("feed")
        assert SECRET not in json.dumps(catalogue)

    run(test, tmp_path, secret=SECRET)


def test_a_listener_who_leaves_is_no_longer_counted(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        take = home.renderer.take(Order(targets=("cobra",), voice="silent"))
        await take.ready()
        parts: AsyncIterator[bytes] = take.read(0, take.size)
        await anext(parts)
        assert take.listeners == 1
        await parts.aclose()  # type: ignore[attr-defined]
        assert take.listeners == 0
        await take.whole()
        for path in (f"/sound/{take.key}.mp3", f"/file/{take.key}/cobra.mp3"):
            await _leave(home, path)
            assert take.listeners == 0

    gc.disable()  # it must not be for Python to find out
    try:
        run(test, tmp_path)
    finally:
        gc.enable()


async def _leave(home: Home, path: str) -> None:
    """Listen until the third part, and leave."""
    gone = asyncio.Event()
    told: list[Any] = []

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)
        if len(told) > 3:
            gone.set()
            await asyncio.sleep(0.01)

    await home.app(scope_of(path, LOCAL), receive, send)
    assert len(told) < 10
