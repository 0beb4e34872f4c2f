"""The second half of the engine: places the segments of a plan in time.

Collisions are settled here, never at run time: an instruction outranks “halfway”, which outranks a count; what ranks
lower moves or is left out. The beat never moves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from coach.core.delivery import LATEST_BEAT_MS
from coach.core.paced import STRIKE_MS
from coach.core.segments import Beat, Breath, Chime, Halfway, Line, Paced, Say, Segment, Strike, Wait, Where
from coach.core.timeline import KIND_ORDER, ClipTiming, Cue, CueKind, Part, Sound, Timeline

GAP_MS = 150
"""The least silence between two spoken clips (timing contract, T2)."""
LEAD_MS = 1_800
"""From the begin chime to the first beat at least: the bell has rung down, so it covers no word. The first beat follows
on the first whole number of beats after it, so that the chime is in time, like a conductor's upbeat."""
RING_MS = 1_500
"""From any other chime to the next words."""
GRID_MS = 24
"""Sentences begin and first beats fall on whole multiples of this, which is an MP3 frame at 48 kHz. So what is said
again is the same frames again, wherever it is said; a pause is longer for it, by 12 ms on average."""
BETWEEN_MS = 600
"""Between and after sentences that belong to no routine."""


class BeatTooShortError(ValueError):
    """Two counts do not fit on neighbouring beats. Which beat would work is only looked for when the text is read."""

    def __init__(self, beat_ms: int, word: str, find_ms: Callable[[], int | None]) -> None:
        super().__init__(beat_ms, word)
        self._beat_ms = beat_ms
        self._word = word
        self._find_ms = find_ms

    def __str__(self) -> str:
        works_ms = self._find_ms()
        works = "no beat works" if works_ms is None else f"the shortest that works is {works_ms / 1000:g} s"
        return f"a beat of {self._beat_ms / 1000:g} s is too short for this voice to say “{self._word}”; {works}"


def place_words(texts: tuple[str, ...], clips: Mapping[str, ClipTiming]) -> Timeline:
    """Place a few sentences that belong to no programme, one after the other."""
    cues: list[Cue] = []
    start_ms = 0
    for text in texts:
        clip = clips[text]
        end_ms = start_ms + clip.length_ms
        cues.append(Cue("speech", start_ms, start_ms + clip.onset_ms, end_ms, text=text))
        start_ms = end_ms + BETWEEN_MS
    return Timeline("", "", "", 0, start_ms, tuple(cues))


def crowded_word(segments: Iterable[Segment], beat_ms: int, clips: Mapping[str, ClipTiming]) -> str | None:
    """Return the count that lacks most room, if one does."""
    most_ms, word = 0, None
    seen: set[tuple[str, str | None, int]] = set()
    for segment in segments:
        for beat, after, spacing_ms in _neighbours(segment):
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


def _neighbours(segment: Segment) -> Iterator[tuple[Beat, Beat | None, int]]:
    """Yield each beat of a segment, the one after it, and the time between; the last one ends with the segment."""
    if isinstance(segment, Paced):
        for beat, after in zip_longest(segment.beats, segment.beats[1:]):
            yield beat, after, (after.at_ms if after else segment.length_ms) - beat.at_ms


def shortest_beat_ms(
    beat_ms: int, segments_at: Callable[[int], Iterable[Segment]], counts: Mapping[str, ClipTiming]
) -> int | None:
    """Return the shortest beat on which counts fit, in steps of 10 ms; none if no beat works.

    Args:
        beat_ms: a beat that is too short: shorter ones are not looked at.
        segments_at: lays the same plan on another beat.
        counts: the timing of the counts. In a ramp another beat may need words that were never spoken: they are taken
            to be as long as the longest that was.
    """
    longest = max(counts.values(), key=lambda clip: clip.length_ms)
    known = defaultdict(lambda: longest, counts)

    def works(ms: int) -> bool:
        return crowded_word(segments_at(ms), ms, known) is None

    first_ms = -(-beat_ms // 10) * 10
    roughly_ms = next((ms for ms in range(first_ms, LATEST_BEAT_MS + 1, 100) if works(ms)), LATEST_BEAT_MS)
    if not works(roughly_ms):
        return None
    return next(ms for ms in range(max(first_ms, roughly_ms - 90), roughly_ms + 1, 10) if works(ms))


@dataclass(frozen=True)
class Spoken:
    """A clip placed in a paced segment, relative to its first beat."""

    start_ms: int
    end_ms: int


class Placer:
    """Walks the plan with a cursor. Inside a paced segment everything is laid relative to the first beat, as integers;
    the segment then starts where nothing before it is touched. Nothing is ever summed from rounded lengths.
    """

    def __init__(self, clips: Mapping[str, ClipTiming], sounds: Mapping[Sound, ClipTiming], beat_ms: int) -> None:
        self._clips = clips
        self._sounds = sounds
        self._beat_ms = beat_ms
        self._cursor_ms = 0
        self._spoken_until_ms = -GAP_MS
        self._cues: list[Cue] = []

    @property
    def free_ms(self) -> int:
        """Before this nothing more is spoken; a chime's file may start a moment earlier, with silence."""
        return self._cursor_ms

    @property
    def ends_ms(self) -> int:
        """When the last cue so far ends."""
        return max((cue.end_ms for cue in self._cues), default=0)

    def in_order(self) -> tuple[Cue, ...]:
        """Return the cues in the order in which they start."""
        return tuple(sorted(self._cues, key=lambda cue: (cue.start_ms, KIND_ORDER.index(cue.kind))))

    def place(self, segment: Segment) -> None:
        """Place a segment after those before it."""
        match segment:
            case Say():
                start_ms = _on_grid(max(self._cursor_ms, self._spoken_until_ms + GAP_MS))
                self._speak(segment.text, start_ms, segment.where)
                spoken_ms, after_ms = self._clips[segment.text].length_ms, max(segment.after_ms, GAP_MS)
                if segment.meanwhile:
                    after_ms = max(after_ms // 2, after_ms - spoken_ms, GAP_MS)
                self._cursor_ms = start_ms + spoken_ms + after_ms
            case Wait(wait_ms):
                self._cursor_ms += wait_ms
            case Chime():
                self._ring(segment.sound, self._cursor_ms, segment.where)
                self._cursor_ms += RING_MS
            case Paced():
                self._pace(segment)

    def _pace(self, paced: Paced) -> None:
        lines = self._settle_lines(paced)
        halfway = self._settle_halfway(paced.halfway, paced, lines) if paced.halfway else None
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
        if halfway and paced.halfway:
            self._speak(paced.halfway.text, zero_ms + halfway.start_ms, replace(paced.where, part=Part.HALFWAY))
        for spoken, beat in counts:
            self._count(beat, zero_ms, spoken, paced.where)
        self._cursor_ms = zero_ms + paced.length_ms

    def _first_beat(self, first_ms: int, paced: Paced) -> int:
        """Return when the first beat falls, given where (at or before it) the first word of the segment begins."""
        free_ms = max(self._cursor_ms, self._spoken_until_ms + GAP_MS)
        if not paced.chime:
            return _on_grid(free_ms - first_ms)
        is_unpaced = not (paced.beats or paced.breaths)
        if is_unpaced and first_ms > -LEAD_MS:  # no beat to wait for: the chime itself starts the clock
            zero_ms = chime_ms = _on_grid(max(self._cursor_ms, self._spoken_until_ms + GAP_MS - first_ms))
        else:
            lead_ms = -(-(LEAD_MS - first_ms) // self._beat_ms) * self._beat_ms
            zero_ms = _on_grid(free_ms + lead_ms)
            chime_ms = zero_ms - lead_ms
        self._ring(Sound.BEGIN, chime_ms, paced.where)
        return zero_ms

    def _settle_lines(self, paced: Paced) -> list[tuple[Spoken, Line]]:
        """Place the instructions, last first: each is over in time for what follows it, and a text longer than its
        window starts earlier; those before it make room.
        """
        in_order = sorted(paced.lines, key=lambda line: (line.by_ms, line.from_ms is None, line.from_ms or 0))
        words_at = {beat.at_ms: beat.word for beat in paced.beats}
        placed: list[tuple[Spoken, Line]] = []
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
            placed.append((Spoken(start_ms, start_ms + clip.length_ms), line))
            limit_ms = start_ms - GAP_MS
        return placed[::-1]

    def _settle_halfway(self, halfway: Halfway, paced: Paced, lines: list[tuple[Spoken, Line]]) -> Spoken | None:
        """Place “halfway” as near to the half as instructions and the words that turn the breath allow, within its
        reach; else leave it out.
        """
        clip = self._clips[halfway.text]
        fixed = [spoken for spoken, _ in lines]
        fixed += [self._on_beat(beat) for beat in paced.beats if beat.turns]
        fixed += [_rung(strike) for strike in paced.strikes]
        last_ms = min((spoken.start_ms for spoken, line in lines if line.from_ms is None), default=paced.length_ms)
        reach_ms = halfway.reach_ms
        for shift_ms in sorted(range(-reach_ms, reach_ms + 1, 50), key=lambda ms: (abs(ms), ms)):
            start_ms = halfway.at_ms + shift_ms - clip.onset_ms
            spoken = Spoken(start_ms, start_ms + clip.length_ms)
            inside = start_ms >= 0 and spoken.end_ms + GAP_MS <= last_ms  # not after “last breath”
            if inside and not any(_collide(spoken, other) for other in fixed):
                return spoken
        return None

    def _settle_counts(self, paced: Paced, taken: list[Spoken]) -> Iterator[tuple[Spoken, Beat]]:
        """Keep each count that stands clear of everything that outranks it."""
        index = 0
        for beat in paced.beats:
            spoken = self._on_beat(beat)
            while index < len(taken) and taken[index].end_ms + GAP_MS <= spoken.start_ms:
                index += 1
            in_time = spoken.end_ms <= paced.length_ms  # a hold may be shorter than its word
            if in_time and (index == len(taken) or not _collide(spoken, taken[index])):
                yield spoken, beat

    def _on_beat(self, beat: Beat) -> Spoken:
        clip = self._clips[beat.word]
        start_ms = beat.at_ms - clip.center_ms
        return Spoken(start_ms, start_ms + clip.length_ms)

    def _speak(self, text: str, start_ms: int, where: Where, line: Line | None = None) -> None:
        clip = self._clips[text]
        self._spoken_until_ms = max(self._spoken_until_ms, start_ms + clip.length_ms)
        if line is not None:
            where = replace(where, rep=line.rep, part=line.part)
        self._add("speech", start_ms, clip, where, text=text, phase=line.phase if line else None)

    def _count(self, beat: Beat, zero_ms: int, spoken: Spoken, where: Where) -> None:
        clip = self._clips[beat.word]
        self._spoken_until_ms = max(self._spoken_until_ms, zero_ms + spoken.end_ms)
        self._add(
            "count",
            zero_ms + spoken.start_ms,
            clip,
            where,
            center_ms=zero_ms + beat.at_ms,
            text=beat.word,
            phase=beat.phase,
            count=beat.count,
            rep=beat.rep,
        )

    def _ring(self, sound: Sound, strike_ms: int, where: Where, phase: str | None = None) -> None:
        clip = self._sounds[sound]
        start_ms = strike_ms - clip.onset_ms if strike_ms >= clip.onset_ms else strike_ms
        self._add("chime", start_ms, clip, where, sound=sound, phase=phase)

    def _breathe(self, span: Breath, zero_ms: int, paced: Paced) -> None:
        whole = ClipTiming(span.end_ms - span.start_ms, 0, 0)
        self._add(
            "breath", zero_ms + span.start_ms, whole, paced.where, sound=paced.swell, phase=span.phase, rep=span.rep
        )

    def _add(self, kind: CueKind, start_ms: int, clip: ClipTiming, where: Where, **more: Any) -> None:
        self._cues.append(
            Cue(
                kind,
                start_ms,
                start_ms + clip.onset_ms,
                start_ms + clip.length_ms,
                **{"rep": where.rep, **more},
                stretch=where.stretch,
                item=where.item,
                side=where.side,
                set=where.set,
                part=where.part,
            )
        )


def _rung(strike: Strike) -> Spoken:
    """Return when a sound that turns the breath is in the way of words; they may follow it at once."""
    return Spoken(strike.at_ms, strike.at_ms + STRIKE_MS - GAP_MS)


def _on_grid(ms: int) -> int:
    """Return the first multiple of the grid at or after a time."""
    return -(-ms // GRID_MS) * GRID_MS


def _collide(one: Spoken, other: Spoken) -> bool:
    return one.start_ms < other.end_ms + GAP_MS and other.start_ms < one.end_ms + GAP_MS
