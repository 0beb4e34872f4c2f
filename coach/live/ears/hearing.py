"""From microphone and loudspeaker to pieces of speech that may be commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach.live.ears.echo import HOP, EchoCanceller
from coach.live.ears.reference import Reference
from coach.live.ears.utterances import Utterances

if TYPE_CHECKING:
    from coach.live.ears.echo import Samples


class Listening:
    """Hears a microphone beside what is played, block by block. For one thread at a time."""

    def __init__(self) -> None:
        import numpy as np

        self._reference = Reference()
        self._canceller = EchoCanceller()
        self._utterances = Utterances()
        self._left = np.zeros(0, dtype=np.float32)

    def add_played(self, pcm: bytes) -> None:
        """Take what was just given to the loudspeaker: 16 bit, mono, 48 kHz."""
        self._reference.add(pcm)

    def hear(self, pcm: bytes) -> list[tuple[Samples, ...]]:
        """Take what the microphone gave, 16 bit, mono, 16 kHz; return what has been said, if anything.

        Each is one utterance, as pieces of which the first that is a command counts.
        """
        import numpy as np

        block = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)
        samples = np.concatenate((self._left, block))
        whole = len(samples) // HOP * HOP
        self._left = samples[whole:]
        found = []
        for start in range(0, whole, HOP):
            reference, moved = self._reference.next_hop()
            if moved:
                self._canceller.shift(moved)
            pieces = self._utterances.hear(self._canceller.process(samples[start : start + HOP], reference))
            if pieces:
                found.append(pieces)
        return found

    def forget(self) -> None:
        """Forget what was said until now: it was a command."""
        self._utterances.forget()
