"""How long each signal is, and when it is heard: known before its file is read, for estimates."""

from __future__ import annotations

from coach.core.timeline import ClipTiming, Sound

_LENGTHS_MS = {
    Sound.BEGIN: 1800,
    Sound.CHANGE: 1500,
    Sound.END: 1900,
    Sound.CLOSE: 5200,
    Sound.IN: 700,
    Sound.OUT: 700,
    Sound.PAUSE: 300,
    Sound.HEARD: 400,
}
SOUND_TIMINGS = {sound: ClipTiming(length_ms, 0, 0) for sound, length_ms in _LENGTHS_MS.items()}
"""As measured of the files in ``sounds/``; a bell is heard at its strike."""
