"""How loud a clip is heard: BS.1770, by pyloudnorm, on what is spoken in it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from coach.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK_S, SHORT_BLOCK_S = 0.4, 0.1
"""Length of a measured block: the standard's, and one for clips in which there is hardly room for it, as in counts.
Both leave out what lies 10 LU below the rest, so that a word and a sentence are compared by their speech."""
SHORT_S = 0.8
SHORT_MORE_LU = 1.0
"""By how much short blocks tell more than the standard's, since no pause is in them: measured on sentences."""
SPEECH_LUFS = -23.0
"""What every clip is set to, mono. Speech peaks 13 to 20 dB above it: below −3 dBFS in nearly every clip."""


def speech_lufs(signal: NDArray[np.float64]) -> float:
    """Return the loudness of a clip (mono, full scale at ±1, at :data:`coach.units.SAMPLE_RATE`); −inf for silence."""
    import numpy as np
    from pyloudnorm import Meter

    is_short = len(signal) < SHORT_S * SAMPLE_RATE
    block_s = SHORT_BLOCK_S if is_short else BLOCK_S
    quiet = np.zeros(int(block_s * SAMPLE_RATE))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyloudnorm divides by no blocks where all is silent
        told = Meter(SAMPLE_RATE, block_size=block_s).integrated_loudness(np.concatenate([quiet, signal, quiet]))
    return float(told) - (SHORT_MORE_LU if is_short else 0.0)
