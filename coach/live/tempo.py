"""The beat of a session, and how it comes to another: with the next breath, so that nothing is lost or said twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from coach.core.breath_stages import BreathStages
from coach.core.guide import kept
from coach.core.routine import Breathing, Programme, Routine, of_length
from coach.errors import InputError
from coach.live.commands import Command
from coach.units import ms_to_frames

if TYPE_CHECKING:
    from coach.core.delivery import Delivery
    from coach.live.playhead import Playhead
    from coach.live.studio import Studio, Take

STEP = 1.1
"""By which factor one command lengthens or shortens the beat."""
SLOWEST_MS, QUICKEST_MS = 3_000, 500
SOON_MS = 150
"""A change of beat comes no sooner than this: that much may have been read ahead."""


class Tempo:
    """The beat that is wished for."""

    def __init__(self, beat_ms: int, studio: Studio, playhead: Playhead) -> None:
        """Begin with a beat."""
        self.beat_ms = beat_ms
        """What is wished for; it is heard from the next breath on."""
        self._studio = studio
        self._playhead = playhead
        self._settled: tuple[Take, int] | None = None
        """A take that cannot come to a beat any more: too little of it is left."""

    def wish(self, command: Command) -> None:
        """Wish for a slower or a faster beat. One beyond the limits, from the command line, stays where it is."""
        if command is Command.SLOWER:
            slower_ms = min(round(self.beat_ms * STEP / 10) * 10, SLOWEST_MS)
            self.beat_ms = max(self.beat_ms, slower_ms)
        else:
            faster_ms = max(round(self.beat_ms / STEP / 10) * 10, QUICKEST_MS)
            self.beat_ms = min(self.beat_ms, faster_ms)

    def delivery(self, take: Take) -> Delivery:
        """Return the manner of a take on the beat that is wished for."""
        return replace(take.delivery, beat_ms=self.beat_ms)

    def give_up(self, take: Take) -> None:
        """Wish for the beat of a take again."""
        self.beat_ms = take.delivery.beat_ms

    def follow(self) -> None:
        """Plan the change to the beat that is wished for, or take back one that no longer is.

        Raises:
            InputError: this voice cannot count on that beat; it is no longer wished for.
            CoachError: a line cannot be spoken.
        """
        playhead = self._playhead
        take = playhead.take
        if (playhead.following or take).delivery.beat_ms == self.beat_ms:
            return
        if self.beat_ms == take.delivery.beat_ms:
            playhead.stay()  # or it has gone over, and comes back when that is seen
        elif self._settled != (take, self.beat_ms):
            self._plan_change(take, self._on_other_beat(take))

    def _on_other_beat(self, take: Take) -> Take:
        delivery = self.delivery(take)
        item = take.guide.at(self._playhead.place.ms).item
        programme = _with_same_breaths(take.programme, take.delivery, delivery, item)
        try:
            return self._studio.make(programme, delivery, self._playhead.clock)
        except InputError:
            self.give_up(self._playhead.following or take)
            raise

    def _plan_change(self, take: Take, other: Take) -> None:
        playhead = self._playhead
        if not playhead.stay():
            return
        places = take.guide.change_over(other.guide, playhead.place.ms + SOON_MS)  # making it may have taken a while
        if places is None:
            if take.is_whole and other.is_whole:
                self._settled = (take, self.beat_ms)
            return
        leave_ms, enter_ms = places
        first_frame = take.first_frame + ms_to_frames(leave_ms) - ms_to_frames(enter_ms)
        self._studio.move_background(other, first_frame)
        playhead.change_over(leave_ms, other, enter_ms)


def _with_same_breaths(programme: Programme, before: Delivery, after: Delivery, item: int | None) -> Programme:
    """Return a programme that on another beat has as many breaths as before: what was said of them stays true.

    Args:
        programme: what is being played.
        before: its manner so far.
        after: its manner on the other beat.
        item: the stretch that is being done, from 1; others are as long as before.
    """
    match programme:
        case Routine() if item is not None:
            return kept(programme, before, item - 1)
        case Breathing(dose=dose):
            now, then = (BreathStages(each.breath, each.beat_ms) for each in (before, after))
            return replace(programme, dose=of_length(then.length_ms(now.breaths_in(dose))))
    return programme
