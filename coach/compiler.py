"""The compiler: has a programme's words spoken and places them in time. Where the core meets voices.

A rendering waits until every clip is there (:meth:`Compiler.compile`). A live session begins with the first of them
(:meth:`Compiler.begin`) and lets the compilation grow while it plays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar, cast

from coach.audio.sound_timings import SOUND_TIMINGS
from coach.core.delivery import Delivery
from coach.core.engine import BeatTooShortError
from coach.core.fit import DoesNotFitError, Length, fit, fit_breathing
from coach.core.lengths import Lengths
from coach.core.plan import MAX_ROUTINE_MS, Plan, TooLongError, lay
from coach.core.routine import Breathing, Programme, Routine
from coach.core.timeline import ClipTiming, Sound, Timeline
from coach.errors import Cancelled, InputError
from coach.voices.speaker import QUICKER, IsCancelled, Progress, Speaker, Wanted, never, no_progress, wanted

if TYPE_CHECKING:
    from coach.audio.clip import Clip

__all__ = [
    "QUICKER",
    "Compilation",
    "Compiled",
    "Compiler",
    "IsCancelled",
    "Length",
    "Progress",
    "estimate",
    "estimate_fitted",
    "estimated_lengths",
    "never",
    "no_progress",
    "signals",
    "timings",
]

FIRST_TEXTS = 2
"""The first texts are spoken before the counts: they are heard before any count is."""

SLOW_VOICE = 1.7
"""How many times as long as estimated any voice takes for a count, at most."""

_Key = TypeVar("_Key")
_Kind = TypeVar("_Kind", bound=Programme)


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A timeline with the audio it needs."""

    programme: Programme
    """What it was compiled from; fitted, if a length was asked for."""
    timeline: Timeline
    clips: dict[str, Clip]
    sounds: dict[Sound, Clip]
    dropped: tuple[str, ...] = ()
    """The names of the stretches that were left out to fit a length."""
    voice_note: str = ""
    """Why another voice speaks than the one asked for, if one does."""


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """Compiles programmes with the clips of one speaker."""

    speaker: Speaker
    sounds: dict[Sound, Clip]
    """The signals."""
    progress: Progress = no_progress
    """Told how many clips are there, while all are waited for."""
    cancelled: IsCancelled = never
    """Whether to give up; asked while something is waited for, or fitted."""

    def compile(self, programme: Programme, delivery: Delivery, length: Length | None = None) -> Compiled:
        """Speak every line of a programme and place it, fitted to a length if one is asked for.

        Raises:
            InputError: it would be too long, the length cannot be met, or the beat is too short for this voice.
            CoachError: a line cannot be spoken.
            Cancelled: ``cancelled`` said so.
        """
        dropped: tuple[str, ...] = ()
        if length is not None:
            programme, dropped = self.fit(programme, delivery, length)
        return self.begin(programme, delivery).finish(dropped)

    def fit(self, programme: _Kind, delivery: Delivery, length: Length) -> tuple[_Kind, tuple[str, ...]]:
        """Return the programme fitted to a length as this speaker says it, and the names of dropped stretches.

        Raises:
            InputError: the length cannot be met.
            CoachError: a line cannot be spoken.
            Cancelled: ``cancelled`` said so.
        """

        def timings_of(texts: tuple[str, ...], counts: frozenset[str]) -> Mapping[str, ClipTiming]:
            return timings(self.speaker.speak(wanted(texts, counts), self.progress, self.cancelled))

        def length_of(candidate: Routine | Breathing) -> int:
            if self.cancelled():
                raise Cancelled
            return lengths.length_ms(candidate)

        # Lengths do not depend on whether the counts fit the beat: only the routine that is chosen must pass that.
        lengths = Lengths(delivery, timings(self.sounds), timings_of)
        return _fitted(programme, length, length_of)

    def begin(self, programme: Programme, delivery: Delivery) -> Compilation:
        """Choose how fast the counts are spoken, ask for every clip, and place what is there.

        Counts are spoken faster, all alike, on a beat that is short for the voice; other words keep their rate.

        Raises:
            InputError: it would be too long, or the beat is too short for this voice.
            CoachError: a line cannot be spoken.
            Cancelled: ``cancelled`` said so.
        """
        with _refusing():
            plan = lay(programme, delivery)
            self.speaker.check(wanted(plan.texts, plan.counts))
            self.speaker.ask(wanted(plan.texts, plan.counts))
            self.speaker.ask(wanted(plan.texts[:FIRST_TEXTS], plan.counts))
            wants = wanted(plan.texts, plan.counts, self._factor(plan))
            self.speaker.ask(wants)
            return Compilation(self, plan, wants)

    def _factor(self, plan: Plan) -> float:
        def check(factor: float) -> None:
            wants = wanted(sorted(plan.counts), plan.counts, factor)
            plan.check_beat(timings(self.speaker.speak(wants, cancelled=self.cancelled)))

        if self.speaker.is_live and self._fits_by_far(plan):
            return 1.0
        *slower, fastest = self.speaker.quicker_factors()
        for factor in slower:
            with suppress(BeatTooShortError):
                check(factor)
                return factor
        check(fastest)
        return fastest

    def _fits_by_far(self, plan: Plan) -> bool:
        """Return whether the counts fit the beat as any voice says them: a session need not wait until it has."""
        from coach.voices.silent import silent_timing

        roughly = {text: silent_timing(text) for text in plan.counts}
        slowly = {text: replace(each, length_ms=round(each.length_ms * SLOW_VOICE)) for text, each in roughly.items()}
        try:
            plan.check_beat(slowly)
        except BeatTooShortError:
            return False
        return True


class Compilation:
    """A programme whose clips have been asked for, and as much of its timeline as they allow."""

    def __init__(self, compiler: Compiler, plan: Plan, wants: tuple[Wanted, ...]) -> None:
        """Place what is there of what was asked for; :meth:`Compiler.begin` makes one.

        Raises:
            TooLongError: the programme would last too long.
            CoachError: a line cannot be spoken.
        """
        self.plan = plan
        self.wants = wants
        """What must be spoken, each once."""
        self.clips: dict[str, Clip] = {}
        """Those that the timeline was compiled with."""
        self.timeline: Timeline
        """Whole, or its beginning: no more cues begin before it ends."""
        self._compiler = compiler
        self._estimate_ms: int | None = None
        self._place()

    @property
    def length_ms(self) -> int:
        """How long the whole of it lasts; an estimate while clips are missing."""
        if self.is_whole:
            return self.timeline.duration_ms
        if self._estimate_ms is None:
            self._estimate_ms = self._estimated_ms()
        return self._estimate_ms

    @property
    def is_whole(self) -> bool:
        """Whether every clip was there when it was compiled."""
        return len(self.clips) == len(self.wants)

    def count_new(self) -> int:
        """Return how many clips are there that were not when it was compiled.

        Raises:
            CoachError: a line cannot be spoken.
        """
        return len(self._compiler.speaker.clips(self.wants)) - len(self.clips)

    def missing(self) -> tuple[Wanted, ...]:
        """Return what it was compiled without, in the order in which it is needed."""
        return tuple(want for want in self.wants if want.text not in self.clips)

    def grow(self) -> None:
        """Place what is there by now.

        Raises:
            InputError: it would be too long.
            CoachError: a line cannot be spoken.
        """
        with _refusing():
            self._place()

    def finish(self, dropped: tuple[str, ...] = ()) -> Compiled:
        """Wait for every clip and return the whole.

        Args:
            dropped: the names of stretches that were left out to fit a length.

        Raises:
            InputError: it would be too long.
            CoachError: a line cannot be spoken.
            Cancelled: the compiler's ``cancelled`` said so.
        """
        compiler = self._compiler
        compiler.speaker.speak(self.wants, compiler.progress, compiler.cancelled)
        self.grow()
        return Compiled(
            programme=self.plan.programme,
            timeline=self.timeline,
            clips=self.clips,
            sounds=compiler.sounds,
            dropped=dropped,
        )

    def _estimated_ms(self) -> int:
        from coach.voices.silent import silent_timing

        clips = {text: silent_timing(text) for text in self.plan.texts} | timings(self.clips)
        try:
            return self.plan.place(clips, timings(self._compiler.sounds), check_beat=False).duration_ms
        except TooLongError:
            return MAX_ROUTINE_MS

    def _place(self) -> None:
        compiler = self._compiler
        self.clips = compiler.speaker.clips(self.wants)
        self._estimate_ms = None
        given = (timings(self.clips), timings(compiler.sounds), compiler.speaker.name)
        # How fast the counts must be was settled when it was begun.
        self.timeline = self.plan.place(*given, check_beat=False) if self.is_whole else self.plan.place_begun(*given)


def estimate(programme: Programme, delivery: Delivery) -> Timeline:
    """Compile with the silent voice: about as long as a spoken one, in milliseconds of work and with no engine.

    Raises:
        InputError: it would be too long.
    """
    with _refusing():
        plan = lay(programme, delivery)
        return plan.place(_silent_timings(plan.texts), SOUND_TIMINGS, check_beat=False)


def estimated_lengths(delivery: Delivery) -> Callable[[Routine], int]:
    """Return a function that tells how long a routine lasts by :func:`estimate`, in less time.

    The function raises InputError if the routine would be too long.
    """
    lengths = Lengths(delivery, SOUND_TIMINGS, lambda texts, _: _silent_timings(texts))

    def length_ms(routine: Routine) -> int:
        with _refusing():
            return lengths.length_ms(routine)

    return length_ms


def estimate_fitted(
    programme: _Kind, delivery: Delivery, length: Length | None = None
) -> tuple[_Kind, Timeline, tuple[str, ...]]:
    """Do as :func:`estimate`; return the fitted programme, its timeline, and the names of dropped stretches.

    Raises:
        InputError: it would be too long, or the length cannot be met.
    """
    dropped: tuple[str, ...] = ()
    if length is not None:
        lengths = Lengths(delivery, SOUND_TIMINGS, lambda texts, _: _silent_timings(texts))
        programme, dropped = _fitted(programme, length, lengths.length_ms)
    return programme, estimate(programme, delivery), dropped


def _silent_timings(texts: tuple[str, ...]) -> dict[str, ClipTiming]:
    from coach.voices.silent import silent_timing

    return {text: silent_timing(text) for text in texts}


def _fitted(
    programme: _Kind, length: Length, length_of: Callable[[Routine | Breathing], int]
) -> tuple[_Kind, tuple[str, ...]]:
    def length_ms(candidate: Routine | Breathing) -> int:
        try:
            return length_of(candidate)
        except TooLongError:
            return 2 * MAX_ROUTINE_MS

    try:
        if isinstance(programme, Breathing):
            return cast("_Kind", fit_breathing(programme, length.target_ms, length_ms)), ()
        if not isinstance(programme, Routine):
            return programme, ()
        fitted = fit(programme, length.target_ms, length_ms, drop=length.drop)
    except DoesNotFitError as error:
        has_more = isinstance(programme, Routine) and len(programme.items) > 1
        may_drop = has_more and length.target_ms < error.shortest_ms and not length.drop
        hint = "; --drop leaves stretches out" if may_drop else ""
        number = length.target_ms / 60_000
        minutes = f"{number:g} minute{'' if number == 1 else 's'}"
        what = "breathing" if isinstance(programme, Breathing) else "this routine"
        raise InputError(f"{what} does not fit {minutes}: {error}{hint}") from error
    return cast("_Kind", fitted.routine), fitted.dropped


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (BeatTooShortError, TooLongError) as error:
        raise InputError(str(error)) from error


def timings(clips: Mapping[_Key, Clip]) -> dict[_Key, ClipTiming]:
    """Return the timing of each clip."""
    return {key: clip.timing for key, clip in clips.items()}


def signals() -> dict[Sound, Clip]:
    """Return the chimes.

    Raises:
        MachineError: a file is missing or damaged.
    """
    from coach.audio.sounds import load_sounds
    from coach.voices.kept import clips_folder

    return load_sounds(clips_folder())
