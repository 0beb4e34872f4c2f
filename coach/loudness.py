"""How loud a clip is heard: BS.1770, by pyloudnorm, on what is spoken in it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from coach.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK_S = 0.1
"""Length of a measured block. The standard's 0.4 s is longer than most counts; with 0.1 s pauses fall out of a sentence
as they should, so that a word and a sentence are compared by their speech."""
SPEECH_LUFS = -23.0
"""What every clip is set to, mono. Speech peaks 13 to 20 dB above it: below −3 dBFS in nearly every clip."""


def speech_lufs(signal: NDArray[np.float64]) -> float:
    """Return the loudness of a clip (mono, full scale at ±1, at :data:`coach.units.SAMPLE_RATE`); −inf for silence."""
    import numpy as np
    from pyloudnorm import Meter

    quiet = np.zeros(int(BLOCK_S * SAMPLE_RATE))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyloudnorm divides by no blocks where all is silent
        return float(Meter(SAMPLE_RATE, block_size=BLOCK_S).integrated_loudness(np.concatenate([quiet, signal, quiet])))
