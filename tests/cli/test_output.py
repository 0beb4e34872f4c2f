from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import coach.cli
from coach.cli.output import say, say_json

COMMANDS = Path(coach.cli.__file__).parent


def test_no_command_prints_past_say() -> None:
    direct = re.compile(r"\b(typer|click)\.(echo|secho)\(|(?<![\w.])print\(|sys\.std(out|err)\.write\(")
    found = [path.name for path in sorted(COMMANDS.rglob("*.py")) if direct.search(path.read_text(encoding="utf-8"))]
    assert found == ["output.py"]


def test_what_is_said_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\x1b]0;title\x07b\rc\u202ed\x9b1m\ud800")
    assert capsys.readouterr().out == "a�]0;title�b�c�d�1m�\n"


def test_json_means_what_it_meant(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"name": "a\x1b[2J\x9b\u202e\ud800", "é": "ü"}
    say_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert "é" in out
    assert not set(out) & set("\x1b\x9b\u202e\ud800")
