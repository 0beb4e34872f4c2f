"""What a listener asks for: one request, from which everything else follows.

A new option of the manner is a field here (with its line in :attr:`Order.delivery`), a field of
:class:`coach.core.delivery.Delivery`, the place where it takes effect, and its line in the docs. The options of the
commands and the columns of plans follow from the fields.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from coach import defaults
from coach.audio.finish import (
    BACKGROUNDS,
    LOUDEST_BACKGROUND_LU,
    LOUDEST_LUFS,
    SOFTEST_BACKGROUND_LU,
    SOFTEST_LUFS,
    Finish,
    Quality,
    background_file,
)
from coach.core.breath import BreathPattern, read_ramp
from coach.core.delivery import EARLIEST_BEAT_MS, LATEST_BEAT_MS, Delivery, Guidance, Level, Pace, Setup, Words
from coach.core.fields import LONGEST_NAME
from coach.core.fit import Length
from coach.core.plan import MAX_ROUTINE_MS
from coach.core.quoting import quoted
from coach.errors import InputError, suggested

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class Group(StrEnum):
    """What a field is about: commands and forms offer a group together."""

    CONTENT = "content"
    """What is done, and how long it lasts."""
    MANNER = "manner"
    """How it is guided."""
    VOICE = "voice"
    """Who speaks."""
    SOUND = "sound"
    """What it is called, how loud it is, and what is heard under it."""
    FILES = "files"
    """What is written beside the sound."""


@dataclass(frozen=True)
class About:
    """What people are told of a field besides its description."""

    group: Group
    metavar: str = ""
    """What stands for its value in a help text."""
    unit: str = ""
    """What its number counts."""


class OrderError(InputError):
    """A value that an order cannot have; the message names its field as the person wrote it."""

    def __init__(self, fields: tuple[str, ...], problem: str, called: Callable[[str], str] = str) -> None:
        super().__init__(f"{' and '.join(map(called, fields))}: {problem}")
        self.fields = fields
        """The names of the fields of :class:`Order` that are at fault."""
        self.problem = problem
        """What is wrong with their values, as a sentence that can follow their names."""

    def renamed(self, called: Callable[[str], str]) -> OrderError:
        """Return the same error with its fields under other names."""
        return OrderError(self.fields, self.problem, called)


def _number(value: object) -> float:
    try:
        if isinstance(value, str):
            return float(value.strip().replace(",", "."))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{quoted(value)} is not a number")


def _whole_number(value: object) -> object:
    number = _number(value)
    return round(number) if abs(number) < MAX_ROUTINE_MS else number


def _small_letters(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) and not isinstance(value, Enum) else value


def _targets(value: object) -> object:
    return tuple(value.replace("+", " ").split()) if isinstance(value, str) else value


def _names(value: object) -> object:
    return tuple(re.split(r"[\s,;+]+", value.strip())) if isinstance(value, str) and value.strip() else value or ()


def _title(value: object) -> object:
    if not isinstance(value, str):
        return value
    # What a tag cannot hold is left out: control characters, and halves of characters.
    kept = "".join(char for char in " ".join(value.split()) if unicodedata.category(char) not in ("Cc", "Cs"))
    kept = " ".join(kept.split())
    if len(kept) > LONGEST_NAME:
        raise ValueError(f"{quoted(kept)} has {len(kept)} characters; the most is {LONGEST_NAME}")
    return kept or None


Number = Annotated[float, BeforeValidator(_number)]
WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
_CHOICE = BeforeValidator(_small_letters)


class Order(BaseModel):
    """Everything that a listener can ask for: a value that holds nothing impossible.

    >>> order = Order(targets=("daily",), minutes=15, words="brief")
    >>> order.changed(minutes=10).minutes
    10.0
    >>> Order.from_json(order.to_json()) == order
    True
    >>> Order.read({"routine": "cat-cow + cobra", "minutes": "7,5"}).targets
    ('cat-cow', 'cobra')

    Raises:
        OrderError: a value is impossible; the message names its field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=False)

    targets: Annotated[tuple[str, ...], BeforeValidator(_targets), About(Group.CONTENT, "ROUTINE")] = Field(
        (), description="Routines and stretches; several make one routine, in their order."
    )
    breathing: Annotated[bool, About(Group.CONTENT)] = Field(
        False, description="Paced breathing alone, instead of a routine."
    )
    minutes: Annotated[Number | None, About(Group.CONTENT, "N", "minutes")] = Field(
        default_factory=lambda data: defaults.BREATHING_MINUTES if data.get("breathing") else None,
        ge=0.1,
        le=MAX_ROUTINE_MS / 60_000,
        description="Make it last N minutes: doses move inside their ranges.",
    )
    drop: Annotated[bool, About(Group.CONTENT)] = Field(
        False, description="Let --minutes leave out stretches (from the end, if that is enough)."
    )
    gentle: Annotated[bool, About(Group.CONTENT)] = Field(
        False, description="Swap or leave out what is not for a fresh injury or in pregnancy."
    )
    avoid: Annotated[tuple[str, ...], BeforeValidator(_names), About(Group.CONTENT, "CONDITIONS")] = Field(
        (),
        description="Swap or leave out what is not for these conditions, like knees,pregnancy (see “coach safety”).",
    )
    level: Annotated[Level, _CHOICE, About(Group.CONTENT)] = Field(
        Level.USUAL, description="How much the movements ask: the easier or harder form of each, if it has one."
    )
    words: Annotated[Words, _CHOICE, About(Group.MANNER)] = Field(
        Words.FULL, description="How much is said: everything, the essentials, or only names and signals."
    )
    breath: Annotated[str | None, About(Group.MANNER, "PATTERN")] = Field(
        None,
        description="Counts to breathe: in-out, in-hold-out or in-hold-out-rest, or a name (see “coach patterns”). "
        f"[default: what the scripts say, else {defaults.BREATH}]",
    )
    ramp: Annotated[str | None, About(Group.MANNER, "FROM:TO")] = Field(
        None, description="Begin with a shorter breath and lengthen it evenly: 3-4:4-6."
    )
    beat: Annotated[Number, About(Group.MANNER, "SECONDS", "seconds")] = Field(
        defaults.BEAT_MS / 1000,
        ge=EARLIEST_BEAT_MS / 1000,
        le=LATEST_BEAT_MS / 1000,
        description=f"Length of one count, {EARLIEST_BEAT_MS / 1000:g} to {LATEST_BEAT_MS / 1000:g} seconds.",
    )
    pace: Annotated[Pace, _CHOICE, About(Group.MANNER)] = Field(Pace.COUNT, description="What is heard of the breath.")
    guidance: Annotated[Guidance, _CHOICE, About(Group.MANNER)] = Field(
        default_factory=lambda data: Guidance.FULL if data.get("breathing") else Guidance.FADING,
        description="How soon counting thins out, once the rhythm is set.",
    )
    setup: Annotated[Setup, _CHOICE, About(Group.MANNER)] = Field(
        Setup.NORMAL, description="How much time there is to get into and out of a position."
    )
    voice: Annotated[str, About(Group.VOICE, "NAME")] = Field(
        defaults.VOICE,
        description="Who speaks (see “coach voices”): auto (the best there is), neural, system, system:en-gb, silent.",
    )
    rate: Annotated[WholeNumber, About(Group.VOICE, "WPM", "words a minute")] = Field(
        defaults.RATE_WPM, ge=80, le=300, description="Speaking rate, 80 to 300 words a minute."
    )
    count_voice: Annotated[str | None, About(Group.VOICE, "NAME")] = Field(
        None, description="Another voice for the counts."
    )
    title: Annotated[str | None, BeforeValidator(_title), About(Group.SOUND, "TEXT")] = Field(
        None, description="What it calls itself."
    )
    loudness: Annotated[Number, About(Group.SOUND, "LUFS", "LUFS")] = Field(
        defaults.LOUDNESS_LUFS,
        ge=SOFTEST_LUFS,
        le=LOUDEST_LUFS,
        description=f"Integrated loudness as heard on two loudspeakers, {SOFTEST_LUFS:g} to {LOUDEST_LUFS:g}.",
    )
    background: Annotated[Path | None, About(Group.SOUND, "SOUND")] = Field(
        None,
        description="rain, waves, room, or any audio file, to lie under it. It is looped, and gives way to the voice.",
    )
    background_level: Annotated[Number, About(Group.SOUND, "LU", "LU")] = Field(
        defaults.BACKGROUND_LU,
        ge=SOFTEST_BACKGROUND_LU,
        le=LOUDEST_BACKGROUND_LU,
        description=f"How loud the background is in pauses, relative to the voice, {SOFTEST_BACKGROUND_LU:g} to "
        f"{LOUDEST_BACKGROUND_LU:g}.",
    )
    quality: Annotated[Quality, _CHOICE, About(Group.FILES)] = Field(
        Quality.USUAL, description="How large the file may be; a minute of MP3 takes 0.42, 0.6 or 0.96 MB."
    )
    captions: Annotated[bool, About(Group.FILES)] = Field(
        True, description="Write the files to read along (.lrc, .vtt, .srt)."
    )
    podcast: Annotated[bool, About(Group.FILES)] = Field(
        False, description="Write the chapters beside it too (.chapters.json), for “coach feed”."
    )

    if not TYPE_CHECKING:  # so that the types of the fields stay those of the arguments

        def __init__(self, **values: object) -> None:
            try:
                super().__init__(**values)
            except ValidationError as error:
                raise _order_error(error.errors()[0]) from None

    @field_validator("breath", "ramp")
    @classmethod
    def _is_breath(cls, text: str | None, info: Any) -> str | None:
        if text is not None:
            (BreathPattern.parse if info.field_name == "breath" else read_ramp)(text)
        return text

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        for one, other, reason in (
            ("breath", "ramp", "a ramp has both its patterns in it"),
            ("targets", "breathing", "breathing alone has no stretches"),
        ):
            if getattr(self, one) and getattr(self, other):
                problem = f"give one of them; {reason}"
                raise PydanticCustomError("together", "{problem}", {"fields": (one, other), "problem": problem})
        if self.breathing and self.minutes is None:
            problem = "breathing alone needs a length"
            raise PydanticCustomError("together", "{problem}", {"fields": ("minutes",), "problem": problem})
        return self

    @classmethod
    def read(
        cls, texts: Mapping[str, object], *, over: Order | None = None, called: Callable[[str], str] | None = None
    ) -> Order:
        """Return the order that a mapping of texts asks for: a row of a table, a form.

        Args:
            texts: what is asked for, by field; a space or a hyphen may stand for the underscore, “routine” for
                “targets”, and a comma for the decimal point. An empty text asks for nothing.
            over: the order that tells what the mapping leaves open.
            called: returns what a field is called in messages; as the mapping calls it if not given.

        Raises:
            OrderError: a field is not known, or its value is impossible.
        """
        written = {field_named(key): key for key in texts}
        for key in texts:
            if (field := field_named(key)) not in cls.model_fields:
                raise OrderError((key,), _no_such_field(field))
            if written[field] != key:
                raise OrderError((key,), f"this is the same field as {written[field]}; give one of them")
        values = {field: texts[key] for field, key in written.items() if not _is_blank(texts[key])}
        try:
            return (over or cls()).changed(**values)
        except OrderError as error:
            raise error.renamed(called or (lambda field: written.get(field, field))) from None

    @classmethod
    def from_json(cls, text: str) -> Order:
        """Return the order that :meth:`to_json` wrote.

        Raises:
            InputError: it is something else, or a value is impossible.
        """
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"this is not an order in JSON: {error}") from None
        if not isinstance(whole, dict):
            raise InputError("this is not an order in JSON; an order is an object")
        return cls.read(whole)

    def to_json(self) -> str:
        """Return it as text, with every field, so that it means the same when defaults change."""
        return self.model_dump_json()

    @property
    def told(self) -> str:
        """It as JSON, as a file may tell it: without its title, which stands elsewhere, and without any path."""
        values = self.model_dump(mode="json", include=set(self.given) - {"title", "captions", "podcast"})
        if self.background is not None and str(self.background) not in BACKGROUNDS:
            values["background"] = "a file"
        if "targets" in values:
            values["targets"] = [Path(name).stem if "/" in name or "\\" in name else name for name in self.targets]
        return json.dumps(values, sort_keys=True)

    @property
    def given(self) -> dict[str, Any]:
        """The fields that were given a value, with their values."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}

    def changed(self, **values: Any) -> Order:
        """Return the order with other values; a breath takes the place of a ramp, and a ramp that of a breath.

        Raises:
            OrderError: a value is impossible.
        """
        before = self.given
        if {"breath", "ramp"} & set(values):
            before = {name: value for name, value in before.items() if name not in ("breath", "ramp")}
        return type(self)(**{**before, **values})

    @property
    def delivery(self) -> Delivery:
        """How it is to be guided."""
        return Delivery(
            breath=read_ramp(self.ramp) if self.ramp else (BreathPattern.parse(self.breath or defaults.BREATH),),
            beat_ms=round(self.beat * 1000),
            words=self.words,
            pace=self.pace,
            guidance=self.guidance,
            setup=self.setup,
            level=self.level,
            breath_is_chosen=bool(self.breath or self.ramp),
        )

    @property
    def length(self) -> Length | None:
        """How long it is to last; ``None`` for as long as it takes."""
        return None if self.minutes is None else Length(round(self.minutes * 60_000), drop=self.drop)

    @property
    def finish(self) -> Finish:
        """How its sound is to be finished, and what goes with it.

        Raises:
            InputError: the background begins with the home folder of an unknown user.
        """
        return Finish(
            heard_lufs=self.loudness,
            background=None if self.background is None else background_file(self.background),
            background_lu=self.background_level,
            quality=self.quality,
            captions=self.captions,
            podcast=self.podcast,
            asked=self.told,
        )


def field_named(text: str) -> str:
    """Return the name of the field that people call ``text``: ``count voice``, ``Count-Voice``, ``routine``."""
    name = re.sub(r"[\s-]+", "_", text.strip().lower())
    return "targets" if name == "routine" else name


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def about(field: str) -> About:
    """Return what people are told of a field of :class:`Order` besides its description."""
    return next(each for each in Order.model_fields[field].metadata if isinstance(each, About))


def choices(field: str) -> tuple[StrEnum, ...]:
    """Return what can be chosen for a field; nothing if it is not a choice."""
    kind = Order.model_fields[field].annotation
    return tuple(kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else ()


def _order_error(details: ErrorDetails) -> OrderError:
    """Return one of pydantic's findings as a plain sentence."""
    kind, context = details["type"], details.get("ctx", {})
    if kind == "together":
        return OrderError(context["fields"], context["problem"])
    field = str(details["loc"][0])
    return OrderError((field,), _problem(field, kind, details["input"], context))


def _problem(field: str, kind: str, value: object, context: Mapping[str, Any]) -> str:
    if kind == "extra_forbidden":
        return _no_such_field(field)
    if kind == "value_error":
        return str(context["error"])
    if kind in ("greater_than_equal", "less_than_equal", "finite_number"):
        least, most = _limits(field)
        return f"{_number(value):g} is not possible; choose {least:g} to {most:g} {about(field).unit}"
    if kind == "enum":
        words = choices(field)
        return suggested(f"{quoted(value)} is not one of {', '.join(words)}", str(value), words)
    if kind.startswith("bool"):
        return f"{quoted(value)} is not yes or no"
    return f"{quoted(value)} is not {'a list of names' if field == 'targets' else 'text'}"


def _no_such_field(field: str) -> str:
    return suggested("there is no such field", field, Order.model_fields, f"there are {', '.join(Order.model_fields)}")


def _limits(field: str) -> tuple[float, float]:
    metadata = Order.model_fields[field].metadata
    least = next(meta.ge for meta in metadata if hasattr(meta, "ge"))
    most = next(meta.le for meta in metadata if hasattr(meta, "le"))
    return least, most
