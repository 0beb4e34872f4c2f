"""``coach`` on the command line, and ``python -m coach``."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from coach.core.quoting import harmless
from coach.errors import CoachError

_INTERRUPTED = 128 + signal.SIGINT


def main() -> NoReturn:
    """Run the command line; every problem becomes one or two lines on stderr and an exit status."""
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _terminated)
    _speak_utf8()
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
        _forget_output()  # whoever read it has enough
        return 0
    except OSError as error:
        _forget_output()
        _complain(f"{error.filename or 'the output'}: {error.strerror or error}")
        return 1


def _run_app() -> int:
    # Imported here, so that Ctrl-C during these first moments is met too.
    from typer.exceptions import TyperException

    from coach.cli import app

    try:
        status = app(standalone_mode=False)
    except TyperException as error:
        _complain(f"{error.format_message().rstrip('.?')}. “{_help_command()}” shows how to use it")
        return getattr(error, "exit_code", 2)
    sys.stdout.flush()
    return status if isinstance(status, int) else 0


def _complain(message: str) -> None:
    sys.stderr.write(f"coach: {harmless(message)}\n")


def _forget_output() -> None:
    """What is still buffered must not fail once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _speak_utf8() -> None:
    """Write UTF-8 into files and pipes on every system; a terminal that lacks a character shows a mark instead."""
    if sys.stdout is None:  # closed by whoever started the coach
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as we run
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
