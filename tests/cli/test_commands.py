"""The command line as a whole: its help, and the options of an order."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
import typer

from coach.cli import COMMANDS
from coach.order import Group, Order, about
from support.command import Coach

ORDERS = {
    "render": set(Order.model_fields) - {"targets", "breathing"},
    "play": {name for name in Order.model_fields if about(name).group is not Group.FILES} - {"targets", "breathing"},
    "breathe": set(Order.model_fields) - {"targets", "breathing", "breath", "drop", "gentle", "avoid", "level"},
    "timeline": {name for name in Order.model_fields if about(name).group in (Group.CONTENT, Group.MANNER, Group.VOICE)}
    - {"targets", "breathing"},
    "show": {name for name in Order.model_fields if about(name).group in (Group.CONTENT, Group.MANNER)}
    - {"targets", "breathing"},
}


def own_app(module: str) -> typer.Typer:
    app = typer.Typer()
    importlib.import_module(f"coach.cli.{module}").register(app)
    return app


def test_the_summaries_are_those_of_the_commands() -> None:
    """They stand in a table, so that the help need not import every command."""
    found = {}
    for module in dict.fromkeys(module for module, _ in COMMANDS.values()):
        for info in own_app(module).registered_commands:
            assert info.callback is not None
            name = info.name or info.callback.__name__
            found[name] = (module, str(info.callback.__doc__).strip().splitlines()[0])
    assert found == COMMANDS


@pytest.mark.parametrize("help_", ["-h", "--help"])
def test_help_shows_every_summary_whole(coach: Coach, help_: str) -> None:
    done = coach(help_)
    assert (done.returncode, done.stderr) == (0, "")
    shown = " ".join(done.stdout.split())
    assert all(f"{name} {summary}" in shown for name, (_, summary) in COMMANDS.items())


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(coach_here: Coach, command: str) -> None:
    done = coach_here(command, "-h")
    assert (done.returncode, done.stderr) == (0, "")
    assert COMMANDS[command][1] in " ".join(done.stdout.split())


@pytest.mark.parametrize("command", ORDERS)
def test_a_command_takes_what_an_order_holds(command: str) -> None:
    """A new field is an option everywhere, with no edit to a command."""
    group = typer.main.get_group(own_app(COMMANDS[command][0]))
    options = {str(parameter.name) for parameter in group.commands[command].params}
    assert options & set(Order.model_fields) - {"targets", "breath" if command == "breathe" else ""} == ORDERS[command]


def test_a_command_that_needs_no_order_stays_light() -> None:
    code = (
        "import sys; sys.argv = ['coach', 'safety']\n"
        "from coach.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"coach.order", "numpy", "rich"} & set(done.stderr.split())
