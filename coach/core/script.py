"""What a script can say: the models behind ``scripts/stretches/*.yaml`` and ``scripts/routines/*.yaml``.

The field descriptions here are also what editors show while typing (``coach schema``). ``scripts/README.md`` explains
the format by example.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from coach.core.delivery import Level
from coach.core.fields import DoseText, Keys, Line, Model, Name, PatternText, Shorthand, Side, Step
from coach.core.movements import AnyMovement
from coach.core.positions import Demand, PositionName, Prop

MAX_SENTENCE_WORDS = 14
"""The longest sentence that is easy to follow by ear."""

ConditionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


def _text_of_number(value: object) -> object:
    # `article: 002` is a number to YAML.
    return f"{value:03}" if isinstance(value, int) and not isinstance(value, bool) else value


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


class StretchScript(Model):
    """One stretch: setup, movement with breath or hold, dose, sides, release, cautions, sources."""

    name: Name = Field(description="As it is spoken and listed: “Child's pose”.")
    eases: str = Field(min_length=1, description="What it eases, in a few words.")
    position: PositionName = Field(description="Where the body is when the setup begins; the coach leads there.")
    ends_in: PositionName | None = Field(default=None, description="Where the release ends, if elsewhere.")
    sides: tuple[Side, ...] | None = Field(
        default=None,
        description="The sides in their order, like [right, left]; the script is written once for both.",
    )
    breath: PatternText | None = Field(
        default=None, description="Breath pattern, like “4-6” or “calm”, unless a routine or the listener chooses one."
    )
    demands: tuple[Demand, ...] = Field(
        default=(), description="What it asks of the body, besides its position: some conditions forbid it."
    )
    props: tuple[Prop, ...] = Field(
        default=(), description="What must be at hand, like “a towel”; the coach names it before one lies down."
    )
    setup: tuple[Step, ...] = Field(min_length=1, description="Into the stretch, one action a sentence.")
    movement: AnyMovement
    release: tuple[Step, ...] = Field(min_length=1, description="Out of the stretch.")
    feel: Line | None = Field(
        default=None, description="Where one feels it, said once: “You feel it deep in your {side} hip.”"
    )
    cautions: tuple[Note, ...] = ()
    easier: tuple[Note, ...] = ()
    harder: tuple[Note, ...] = ()
    unsuitable: tuple[ConditionName, ...] = Field(
        default=(), description="Conditions in which to leave it out, whatever it demands (see conditions.yaml)."
    )
    instead: str | None = Field(default=None, description="The stretch that takes its place then.")
    sources: tuple[Source, ...] = Field(min_length=1, description="Which articles teach it, with their doses.")

    def problems(self) -> list[tuple[Keys, str]]:
        """Return what no single field can see, as (path of keys, message)."""
        found: list[tuple[Keys, str]] = [(("movement", *keys), message) for keys, message in self.movement.problems()]
        if self.breath is not None and not self.movement.is_breathed:
            found.append((("breath",), f"the breath is not paced in a {self.movement.kind}; leave “breath” out"))
        return [*found, *self._side_problems()]

    def _side_problems(self) -> list[tuple[Keys, str]]:
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
        return [
            (("cautions", index, "say"), "a caution is said once, before both sides; write it without {side}")
            for index, caution in enumerate(self.cautions)
            if "{" in (caution.say or "")
        ]

    def _lines(self) -> list[tuple[Keys, str]]:
        found: list[tuple[Keys, str]] = []

        def walk(value: object, path: Keys) -> None:
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
    level: Level | None = Field(default=None, description="easier, usual or harder, whatever the listener chooses.")


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

    def problems(self) -> list[tuple[Keys, str]]:
        """Return what no single field can see, as (path of keys, message)."""
        return [
            ((field, index), "{side} belongs in stretches, not in a routine's own words")
            for field in ("opening", "closing")
            for index, text in enumerate(getattr(self, field) or ())
            if "{" in text
        ]
