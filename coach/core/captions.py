"""Captions: what is spoken, as lines to read along, in the formats that players know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from coach.core.timeline import Cue, Timeline

LEAST_MS = 1_500
"""A line stays this long at least, unless the next one comes: who looks up needs a moment to read."""
MOST_COUNTS = 5
"""Counts of movements (which have no breath to group them) on a line."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line to read. Milliseconds from the start of the routine."""

    start_ms: int
    end_ms: int
    text: str


def lines(timeline: Timeline) -> tuple[Line, ...]:
    """Return a line for each sentence, and one for the counts of each breath; no two at once."""
    groups: list[list[Cue]] = []
    for cue in timeline.cues:
        if cue.text is None:
            continue
        if groups and _belong_together(groups[-1], cue):
            groups[-1].append(cue)
        else:
            groups.append([cue])
    found = []
    for group, after in zip_longest(groups, groups[1:]):
        start_ms = group[0].start_ms
        end_ms = max(group[-1].end_ms, start_ms + LEAST_MS)
        latest_ms = after[0].start_ms if after else timeline.duration_ms
        found.append(Line(start_ms, max(group[-1].end_ms, min(end_ms, latest_ms)), _text(group)))
    return tuple(found)


def _belong_together(group: Sequence[Cue], cue: Cue) -> bool:
    before = group[-1]
    if (before.kind, cue.kind) != ("count", "count"):
        return False
    if cue.phase is None:
        return len(group) < MOST_COUNTS and (before.stretch, before.side, None) == (cue.stretch, cue.side, before.phase)
    return (before.stretch, before.side, before.rep) == (cue.stretch, cue.side, cue.rep)


def _text(group: Sequence[Cue]) -> str:
    """Return what is said; where the breath turns, a dot."""
    parts: list[str] = []
    for before, cue in zip([None, *group], group, strict=False):
        turns = before is not None and before.phase != cue.phase
        parts.append(f"· {cue.text}" if turns else f"{cue.text}")
    return " ".join(parts)


def to_lrc(captions: Sequence[Line], title: str, made_by: str, length_ms: int) -> str:
    """Return lyrics with times (LRC), as music players on phones show them."""
    minutes, seconds = divmod(length_ms // 1000, 60)
    head = [f"[ti:{_plain(title)}]", f"[ar:{made_by}]", f"[al:{made_by}]", f"[re:{made_by}]"]
    head.append(f"[length:{minutes:02}:{seconds:02}]")
    body = [f"[{_lrc_time(line.start_ms)}]{line.text}" for line in captions]
    return "\n".join([*head, *body]) + "\n"


def to_vtt(captions: Sequence[Line]) -> str:
    """Return WebVTT, for podcast apps and browsers."""
    cues = [
        f"{_clock(line.start_ms, '.')} --> {_clock(line.end_ms, '.')}\n{_escaped(line.text)}\n" for line in captions
    ]
    return "\n".join(["WEBVTT\n", *cues])


def to_srt(captions: Sequence[Line]) -> str:
    """Return SubRip, for video players."""
    cues = [
        f"{number}\n{_clock(line.start_ms, ',')} --> {_clock(line.end_ms, ',')}\n{line.text}\n"
        for number, line in enumerate(captions, 1)
    ]
    return "\n".join(cues)


def _lrc_time(ms: int) -> str:
    # Never later than it is heard.
    minutes, rest = divmod(ms, 60_000)
    return f"{minutes:02}:{rest // 1000:02}.{rest % 1000 // 10:02}"


def _clock(ms: int, point: str) -> str:
    hours, rest = divmod(ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def _plain(text: str) -> str:
    return text.replace("]", ")").replace("[", "(")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
