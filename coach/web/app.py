"""The app: what each address of ``coach serve`` answers. It reads the page's own files and takes, and no other file."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from coach.errors import CoachError, InputError
from coach.library.standard import standard_library
from coach.order import Order
from coach.web.catalogue import catalogue
from coach.web.door import KEY, STILL_POLICY, Door, problem_json
from coach.web.forms import form_of, order_of
from coach.web.pages import MANIFEST, TYPES, WORKER, manifest, notice, page_files
from coach.web.ranges import range_of
from coach.web.renderer import BusyError, Renderer, Take

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

LONGEST_BODY = 16_000
BODY_S = 10.0
"""How long a form may take to arrive."""
_KEEP = "private, max-age=31536000, immutable"
"""A take never changes: another order has another address."""
_ASK = "no-cache"
_NO_SUCH_PART = {"cache-control": "no-store"}


@dataclass(frozen=True, kw_only=True)
class House:
    """What the app serves from."""

    renderer: Renderer
    voices: tuple[str, ...]
    """Who may speak."""
    over: Order
    """What forms leave open."""
    secret: str | None = None
    """What must be known to come in."""
    authority: Path | None = None
    """The certificate that phones may be told to trust."""


def app_of(house: House) -> Door:
    """Return the app, behind its door."""
    return Door(_Answers(house).app(), secret=house.secret)


def _spoken(answer: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
    """Have an answer tell a problem as JSON."""

    @functools.wraps(answer)
    async def told(self: _Answers, request: Request) -> Response:
        from starlette.responses import Response

        try:
            return await answer(self, request)
        except CoachError as error:
            status = 503 if isinstance(error, BusyError) else 400 if isinstance(error, InputError) else 500
            headers = {"retry-after": "30"} if isinstance(error, BusyError) else {}
            if request.method == "POST":
                headers["connection"] = "close"  # what is left of a form is not waited for
            return Response(problem_json(str(error)), status, headers, TYPES[".json"])

    return told


class _Answers:
    """The answers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._catalogue: tuple[object, dict[str, Any]] = (None, {})

    def app(self) -> Starlette:
        from starlette.applications import Starlette
        from starlette.routing import Route

        routes = [
            Route("/catalogue.json", self.catalogue),
            Route("/sessions", self.begin, methods=["POST"]),
            Route("/sessions/{key}.json", self.session),
            Route("/sound/{key}.mp3", self.sound),
            Route("/file/{key}/{name}.mp3", self.file),
            Route("/sheet.html", self.sheet),
            Route("/feed/feed.xml", self.feed),
            Route("/feed/cover.jpg", self.cover),
            Route("/feed/{name}.mp3", self.episode),
            Route("/authority.crt", self.authority),
            Route("/" + MANIFEST, self.manifest),
            Route("/{name:path}", self.page),
        ]
        return Starlette(routes=routes, lifespan=self._life, exception_handlers={Exception: _broken})

    @contextlib.asynccontextmanager
    async def _life(self, _app: Starlette) -> AsyncIterator[None]:
        start = asyncio.create_task(self._house.renderer.start())
        warm = asyncio.create_task(asyncio.to_thread(self._catalogue_of_now))
        yield
        await asyncio.gather(start, warm, return_exceptions=True)
        await self._house.renderer.close()

    async def page(self, request: Request) -> Response:
        """Answer with a file of the page."""
        from starlette.responses import HTMLResponse, Response

        file = page_files().get(request.path_params["name"] or "index.html")
        if file is None:
            return HTMLResponse(notice("There is nothing at this address. The page begins at “/”."), 404)
        headers = {"cache-control": _ASK, "etag": file.tag}
        if request.path_params["name"] == WORKER:
            headers["service-worker-allowed"] = "/"
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        return Response(file.data, headers=headers, media_type=file.type)

    async def manifest(self, _request: Request) -> Response:
        """Answer with the manifest; it begins with the secret, since an installed page of iOS has other cookies."""
        from starlette.responses import Response

        start = f"{KEY}{self._house.secret}/" if self._house.secret else "./"
        return Response(manifest(start), headers={"cache-control": "no-store"}, media_type=TYPES[".webmanifest"])

    async def catalogue(self, request: Request) -> Response:
        """Answer with what there is to choose from."""
        from starlette.responses import Response

        data = await asyncio.to_thread(self._catalogue_of_now)
        text = json.dumps(data | {"feed": self._address(request, "feed/feed.xml")}, ensure_ascii=False)
        return Response(text, headers={"cache-control": _ASK}, media_type=TYPES[".json"])

    @_spoken
    async def begin(self, request: Request) -> Response:
        """Begin a session, and answer with what the player needs."""
        order = order_of(await _form(request), self._house.voices, over=self._house.over)
        take = await self._take(order)
        return _session(await take.ready())

    @_spoken
    async def session(self, request: Request) -> Response:
        """Answer once more with what the player needs of a take."""
        return _session(await self._known(request).ready())

    @_spoken
    async def sound(self, request: Request) -> Response:
        """Answer with the sound of a take, or a part of it, while it is made."""
        take = await self._known(request).ready()
        return _part(request, take.size, take.read, take.key)

    @_spoken
    async def file(self, request: Request) -> Response:
        """Answer with a take as a file to save: with its title, its chapters and its words."""
        take = await self._known(request).whole()
        called = f'attachment; filename="{_file_name(take)}.mp3"'
        return await _whole_file(request, take, {"content-disposition": called})

    @_spoken
    async def sheet(self, request: Request) -> Response:
        """Answer with the sheet of an order, to print."""
        from starlette.responses import HTMLResponse

        from coach.sheet.html import sheet_html
        from coach.sheet.model import sheet_of

        form = {name: value for name, value in request.query_params.items() if name != "print"}
        order = order_of(form, self._house.voices, over=self._house.over)
        # A code that leads to 127.0.0.1 would lead a phone to itself.
        url = self._address(request, f"?{urlencode(form)}") if self._house.secret else None
        text = await asyncio.to_thread(lambda: sheet_html(sheet_of(order, url=url)))
        return HTMLResponse(text, headers={"content-security-policy": STILL_POLICY, "cache-control": _ASK})

    @_spoken
    async def feed(self, request: Request) -> Response:
        """Answer with a feed of every routine, for podcast apps."""
        from starlette.responses import Response

        from coach.publish.feed import Show, feed_xml
        from coach.web.episodes import episode_of

        library = await asyncio.to_thread(standard_library)
        state = await asyncio.to_thread(library.state)
        weighed = []
        for name in library.routines:
            with contextlib.suppress(InputError):  # a script of one's own that has a problem
                weighed.append((name, await self._house.renderer.weigh(self._routine(name), state)))
        listed = [episode_of(number, name, facts) for number, (name, facts) in enumerate(weighed, 1)]
        show = Show(title="Stretch Coach", url=self._address(request, "feed/"), is_private=True)
        headers = {"cache-control": _ASK}
        return Response(feed_xml(show, listed), headers=headers, media_type=TYPES[".xml"])

    @_spoken
    async def episode(self, request: Request) -> Response:
        """Answer with the file of a routine, as the feed promises it."""
        from starlette.responses import Response

        name = request.path_params["name"]
        if name not in standard_library().routines:
            return Response(problem_json("there is no such routine"), 404, media_type=TYPES[".json"])
        take = await self._take(self._routine(name))
        return await _whole_file(request, await take.whole(), {"cache-control": _ASK})  # the routine may change

    async def cover(self, _request: Request) -> Response:
        """Answer with the picture of the feed."""
        from starlette.responses import Response

        from coach.publish.cover import cover

        return Response(await asyncio.to_thread(cover, "Stretch Coach"), media_type=TYPES[".jpg"])

    async def authority(self, _request: Request) -> Response:
        """Answer with the certificate that phones may be told to trust."""
        from starlette.responses import HTMLResponse, Response

        if self._house.authority is None:
            return HTMLResponse(notice("There is no certificate; “coach serve --https” makes one."), 404)
        data = await asyncio.to_thread(self._house.authority.read_bytes)
        name = 'attachment; filename="stretch-coach.crt"'
        return Response(data, headers={"content-disposition": name}, media_type="application/x-x509-ca-cert")

    def _routine(self, name: str) -> Order:
        return self._house.over.changed(targets=(name,))

    async def _take(self, order: Order) -> Take:
        state = await asyncio.to_thread(lambda: standard_library().state())
        return self._house.renderer.take(order, state)

    def _known(self, request: Request) -> Take:
        take = self._house.renderer.known(request.path_params["key"])
        if take is None:
            raise InputError("this session is no longer here; begin it again")
        return take

    def _address(self, request: Request, path: str) -> str:
        """Return an address that another program can use: with the secret in it."""
        key = f"{KEY.lstrip('/')}{self._house.secret}/" if self._house.secret else ""
        return f"{request.url.scheme}://{request.headers['host']}/{key}{path}"

    def _catalogue_of_now(self) -> dict[str, Any]:
        library = standard_library()
        state = library.state()
        if self._catalogue[0] != state:
            given = {"given": form_of(self._house.over)}
            self._catalogue = (state, catalogue(library, self._house.voices) | given)
        return self._catalogue[1]


async def _form(request: Request) -> object:
    """Return what was sent.

    Raises:
        InputError: it is no form, too large, or too slow.
    """
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise InputError("a form is sent as JSON")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                body += part
                if len(body) > LONGEST_BODY:
                    raise InputError("this is too much for a form")
        return json.loads(body)
    except TimeoutError:
        raise InputError("the form took too long to arrive; send it again") from None
    except (ValueError, RecursionError):
        raise InputError("this is not a form") from None


def _session(take: Take) -> Response:
    from starlette.responses import Response

    told: dict[str, Any] = {
        **take.programme,
        "key": take.key,
        "size": take.size,
        "sound": f"sound/{take.key}.mp3",
        "file": f"file/{take.key}/{_file_name(take)}.mp3",
    }
    return Response(
        json.dumps(told, ensure_ascii=False), headers={"cache-control": "no-store"}, media_type=TYPES[".json"]
    )


def _file_name(take: Take) -> str:
    """Return what a saved file is called: letters that an address and every disk can hold."""
    from coach.recipe import file_stem

    return re.sub("[^A-Za-z0-9_-]", "-", file_stem(take.order))


def _part(
    request: Request,
    size: int,
    read: Callable[[int, int], AsyncGenerator[bytes, None]],
    key: str,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return an answer with the bytes that a request asks for."""
    from starlette.responses import Response

    told = {"accept-ranges": "bytes", "cache-control": _KEEP, "etag": f'"{key}"', **(headers or {})}
    asked = request.headers.get("range") if request.method == "GET" else None  # RFC 9110, 14.2
    if request.headers.get("if-range") not in (None, told["etag"]):
        asked = None
    try:
        found = range_of(asked, size)
    except ValueError:
        return Response(status_code=416, headers={**told, **_NO_SUCH_PART, "content-range": f"bytes */{size}"})
    start, end = found or (0, size)
    told["content-length"] = str(end - start)
    if found:
        told["content-range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if found else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=told, media_type=TYPES[".mp3"])
    return _streamed(read(start, end), status, told)


def _streamed(parts: AsyncGenerator[bytes, None], status: int, headers: dict[str, str]) -> Response:
    """Return an answer that lets its parts go when its listener does, as players do at each seek."""
    from starlette.responses import StreamingResponse

    class Streamed(StreamingResponse):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async with contextlib.aclosing(parts):
                await super().__call__(scope, receive, send)

    return Streamed(parts, status, headers, TYPES[".mp3"])


async def _whole_file(request: Request, take: Take, headers: dict[str, str]) -> Response:
    tag = await asyncio.to_thread(take.tag.read_bytes)

    async def read(start: int, end: int) -> AsyncGenerator[bytes, None]:
        if start < len(tag):
            yield tag[start:end]
        if end > len(tag):
            async with contextlib.aclosing(take.read(max(0, start - len(tag)), end - len(tag))) as parts:
                async for part in parts:
                    yield part

    return _part(request, len(tag) + take.size, read, f"{take.key}-file", headers)


async def _broken(_request: Request, _error: Exception) -> Response:
    from starlette.responses import HTMLResponse

    return HTMLResponse(notice("The coach made a mistake. What plays goes on; try this again."), 500)
