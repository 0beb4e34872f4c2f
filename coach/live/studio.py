"""The studio of a session: makes what is played, and adds to it while it is heard.

A session plays takes: each is a programme from some place on, in one manner. Another beat, another stretch or the
closing words are another take.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coach.audio.finish import Finish
from coach.audio.mixdown import background, sources
from coach.audio.mixer import Mixer
from coach.compiler import Compilation, Compiler, timings
from coach.core.engine import place_words
from coach.core.guide import Guide
from coach.core.laying import departure_texts
from coach.core.routine import Programme, Routine, names_in
from coach.core.timeline import Sound
from coach.errors import CoachError
from coach.units import db_to_factor
from coach.voices.kept import cache_folder
from coach.voices.speaker import wanted

if TYPE_CHECKING:
    from coach.audio.background import Background
    from coach.audio.clip import Pcm
    from coach.core.delivery import Delivery
    from coach.live.stream import Stream

BEGIN_MS = 1_000
"""How much must be there before a session begins."""
KEPT_S = 0.4
"""How long all clips are waited for at the beginning: those in the cache are there within 0.1 s."""
AHEAD_MS = 6_000
"""When less than this is left of what is compiled, what was spoken since is added."""
WORDS_TIMEOUT_S = 1.5
"""How long to wait for the words that say where the listener is; then it goes on without them."""


@dataclass(eq=False, kw_only=True)
class Take:
    """What is played: a programme from some place on, and as much of it as is compiled."""

    compilation: Compilation
    first_frame: int
    """How much of the stream had been read when it began: from there the background goes on."""
    guide: Guide
    mixer: Mixer
    done: set[int] = field(default_factory=set)
    """Items that were done to their end, from 0."""

    @property
    def programme(self) -> Programme:
        """What it is compiled from."""
        return self.compilation.plan.programme

    @property
    def delivery(self) -> Delivery:
        """In which manner."""
        return self.compilation.plan.delivery

    @property
    def is_whole(self) -> bool:
        """Whether all of it is compiled."""
        return self.compilation.is_whole

    @property
    def length_ms(self) -> int:
        """How long it lasts; an estimate while words are still being spoken by the engine."""
        return self.compilation.length_ms


class Studio:
    """Makes the takes of one session and lets them grow while they are heard."""

    def __init__(self, compiler: Compiler, finish: Finish, stream: Stream) -> None:
        """Take what a session is made with.

        Args:
            compiler: has its words spoken and placed.
            finish: its loudness, and what lies under it.
            stream: what the player reads.
        """
        self.stream = stream
        self._compiler = compiler
        self._speaker = compiler.speaker
        self._finish = finish
        self._gain_db: float | None = None
        self._bed: Background | None = None

    def begin(self, programme: Programme, delivery: Delivery) -> Take:
        """Return the first take, as soon as enough of it is there; it settles how loud the session is.

        Raises:
            InputError: the voice cannot count on that beat, or the programme would be too long.
            CoachError: a line cannot be spoken.
        """
        take = self.make(programme, delivery, 0)
        self._speaker.wait(take.compilation.wants, KEPT_S)
        self.grow(take)
        while not take.is_whole and (take.guide.timeline.duration_ms < BEGIN_MS or self._finish.background):
            # Under a background its gain and its end must be known.
            self._speaker.wait(take.compilation.missing()[:1])
            self.grow(take)
        self._gain_db = take.mixer.gain_db
        return take

    def make(self, programme: Programme, delivery: Delivery, first_frame: int) -> Take:
        """Ask for what must be spoken, and return a take with what is there.

        Raises:
            InputError: the voice cannot count on that beat, or the programme would be too long.
            CoachError: a line cannot be spoken.
        """
        compilation = self._compiler.begin(programme, delivery)
        take = Take(
            compilation=compilation,
            first_frame=first_frame,
            guide=Guide(compilation.timeline, delivery.speech),
            mixer=self._mixed(compilation, first_frame),
        )
        if take.is_whole:
            self._prepare_words(take)
        return take

    def grow(self, take: Take) -> None:
        """Compile a take as far as its clips are there.

        Raises:
            InputError: it would be too long.
            CoachError: a line cannot be spoken.
        """
        take.compilation.grow()
        take.guide = Guide(take.compilation.timeline, take.delivery.speech)
        take.mixer = self._mixed(take.compilation, take.first_frame)
        if take.is_whole:
            self._prepare_words(take)
        self.stream.extend(take, take.mixer, is_whole=take.is_whole)

    def grow_in_time(self, take: Take, ms: int) -> None:
        """Compile more of a take, if all is there or if what is compiled soon ends.

        Args:
            take: the take.
            ms: how far it has been heard.

        Raises:
            CoachError: a line cannot be spoken.
        """
        if take.is_whole:
            return
        new = take.compilation.count_new()
        is_soon_over = take.guide.timeline.duration_ms - ms < AHEAD_MS
        if new and (is_soon_over or new == len(take.compilation.missing())):
            self.grow(take)

    def move_background(self, take: Take, first_frame: int) -> None:
        """Let the background go on under a take as if the take had begun at another frame of the stream."""
        take.first_frame = first_frame
        if self._bed is not None:
            take.mixer = self._mixed(take.compilation, take.first_frame)

    def words_at(self, take: Take, ms: int) -> Mixer | None:
        """Return what is said before going on at a moment; ``None`` if nothing is, or it cannot be spoken in time."""
        texts = take.guide.place_words(ms, names_in(take.programme))
        wants = wanted(texts)
        if not texts or not self._speaker.wait(wants, WORDS_TIMEOUT_S):
            return None
        try:
            clips = self._speaker.clips(wants)
        except CoachError:  # a set need not have them, and it goes on without
            return None
        timeline = place_words(texts, timings(clips))
        return Mixer(timeline, clips, self._compiler.sounds).at_gain(self._gain_db or 0.0)

    def ring(self, sound: Sound) -> None:
        """Let a signal be heard over whatever is playing."""
        signal = self._compiler.sounds[sound].pcm * db_to_factor(self._gain_db or 0.0)
        pcm: Pcm = signal.astype("int16")
        self.stream.overlay(pcm)

    def _mixed(self, compilation: Compilation, first_frame: int) -> Mixer:
        timeline, bed = compilation.timeline, None
        if self._finish.background is not None and compilation.is_whole:
            if self._bed is None:
                self._bed = background(timeline, self._finish, cache_folder())
            bed = self._bed and self._bed.under(timeline, first_frame, ends=True)
        mixer = Mixer(timeline, compilation.clips, self._compiler.sounds, sources(timeline, bed))
        if self._gain_db is not None:
            return mixer.at_gain(self._gain_db)
        return mixer.at_loudness(self._finish.mono_lufs)

    def _prepare_words(self, take: Take) -> None:
        """Have spoken ahead what may have to be said after a pause, and the ways on from here."""
        texts = take.guide.all_place_words(names_in(take.programme))
        if isinstance(take.programme, Routine):
            texts = (*texts, *departure_texts(take.programme, take.delivery))
        self._speaker.ask_for_later(wanted(texts))
