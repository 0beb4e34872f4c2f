"""The options of an order, for every command that takes one: they follow from its fields."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from coach.cli.output import say
from coach.order import Group, Order, OrderError, about, choices
from coach.recipe import with_best_voice

Command = Callable[..., None]


def _complete_target(incomplete: str) -> list[str]:
    from coach.errors import CoachError
    from coach.library.paths import path_library

    try:
        library = path_library()
        names = [*library.routines, *library.stretches]
    except CoachError:
        return []
    return [name for name in names if name.startswith(incomplete)]


_TARGET_HELP = "A routine or stretch by name (see “coach list”), or the path of a script (my-routine.yaml)."
TARGET = Annotated[
    str,
    typer.Argument(metavar="ROUTINE", help=_TARGET_HELP, autocompletion=_complete_target, show_default=False),
]
"""One routine."""
TARGETS = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ROUTINE",
        help=f"{_TARGET_HELP} Several make one routine, in their order.",
        autocompletion=_complete_target,
        show_default=False,
    ),
]
"""Any number of routines."""
_ENVIRONMENT = {"voice": "COACH_VOICE"}
"""Options whose defaults can be set in the environment."""


def takes(
    *wanted: Group | str, breathing: bool = False, instead: Mapping[str, object] | None = None
) -> Callable[[Command], Command]:
    """Return a decorator that gives a command the options of an order in place of its parameter ``order``.

    Args:
        wanted: the fields of :class:`coach.order.Order` that it takes, by group or by name.
        breathing: whether it orders breathing alone.
        instead: for fields that it takes in a way of its own, the annotation of the parameter.
    """
    asked = [name for name in Order.model_fields if name in wanted or about(name).group in wanted]
    fields = [name for name in asked if name != "breathing"]
    annotations = {name: _annotation(name) for name in fields} | dict(instead or {})
    defaults = Order(breathing=breathing)

    def decorate(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True).parameters

        @functools.wraps(command)
        def run(context: typer.Context, **values: Any) -> None:
            given = {name: value for name in fields if (value := values.pop(name)) is not None}
            given = {name: value for name, value in given.items() if _source(context, name) != "DEFAULT"}
            try:
                order = Order(**given, **({"breathing": True} if breathing else {}))
            except OrderError as error:
                raise error.renamed(lambda name: _called(name, annotations)) from None
            if "context" in own:
                values["context"] = context
            command(order=order, **values)

        parameters = {"context": inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)}
        for name, parameter in own.items():
            parameters |= _parameters(annotations, defaults) if name == "order" else {name: parameter}
        run.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
        run.__annotations__ = {name: parameter.annotation for name, parameter in parameters.items()}
        return run

    return decorate


def typed(context: typer.Context) -> set[str]:
    """Return the fields of the order that were given on the command line itself."""
    return {name for name in Order.model_fields if _source(context, name) == "COMMANDLINE"}


def tell_voice(order: Order) -> None:
    """Say on stderr which voice ``auto`` stands for, if that is what is ordered."""
    best = with_best_voice(order)
    if best is not order:
        say(f"voice: {best.voice}", err=True)


def _source(context: typer.Context, name: str) -> str:
    source = context.get_parameter_source(name)
    return "DEFAULT" if source is None else source.name


def _called(name: str, annotations: Mapping[str, Any]) -> str:
    """Return what a field is called on the command line."""
    info = next((each for each in getattr(annotations.get(name), "__metadata__", ())), None)
    if isinstance(info, typer.models.ArgumentInfo):
        return str(info.metavar)
    return f"--{name.replace('_', '-')}"


def _parameters(annotations: Mapping[str, Any], defaults: Order) -> dict[str, inspect.Parameter]:
    """Return the parameters of a command; their defaults are only shown, the order has its own."""
    return {
        name: inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if annotation is TARGET else _shown(getattr(defaults, name)),
            annotation=annotation,
        )
        for name, annotation in annotations.items()
    }


def _shown(default: object) -> object:
    return f"{default:g}" if isinstance(default, float) else default or None


def _annotation(name: str) -> Any:
    """Return the annotation of the option for a field."""
    if name == "targets":
        return TARGETS
    field, option = Order.model_fields[name], f"--{name.replace('_', '-')}"
    info = typer.Option(
        f"{option}/--no-{option[2:]}" if field.default is True else option,
        metavar=f"[{'|'.join(choices(name))}]" if choices(name) else about(name).metavar or None,
        autocompletion=(lambda: list(choices(name))) if choices(name) else None,
        help=field.description,
        envvar=_ENVIRONMENT.get(name),
        show_default=field.annotation is not bool,
    )
    return Annotated[_kind(name, field) | None, info]


def _kind(name: str, field: FieldInfo) -> Any:
    """Return the type of an option's value; the order reads numbers and choices, and says what is wrong with them."""
    if choices(name):
        return str
    kinds = typing.get_args(field.annotation) if isinstance(field.annotation, types.UnionType) else (field.annotation,)
    return next((kind for kind in kinds if kind in (bool, Path)), str)
