"""What a script can say: the models behind ``scripts/stretches/*.yaml`` and ``scripts/routines/*.yaml``.

The field descriptions here are also what editors show while typing (``coach schema``). ``scripts/README.md`` explains
the format by example.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
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
from coach.core.dose import DOSE_PATTERN, Dose, Unit
from coach.core.positions import Position
from coach.core.quoting import quoted

MAX_SENTENCE_WORDS = 14
"""The longest sentence that is easy to follow by ear."""
MAX_LINE_CHARS = 200
"""The longest spoken line. Speech engines lose long texts, and a listener does too."""

_SECONDS = re.compile(r"\s*([0-9]{1,4}(?:\.[0-9]{1,3})?)\s*s\s*")
_MAX_SECONDS = 600

Side = Literal["left", "right"]
Condition = Literal["fresh-injury", "pregnancy"]
OTHER_SIDE: dict[str, Side] = {"left": "right", "right": "left"}


def _seconds_ms(text: object) -> int:
    match = _SECONDS.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{quoted(text)} is not a length of time; write seconds, like “4 s”")
    ms = round(float(match[1]) * 1000)
    if not 0 <= ms <= _MAX_SECONDS * 1000:
        raise ValueError(f"“{text}” is too long; the most is {_MAX_SECONDS} s")
    return ms


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


def _text_of_number(value: object) -> object:
    # `article: 002` is a number to YAML.
    return f"{value:03}" if isinstance(value, int) and not isinstance(value, bool) else value


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
SecondsText = Annotated[
    int,
    PlainValidator(_seconds_ms),
    PlainSerializer(lambda ms: f"{ms / 1000:g} s", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]{1,4}(\.[0-9]{1,3})?\s*s\s*$", "examples": ["4 s"]}),
]
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


class BreathLine(Shorthand):
    """The words for a movement that belongs to a phase of the breath."""

    shorthand = "say"

    say: Line
    again: Line | None = Field(default=None, description="A shorter form for the second and later times it is said.")


class TimedLine(Model):
    """A line that falls on one breath of a hold."""

    breath: int = Field(ge=1, le=360, description="Which breath, counted from 1; left out when the hold is shorter.")
    phase: Literal["in", "out"]
    say: Line


class Note(Shorthand):
    """Something to know: shown by `coach show`, and spoken once when it has words to say."""

    shorthand = "note"

    note: str = Field(min_length=1, max_length=300)
    say: Line | None = None


class Source(Model):
    """Where a dose comes from."""

    article: Annotated[str, BeforeValidator(_text_of_number)] = Field(
        min_length=1, description="The article's number, like “002”, or another reference."
    )
    dose: str = Field(min_length=1, description="The dose in the source's own figures, or “unstated”.")
    note: str | None = None


class Flow(Model):
    """One repetition is one breath."""

    kind: Literal["flow"]
    dose: DoseText = Field(description="Repetitions (“5-10 x”), breaths or seconds, rounded to whole breaths.")
    inhale: BreathLine
    exhale: BreathLine
    named: int = Field(default=2, ge=1, le=20, description="On how many breaths the movement is named before counting.")
    breath: PatternText | None = Field(
        default=None,
        description="The movement's own breath pattern, kept whatever a routine or the listener chooses.",
    )


class Hold(Model):
    """Stay while the breath is paced."""

    kind: Literal["hold"]
    dose: DoseText = Field(description="Seconds (“10-20 s”), rounded to whole breaths, or breaths.")
    lines: tuple[TimedLine, ...] = Field(default=(), description="Words that fall on a breath of the hold.")


class RepeatedHold(Model):
    """Move, hold, return, n times."""

    kind: Literal["repeated-hold"]
    dose: DoseText = Field(description="Repetitions, like “4-5 x”.")
    hold: DoseText = Field(description="How long each hold is: seconds or breaths.")
    pace: Literal["count", "breath"] = Field(
        default="count", description="Whether a hold is counted on the beat or paced by the breath."
    )
    out: Step = Field(description="Into the hold.")
    back: Step = Field(description="Out of the hold again.")
    rest: SecondsText = Field(default=0, description="Rest between repetitions, if the source asks for one.")


class Place(Step):
    """One timed hold of a sequence, and the way there."""

    hold: DoseText = Field(description="How long to stay, in seconds.")


class Sequence(Model):
    """One repetition is several timed holds in different places."""

    kind: Literal["sequence"]
    dose: DoseText = Field(description="Repetitions, like “4-5 x”.")
    places: tuple[Place, ...] = Field(min_length=1)


class Counted(Model):
    """A plain count of movements on the beat."""

    kind: Literal["counted"]
    dose: DoseText = Field(description="Movements, like “30-50 x”.")
    beats: int = Field(default=1, ge=1, le=20, description="Beats that one movement takes.")


class Rest(Model):
    """Stay, with no paced breathing."""

    kind: Literal["rest"]
    dose: DoseText = Field(description="Seconds or minutes.")


Movement = Annotated[Flow | Hold | RepeatedHold | Sequence | Counted | Rest, Field(discriminator="kind")]

DOSE_UNITS: dict[str, tuple[Unit, ...]] = {
    "flow": (Unit.REPETITIONS, Unit.BREATHS, Unit.SECONDS),
    "hold": (Unit.SECONDS, Unit.BREATHS),
    "repeated-hold": (Unit.REPETITIONS,),
    "sequence": (Unit.REPETITIONS,),
    "counted": (Unit.REPETITIONS,),
    "rest": (Unit.SECONDS,),
}
"""Every kind of movement, and the units in which its dose can be given."""
_UNIT_EXAMPLES = {Unit.SECONDS: "30 s", Unit.BREATHS: "5 breaths", Unit.REPETITIONS: "8 x"}


def is_breathed(movement: Movement) -> bool:
    """Whether the breath is paced in it."""
    return isinstance(movement, (Flow, Hold)) or (isinstance(movement, RepeatedHold) and movement.pace == "breath")


def dose_problem(movement: Movement, dose: Dose) -> str | None:
    """Return what is wrong with a dose for this kind of movement, if anything."""
    units = DOSE_UNITS[movement.kind]
    if dose.unit in units:
        return None
    examples = " or ".join(f"“{_UNIT_EXAMPLES[unit]}”" for unit in units)
    return f"the dose of a {movement.kind} is written like {examples}, not “{dose}”"


def hold_problem(movement: Movement, hold: Dose) -> str | None:
    """Return what is wrong with the length of each hold for this kind of movement, if anything."""
    if not isinstance(movement, RepeatedHold):
        return f"a {movement.kind} takes no “hold”; its dose says it all"
    return _hold_unit_problem(hold, breaths_allowed=movement.pace == "breath")


def _hold_unit_problem(hold: Dose, breaths_allowed: bool) -> str | None:
    if hold.unit is Unit.SECONDS or (hold.unit is Unit.BREATHS and breaths_allowed):
        return None
    return f"a hold counted on the beat is written in seconds, like “8-10 s”, not “{hold}”"


class StretchScript(Model):
    """One stretch: setup, movement with breath or hold, dose, sides, release, cautions, sources."""

    name: Name = Field(description="As it is spoken and listed: “Child's pose”.")
    eases: str = Field(min_length=1, description="What it eases, in a few words.")
    position: Position = Field(description="Where the body is when the setup begins; the coach leads there.")
    ends_in: Position | None = Field(default=None, description="Where the release ends, if elsewhere.")
    sides: tuple[Side, ...] | None = Field(
        default=None,
        description="The sides in their order, like [right, left]; the script is written once for both.",
    )
    breath: PatternText | None = Field(
        default=None, description="Breath pattern, like “4-6” or “calm”, unless a routine or the listener chooses one."
    )
    setup: tuple[Step, ...] = Field(min_length=1, description="Into the stretch, one action a sentence.")
    movement: Movement
    release: tuple[Step, ...] = Field(min_length=1, description="Out of the stretch.")
    cautions: tuple[Note, ...] = ()
    easier: tuple[Note, ...] = ()
    harder: tuple[Note, ...] = ()
    unsuitable: tuple[Condition, ...] = Field(
        default=(), description="Conditions in which to leave it out; --gentle does so for all of them."
    )
    instead: str | None = Field(default=None, description="The stretch that --gentle puts in its place.")
    sources: tuple[Source, ...] = Field(min_length=1, description="Which articles teach it, with their doses.")

    def problems(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Return what no single field can see, as (path of keys, message)."""
        found: list[tuple[tuple[str | int, ...], str]] = []
        wrong_dose = dose_problem(self.movement, self.movement.dose)
        if wrong_dose:
            found.append((("movement", "dose"), wrong_dose))
        if isinstance(self.movement, RepeatedHold):
            wrong_hold = hold_problem(self.movement, self.movement.hold)
            if wrong_hold:
                found.append((("movement", "hold"), wrong_hold))
        if isinstance(self.movement, Sequence):
            for index, place in enumerate(self.movement.places):
                wrong_hold = _hold_unit_problem(place.hold, breaths_allowed=False)
                if wrong_hold:
                    found.append((("movement", "places", index, "hold"), wrong_hold))
        if isinstance(self.movement, Flow) and self.movement.breath is not None and self.movement.breath.holds:
            found.append((("movement", "breath"), "a movement flows with the breath, so its own breath cannot hold it"))
        if self.breath is not None and not is_breathed(self.movement):
            found.append((("breath",), f"the breath is not paced in a {self.movement.kind}; leave “breath” out"))
        return found + self._side_problems()

    def _side_problems(self) -> list[tuple[tuple[str | int, ...], str]]:
        if self.sides is None:
            return [
                (path, "{side} needs sides: add “sides: [right, left]” to the script")
                for path, text in self._lines()
                if "{side}" in text or "{other_side}" in text
            ]
        if sorted(self.sides) != ["left", "right"]:
            return [(("sides",), "sides are [right, left] or [left, right]")]
        first = self.setup[0]
        again = first.say if first.again is None else first.again
        if "{side}" not in first.say:
            return [(("setup", 0), "with sides, the first sentence of the setup names it: use {side} there")]
        if not again or "{side}" not in again:
            return [(("setup", 0, "again"), "the first sentence of the second side names it too: use {side} here")]
        return []

    def _lines(self) -> list[tuple[tuple[str | int, ...], str]]:
        found: list[tuple[tuple[str | int, ...], str]] = []

        def walk(value: object, path: tuple[str | int, ...]) -> None:
            if isinstance(value, dict):
                for key, inner in value.items():
                    walk(inner, (*path, key))
            elif isinstance(value, (list, tuple)):
                for index, inner in enumerate(value):
                    walk(inner, (*path, index))
            elif isinstance(value, str):
                found.append((path, value))

        walk(self.model_dump(), ())
        return found


class RoutineItem(Shorthand):
    """One stretch in a routine, with its dose if other than the script's."""

    shorthand = "stretch"

    stretch: str = Field(min_length=1, description="The stretch's name: its file's name without .yaml.")
    dose: DoseText | None = Field(default=None, description="Instead of the script's dose.")
    hold: DoseText | None = Field(default=None, description="Instead of the script's length of each hold.")
    breath: PatternText | None = Field(default=None, description="Instead of the routine's breath pattern.")


class RoutineScript(Model):
    """An ordered list of stretches, with opening and closing words."""

    name: Name
    purpose: str = Field(min_length=1, description="What it is for, in a line.")
    source: str | None = Field(default=None, description="The article whose order it follows, if one.")
    breath: PatternText | None = Field(
        default=None, description="Breath pattern of every stretch, like “4-6” or “calm”, unless the listener chooses."
    )
    opening: tuple[Line, ...] | None = Field(
        default=None, description="First words; short ones on safety if unset. A word on breathing softly follows."
    )
    closing: tuple[Line, ...] | None = Field(default=None, description="Last words; calm ones if unset.")
    stretches: tuple[RoutineItem, ...] = Field(min_length=1, max_length=500)

    def problems(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Return what no single field can see, as (path of keys, message)."""
        return [
            ((field, index), "{side} belongs in stretches, not in a routine's own words")
            for field in ("opening", "closing")
            for index, text in enumerate(getattr(self, field) or ())
            if "{" in text
        ]
