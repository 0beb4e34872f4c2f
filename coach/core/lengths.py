"""How long routines last that differ only in their doses: each stretch is measured once for what its dose comes to.

A stretch is placed from the moment the words before it are over, and its first beat falls on the grid; nothing else
before it matters to how long it takes. What comes out is exactly what placing the whole gives.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from coach.core.breath_stages import BreathStages
from coach.core.delivery import Delivery
from coach.core.engine import GAP_MS, GRID_MS, Placer, Spoken
from coach.core.laying import eyes_closed_before, lay_beginning, lay_closing, lay_slack, lay_stretch, position_before
from coach.core.plan import MAX_ROUTINE_MS, TAIL_MS, lay, too_long
from coach.core.routine import Breathing, Item, Routine
from coach.core.segments import Beat, Breath, Halfway, Line, Paced, Segment, Where, texts_of
from coach.core.timeline import ClipTiming, CueKind, Sound

TimingsOf = Callable[[tuple[str, ...], frozenset[str]], Mapping[str, ClipTiming]]
"""Returns the timing of texts, of which some are counts."""
_BASE_MS = 1_000 * GRID_MS
"""A moment on the grid that leaves any chime room for the silence at its beginning."""


class _State(NamedTuple):
    """Where a placer stands: all that the next segment depends on."""

    cursor_ms: int
    spoken_until_ms: int

    def moved(self, ms: int) -> _State:
        return _State(self.cursor_ms + ms, self.spoken_until_ms + ms)


class _Measure(Placer):
    """Places segments without keeping their cues."""

    def __init__(
        self, clips: Mapping[str, ClipTiming], sounds: Mapping[Sound, ClipTiming], beat_ms: int, state: _State
    ) -> None:
        super().__init__(clips, sounds, beat_ms)
        self._cursor_ms, self._spoken_until_ms = state
        self._latest_ms = 0

    @property
    def state(self) -> _State:
        return _State(self._cursor_ms, self._spoken_until_ms)

    @property
    def ends_ms(self) -> int:
        """When the last cue so far ends."""
        return self._latest_ms

    def _settle_halfway(self, halfway: Halfway, paced: Paced, lines: list[tuple[Spoken, Line]]) -> Spoken | None:  # noqa: ARG002
        """Leave “halfway” out: it lies inside its segment, and clear of what turns the breath, so it moves nothing."""
        return None

    def _speak(self, text: str, start_ms: int, where: Where, line: Line | None = None) -> None:  # noqa: ARG002
        self._hear_until(start_ms + self._clips[text].length_ms)

    def _count(self, beat: Beat, zero_ms: int, spoken: Spoken, where: Where) -> None:  # noqa: ARG002
        self._hear_until(zero_ms + spoken.end_ms)

    def _breathe(self, span: Breath, zero_ms: int, paced: Paced) -> None:  # noqa: ARG002
        self._latest_ms = max(self._latest_ms, zero_ms + span.end_ms)

    def _hear_until(self, end_ms: int) -> None:
        self._spoken_until_ms = max(self._spoken_until_ms, end_ms)
        self._latest_ms = max(self._latest_ms, end_ms)

    def _add(self, kind: CueKind, start_ms: int, clip: ClipTiming, where: Where, **more: Any) -> None:  # noqa: ARG002
        self._latest_ms = max(self._latest_ms, start_ms + clip.length_ms)


class _Block(NamedTuple):
    """A row of segments that is laid and measured as one."""

    key: Hashable
    lay: Callable[[], Iterator[Segment]]


class Lengths:
    """Measures routines under one delivery, in one voice."""

    def __init__(self, delivery: Delivery, sounds: Mapping[Sound, ClipTiming], timings_of: TimingsOf) -> None:
        """Measure nothing yet.

        Args:
            delivery: how the routines are delivered.
            sounds: the timing of every signal.
            timings_of: asked for the timing of each text once it is needed.
        """
        self._delivery = delivery
        self._sounds = sounds
        self._timings_of = timings_of
        self._laid: dict[Hashable, tuple[tuple[Segment, ...], Mapping[str, ClipTiming]]] = {}
        self._stages: dict[Hashable, tuple[BreathStages, ...]] = {}
        self._measured: dict[tuple[Hashable, _State], tuple[_State, int]] = {}

    def length_ms(self, programme: Routine | Breathing) -> int:
        """Return how long a routine, or breathing alone, lasts.

        Raises:
            TooLongError: it would last over six hours.
        """
        state, ends_ms = _State(0, -GAP_MS), 0
        for block in self._blocks(programme) if isinstance(programme, Routine) else self._breathing(programme):
            # Everything after the first words is measured from the same moment of the grid.
            base_ms = 0 if state.cursor_ms < _BASE_MS else (state.cursor_ms - _BASE_MS) // GRID_MS * GRID_MS
            after, latest_ms = self._measure(block, state.moved(-base_ms))
            state, ends_ms = after.moved(base_ms), max(ends_ms, latest_ms + base_ms if latest_ms else 0)
            if state.cursor_ms > MAX_ROUTINE_MS:
                raise too_long(state.cursor_ms)
        length_ms = ends_ms + TAIL_MS
        if length_ms > MAX_ROUTINE_MS:
            raise too_long(length_ms)
        return length_ms

    def _blocks(self, routine: Routine) -> Iterator[_Block]:
        delivery, items = self._delivery, routine.items
        ids = tuple(_identity(item) for item in items)
        stages = self._stages_of(ids, routine)
        words = (routine.name, routine.opening, routine.closing)
        yield _Block(("beginning", ids, routine.departure, words), lambda: lay_beginning(routine, stages, delivery))
        for index, item in enumerate(items[routine.first :], routine.first):
            said = item.kept_doses(stages[index], delivery)
            is_beginning = index == 0 and routine.departure is None
            before = (*_state_before(routine, index), routine.is_familiar(index), is_beginning)
            around = (before, ids[index + 1 : index + 2])
            key = (index, ids[index], said, stages[index] if len(delivery.breath) > 1 else None, around)
            yield _Block(key, partial(self._stretch, routine, index, stages[index]))
            slack = lay_slack(routine, index)
            if slack.wait_ms:
                yield _Block(slack, partial(iter, (slack,)))
        ends_early = routine.departure is not None and routine.first == len(items)
        yield _Block(
            ("closing", len(items) > 1, _state_before(routine, len(items)), ends_early, words),
            lambda: lay_closing(routine, delivery),
        )

    def _breathing(self, breathing: Breathing) -> Iterator[_Block]:
        yield _Block(breathing, lambda: iter(lay(breathing, self._delivery).segments))

    def _stages_of(self, ids: Hashable, routine: Routine) -> tuple[BreathStages, ...]:
        if ids not in self._stages:
            self._stages[ids] = routine.stages(self._delivery)
        return self._stages[ids]

    def _stretch(self, routine: Routine, index: int, stages: BreathStages) -> Iterator[Segment]:
        item = routine.items[index]
        paced_ms = item.paced_ms(stages, self._delivery)
        if paced_ms > MAX_ROUTINE_MS:
            raise too_long(paced_ms)  # before it fills the memory
        return lay_stretch(routine, index, stages, self._delivery)

    def _measure(self, block: _Block, state: _State) -> tuple[_State, int]:
        known = self._measured.get((block.key, state))
        if known is None:
            segments, clips = self._lay(block)
            measure = _Measure(clips, self._sounds, self._delivery.beat_ms, state)
            for segment in segments:
                measure.place(segment)
            known = self._measured[block.key, state] = (measure.state, measure.ends_ms)
        return known

    def _lay(self, block: _Block) -> tuple[tuple[Segment, ...], Mapping[str, ClipTiming]]:
        if block.key not in self._laid:
            segments = tuple(block.lay())
            texts = tuple(dict.fromkeys(text for segment in segments for text in texts_of(segment)))
            paced = (segment for segment in segments if isinstance(segment, Paced))
            counts = frozenset(beat.word for segment in paced for beat in segment.beats)
            self._laid[block.key] = segments, self._timings_of(texts, counts)
        return self._laid[block.key]


def _state_before(routine: Routine, index: int) -> tuple[str | None, bool]:
    """Return all that what is laid out of an item depends on in those before it."""
    return position_before(routine, index), eyes_closed_before(routine, index)


def _identity(item: Item) -> Hashable:
    """Return all of an item but its doses."""
    asked = (item.breath, item.level, item.sides, item.sets, item.set_rest_ms, item.words, item.pauses, item.round)
    return (id(item.script), *asked)
