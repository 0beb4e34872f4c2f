from __future__ import annotations

import os
import signal

import pytest

from support.bytecode import keep_bytecode
from support.command import Coach, Rendered, render, run_coach, run_here
from support.tiers import load_hypothesis_profile, mark_quick


def pytest_configure(config: pytest.Config) -> None:
    load_hypothesis_profile(config)
    keep_bytecode(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_quick(items)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the goldens anew instead of comparing")


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests away from the cache, the history and the scripts of whoever runs them."""
    home = tmp_path_factory.mktemp("home")
    # What one process of the tests has heard spoken the other need not hear again.
    together = tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else home
    os.environ["COACH_CACHE"] = str(together / "cache")
    os.environ["COACH_DATA"] = str(home / "data")
    os.environ["COACH_VOICE"] = "system"  # the one that is quick and always says the same
    for variable in ("COACH_SCRIPTS", "COACH_VOICES", "COACH_CACHE_MB", "COACH_CACHE_SHARED"):
        os.environ.pop(variable, None)
    for variable in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        os.environ[variable] = str(home / variable.lower())
    (home / "xdg_state_home" / "stretch-coach").mkdir(parents=True)
    (home / "xdg_state_home" / "stretch-coach" / "pointed-to-safety").touch()


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> None:
    """Let the processes that tests start take Ctrl-C, also where it is ignored (in the background, under nohup)."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def coach() -> Coach:
    """Run the real command line in a process of its own."""
    return run_coach


@pytest.fixture(scope="session")
def coach_here() -> Coach:
    """Run the command line in this process, where no process of its own is needed to see what is right."""
    return run_here


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """``lower-back-seven`` as a person gets it: the real voice, the real encoder, the command line."""
    return render(tmp_path_factory.mktemp("rendered"), "lower-back-seven")
