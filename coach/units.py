"""The one place where milliseconds become frames and decibels become factors."""

SAMPLE_RATE = 44_100
"""Frames per second of everything that is mixed, played or encoded (Apple's advice for podcasts is 44.1 or 48 kHz)."""


def ms_to_frames(ms: int) -> int:
    """Return the frame nearest to a time in milliseconds (half a frame rounds up)."""
    return (2 * ms * SAMPLE_RATE + 1000) // 2000


def frames_to_ms(frames: int) -> int:
    """Return the millisecond nearest to a frame (half a millisecond rounds up)."""
    return (2 * frames * 1000 + SAMPLE_RATE) // (2 * SAMPLE_RATE)


def db_to_factor(level_db: float) -> float:
    """Return the amplitude factor of a level in decibels (0 dB is 1.0, −6 dB about 0.5)."""
    return float(10.0 ** (level_db / 20.0))


def clock_text(ms: int) -> str:
    """Return a time as people read it: ``7:05`` or ``1:02:09`` (whole seconds, rounded down)."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
