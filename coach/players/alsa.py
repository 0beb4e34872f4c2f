"""ALSA, Linux's sound library, which prints complaints about its settings on the terminal."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import sys

_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)


@functools.cache
def hush_alsa() -> object:
    """Let ALSA print nothing in this process; return what must be kept alive for that."""
    handler = _HANDLER(lambda *_: None)
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(handler)
    return handler
