"""What the fields of a script can hold, and how each is written: lines, doses, lengths of time, breath patterns."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from coach.core.breath import NAMED_PATTERNS, BreathPattern
from coach.core.dose import DOSE_PATTERN, Dose
from coach.core.quoting import quoted

MAX_LINE_CHARS = 200
"""The longest spoken line. Speech engines lose long texts, and a listener does too."""

_TIME_PATTERN = r"^\s*([0-9]{1,4}(?:\.[0-9]{1,3})?)\s*(s|min)\s*$"
_TIME = re.compile(_TIME_PATTERN)
_UNIT_MS = {"s": 1000, "min": 60_000}
_LONGEST_MOVE_MS, _LONGEST_MS = 600_000, 3_600_000

Keys = tuple[str | int, ...]
"""The way to a value in a script."""
Side = Literal["left", "right"]
OTHER_SIDE: dict[str, Side] = {"left": "right", "right": "left"}


def _ms(text: object, most_ms: int) -> int:
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{quoted(text)} is not a length of time; write it like “4 s” or “2 min”")
    ms = round(float(match[1]) * _UNIT_MS[match[2]])
    if ms > most_ms:
        raise ValueError(f"“{text}” is too long; the most is {most_ms // 1000} s")
    return ms


def _move_ms(text: object) -> int:
    return _ms(text, _LONGEST_MOVE_MS)


def _time_ms(text: object) -> int:
    return _ms(text, _LONGEST_MS)


_SAYABLE = frozenset(" .,;:!?'’‘“”\"()-–—…/&%+=°×½¼¾{}_")  # the underscore is that of {other_side}
"""Besides letters and digits: what is read as words or makes a pause. Braces are looked at on their own."""


def _is_sayable(char: str) -> bool:
    return char in _SAYABLE or char in "0123456789" or unicodedata.name(char, "").startswith("LATIN")


def speakable(text: str) -> str:
    """Return a text that a voice can say.

    Raises:
        ValueError: it cannot, with the reason.
    """
    if not any(char.isalnum() for char in text):
        raise ValueError("there is nothing to say here: a spoken line needs letters or numbers")
    for char in text:
        if not char.isprintable():
            raise ValueError(f"no voice can say the character {char!a}; write the line as plain text on one line")
        if not _is_sayable(char):
            raise ValueError(f"no voice can say “{char}”; write it in words")
    if any(brace in text.replace("{side}", "").replace("{other_side}", "") for brace in "{}"):
        raise ValueError("braces are for {side} and {other_side} only")
    return text


def without_sides(text: str) -> str:
    """Return a name that is the same for both sides.

    Raises:
        ValueError: it is not.
    """
    if "{" in text:
        raise ValueError("a name is the same for both sides; leave {side} to the lines")
    return text


def _known_dose(value: object) -> Dose:
    return value if isinstance(value, Dose) else Dose.parse(value)


def _known_pattern(value: object) -> BreathPattern:
    return value if isinstance(value, BreathPattern) else BreathPattern.parse(str(value))


Line = Annotated[
    str,
    Field(
        max_length=MAX_LINE_CHARS,
        description="One spoken line; {side} and {other_side} become left and right.",
    ),
    AfterValidator(speakable),
]
DoseText = Annotated[
    Dose,
    PlainValidator(_known_dose),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": DOSE_PATTERN, "examples": ["30 s", "10-20 s", "5 breaths", "8-10 x"]}),
]
_WRITTEN_TIME = (
    PlainSerializer(lambda ms: f"{ms / 1000:g} s", return_type=str),
    WithJsonSchema({"type": "string", "pattern": _TIME_PATTERN, "examples": ["4 s", "2 min"]}),
)
SecondsText = Annotated[int, PlainValidator(_move_ms), *_WRITTEN_TIME]
"""Ten minutes at most."""
TimeText = Annotated[int, PlainValidator(_time_ms), *_WRITTEN_TIME]
"""An hour at most."""
PatternText = Annotated[
    BreathPattern,
    PlainValidator(_known_pattern),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\s*[0-9]{1,2}(-[0-9]{1,2}){1,3}\s*$", "examples": ["4-6"]},
                {"type": "string", "enum": list(NAMED_PATTERNS)},
            ]
        }
    ),
]
LONGEST_NAME = 60
Name = Annotated[
    str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(speakable), AfterValidator(without_sides)
]


class Model(BaseModel):
    """Frozen, and no key it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Shorthand(Model):
    """A model that may be written as one plain text, which becomes its first field."""

    shorthand: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {cls.shorthand: value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell editors that a plain text will do."""
        own = handler.resolve_ref_schema(handler(schema))
        whole = dict(own)
        own.clear()
        own.update({"anyOf": [{"type": "string"}, whole]})
        return own


class Step(Shorthand):
    """One sentence, one action, and the time to do it."""

    shorthand = "say"

    say: Line
    again: Line | Literal[False] | None = Field(
        default=None,
        description="What the second side and later repetitions hear instead; false leaves the step out. "
        "Unset: a step that names a side is said again, any other is left out.",
    )
    move: SecondsText = Field(default=3000, description="Time to do it, after the words, like “4 s”.")
    option: Line | None = Field(
        default=None,
        description="Another way to do it, offered once right after it: “Or hold the backs of your thighs.”",
    )
    easier: Line | Literal[False] | None = Field(
        default=None, description="What --level easier says in its place; false leaves it out."
    )
    harder: Line | Literal[False] | None = Field(
        default=None, description="What --level harder says in its place; false leaves it out."
    )


class BreathLine(Shorthand):
    """The words for a movement that belongs to a phase of the breath."""

    shorthand = "say"

    say: Line
    again: Line | None = Field(default=None, description="A shorter form for the second and later times it is said.")


class BreathPair(Model):
    """The words for one breath of a movement that takes several."""

    inhale: BreathLine
    exhale: BreathLine


class TimedLine(Model):
    """A line that falls on one breath of a hold or set, or on a moment of it."""

    breath: int | None = Field(
        default=None, ge=1, le=360, description="Which breath, counted from 1; left out when the hold is shorter."
    )
    phase: Literal["in", "out"] | None = Field(default=None, description="Of that breath.")
    at: TimeText | None = Field(
        default=None, description="Instead of a breath: how long after the beginning, like “40 s”."
    )
    rep: int | None = Field(
        default=None, ge=1, le=500, description="In which repetition, where each has its own hold; left out: in all."
    )
    say: Line

    @model_validator(mode="after")
    def _has_one_moment(self) -> TimedLine:
        if (self.breath is None) != (self.phase is None) or (self.breath is None) == (self.at is None):
            raise ValueError("say when: with “breath” and “phase” (in or out), or with “at”, like “at: 40 s”")
        return self


Lines = Annotated[tuple[TimedLine, ...], Field(description="Words on a breath, or at a time, of the hold or set.")]
