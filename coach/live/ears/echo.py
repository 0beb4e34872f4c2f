"""The echo canceller: takes what the coach itself plays out of what the microphone hears.

The coach knows every sample that it gives to the loudspeaker. How it comes back (after which delay, through which
loudspeaker and room) is learnt while it speaks, by a Kalman filter in the frequency domain with the response cut in
blocks: Enzner & Vary 2006, *Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free
telephones*, Signal Processing 86; in blocks: Kuech, Mabande & Enzner 2014, *State-space architecture of the
partitioned-block-based acoustic echo controller*, ICASSP. It weighs each new block by how sure it is of what it has
learnt, so that a person who speaks at the same time does not lead it astray. What it knows that it cannot explain, a
Wiener filter then turns down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = 16_000
"""Frames a second of all that is listened to: speech needs no more."""
HOP = 256
"""Frames worked on at a time: 16 ms."""
PARTS = 36
"""Blocks of response that are learnt: 0.58 s, for a delay of up to 0.4 s and the room after it."""

_SIZE = 2 * HOP
_KEPT = 0.9998
"""How much of the response is thought to be the same a block later: what it forgets it can learn anew."""
_FIRST_DOUBT, _DOUBT_AGAIN = 0.5, 0.15
"""Variance of each part of the response before anything is known of it, and when it has changed: seen from how much of
what is played comes back in all."""
_FIRST_HOPS = 32
"""Of what is played, before that can be told: the longest delay, and a little more."""
_SMOOTH = 0.9
"""Of what is heard beside the echo, from block to block."""
_OWN = 0.5
_LEAST_BESIDE = 0.1
_SILENT = 1e-5
_CHANGE_SMOOTH = 0.95
_CHANGE_PART = 0.1
_SHARE_SMOOTH = 0.98
_MOST_SHARE = 100.0
_MOST_DOUBTED = 0.3
_NOISE_SMOOTH = 0.9
_NOISE_HOPS, _NOISE_SPANS = 25, 8  # 8 times 0.4 s
_NOISE_BIAS = 2.0  # the least of something that fluctuates is below its mean
_UNEXPLAINED = 0.02
"""Part of the echo's power that no linear response explains: what the loudspeaker distorts, and a room that is longer
than what is learnt."""
_SUPPRESS = 2.0
_LEAST_GAIN = 0.1


class Cleaned(NamedTuple):
    """What is left of a block."""

    samples: Samples
    """One hop, full scale at ±1; 16 ms later than the block that went in."""
    echo: Samples
    """The echo that was found in the block and taken away."""


class EchoCanceller:
    """Learns how the loudspeaker is heard by the microphone, and takes that away."""

    def __init__(self) -> None:
        import numpy as np

        bins = HOP + 1
        self._played = np.zeros((PARTS, bins), dtype=np.complex64)  # spectra of what was played, the newest first
        self._response = np.zeros((PARTS, bins), dtype=np.complex64)
        self._doubt: NDArray[Any] = np.zeros((PARTS, bins), dtype=np.float32)
        self._beside: NDArray[Any] = np.zeros(bins, dtype=np.float32)
        self._last_reference: Samples = np.zeros(HOP, dtype=np.float32)
        self._window = np.sqrt(np.hanning(_SIZE + 1)[:_SIZE]).astype(np.float32)
        self._last_left: Samples = np.zeros(HOP, dtype=np.float32)
        self._tail: Samples = np.zeros(HOP, dtype=np.float32)
        self._smoothed = np.zeros(bins)
        self._least = np.full((_NOISE_SPANS, bins), np.inf)
        self._hops = 0
        self._quiet = PARTS + 1  # hops since something was played
        self._heard = self._found = self._missed = 0.0
        self._sent = self._returned = 0.0
        self._active = 0

    def process(self, microphone: Samples, reference: Samples) -> Cleaned:
        """Return what of one hop of the microphone is not the coach; the reference is what was played by then."""
        import numpy as np

        spectrum = np.fft.rfft(np.concatenate((self._last_reference, reference))).astype(np.complex64)
        self._last_reference = reference
        self._quiet = 0 if float(np.max(np.abs(reference))) > _SILENT else self._quiet + 1
        self._played = np.concatenate((spectrum[np.newaxis], self._played[:-1]))
        echo = np.fft.irfft(np.einsum("pk,pk->k", self._played, self._response))[HOP:].astype(np.float32)
        left = microphone - echo
        power = np.square(self._played.real) + np.square(self._played.imag)
        doubted = np.einsum("pk,pk->k", self._doubt, power)
        if self._quiet <= PARTS:
            self._learn(left, power, doubted)
            self._notice_change(microphone, echo, left)
        echo_spectrum = np.fft.rfft(np.concatenate((np.zeros(HOP, dtype=np.float32), echo)))
        found = np.square(np.abs(echo_spectrum)).astype(np.float32)
        hidden = _UNEXPLAINED * found + np.minimum(doubted, _MOST_DOUBTED * found)
        return Cleaned(self._suppressed(left, hidden), echo)

    def shift(self, hops: int) -> None:
        """From now on expect the reference ``hops`` hops later than before (earlier, if below 0)."""
        import numpy as np

        # What was learnt is shifted alike; at the end that is now free nothing is known.
        self._response = np.roll(self._response, -hops, axis=0)
        self._doubt = np.roll(self._doubt, -hops, axis=0)
        fresh = slice(-hops, None) if hops > 0 else slice(0, -hops)
        if hops:
            self._response[fresh] = 0
            self._doubt[fresh] = _DOUBT_AGAIN * self._share()

    def _learn(self, left: Samples, power: NDArray[Any], doubted: NDArray[Any]) -> None:
        import numpy as np

        error = np.fft.rfft(np.concatenate((np.zeros(HOP, dtype=np.float32), left))).astype(np.complex64)
        seen = np.square(error.real) + np.square(error.imag)
        self._beside = _SMOOTH * self._beside + (1 - _SMOOTH) * seen
        # What is doubted is in the error too: it must not be counted as a person who speaks.
        beside = np.maximum(self._beside - _OWN * doubted, _LEAST_BESIDE * self._beside)
        gain = self._doubt / (doubted + 2 * beside + 1e-9)
        step = np.fft.irfft(gain * self._played.conj() * error, axis=1)
        step[:, HOP:] = 0  # each block of the response is one hop long
        self._response = (_KEPT * (self._response + np.fft.rfft(step, axis=1))).astype(np.complex64)
        size = np.square(self._response.real) + np.square(self._response.imag)
        self._doubt = _KEPT**2 * (1 - 0.5 * gain * power) * self._doubt + (1 - _KEPT**2) * size

    def _noise(self, power: NDArray[Any]) -> NDArray[Any]:
        """Return the power of the room's noise in each bin: about the least there was in the last few seconds."""
        import numpy as np

        self._smoothed += (1 - _NOISE_SMOOTH) * (power - self._smoothed)
        self._least[0] = np.minimum(self._least[0], self._smoothed)
        self._hops += 1
        if self._hops % _NOISE_HOPS == 0:
            self._least = np.concatenate((self._smoothed[np.newaxis], self._least[:-1]))
        noise: NDArray[Any] = _NOISE_BIAS * self._least.min(axis=0)
        return noise

    def _notice_change(self, microphone: Samples, echo: Samples, left: Samples) -> None:
        """Doubt everything when the echo that was found is not the one that is there: the room or the delay changed.

        A person who speaks adds to the microphone and to what is left alike; a wrong echo adds to what is left only.
        """
        import numpy as np

        sent = float(np.dot(self._last_reference, self._last_reference))
        returned = float(np.dot(microphone, microphone))
        self._sent = _SHARE_SMOOTH * self._sent + sent
        self._returned = _SHARE_SMOOTH * self._returned + returned
        self._active += 1
        if self._active == _FIRST_HOPS:
            self._doubt[:] = _FIRST_DOUBT * self._share()
        self._heard = _CHANGE_SMOOTH * self._heard + returned
        self._found = _CHANGE_SMOOTH * self._found + float(np.dot(echo, echo))
        self._missed = _CHANGE_SMOOTH * self._missed + float(np.dot(left, left))
        if self._missed > self._heard + _CHANGE_PART * self._found and self._found > _CHANGE_PART * self._missed:
            self._doubt = np.maximum(self._doubt, np.float32(_DOUBT_AGAIN * self._share()))
            self._heard = self._found = self._missed = 0.0

    def _share(self) -> float:
        """Return how much of the power that is played comes back, at most."""
        return min(_MOST_SHARE, self._returned / (self._sent + 1e-9))

    def _suppressed(self, left: Samples, hidden: NDArray[Any]) -> Samples:
        import numpy as np

        spectrum = np.fft.rfft(np.concatenate((self._last_left, left)) * self._window)
        self._last_left = left
        power = np.square(np.abs(spectrum)) + 1e-12
        # Not below the room's noise: it would breathe with the coach, and be taken for speech.
        floor = np.minimum(1, np.sqrt(self._noise(power) / power))
        gain = np.maximum(np.maximum(floor, _LEAST_GAIN), 1 - _SUPPRESS * hidden / power)
        shaped = (np.fft.irfft(spectrum * gain) * self._window).astype(np.float32)
        samples: Samples = self._tail + shaped[:HOP]
        self._tail = shaped[HOP:]
        return samples
