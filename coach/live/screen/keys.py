"""Reading keys, which the listener may press without looking."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from coach.live.commands import Command
from coach.live.screen.terminal import POSIX, TERMINAL_ERRORS, around_stops, in_foreground

if TYPE_CHECKING:
    from blessed import Terminal

if POSIX:  # elsewhere blessed knows what to do
    import termios
    import tty

_ENDS: tuple[type[Exception], ...] = (EOFError, *TERMINAL_ERRORS)


@dataclass(frozen=True, slots=True)
class Binding:
    """The keys of one command."""

    command: Command
    keys: tuple[str, ...]
    """Characters in small letters, or names of keys as blessed has them."""
    label: str
    """The keys as a person reads them."""
    help: str
    """What they do, in a word or two; empty if that is not worth a place among the keys that are shown."""


BINDINGS = (
    Binding(Command.TOGGLE, (" ",), "space", "pause, go on"),
    Binding(Command.NEXT, ("KEY_RIGHT", "n"), "→ n", "next"),
    Binding(Command.PREVIOUS, ("KEY_LEFT", "p"), "← p", "back"),
    Binding(Command.REPEAT, ("r",), "r", "again"),
    Binding(Command.SKIP_SIDE, ("s",), "s", "skip side"),
    Binding(Command.FINISH, ("q",), "q", "finish"),
    Binding(Command.SLOWER, ("-",), "−", "slower"),
    Binding(Command.FASTER, ("+", "="), "+", "faster"),
    Binding(Command.SOFTER, ("[",), "[", "softer"),
    Binding(Command.LOUDER, ("]",), "]", "louder"),
    Binding(Command.KEYS, ("?",), "?", ""),
)
"""What each key does; every other key that writes something, and a few more, pause and go on as space does."""

KEYS_HELP = (*(f"{each.label} {each.help}" for each in BINDINGS if each.help), "any other key pauses too")
"""The keys and what they do, a few words each."""

_COMMANDS = {key: binding.command for binding in BINDINGS for key in binding.keys}
_LARGE = ("KEY_ENTER", "KEY_TAB", "KEY_BACKSPACE", "KEY_DELETE")
"""Keys that a hand may find first. Arrows up and down are none of them: a mouse wheel writes these."""
_NAMELESS = "nameless"  # a key that neither writes something nor has a name
_SEQUENCES_BEGIN = ("\x1b[", "\x1bO")
_MORE_SEQUENCES = {"\x1bOC": "KEY_RIGHT", "\x1bOD": "KEY_LEFT"}  # from terminals left in application mode
_MEANT_TO_BE_HELD = frozenset({Command.SLOWER, Command.FASTER, Command.LOUDER, Command.SOFTER})


def command_of(key: str) -> Command | None:
    """Return what a key asks for.

    Args:
        key: the character it writes, or its name (``KEY_RIGHT``).
    """
    known = _COMMANDS.get(key) or _COMMANDS.get(key.lower())
    if known is None and (key in _LARGE or (len(key) == 1 and key.isprintable())):
        return Command.TOGGLE  # with closed eyes one hits any key
    return known


class Presses:
    """Tells presses from the repeats of a key that is held down.

    A held key sends itself again after about half a second, and from then on every 30 to 90 ms. So the same command
    within 150 ms is a repeat. One that comes a little later is either a second press or the first repeat: it counts
    when nothing follows it for 150 ms.
    """

    REPEATS_WITHIN_S = 0.15
    REPEATS_BEGIN_WITHIN_S = 1.2

    def __init__(self) -> None:
        self._last: Command | None = None
        self._last_s = 0.0
        self._doubtful: Command | None = None

    def pressed(self, command: Command, at_s: float) -> Iterable[Command]:
        """Take a key and yield what is to be done now, in order."""
        yield from self.settled(at_s)
        since_s = at_s - self._last_s if command == self._last else float("inf")
        doubtful, self._doubtful = self._doubtful, None
        if doubtful not in (None, command):
            yield doubtful
        self._last, self._last_s = command, at_s
        if command in _MEANT_TO_BE_HELD or since_s >= self.REPEATS_BEGIN_WITHIN_S:
            yield command
        elif since_s >= self.REPEATS_WITHIN_S:
            self._doubtful = command

    def settled(self, at_s: float) -> Iterable[Command]:
        """Yield a press that turned out to be one."""
        if self._doubtful is not None and at_s - self._last_s >= self.REPEATS_WITHIN_S:
            doubtful, self._doubtful = self._doubtful, None
            yield doubtful

    def settles_at_s(self) -> float:
        """Return when a doubtful press will count, on the clock of ``pressed``; infinity if there is none."""
        return float("inf") if self._doubtful is None else self._last_s + self.REPEATS_WITHIN_S


class Keys(Protocol):
    """The keyboard."""

    def read(self, timeout_s: float) -> Command | None:
        """Wait at most ``timeout_s`` seconds, and return what was asked for; ``None`` if nothing was."""


class NoKeys:
    """No keyboard."""

    def read(self, timeout_s: float) -> Command | None:
        """Wait."""
        time.sleep(timeout_s)
        return None


@contextmanager
def open_keys() -> Iterator[Keys]:
    """Read keys from the terminal, each as it is pressed and without writing it; elsewhere there are none.

    Space pauses and goes on, and so does every key that writes something and has no other meaning: it is pressed with
    closed eyes. Ctrl-C stays an interrupt; Escape and F1 to F12 do nothing. The terminal is as before afterwards, and
    while Ctrl-Z stops the coach. In the background nothing is read.
    """
    stream = next(filter(_is_terminal, (sys.__stdout__, sys.__stderr__)), None)  # blessed reads where one is
    if not _is_terminal(sys.__stdin__) or stream is None:
        yield NoKeys()
        return
    keys = TerminalKeys(stream)
    with around_stops(keys.leave, lambda: None):
        try:
            keys.take()
            yield keys
        finally:
            keys.leave()


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


class TerminalKeys:
    """The keys of a terminal."""

    def __init__(self, stream: TextIO) -> None:
        from blessed import Terminal

        # With styling, blessed would begin by asking the terminal what it is: that writes on the screen, takes ten
        # seconds if nothing answers, and swallows the keys pressed meanwhile.
        self._terminal = Terminal(stream=stream, force_styling=None)
        self._mode = _PosixMode() if POSIX else _BlessedMode(self._terminal)
        self._presses = Presses()
        self._ready: deque[Command] = deque()
        self._ended = False

    def take(self) -> bool:
        """Take the terminal, and return whether there may be keys to read: there are none in the background."""
        if not self._ended:
            try:
                return self._mode.set()
            except _ENDS:
                self._ended = True
        return False

    def read(self, timeout_s: float) -> Command | None:
        """Wait at most ``timeout_s`` seconds (a little longer if an escape sequence comes in pieces) for a command."""
        until_s = time.monotonic() + timeout_s
        while not self._ready:
            key = self._key(max(0.0, min(until_s, self._presses.settles_at_s()) - time.monotonic()))
            now_s = time.monotonic()
            self._ready.extend(self._presses.settled(now_s))
            command = command_of(key)
            if command is not None:
                self._ready.extend(self._presses.pressed(command, now_s))
            if not self._ready and now_s >= until_s:
                return None
        return self._ready.popleft()

    def leave(self) -> None:
        """Give the terminal back as it was; ``read`` would take it again."""
        with suppress(*_ENDS):  # it may be gone
            self._mode.restore()

    def _key(self, timeout_s: float) -> str:
        """Return the character or the name of a key; empty if none came in time."""
        until_s = time.monotonic() + timeout_s
        try:
            if self.take() and (key := self._terminal.inkey(timeout=timeout_s)):
                if key in _SEQUENCES_BEGIN:
                    return _MORE_SEQUENCES.get(key + self._rest_of_sequence(), _NAMELESS)
                return (key.name or _NAMELESS) if key.is_sequence else str(key)
        except UnicodeDecodeError:
            return _NAMELESS
        except _ENDS:
            self._ended = True
        time.sleep(max(0.0, until_s - time.monotonic()))  # at an end of file nothing else would wait
        return ""

    def _rest_of_sequence(self) -> str:
        """Return the rest of a sequence that blessed does not know: its letters are not keys that were pressed."""
        rest = ""
        while not "@" <= rest[-1:] <= "~" and (more := self._terminal.inkey(timeout=0)):
            rest += more
        return rest


class _PosixMode:
    """Each key as it is pressed, and none written.

    Looked after before each read and not once: a shell that stopped us takes it away, and we leave it alone while we
    are in the background.
    """

    def __init__(self) -> None:
        assert sys.__stdin__ is not None  # noqa: S101 - it was seen to be a terminal
        self._descriptor = sys.__stdin__.fileno()
        self._before: list[Any] | None = None

    def set(self) -> bool:
        if not in_foreground(self._descriptor):
            return False
        mode = termios.tcgetattr(self._descriptor)
        self._before = self._before or mode
        if mode[tty.LFLAG] & (termios.ICANON | termios.ECHO):
            tty.setcbreak(self._descriptor, termios.TCSANOW)
        return True

    def restore(self) -> None:
        if self._before is not None and in_foreground(self._descriptor):
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
        self._before = None


class _BlessedMode:
    """The same where there is no termios."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._entered: ExitStack | None = None

    def set(self) -> bool:
        if self._entered is None:
            self._entered = ExitStack()
            self._entered.enter_context(self._terminal.cbreak())
        return True

    def restore(self) -> None:
        if self._entered is not None:
            self._entered.close()
            self._entered = None
