"""Where ffmpeg is, and how it reads a file that anybody may have made."""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path

from coach.errors import EncoderError

FORMATS_READ = (
    "aac",
    "ac3",
    "aiff",
    "amr",
    "ape",
    "asf",
    "au",
    "caf",
    "flac",
    "matroska,webm",
    "mov,mp4,m4a,3gp,3g2,mj2",
    "mp3",
    "ogg",
    "tta",
    "w64",
    "wav",
    "wv",
)
"""Audio, and films with audio: formats that hold their sound themselves. Others, as playlists do, name files, pipes or
addresses to read it from."""
NO_ROOM = ("No space left on device", "Disk quota exceeded", "File too large", "Read-only file system")
"""What ffmpeg complains of when a file cannot grow."""


def reading(path: Path) -> list[str]:
    """Return the options that make ffmpeg read one audio file, and nothing else."""
    allowed = ["-protocol_whitelist", "file,pipe", "-format_whitelist", ",".join(FORMATS_READ)]
    return ["-v", "error", "-nostdin", *allowed, "-i", f"file:{path}", "-vn"]


@functools.cache
def ffmpeg_path() -> str:
    """Return the absolute path of ffmpeg: the one that comes as a package, else the system's.

    Raises:
        EncoderError: there is none.
    """
    try:
        import imageio_ffmpeg

        name = str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        name = "ffmpeg"
    # Where the package brings none it answers with a bare name. Never from the current folder: a file that lies there
    # must not run.
    found = name if os.path.isabs(name) else shutil.which(name)  # noqa: PTH117
    if found and os.path.isabs(found) and os.access(found, os.X_OK):  # noqa: PTH117
        return found
    raise EncoderError("no ffmpeg was found; reinstall the coach, or install ffmpeg and try again")
