"""A real audio server without a sound card: PulseAudio with a null sink, whose monitor is the microphone."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 15.0


@dataclass(frozen=True)
class MicrophoneServer:
    """A server whose default microphone hears what is played into ``room``."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.folder)

    def play(self, pcm: bytes, rate: int = 16_000) -> None:
        """Let the microphone hear some samples, 16 bit mono, and wait until it has."""
        command = ["pacat", "--playback", "--device=room", "--format=s16le", "--channels=1", f"--rate={rate}"]
        subprocess.run(
            [*command, "--latency-msec=50"], input=pcm, env={**os.environ, **self.environment}, check=True, timeout=120
        )

    def control(self, *arguments: str) -> str:
        """Ask the server for something with pactl."""
        return subprocess.run(
            ["pactl", *arguments],
            env={**os.environ, **self.environment},
            check=True,
            capture_output=True,
            text=True,
            timeout=20,
        ).stdout


def environment(folder: Path) -> dict[str, str]:
    """Return what leads a program to a server in a folder, and to no other."""
    return {
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_SERVER": f"unix:{folder / 'socket'}",
        "PULSE_COOKIE": str(folder / "cookie"),
        "HOME": str(folder),
    }


@contextlib.contextmanager
def microphone_server(folder: Path) -> Iterator[MicrophoneServer]:
    """Run a server of our own in a folder."""
    folder.chmod(0o700)
    modules = (
        f"module-native-protocol-unix auth-anonymous=1 socket={folder / 'socket'}",
        "module-null-sink sink_name=room rate=48000",
    )
    command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-target=stderr"]
    command += [f"--load={module}" for module in modules]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environment(folder)}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    server = MicrophoneServer(folder, process)
    try:
        _wait_for(server)
        server.control("set-default-source", "room.monitor")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(server: MicrophoneServer) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(subprocess.SubprocessError):
            server.control("info")
            return
        told = (server.folder / "log").read_text(errors="replace")
        assert server.process.poll() is None, told
        assert time.monotonic() < deadline, told
        time.sleep(0.05)
