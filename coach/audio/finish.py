"""How the sound of a file or a session is finished, and what goes with a file. Quick to import: no NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from coach import defaults
from coach.files import data_folder, expanded

MONO_LU = -3.0
"""What a mono file measures less than it is heard on two loudspeakers (ITU-R BS.1770: each adds its power)."""
SOFTEST_LUFS, LOUDEST_LUFS = -30.0, -10.0
SOFTEST_BACKGROUND_LU, LOUDEST_BACKGROUND_LU = -40.0, 0.0


class Quality(StrEnum):
    """How many bytes a file may have. What is lost in each: ``docs/benchmarks.md``."""

    SMALL = "small"
    """Speech is clear, and a little less than natural."""
    USUAL = "usual"
    """Not told from the original by measure."""
    BEST = "best"
    """With room to spare, for music under it."""


BACKGROUNDS = ("rain", "waves", "room")
"""Those that come with the coach, by name."""


def background_file(named: Path) -> Path:
    """Return the file of a background: of the coach's own if one is so named, else of a person's.

    Raises:
        InputError: it begins with the home folder of an unknown user.
    """
    if str(named) in BACKGROUNDS:
        return data_folder("sounds") / "backgrounds" / f"{named}.opus"
    return expanded(str(named))


@dataclass(frozen=True, kw_only=True)
class Finish:
    """How the sound is finished, and what goes with it.

    Raises:
        ValueError: a level, the track or the number of encoders is out of range.
    """

    heard_lufs: float = defaults.LOUDNESS_LUFS
    """Integrated loudness as heard on two loudspeakers, -30 to -10."""
    background: Path | None = None
    """A file that sounds under the voice."""
    background_lu: float = defaults.BACKGROUND_LU
    """How loud the background is in pauses, relative to the voice, -40 to 0."""
    quality: Quality = Quality.USUAL
    captions: bool = True
    """Whether captions are written beside the file."""
    podcast: bool = False
    """Whether the chapters are written as a file too."""
    track: int | None = None
    """From 1."""
    asked: str = ""
    """What was asked for, as the file tells it."""
    encoders: int | None = None
    """How many may work on one file, from 1; ``None`` for one a core."""

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("heard_lufs", self.heard_lufs, SOFTEST_LUFS, LOUDEST_LUFS),
            ("background_lu", self.background_lu, SOFTEST_BACKGROUND_LU, LOUDEST_BACKGROUND_LU),
        ):
            if not least <= value <= most:  # nor is “not a number” within them
                raise ValueError(f"{name} is {value:g}, and must be {least:g} to {most:g}")
        for name, count in (("track", self.track), ("encoders", self.encoders)):
            if count is not None and count < 1:
                raise ValueError(f"{name} is {count}, and must be at least 1")

    @property
    def mono_lufs(self) -> float:
        """Integrated loudness that a mono file must measure."""
        return self.heard_lufs + MONO_LU
