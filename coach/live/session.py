"""A live session: a programme is played, and led by commands from wherever they come."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from coach.core.routine import Programme, names_in
from coach.core.timeline import Sound
from coach.live.commands import Command
from coach.live.logbook import Logbook
from coach.live.loudspeaker import Change, Loudspeaker
from coach.live.notices import Notices
from coach.live.pilot import Pilot
from coach.live.playhead import Place, Playhead
from coach.live.status import State, Status
from coach.live.studio import Studio
from coach.live.tempo import Tempo

if TYPE_CHECKING:
    from types import TracebackType

    from coach.core.delivery import Delivery
    from coach.players.base import Player

VOLUME_STEP_DB = 3.0
SOFTEST_DB = -36.0
TICK_S = 0.08
"""How long a command is waited for before anything else is looked after."""


class Screen(Protocol):
    """What shows a session."""

    def update(self, status: Status) -> None:
        """Show where it stands."""


@dataclass(frozen=True)
class Outcome:
    """How a session ended."""

    is_finished: bool
    practised_ms: int
    underruns: int


def wait_for_nothing(timeout_s: float) -> None:
    """Wait for a while: there is nothing that commands could be read from."""
    time.sleep(timeout_s)


class Session:
    """Plays a programme until it is over or stopped; leaving its context closes everything that it holds."""

    def __init__(self, programme: Programme, delivery: Delivery, studio: Studio, player: Player) -> None:
        """Prepare a session: its first words are there when this returns.

        Args:
            programme: what is to be played.
            delivery: in which manner.
            studio: makes what is played.
            player: reads the studio's stream, or will.

        Raises:
            InputError: the voice cannot count on that beat, or the programme would be too long.
            CoachError: a line cannot be spoken.
        """
        self.commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        """Commands from elsewhere: any thread may put them."""
        self.stream = studio.stream
        self.screens: list[Screen] = []
        """Where it is shown."""
        self.notices = Notices()
        """What the listener should know."""
        self.changes: tuple[str, ...] = ()
        """A line about each change that made it gentle."""
        self.dropped: tuple[str, ...] = ()
        """The names of the stretches that were left out to fit a length."""
        self.voice_note = ""
        """Why another voice speaks than the one asked for, if one does."""
        self.closing = ExitStack()
        """What is closed with it."""
        self._studio = studio
        self._loudspeaker = Loudspeaker(player, studio.stream)
        self._playhead = Playhead(studio.stream, studio.begin(programme, delivery))
        self._tempo = Tempo(delivery.beat_ms, studio, self._playhead)
        self._pilot = Pilot(studio, self._playhead, self._tempo, self.notices)
        self._names = names_in(programme)
        self.logbook = Logbook(self._names)
        """Where it is remembered."""
        self._volume_db = 0.0
        self._stop = False
        self._goes_on_by_itself = False
        """Whether it goes on when the loudspeaker is back: only what its loss has interrupted does."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def play(self) -> None:
        """Let it begin, on a player that reads the stream."""
        self._loudspeaker.forget_underruns()
        self._playhead.play(self._playhead.take, 0, silence_ms=0)

    def run(self, read_command: Callable[[float], Command | None] = wait_for_nothing) -> Outcome:
        """Go on, once it plays, until it is over or stopped.

        Args:
            read_command: waits for a command, for a number of seconds at most.

        Raises:
            CoachError: a line cannot be spoken, or what records the sound has failed.
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
                for screen in self.screens:
                    screen.update(self.status())
            self._loudspeaker.stop()
            self._loudspeaker.check_kept()
        finally:
            self._loudspeaker.stop()
            is_finished = is_over and self._pilot.left is None
            self.logbook.end(is_finished, self.practised_ms)
        return Outcome(is_finished, self.practised_ms, self.underruns)

    def close(self) -> None:
        """Fall silent, and close everything it holds; may be called twice."""
        self._loudspeaker.stop()
        self.logbook.end(False, self.practised_ms)
        self.closing.close()

    def take_spoken(self, command: Command) -> None:
        """Take a spoken command, and let a light tone say that it was understood; any thread may call it."""
        self._studio.ring(Sound.HEARD)
        self.commands.put(command)

    @property
    def player_name(self) -> str:
        """Where it is played."""
        return self._loudspeaker.name

    @property
    def programme(self) -> Programme:
        """What is being played."""
        return self._playhead.take.programme

    @property
    def planned_ms(self) -> int:
        """How long it lasts if it is left alone; an estimate while words are still being spoken by the engine."""
        return self._playhead.take.length_ms

    @property
    def practised_ms(self) -> int:
        """How long was played, pauses left out."""
        return self._playhead.practised_ms

    @property
    def underruns(self) -> int:
        """How often the device ran dry while something was played."""
        return self._loudspeaker.underruns

    def tick(self) -> bool:
        """Look after everything that goes on by itself; return whether the programme is over.

        Raises:
            CoachError: a line cannot be spoken, or what records the sound has failed.
        """
        playhead = self._playhead
        position = playhead.advance()
        if position.is_over:
            self._note(Place(playhead.take, playhead.take.guide.timeline.duration_ms))
            return True
        self._look_after_loudspeaker()
        take = playhead.take
        self._studio.grow_in_time(take, playhead.place.ms if position.key is take else 0)
        if position.key is take:
            self._pilot.follow_tempo()
        self._note(playhead.place)
        return False

    # Commands

    def obey(self, command: Command) -> None:
        """Do what was asked for."""
        match command:
            case Command.TOGGLE:
                self._pause() if self._playhead.paused is None or self._goes_on_by_itself else self._resume()
            case Command.PAUSE:
                self._pause()
            case Command.GO_ON:
                self._resume()
            case Command.SLOWER | Command.FASTER:
                self._tempo.wish(command)
            case Command.LOUDER | Command.SOFTER:
                step_db = VOLUME_STEP_DB if command is Command.LOUDER else -VOLUME_STEP_DB
                self._volume_db = min(0.0, max(SOFTEST_DB, self._volume_db + step_db))
                self.stream.set_volume(self._volume_db)
            case Command.STOP:
                self._stop = True
            case Command.KEYS:
                self.notices.show_keys()
            case _:
                self._pilot.steer(command)
                if command is Command.FINISH:
                    self._resume()  # what closes already may be paused

    def _pause(self) -> None:
        self._goes_on_by_itself = False
        self._playhead.pause()

    def _resume(self) -> None:
        if self._playhead.paused is not None and self._loudspeaker.trouble:
            self._goes_on_by_itself = True
        else:
            self._pilot.resume()

    def _look_after_loudspeaker(self) -> None:
        match self._loudspeaker.look_after():
            case Change.LOST if self._playhead.paused is None:
                self._playhead.pause()
                self._goes_on_by_itself = True
            case Change.BACK if self._goes_on_by_itself:
                self._goes_on_by_itself = False
                self._resume()

    # Where it stands

    def _note(self, place: Place) -> None:
        self.logbook.note(place, self._pilot.left_item, self.practised_ms)

    def status(self) -> Status:
        """Return where it stands."""
        take, ms = self._playhead.place
        moment = take.guide.at(ms)
        return Status(
            title=take.programme.name,
            state=self._state,
            stretch=None if moment.item is None else self._names[moment.item],
            side=moment.side,
            number=moment.item or 0,
            stretches=len(self._names),
            now=moment.now,
            then=moment.then,
            phase=moment.phase,
            phase_share=moment.phase_share,
            phase_left_ms=moment.phase_left_ms,
            breath=moment.rep,
            breaths=moment.reps,
            elapsed_ms=self.practised_ms,
            left_ms=max(0, take.length_ms - ms),
            beat_ms=self._tempo.beat_ms,
            volume_db=self._volume_db,
            notice=self._loudspeaker.trouble or self.notices.current,
            listens=self.stream.listener is not None,
            shows_keys=self.notices.shows_keys,
        )

    @property
    def _state(self) -> State:
        position = self.stream.position
        if position.is_over:
            return State.OVER
        if self._loudspeaker.trouble or position.is_waiting:
            return State.WAITING
        return State.PLAYING if self._playhead.paused is None else State.PAUSED
