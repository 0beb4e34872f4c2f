"""Programs that tests need and a person may not have."""

from __future__ import annotations

import os
import shutil

import pytest


def needs(program: str, package: str) -> pytest.MarkDecorator:
    """Skip where a program is not there; where ``COACH_CI`` is set (``.ci/run`` does) the test runs and fails."""
    missing = shutil.which(program) is None and not os.environ.get("COACH_CI")
    return pytest.mark.skipif(missing, reason=f"needs {program} (Debian: {package}), which .ci/run installs")
