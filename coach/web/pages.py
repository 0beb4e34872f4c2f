"""The files of the page, held in memory: what is not among them is not served."""

from __future__ import annotations

import functools
import hashlib
import html
import json
from dataclasses import dataclass
from pathlib import Path

from coach import __version__
from coach.web.icons import icon

FOLDER = Path(__file__).parent / "page"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".mp3": "audio/mpeg",
    ".jpg": "image/jpeg",
    ".xml": "application/rss+xml; charset=utf-8",
}
ICONS = {"icon-192.png": 192, "icon-512.png": 512, "icon-180.png": 180}
"""Sides in pixels: what Chromium asks for an app to be installable, and what iOS shows on the home screen."""
WORKER, MANIFEST = "sw.js", "manifest.webmanifest"
_LATE = (WORKER, *ICONS)
"""What is not needed to show the page."""


@dataclass(frozen=True)
class File:
    """One file of the page."""

    data: bytes
    type: str

    @functools.cached_property
    def tag(self) -> str:
        """What changes with it (an entity tag)."""
        return f'"{hashlib.sha256(self.data).hexdigest()[:16]}"'


@functools.cache
def page_files() -> dict[str, File]:
    """Return every file that is the same for everybody, by name."""
    files = {
        path.name: File(path.read_bytes(), TYPES[path.suffix])
        for path in sorted(FOLDER.iterdir())
        if path.suffix in TYPES and path.name != WORKER
    }
    files |= {name: File(icon(side), TYPES[".png"]) for name, side in ICONS.items()}
    return files | {WORKER: _worker(files)}


def manifest(start: str = "./", name: str = "Stretch Coach", icons: str = "") -> bytes:
    """Return the manifest with which the page can be installed.

    Args:
        start: the address that the installed page opens.
        name: what it is called on the home screen.
        icons: what leads from the manifest to the icons: ``../../``, or nothing.
    """
    purpose = "Spoken stretching for the lower back, with paced breath, to follow with eyes closed."
    drawn = [
        {"src": f"{icons}{file}", "sizes": f"{side}x{side}", "type": "image/png", "purpose": "any maskable"}
        for file, side in ICONS.items()
    ]
    told = {
        "name": name,
        "short_name": name if len(name) <= 12 else "Stretches",  # noqa: PLR2004 - what fits under an icon
        "description": purpose,
        "lang": "en",
        "start_url": start,
        "scope": "./",
        "display": "standalone",
        "background_color": "#12333d",
        "theme_color": "#12333d",
        "icons": drawn,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def notice(text: str) -> str:
    """Return a page that says one thing."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<meta name="robots" content="noindex"><title>Stretch Coach</title>'
        "<style>body{font:1.2rem/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em;"
        "color-scheme:light dark}</style>"
        f"<main><h1>Stretch Coach</h1><p>{html.escape(text)}</p></main></html>\n"
    )


def _worker(files: dict[str, File]) -> File:
    """Return the service worker, which knows the files to keep, and changes when one of them does."""
    shell = sorted(name for name in files if name not in _LATE)
    sums = "".join(files[name].tag for name in shell)
    digest = hashlib.sha256(f"{__version__}{sums}".encode()).hexdigest()[:12]
    told = f"const VERSION = {json.dumps(digest)};\nconst SHELL = {json.dumps(shell)};\n"
    return File(told.encode() + (FOLDER / WORKER).read_bytes(), TYPES[".js"])
