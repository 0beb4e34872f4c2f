from __future__ import annotations

import errno
import io
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.live.screen.display import LinesDisplay, QuietDisplay, ScreenDisplay, closing, news, open_display
from coach.live.screen.keys import KEYS_HELP
from coach.live.status import State, Status
from support.terminals import Pseudo, moment

LOUDSPEAKER = "The loudspeaker is gone; waiting for it."

SESSION = [
    moment(stretch=None, side=None, number=0, now="Good evening.", left_ms=658_000),
    moment(stretch=None, side=None, number=0, now="Move slowly.", left_ms=655_000),
    moment(stretch="Knee to chest", side=None, number=1, left_ms=638_000),
    moment(stretch="Knee to chest", side="right", number=1, left_ms=623_000),
    moment(stretch="Knee to chest", side="right", number=1, left_ms=610_000, state=State.PAUSED),
    moment(stretch="Knee to chest", side="right", number=1, left_ms=610_000, state=State.PAUSED),
    moment(stretch="Knee to chest", side="right", number=1, left_ms=610_000),
    moment(stretch="Knee to chest", side="left", number=1, left_ms=560_000),
    moment(stretch="Knee to chest", side="left", number=1, left_ms=550_000, state=State.WAITING, notice=LOUDSPEAKER),
    moment(stretch="Knee to chest", side="left", number=1, left_ms=550_000, state=State.WAITING, notice=LOUDSPEAKER),
    moment(stretch="Knee to chest", side="left", number=1, left_ms=550_000),
    moment(stretch="Knee to chest", side="left", number=1, left_ms=540_000, state=State.WAITING),
    moment(stretch="Knee to chest", side="left", number=1, left_ms=540_000, notice=LOUDSPEAKER),
    moment(stretch=None, side=None, number=6, left_ms=4000, elapsed_ms=654_000),
    moment(stretch=None, side=None, number=6, left_ms=0, elapsed_ms=658_000, state=State.OVER),
]


def test_the_keys_are_shown_when_asked_for() -> None:
    stream = io.StringIO()
    with LinesDisplay(stream) as display:
        for shows_keys in (False, True, True, False):
            display.update(moment(left_ms=610_000, shows_keys=shows_keys))
    keys = [line for line in stream.getvalue().splitlines() if "Keys:" in line]
    assert len(keys) == 1
    assert all(text in keys[0] for text in KEYS_HELP)


def test_plain_lines_say_what_is_new_and_nothing_twice() -> None:
    stream = io.StringIO()
    with LinesDisplay(stream) as display:
        for status in SESSION:
            display.update(status)
    assert stream.getvalue().splitlines() == [
        "  10:58 left  Evening",
        "  10:38 left  Knee to chest (1 of 6)",
        "  10:23 left  Knee to chest, right side (1 of 6)",
        "  10:10 left  Paused.",
        "  10:10 left  Going on.",
        "   9:20 left  Knee to chest, left side (1 of 6)",
        f"   9:10 left  {LOUDSPEAKER}",
        "   9:10 left  Going on.",
        "   9:00 left  Waiting.",
        "   9:00 left  Going on.",
        f"   9:00 left  {LOUDSPEAKER}",
        "Evening: finished after 10:58.",
    ]


def test_a_session_that_begins_paused_says_so() -> None:
    assert list(news(None, moment(state=State.PAUSED))) == ["Child's pose, right side (2 of 6)", "Paused."]


@given(st.lists(st.sampled_from(SESSION), max_size=20))
def test_a_moment_that_goes_on_is_no_news(statuses: list[Status]) -> None:
    once, twice = io.StringIO(), io.StringIO()
    one, other = LinesDisplay(once), LinesDisplay(twice)
    for status in statuses:
        one.update(status)
        other.update(status)
        other.update(status)
    assert once.getvalue() == twice.getvalue()


def test_quiet_says_only_what_one_should_know() -> None:
    stream = io.StringIO()
    with QuietDisplay(stream) as display:
        for status in SESSION:
            display.update(status)
    assert stream.getvalue() == f"coach: {LOUDSPEAKER}\n" * 2  # it came twice


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (moment(state=State.OVER, left_ms=0), "Evening: finished after 3:20."),
        (moment(), "Evening: stopped in Child's pose, right side, after 3:20; 7:38 left."),
        (moment(stretch=None, side=None), "Evening: stopped after 3:20; 7:38 left."),
    ],
)
def test_the_last_line_says_how_it_ended(status: Status, text: str) -> None:
    assert closing(status) == text


def test_an_end_before_the_beginning_says_nothing() -> None:
    stream = io.StringIO()
    with LinesDisplay(stream):
        pass
    assert stream.getvalue() == ""


def test_nothing_in_a_script_steers_the_terminal() -> None:
    stream = io.StringIO()
    with LinesDisplay(stream) as display:
        display.update(moment(title="a\x1b[2Jb", stretch="c\x07\nd", notice="e\x1b]0;f"))
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", stream.getvalue())
    assert len(stream.getvalue().splitlines()) == 3


class Broken(io.StringIO):
    def __init__(self, problem: Exception, from_write: int) -> None:
        super().__init__()
        self.problem, self.left = problem, from_write
        self.refused = 0

    def write(self, text: str) -> int:
        self.left -= 1
        if self.left < 0:
            self.refused += 1
            raise self.problem
        return super().write(text)


@pytest.mark.parametrize("kind", [LinesDisplay, QuietDisplay])
@pytest.mark.parametrize(
    "problem", [BrokenPipeError(), OSError(errno.EIO, "gone"), OSError(errno.ENOSPC, "full"), ValueError("closed")]
)
@pytest.mark.parametrize("from_write", range(5))
def test_a_stream_that_breaks_is_not_written_to_again(
    kind: Callable[[Broken], LinesDisplay | QuietDisplay], problem: Exception, from_write: int
) -> None:
    stream = Broken(problem, from_write)
    with kind(stream) as display:
        for status in SESSION:
            display.update(status)
    assert stream.refused <= 1


# --- in a process of its own ------------------------------------------------------------------------------------------

SHOW = """
import sys, time
sys.path.insert(0, {tests!r})
from coach.live.screen.display import open_display
from support.terminals import moment
with open_display() as display:
    print(type(display).__name__, file=sys.stderr)
{body}
"""


def script(body: str) -> str:
    return SHOW.format(tests=str(Path(__file__).parents[2]), body="\n".join(f"    {line}" for line in body.split("\n")))


Start = Callable[..., Pseudo]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    begun: list[Pseudo] = []

    def begin(body: str, **how: object) -> Pseudo:
        begun.append(Pseudo(script(body), tmp_path, **how))  # type: ignore[arg-type]
        return begun[-1]

    yield begin
    for pseudo in begun:
        pseudo.close()


ONE = "display.update(moment())"
BREATH = """for number in range(48):
    display.update(moment(phase="in", phase_share=number / 48, phase_left_ms=4000 - 83 * number,
                          elapsed_ms=200_000 + 83 * number, left_ms=458_999 - 83 * number))
    time.sleep(0.02)"""


@pytest.mark.parametrize(
    ("env", "kind"),
    [({}, "ScreenDisplay"), ({"TERM": "dumb"}, "LinesDisplay"), ({"TERM": "linux", "NO_COLOR": "1"}, "ScreenDisplay")],
)
def test_a_terminal_gets_a_screen_if_it_can_show_one(start: Start, env: dict[str, str], kind: str) -> None:
    terminal = start(ONE, env=env)
    assert terminal.ended() == 0
    assert terminal.errors == f"{kind}\n"
    terminal.expect("Evening: stopped in Child's pose, right side, after 3:20; 7:38 left.")
    assert ("\x1b" in terminal.output) == (kind == "ScreenDisplay")
    if env.get("NO_COLOR"):
        assert "\x1b[36m" not in terminal.output


def test_where_no_terminal_is_there_are_lines_or_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(open_display(), LinesDisplay)
    with open_display(quiet=True) as display:
        for status in SESSION[:4]:
            display.update(status)
    assert isinstance(display, QuietDisplay)
    assert capsys.readouterr() == ("", "")


def test_lines_come_at_once() -> None:
    body = f"{ONE}\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script(body)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"   7:38 left  Child's pose, right side (2 of 6)\n"
        child.communicate()


def test_a_reader_who_has_enough_does_not_end_the_session() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    body = "for number in range(3):\n    display.update(moment(number=number))\nprint('to the end', file=sys.stderr)\n"
    body += "print('whatever comes later', flush=True)"
    done = subprocess.run([sys.executable, "-c", script(body)], stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "LinesDisplay\nto the end\n")


OPENS, CLOSES, CLEARS = "\x1b[?1049h", "\x1b[?1049l", "\x1b[2J"
HIDES, SHOWS = "\x1b[?25l", "\x1b[?25h"


def test_only_what_changes_is_written(start: Start) -> None:
    terminal = start(BREATH)
    assert terminal.ended() == 0
    terminal.expect("stopped")
    screen, _, after = terminal.output.partition(CLOSES)
    assert [screen.count(code) for code in (OPENS, HIDES, CLEARS)] == [1, 1, 1]
    assert SHOWS in screen + after
    assert "\n" not in screen  # nothing scrolls
    assert screen.count("Evening") == screen.count("shoulders") == screen.count("finish") == 1
    assert 3 <= screen.count("Breathe in") <= 6  # its seconds
    assert screen.count("█" * 10) >= 30
    assert len(screen) < 48 * 500
    assert after.replace(SHOWS, "") == "Evening: stopped in Child's pose, right side, after 3:23; 7:35 left.\r\n"


def test_the_same_moment_is_written_once(start: Start) -> None:
    terminal = start("for _ in range(100): display.update(moment())")
    terminal.ended()
    terminal.expect("stopped")
    assert terminal.output.count("7:38 left") == 2  # on the screen, and in the last line


def test_the_same_moment_is_drawn_once(start: Start) -> None:
    terminal = start(
        """from coach.live.screen import display as module
drawn, view = [], module.view
module.view = lambda status: drawn.append(status) or view(status)
for _ in range(100): display.update(moment())
display.update(moment(breath=3))
print(len(drawn), file=sys.stderr)"""
    )
    terminal.ended()
    assert terminal.errors == "ScreenDisplay\n2\n"


def test_after_ctrl_z_where_nobody_could_go_on_the_screen_opens_again(start: Start) -> None:
    # A process without a shell above it: the system does not stop it.
    terminal = start(f"for _ in range(40):\n    {ONE}\n    time.sleep(0.05)")
    terminal.expect("finish")
    terminal.press(b"\x1a")
    terminal.expect("finish", times=2)
    terminal.ended()
    assert re.findall(r"\x1b\[\?1049[hl]", terminal.output) == [OPENS, CLOSES, OPENS, CLOSES]


class BrokenTerminal(io.StringIO):
    def __init__(self, descriptor: int, problem: Exception) -> None:
        super().__init__()
        self.descriptor, self.problem, self.refused = descriptor, problem, 0

    def fileno(self) -> int:
        return self.descriptor

    def write(self, text: str) -> int:
        self.refused += 1
        raise self.problem


@pytest.mark.parametrize("problem", [BrokenPipeError(), OSError(errno.EIO, "gone"), ValueError("closed")])
def test_a_screen_that_breaks_is_not_written_to_again(problem: Exception) -> None:
    master, slave = pty.openpty()
    stream = BrokenTerminal(slave, problem)
    with ScreenDisplay(stream) as display:
        for status in SESSION:
            display.update(status)
    assert stream.refused == 1
    os.close(master)
    os.close(slave)


def test_what_others_wrote_over_the_screen_is_mended(start: Start) -> None:
    terminal = start(f"display.HEAL_S = 0.2\n{ONE}\ntime.sleep(0.3)\n{ONE}")
    terminal.ended()
    terminal.expect("stopped")
    assert terminal.output.count("shoulders") == 2
    assert terminal.output.count(CLEARS) == 1


def test_a_window_of_another_size_gets_another_screen(start: Start) -> None:
    terminal = start(f"{ONE}\nsys.stdin.readline()\n{ONE}\nsys.stdin.readline()\n{ONE}")
    terminal.expect("finish")
    terminal.resize(40, 10)
    terminal.press(b"\n")
    terminal.expect(CLEARS, times=2)
    terminal.expect("7:38 left", times=2)
    small = terminal.output.rpartition(CLEARS)[2]
    assert max(int(row) for row, _ in re.findall(r"\x1b\[(\d+);(\d+)H", small)) == 10
    terminal.resize(0, 0)  # some terminals do not know
    terminal.press(b"\n")
    assert terminal.ended() == 0
    terminal.expect("finish", times=2)


@pytest.mark.parametrize("how", ["raise LookupError", "sys.exit(7)", "SIGTERM", "SIGHUP", "SIGINT"])
def test_the_screen_is_left_however_it_ends(start: Start, how: str) -> None:
    signals = "import signal; from coach.__main__ import _terminated\n"
    signals += "for name in (signal.SIGTERM, signal.SIGHUP): signal.signal(name, _terminated)\n"
    sends = how.startswith("SIG")
    terminal = start(f"{signals}{ONE}\n{'time.sleep(60)' if sends else how}")
    terminal.expect("finish")
    if sends:
        terminal.process.send_signal(getattr(signal, how))
    assert terminal.ended() != 0
    terminal.expect("stopped in Child's pose")
    assert terminal.output.index(OPENS) < terminal.output.index(CLOSES) < terminal.output.index("stopped in")
    assert terminal.output.rindex(SHOWS) > terminal.output.rindex(HIDES)


def test_a_window_that_is_closed_does_not_end_the_session(start: Start, tmp_path: Path) -> None:
    body = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{ONE}\ntime.sleep(0.5)\n{BREATH}\n"
    terminal = start(f"{body}print('to the end', file=sys.stderr)")
    terminal.expect("finish")
    terminal.hang_up()
    assert terminal.ended() == 0
    assert terminal.errors == "ScreenDisplay\nto the end\n"


def test_a_terminal_that_takes_nothing_holds_nothing_up(start: Start) -> None:
    """Ctrl-S, or a connection that hangs: the voice goes on, and so do we."""
    body = f"{ONE}\nsys.stdin.readline()\n{BREATH}\nprint('to the end', file=sys.stderr)"
    terminal = start(body)
    terminal.expect("finish")
    terminal.press(b"\n\x13")
    assert terminal.ended() == 0
    assert terminal.errors == "ScreenDisplay\nto the end\n"
    terminal.expect("stopped in")
    assert terminal.output.index(CLOSES) < terminal.output.index("stopped in")
    assert terminal.modes() == terminal.before


def test_a_dozen_updates_a_second_cost_next_to_nothing(start: Start) -> None:
    body = f"""used = time.process_time()
for _ in range(5):
    {BREATH.replace("    ", "        ").replace("time.sleep(0.02)", "pass")}
print("" if (time.process_time() - used) / 240 < 0.004 else "dear", file=sys.stderr)"""
    terminal = start(body)
    terminal.ended()
    assert terminal.errors == "ScreenDisplay\n\n"  # 4 ms twelve times a second are 5 % of a core
