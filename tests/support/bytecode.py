"""What Python has compiled is kept from one process of the tests to the next, where it is told to keep none.

The tests start the coach some hundred times. Where ``PYTHONDONTWRITEBYTECODE`` is set, as in many containers, each of
these compiles every module that it imports, and all packages: half of the time a short command takes.
"""

from __future__ import annotations

import os
import sys

import pytest


def keep_bytecode(config: pytest.Config) -> None:
    """Keep it in pytest's own cache, so that the folders of the modules stay as they are."""
    if not sys.dont_write_bytecode or config.cache is None:
        return
    folder = str(config.cache.mkdir("bytecode"))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = folder
    sys.dont_write_bytecode, sys.pycache_prefix = False, folder
