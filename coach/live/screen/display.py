"""What you see of a session if you look: one calm screen, or plain lines without one."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from coach.live.screen.keys import KEYS_HELP
from coach.live.screen.terminal import around_stops, in_foreground, undo_ctrl_s
from coach.live.screen.view import heading, one_line, view
from coach.live.status import State, Status
from coach.units import clock_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.segment import Segment

PATIENCE_S = 0.5
"""How long the end waits for a terminal that takes nothing."""


class Display(Protocol):
    """Shows where a session stands, from the moment it is entered until it is left."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say in a line how it ended, and leave the terminal as it was."""

    def update(self, status: Status) -> None:
        """Show a moment. Costs little when called a dozen times a second, and never raises."""


def open_display(quiet: bool = False) -> Display:
    """Return the display for this session: a screen, plain lines where stdout is no terminal, or next to nothing.

    Args:
        quiet: show nothing but what the listener should know, and that on stderr.
    """
    if quiet:
        return QuietDisplay(sys.stderr)
    if sys.stdout.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown"):
        return ScreenDisplay(sys.stdout)
    return LinesDisplay(sys.stdout)


def news(before: Status | None, status: Status) -> Iterator[str]:
    """Yield what is worth a line since the status before: another stretch or side, a pause, a notice."""
    if before is None or (before.stretch, before.side, before.number) != (status.stretch, status.side, status.number):
        if status.stretch is not None:
            yield heading(status) + (f" ({status.number} of {status.stretches})" if status.stretches else "")
        elif before is None or before.title != status.title:
            yield heading(status)
    noticed = bool(status.notice) and (before is None or before.notice != status.notice)
    if status.state != (State.PLAYING if before is None else before.state):
        match status.state:
            case State.PAUSED:
                yield "Paused."
            case State.PLAYING:
                yield "Going on."
            case State.WAITING if not noticed:
                yield "Waiting."
    if noticed:
        yield one_line(status.notice)
    if status.shows_keys and (before is None or not before.shows_keys):
        yield "Keys: " + ", ".join(KEYS_HELP)


def closing(status: Status) -> str:
    """Return how a session ended, in a line that stays on the terminal."""
    after = clock_text(max(status.elapsed_ms, 0))
    if status.state == State.OVER:
        return f"{one_line(status.title)}: finished after {after}."
    where = f" in {heading(status)}," if status.stretch is not None else ""
    return f"{one_line(status.title)}: stopped{where} after {after}; {clock_text(max(status.left_ms, 0))} left."


class _Output:
    """A stream that its reader may close, or that may go with its terminal: then it takes everything in silence."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.gone = False

    def say(self, *lines: str) -> None:
        """Write lines, at once."""
        if lines:
            self.do(lambda: print(*lines, sep="\n", file=self.stream, flush=True))

    def do(self, write: Callable[[], object]) -> bool:
        """Write, and return whether that went well."""
        if not self.gone:
            try:
                write()
            except (OSError, ValueError):  # a ValueError: it was closed
                self.gone = True
                self._forget()
        return not self.gone

    def _forget(self) -> None:
        """What is still buffered must not fail once more at exit."""
        with suppress(OSError, ValueError):
            devnull = os.open(os.devnull, os.O_WRONLY)
            os.dup2(devnull, self.stream.fileno())
            os.close(devnull)


class LinesDisplay:
    """A line when something changes, for pipes, files and terminals that can do no more."""

    def __init__(self, stream: TextIO) -> None:
        self._output = _Output(stream)
        self._last: Status | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say in a line how it ended."""
        if self._last is not None:
            self._output.say(closing(self._last))

    def update(self, status: Status) -> None:
        """Print what is new, each line with the time left."""
        left = clock_text(max(status.left_ms, 0))
        self._output.say(*(f"{left:>7} left  {line}" for line in news(self._last, status)))
        self._last = status


class QuietDisplay:
    """Only what the listener should know."""

    def __init__(self, stream: TextIO) -> None:
        self._output = _Output(stream)
        self._notice = ""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def update(self, status: Status) -> None:
        """Print a notice that is new."""
        if status.notice and status.notice != self._notice:
            self._output.say(f"coach: {one_line(status.notice)}")
        self._notice = status.notice


class ScreenDisplay:
    """The whole terminal, on its alternate screen: what was there before comes back at the end.

    Of each moment only the rows that changed are written, each over what it was, so nothing flickers. In the background
    nothing is written.
    """

    HEAL_S = 5.0
    """How often all rows are written again, over what another program may have left between them."""

    def __init__(self, stream: TextIO) -> None:
        self._output = _Output(stream)
        self._descriptor = stream.fileno()
        self._console = _console(stream)
        self._stops = ExitStack()
        self._last: Status | None = None
        self._painted: Status | None = None
        self._open = False
        self._shown: list[list[Segment]] = []
        self._size = (0, 0)
        self._spoilt = False
        self._whole_s = 0.0

    def __enter__(self) -> Self:
        """Begin: the screen opens with the first moment."""
        self._stops.enter_context(around_stops(self._step_back, self._spoil))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Bring back what was on the terminal, and say in a line how it ended."""
        from rich.control import Control

        self._stops.close()
        if not self._takes_more(0):
            undo_ctrl_s(self._descriptor)
        if not self._takes_more(PATIENCE_S):
            return
        if self._open:
            self._output.do(lambda: self._console.control(Control.show_cursor(True), Control.alt_screen(False)))
            self._open = False
        if self._last is not None:
            self._output.say(closing(self._last))

    def update(self, status: Status) -> None:
        """Write what changed."""
        self._last = status
        if self._output.gone or not in_foreground(self._descriptor) or not self._takes_more(0):
            return
        size, now_s = _terminal_size(self._descriptor), time.monotonic()
        cleared = not self._open or size != self._size
        whole = cleared or self._spoilt or now_s - self._whole_s >= self.HEAL_S
        if whole or status != self._painted:
            self._spoilt = False  # before anything is written: Ctrl-Z may come at any time
            lines = self._console.render_lines(view(status), self._console.options.update_dimensions(*size), pad=False)
            shown = [] if whole else self._shown
            self._paint(list(_changes(shown, lines, size[0])), cleared)
            self._painted, self._shown, self._size = status, lines, size
            self._whole_s = now_s if whole else self._whole_s

    def _paint(self, changes: list[Segment], cleared: bool) -> None:
        from rich.control import Control
        from rich.segment import Segments

        opening = () if self._open else (Control.alt_screen(True).segment, Control.show_cursor(False).segment)
        clearing = (Control.clear().segment,) if cleared else ()
        if changes:
            self._open = True
            frame = Segments((*opening, *clearing, *changes))
            self._output.do(lambda: self._console.print(frame, end="", soft_wrap=True))

    def _takes_more(self, within_s: float) -> bool:
        """Whether writing would not wait: for Ctrl-Q, or for a connection that hangs."""
        try:
            return os.name == "nt" or bool(select.select([], [self._descriptor], [], within_s)[1])
        except (OSError, ValueError):
            return True  # and writing will say what is wrong

    def _step_back(self) -> None:
        if self._open and self._takes_more(PATIENCE_S):
            self._open = False
            with suppress(OSError):  # past the stream: this may come in the middle of a write
                os.write(self._descriptor, b"\x1b[?25h\x1b[?1049l")

    def _spoil(self) -> None:
        self._spoilt = True


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    class OurConsole(Console):
        def on_broken_pipe(self) -> None:
            raise  # noqa: PLE0704 - what is being handled; rich would end the program

    return OurConsole(file=stream, force_terminal=True, highlight=False)


def _terminal_size(descriptor: int) -> tuple[int, int]:
    """Return columns and rows."""
    try:
        columns, rows = os.get_terminal_size(descriptor)
    except OSError:
        columns, rows = 0, 0
    return columns or 80, rows or 24  # some terminals do not know


def _changes(shown: Sequence[list[Segment]], lines: Sequence[list[Segment]], width: int) -> Iterator[Segment]:
    """Yield what turns the lines shown into others."""
    from rich.control import Control
    from rich.segment import ControlType, Segment

    for row, line in enumerate(lines):
        if row >= len(shown) or shown[row] != line:
            yield Control.move_to(0, row).segment
            yield from line
            if Segment.get_line_length(line) < width:  # behind a full line it would take its last character away
                yield Control((ControlType.ERASE_IN_LINE, 0)).segment
