"""The silent voice: clips of exact lengths and no sound, for tests, dry runs and lengths shown before speaking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach.core.timeline import ClipTiming

if TYPE_CHECKING:
    from coach.audio.clip import Clip

# About as long as espeak-ng needs at its calm default rate.
_START_MS, _LETTER_MS = 150, 62
_ONSET_MS, _CENTER_MS = 10, 80


def silent_timing(text: str) -> ClipTiming:
    """Return the timing the silent voice gives a text: 150 ms and 62 ms a character."""
    return ClipTiming(_START_MS + _LETTER_MS * len(text), _ONSET_MS, _CENTER_MS)


class SilentVoice:
    """Says nothing, for exactly as long as :func:`silent_timing` tells."""

    name = "silent"
    identity = "silent 1"
    parallel = 1

    def speak(self, text: str) -> Clip:
        """Return a silent clip."""
        from coach.audio.clip import silence  # which needs NumPy; lengths do not

        timing = silent_timing(text)
        return silence(timing.length_ms, timing.onset_ms, timing.center_ms)

    def quicker(self, factor: float) -> SilentVoice:  # noqa: ARG002 - silence is as quick as it is
        """Return itself: its lengths are fixed."""
        return self

    def close(self) -> None:
        """Hold nothing, so do nothing."""
