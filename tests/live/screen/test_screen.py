"""The screen and the keys together, in a real terminal (tmux) with a real shell around them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.needs import needs
from support.terminals import until
from support.tiers import thoroughly

pytestmark = needs("tmux", "tmux")

TESTS = Path(__file__).parents[2]

SESSION = f"""
import dataclasses, sys, time
sys.path.insert(0, {str(TESTS)!r})
from coach.live.screen.display import open_display
from coach.live.screen.keys import open_keys
from coach.live.status import State
from support.terminals import moment

began, state, notice = time.monotonic(), State.PLAYING, ""
with open_display() as display, open_keys() as keys:
    while True:
        ms = int((time.monotonic() - began) * 1000)
        inside = ms % 2000
        phase, share = ("in", inside / 1000) if inside < 1000 else ("out", inside / 1000 - 1)
        status = moment(phase=phase, phase_share=share, phase_left_ms=1000 - inside % 1000, state=state, notice=notice,
                        elapsed_ms=200_000 + ms, left_ms=458_000 - ms)
        display.update(status)
        match keys.read(0.08):
            case "toggle":
                state = State.PLAYING if state == State.PAUSED else State.PAUSED
            case "softer":
                notice = "The loudspeaker is gone; waiting for it."
            case "repeat":
                raise LookupError
            case "finish":
                display.update(dataclasses.replace(status, state=State.OVER, elapsed_ms=658_000, left_ms=0))
                time.sleep(1)
                break
"""


class Tmux:
    """A window with a shell in it."""

    def __init__(self, folder: Path, columns: int, rows: int, shell: str = "bash --norc --noprofile") -> None:
        self._tmux = [shutil.which("tmux") or "tmux", "-f", os.devnull, "-S", str(folder / "tmux")]
        self._folder = folder
        (folder / "session.py").write_text(SESSION, encoding="utf-8")
        self("new-session", "-d", "-x", str(columns), "-y", str(rows), f"env -u ENV PS1='$ ' {shell} -i")
        self("pipe-pane", "-o", f"cat > {folder / 'raw'}")
        until(lambda: "$" in self.screen())

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run([*self._tmux, *arguments], capture_output=True, text=True, check=True, encoding="utf-8")
        return done.stdout

    def type(self, text: str) -> None:
        self("send-keys", "-l", text)

    def press(self, *names: str) -> None:
        self("send-keys", *names)

    def run(self, command: str) -> None:
        self.type(command)
        self.press("Enter")

    def start(self) -> None:
        # A traceback would push the last line out of the window.
        self.run(f"{sys.executable} {self._folder / 'session.py'} 2> {self._folder / 'errors'}")
        self.shows(" left")

    def screen(self) -> str:
        return self("capture-pane", "-p")

    def shows(self, text: str) -> None:
        until(lambda: text in self.screen())

    def told(self, command: str) -> str:
        """What a command says, asked by the shell in the window."""
        told = self._folder / "told"
        told.unlink(missing_ok=True)
        self.run(f"{command} > {told}.part; mv {told}.part {told}")
        until(told.exists)
        return told.read_text()

    def cursor(self) -> bool:
        return self("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def alternate(self) -> bool:
        return self("display-message", "-p", "#{alternate_on}").strip() == "1"

    def raw(self) -> str:
        return (self._folder / "raw").read_bytes().decode(errors="replace")

    def close(self) -> None:
        self("kill-server")


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Callable[..., Tmux]]:
    opened: list[Tmux] = []

    def open_window(columns: int = 80, rows: int = 24, **how: str) -> Tmux:
        opened.append(Tmux(tmp_path, columns, rows, **how))
        return opened[-1]

    yield open_window
    for tmux in opened:
        tmux.close()


Window = Callable[..., Tmux]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 10), *thoroughly((120, 40), (60, 20))])
def test_a_session_on_the_screen(window: Window, columns: int, rows: int) -> None:
    tmux = window(columns, rows)
    before = tmux.told("stty -a")
    tmux.start()
    lines = tmux.screen().split("\n")
    for text in ("Evening", "2 of 6", "Child's pose, right side", "Now   Breathe out", "Next  Last breath.", "left"):
        assert sum(text in line for line in lines) == 1, text
    assert not tmux.cursor()
    seen = []
    for _ in range(20):
        seen.append(tmux.screen())
        time.sleep(0.1)
    breaths = {screen.count("█") for screen in seen}
    assert len(breaths) > 8  # it moves
    still = {re.sub(r"[█▐▌▄▀▗▖▝▘─━]+|Breathe (in|out)  1 s|\d:\d\d", "", screen).replace(" ", "") for screen in seen}
    assert len(still) == 1  # and nothing else does
    tmux.press("Space")
    tmux.shows("PAUSED")
    time.sleep(0.3)  # sooner, it would be the same hand
    tmux.press("Enter")
    until(lambda: "PAUSED" not in tmux.screen())
    tmux.press("q")
    tmux.shows("The end")
    assert "0:00 left" in tmux.screen()
    tmux.shows("Evening: finished after 10:58.")
    assert "Next" not in tmux.screen()  # what was there before is there again
    assert tmux.cursor()
    assert not tmux.alternate()
    assert tmux.told("stty -a") == before
    raw = tmux.raw().partition("\x1b[?1049h")[2].partition("\x1b[?1049l")[0]
    assert raw.count("\x1b[2J") == 1
    assert "\n" not in raw


def test_a_notice_is_seen_and_nothing_else_moves(window: Window) -> None:
    tmux = window()
    tmux.start()
    before = tmux.screen().split("\n")
    tmux.type("[")
    tmux.shows("! The loudspeaker is gone; waiting for it.")
    after = tmux.screen().split("\n")
    (row,) = [number for number, line in enumerate(after) if "loudspeaker" in line]
    assert before[row] == ""
    assert [line for line in before if "Now" in line or "space" in line] == [
        line for line in after if "Now" in line or "space" in line
    ]


def test_the_screen_follows_the_window(window: Window) -> None:
    tmux = window(120, 40)
    tmux.start()
    tmux("resize-window", "-x", "50", "-y", "15")
    until(lambda: len(tmux.screen().rstrip("\n").split("\n")) <= 15 and "any other" in tmux.screen())
    for text in ("Evening", "Child's pose, right side", "Now   Breathe out, and", "7:", "space"):
        assert tmux.screen().count(text) == 1
    tmux("resize-window", "-x", "100", "-y", "30")
    tmux.shows("← p back   r again   s skip side")
    for text in ("Evening", "Child's pose, right side", "Now   Breathe out, and let your shoulders soften.", "space"):
        assert tmux.screen().count(text) == 1


@pytest.mark.parametrize("key", ["C-c", "r"])
def test_after_an_abrupt_end_the_terminal_is_as_before(window: Window, key: str) -> None:
    tmux = window()
    before = tmux.told("stty -a")
    tmux.start()
    tmux.press(key)
    tmux.shows("Evening: stopped in Child's pose, right side, after 3:2")
    until(tmux.cursor)
    assert not tmux.alternate()
    assert tmux.told("stty -a") == before


@pytest.mark.parametrize("shell", ["sh", *thoroughly("bash --norc --noprofile")])  # bash would mend the terminal itself
def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(window: Window, shell: str) -> None:
    tmux = window(shell=shell)
    before = tmux.told("stty -a")
    tmux.start()
    for paused in (True, False):
        tmux.press("C-z")
        tmux.shows("Stopped")
        assert tmux.cursor()
        assert not tmux.alternate()
        assert tmux.told("stty -a") == before
        tmux.run("clear; fg")
        tmux.shows("Child's pose")
        assert not tmux.cursor()
        time.sleep(1.2)
        tmux.press("x")
        until(lambda paused=paused: ("PAUSED" in tmux.screen()) == paused)  # type: ignore[misc]
    tmux.press("q")
    tmux.shows("finished after")
    assert tmux.told("stty -a") == before


def test_in_the_background_the_terminal_is_the_shells(window: Window) -> None:
    tmux = window()
    before = tmux.told("stty -a")
    tmux.start()
    tmux.press("C-z")
    tmux.shows("Stopped")
    tmux.run("clear; bg")
    time.sleep(0.5)
    assert tmux.told("stty -a") == before
    assert "Running" in tmux.told("jobs")  # and not stopped for touching the terminal
    assert "Child's pose" not in tmux.screen()
    tmux.run("fg")
    tmux.shows("Child's pose")
    tmux.press("x")
    tmux.shows("PAUSED")
    tmux.press("q")
    tmux.shows("finished after")
    assert tmux.told("stty -a") == before


def test_started_in_the_background_it_ends_there(window: Window) -> None:
    tmux = window()
    before = tmux.told("stty -a")
    tmux.run(f"{sys.executable} {tmux._folder / 'session.py'} &")
    time.sleep(1)
    assert "Running" in tmux.told("jobs")
    tmux.run("kill -INT %1; fg")
    assert tmux.told("stty -a") == before
    assert not tmux.alternate()


def test_after_a_stop_by_somebody_else_the_screen_is_whole_again(window: Window) -> None:
    tmux = window()
    tmux.start()
    child = tmux("display-message", "-p", "#{pane_pid}").strip()
    session = subprocess.run(["pgrep", "-P", child], capture_output=True, text=True, check=True).stdout.strip()
    os.kill(int(session), 19)
    tmux.shows("Stopped")
    tmux.run("clear; fg")
    until(lambda: "Child's pose" in tmux.screen() and "Evening" in tmux.screen(), within_s=4)
    tmux.press("q")
    tmux.shows("finished after")
    until(tmux.cursor)
