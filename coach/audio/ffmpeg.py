"""Where ffmpeg is."""

from __future__ import annotations

import functools
import os
import shutil

from coach.errors import EncoderError

NO_ROOM = ("No space left on device", "Disk quota exceeded", "File too large", "Read-only file system")
"""What ffmpeg complains of when a file cannot grow."""


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
