from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from coach.core.timeline import Timeline

settings.register_profile("coach", deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("coach")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the goldens anew instead of comparing")


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests away from the cache, the history and the scripts of whoever runs them."""
    home = tmp_path_factory.mktemp("home")
    os.environ["COACH_CACHE"] = str(home / "cache")
    os.environ["COACH_DATA"] = str(home / "data")
    os.environ["COACH_VOICE"] = "system"  # the one that is quick and always says the same
    for variable in ("COACH_SCRIPTS", "COACH_VOICES", "COACH_CACHE_MB"):
        os.environ.pop(variable, None)
    for variable in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        os.environ[variable] = str(home / variable.lower())
    (home / "xdg_state_home" / "stretch-coach").mkdir(parents=True)
    (home / "xdg_state_home" / "stretch-coach" / "pointed-to-safety").touch()


Coach = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def coach() -> Coach:
    """Run the real command line in a process of its own."""

    def run(
        *arguments: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "coach", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            timeout=300,
        )

    return run


@dataclass(frozen=True)
class Rendered:
    path: Path
    timeline: Timeline
    printed: str


@pytest.fixture(scope="session")
def rendered(coach: Coach, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """``lower-back-seven`` as a person gets it: the real voice, the real encoder, the command line."""
    folder = tmp_path_factory.mktemp("rendered")
    done = coach("render", "lower-back-seven", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = coach("timeline", "lower-back-seven", "--json")
    assert told.returncode == 0, told.stderr
    return Rendered(folder / "lower-back-seven.mp3", Timeline.from_json(told.stdout), done.stdout)
