"""Where ffmpeg is."""

from __future__ import annotations

import functools
import os
import shutil

from coach.errors import EncoderError


@functools.cache
def ffmpeg_path() -> str:
    """Return the absolute path of ffmpeg: the one that comes as a package, else the system's.

    Raises:
        EncoderError: there is none.

    """
    try:
        import imageio_ffmpeg

        return str(os.path.abspath(imageio_ffmpeg.get_ffmpeg_exe()))  # noqa: PTH100 - resolving would leave the package
    except (ImportError, RuntimeError):
        # Never from the current folder: a file that lies there must not run.
        found = shutil.which("ffmpeg")
        if found and os.path.isabs(found):  # noqa: PTH117
            return found
    raise EncoderError("no ffmpeg was found; reinstall the coach, or install ffmpeg and try again")
