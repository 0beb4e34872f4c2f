"""The page as a person meets it: a real ``coach serve``, and a browser that taps, listens and looks at it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE_S = 30.0
"""How long something may take on a machine with much else to do, before a test says that it does not happen."""
PHONE = {"width": 390, "height": 844}
MINUTE = "?breathing=true&minutes=1"
"""What is made soon, and over soon."""
BEGIN = "#form .go button"
PLAYS = "audio.src && !audio.src.startsWith('data:') && !audio.paused && audio.currentTime > 0 && !audio.seeking"
"""Whether the coach is heard: not the silence with which the element is woken by a tap."""

_FIRST_SOUND = f"""(tapped) => new Promise((resolve) => {{
  document.querySelector(tapped).addEventListener("click", () => {{
    const [began, before] = [performance.now(), audio.src];
    const look = () => (audio.src !== before || audio.paused) && {PLAYS}
      ? resolve(performance.now() - began) : setTimeout(look, 5);
    setTimeout(look);
  }}, {{ capture: true, once: true }});
}})"""


class Coach:
    """A ``coach serve`` in a process of its own, which may be killed, and started again at the same address."""

    def __init__(self, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self._arguments = arguments
        self._env = {**os.environ, **(env or {})}
        self.process: subprocess.Popen[str] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = ""
        """What it says is to be opened."""

    def start(self) -> None:
        """Start it, and wait until it says where it is."""
        command = [sys.executable, "-m", "coach", "serve", "--port", str(self.port), *self._arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=self._env
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(("http://", "https://")):
                self.address = line.strip()
                return
        raise AssertionError("coach serve does not begin")

    def kill(self) -> None:
        """End it without a word, as when the computer is switched off."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
            self.kill()


@contextmanager
def serving_coach(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Coach]:
    """Have the page served inside the block."""
    coach = Coach(*arguments, env=env)
    try:
        coach.start()
        yield coach
    finally:
        coach.stop()


@contextmanager
def phone(browser: Browser, **how: Any) -> Iterator[BrowserContext]:
    """Yield a browser that has not been here before; no script of its pages may have failed."""
    context = browser.new_context(**{"viewport": PHONE, **how})
    failed: list[str] = []
    context.on("weberror", lambda error: failed.append(str(error.error)))
    try:
        yield context
    finally:
        context.close()
    assert not failed, failed


def until(page: Page, expression: str, seconds: float = PATIENCE_S) -> Any:
    """Return what an expression of the page comes to, once it is true.

    The page's policy forbids Playwright's own way, which makes a function of a text.
    """
    deadline = time.monotonic() + seconds
    while not (found := page.evaluate(expression)):
        assert time.monotonic() < deadline, f"{expression} is still {found!r} in: {page.inner_text('main')}"
        page.wait_for_timeout(20)
    return found


def shows(page: Page, selector: str, text: str) -> None:
    """Wait until an element that can be seen has a text in it: what a tap changes may come a moment later."""
    until(page, f"(document.querySelector({json.dumps(selector)})?.innerText ?? '').includes({json.dumps(text)})")
    until(page, f"document.querySelector({json.dumps(selector)}).checkVisibility()")


def opened(context: BrowserContext, address: str) -> Page:
    """Return the page, once it can be tapped on."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(f"{BEGIN}:not([disabled])", timeout=PATIENCE_S * 1000)
    return page


def begun(context: BrowserContext, address: str) -> Page:
    """Return the page, playing what its address asks for."""
    page = opened(context, address)
    page.click(BEGIN)
    until(page, PLAYS)
    return page


def first_sound_s(page: Page, tapped: str = BEGIN) -> float:
    """Tap, and return how long it takes until something is heard, in seconds."""
    page.evaluate(f"() => {{ window.heard = ({_FIRST_SOUND})({tapped!r}); }}")
    page.click(tapped)
    return float(page.evaluate("heard")) / 1000


def go(page: Page, ms: float) -> None:
    """Drag the slider to a moment."""
    page.evaluate("(s) => { seek.value = s; seek.dispatchEvent(new Event('input')); }", round(ms / 1000))


def session_of(page: Page, order: dict[str, object]) -> dict[str, Any]:
    """Return what the coach tells of the session of an order."""
    ask = """async (order) => (await fetch("sessions", { method: "POST", body: JSON.stringify(order),
      headers: { "content-type": "application/json" } })).json()"""
    found: dict[str, Any] = page.evaluate(ask, order)
    return found
