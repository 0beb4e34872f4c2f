"""The engine: from a routine to its timeline.

``lines_in`` names what must be spoken; an edge speaks it and measures the clips; ``compile_timeline`` places them.
Collisions are settled here, never at run time: an instruction outranks “halfway”, which outranks a count; what ranks
lower moves or is left out. The beat never moves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from coach.core import phrases
from coach.core.breath_stages import Course
from coach.core.plan import (
    STRIKE_MS,
    Beat,
    Breath,
    Chime,
    Delivery,
    Line,
    Paced,
    Say,
    Segment,
    Strike,
    Wait,
    Where,
    arrange,
)
from coach.core.routine import Breathing, Item, Programme, Routine, Sample
from coach.core.script import Counted, Flow, Hold, RepeatedHold, Rest, Sequence, is_breathed
from coach.core.timeline import KIND_ORDER, TONE, ClipTiming, Cue, Sound, Timeline

GAP_MS = 150
"""The least silence between two spoken clips (timing contract, T2)."""
LEAD_MS = 1_800
"""From the begin chime to the first beat at least: the bell has rung down, so it covers no word. The first beat follows
on the first whole number of beats after it, so that the chime is in time, like a conductor's upbeat."""
RING_MS = 1_500
"""From any other chime to the next words."""
GRID_MS = 10
"""First beats fall on whole multiples of this, which is a whole number of samples at 44.1 and at 48 kHz: so both sides
of a stretch are the same samples, wherever they begin."""
MAX_ROUTINE_MS = 6 * 3_600_000
"""A routine longer than this is refused."""
ROOM_MS = 300_000
"""For the opening and closing of breathing alone, whatever the voice."""
BETWEEN_MS = 600
"""Between and after sentences that belong to no routine."""
TAIL_MS = 500
"""Silence after the last sound."""

LATEST_BEAT_MS = 5_000
EARLIEST_BEAT_MS = 300


class TooLongError(ValueError):
    """A routine over six hours."""


class BeatTooShortError(ValueError):
    """Two counts do not fit on neighbouring beats. Which beat would work is only looked for when somebody asks."""

    def __init__(self, beat_ms: int, word: str, find_ms: Callable[[], int | None]) -> None:
        super().__init__(beat_ms, word)
        self._beat_ms = beat_ms
        self._word = word
        self._find_ms = find_ms

    def __str__(self) -> str:
        works_ms = self._find_ms()
        works = "no beat works" if works_ms is None else f"the shortest that works is {works_ms / 1000:g} s"
        return f"a beat of {self._beat_ms / 1000:g} s is too short for this voice to say “{self._word}”; {works}"


def lines_in(programme: Programme, delivery: Delivery) -> tuple[str, ...]:
    """Return every text that must be spoken, each once, in the order of first need."""
    return tuple(dict.fromkeys(text for segment in _planned(programme, delivery) for text in _texts(segment)))


def _texts(segment: Segment) -> tuple[str, ...]:
    match segment:
        case Say(text=text):
            return (text,)
        case Paced(lines=lines, beats=beats, halfway_ms=halfway_ms):
            halfway = () if halfway_ms is None else (phrases.HALFWAY,)
            return (*(line.text for line in lines), *(beat.word for beat in beats), *halfway)
        case Wait() | Chime():
            return ()


def counts_in(programme: Programme, delivery: Delivery) -> frozenset[str]:
    """Return those of the texts that are spoken on the beat."""
    paced = (segment for segment in _planned(programme, delivery) if isinstance(segment, Paced))
    return frozenset(beat.word for segment in paced for beat in segment.beats)


def compile_timeline(
    programme: Programme,
    delivery: Delivery,
    clips: Mapping[str, ClipTiming],
    sounds: Mapping[Sound, ClipTiming],
    voice: str = "silent",
    *,
    check_beat: bool = True,
) -> Timeline:
    """Place every cue of a routine, or of breathing alone.

    Args:
        programme: what to compile.
        delivery: breath, beat and manner.
        clips: the timing of every text that :func:`lines_in` names.
        sounds: the timing of every signal.
        voice: the voice's name, for the record.
        check_beat: whether to refuse a beat on which the voice's counts do not fit; an estimate with made-up clips
            has no reason to.

    Raises:
        TooLongError: the routine would last over six hours.
        BeatTooShortError: the beat is too short for the voice's counts; the message names the shortest that works.
    """
    segments = _planned(programme, delivery)
    if check_beat:
        _check_beat(segments, programme, delivery, clips)
    placer = _Placer(clips, sounds, delivery)
    for segment in segments:
        placer.place(segment)
    cues = placer.in_order()
    duration_ms = max((cue.end_ms for cue in cues), default=0) + TAIL_MS
    if duration_ms > MAX_ROUTINE_MS:
        raise _too_long(duration_ms)
    return Timeline(programme.id, voice, _breath_text(programme, delivery), delivery.beat_ms, duration_ms, cues)


def compile_begun(
    programme: Programme,
    delivery: Delivery,
    clips: Mapping[str, ClipTiming],
    sounds: Mapping[Sound, ClipTiming],
    voice: str = "silent",
) -> Timeline:
    """Place the cues of a routine as far as its clips are there, while the others are still being spoken.

    It is the beginning of what :func:`compile_timeline` gives: the same cues at the same times. No more of them begin
    before it ends; some may end after it.

    Raises:
        TooLongError: the routine would last over six hours.
    """
    placer = _Placer(clips, sounds, delivery)
    for segment in _planned(programme, delivery):
        if not all(text in clips for text in _texts(segment)):
            break
        placer.place(segment)
    earliest_ms = max(0, placer.free_ms - max(sound.onset_ms for sound in sounds.values()))
    return Timeline(
        programme.id, voice, _breath_text(programme, delivery), delivery.beat_ms, earliest_ms, placer.in_order()
    )


def compile_words(texts: tuple[str, ...], clips: Mapping[str, ClipTiming]) -> Timeline:
    """Place a few sentences that belong to no routine, one after the other."""
    cues: list[Cue] = []
    start_ms = 0
    for text in texts:
        clip = clips[text]
        end_ms = start_ms + clip.length_ms
        cues.append(Cue("speech", start_ms, start_ms + clip.onset_ms, end_ms, text=text))
        start_ms = end_ms + BETWEEN_MS
    return Timeline("", "", "", 0, start_ms, tuple(cues))


def check_beat(programme: Programme, delivery: Delivery, clips: Mapping[str, ClipTiming]) -> None:
    """Refuse a beat on which the voice's counts do not fit; the timing of :func:`counts_in` is needed.

    Raises:
        BeatTooShortError: the beat is too short; the message names the shortest that works.
    """
    _check_beat(_planned(programme, delivery), programme, delivery, clips)


def _breath_text(programme: Programme, delivery: Delivery) -> str:
    stages = delivery.breath
    if isinstance(programme, Routine):
        courses = zip(programme.items, delivery.courses(programme.items), strict=True)
        paced = [course.stages for item, course in courses if is_breathed(item.script.movement)]
        stages = tuple(stage for each in paced for stage in each) or stages
    return ", ".join(dict.fromkeys(map(str, stages)))


def _planned(programme: Programme, delivery: Delivery) -> tuple[Segment, ...]:
    # Lengths are added up before the plan is made, so that an absurd routine never fills the memory.
    match programme:
        case Routine(items=items):
            courses = zip(items, delivery.courses(items), strict=True)
            paced_ms = sum(len(item.script.sides or (None,)) * _paced_ms(item, course) for item, course in courses)
        case Breathing(dose=dose):
            paced_ms = dose.value
            if paced_ms > MAX_ROUTINE_MS - ROOM_MS:
                most = (MAX_ROUTINE_MS - ROOM_MS) // 60_000
                raise TooLongError(f"{paced_ms / 60_000:g} minutes of breathing are too long; the most is {most}")
        case Sample():
            paced_ms = 0
    if paced_ms > MAX_ROUTINE_MS:
        raise _too_long(paced_ms)
    return arrange(programme, delivery)


def _paced_ms(item: Item, course: Course) -> int:
    """Return how much of one side of a stretch belongs to the clock."""
    match item.script.movement:
        case Hold() | Flow():
            return course.length_ms(course.breaths_in(item.dose))
        case RepeatedHold(pace=pace, rest=rest):
            assert item.hold is not None  # noqa: S101 - a repeated hold is fixed with one
            by_breath = pace == "breath"
            if by_breath:
                last = course.part(item.dose.value - 1, item.dose.value)  # the longest, where they lengthen
                hold_ms = last.length_ms(last.breaths_in(item.hold))
            else:
                hold_ms = item.hold.value
            return item.dose.value * hold_ms + (item.dose.value - 1) * rest
        case Sequence(places=places):
            return item.dose.value * sum(place.hold.amount().value for place in places)
        case Counted(beats=beats):
            return item.dose.value * beats * course.beat_ms
        case Rest():
            return item.dose.value


def _too_long(length_ms: int) -> TooLongError:
    hours = length_ms / 3_600_000
    return TooLongError(
        f"the routine would last at least {hours:.2f} hours; the most is {MAX_ROUTINE_MS // 3_600_000}. "
        "Give it fewer stretches or smaller doses"
    )


def _check_beat(
    segments: tuple[Segment, ...], programme: Programme, delivery: Delivery, clips: Mapping[str, ClipTiming]
) -> None:
    """Refuse a beat on which two neighbouring counts, or a count and the chime after it, cannot stand apart."""
    crowded = _crowded(segments, delivery.beat_ms, clips)
    if crowded is None:
        return
    # In a ramp there may be words on another beat that were never spoken; they are taken to be as long as the longest
    # that was.
    longest = max((clips[word] for word in counts_in(programme, delivery)), key=lambda clip: clip.length_ms)
    known = defaultdict(lambda: longest, clips)

    def works(beat_ms: int) -> bool:
        return _crowded(arrange(programme, replace(delivery, beat_ms=beat_ms)), beat_ms, known) is None

    raise BeatTooShortError(delivery.beat_ms, crowded, lambda: _shortest_beat_ms(delivery.beat_ms, works))


def _shortest_beat_ms(beat_ms: int, works: Callable[[int], bool]) -> int | None:
    """Return the shortest beat that works, in steps of 10 ms, or none up to the longest there is.

    Beats are tried rather than computed: on a longer beat a timed hold has fewer counts, perhaps without the longest
    words.
    """
    first_ms = -(-beat_ms // 10) * 10
    roughly_ms = next((ms for ms in range(first_ms, LATEST_BEAT_MS + 1, 100) if works(ms)), LATEST_BEAT_MS)
    if not works(roughly_ms):
        return None
    return next(ms for ms in range(max(first_ms, roughly_ms - 90), roughly_ms + 1, 10) if works(ms))


def _crowded(segments: tuple[Segment, ...], beat_ms: int, clips: Mapping[str, ClipTiming]) -> str | None:
    """Return the count that lacks most room, if one does."""
    most_ms, word = 0, None
    seen: set[tuple[str, str | None, int]] = set()
    for segment in segments:
        if not isinstance(segment, Paced):
            continue
        for beat, after in zip_longest(segment.beats, segment.beats[1:]):
            spacing_ms = (after.at_ms if after else segment.length_ms) - beat.at_ms
            key = (beat.word, after.word if after else None, spacing_ms)
            if key in seen:
                continue
            seen.add(key)
            clip = clips[beat.word]
            need_ms = clip.length_ms - clip.center_ms + GAP_MS + (clips[after.word].center_ms if after else 0)
            # A hold may be shorter than a beat; then its one word is left out rather than the hold made longer.
            lack_ms = need_ms - max(spacing_ms, beat_ms)
            if lack_ms > most_ms:
                most_ms, word = lack_ms, beat.word
    return word


@dataclass(frozen=True)
class _Spoken:
    """A clip placed in a paced segment, relative to its first beat."""

    start_ms: int
    end_ms: int


class _Placer:
    """Walks the plan with a cursor. Inside a paced segment everything is laid relative to the first beat, as integers;
    the segment then starts where nothing before it is touched. Nothing is ever summed from rounded lengths.
    """

    def __init__(self, clips: Mapping[str, ClipTiming], sounds: Mapping[Sound, ClipTiming], delivery: Delivery) -> None:
        self._clips = clips
        self._sounds = sounds
        self._delivery = delivery
        self._cursor_ms = 0
        self._spoken_until_ms = -GAP_MS
        self._cues: list[Cue] = []

    @property
    def free_ms(self) -> int:
        """Before this nothing more is spoken; a chime's file may start a moment earlier, with silence."""
        return self._cursor_ms

    def in_order(self) -> tuple[Cue, ...]:
        """Return the cues in the order in which they start."""
        return tuple(sorted(self._cues, key=lambda cue: (cue.start_ms, KIND_ORDER.index(cue.kind))))

    def place(self, segment: Segment) -> None:
        match segment:
            case Say():
                start_ms = max(self._cursor_ms, self._spoken_until_ms + GAP_MS)
                self._speak(segment.text, start_ms, segment.where)
                self._cursor_ms = start_ms + self._clips[segment.text].length_ms + max(segment.after_ms, GAP_MS)
            case Wait(wait_ms):
                self._cursor_ms += wait_ms
            case Chime():
                self._ring(segment.sound, self._cursor_ms, segment.where)
                self._cursor_ms += RING_MS
            case Paced():
                self._pace(segment)

    def _pace(self, paced: Paced) -> None:
        lines = self._settle_lines(paced)
        halfway = self._settle_halfway(paced, lines)
        taken = sorted([*(spoken for spoken, _ in lines), *([halfway] if halfway else [])], key=lambda s: s.start_ms)
        counts = list(self._settle_counts(paced, taken))
        first_ms = min([0, *(s.start_ms for s in taken), *(s.start_ms for s, _ in counts)])
        zero_ms = self._first_beat(first_ms, paced)

        for span in paced.breaths:
            self._breathe(span, zero_ms, paced)
        for strike in paced.strikes:
            if any(_collide(_rung(strike), spoken) for spoken in taken):
                continue  # words that begin before the breath turns say so themselves
            where = replace(paced.where, rep=strike.rep)
            self._ring(strike.sound, zero_ms + strike.at_ms, where, strike.phase)
        for spoken, line in lines:
            self._speak(line.text, zero_ms + spoken.start_ms, paced.where, line)
        if halfway:
            self._speak(phrases.HALFWAY, zero_ms + halfway.start_ms, paced.where)
        for spoken, beat in counts:
            self._count(beat, zero_ms, spoken, paced.where)
        self._cursor_ms = zero_ms + paced.length_ms

    def _first_beat(self, first_ms: int, paced: Paced) -> int:
        """Return when the first beat falls, given where (at or before it) the first word of the segment begins."""
        free_ms = max(self._cursor_ms, self._spoken_until_ms + GAP_MS)
        if not paced.chime:
            return _on_grid(free_ms - first_ms)
        if not (paced.beats or paced.breaths):  # no beat to wait for: the chime itself starts the clock
            zero_ms = chime_ms = _on_grid(free_ms)
        else:
            lead_ms = -(-(LEAD_MS - first_ms) // self._delivery.beat_ms) * self._delivery.beat_ms
            zero_ms = _on_grid(free_ms + lead_ms)
            chime_ms = zero_ms - lead_ms
        self._ring(Sound.BEGIN, chime_ms, paced.where)
        return zero_ms

    def _settle_lines(self, paced: Paced) -> list[tuple[_Spoken, Line]]:
        """Place the instructions, last first: each is over in time for what follows it, and a text longer than its
        window starts earlier; those before it make room.
        """
        in_order = sorted(paced.lines, key=lambda line: (line.by_ms, line.from_ms is None, line.from_ms or 0))
        words_at = {beat.at_ms: beat.word for beat in paced.beats}
        placed: list[tuple[_Spoken, Line]] = []
        limit_ms: int | None = None
        for line in reversed(in_order):
            clip = self._clips[line.text]
            word = words_at.get(line.by_ms)
            end_ms = line.by_ms - GAP_MS - (self._clips[word].center_ms if word else 0)
            if limit_ms is not None:
                end_ms = min(end_ms, limit_ms)
            start_ms = end_ms - clip.length_ms
            if line.from_ms is not None:
                start_ms = min(start_ms, line.from_ms - clip.onset_ms)
            placed.append((_Spoken(start_ms, start_ms + clip.length_ms), line))
            limit_ms = start_ms - GAP_MS
        return placed[::-1]

    def _settle_halfway(self, paced: Paced, lines: list[tuple[_Spoken, Line]]) -> _Spoken | None:
        """Place “halfway” as near to the half as instructions and the words that turn the breath allow, within half a
        breath or ten seconds; else leave it out.
        """
        if paced.halfway_ms is None:
            return None
        clip = self._clips[phrases.HALFWAY]
        fixed = [spoken for spoken, _ in lines]
        fixed += [self._on_beat(beat) for beat in paced.beats if beat.turns]
        fixed += [_rung(strike) for strike in paced.strikes]
        last_ms = min((spoken.start_ms for spoken, line in lines if line.from_ms is None), default=paced.length_ms)
        reach_ms = paced.halfway_reach_ms
        for shift_ms in sorted(range(-reach_ms, reach_ms + 1, 50), key=lambda ms: (abs(ms), ms)):
            start_ms = paced.halfway_ms + shift_ms - clip.onset_ms
            spoken = _Spoken(start_ms, start_ms + clip.length_ms)
            inside = start_ms >= 0 and spoken.end_ms + GAP_MS <= last_ms  # not after “last breath”
            if inside and not any(_collide(spoken, other) for other in fixed):
                return spoken
        return None

    def _settle_counts(self, paced: Paced, taken: list[_Spoken]) -> Iterator[tuple[_Spoken, Beat]]:
        """Keep each count that stands clear of everything that outranks it."""
        index = 0
        for beat in paced.beats:
            spoken = self._on_beat(beat)
            while index < len(taken) and taken[index].end_ms + GAP_MS <= spoken.start_ms:
                index += 1
            in_time = spoken.end_ms <= paced.length_ms  # a hold may be shorter than its word
            if in_time and (index == len(taken) or not _collide(spoken, taken[index])):
                yield spoken, beat

    def _on_beat(self, beat: Beat) -> _Spoken:
        clip = self._clips[beat.word]
        start_ms = beat.at_ms - clip.center_ms
        return _Spoken(start_ms, start_ms + clip.length_ms)

    def _speak(self, text: str, start_ms: int, where: Where, line: Line | None = None) -> None:
        clip = self._clips[text]
        self._spoken_until_ms = max(self._spoken_until_ms, start_ms + clip.length_ms)
        self._cues.append(
            Cue(
                "speech",
                start_ms,
                start_ms + clip.onset_ms,
                start_ms + clip.length_ms,
                text=text,
                stretch=where.stretch,
                item=where.item,
                side=where.side,
                phase=line.phase if line else None,
                rep=line.rep if line else where.rep,
            )
        )

    def _count(self, beat: Beat, zero_ms: int, spoken: _Spoken, where: Where) -> None:
        clip = self._clips[beat.word]
        self._spoken_until_ms = max(self._spoken_until_ms, zero_ms + spoken.end_ms)
        self._cues.append(
            Cue(
                "count",
                zero_ms + spoken.start_ms,
                zero_ms + spoken.start_ms + clip.onset_ms,
                zero_ms + spoken.end_ms,
                center_ms=zero_ms + beat.at_ms,
                text=beat.word,
                stretch=where.stretch,
                item=where.item,
                side=where.side,
                phase=beat.phase,
                count=beat.count,
                rep=beat.rep,
            )
        )

    def _ring(self, sound: Sound, strike_ms: int, where: Where, phase: str | None = None) -> None:
        clip = self._sounds[sound]
        start_ms = strike_ms - clip.onset_ms if strike_ms >= clip.onset_ms else strike_ms
        self._cues.append(
            Cue(
                "chime",
                start_ms,
                start_ms + clip.onset_ms,
                start_ms + clip.length_ms,
                sound=sound,
                stretch=where.stretch,
                item=where.item,
                side=where.side,
                phase=phase,
                rep=where.rep,
            )
        )

    def _breathe(self, span: Breath, zero_ms: int, paced: Paced) -> None:
        start_ms = zero_ms + span.start_ms
        self._cues.append(
            Cue(
                "breath",
                start_ms,
                start_ms,
                zero_ms + span.end_ms,
                sound=TONE if paced.tone else None,
                stretch=paced.where.stretch,
                item=paced.where.item,
                side=paced.where.side,
                phase=span.phase,
                rep=span.rep,
            )
        )


def _rung(strike: Strike) -> _Spoken:
    """Return when a sound that turns the breath is in the way of words; they may follow it at once."""
    return _Spoken(strike.at_ms, strike.at_ms + STRIKE_MS - GAP_MS)


def _on_grid(ms: int) -> int:
    """Return the first multiple of the grid at or after a time."""
    return -(-ms // GRID_MS) * GRID_MS


def _collide(one: _Spoken, other: _Spoken) -> bool:
    return one.start_ms < other.end_ms + GAP_MS and other.start_ms < one.end_ms + GAP_MS
