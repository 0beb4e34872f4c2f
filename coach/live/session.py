"""A live session: a routine is played, and led by commands from wherever they come."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from coach.audio.clip import Clip
from coach.audio.mixer import Mixer
from coach.compiler import estimate, timings
from coach.core.delivery import Delivery
from coach.core.engine import BeatTooShortError, place_words
from coach.core.guide import Guide, going_on, kept
from coach.core.laying import departure_texts
from coach.core.plan import Plan, TooLongError, lay
from coach.core.routine import Routine, Turn
from coach.core.timeline import Sound, Timeline
from coach.errors import InputError, PlayerError
from coach.live.commands import Command
from coach.live.status import State, Status
from coach.live.stream import Leg, Position, Stream
from coach.publish.publish import MONO_LU, Finish, background, sources
from coach.units import db_to_factor, frames_to_ms, ms_to_frames
from coach.voices.speaker import Speaker, Wanted, wanted

if TYPE_CHECKING:
    from coach.audio.background import Background
    from coach.players.base import Player

RESTART_AFTER_MS = 5_000
"""“Previous” goes back to the beginning of a stretch that has lasted longer than this, as players of music do."""
BEAT_STEP = 1.1
SLOWEST_BEAT_MS, QUICKEST_BEAT_MS = 3_000, 500
VOLUME_STEP_DB = 3.0
SOFTEST_DB = -36.0
JUMP_MS = 300
"""Silence before another place is heard."""
SOON_MS = 150
"""A change of beat comes no sooner than this: so much may have been read ahead."""
BEGIN_MS = 1_000
"""How much must be there before a session begins."""
KEPT_S = 0.4
"""So long all clips are waited for at the beginning: those that are kept are there in 0.1 s."""
FIRST_TEXTS = 2
AHEAD_MS = 6_000
"""When less than this is left of what is compiled, what was spoken since is added."""
RETRY_S = 1.0
"""How often a loudspeaker that has gone is looked for."""
NOTICE_S = 10.0
"""How long it is told that something could not be done."""
WORDS_TIMEOUT_S = 1.5
"""How long to wait for the words that say where one is; then it goes on without them."""
TICK_S = 0.08


LOGGED_MS = 5_000
"""Where it is is noted so often."""


class Screen(Protocol):
    """What shows a session."""

    def update(self, status: Status) -> None:
        """Show where it stands."""


class Log(Protocol):
    """What remembers a session."""

    def at(self, index: int | None, side: str | None, practised_ms: int) -> None:
        """Note where it is: in which stretch, from 0, or in none."""

    def done(self, index: int) -> None:
        """Note that a stretch was done to its end."""


class _NoLog:
    def at(self, index: int | None, side: str | None, practised_ms: int) -> None:
        pass

    def done(self, index: int) -> None:
        pass


@dataclass(frozen=True)
class Outcome:
    """How a session ended."""

    is_finished: bool
    practised_ms: int
    underruns: int


@dataclass(eq=False)
class _Part:
    """What is being played: a routine from some place on, and as much of it as is compiled."""

    routine: Routine
    delivery: Delivery
    factor: float
    """How many times as fast counts are spoken."""
    wants: tuple[Wanted, ...]
    first_frame: int
    """How much had been read when it began: there the background goes on."""
    guide: Guide
    mixer: Mixer
    is_whole: bool
    there: int = 0
    """How many of its clips it was compiled with."""
    done: set[int] = field(default_factory=set)
    """Items that were done to their end, from 0."""


class Session:
    """Plays a routine until it is over or stopped."""

    def __init__(
        self,
        routine: Routine,
        delivery: Delivery,
        speaker: Speaker,
        sounds: dict[Sound, Clip],
        player: Player,
        stream: Stream,
        finish: Finish,
    ) -> None:
        """Prepare a session.

        Args:
            routine: what is to be played.
            delivery: in which manner.
            speaker: who speaks.
            sounds: the signals.
            player: where it is heard.
            stream: what the player reads, or will read.
            finish: its loudness, and what lies under it.
        """
        self.commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        """Commands from elsewhere: any thread may put them."""
        self.stream = stream
        self.log: Log = _NoLog()
        """Where it is remembered."""
        self.troubles: list[Callable[[], str | None]] = []
        """Asked, again and again, what the person should know of; each says ``None`` while all is well."""
        self._speaker = speaker
        self._sounds = sounds
        self._player = player
        self._finish = finish
        self._names = {number: item.script.name for number, item in enumerate(routine.items, 1)}
        self._gain_db: float | None = None
        self._bed: Background | None = None
        self._volume_db = 0.0
        self._beat_ms = delivery.beat_ms
        self._notice, self._notice_until = "", 0.0
        self._stop = self._is_stopped = False
        self._underruns_before = 0
        self._paused: tuple[_Part, int] | None = None
        self._gone = ""
        """Why there is no loudspeaker; empty where there is one."""
        self._goes_on_by_itself = False
        """Whether it goes on when the loudspeaker is back: only what its loss has interrupted does."""
        self._retry_at = 0.0
        self._clock = 0
        self._practised_frames = 0
        self._logged: tuple[object, ...] = ()
        self._next: _Part | None = None
        self._settled: tuple[_Part, int] | None = None
        """A part that cannot come to a beat any more: too little of it is left."""
        self._left: int | None = None
        """Which stretch, from 0, was left for the closing words."""
        self._part = self._begin(routine, delivery)

    # Beginning

    def _begin(self, routine: Routine, delivery: Delivery) -> _Part:
        part = self._made(routine, delivery)
        self._speaker.wait(part.wants, KEPT_S)
        self._grow(part)
        while not part.is_whole and (part.guide.timeline.duration_ms < BEGIN_MS or self._finish.background):
            # Under a background its gain and its end must be known.
            there = self._speaker.clips(part.wants)
            self._speaker.wait([want for want in part.wants if want.text not in there][:1])
            self._grow(part)
        # From now on it stays as loud as it is.
        self._gain_db = part.mixer.gain_db
        return part

    def play(self) -> None:
        """Let it begin, on a player that reads the stream."""
        self._underruns_before = self._player.underruns
        self._play(self._part, 0, silence_ms=0)

    def run(self, screen: Screen, read_command: Callable[[float], Command | None]) -> Outcome:
        """Go on, once it plays, until it is over or stopped.

        Args:
            screen: where it is shown.
            read_command: waits for a command for so many seconds at most.

        Raises:
            CoachError: a line cannot be spoken.
            KeyboardInterrupt: it was stopped by Ctrl-C; all has fallen silent.
        """
        is_over = False
        try:
            while not is_over and not self._stop:
                command = read_command(TICK_S)
                if command is not None:
                    self.obey(command)
                while not self.commands.empty():
                    self.obey(self.commands.get())
                is_over = self.tick()
                screen.update(self.status())
        finally:
            self.stop()
        return Outcome(is_over and self._left is None, self.practised_ms, self.underruns)

    def stop(self) -> None:
        """Fall silent and close the player; may be called twice."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self.stream.pause()
        if self._player.problem() is None:
            time.sleep((self._player.latency_ms + 20) / 1000)  # until the fade has been heard
        self._player.stop()

    def heard(self, command: Command) -> None:
        """Take a spoken command, and let a light tone say that it was understood; any thread may call it."""
        signal = self._sounds[Sound.HEARD].pcm * db_to_factor(self._gain_db or 0.0)
        self.stream.overlay(signal.astype("int16"))
        self.commands.put(command)

    @property
    def routine(self) -> Routine:
        """What is being played."""
        return self._part.routine

    @property
    def planned_ms(self) -> int:
        """How long it lasts if it is left alone; about so long while words are still being spoken by the engine."""
        if self._part.is_whole:
            return self._part.guide.timeline.duration_ms
        return estimate(self._part.routine, self._part.delivery).duration_ms

    @property
    def practised_ms(self) -> int:
        """How long was played, pauses left out."""
        return frames_to_ms(self._practised_frames)

    @property
    def underruns(self) -> int:
        """How often the device ran dry while something was played."""
        return self._player.underruns - self._underruns_before

    def tick(self) -> bool:
        """Look after everything that goes on by itself; return whether the routine is over."""
        position = self.stream.position
        if self._paused is None and not position.is_waiting:
            self._practised_frames += position.read_frames - self._clock
        self._clock = position.read_frames
        if position.key is self._next is not None:
            self._part, self._next = self._next, None
        if position.is_over:
            self._note(self._part, self._part.guide.timeline.duration_ms)
            return True
        self._look_after_player()
        part = self._part
        if not part.is_whole:
            there = len(self._speaker.clips(part.wants))
            left_ms = part.guide.timeline.duration_ms - (frames_to_ms(position.frame) if position.key is part else 0)
            if there == len(set(part.wants)) or (there > part.there and left_ms < AHEAD_MS):
                self._grow(part)
        if position.key is part and (self._next or part).delivery.beat_ms != self._beat_ms:
            self._change_beat()
        part, ms = self._place()
        self._note(part, ms)
        return False

    # Commands

    def obey(self, command: Command) -> None:
        """Do what was asked for."""
        match command:
            case Command.TOGGLE:
                self._pause() if self._paused is None or self._goes_on_by_itself else self._resume()
            case Command.PAUSE:
                self._pause()
            case Command.GO_ON:
                if self._paused is not None:
                    self._resume()
            case Command.NEXT | Command.PREVIOUS | Command.REPEAT:
                self._turn(command)
            case Command.SKIP_SIDE:
                self._skip_side()
            case Command.SLOWER | Command.FASTER:
                self._wish_for_beat(command)
            case Command.LOUDER | Command.SOFTER:
                step_db = VOLUME_STEP_DB if command is Command.LOUDER else -VOLUME_STEP_DB
                self._volume_db = min(0.0, max(SOFTEST_DB, self._volume_db + step_db))
                self.stream.set_volume(self._volume_db)
            case Command.FINISH:
                self._finish_early()
            case Command.STOP:
                self._stop = True

    def _wish_for_beat(self, command: Command) -> None:
        # A beat asked for on the command line may lie beyond these limits: then it stays.
        if command is Command.SLOWER:
            wished_ms = min(round(self._beat_ms * BEAT_STEP / 10) * 10, SLOWEST_BEAT_MS)
            self._beat_ms = max(self._beat_ms, wished_ms)
        else:
            wished_ms = max(round(self._beat_ms / BEAT_STEP / 10) * 10, QUICKEST_BEAT_MS)
            self._beat_ms = min(self._beat_ms, wished_ms)

    def _pause(self) -> None:
        self._goes_on_by_itself = False
        if self._paused is not None:
            return
        self._paused = self._place_of(self.stream.pause())
        self._next = None

    def _resume(self) -> None:
        if self._paused is None:
            return
        if self._gone:
            self._goes_on_by_itself = True
            return
        part, ms = self._paused
        self._paused = None
        self._play(part, part.guide.go_on_ms(ms), part.guide.place_words(ms, self._names))

    def _turn(self, command: Command) -> None:
        part, ms = self._place()
        count = len(part.routine.items)
        moment = part.guide.at(ms)
        if moment.item is None:
            self._turn_outside(command, part, ms)
            return
        index = moment.item - 1
        if command is Command.NEXT:
            self._go_to(part, ms, min(index + 1, count), Turn.NEXT)
        elif command is Command.PREVIOUS and ms - part.guide.item_begins_ms(moment.item) <= RESTART_AFTER_MS and index:
            self._go_to(part, ms, index - 1, Turn.BACK)
        else:
            self._go_to(part, ms, index, Turn.AGAIN)

    def _turn_outside(self, command: Command, part: _Part, ms: int) -> None:
        """In the opening “next” is the first stretch, in the closing “previous” is the last, or that which was left."""
        if self._left is not None or part.guide.is_closing(ms):
            if command is not Command.NEXT:
                index = len(part.routine.items) - 1 if self._left is None else self._left
                self._go_to(part, ms, index, Turn.BACK)
        elif command is Command.NEXT:
            self._go_to(part, ms, part.routine.first, Turn.NEXT)
        else:
            self._paused = None
            self._play(part, 0)

    def _skip_side(self) -> None:
        part, ms = self._place()
        over_ms = part.guide.side_over_ms(ms)
        if over_ms is None:
            if not part.guide.is_between_sides(ms):
                self._turn(Command.NEXT)
            return
        item = part.guide.at(ms).item
        if item is not None and over_ms == part.guide.item_done_ms(item):
            part.done.add(item - 1)  # which is not told: it was not done
        self._paused = None
        self._play(part, over_ms)

    def _finish_early(self) -> None:
        part, ms = self._place()
        if self._left is None and not part.guide.is_closing(ms):
            count = len(part.routine.items)
            left = part.routine.first if (item := part.guide.at(ms).item) is None else item - 1
            done_ms = part.guide.item_done_ms(count)
            self._go_to(part, ms, count, Turn.NEXT)
            if left != count - 1 or done_ms is None or done_ms > ms:
                self._left = left
        elif self._paused is not None:
            self._resume()

    def _go_to(self, part: _Part, ms: int, index: int, turn: Turn) -> None:
        routine = going_on(part.routine, part.guide.timeline, ms, index, turn)
        delivery = replace(part.delivery, beat_ms=self._beat_ms)
        try:
            made = self._made(routine, delivery)
        except InputError as error:  # a beat on which this voice cannot count
            self._refuse_beat(part, error)
            made = self._made(routine, part.delivery)
        self._paused = self._left = None
        self._play(made, 0)

    def _change_beat(self) -> None:
        """Go over to another beat with the next breath, or stay on this one if another was planned."""
        part, ms = self._place()
        if self._beat_ms == part.delivery.beat_ms:
            if self.stream.stay(part):  # else it has gone over, and comes back when that is seen
                self._next = None
            return
        if self._settled == (part, self._beat_ms):
            return
        delivery = replace(part.delivery, beat_ms=self._beat_ms)
        item = part.guide.at(ms).item
        routine = part.routine if item is None else kept(part.routine, part.delivery, item - 1)
        try:
            other = self._made(routine, delivery)
        except InputError as error:
            self._refuse_beat(self._next or part, error)
            return
        if not self.stream.stay(part):
            return
        self._next = None
        _, ms = self._place()  # it may have taken a while
        places = part.guide.change_over(other.guide, ms + SOON_MS)
        if places is None:
            if part.is_whole and other.is_whole:
                self._settled = (part, self._beat_ms)
            return
        leave_ms, enter_ms = places
        if self._bed is not None:  # the sound under it goes on where it is
            other.first_frame = part.first_frame + ms_to_frames(leave_ms) - ms_to_frames(enter_ms)
            other.mixer = self._mixed(other)
        leg = Leg(other.mixer, ms_to_frames(enter_ms), is_whole=other.is_whole, key=other)
        if self.stream.change_over(ms_to_frames(leave_ms), leg):
            other.done |= part.done
            self._next = other

    def _refuse_beat(self, part: _Part, error: InputError) -> None:
        self._beat_ms = part.delivery.beat_ms
        self._notice, self._notice_until = str(error), time.monotonic() + NOTICE_S

    # Parts

    def _made(self, routine: Routine, delivery: Delivery) -> _Part:
        """Ask for what must be spoken, and compile what is there.

        Raises:
            InputError: the voice cannot count on that beat, or it would be too long.
            CoachError: a line cannot be spoken.
        """
        with _refusing_what_is_too_long():
            plan = lay(routine, delivery)
        self._speaker.ask(wanted(plan.texts[:FIRST_TEXTS]))  # heard before any count
        factor = self._factor(plan)
        wants = wanted(plan.texts, plan.counts, factor)
        self._speaker.ask(wants)
        nothing = Timeline(routine.id, "", "", delivery.beat_ms, 0, ())
        part = _Part(
            routine,
            delivery,
            factor,
            wants,
            self._clock,
            Guide(nothing),
            Mixer(nothing, {}, {}),
            is_whole=False,
            done=set(),
        )
        self._grow(part)
        return part

    def _factor(self, plan: Plan) -> float:
        refused: BeatTooShortError | None = None
        for factor in self._speaker.quicker_factors():
            wants = wanted(sorted(plan.counts), plan.counts, factor)
            self._speaker.wait(wants)
            try:
                plan.check_beat(timings(self._speaker.clips(wants)))
            except BeatTooShortError as error:
                refused = error
            else:
                return factor
        raise InputError(str(refused))

    def _grow(self, part: _Part) -> None:
        """Compile a part as far as its clips are there.

        Raises:
            InputError: it would be too long.
        """
        clips = self._speaker.clips(part.wants)
        part.there = len(clips)
        part.is_whole = part.there == len(set(part.wants))
        given = (timings(clips), timings(self._sounds), self._speaker.name)
        with _refusing_what_is_too_long():
            plan = lay(part.routine, part.delivery)
            timeline = plan.place(*given, check_beat=False) if part.is_whole else plan.place_begun(*given)
        part.guide = Guide(timeline)
        if part.is_whole:
            self._ask_for_words(part)
        part.mixer = self._mixed(part)
        self.stream.extend(part, part.mixer, is_whole=part.is_whole)

    def _mixed(self, part: _Part) -> Mixer:
        timeline, bed = part.guide.timeline, None
        if self._finish.background is not None and part.is_whole:
            if self._bed is None:
                self._bed = background(timeline, self._finish)
            bed = self._bed and self._bed.under(timeline, part.first_frame, ends=True)
        mixer = Mixer(timeline, self._speaker.clips(part.wants), self._sounds, sources(timeline, bed))
        if self._gain_db is not None:
            return mixer.at_gain(self._gain_db)
        return mixer.at_loudness(self._finish.heard_lufs + MONO_LU)

    def _ask_for_words(self, part: _Part) -> None:
        """Have spoken ahead what may have to be said after a pause, and the ways on from here."""
        texts = (*part.guide.all_place_words(self._names), *departure_texts(part.routine, part.delivery.speech))
        self._speaker.ask_for_later(wanted(texts))

    def _play(self, part: _Part, ms: int, words: tuple[str, ...] = (), *, silence_ms: int = JUMP_MS) -> None:
        self._part, self._next = part, None
        legs = [Leg(part.mixer, ms_to_frames(ms), is_whole=part.is_whole, key=part)]
        if words and self._speaker.wait(wanted(words), WORDS_TIMEOUT_S):
            clips = self._speaker.clips(wanted(words))
            timeline = place_words(words, timings(clips))
            said = Mixer(timeline, clips, self._sounds).at_gain(self._gain_db or 0.0)
            legs.insert(0, Leg(said, key=(part, ms)))
        self.stream.play(legs, ms_to_frames(silence_ms))

    # The loudspeaker

    def _look_after_player(self) -> None:
        now = time.monotonic()
        if not self._gone:
            problem = self._player.problem()
            if problem is None:
                return
            self._gone = f"{problem} Waiting for it."
            self._retry_at = now + RETRY_S
            if self._paused is None:
                self._pause()
                self._goes_on_by_itself = True
            self._player.stop()
        elif now >= self._retry_at:
            self._retry_at = now + RETRY_S
            try:
                self._player.start(self.stream.read)
            except PlayerError:
                return
            self._gone = ""
            if self._goes_on_by_itself:
                self._goes_on_by_itself = False
                self._resume()

    # Where it stands

    def _place(self) -> tuple[_Part, int]:
        """Return what is being played, and which moment of it."""
        return self._place_of(self.stream.position) if self._paused is None else self._paused

    def _place_of(self, position: Position) -> tuple[_Part, int]:
        if isinstance(position.key, tuple):  # the words before going on
            part, ms = position.key
            return part, ms
        if position.key is self._part or position.key is self._next is not None:
            part = self._next if self._next is not None and position.key is self._next else self._part
            return part, frames_to_ms(position.frame)
        return self._part, self._part.guide.timeline.duration_ms

    def _note(self, part: _Part, ms: int) -> None:
        moment = part.guide.at(ms)
        for number in self._names:
            done_ms = part.guide.item_done_ms(number)
            if done_ms is not None and ms >= done_ms and number - 1 not in part.done:
                part.done.add(number - 1)
                self.log.done(number - 1)
        index = self._left if moment.item is None else moment.item - 1
        place = (index, moment.side, self.practised_ms // LOGGED_MS)
        if place != self._logged:
            self._logged = place
            self.log.at(index, moment.side, self.practised_ms)

    def status(self) -> Status:
        """Return where it stands."""
        part, ms = self._place()
        moment = part.guide.at(ms)
        timeline = part.guide.timeline
        position = self.stream.position
        state = State.PLAYING
        if position.is_over:
            state = State.OVER
        elif self._gone or position.is_waiting:
            state = State.WAITING
        elif self._paused is not None:
            state = State.PAUSED
        return Status(
            part.routine.name,
            state,
            None if moment.item is None else self._names[moment.item],
            moment.side,
            moment.item or 0,
            len(self._names),
            moment.now,
            moment.then,
            moment.phase,
            moment.phase_share,
            moment.phase_left_ms,
            moment.rep,
            moment.reps,
            self.practised_ms,
            max(0, timeline.duration_ms - ms),
            self._beat_ms,
            self._volume_db,
            self._told(),
            listens=self.stream.listener is not None,
        )

    def _told(self) -> str:
        """Return what the person should know of; empty while all is well."""
        if self._gone:
            return self._gone
        if self._notice and time.monotonic() < self._notice_until:
            return self._notice
        return next((told for trouble in self.troubles if (told := trouble())), "")


@contextmanager
def _refusing_what_is_too_long() -> Iterator[None]:
    try:
        yield
    except TooLongError as error:
        raise InputError(str(error)) from error
