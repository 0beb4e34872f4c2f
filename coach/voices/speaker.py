"""The speaker: has clips made in the background, in the order in which they are needed.

A rendering waits for all of them; a live session plays what is there.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from coach.errors import Cancelled, CoachError, VoiceError
from coach.voices.base import unsaid

if TYPE_CHECKING:
    from coach.audio.clip import Clip
    from coach.voices.base import Voice

QUICKER = (1.0, 1.15, 1.3, 1.45, 1.6, 1.8, 2.0, 2.3, 2.6, 3.0)
"""Factors by which counts may be spoken faster to fit a short beat; the first that fits is taken. A voice may have a
lower limit of its own."""
LATER_EVERY_S = 0.3
"""The least time between two texts that may never be needed."""
IDLE_S = 20.0
"""Voices are closed after this long with nothing to say: a neural one holds some 200 MB."""
CANCEL_EVERY_S = 0.05
"""How often a wait asks whether it is cancelled."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""
IsCancelled = Callable[[], bool]
"""Asked again and again, by the thread that waits, whether to give up."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""


def never() -> bool:
    """Cancel nothing."""
    return False


class Wanted(NamedTuple):
    """One text to be spoken."""

    text: str
    is_count: bool = False
    factor: float = 1.0
    """How many times as fast, for a count."""


def wanted(texts: Iterable[str], counts: frozenset[str] = frozenset(), factor: float = 1.0) -> tuple[Wanted, ...]:
    """Return what must be spoken for some texts; ``factor`` is for those that are counts."""
    return tuple(Wanted(text, text in counts, factor if text in counts else 1.0) for text in texts)


class Speaker:
    """Speaks what is asked for, once each, as many texts at a time as the voice gains from. Any thread may ask."""

    def __init__(self, voice: Voice, counter: Voice | None = None, *, is_live: bool = False) -> None:
        """Take a voice.

        Args:
            voice: it is closed with the speaker.
            counter: another for the counts, if they have their own.
            is_live: whether they are played as they come: then clips are decoded as soon as they are there.
        """
        self.is_live = is_live
        self._voice = voice
        self._counter = counter or voice
        self._clips: dict[Wanted, Clip] = {}
        self._failed: dict[Wanted, CoachError] = {}
        self._queue: list[Wanted] = []
        self._later: list[Wanted] = []
        self._under_way: set[Wanted] = set()
        self._changed = threading.Condition()
        self._is_closed = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(voice.parallel)]
        for thread in self._threads:
            thread.start()

    @property
    def name(self) -> str:
        """Who speaks, as a timeline records it."""
        if self._counter is self._voice:
            return self._voice.name
        return f"{self._voice.name}, counts {self._counter.name}"

    def ask(self, wants: Sequence[Wanted]) -> None:
        """Have clips made at once, before all that was asked for earlier; what failed is tried again."""
        with self._changed:
            new = [want for want in wants if want not in self._clips and want not in self._under_way]
            for want in new:
                self._failed.pop(want, None)
            asked = set(new)
            self._queue = [*dict.fromkeys(new), *(want for want in self._queue if want not in asked)]
            self._changed.notify_all()

    def ask_for_later(self, wants: Sequence[Wanted]) -> None:
        """Have clips made that may never be needed: one by one, so slowly that what is being played does not suffer."""
        with self._changed:
            self._later = list(wants)
            self._changed.notify_all()

    def clips(self, wants: Sequence[Wanted]) -> dict[str, Clip]:
        """Return the clips that are there, by text.

        Raises:
            CoachError: one of them cannot be made.
        """
        with self._changed:
            for want in wants:
                if want in self._failed:
                    raise self._failed[want]
            return {want.text: self._clips[want] for want in wants if want in self._clips}

    def wait(self, wants: Sequence[Wanted], timeout_s: float | None = None) -> bool:
        """Ask for clips and wait until all are there, or one of them failed; false if that takes too long."""
        self.ask(wants)
        with self._changed:
            return self._changed.wait_for(
                lambda: any(want in self._failed for want in wants) or all(want in self._clips for want in wants),
                timeout_s,
            )

    def speak(
        self, wants: Sequence[Wanted], progress: Progress = no_progress, cancelled: IsCancelled = never
    ) -> dict[str, Clip]:
        """Ask for clips, wait until all are there, and return them by text.

        Raises:
            CoachError: one of them cannot be made.
            Cancelled: ``cancelled`` said so.
        """
        self.ask(wants)
        asked = set(wants)
        missing = list(dict.fromkeys(reversed(wants)))
        while missing:
            with self._changed:
                while missing and missing[-1] in self._clips:
                    missing.pop()
                is_failed = bool(self._failed.keys() & asked)
                if missing and not is_failed:
                    self._changed.wait(None if cancelled is never else CANCEL_EVERY_S)
            if is_failed:
                break
            progress("speaking", len(asked) - len(missing), len(asked))
            if cancelled():
                raise Cancelled
        return self.clips(wants)

    def check(self, wants: Sequence[Wanted]) -> None:
        """Refuse texts of which a voice knows that it cannot say them, before any is spoken.

        Raises:
            UnsaidError: there is one.
        """
        for voice, is_count in ((self._voice, False), (self._counter, True)):
            missing = unsaid(voice, (want.text for want in wants if want.is_count is is_count))
            if missing is not None:
                voice.speak(missing)  # says what is missing where

    def quicker_factors(self) -> tuple[float, ...]:
        """Return the factors by which the counts can be spoken faster, each of which changes how they sound."""
        factors: list[float] = []
        known: set[str] = set()
        for factor in QUICKER:
            identity = self._counter.quicker(factor).identity if factor > 1 else self._counter.identity
            if identity not in known:
                factors.append(factor)
            known.add(identity)
        return tuple(factors)

    def close(self) -> None:
        """Give up what is being spoken, and speak no more; clips that are there stay."""
        with self._changed:
            self._is_closed = True
            self._queue.clear()
            self._later.clear()
            self._changed.notify_all()
        self._close_voices()
        for thread in self._threads:
            thread.join()
        self._close_voices()  # a thread may have begun to speak just when they were closed

    def __enter__(self) -> Speaker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while (want := self._next()) is not None:
            clip: Clip | None = None
            problem: CoachError | None = None
            try:
                clip = self._speak(want)
            except CoachError as error:
                problem = error
            except Exception as error:  # a thread that died would leave the wait without an end
                problem = VoiceError(f"the voice could not say “{want.text}”: {error}")
            with self._changed:
                self._under_way.discard(want)
                if clip is not None:
                    self._clips[want] = clip
                elif problem is not None:
                    self._failed[want] = problem
                self._changed.notify_all()

    def _next(self) -> Wanted | None:
        """Wait for something to speak; ``None`` at the end."""
        with self._changed:
            while not self._is_closed:
                if self._queue:
                    want = self._queue.pop(0)
                elif self._later:
                    if self._changed.wait_for(self._is_urgent, LATER_EVERY_S) or not self._later:
                        continue
                    want = self._later.pop(0)
                    if want in self._clips or want in self._under_way or want in self._failed:
                        continue
                elif not self._changed.wait_for(self._has_work, IDLE_S):
                    if not self._under_way:
                        self._close_voices()  # no thread can begin to speak meanwhile
                    continue
                else:
                    continue
                self._under_way.add(want)
                return want
        return None

    def _is_urgent(self) -> bool:
        return bool(self._queue) or self._is_closed

    def _has_work(self) -> bool:
        return bool(self._later) or self._is_urgent()

    def _speak(self, want: Wanted) -> Clip:
        voice = self._counter if want.is_count else self._voice
        clip = (voice.quicker(want.factor) if want.factor > 1 else voice).speak(want.text)
        if self.is_live:
            _ = clip.pcm
        return clip

    def _close_voices(self) -> None:
        with contextlib.suppress(CoachError):
            self._voice.close()
            if self._counter is not self._voice:
                self._counter.close()
