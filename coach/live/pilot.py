"""The pilot of a session: brings it to where a command leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from coach.errors import InputError
from coach.live.navigation import Depart, Here, Jump, Refuse, Return, destination

if TYPE_CHECKING:
    from coach.live.commands import Command
    from coach.live.notices import Notices
    from coach.live.playhead import Place, Playhead
    from coach.live.studio import Studio
    from coach.live.tempo import Tempo

CLOSES_EARLY = "These are the closing words. ← goes back."


class Left(NamedTuple):
    """What was left for the closing words before everything was done."""

    place: Place
    item: int | None
    """Which stretch that was, from 0; ``None`` in breathing alone."""


class Pilot:
    """Moves the playhead of a session."""

    def __init__(self, studio: Studio, playhead: Playhead, tempo: Tempo, notices: Notices) -> None:
        """Take what a session is played with."""
        self.left: Left | None = None
        """What was left for the closing words, if they were asked for early."""
        self._studio = studio
        self._playhead = playhead
        self._tempo = tempo
        self._notices = notices

    @property
    def left_item(self) -> int | None:
        """Which stretch, from 0, was left for the closing words."""
        return None if self.left is None else self.left.item

    def resume(self) -> None:
        """Go on after a pause, and say first where that is."""
        if self._playhead.paused is not None:
            self._play_from(self._playhead.paused)

    def steer(self, command: Command) -> None:
        """Go where a command leads.

        Raises:
            CoachError: a line cannot be spoken.
        """
        match destination(command, self._here):
            case Jump(ms, skipped):
                take = self._playhead.place.take
                if skipped is not None:
                    take.done.add(skipped)  # so that it is not noted as done
                self._playhead.play(take, ms)
            case Depart() as departure:
                self._depart(departure)
            case Return() if self.left is not None:
                left, self.left = self.left, None
                self._play_from(left.place)
            case Refuse(reason):
                self._notices.tell(reason)

    def follow_tempo(self) -> None:
        """Come to the beat that is wished for, or tell why that cannot be.

        Raises:
            CoachError: a line cannot be spoken.
        """
        try:
            self._tempo.follow()
        except InputError as error:
            self._notices.tell(str(error))

    @property
    def _here(self) -> Here:
        take, ms = self._playhead.place
        closes_early = self.left is not None
        return Here(programme=take.programme, guide=take.guide, ms=ms, closes_early=closes_early, left=self.left_item)

    def _play_from(self, place: Place) -> None:
        words = self._studio.words_at(place.take, place.ms)
        self._playhead.play(place.take, place.take.guide.go_on_ms(place.ms), words=words)

    def _depart(self, departure: Depart) -> None:
        place, clock = self._playhead.place, self._playhead.clock
        try:
            take = self._studio.make(departure.programme, self._tempo.delivery(place.take), clock)
        except InputError as error:  # a beat on which this voice cannot count
            self._tempo.give_up(place.take)
            self._notices.tell(str(error))
            take = self._studio.make(departure.programme, place.take.delivery, clock)
        self.left = Left(place, departure.left) if departure.closes_early else None
        self._playhead.play(take, 0)
        if self.left is not None:
            self._notices.tell(CLOSES_EARLY)
