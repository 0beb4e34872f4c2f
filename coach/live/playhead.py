"""The playhead of a session: which take is being played, which follows it, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from coach.live.stream import Leg, Position, Stream
from coach.units import frames_to_ms, ms_to_frames

if TYPE_CHECKING:
    from coach.audio.mixer import Mixer
    from coach.live.studio import Take

JUMP_MS = 300
"""Silence before another place is heard."""


class Place(NamedTuple):
    """A moment of a take."""

    take: Take
    ms: int


class Playhead:
    """Plays takes on a stream and knows where it is. The frames that the player has read are its clock."""

    def __init__(self, stream: Stream, take: Take) -> None:
        """Make one that plays nothing yet."""
        self.stream = stream
        self.take = take
        """What is being played, or was last."""
        self.following: Take | None = None
        """What it goes over to with the next breath."""
        self.paused: Place | None = None
        """Where it was paused; ``None`` while it plays."""
        self.clock = 0
        """How many frames had been read when it last looked."""
        self._practised_frames = 0

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.paused or self._place_of(self.stream.position)

    @property
    def practised_ms(self) -> int:
        """How long was played, pauses left out."""
        return frames_to_ms(self._practised_frames)

    def advance(self) -> Position:
        """Take note of what has been read since, and return where the stream is."""
        position = self.stream.position
        if self.paused is None and not position.is_waiting:
            self._practised_frames += position.read_frames - self.clock
        self.clock = position.read_frames
        if position.key is self.following is not None:
            self.take, self.following = self.following, None
        return position

    def play(self, take: Take, ms: int, *, words: Mixer | None = None, silence_ms: int = JUMP_MS) -> None:
        """Go on at a moment of a take, after some silence and words that belong to no take."""
        self.paused = self.following = None
        self.take = take
        place = Place(take, ms)
        legs = [Leg(take.mixer, ms_to_frames(ms), is_whole=take.is_whole, key=take)]
        if words is not None:
            legs.insert(0, Leg(words, key=place))
        self.stream.play(legs, ms_to_frames(silence_ms))

    def pause(self) -> None:
        """Fall silent where it is."""
        if self.paused is None:
            self.paused = self._place_of(self.stream.pause())
            self.following = None

    def change_over(self, leave_ms: int, other: Take, enter_ms: int) -> bool:
        """Go over to a moment of another take when this one comes to one; false if that is past."""
        leg = Leg(other.mixer, ms_to_frames(enter_ms), is_whole=other.is_whole, key=other)
        if not self.stream.change_over(ms_to_frames(leave_ms), leg):
            return False
        other.done |= self.take.done
        self.following = other
        return True

    def stay(self) -> bool:
        """Take back a change-over; false if it has happened, or something else is being played."""
        if not self.stream.stay(self.take):
            return False
        self.following = None
        return True

    def _place_of(self, position: Position) -> Place:
        key = position.key
        if isinstance(key, Place):  # the words before going on
            return key
        for take in (self.take, self.following):
            if take is not None and key is take:
                return Place(take, frames_to_ms(position.frame))
        return Place(self.take, self.take.guide.timeline.duration_ms)
