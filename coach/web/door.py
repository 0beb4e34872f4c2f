"""Who may come in: the right host, the secret, posts of our own page only. Everything else meets a plain page here."""

from __future__ import annotations

import hmac
import ipaddress
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coach.web.pages import notice

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

KEY = "/k/"
"""What stands before the secret in an address: ``/k/SECRET/…``."""
COOKIE = "coach"
_YEAR_S = 31_536_000
LONGEST_ADDRESS = 4_000
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
"""What every answer says: nothing from elsewhere is loaded, and no other page shows or reads it."""
STILL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""That of a page with its style in it and no script."""
_METHODS, _NO_METHOD = ("GET", "HEAD", "POST"), 405
# No name, zone or password: what is let in here is written into the addresses of the feed.
_HOST = re.compile(
    r"(?:localhost|(?P<four>[0-9.]+)|\[(?P<six>[0-9a-f:.]+)\])(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE
)


class Door:
    """Stands before the app, and lets in whom it knows."""

    def __init__(self, app: ASGIApp, *, secret: str | None = None) -> None:
        """Take the app, and the secret that must be known; ``None`` lets in everybody on this machine."""
        self._app = app
        self._secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _answer(send, *refusal, headers={"allow": ", ".join(_METHODS)} if refusal[0] == _NO_METHOD else None)
            return
        if self._secret is None:
            await self._app(scope, receive, _dressed(send))
            return
        path, is_keyed = self._unlocked(scope["path"])
        if not is_keyed and not self._has_cookie(headers):
            text = "This page needs its whole address. Scan the code in the coach's window again."
            await _answer(send, 403, text)
        elif is_keyed and path in ("/", "") and scope["method"] == "GET":
            await _answer(send, 303, "Come in.", self._welcome(scope))
        else:
            await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, _dressed(send))

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        """Return a status and a sentence, if a request is not one of our own page."""
        host = headers.get("host", "")
        if not is_own_host(host):
            return 421, "The coach answers to the address that it shows in its window, and to no other name."
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            return 414, "This address is too long."
        if scope["method"] not in _METHODS:
            return _NO_METHOD, "This cannot be done here."
        site, is_visit = headers.get("sec-fetch-site", ""), headers.get("sec-fetch-mode") == "navigate"
        origin = headers.get("origin")
        if scope["method"] == "POST":
            is_own = origin == f"{scope['scheme']}://{host}" and site in ("", "same-origin")
        else:
            is_own = site in ("", "same-origin", "none") or is_visit
        return None if is_own else (403, "Another page asked for this; the coach answers its own page alone.")

    def _unlocked(self, path: str) -> tuple[str, bool]:
        """Return a path without the secret, and whether it had the right one."""
        if not path.startswith(KEY):
            return path, False
        secret, _, rest = path.removeprefix(KEY).partition("/")
        return "/" + rest, self._is_secret(secret)

    def _has_cookie(self, headers: dict[str, str]) -> bool:
        pairs = (pair.strip(" \t").partition("=") for pair in headers.get("cookie", "").split(";"))
        return any(name == COOKIE and self._is_secret(value) for name, _, value in pairs)

    def _is_secret(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), str(self._secret).encode())

    def _welcome(self, scope: Scope) -> dict[str, str]:
        secure = "; Secure" if scope["scheme"] == "https" else ""
        # Lax: a link in a message leads here too, and posts are of our own page alone in any case.
        cookie = f"{COOKIE}={self._secret}; Path=/; Max-Age={_YEAR_S}; HttpOnly; SameSite=Lax{secure}"
        query = scope["query_string"].decode("latin-1")
        return {"set-cookie": cookie, "location": f"/?{query}" if query else "/"}


def is_own_host(host: str) -> bool:
    """Return whether a Host header is an address in digits, or localhost.

    Another page can make a name of its own lead here (DNS rebinding), but not an address in digits.
    """
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    try:
        if found["four"]:
            ipaddress.IPv4Address(found["four"])
        elif found["six"]:
            ipaddress.IPv6Address(found["six"])
    except ValueError:
        return False
    return True


def _dressed(send: Send) -> Send:
    async def dressed(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            told: Sequence[tuple[bytes, bytes]] = message.get("headers", ())  # type: ignore[assignment]
            known = {name for name, _ in told}
            more = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in known]
            message = {**message, "headers": [*told, *more]}
        await send(message)

    return dressed  # type: ignore[return-value]


async def _answer(send: Send, status: int, text: str, headers: dict[str, str] | None = None) -> None:
    body = notice(text).encode()
    told = {"content-type": "text/html; charset=utf-8", "content-length": str(len(body)), "connection": "close"}
    told |= {**HEADERS, "content-security-policy": STILL_POLICY, "cache-control": "no-store", **(headers or {})}
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def problem_json(text: str) -> bytes:
    """Return what the page is told when something is not possible."""
    return json.dumps({"problem": text}, ensure_ascii=False).encode()
