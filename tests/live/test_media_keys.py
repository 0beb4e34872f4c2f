"""Media keys, over a real session bus of the tests' own."""

from __future__ import annotations

import contextlib
import gc
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coach.live import media_keys
from coach.live.commands import Command
from coach.live.media_keys import MediaKeys, why_not
from coach.live.status import State, Status
from support.needs import needs
from support.terminals import moment, until

NAME = "org.mpris.MediaPlayer2.stretch_coach"
PLAYER = "org.mpris.MediaPlayer2.Player"
PLAYING = moment(title="Lower back in seven", stretches=7, elapsed_ms=60_000, left_ms=300_000, volume_db=-6.0)

linux = pytest.mark.skipif(sys.platform != "linux", reason="media keys are on Linux only")
with_bus = [linux, needs("dbus-daemon", "dbus"), needs("dbus-send", "dbus")]


class Bus:
    """A session bus, and what a desktop would do on it."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:path={folder / 'bus'}"
        self.begin()

    def begin(self) -> None:
        command = ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address={self.address}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        assert self.process.stdout.readline()  # it is ready

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.communicate()

    def ask(self, member: str, *arguments: str, name: str = NAME, path: str = "/org/mpris/MediaPlayer2") -> str:
        command = ["dbus-send", "--session", "--print-reply=literal", "--reply-timeout=5000", f"--dest={name}"]
        done = subprocess.run([*command, path, member, *arguments], capture_output=True, text=True)
        return done.stdout.strip() or done.stderr.strip()

    def press(self, key: str, *arguments: str) -> str:
        return self.ask(f"{PLAYER}.{key}", *arguments)

    def get(self, what: str, interface: str = PLAYER) -> str:
        return self.ask("org.freedesktop.DBus.Properties.Get", f"string:{interface}", f"string:{what}")

    def players(self) -> set[str]:
        told = self.ask("org.freedesktop.DBus.ListNames", name="org.freedesktop.DBus", path="/org/freedesktop/DBus")
        return {word for word in told.split() if word.startswith("org.mpris")}


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    bus = Bus(tmp_path)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    yield bus
    bus.end(signal.SIGKILL)


@contextlib.contextmanager
def keys_to(on_command: Callable[[Command], None]) -> Iterator[MediaKeys]:
    keys = MediaKeys()
    try:
        assert keys.start(on_command) is None
        yield keys
    finally:
        keys.stop()


def media_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "media keys"]


class Listener:
    """What the desktop is told by itself, line by line."""

    def __init__(self) -> None:
        command = ["dbus-monitor", "--session", "type='signal',path='/org/mpris/MediaPlayer2'"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        until(lambda: self.lines)  # it tells its own name first

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.strip())

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._thread.join()

    def heard(self, text: str) -> int:
        return sum(text in line for line in self.lines)


@pytest.mark.usefixtures("bus")
class TestOnABus:
    pytestmark = with_bus

    def test_keys_become_commands(self, bus: Bus) -> None:
        heard: list[Command] = []
        with keys_to(heard.append):
            until(lambda: NAME in bus.players())
            for key in ("PlayPause", "Play", "Pause", "Next", "Previous", "Stop"):
                assert bus.press(key) == ""
        assert heard == ["toggle", "go-on", "pause", "next", "previous", "stop"]

    def test_what_a_desktop_shows(self, bus: Bus) -> None:
        with keys_to(lambda _: None) as keys:
            keys.update(PLAYING)
            until(lambda: NAME in bus.players())
            assert bus.get("PlaybackStatus").split() == ["variant", "Playing"]
            assert bus.get("Position").split() == ["variant", "int64", "60000000"]
            about = bus.get("Metadata")
            for text in ("Child's pose, right side", "Lower back in seven", "int64 360000000", "Stretch Coach"):
                assert text in about
            assert "Stretch Coach" in bus.get("Identity", "org.mpris.MediaPlayer2")
            for ability, interface in (("CanQuit", "MediaPlayer2"), ("CanRaise", "MediaPlayer2"), ("CanSeek", PLAYER)):
                full = interface if interface == PLAYER else f"org.mpris.{interface}"
                assert bus.get(ability, full).split()[-1] == "false"
            for ability in ("CanControl", "CanPlay", "CanPause", "CanGoNext", "CanGoPrevious"):
                assert bus.get(ability).split()[-1] == "true"
            assert bus.get("Volume").split()[-1].startswith("0.50")
            keys.update(replace(PLAYING, state=State.PAUSED, stretch=None, side=None))
            until(lambda: "Paused" in bus.get("PlaybackStatus"))
            assert "xesam:title" in bus.get("Metadata")
            assert "pose" not in bus.get("Metadata")
            keys.update(replace(PLAYING, state=State.OVER))
            assert "Stopped" in bus.get("PlaybackStatus")

    def test_everything_that_mpris_names_is_there(self, bus: Bus) -> None:
        """As a desktop asks for it: all at once, and with nothing told yet."""
        with keys_to(lambda _: None):
            until(lambda: NAME in bus.players())
            root = bus.ask("org.freedesktop.DBus.Properties.GetAll", "string:org.mpris.MediaPlayer2")
            for name in (
                "CanQuit",
                "CanRaise",
                "HasTrackList",
                "Identity",
                "SupportedUriSchemes",
                "SupportedMimeTypes",
            ):
                assert name in root
            player = bus.ask("org.freedesktop.DBus.Properties.GetAll", f"string:{PLAYER}")
            names = ("PlaybackStatus", "Rate", "Metadata", "Volume", "Position", "MinimumRate", "MaximumRate")
            for name in names:
                assert name in player
            for call in (("Seek", "int64:5"), ("SetPosition", "objpath:/x", "int64:5"), ("OpenUri", "string:x")):
                assert bus.press(*call) == ""
            assert "Error" in bus.press("Eject")
            assert "is readonly" in bus.ask(
                "org.freedesktop.DBus.Properties.Set", f"string:{PLAYER}", "string:Rate", "variant:double:2"
            )

    def test_a_desktop_is_told_what_changes_and_nothing_else(self, bus: Bus) -> None:
        began_s = time.monotonic()

        def now(**changes: Any) -> Status:
            ms = round((time.monotonic() - began_s) * 1000)
            return replace(PLAYING, **{"elapsed_ms": 60_000 + ms, "left_ms": 300_000 - ms, **changes})

        with Listener() as listener, keys_to(lambda _: None) as keys:
            keys.update(now())
            until(lambda: listener.heard("Child's pose, right side"))
            until(lambda: listener.heard("Seeked"))  # a session that is shown from its middle on
            at_first = listener.heard('"Position"')
            while time.monotonic() < began_s + 2.5:  # long enough for the position to be looked at
                keys.update(now())
                time.sleep(0.05)
            keys.update(now(side="left"))
            until(lambda: listener.heard("Child's pose, left side"))
            keys.update(now(side="left", state=State.PAUSED))
            until(lambda: listener.heard('"Paused"'))
            assert listener.heard("PropertiesChanged") == 3
            assert listener.heard("Seeked") == 1
            keys.update(now(elapsed_ms=90_000, left_ms=1_000, side="left"))
            until(lambda: listener.heard("Seeked") == 2)
            until(lambda: listener.heard("int64 90000000"))
            assert listener.heard('"Position"') == at_first  # which MPRIS wants nobody to be told

    def test_a_second_coach_has_a_name_of_its_own(self, bus: Bus) -> None:
        heard: list[str] = []
        with keys_to(lambda _: heard.append("first")):
            until(lambda: NAME in bus.players())
            with keys_to(lambda _: heard.append("second")):
                other = f"{NAME}.instance{os.getpid()}"
                until(lambda: bus.players() == {NAME, other})
                bus.ask(f"{PLAYER}.Next", name=other)
            bus.press("Next")
        assert heard == ["second", "first"]
        assert bus.players() == set()

    def test_a_command_that_fails_harms_nobody(self, bus: Bus, capfd: pytest.CaptureFixture[str]) -> None:
        def fail(_: Command) -> None:
            raise ZeroDivisionError

        with keys_to(fail) as keys:
            until(lambda: NAME in bus.players())
            assert bus.press("Next") == ""
            assert bus.press("Next") == ""
            assert keys.problem is None
        assert capfd.readouterr() == ("", "")

    def test_stop_is_quick_and_leaves_no_thread(self, bus: Bus) -> None:
        with keys_to(lambda _: None) as keys:
            until(lambda: NAME in bus.players())
            began_s = time.monotonic()
            keys.stop()
            assert time.monotonic() - began_s < 0.9
            assert keys.problem is None
            assert media_threads() == []
            assert bus.players() == set()
            keys.update(PLAYING)
            keys.stop()

    def test_stop_may_come_at_any_moment(self, bus: Bus) -> None:
        for pause_s in (0.0, 0.0, 0.001, 0.005, 0.01, 0.02, 0.05):
            with keys_to(lambda _: None) as keys:
                time.sleep(pause_s)
                keys.update(PLAYING)
            until(lambda: media_threads() == [], 2)
            assert keys.problem is None
            assert bus.players() == set()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
    def test_the_bus_may_go_away(self, bus: Bus, number: int, capfd: pytest.CaptureFixture[str]) -> None:
        with keys_to(lambda _: None) as keys:
            keys.update(PLAYING)
            until(lambda: NAME in bus.players())
            bus.end(number)
            for index in range(20):  # the session goes on telling
                keys.update(replace(PLAYING, side=("left", "right")[index % 2]))
                time.sleep(0.01)
            until(lambda: keys.problem)
            assert keys.problem is not None
            assert keys.problem.startswith("media keys: the session bus")
            assert "\n" not in keys.problem
            keys.update(PLAYING)
            until(lambda: media_threads() == [])
        assert capfd.readouterr() == ("", "")

    def test_the_bus_may_go_away_at_any_moment(
        self, bus: Bus, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        chance = random.Random(3)
        for _ in range(10):
            with keys_to(lambda _: None) as keys:
                time.sleep(chance.uniform(0, 0.03))
                keys.update(PLAYING)
                bus.end(signal.SIGKILL)
                until(lambda: keys.problem)
            (tmp_path / "bus").unlink()
            bus.begin()
        gc.collect()  # what nobody waited for would complain now
        assert capfd.readouterr() == ("", "")

    def test_the_usual_place_is_looked_at_too(self, bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert why_not() is None
        with monkeypatch.context() as elsewhere:
            elsewhere.delenv("DBUS_SESSION_BUS_ADDRESS")
            elsewhere.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # where the tests' bus is called “bus”
            assert why_not() is None
            with keys_to(lambda _: None):
                elsewhere.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)  # for dbus-send
                until(lambda: NAME in bus.players())

    def test_a_program_of_the_desktop_finds_its_way(self, bus: Bus) -> None:
        """With GLib's own tool, where it is there: it reads how each call is to be made, and makes it."""
        if shutil.which("gdbus") is None:
            pytest.skip("needs gdbus (Debian: libglib2.0-bin)")
        heard: list[Command] = []
        target = ("--session", "--dest", NAME, "--object-path", "/org/mpris/MediaPlayer2")
        with keys_to(heard.append):
            until(lambda: NAME in bus.players())
            told = subprocess.run(["gdbus", "introspect", *target], capture_output=True, text=True).stdout
            for line in ("PlayPause();", "Seek(in  x offset_us);", "Seeked(x ", "readonly a{sv} Metadata", "Raise();"):
                assert line in told
            done = subprocess.run(["gdbus", "call", *target, "--method", f"{PLAYER}.PlayPause"], capture_output=True)
            assert (done.returncode, done.stdout) == (0, b"()\n")
        assert heard == [Command.TOGGLE]


def test_where_there_is_no_bus_there_are_no_media_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    keys = MediaKeys()
    told = keys.start(lambda _: None)
    assert told is not None
    assert told == keys.problem
    assert "session bus" in told or sys.platform != "linux"
    keys.update(PLAYING)
    keys.stop()


@linux
@pytest.mark.parametrize("address", ["unix:path=/nowhere/bus", "rubbish", "tcp:host=127.0.0.1,port=1", "x:y=z"])
def test_a_bus_that_does_not_answer_is_told(
    address: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with keys_to(lambda _: None) as keys:
        keys.update(PLAYING)
        until(lambda: keys.problem)
        assert keys.problem is not None
        assert keys.problem.startswith("media keys: the session bus cannot be used (")
        assert "\n" not in keys.problem
        keys.update(PLAYING)
        until(lambda: media_threads() == [])
    assert capfd.readouterr() == ("", "")


def test_without_its_package_there_are_no_media_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    monkeypatch.setattr(media_keys.sys, "platform", "linux")
    monkeypatch.setattr(media_keys.importlib.util, "find_spec", lambda name: None)
    told = MediaKeys().start(lambda _: None)
    assert told == "media keys need a package: pip install 'stretch-coach[media-keys]'"


def test_on_other_systems_there_are_no_media_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_keys.sys, "platform", "darwin")
    assert MediaKeys().start(lambda _: None) == "media keys work on Linux only"


def test_nothing_of_the_bus_is_loaded_before_it_is_wanted() -> None:
    code = "import coach.live.media_keys, sys; print('dbus_fast' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
