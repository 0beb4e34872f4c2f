"""What the screen shows of a session: one calm picture of a moment, for a terminal of any size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from coach.drawing.curve import height
from coach.live.screen.keys import KEYS_HELP
from coach.live.status import State, Status
from coach.units import clock_text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

USUAL_BEAT_MS = 1000
"""The beat that is not worth a word."""

# Few styles, and none that needs a dark or a light background; what they say is said by words and shapes as well.
_PLAIN, _STRONG, _FAINT, _ACCENT, _SHOUT = "", "bold", "dim", "cyan", "bold reverse"

_WIDEST = 80  # columns of text: a longer line is hard to read
_WORDS_FROM = 6  # where the words begin, behind “Now” and “Next”
_PHASES = {"in": "Breathe in", "hold": "Hold", "out": "Breathe out", "rest": "Rest"}


@dataclass(frozen=True, slots=True)
class _Glyphs:
    """What shapes are drawn with."""

    full: str
    left: str
    """The right half of a cell: where a shape begins."""
    right: str
    top: tuple[str, str, str]
    """The upper edge of a shape: its left corner, its middle, its right corner."""
    bottom: tuple[str, str, str]
    track: str
    done: str
    to_do: str


_FINE = _Glyphs("█", "▐", "▌", ("▗", "▄", "▖"), ("▝", "▀", "▘"), "─", "━", "─")
_COARSE = _Glyphs("#", " ", " ", (" ", "#", " "), (" ", "#", " "), "-", "=", "-")
"""For terminals without UTF-8."""
_COARSE_SIGNS = str.maketrans("→←−·…“”’", '><-|.""\'')

_Spans = tuple[tuple[str, str], ...]
"""Texts of one row, each with its style."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the screen."""

    keep: int
    """Where there is no room, the rows with the lowest number go first."""
    spans: _Spans = ()
    grows: bool = False
    """Whether an empty row takes its share where there is more room."""
    goes_on: bool = False
    """Whether its text goes on in the row below."""


@dataclass(frozen=True)
class View:
    """What the screen shows: a rich renderable that fills the console and adapts to its size."""

    status: Status

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield as many rows as the console is high; none is wider than it."""
        from rich.segment import Segment

        width, rows_high = options.max_width, options.height or console.height
        glyphs = _COARSE if options.ascii_only else _FINE
        inner = min(width - 2 * (width >= 30) - 2 * (width >= 60), _WIDEST)  # noqa: PLR2004 - margins, where there is room
        margin = Segment(" " * ((width - inner) // 2))
        for row in _fitted(list(_rows(self.status, inner, rows_high, glyphs)), rows_high):
            yield margin
            for span, style in row.spans:
                text = span.translate(_COARSE_SIGNS) if options.ascii_only else span
                yield Segment(text, console.get_style(style) if style else None)
            yield Segment.line()


def view(status: Status) -> RenderableType:
    """Return what the screen shows of a moment, as a rich renderable for a console of any size."""
    return View(status)


def _rows(status: Status, width: int, rows_high: int, glyphs: _Glyphs) -> Iterator[_Row]:
    """Yield every row that would be shown if there were room for all."""
    yield _Row(3, grows=True)
    title = () if status.stretch is None else ((one_line(status.title), _FAINT),)
    yield _Row(60, _ends(title, _place(status), width))
    yield _Row(6)
    yield _Row(2)
    yield from _lines(heading(status), _STRONG, width, (95, 84))
    yield _Row(8, grows=True)
    yield from _words("Now", status.now, (90, 87, 72), _PLAIN, width)
    yield _Row(5)
    yield from _words("Next", status.then, (70, 69), _FAINT, width)
    yield _Row(7, grows=True)
    yield from _breath(status, width, rows_high, glyphs)
    yield _Row(4, grows=True)
    yield from _notices(status, width)
    yield _Row(6)
    yield _Row(80, _progress(status, width, glyphs))
    yield _Row(5, grows=True)
    keep = 98 if status.shows_keys else 50
    yield from (_Row(keep - number, spans) for number, spans in enumerate(_keys(status, width)))


def heading(status: Status) -> str:
    """Return where a session stands, in one line."""
    return one_line(status.place)


def _place(status: Status) -> _Spans:
    if not status.stretches:
        return ()
    if not status.number:
        return ((f"{status.stretches} stretch{'' if status.stretches == 1 else 'es'}", _FAINT),)
    return ((f"{status.number} of {status.stretches}", _FAINT),)


def _words(label: str, text: str, keep: Sequence[int], style: str, width: int) -> Iterator[_Row]:
    """Yield what is said, and an empty row where it leaves one: what is below stays where it is."""
    lines = list(_lines(one_line(text), style, max(width - _WORDS_FROM, 2), keep))
    for number, row in enumerate(lines):
        head = label if number == 0 else ""
        yield replace(row, spans=((f"{head:{_WORDS_FROM}}", _FAINT), *row.spans))
    yield from [_Row(9)] * (2 - len(lines))


def _lines(text: str, style: str, width: int, keep: Sequence[int]) -> Iterator[_Row]:
    """Yield the rows of a text; ``keep`` is for each of them, its last number for all that follow."""
    lines = _wrapped(text, width)
    for number, line in enumerate(lines):
        yield _Row(keep[min(number, len(keep) - 1)], ((line, style),), goes_on=number + 1 < len(lines))


def _breath(status: Status, width: int, rows_high: int, glyphs: _Glyphs) -> Iterator[_Row]:
    room = width - width % 2
    full = None if status.phase is None else height(status.phase, min(max(status.phase_share, 0.0), 1.0))
    style = _ACCENT if status.state == State.PLAYING else _FAINT
    for keep, spans in _pebble(full, room, style, 5 if rows_high >= 34 else 3, glyphs):  # noqa: PLR2004 - a tall screen
        yield _Row(keep, spans)
    yield _Row(5)
    yield _Row(97 if status.state != State.PLAYING else 85, _ends(_doing(status), _breath_count(status), width))


def _pebble(full: float | None, room: int, style: str, rows: int, glyphs: _Glyphs) -> Iterator[tuple[int, _Spans]]:
    """Yield the rows of a shape in the middle that is as wide as the breath is full, with rounded ends."""
    narrowest, widest = min(4, room), room
    halves = 0 if full is None else round(narrowest + full * (widest - narrowest))  # half cells, on each side
    for row in range(rows):
        off = abs(row - rows // 2)
        edge = glyphs.top if row == 0 and rows > 1 else glyphs.bottom if row == rows - 1 and rows > 1 else None
        shorter = halves - (0, 2, 6)[off]
        left, middle, right = edge or (glyphs.left, glyphs.full, glyphs.right)
        if full is None or shorter <= 0:
            shape = ""
        else:
            shape = left * (shorter % 2) + middle * (shorter // 2 * 2) + right * (shorter % 2)
        around = (room - len(shape)) // 2
        beside = (glyphs.track if off == 0 else " ") * around
        yield (88 if off == 0 else 21 - off), ((beside, _FAINT), (shape, style), (beside, _FAINT))


def _doing(status: Status) -> _Spans:
    match status.state:
        case State.PAUSED:
            return ((" PAUSED ", _SHOUT), ("  space goes on", _PLAIN))
        case State.WAITING:
            return ((" WAITING ", _SHOUT),)
        case State.OVER:
            return (("The end", _STRONG),)
    if status.phase is None:
        return ()
    seconds = math.ceil(max(status.phase_left_ms, 0) / 1000)
    return ((_PHASES.get(status.phase, status.phase), _STRONG), (f"  {seconds} s", _PLAIN))


def _breath_count(status: Status) -> _Spans:
    if not status.breath:
        return ()
    what = "breath " if status.phase is not None else ""
    return ((f"{what}{status.breath} of {status.breaths}", _FAINT),)


def _notices(status: Status, width: int) -> Iterator[_Row]:
    """Yield what is not as usual, or an empty row."""
    if status.notice:
        yield from _lines(f"! {one_line(status.notice)}", _STRONG, width, (99, 83))
    changed = " · ".join(_changed(status))
    if changed:
        yield from _lines(changed, _FAINT, width, (45,))
    elif not status.notice:
        yield _Row(7)


def _changed(status: Status) -> Iterator[str]:
    if status.volume_db:
        yield f"volume {'−' if status.volume_db < 0 else '+'}{abs(status.volume_db):g} dB"
    if status.beat_ms != USUAL_BEAT_MS:
        yield f"beat {status.beat_ms / 1000:g} s"


def _progress(status: Status, width: int, glyphs: _Glyphs) -> _Spans:
    left = f"  {clock_text(max(status.left_ms, 0))} left"
    whole = status.elapsed_ms + status.left_ms
    bar = max(width - len(left), 0)
    done = round(bar * min(max(status.elapsed_ms / whole, 0.0), 1.0)) if whole > 0 else 0
    return ((glyphs.done * done, _ACCENT), (glyphs.to_do * (bar - done), _FAINT), (left[-width:], _PLAIN))


def _keys(status: Status, width: int) -> list[_Spans]:
    """Return the keys, as few rows as they need, and then what may be said."""
    rows: list[list[str]] = [[]]
    for item in KEYS_HELP:
        if rows[-1] and len("   ".join([*rows[-1], item])) > width:
            rows.append([])
        rows[-1].append(item)
    said = _wrapped("Or say “coach”, and: pause, go on, next, again, slower, stop", width) if status.listens else ()
    style = _PLAIN if status.shows_keys else _FAINT
    return [((_short(text, width), style),) for text in (*("   ".join(row) for row in rows), *said)]


# --- rows and texts that fit ------------------------------------------------------------------------------------------


def _fitted(rows: list[_Row], rows_high: int) -> list[_Row]:
    """Return exactly as many rows as there is room for: the least important go, or the empty ones grow."""
    too_many = len(rows) - rows_high
    if too_many > 0:
        first = sorted(range(len(rows)), key=lambda number: (rows[number].keep, -number))
        gone = set(first[:too_many])
        return [
            _cut(row) if row.goes_on and number + 1 in gone else row
            for number, row in enumerate(rows)
            if number not in gone
        ]
    places = [number for number, row in enumerate(rows) if row.grows]
    more = [0] * len(rows)
    for number in range(-too_many):
        more[places[number % len(places)]] += 1
    return [one for row, extra in zip(rows, more, strict=True) for one in [row] * (1 + extra)]


def _cut(row: _Row) -> _Row:
    """Return a row whose text ends here, though it should not: its last word makes room for an ellipsis."""
    from rich.cells import cell_len

    *before, (text, style) = row.spans
    words = text.rpartition(" ")[0]
    return replace(row, spans=(*before, (f"{words}…" if words else _short(f"{text} ", cell_len(text)), style)))


def _ends(left: _Spans, right: _Spans, width: int) -> _Spans:
    """Return a row with something at its left and at its right end; the right one goes where both do not fit."""
    from rich.cells import cell_len

    room = width - sum(cell_len(text) for text, _ in left) - sum(cell_len(text) for text, _ in right)
    if right and room >= 1 + bool(left):
        return (*left, (" " * room, _PLAIN), *right)
    return tuple(_cropped(left or right, width))


def _cropped(spans: _Spans, width: int) -> Iterator[tuple[str, str]]:
    from rich.cells import cell_len

    for text, style in spans:
        if width > 0:
            yield _short(text, width), style
        width -= cell_len(text)


@lru_cache(maxsize=256)
def _short(text: str, width: int) -> str:
    """Return a text, cut where it is too wide."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(width - 1, 0)).rstrip() + "…"[:width]


@lru_cache(maxsize=256)
def one_line(text: str) -> str:
    """Return a text in one line and without what could steer the terminal."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


@lru_cache(maxsize=256)
def _wrapped(text: str, width: int) -> tuple[str, ...]:
    """Return a text in lines; only a word that is wider than a line is cut."""
    from rich.cells import cell_len, chop_cells

    lines: list[str] = []
    for word in text.split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines += chop_cells(word, width)
    return tuple(lines)
