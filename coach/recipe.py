"""The recipe: read, speak, compile. Where the core meets voices; publishing and playing go on from here."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import platformdirs

from coach import defaults
from coach.core.breath import BreathPattern
from coach.core.engine import MAX_ROUTINE_MS, BeatTooShortError, TooLongError, compile_timeline, counts_in, lines_in
from coach.core.fit import DoesNotFitError, fit
from coach.core.plan import Delivery
from coach.core.quoting import quoted
from coach.core.routine import Programme, Routine
from coach.core.timeline import ClipTiming, Sound, Timeline
from coach.errors import InputError
from coach.files import expanded

if TYPE_CHECKING:
    from coach.audio.clip import Clip
    from coach.voices.base import Voice

CACHE_VARIABLE = "COACH_CACHE"
CACHE_LIMIT_VARIABLE = "COACH_CACHE_MB"
DEFAULT_DELIVERY = Delivery((BreathPattern.parse(defaults.BREATH),), defaults.BEAT_MS, breath_is_chosen=False)
QUICKER = (1.0, 1.15, 1.3, 1.45, 1.6, 1.8, 2.0, 2.3, 2.6, 3.0)
"""How many times as fast counts may be spoken so that they fit a short beat; the first that fits is taken. A voice may
have a limit of its own before."""

_Key = TypeVar("_Key")

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Compiled:
    """A timeline with the audio it needs."""

    programme: Programme
    """What it was compiled from: fitted, where a length was asked for."""
    timeline: Timeline
    clips: dict[str, Clip]
    sounds: dict[Sound, Clip]
    dropped: tuple[str, ...] = ()
    """The names of the stretches that were left out to fit a length."""


def cache_folder() -> Path:
    """Return where clips are kept: ``COACH_CACHE``, or the platform's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return expanded(chosen) if chosen else platformdirs.user_cache_path("stretch-coach", appauthor=False)


def _clips_folder() -> Path:
    return cache_folder() / "clips"


def cache_limit_bytes() -> int:
    """Return how large the cache may grow: ``COACH_CACHE_MB``, or 500 MB, which is some forty routines in a voice.

    Raises:
        InputError: the variable is no number.
    """
    text = os.environ.get(CACHE_LIMIT_VARIABLE, "") or "500"
    if not re.fullmatch("[0-9]{1,9}", text):
        raise InputError(f"{CACHE_LIMIT_VARIABLE} is {quoted(text)}; write a number of megabytes, like 500")
    return int(text) * 1_000_000


def cached_voice(name: str, rate_wpm: int) -> Voice:
    """Return a voice by name that reads texts by the lexicon, with the cache around it (silence needs neither)."""
    from coach.library.library import standard_lexicon
    from coach.voices import open_voice
    from coach.voices.cached import CachedVoice
    from coach.voices.lexical import LexicalVoice

    voice = open_voice(name, rate_wpm)
    if voice.name == "silent":
        return voice
    return LexicalVoice(CachedVoice(voice, _clips_folder(), cache_limit_bytes()), standard_lexicon())


@dataclass(frozen=True)
class Length:
    """A length asked for."""

    target_ms: int
    drop: bool = False
    """Whether stretches may be left out to reach it."""


def compile_routine(
    programme: Programme,
    delivery: Delivery,
    voice: Voice,
    progress: Progress = no_progress,
    length: Length | None = None,
    counter: Voice | None = None,
) -> Compiled:
    """Speak every line of a routine and compile it, fitted to a length if one is asked for.

    On a beat that is short for the voice, its counts are spoken faster, all alike; the other words keep their rate.
    ``counter`` speaks the counts, where they have a voice of their own.

    Raises:
        InputError: it would be too long, the length cannot be met, or the beat is too short for this voice.
        VoiceError: a line cannot be spoken.
    """
    with closing(voice), closing(counter or voice):
        sounds = signals()
        speaker = _Speaker(voice, counter or voice, progress)
        compiler = _Compiler(delivery, speaker, timings(sounds), who_speaks(voice, counter), check_beat=True)
        dropped: tuple[str, ...] = ()
        if length is None or not isinstance(programme, Routine):
            timeline = compiler.compile(programme)
        else:
            programme, timeline, dropped = compiler.fit(programme, length)
    return Compiled(programme, timeline, speaker.clips, sounds, dropped)


def who_speaks(voice: Voice, counter: Voice | None) -> str:
    """Return what a timeline says of its voices."""
    return voice.name if counter is None else f"{voice.name}, counts {counter.name}"


def signals() -> dict[Sound, Clip]:
    """Return the chimes.

    Raises:
        MachineError: a file is missing or damaged.
    """
    from coach.audio.sounds import load_sounds

    return load_sounds(_clips_folder())


def estimate(programme: Programme, delivery: Delivery) -> Timeline:
    """Compile with the silent voice: about as long as a spoken one, in milliseconds of work and with no engine.

    Raises:
        InputError: it would be too long.
    """
    return _estimator(delivery).compile(programme)


def estimate_fitted(
    routine: Routine, delivery: Delivery, length: Length | None = None
) -> tuple[Routine, Timeline, tuple[str, ...]]:
    """Do as :func:`estimate`; return the fitted routine, its timeline, and the names of dropped stretches.

    Raises:
        InputError: it would be too long, or the length cannot be met.
    """
    if length is None:
        return routine, estimate(routine, delivery), ()
    return _estimator(delivery).fit(routine, length)


def _estimator(delivery: Delivery) -> _Compiler:
    return _Compiler(delivery, _Estimator(), timings(signals()), "silent", check_beat=False)


def timings(clips: Mapping[_Key, Clip]) -> dict[_Key, ClipTiming]:
    """Return the timing of each clip."""
    return {key: clip.timing for key, clip in clips.items()}


class _Timings(Protocol):
    """Knows how long texts take to say."""

    def timings(self, texts: tuple[str, ...], counts: frozenset[str]) -> dict[str, ClipTiming]:
        """Return the timing of each text; ``counts`` are those that belong on the beat."""

    def hurry(self) -> bool:
        """Speak the counts faster from now on; false when they cannot be."""


class _Estimator:
    """Knows it without a voice."""

    def timings(self, texts: tuple[str, ...], counts: frozenset[str]) -> dict[str, ClipTiming]:  # noqa: ARG002
        from coach.voices.silent import silent_timing

        return {text: silent_timing(text) for text in texts}

    def hurry(self) -> bool:
        return False


class _Speaker:
    """Speaks each text once, when it is first needed, and its counts again when they must be quicker.

    Texts are spoken in the order in which they are heard, as many at a time as the voice gains from.
    """

    def __init__(self, voice: Voice, counter: Voice, progress: Progress) -> None:
        self.clips: dict[str, Clip] = {}
        self._voice = voice
        self._counter = counter
        self._progress = progress
        self._factors = list(QUICKER)
        self._counts: set[str] = set()

    def timings(self, texts: tuple[str, ...], counts: frozenset[str]) -> dict[str, ClipTiming]:
        self._counts |= counts
        counter = self._counter.quicker(self._factors[0]) if self._factors[0] > 1 else self._counter
        missing = [text for text in texts if text not in self.clips]
        if missing:
            self._speak(missing, lambda text: (counter if text in counts else self._voice).speak(text))
        return {text: self.clips[text].timing for text in texts}

    def _speak(self, texts: list[str], speak: Callable[[str], Clip]) -> None:
        threads = ThreadPoolExecutor(self._voice.parallel)
        try:
            for done, (text, clip) in enumerate(zip(texts, threads.map(speak, texts), strict=True)):
                self._progress("speaking", done, len(texts))
                self.clips[text] = clip
            self._progress("speaking", len(texts), len(texts))
        finally:
            # When it fails or is interrupted: closing the voice ends what is still being spoken.
            threads.shutdown(wait=False, cancel_futures=True)

    def hurry(self) -> bool:
        slower = self._counter.quicker(self._factors[0]).identity
        if len(self._factors) == 1 or self._counter.quicker(self._factors[1]).identity == slower:
            return False
        del self._factors[0]
        for text in self._counts & set(self.clips):
            del self.clips[text]
        return True


@dataclass(frozen=True)
class _Compiler:
    """Compiles routines with clips of one kind."""

    delivery: Delivery
    speaker: _Timings
    sounds: dict[Sound, ClipTiming]
    voice: str
    check_beat: bool

    def compile(self, programme: Programme) -> Timeline:
        try:
            return self._timeline(programme)
        except (BeatTooShortError, TooLongError) as error:
            raise InputError(str(error)) from error

    def fit(self, routine: Routine, length: Length) -> tuple[Routine, Timeline, tuple[str, ...]]:
        try:
            # Lengths do not depend on whether the counts fit the beat: that is seen to in the routine that is chosen.
            fitted = fit(routine, length.target_ms, replace(self, check_beat=False)._length_ms, drop=length.drop)
        except DoesNotFitError as error:
            hint = "" if length.drop else "; --drop leaves stretches out"
            raise InputError(
                f"{routine.id} does not fit {length.target_ms / 60_000:g} minutes: {error}{hint}"
            ) from error
        return fitted.routine, self.compile(fitted.routine), fitted.dropped

    def _timeline(self, programme: Programme) -> Timeline:
        texts, counts = lines_in(programme, self.delivery), counts_in(programme, self.delivery)
        while True:
            clips = self.speaker.timings(texts, counts)
            try:
                return compile_timeline(
                    programme, self.delivery, clips, self.sounds, self.voice, check_beat=self.check_beat
                )
            except BeatTooShortError:
                if not self.speaker.hurry():
                    raise

    def _length_ms(self, routine: Routine) -> int:
        try:
            return self._timeline(routine).duration_ms
        except TooLongError:
            return 2 * MAX_ROUTINE_MS
