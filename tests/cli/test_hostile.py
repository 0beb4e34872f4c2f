"""What scripts, files and options may do to a terminal: nothing, in any command."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.commands import attempt

from coach.cli import COMMANDS

ESC = "\x1b]0;title\x07\x1b[2J"
LINES = [
    ["list"],
    ["list", "--json"],
    ["show", "hostile"],
    ["show", "hostile", "--json"],
    ["show", "hostile-routine"],
    ["show", "hostile-routine", "--title", ESC],
    ["show", "hostile", "--gentle"],
    ["show", ESC],
    ["show", f"{ESC}.yaml"],
    ["show", f"wro{ESC}ng"],
    ["show", "mine.yaml"],
    ["timeline", "hostile"],
    ["timeline", "hostile", "--json"],
    ["timeline", "hostile", "--voice", ESC],
    ["timeline", "hostile", "--breath", ESC],
    ["render", "hostile", "-o", f"{ESC}.mp3"],
    ["render", "hostile", "--background", ESC],
    ["render", "--plan", "plan.csv"],
    ["render", "mine.yaml"],
    ["play", "hostile", "--player", "record:x.wav"],
    ["play", "hostile", "--player", ESC],
    ["breathe", ESC],
    ["breathe", "--title", ESC],
    ["patterns"],
    ["serve", "--port", ESC],
    ["serve", "--lan", "--address", ESC],
    ["site", ESC, "hostile"],
    ["site", "out", "hostile", "--base-url", ESC],
    ["sheet", "hostile", "-o", f"{ESC}.html"],
    ["sheet", "hostile", "--url", ESC],
    ["plan", "check", "plan.csv"],
    ["plan", "new", ESC],
    ["plan", ESC, "plan.csv"],
    ["render", "--plan", "plan.csv", "--dry-run"],
    ["render", "--plan", "plan.csv", "--cluster", ESC],
    ["render", "--plan", "plan.csv", "-o", f"{ESC}://x"],
    ["verify", ESC],
    ["verify", "folder"],
    ["playlist", "folder"],
    ["playlist", ESC],
    ["feed", "folder", "--base-url", ESC],
    ["feed", "folder", "--base-url", "https://example.org", "--title", ESC],
    ["safety"],
    ["new", ESC],
    ["check"],
    ["check", "scripts"],
    ["check", ESC],
    ["schema", ESC],
    ["voices", "--try", ESC],
    ["voices", "--download", ESC],
    ["history"],
    ["history", "--json", "-o", ESC],
    ["cache", ESC],
    ["doctor"],
    [ESC],
    [f"--{ESC}"],
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COACH_SCRIPTS", "")  # set by what follows, and put back afterwards
    (tmp_path / "plan.csv").write_text(f'routine,title,output\nhostile,"{ESC}","{ESC}"\n"{ESC}",,\n')
    return tmp_path


@pytest.mark.parametrize("words", LINES, ids=lambda words: " ".join(words).encode("unicode_escape").decode())
def test_no_command_prints_what_moves_the_cursor(folder: Path, words: list[str]) -> None:
    """Escape sequences once came through in 16 of 20 commands."""
    attempt(words, folder)


def test_every_command_is_tried() -> None:
    assert {words[0] for words in LINES} >= set(COMMANDS)
