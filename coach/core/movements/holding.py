"""What the kinds of movement with holds have in common: the load, and a hold that is one of several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from coach.core.breath import Phase
from coach.core.breath_stages import BreathStages
from coach.core.delivery import Words
from coach.core.dose import Amount
from coach.core.effort import Effort
from coach.core.fields import Keys, Lines, Model, TimedLine
from coach.core.movements.base import Movement, Task, sided
from coach.core.paced import Moment, Pacing, TextAt, TimedText, breathed, counts_holds, held
from coach.core.segments import Paced, Where

Loaded = Annotated[
    bool,
    Field(description="Whether muscles bear a load in it: then the coach says to keep breathing, and holds no breath."),
]
Doing = Annotated[
    Effort, Field(description="What one does in it: stay; or press, pull or squeeze, which are loads too.")
]


class Holding(Model):
    """What is done in a hold."""

    if TYPE_CHECKING:
        loaded: Loaded = False
        effort: Doing = Effort.STAY

    @property
    def is_loaded(self) -> bool:
        """Whether muscles bear a load in it."""
        return self.loaded or self.effort is not Effort.STAY


def said_lines(lines: Lines, task: Task, where: Where, *, always: bool = False) -> tuple[Moment, ...]:
    """Return a script's lines as they are said in a hold or set.

    Args:
        lines: the script's.
        task: the stretch.
        where: the side and, where there are several holds, the repetition.
        always: whether they are said in few words too.
    """
    if not (always or task.delivery.words is Words.FULL):
        return ()
    return tuple(
        _moment(line, sided(line.say, where.side, task.speech)) for line in lines if line.rep in (None, where.rep)
    )


def _moment(line: TimedLine, text: str) -> Moment:
    if line.breath is not None and line.phase is not None:
        return TimedText(line.breath, Phase(line.phase), text)
    return TextAt(line.at or 0, text)


def _care(holding: Holding, task: Task, rep: int) -> str | None:
    """Return what is said of the breath in a hold under load: at first, and whenever no counts are heard."""
    if not holding.is_loaded:
        return None
    if rep == 1:
        return task.speech.EFFORT_BREATHING[holding.effort]
    return None if counts_holds(task.delivery) else task.speech.KEEP_BREATHING


def one_hold(
    length: Amount,
    holding: Holding,
    lines: Lines,
    task: Task,
    stages: BreathStages | None,
    where: Where,
    *,
    chime: bool = False,
) -> Paced:
    """Return one hold of a movement.

    Args:
        length: how long it is.
        holding: what is done in it.
        lines: the script's words in it.
        task: the stretch.
        stages: how the breath goes through it; ``None`` if it is counted on the beat.
        where: the side and, where there are several, the repetition.
        chime: whether the begin chime announces it; only one that is paced by the breath can be.
    """
    said = said_lines(lines, task, where)
    keep = _care(holding, task, where.rep or 1)
    if stages is None:
        at_first = () if keep is None else (TextAt(0, keep),)
        return held(length.value, task.delivery, where, holding.effort, (*at_first, *said))
    if keep is not None:
        said = (TimedText(1, Phase.IN, keep), *said)
    pacing = Pacing(said=said, last=where.worded(task.speech.LAST_BREATH), chime=chime)
    return breathed(stages.breaths_in(length), stages, task.delivery, where, pacing)


def line_shown(line: TimedLine) -> str:
    """Return a line for a person who reads the script: “Let go. (breath 2, out)”."""
    when = f"at {line.at / 1000:g} s" if line.at is not None else f"breath {line.breath}, {line.phase}"
    return f"{line.say} ({when})" if line.rep is None else f"{line.say} ({when} of time {line.rep})"


class Lined(Movement):
    """A movement with lines of the script in it."""

    has_reps: ClassVar = False
    """Whether there are several holds, of which a line may name one."""

    if TYPE_CHECKING:
        lines: Lines = ()

    def lines_shown(self) -> Iterator[str]:
        """Yield what is said in it, for a person who reads the script."""
        yield from super().lines_shown()
        yield from map(line_shown, self.lines)

    def problems(self) -> Iterator[tuple[Keys, str]]:
        """Yield what no single field can see, as (path of keys, message)."""
        yield from super().problems()
        yield from line_problems(self.lines, is_breathed=self.is_breathed, has_reps=self.has_reps)


def line_problems(lines: Lines, *, is_breathed: bool, has_reps: bool) -> Iterator[tuple[Keys, str]]:
    """Yield what a line of a hold or set asks for that is not there, as (path of keys, message)."""
    for index, line in enumerate(lines):
        if line.breath is not None and not is_breathed:
            yield ("lines", index, "breath"), "no breath is paced here; give the line a time, like “at: 40 s”"
        if line.rep is not None and not has_reps:
            yield ("lines", index, "rep"), "there is one hold or set only; leave “rep” out"
