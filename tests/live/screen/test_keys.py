from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.live.commands import Command
from coach.live.screen.keys import BINDINGS, KEYS_HELP, Presses, command_of, open_keys
from support.terminals import Pseudo, until

SESSION = """
import signal, sys
from coach.__main__ import _terminated
from coach.live.screen.keys import open_keys
for name in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(name, _terminated)
with open_keys() as keys:
    print("ready", flush=True)
    while True:
        command = keys.read(0.1)
        if command == "repeat" and "raise" in sys.argv: raise LookupError
        if command == "repeat" and "exit" in sys.argv: sys.exit(7)
        if command: print(f"<{command}>", flush=True)
        if command == "finish": break
print("bye")
"""

Start = Callable[..., Pseudo]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    begun: list[Pseudo] = []

    def begin(code: str = SESSION, **how: object) -> Pseudo:
        begun.append(Pseudo(code, tmp_path, **how))  # type: ignore[arg-type]
        begun[-1].expect("ready")
        return begun[-1]

    yield begin
    for pseudo in begun:
        pseudo.close()


RIGHT, LEFT, UP, F5, DELETE = b"\x1b[C", b"\x1b[D", b"\x1b[A", b"\x1b[15~", b"\x1b[3~"

PRESSED = [
    (b" ", "toggle"),
    (RIGHT, "next"),
    (LEFT, "previous"),
    (b"n", "next"),
    (b"p", "previous"),
    (b"N", "next"),
    (b"P", "previous"),
    (b"\x1bOC", "next"),  # in the mode for applications
    (b"\x1bOD", "previous"),
    (b"r", "repeat"),
    (b"s", "skip-side"),
    (b"R", "repeat"),
    (b"S", "skip-side"),
    (b"-", "slower"),
    (b"+", "faster"),
    (b"=", "faster"),
    (b"]", "louder"),
    (b"[", "softer"),
    (b"x", "toggle"),
    (b"\r", "toggle"),
    (b"7", "toggle"),
    ("é".encode(), "toggle"),
    ("т".encode(), "toggle"),
    (b"q", "finish"),
]


def test_every_key_does_what_it_says_and_none_is_written(start: Start) -> None:
    terminal = start()
    expected = "ready\r\n"
    for key, command in PRESSED:
        time.sleep(0.2 * (command == "toggle"))
        terminal.press(key)
        expected += f"<{command}>\r\n"
        terminal.expect(expected)
    assert terminal.ended() == 0
    terminal.expect("bye")
    assert terminal.output == f"{expected}bye\r\n"  # nothing is echoed, and the terminal is asked nothing
    assert {command for _, command in PRESSED} == {binding.command.value for binding in BINDINGS}


def test_an_arrow_that_comes_in_pieces_is_one_key(start: Start) -> None:
    terminal = start()
    terminal.press(b"\x1b", b"[", b"C", apart_s=0.05)
    terminal.press(b"q")
    terminal.ended()
    assert terminal.output == "ready\r\n<next>\r\n<finish>\r\nbye\r\n"


@pytest.mark.parametrize("key", [DELETE, b"\t", b"\x7f", b"\r", b"x"])
def test_any_other_key_pauses(start: Start, key: bytes) -> None:
    terminal = start()
    terminal.press(key)
    terminal.press(b"Q")
    terminal.ended()
    assert terminal.output == "ready\r\n<toggle>\r\n<finish>\r\nbye\r\n"


def test_escape_and_what_is_no_key_by_itself_do_nothing(start: Start) -> None:
    terminal = start()
    for key in (
        b"\x1b",
        UP,
        F5,
        b"\x01",
        b"\x1b[1;5C",
        b"\xff",
        b"\x1b[200~",
        b"\x1bx",
        b"\x00",
        b"\x1b[1;9q",
    ):
        terminal.press(key)
        time.sleep(0.45 if key == b"\x1b" else 0.1)  # so long an escape waits for what may follow it
    terminal.press(b"Q")
    terminal.ended()
    assert terminal.output == "ready\r\n<finish>\r\nbye\r\n"
    assert terminal.errors == ""


def test_a_key_that_is_held_down_counts_once(start: Start) -> None:
    terminal = start()
    terminal.press(b" ", b" ", apart_s=0.5)
    terminal.press(*[b" "] * 20, apart_s=0.033)
    time.sleep(0.4)
    terminal.press(*[b"]"] * 6, apart_s=0.033)
    terminal.press(b"q")
    terminal.ended()
    assert terminal.output.split() == ["ready", "<toggle>", *["<louder>"] * 6, "<finish>", "bye"]


def test_quick_presses_all_count(start: Start) -> None:
    terminal = start()
    terminal.press(b" ", b" ", RIGHT, RIGHT, RIGHT, apart_s=0.3)
    terminal.press(b"q")
    terminal.ended()
    assert terminal.output.split() == ["ready", *["<toggle>"] * 2, *["<next>"] * 3, "<finish>", "bye"]


def done(presses: list[tuple[float, Command]]) -> list[Command]:
    taken, commands = Presses(), []
    for at_s, command in presses:
        if taken.settles_at_s() < at_s:
            commands += taken.settled(taken.settles_at_s() + 0.001)
        commands += taken.pressed(command, at_s)
    commands += taken.settled(presses[-1][0] + 10)
    assert taken.settles_at_s() == float("inf")
    return commands


TOGGLE, NEXT, LOUDER = Command.TOGGLE, Command.NEXT, Command.LOUDER


@pytest.mark.parametrize("begins_s", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("every_s", [0.03, 0.09])
def test_no_keyboard_repeats_a_toggle(begins_s: float, every_s: float) -> None:
    held = [0.0, *(begins_s + number * every_s for number in range(20))]
    assert done([(at_s, TOGGLE) for at_s in held]) == [TOGGLE]
    again = held[-1] + 1.5
    assert done([(at_s, TOGGLE) for at_s in (*held, again)]) == [TOGGLE, TOGGLE]
    assert done([(at_s, LOUDER) for at_s in held]) == [LOUDER] * 21


def test_presses_keep_their_order() -> None:
    assert done([(0.0, TOGGLE), (0.3, TOGGLE), (0.35, NEXT), (0.36, TOGGLE)]) == [TOGGLE, TOGGLE, NEXT, TOGGLE]


@given(st.lists(st.tuples(st.floats(0.2, 3), st.sampled_from([TOGGLE, NEXT, LOUDER])), min_size=1))
def test_presses_a_fifth_of_a_second_apart_all_count(gaps: list[tuple[float, Command]]) -> None:
    at_s, presses = 0.0, []
    for gap_s, command in gaps:
        at_s += gap_s
        presses.append((at_s, command))
    assert done(presses) == [command for _, command in presses]


@pytest.mark.parametrize(
    ("how", "status"),
    [("finish", 0), ("raise", 1), ("exit", 7), ("Ctrl-C", 1), ("SIGTERM", 143), ("SIGHUP", 129)],
)
def test_the_terminal_is_as_before_however_it_ends(start: Start, how: str, status: int) -> None:
    terminal = start(f"import sys\nsys.argv.append({how!r})\n{SESSION}")
    lflag = terminal.modes()[3]
    assert not lflag & (termios.ICANON | termios.ECHO)
    assert lflag & termios.ISIG
    match how:
        case "finish":
            terminal.press(b"q")
        case "raise" | "exit":
            terminal.press(b"r")
        case "Ctrl-C":
            terminal.press(b"\x03")
        case _:
            terminal.process.send_signal(getattr(signal, how))
    ended = terminal.ended()
    assert ended == status or (how, ended) == ("Ctrl-C", -signal.SIGINT)
    assert terminal.modes() == terminal.before


def test_ctrl_c_is_an_interrupt(start: Start) -> None:
    terminal = start()
    terminal.press(b"\x03")
    terminal.ended()
    assert "KeyboardInterrupt" in terminal.errors


def test_a_window_that_is_closed_ends_without_a_word(start: Start) -> None:
    terminal = start()
    terminal.hang_up()
    assert terminal.ended() == 128 + signal.SIGHUP
    assert terminal.errors == ""


def test_where_the_terminal_is_gone_reading_waits_and_does_not_spin(start: Start, tmp_path: Path) -> None:
    code = f"""
import signal, time
from coach.live.screen.keys import open_keys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with open_keys() as keys:
    print("ready", flush=True)
    time.sleep(0.5)
    began, used = time.monotonic(), time.process_time()
    read = [keys.read(0.1) for _ in range(10)]
open({str(tmp_path / "told")!r}, "w").write(
    repr((set(read), round(time.monotonic() - began), time.process_time() - used < 0.3)))
"""
    terminal = start(code)
    terminal.hang_up()
    assert terminal.ended() == 0
    assert (tmp_path / "told").read_text() == "({None}, 1, True)"
    assert terminal.errors == ""


def test_keys_are_read_again_after_a_stop_by_somebody_else(start: Start) -> None:
    terminal = start()
    taken = terminal.modes()
    terminal.process.send_signal(signal.SIGSTOP)
    until(lambda: b"T (stopped)" in Path(f"/proc/{terminal.process.pid}/status").read_bytes())
    termios.tcsetattr(terminal.slave, termios.TCSANOW, terminal.before)  # as a shell does
    terminal.process.send_signal(signal.SIGCONT)
    until(lambda: terminal.modes() == taken)
    terminal.press(b"nq")
    terminal.ended()
    assert terminal.output.split() == ["ready", "<next>", "<finish>", "bye"]
    assert terminal.modes() == terminal.before


def test_ctrl_z_where_nobody_could_go_on_does_not_matter(start: Start) -> None:
    terminal = start()  # a process without a shell above it: the system does not stop it
    terminal.press(b"\x1a", b"n", apart_s=0.3)
    terminal.expect("<next>")
    terminal.press(b"q")
    terminal.ended()
    assert terminal.modes() == terminal.before


def test_keys_are_read_where_only_messages_go_to_the_terminal(start: Start) -> None:
    code = f"import functools, sys; print = functools.partial(print, file=sys.stderr)\n{SESSION}"
    reading, writing = os.pipe()
    terminal = start(code, stdout=writing)
    terminal.press(b"n", b"q", apart_s=0.1)
    assert terminal.ended() == 0
    os.close(reading)
    os.close(writing)
    assert terminal.output.split() == ["ready", "<next>", "<finish>", "bye"]


@pytest.mark.parametrize("stdin", ["pipe", "closed", "nothing", "end of file"])
def test_without_a_terminal_there_are_no_keys(stdin: str) -> None:
    code = """
import time
from coach.live.screen.keys import open_keys
with open_keys() as keys:
    began, used = time.monotonic(), time.process_time()
    assert [keys.read(0.1) for _ in range(5)] == [None] * 5
    assert 0.5 <= time.monotonic() - began < 2
    assert time.process_time() - used < 0.2
"""
    if stdin == "closed":
        code = f"import subprocess, sys, os; os.close(0); os.execv(sys.executable, [sys.executable, '-c', {code!r}])"
    reading, writing = os.pipe()
    os.write(writing, b"q" * (stdin == "pipe"))
    if stdin == "end of file":
        os.close(writing)
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL if stdin == "nothing" else reading,
        capture_output=True,
        text=True,
    )
    os.close(reading)
    if stdin != "end of file":
        os.close(writing)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_where_no_terminal_is_nothing_is_imported() -> None:
    code = """
import sys
from coach.live.screen.keys import open_keys
with open_keys():
    assert "blessed" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, check=True)


def test_no_key_has_two_meanings_and_each_has_its_help() -> None:
    keys = [key for binding in BINDINGS for key in binding.keys]
    assert len(set(keys)) == len(keys)
    assert all(command_of(key) == binding.command for binding in BINDINGS for key in binding.keys)
    assert len(KEYS_HELP) == len([binding for binding in BINDINGS if binding.help]) + 1


def test_opening_twice_in_a_row_is_fine() -> None:
    for _ in range(2):
        with open_keys() as keys:
            assert keys.read(0.01) is None
