"""A real audio server without a loudspeaker: a private PulseAudio with a null sink, and an ear on what it plays."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from support.needs import needs

RATE = 48_000
SINK = "coach"
LONGEST_WAIT_S = 20.0

needs_pulse = needs("pulseaudio", "pulseaudio, pulseaudio-utils and libasound2-plugins")
"""Mark every test that uses :func:`audio_server` with it."""

_MODULES = (
    # A rewind would play again, or not at all, what a listener has already heard.
    f"module-null-sink sink_name={SINK} rate={RATE} channels=1 format=s16le norewinds=1",
)


class Recording:
    """What the null sink plays, from the moment it is made; read while it goes on or after its end."""

    def __init__(self, server: AudioServer, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        command = ["parec", f"--device={SINK}.monitor", "--raw", "--format=s16le", f"--rate={RATE}", "--channels=1"]
        self._process = subprocess.Popen(
            [*command, "--latency-msec=20", "--client-name=ear"],
            stdout=self._file,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **server.env},
        )
        self.wait_for(RATE // 20)  # from now on nothing is missed

    def samples(self) -> NDArray[np.int16]:
        """Return all that was heard so far."""
        raw = self._path.read_bytes()
        return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2")

    @property
    def frames(self) -> int:
        """How much was heard so far."""
        return self._path.stat().st_size // 2

    def wait_for(self, frames: int) -> None:
        """Wait until so much was heard."""
        deadline = time.monotonic() + LONGEST_WAIT_S + frames / RATE
        while self.frames < frames:
            assert self._process.poll() is None, "parec has ended"
            assert time.monotonic() < deadline, "the null sink plays nothing"
            time.sleep(0.01)

    def stop(self) -> None:
        """Hear no more."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.wait(LONGEST_WAIT_S)
        self._file.close()


class AudioServer:
    """A PulseAudio of its own: other servers, loudspeakers and settings are neither used nor touched."""

    def __init__(self) -> None:
        # In /tmp whatever the tests' folder is: the path of a socket may not be longer than 107 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="coach-pulse-"))
        atexit.register(self.close)
        self._socket = self._folder / "native"
        self._process: subprocess.Popen[bytes] | None = None
        self._recordings = 0
        alsa = self._folder / "asound.conf"
        alsa.write_text(
            "pcm_type.pulse { }\nctl_type.pulse { }\n"
            "pcm.!default { type pulse }\nctl.!default { type pulse }\n"
            "pcm.pulse { type pulse }\nctl.pulse { type pulse }\n"
        )
        self.env = {
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_RUNTIME_PATH": str(self._folder),
            "PULSE_COOKIE": str(self._folder / "cookie"),
            "ALSA_CONFIG_PATH": str(alsa),
        }
        """What a process must be told so that it plays here."""

    @property
    def is_running(self) -> bool:
        """Whether it can be played to."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server, with its null sink, and wait until it answers."""
        assert not self.is_running
        self._socket.unlink(missing_ok=True)
        command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]
        command += [
            "--disallow-exit",
            "--high-priority=no",
            "--realtime=no",
            "--log-target=stderr",
            "--log-level=error",
        ]
        modules = (f"module-native-protocol-unix socket={self._socket} auth-anonymous=1", *_MODULES)
        command += [part for module in modules for part in ("-L", module)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.env, "HOME": str(self._folder), "XDG_RUNTIME_DIR": str(self._folder)},
                start_new_session=True,
            )
        deadline = time.monotonic() + LONGEST_WAIT_S
        while SINK not in self.ask("list", "short", "sinks"):
            assert self.is_running, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)
        self._hurry()

    def _hurry(self) -> None:
        """Give it the priority that an audio server has where people listen; only root may.

        Without, it is late itself when the machine is busy, and what it leaves out is not the player's fault.
        """
        assert self._process is not None
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
                os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(5))

    def ask(self, *arguments: str) -> str:
        """Return what ``pactl`` says; nothing where the server does not answer."""
        done = subprocess.run(
            ["pactl", *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **self.env},
            timeout=LONGEST_WAIT_S,
        )
        return done.stdout

    def log(self) -> str:
        """Return what the server complained of."""
        return (self._folder / "log").read_text(errors="replace")

    def stop(self) -> None:
        """Kill the server, as a crash would; recordings end with it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(LONGEST_WAIT_S)

    @contextlib.contextmanager
    def recording(self) -> Iterator[Recording]:
        """Record what is played inside the block; it may also be read after it."""
        self._recordings += 1
        recording = Recording(self, self._folder / f"heard-{self._recordings}.raw")
        try:
            yield recording
        finally:
            recording.stop()

    def close(self) -> None:
        """Stop it, and remove what it and its recordings have written."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture
def audio_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[AudioServer]:
    """A running server that this process, and those it starts, play to."""
    server = AudioServer()
    try:
        server.start()
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        yield server
    finally:
        server.close()
