"""Finding one's way in a timeline: where a moment is, what to say there, where to go on, where to change over."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from coach.core.breath import Phase
from coach.core.delivery import Delivery
from coach.core.engine import GAP_MS
from coach.core.fields import OTHER_SIDE, Side
from coach.core.languages import ENGLISH, Phrases
from coach.core.routine import Departure, Routine, Turn
from coach.core.timeline import Cue, Part, Sound, Timeline

BREATH_IN_MS = GAP_MS // 2
"""How long before the first sound of what follows a timeline is entered or left: in the middle of the least silence."""

Identity = tuple[object, ...]
_SIDES: dict[str | None, Side] = {"left": "left", "right": "right"}


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a moment of a timeline is."""

    item: int | None
    """Which stretch of the routine, from 1; ``None`` in the opening, the closing, and breathing alone."""
    side: str | None
    phase: str | None
    """Of the breath; ``None`` if none is paced."""
    phase_share: float
    """How much of it is over."""
    phase_left_ms: int
    rep: int
    """Which breath or repetition, from 1; 0 if there is none."""
    reps: int
    now: str
    """The words said last; empty before the first."""
    then: str
    """The words said next; empty after the last."""


def rounded_s(seconds: float) -> int:
    """Return how many seconds to say are left: in steps of five in the last minute, of thirty before."""
    step = 5 if seconds < 60 else 30  # noqa: PLR2004 - a minute
    return step * round(seconds / step)


class Guide:
    """Knows its way in one timeline; every question is quick enough to be asked many times a second."""

    def __init__(self, timeline: Timeline, speech: Phrases = ENGLISH.phrases) -> None:
        """Look into a timeline; ``speech`` says where one is in it."""
        self.timeline = timeline
        self._phrases = speech
        self._starts = [cue.start_ms for cue in timeline.cues]
        self._speech = [cue for cue in timeline.cues if cue.kind == "speech"]
        self._speech_starts = [cue.start_ms for cue in self._speech]
        self._breaths = [cue for cue in timeline.cues if cue.kind == "breath"]
        self._breath_starts = [cue.start_ms for cue in self._breaths]
        self._heard = [cue for cue in timeline.cues if cue.kind != "breath"]

    def at(self, ms: int) -> Moment:
        """Return where a moment is."""
        cue = self._cue_at(ms)
        breath = self._breath_at(ms)
        said = bisect_right(self._speech_starts, ms)
        here = breath or cue
        rep = here.rep if here else None
        return Moment(
            cue.item if cue else None,
            cue.side if cue else None,
            breath.phase if breath else None,
            (ms - breath.start_ms) / (breath.end_ms - breath.start_ms) if breath else 0.0,
            breath.end_ms - ms if breath else 0,
            rep or 0,
            self._reps.get(_place(cue), 0) if cue and rep else 0,
            self._speech[said - 1].text or "" if said else "",
            self._speech[said].text or "" if said < len(self._speech) else "",
        )

    def item_begins_ms(self, item: int) -> int:
        """Return when a stretch of the routine begins: with its name."""
        return next((cue.start_ms for cue in self.timeline.cues if cue.item == item), self.timeline.duration_ms)

    def item_done_ms(self, item: int) -> int | None:
        """Return when the last hold or set of a stretch is over; ``None`` if it is not in the timeline."""
        return self._done_ms.get(item)

    @cached_property
    def _done_ms(self) -> dict[int | None, int]:
        return {cue.item: cue.start_ms for cue in self._heard if cue.sound == Sound.END}

    def side_over_ms(self, ms: int) -> int | None:
        """Return when the hold or set of the side that one is on is over; ``None`` if it is already."""
        here = self._cue_at(ms)
        if here is None or here.item is None:
            return None
        sides = {here.side} if here.side else {None, *OTHER_SIDE}
        for cue in self._heard:
            is_here = cue.item == here.item and cue.side in sides and here.set in (None, cue.set)
            if is_here and cue.sound == Sound.END and cue.start_ms > ms:
                return cue.start_ms
        return None

    def is_between_sides(self, ms: int) -> bool:
        """Whether one side is over and the other has not begun."""
        here = self._cue_at(ms)
        if here is None or here.item is None or self.side_over_ms(ms) is not None:
            return False
        done_ms = self.item_done_ms(here.item)
        return done_ms is not None and done_ms > ms

    def is_closing(self, ms: int) -> bool:
        """Whether everything is done and the closing words are being said."""
        cue = self._cue_at(ms)
        return cue is not None and cue.part in (Part.CLOSING, Part.RISING)

    def go_on_ms(self, ms: int) -> int:
        """Return where to go on after a pause.

        A breath is taken anew, since one cannot go on in the middle of it; so is a word or sentence that was broken
        off. Everything else goes on where it was.
        """
        breath = self._breath_at(ms)
        if breath is not None:
            index = bisect_right(self._breath_starts, ms) - 1
            while index > 0 and self._breaths[index].phase != Phase.IN:
                index -= 1
            return self._entered_ms(self._breaths[index].start_ms)
        broken = [cue.start_ms for cue in self._sounding(ms) if cue.text is not None]
        return max(0, min(broken) - BREATH_IN_MS) if broken else ms

    def place_words(self, ms: int, names: Mapping[int, str]) -> tuple[str, ...]:
        """Return what to say before going on: which stretch and side this is, and how much is left of it.

        Args:
            ms: where the pause began.
            names: what each stretch of the routine is called, by its number.
        """
        cue, breath = self._cue_at(ms), self._breath_at(ms)
        if cue is None:
            return ()
        words = () if cue.item is None else self._phrases.place(names[cue.item], cue.side)
        if breath is not None:
            return (*words, self._breaths_left(breath))
        return (*words, *self._left(cue, ms)) if words else ()

    def _left(self, cue: Cue, ms: int) -> tuple[str, ...]:
        """Say how much is left of a movement in which no breath is paced."""
        if cue.kind == "count" or (cue.rep and cue.kind == "speech"):
            left = self._reps.get(_place(cue), 0) - (cue.rep or 0) + 1
            return (self._phrases.repetitions_left(left),) if left > 0 else ()
        end_ms = self.side_over_ms(ms)
        if cue.sound == Sound.BEGIN or (cue.part == Part.HALFWAY and end_ms is not None):
            seconds = rounded_s(((end_ms or ms) - ms) / 1000)
            return (self._phrases.seconds_left(seconds),) if seconds else ()
        return ()

    def all_place_words(self, names: Mapping[int, str]) -> tuple[str, ...]:
        """Return everything that may have to be said before going on, so that it can be spoken ahead."""
        texts: dict[str, None] = {}
        for cue in self.timeline.cues:
            for ms in (cue.start_ms, cue.end_ms - 1):
                texts.update(dict.fromkeys(self.place_words(ms, names)))
        return tuple(texts)

    def change_over(self, other: Guide, from_ms: int) -> tuple[int, int] | None:
        """Return where to leave this timeline, and where to enter another, so that nothing is lost or heard twice.

        The other is the same routine on another beat. It is entered at the next breath, or the next sentence that asks
        for something, where both have said the same so far and neither is saying anything.

        Args:
            other: the other timeline.
            from_ms: not before this moment of this one.
        """
        there_at = other._marks
        for identity, leave_ms in self._marks.items():
            if leave_ms < from_ms or identity not in there_at:
                continue
            here, there = self._times[identity], other._times[identity]
            enter_ms = there_at[identity]
            both = self._times.keys() & other._times.keys()
            agree = all((self._times[each] < leave_ms) == (other._times[each] < enter_ms) for each in both)
            if here - leave_ms == there - enter_ms and agree:
                return leave_ms, enter_ms
        return None

    @cached_property
    def _times(self) -> dict[Identity, int]:
        """When each cue begins, by what it is in the routine, whenever it comes there."""
        times: dict[Identity, int] = {}
        seen: Counter[Identity] = Counter()
        for cue in self.timeline.cues:
            what = (cue.kind, cue.item, cue.side, cue.set, cue.text, cue.sound, cue.phase, cue.rep, cue.count)
            times[*what, seen[what]] = cue.start_ms
            seen[what] += 1
        return times

    @cached_property
    def _marks(self) -> dict[Identity, int]:
        """Where one can change over, in order: when to leave before each breath, and each sentence outside of one."""
        marks: dict[Identity, int] = {}
        for identity, cue in zip(self._times, self.timeline.cues, strict=True):
            if cue.kind == "breath":
                is_mark = cue.phase == Phase.IN
            else:
                is_mark = cue.kind == "speech" and cue.phase is None and self._breath_at(cue.start_ms) is None
            if is_mark:
                marks[identity] = self._entered_ms(cue.start_ms)
        return marks

    def _entered_ms(self, ms: int) -> int:
        """Return the moment to enter at so that what belongs to a beat is heard whole, and nothing before it."""
        straddling = [cue.start_ms for cue in self._sounding(ms) if cue.text is not None or cue.phase is not None]
        return max(0, min([ms, *straddling]) - (BREATH_IN_MS if straddling else 0))

    def _sounding(self, ms: int) -> list[Cue]:
        """Return what is heard at a moment, or begins at it."""
        last = bisect_right(self._heard_starts, ms)
        first = bisect_left(self._heard_ends, ms)
        return [cue for cue in self._heard[first:last] if cue.end_ms > ms]

    @cached_property
    def _heard_starts(self) -> list[int]:
        return [cue.start_ms for cue in self._heard]

    @cached_property
    def _heard_ends(self) -> list[int]:
        """The latest end of every cue so far: so that it rises, and can be searched."""
        return list(accumulate((cue.end_ms for cue in self._heard), max))

    @cached_property
    def _reps(self) -> dict[Identity, int]:
        reps: dict[Identity, int] = {}
        for cue in self.timeline.cues:
            if cue.rep is not None:
                reps[_place(cue)] = max(reps.get(_place(cue), 0), cue.rep)
        return reps

    def _breaths_left(self, breath: Cue) -> str:
        same = [cue for cue in self._breaths if (_place(cue), cue.phase) == (_place(breath), Phase.IN)]
        repeats = len({cue.rep for cue in same}) < len(same)
        left = self._reps[_place(breath)] - (breath.rep or 1) + 1
        return self._phrases.repetitions_left(left) if repeats else self._phrases.breaths_left(left)

    def _cue_at(self, ms: int) -> Cue | None:
        """Return the cue that began last."""
        index = bisect_right(self._starts, ms)
        return self.timeline.cues[index - 1] if index else None

    def _breath_at(self, ms: int) -> Cue | None:
        index = bisect_right(self._breath_starts, ms)
        if not index:
            return None
        cue = self._breaths[index - 1]
        return cue if ms < cue.end_ms else None


def _place(cue: Cue) -> Identity:
    """Return which hold or set a cue belongs to."""
    return (cue.item, cue.side, cue.set)


def going_on(routine: Routine, timeline: Timeline, ms: int, index: int, turn: Turn) -> Routine:
    """Return the routine going on with one of its items, from wherever the listener is at a moment.

    Args:
        routine: what is being listened to.
        timeline: its timeline.
        ms: the moment.
        index: with which item to go on, from 0; their number for the closing words.
        turn: in which direction that is.
    """
    heard = [cue for cue in timeline.cues if cue.start_ms <= ms]
    begun = next((cue for cue in reversed(heard) if cue.part in _BEGUN), None)
    if begun is None or begun.item is None:  # not led anywhere yet
        before = routine.departure or Departure(0)
        # What comes is named after the release, and the closing words come after it.
        is_led_out = any(cue.part in (Part.NAME, Part.CLOSING) for cue in heard)
        leaves = None if is_led_out else before.leaves
        return replace(routine, departure=Departure(index, turn, before.position, leaves))
    item = routine.items[begun.item - 1]
    if heard[-1].item != begun.item or heard[-1].part is Part.PAUSE:  # led out of it already
        return replace(routine, departure=Departure(index, turn, item.ends_in))
    if turn is Turn.AGAIN:
        return replace(routine, departure=Departure(index, turn, item.script.position))
    side = _SIDES.get(begun.side)
    leaves = None if item.sides and side is None else (begun.item - 1, side)
    return replace(routine, departure=Departure(index, turn, item.ends_in, leaves))


_BEGUN = frozenset(Part) - {
    Part.OPENING,
    Part.GREETING,
    Part.LEAVING,
    Part.NAME,
    Part.WORDS,
    Part.WAY,
    Part.CAUTION,
    Part.CLOSING,
    Part.RISING,
}
"""What is heard once the listener is being led into a stretch, on the way through it, or out of it."""


def kept(routine: Routine, delivery: Delivery, index: int) -> Routine:
    """Return the routine with the doses of one item as the breaths they come to: what was said of it stays true."""
    item = routine.items[index]
    item = item.kept(routine.stages(delivery)[index], delivery)
    return replace(routine, items=(*routine.items[:index], item, *routine.items[index + 1 :]))
