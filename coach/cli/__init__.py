"""The command line: one file a command, heavy imports inside the commands."""

from __future__ import annotations

import typer

from coach.cli import breathe, cache, check, doctor, history, new, play, render, safety, show, timeline, voices
from coach.cli import playlist as phone
from coach.cli.output import say

app = typer.Typer(
    help="A voice-guided audio coach for the lower back: renders stretches with paced breath as audio files.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _module in (render, play, breathe, phone, timeline, show, safety, new, check, voices, history, cache, doctor):
    _module.register(app)


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
    return tuple(
        str(info.name or (info.callback.__name__ if info.callback else "")) for info in app.registered_commands
    )
