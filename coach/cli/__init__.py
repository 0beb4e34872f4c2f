"""The command line: one file a command, imported when the command is run."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from coach.cli.output import say

COMMANDS = {
    "render": ("render", "Write a routine as an audio file, to listen to with eyes closed."),
    "play": ("play", "Lie down and be coached, hands-free: pause, skip, repeat or slow down by any key, or by voice."),
    "breathe": ("breathe", "Write paced breathing alone as an audio file, or play it: opening, breaths, closing."),
    "plan": (
        "plan",
        "Write a table to begin with (new), or show row by row what one would make (check); nothing is rendered.",
    ),
    "serve": ("serve", "Serve a page for phones: choose, listen, keep a session for later. Ctrl-C ends it."),
    "site": (
        "site",
        "Write the page as a folder of files for any web host: nothing to run, and it plays with no network.",
    ),
    "patterns": ("patterns", "List the breath patterns that have names: what each is for, and where it comes from."),
    "playlist": ("playlist", "Write a playlist of a folder's audio files, by their track numbers."),
    "feed": ("playlist", "Write a podcast feed (feed.xml) of a folder's routines, and a cover.jpg if there is none."),
    "verify": (
        "verify",
        "Tell whether files are as the coach made them, and whether their scripts have changed since.",
    ),
    "timeline": ("timeline", "Show when everything in a routine is said and sounded."),
    "show": ("show", "Show a stretch or routine: steps, doses, cautions, length."),
    "sheet": (
        "sheet",
        "Write a sheet to print: steps, doses, cautions, sources, and boxes to tick for four weeks.",
    ),
    "list": ("list_", "List every routine and stretch, one line each."),
    "safety": (
        "safety",
        "Say when to see a doctor before stretching, how to stretch with care, and what can be avoided.",
    ),
    "new": ("new", "Write a commented script to start from."),
    "check": ("check", "Find every problem in scripts, as FILE:LINE:COLUMN: MESSAGE."),
    "schema": ("check", "Print the JSON Schema of scripts, with which editors complete and check while you type."),
    "voices": ("voices", "List the voices on this machine; the default is marked."),
    "history": (
        "history",
        "Show the weeks, the days in a row and the last sessions; nothing of it leaves this machine.",
    ),
    "cache": (
        "cache",
        "Show or remove what is kept: spoken clips, and encoded blocks of them. What is missing is made again.",
    ),
    "doctor": ("doctor", "Check what the coach needs, and say what to do about anything that is missing."),
}
"""The module of each command and what it is for, in the order of the help; the rest of its help is in the module."""


class _Command(TyperCommand):
    """A command that is imported when it is run."""

    def __init__(self, name: str, module: str, summary: str) -> None:
        super().__init__(name, short_help=summary)
        self._module = module

    def make_context(self, *arguments: Any, **more: Any) -> typer.Context:
        """Return the context of the command itself."""
        own = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
        importlib.import_module(f"coach.cli.{self._module}").register(own)
        command = typer.main.get_group(own).commands[str(self.name)]
        return command.make_context(*arguments, **more)  # type: ignore[return-value]


class _Commands(TyperGroup):
    """All commands."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.commands = {name: _Command(name, module, summary) for name, (module, summary) in COMMANDS.items()}


app = typer.Typer(
    cls=_Commands,
    help="A voice-guided audio coach for the lower back: renders stretches with paced breath as audio files.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _coach(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Show the version and exit."),
) -> None:
    if version:
        from coach import __version__

        say(f"Stretch Coach {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        say(context.get_help())


def command_names() -> tuple[str, ...]:
    """Return the name of every command."""
    return tuple(COMMANDS)
