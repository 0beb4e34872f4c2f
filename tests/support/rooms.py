"""The packages of the coach, and what each may stand on: the direction of its imports."""

from __future__ import annotations

from collections.abc import Iterable

from support.imports import Import, room

FOR_ALL = {"errors", "units", "defaults", "files"}
"""Small top modules that every package but the core may use."""

_RECIPE = {"recipe", "order", "compiler", "voices", "library", "audio", "storage", "core"}

STANDS_ON: dict[str, set[str]] = {
    "core": set(),
    "errors": {"core"},
    "storage": set(),
    "audio": {"storage", "core"},
    "library": {"core"},
    "drawing": {"core"},
    "history": {"core"},
    "players": set(),
    "voices": {"audio", "storage", "core"},
    "order": {"audio", "core"},
    "compiler": {"voices", "audio", "core"},
    "lines": {"library", "voices", "audio", "core"},
    "recipe": _RECIPE,
    "publish": {*_RECIPE, "lines"},
    "live": {*_RECIPE, "players", "drawing", "history"},
    "web": {*_RECIPE, "publish", "drawing", "sheet"},
    "sheet": {*_RECIPE, "drawing"},
    "cli": {*_RECIPE, "sheet", "publish", "web", "live", "players", "drawing", "history"},
    "coach": {*_RECIPE, "publish", "live", "players"},
    "__main__": {"cli", "core"},
}
"""What each may need besides itself and what is for all; ``coach`` is the public interface, which nothing needs."""


def wrong_ways(needed: Iterable[Import]) -> list[Import]:
    """Return the imports that do not go down."""
    return [one for one in needed if not _goes_down(room(one.by), room(one.of))]


def _goes_down(by: str, of: str) -> bool:
    return by == of or of in STANDS_ON.get(by, set()) or (of in FOR_ALL and by != "core")
