"""The first half of the engine: what is said and sounded, in which order, before any clip has a length.

A plan is a row of segments (:mod:`coach.core.segments`), laid by :mod:`coach.core.laying`. How long the words take
follows only when it is placed (:mod:`coach.core.engine`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from coach.core.delivery import Delivery
from coach.core.engine import BeatTooShortError, Placer, crowded_word, shortest_beat_ms
from coach.core.laying import lay_breathing, lay_routine, lay_sample
from coach.core.routine import Breathing, Programme, Routine, Sample
from coach.core.segments import Chime, Paced, Say, Segment, Wait, texts_of
from coach.core.timeline import ClipTiming, Sound, Timeline

MAX_ROUTINE_MS = 6 * 3_600_000
"""A routine longer than this is refused."""
ROOM_MS = 300_000
"""For the opening and closing of breathing alone, whatever the voice."""
TAIL_MS = 500
"""Silence after the last sound."""


class TooLongError(ValueError):
    """A routine over six hours."""


@dataclass(frozen=True)
class Plan:
    """What is said and sounded in a programme, in its order; :func:`lay` makes one."""

    programme: Programme
    delivery: Delivery
    segments: tuple[Segment, ...]
    paced_ms: int
    """How much of it belongs to the clock at least."""

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Every text that must be spoken, each once, in the order of first need."""
        return tuple(dict.fromkeys(text for segment in self.segments for text in texts_of(segment)))

    @cached_property
    def counts(self) -> frozenset[str]:
        """Those of the texts that are spoken on the beat."""
        paced = (segment for segment in self.segments if isinstance(segment, Paced))
        return frozenset(beat.word for segment in paced for beat in segment.beats)

    def place(
        self,
        clips: Mapping[str, ClipTiming],
        sounds: Mapping[Sound, ClipTiming],
        voice: str = "silent",
        *,
        check_beat: bool = True,
    ) -> Timeline:
        """Place every cue in time.

        Args:
            clips: the timing of every text.
            sounds: the timing of every signal.
            voice: the voice's name, for the record.
            check_beat: whether to refuse a beat on which the voice's counts do not fit; an estimate with made-up clips
                has no reason to.

        Raises:
            TooLongError: the routine would last over six hours.
            BeatTooShortError: the beat is too short for the voice's counts; the message names the shortest that works.
        """
        if check_beat:
            self.check_beat(clips)
        placer = Placer(clips, sounds, self.delivery.beat_ms)
        for segment in self.segments:
            placer.place(segment)
        duration_ms = placer.ends_ms + TAIL_MS
        if duration_ms > MAX_ROUTINE_MS:
            raise too_long(duration_ms)
        return self._timeline(placer, voice, duration_ms)

    def place_begun(
        self, clips: Mapping[str, ClipTiming], sounds: Mapping[Sound, ClipTiming], voice: str = "silent"
    ) -> Timeline:
        """Place the cues as far as their clips are there, while the others are still being spoken.

        It is the beginning of what :meth:`place` gives: the same cues at the same times. No more of them begin before
        it ends; some may end after it.
        """
        placer = Placer(clips, sounds, self.delivery.beat_ms)
        for segment in self.segments:
            if not all(text in clips for text in texts_of(segment)):
                break
            placer.place(segment)
        latest_onset_ms = max(sound.onset_ms for sound in sounds.values())
        return self._timeline(placer, voice, max(0, placer.free_ms - latest_onset_ms))

    def check_beat(self, clips: Mapping[str, ClipTiming]) -> None:
        """Refuse a beat on which two neighbouring counts, or a count and the chime after it, cannot stand apart.

        Args:
            clips: the timing of the counts at least.

        Raises:
            BeatTooShortError: the beat is too short; the message names the shortest that works.
        """
        beat_ms = self.delivery.beat_ms
        crowded = crowded_word(self.segments, beat_ms, clips)
        if crowded is None:
            return

        def segments_at(other_beat_ms: int) -> tuple[Segment, ...]:
            return lay(self.programme, replace(self.delivery, beat_ms=other_beat_ms)).segments

        counts = {word: clips[word] for word in self.counts}
        raise BeatTooShortError(beat_ms, crowded, lambda: shortest_beat_ms(beat_ms, segments_at, counts))

    def _timeline(self, placer: Placer, voice: str, duration_ms: int) -> Timeline:
        return Timeline(
            routine=self.programme.id,
            voice=voice,
            breath=self._breath_text(),
            beat_ms=self.delivery.beat_ms,
            duration_ms=duration_ms,
            cues=placer.in_order(),
        )

    def _breath_text(self) -> str:
        patterns = self.delivery.breath
        if isinstance(self.programme, Routine):
            pairs = zip(self.programme.items, self.programme.stages(self.delivery), strict=True)
            breathed_in = [stages.stages for item, stages in pairs if item.script.movement.is_breathed]
            patterns = tuple(pattern for each in breathed_in for pattern in each) or patterns
        return ", ".join(dict.fromkeys(map(str, patterns)))

    def __str__(self) -> str:
        """Return a line a segment, to read."""
        return "\n".join(map(_shown, self.segments))


def _shown(segment: Segment) -> str:
    match segment:
        case Say(text, after_ms, where):
            return f"{where.part or '':9} “{text}” +{after_ms} ms"
        case Wait(wait_ms):
            return f"{'':9} +{wait_ms} ms"
        case Chime(sound, where):
            return f"{where.part or '':9} ♪ {sound}"
        case Paced():
            words = " ".join(beat.word for beat in segment.beats)
            return f"{segment.where.part or '':9} {segment.length_ms} ms: {words}".rstrip()


def lay(programme: Programme, delivery: Delivery) -> Plan:
    """Lay out a programme.

    Raises:
        TooLongError: it would last over six hours.
    """
    # Lengths are added up before the segments are made, so that an absurd routine never fills the memory.
    paced_ms = checked_paced_ms(programme, delivery)
    match programme:
        case Routine():
            segments = tuple(lay_routine(programme, delivery))
        case Breathing():
            segments = tuple(lay_breathing(programme, delivery))
        case Sample():
            segments = tuple(lay_sample(programme, delivery))
    return Plan(programme, delivery, segments, paced_ms)


def checked_paced_ms(programme: Programme, delivery: Delivery) -> int:
    """Return how much of a programme belongs to the clock at least, in milliseconds.

    Raises:
        TooLongError: that alone is over six hours.
    """
    match programme:
        case Routine(items=items):
            pairs = zip(items, programme.stages(delivery), strict=True)
            paced_ms = programme.pauses_ms + sum(item.paced_ms(stages, delivery) for item, stages in pairs)
            if paced_ms > MAX_ROUTINE_MS:
                raise too_long(paced_ms)
            return paced_ms
        case Breathing(dose=dose):
            if dose.value > MAX_ROUTINE_MS - ROOM_MS:
                most = (MAX_ROUTINE_MS - ROOM_MS) // 60_000
                raise TooLongError(f"{dose.value / 60_000:g} minutes of breathing are too long; the most is {most}")
            return dose.value
        case Sample():
            return 0


def too_long(length_ms: int) -> TooLongError:
    """Return the error for a routine of a length."""
    hours = length_ms / 3_600_000
    return TooLongError(
        f"the routine would last at least {hours:.2f} hours; the most is {MAX_ROUTINE_MS // 3_600_000}. "
        "Give it fewer stretches or smaller doses"
    )
