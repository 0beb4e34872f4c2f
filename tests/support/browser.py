"""The web page in a real browser: Debian's Chromium, driven by Playwright; nothing is downloaded."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import coach
from support.needs import needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

PROGRAM = os.environ.get("COACH_CHROMIUM", "chromium")
needs_chromium = needs(PROGRAM, "chromium")

PAGE = Path(coach.__file__).parent / "web" / "page"
ADDRESS = "http://coach.test/"
"""Plain http and not this machine: what browsers keep for secure pages is missing, as it is on a phone at home."""
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'"
_ARGUMENTS = ["--no-sandbox", "--autoplay-policy=document-user-activation-required"]
_CALL = "async ([module, name, given]) => (await import(module))[name](...given)"


@contextmanager
def started_chromium() -> Iterator[Browser]:
    """Yield a browser. While it is open, its event loop runs in this thread, where ``asyncio.run`` fails."""
    import shutil

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(PROGRAM), args=_ARGUMENTS)
        yield browser
        browser.close()


def serve(context: BrowserContext, more: Mapping[str, str] = {}, folder: Path = PAGE) -> None:
    """Answer at ``ADDRESS`` with a folder's files and some more, under the page's own policy; all else is not there."""

    def answer(route: Route) -> None:
        address = urlsplit(route.request.url)
        name = address.path.removeprefix("/") or "index.html"
        is_there = name in more or (folder / name).is_file()
        if f"{address.scheme}://{address.netloc}/" != ADDRESS or not is_there:
            route.fulfill(status=404)
            return
        body = more[name].encode() if name in more else (folder / name).read_bytes()
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
        route.fulfill(body=body, content_type=f"{kind}; charset=utf-8", headers={"Content-Security-Policy": POLICY})

    context.route("**/*", answer)


def call(page: Page, module: str, name: str, *given: object) -> Any:
    """Return what a function of a module returns, given values as JSON has them."""
    return page.evaluate(_CALL, [f"{ADDRESS}{module}", name, list(given)])
