"""The one place where milliseconds become frames and decibels become factors."""

SAMPLE_RATE = 48_000
"""Frames per second of everything that is mixed, played or encoded (Apple's advice for podcasts is 44.1 or 48 kHz).

A millisecond is a whole number of frames; an MP3 frame is 24 ms and a whole number of bytes. At 44.1 kHz neither is so.
"""
FRAMES_PER_MS = SAMPLE_RATE // 1000


def ms_to_frames(ms: int) -> int:
    """Return the frame at a time in milliseconds."""
    return ms * FRAMES_PER_MS


def frames_to_ms(frames: int) -> int:
    """Return the millisecond nearest to a frame (half a millisecond rounds up)."""
    return (2 * frames + FRAMES_PER_MS) // (2 * FRAMES_PER_MS)


def db_to_factor(level_db: float) -> float:
    """Return the amplitude factor of a level in decibels (0 dB is 1.0, −6 dB about 0.5)."""
    return float(10.0 ** (level_db / 20.0))


def clock_text(ms: int) -> str:
    """Return a time as people read it: ``7:05`` or ``1:02:09`` (whole seconds, rounded down)."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
