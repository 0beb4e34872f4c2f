"""What a script can say: the models behind ``scripts/stretches/*.yaml`` and ``scripts/routines/*.yaml``.

The field descriptions here are also what editors show while typing (``coach schema``). ``scripts/README.md`` explains
the format by example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from coach.core.delivery import Level
from coach.core.evidence import Evidence
from coach.core.fields import DoseText, Keys, Line, Model, Name, PatternText, Shorthand, Side, Step, TimeText
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
    evidence: Evidence | None = Field(
        default=None, description="What it is an exercise of: “coach show” says how good the evidence for that is."
    )
    position: PositionName = Field(description="Where the body is when the setup begins; the coach leads there.")
    ends_in: PositionName | None = Field(default=None, description="Where the release ends, if elsewhere.")
    eyes: Literal["closed", "open"] | None = Field(
        default=None, description="“open” if they should not be closed in it, whatever the position says."
    )
    sides: tuple[Side, ...] | None = Field(
        default=None,
        description="The sides in their order, like [right, left], or one of them; it is written once for both.",
    )
    side_doses: dict[Side, DoseText] = Field(
        default={}, description="The dose of a side that gets another one: “left: 30 s”."
    )
    sets: int = Field(default=1, ge=1, le=10, description="How many times all of it is done, with rests between.")
    set_rest: TimeText = Field(default=60_000, description="The rest between sets, like “60 s”.")
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
        return [*found, *self._dose_problems(), *self.set_problems(), *self._side_problems()]

    def _dose_problems(self) -> list[tuple[Keys, str]]:
        found: list[tuple[Keys, str]] = []
        for side, dose in self.side_doses.items():
            if side not in (self.sides or ()):
                found.append(
                    (("side_doses", side), f"there is no {side} side; add “sides: [right, left]” to the script")
                )
            elif problem := self.movement.dose_problem(dose):
                found.append((("side_doses", side), problem))
        return found

    def set_problems(self) -> list[tuple[Keys, str]]:
        """Return what is wrong with its sets, as (path of keys, message)."""
        if self.sets == 1 or self.sides is not None or not self.movement.stays:
            return []
        if any(step.again for step in self.setup):
            return []
        return [(("setup", 0), "with sets, say how to come back into the hold: give a step of the setup an “again”")]

    def _side_problems(self) -> list[tuple[Keys, str]]:
        if self.sides is None:
            return [
                (path, "{side} needs sides: add “sides: [right, left]” to the script")
                for path, text in self._lines()
                if "{side}" in text or "{other_side}" in text
            ]
        if not self.sides or len(set(self.sides)) < len(self.sides):
            return [(("sides",), "sides are [right, left] or [left, right], or one of them")]
        first = self.setup[0]
        again = first.say if first.again is None else first.again
        if "{side}" not in first.say:
            return [(("setup", 0), "with sides, the first sentence of the setup names it: use {side} there")]
        if len(self.sides) > 1 and (not again or "{side}" not in again):
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


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[
    tuple[Line, ...], BeforeValidator(_several, json_schema_input_type=str | list[str]), Field(max_length=20)
]
"""One line, or several."""


class RoutineItem(Shorthand):
    """One stretch in a routine, with its dose if other than the script's."""

    shorthand = "stretch"
    tag: ClassVar[str] = "a stretch"

    stretch: str = Field(min_length=1, description="The stretch's name: its file's name without .yaml.")
    say: Texts = Field(default=(), description="Words of your own, after its name.")
    dose: DoseText | None = Field(default=None, description="Instead of the script's dose.")
    hold: DoseText | None = Field(default=None, description="Instead of the script's length of each hold.")
    sides: tuple[Side, ...] | None = Field(
        default=None, description="Instead of the script's sides: another order, or one."
    )
    side_doses: dict[Side, DoseText] = Field(
        default={}, description="The dose of a side that gets another one: “left: 30 s”."
    )
    sets: int | None = Field(default=None, ge=1, le=10, description="Instead of the script's sets.")
    set_rest: TimeText | None = Field(default=None, description="Instead of the script's rest between sets.")
    breath: PatternText | None = Field(default=None, description="Instead of the routine's breath pattern.")
    level: Level | None = Field(default=None, description="easier, usual or harder, whatever the listener chooses.")


class RoutinePause(Model):
    """Time between two stretches."""

    tag: ClassVar[str] = "time between"

    pause: TimeText = Field(description="How long, like “60 s”, after the words.")
    say: Texts = Field(default=(), description="What is said first; left out: “Rest for one minute.”")


def _tag(value: Any) -> str:
    """Return which kind of entry this is: by the key that only this kind has."""
    if isinstance(value, Mapping):
        tags = {"pause": RoutinePause.tag, "repeat": RoutineRounds.tag}
        return next((tag for key, tag in tags.items() if key in value), RoutineItem.tag)
    return getattr(value, "tag", RoutineItem.tag)


_ItemOrPause = Annotated[RoutineItem, Tag(RoutineItem.tag)] | Annotated[RoutinePause, Tag(RoutinePause.tag)]


class RoutineRounds(Model):
    """Some stretches, several times over."""

    tag: ClassVar[str] = "rounds"

    repeat: int = Field(ge=2, le=20, description="How many times; from the second on in fewer words.")
    rest: TimeText = Field(default=0, description="The rest between two rounds.")
    stretches: tuple[Annotated[_ItemOrPause, Discriminator(_tag)], ...] = Field(min_length=1, max_length=100)


RoutineEntry = Annotated[_ItemOrPause | Annotated[RoutineRounds, Tag(RoutineRounds.tag)], Discriminator(_tag)]
MOST_STRETCHES = 500
"""In a routine, each round counted."""


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
    stretches: tuple[RoutineEntry, ...] = Field(min_length=1, max_length=MOST_STRETCHES)

    def named(self) -> Iterator[tuple[Keys, RoutineItem]]:
        """Yield each stretch that it names, with its place in the script."""
        for path, entry in self._entries():
            if isinstance(entry, RoutineItem):
                yield path, entry

    def _entries(self) -> Iterator[tuple[Keys, RoutineItem | RoutinePause]]:
        for index, entry in enumerate(self.stretches):
            if isinstance(entry, RoutineRounds):
                for number, inner in enumerate(entry.stretches):
                    yield ("stretches", index, "stretches", number), inner
            else:
                yield ("stretches", index), entry

    def problems(self) -> list[tuple[Keys, str]]:
        """Return what no single field can see, as (path of keys, message)."""
        own: list[tuple[Keys, str]] = [
            ((field, index), text)
            for field in ("opening", "closing")
            for index, text in enumerate(getattr(self, field) or ())
        ]
        own += [((*path, "say"), text) for path, entry in self._entries() for text in entry.say]
        sided = "{side} belongs in stretches, not in a routine's own words"
        found: list[tuple[Keys, str]] = [(path, sided) for path, text in own if "{" in text]
        entries = list(self._entries())
        for index in sorted({0, len(entries) - 1}):
            path, entry = entries[index]
            # In rounds a pause may come last: it stands before the next round.
            if isinstance(entry, RoutinePause) and (index == 0 or len(path) == 2):  # noqa: PLR2004 - no inner place
                found.append((path, "a pause stands between two stretches"))
        if not any(isinstance(entry, RoutineItem) for _, entry in entries):
            found.append((("stretches",), "there is no stretch here"))
        count = sum(
            entry.repeat * len(entry.stretches) if isinstance(entry, RoutineRounds) else 1 for entry in self.stretches
        )
        if count > MOST_STRETCHES:
            found.append((("stretches",), f"these are {count} stretches with all rounds; the most is {MOST_STRETCHES}"))
        return found
