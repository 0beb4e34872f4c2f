"""A short run of each program; the long ones are for a person, or a night."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.tiers import thoroughly

HERE = Path(__file__).parent
NUMBERS = {"scripts": 400, "history": 400, "plans": 200, "models": 60, "commands": 80}
"""How many cases of each program in the thorough tier."""


@pytest.mark.parametrize("share", [0.2, *thoroughly(1)])
@pytest.mark.parametrize("program", NUMBERS)
def test_nothing_ends_in_a_traceback_or_takes_long(program: str, share: float) -> None:
    command = [sys.executable, str(HERE / f"{program}.py"), "--number", str(round(NUMBERS[program] * share))]
    command += ["--limit", "30"]  # the machine may be busy; a hang is a hang
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_program_has_a_short_run() -> None:
    programs = {path.stem for path in HERE.glob("[!t]*.py") if "main(" in path.read_text("utf-8")}
    assert programs - {"harness"} == set(NUMBERS)
