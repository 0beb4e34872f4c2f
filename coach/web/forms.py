"""Orders from a form: what a page may ask for, and nothing that could name a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from coach.audio.finish import BACKGROUNDS
from coach.core.quoting import harmless, quoted
from coach.errors import InputError, UnknownNameError, suggested
from coach.library.library import NAMES
from coach.order import Order, OrderError

FIELDS = (
    *("targets", "breathing", "minutes", "drop", "gentle", "avoid", "level", "words", "breath", "beat", "pace"),
    *("guidance", "setup", "voice", "rate", "background"),
)
"""The fields of :class:`coach.order.Order` that a form may have; the others name files, or are for who writes some."""
MOST_TARGETS = 30
LONGEST_MINUTES = 90.0
_LONGEST_TEXT = 1_000
_LONGEST_SHOWN = 60


def order_of(form: object, voices: Collection[str], *, over: Order | None = None) -> Order:
    """Return the order that a form asks for.

    Args:
        form: its values by field: texts, numbers, yes or no, or lists of names.
        voices: the names of the voices that may speak.
        over: the order that tells what the form leaves open.

    Raises:
        InputError: it asks for something impossible, or for what no form may ask.
    """
    if not isinstance(form, Mapping):
        raise InputError("a form has fields with values")
    for name in map(str, form):
        if name not in FIELDS:
            raise OrderError((harmless(name[:_LONGEST_SHOWN]),), suggested("no form has this field", name, FIELDS))
    order = Order.read({name: _text(name, value) for name, value in form.items()}, over=over)
    _check_names(order, voices)
    if order.minutes is not None and order.minutes > LONGEST_MINUTES:
        raise OrderError(("minutes",), f"{order.minutes:g} is too long for the page; the most is {LONGEST_MINUTES:g}")
    return order


def form_of(order: Order) -> dict[str, object]:
    """Return the fields that were given, so that :func:`order_of` makes the same order of them."""
    given = order.model_dump(mode="json", include=set(FIELDS) & set(order.given))
    return {name: "+".join(value) if isinstance(value, list) else value for name, value in given.items()}


def _text(name: str, value: object) -> object:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = "+".join(value)
    if not isinstance(value, str | int | float | bool | None):
        raise OrderError((name,), "this is not a text, a number, yes or no, or a list of names")
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise OrderError((name,), "this is too much for a form")
    return value


def _check_names(order: Order, voices: Collection[str]) -> None:
    if len(order.targets) > MOST_TARGETS:
        raise OrderError(("targets",), f"{len(order.targets)} are too many; the most is {MOST_TARGETS}")
    for name in order.targets:
        if not NAMES.fullmatch(name):
            raise OrderError(("targets",), f"{quoted(name)} is not the name of a routine or a stretch")
    if order.voice not in voices:
        raise UnknownNameError("voice", order.voice, voices, f"it is one of {', '.join(voices)}")
    if order.background is not None and str(order.background) not in BACKGROUNDS:
        raise OrderError(("background",), f"{quoted(str(order.background))} is not one of {', '.join(BACKGROUNDS)}")
