"""Routines as episodes of a feed, before their files are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coach.publish.feed import Episode

PUBLISHED_S = 1_767_225_600
"""When the first episode says it was published, in seconds since 1970: on 1 January 2026. It never changes, so that no
app takes a routine for a new one; each comes a day after the one before, so that apps keep their order."""
_DAY_S = 86_400


def episode_of(number: int, name: str, facts: dict[str, Any]) -> Episode:
    """Return a routine as an episode.

    Args:
        number: its place in the feed, from 1.
        name: the routine's id, by which its file is called.
        facts: what the renderer says of it; see :meth:`coach.web.renderer.Renderer.weigh`.
    """
    programme = facts["programme"]
    written_s = PUBLISHED_S + (number - 1) * _DAY_S
    return Episode(
        path=Path(f"{name}.mp3"),
        title=programme["title"],
        purpose=programme["purpose"],
        number=number,
        length_ms=programme["length_ms"],
        size_bytes=facts["size"] + facts["tag_size"],
        written_s=written_s,
        published_s=written_s,
    )
