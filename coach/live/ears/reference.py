"""What is being played, laid beside what is being heard.

The loudspeaker takes blocks of its own length at its own pace, the microphone gives others. Both run for as long as the
session does, on clocks that may differ a little. All that matters here is that the same hop of both keeps about the
same distance; if it cannot, the reference says by how much it moved.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from coach.live.ears.echo import HOP, RATE
from coach.units import SAMPLE_RATE

if TYPE_CHECKING:
    from coach.live.ears.echo import Samples

KEPT_HOPS = 2
"""How much is kept in hand, since blocks come in bursts."""
MOST_HOPS = 5
"""When this much has lain unused for a while, the reference is brought forward."""
WATCHED_HOPS = round(2.0 * RATE / HOP)
"""How long that while is."""
IDLE_HOPS = round(0.4 * RATE / HOP)
"""When nothing has come for this long, nothing is being played."""
LIMIT_FRAMES = 4 * RATE
"""More is never kept: the microphone has stopped."""


class Reference:
    """Blocks that were given to the loudspeaker, as hops at the rate of the microphone."""

    def __init__(self) -> None:
        import numpy as np
        import soxr

        self._resampler: Any = soxr.ResampleStream(SAMPLE_RATE, RATE, 1, dtype="float32", quality="MQ")
        self._waiting: deque[Samples] = deque()
        self._frames = 0
        self._silence = np.zeros(HOP, dtype=np.float32)
        self._idle_hops = IDLE_HOPS
        self._least = 0
        self._watched = 0

    def add(self, pcm: bytes) -> None:
        """Take a block that was just given to the loudspeaker: 16 bit, mono, at the rate of everything played."""
        import numpy as np

        block = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)
        resampled = self._resampler.resample_chunk(block)
        self._waiting.append(resampled)
        self._frames += len(resampled)
        self._idle_hops = 0
        if self._frames > LIMIT_FRAMES:
            self._take(self._frames - LIMIT_FRAMES)

    def next_hop(self) -> tuple[Samples, int]:
        """Take what was played beside the next hop of the microphone, and by how many hops it comes later than it did
        until now (below 0: earlier); silence if nothing is played.
        """
        moved = self._bring_forward()
        if self._frames >= HOP:
            return self._take(HOP), moved
        self._idle_hops += 1
        # Late, not silent: all that follows comes a hop later, unless nothing follows.
        return self._silence, moved + (1 if self._idle_hops < IDLE_HOPS else 0)

    def _bring_forward(self) -> int:
        hops = self._frames // HOP
        self._least = hops if self._watched == 0 else min(self._least, hops)
        self._watched = (self._watched + 1) % WATCHED_HOPS
        if self._watched or self._least <= MOST_HOPS:
            return 0
        spare = self._least - KEPT_HOPS
        self._take(spare * HOP)
        return -spare

    def _take(self, frames: int) -> Samples:
        import numpy as np

        taken: list[Samples] = []
        self._frames -= frames
        while frames:
            block = self._waiting.popleft()
            if len(block) > frames:
                self._waiting.appendleft(block[frames:])
                block = block[:frames]
            taken.append(block)
            frames -= len(block)
        return np.concatenate(taken) if taken else self._silence[:0]
