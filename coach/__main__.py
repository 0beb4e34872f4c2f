"""``coach`` on the command line, and ``python -m coach``."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from coach.errors import CoachError, reason

_INTERRUPTED = 128 + signal.SIGINT


def main() -> NoReturn:
    """Run the command line; every problem becomes one or two lines on stderr and an exit status."""
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _terminated)
    _mend_streams()
    # Nothing here multiplies matrices: threads for that would only take time to start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()  # imports make many objects and no garbage; what goes on for long turns it on again
    sys.exit(_run())


def _run() -> int:
    try:
        return _run_app()
    except CoachError as error:
        _complain(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _forget_output()  # the reader has read enough
        return 0
    except OSError as error:
        _forget_output()
        _complain(f"{error.filename or 'the output'}: {reason(error)}")
        return 1


def _run_app() -> int:
    if sys.argv[1:] == ["--version"]:  # answered before the command line is loaded
        from coach import __version__

        print(f"Stretch Coach {__version__}", flush=True)
        return 0
    # Imported here, so that Ctrl-C during these first moments is met too.
    from typer.exceptions import TyperException

    from coach.cli import app

    try:
        status = app(standalone_mode=False)
    except TyperException as error:
        problem = " ".join(error.format_message().replace("Value error, ", "").split())
        _complain(f"{problem.rstrip('.?')}. “{_help_command()}” shows how to use it")
        return getattr(error, "exit_code", 2)
    sys.stdout.flush()
    return status if isinstance(status, int) else 0


def _complain(message: str) -> None:
    from coach.cli.output import say

    say(f"coach: {message}", err=True)


def _forget_output() -> None:
    """Let what is still buffered not fail once more at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:  # too many open files
        sys.stdout = None


class _ForgivingStream(io.TextIOWrapper):
    """Stderr, on which what cannot be written is lost (a full disk, a reader that has gone), and the work goes on."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            super().flush()


def _mend_streams() -> None:
    """Make the standard streams fit to use, whatever they were at the start.

    A stream that was closed (``2>&-``) leads nowhere; otherwise the next file that is opened would take its place.
    Files and pipes get UTF-8 on every system; a terminal that lacks a character shows a question mark instead.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):  # it gets the lowest number that is free: this one
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 - for as long as the coach runs
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None or isinstance(sys.stderr, io.TextIOWrapper):
        encoding = sys.stderr.encoding if sys.stderr else "utf-8"
        sys.stderr = _ForgivingStream(open(2, "wb", closefd=False), encoding, line_buffering=True)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def _help_command() -> str:
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    from coach.cli import command_names

    return f"coach {command} --help" if command in command_names() else "coach --help"


def _terminated(number: int, _frame: FrameType | None) -> NoReturn:
    # As an exception, so that what is half written is removed and no process stays behind.
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
