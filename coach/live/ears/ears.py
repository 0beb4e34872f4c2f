"""The ears of a session: spoken commands, heard by the microphone and told apart on this machine (the extra
``stretch-coach[hands-free]``). Nothing that is heard is stored or sent.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import json
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any

from coach.errors import InputError, MachineError
from coach.live.commands import Command
from coach.live.ears.echo import RATE
from coach.live.ears.hearing import Listening
from coach.live.ears.spotter import NEEDS
from coach.live.ears.spotter_worker import request_of
from coach.players.alsa import hush_alsa

OnCommand = Callable[[Command], None]

WORKER = (sys.executable, "-m", "coach.live.ears.spotter_worker")
BLOCK_MS = 20
"""What the microphone is asked for at a time."""
KEPT_BLOCKS = 100
"""How many blocks wait at most, of either side: two seconds; then the oldest go."""
MOST_PIECES = 3
"""How many utterances wait for the recogniser at most."""
GONE_S = 2.0
"""When the microphone has given nothing for this long, it is gone."""
TRY_AGAIN_S = 3.0
"""How often it is looked for then."""
SILENT_S = 10.0
"""A microphone that gives nothing but zeros for this long is switched off or withheld."""

GONE = "The microphone is gone; spoken commands are not heard until it is back."
SILENT = "The microphone gives only silence: switch it on, or let this program use it in the system's privacy settings."
DEAF = "The recogniser has ended; spoken commands are no longer heard."


class Ears:
    """Hears spoken commands while a session plays, and not the session itself."""

    def __init__(self, *, worker: Sequence[str] = WORKER) -> None:
        self._worker = tuple(worker)
        self._on_command: OnCommand = _ignore
        self._stopping = threading.Event()
        self._understood = threading.Event()
        self._blocks: deque[bytes] = deque(maxlen=KEPT_BLOCKS)
        self._has_block = threading.Event()
        self._played: deque[bytes] = deque(maxlen=KEPT_BLOCKS)
        self._pieces: queue.SimpleQueue[list[bytes] | None] = queue.SimpleQueue()
        self._device: Any = None
        self._process: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []
        self._microphone_problem: str | None = None
        self._recogniser_problem: str | None = None

    def start(self, on_command: OnCommand) -> None:
        """Open the microphone and listen.

        ``on_command`` is called with each command, from a thread of the ears, about half a second after its last word.

        Raises:
            InputError: pocketsphinx is not installed.
            MachineError: there is no microphone, or it may not be used; says what to do.
        """
        if importlib.util.find_spec("pocketsphinx") is None:
            raise InputError(NEEDS)
        self.stop()
        self._on_command = on_command
        self._stopping, self._pieces = threading.Event(), queue.SimpleQueue()
        self._microphone_problem = self._recogniser_problem = None
        self._blocks.clear()
        self._played.clear()
        self._device = self._open()
        self._threads = [
            threading.Thread(target=work, args=(self._stopping,), name=name, daemon=True)
            for name, work in (("coach-ears", self._listen), ("coach-spotter", self._recognise))
        ]
        for thread in self._threads:
            thread.start()
        atexit.register(self.stop)

    def add_played(self, pcm: bytes) -> None:
        """Take a block that is being given to the loudspeaker: 16 bit, mono, at :data:`coach.units.SAMPLE_RATE`.

        Takes no time: it may be called from an audio callback. Blocks of silence belong to it.
        """
        self._played.append(pcm)

    def problem(self) -> str | None:
        """Return why nothing is heard just now; ``None`` while all is well. A microphone may come back."""
        return self._recogniser_problem or self._microphone_problem

    def stop(self) -> None:
        """Close the microphone and end; never fails, may be called twice, and from ``on_command``."""
        atexit.unregister(self.stop)
        self._stopping.set()
        self._has_block.set()
        self._pieces.put(None)
        process, self._process = self._process, None
        if process is not None:
            _end(process)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(TRY_AGAIN_S)
        self._threads = []
        device, self._device = self._device, None
        _close(device)

    def _open(self) -> Any:
        """Return the default microphone, running."""
        import miniaudio

        hush_alsa()
        device = None
        try:
            device = miniaudio.CaptureDevice(
                miniaudio.SampleFormat.SIGNED16, 1, RATE, BLOCK_MS, app_name="Stretch Coach"
            )
            # Where there is no sound system at all, miniaudio makes one up that is silent.
            if device.backend.lower() == "null":
                raise MachineError(_no_microphone("no sound system was found"))
            device.start(self._receiver())
        except miniaudio.MiniaudioError as error:
            _close(device)
            raise MachineError(_no_microphone(str(error.args[0] if error.args else error))) from error
        except MachineError:
            _close(device)
            raise
        return device

    def _receiver(self) -> Generator[None, bytes, None]:
        """Return what miniaudio hands its blocks to."""

        def receive() -> Generator[None, bytes, None]:
            while True:
                block = yield
                self._blocks.append(bytes(block))
                self._has_block.set()

        receiver = receive()
        next(receiver)
        return receiver

    def _listen(self, stopping: threading.Event) -> None:
        listening = Listening()
        last = loud = time.monotonic()
        try:
            while not stopping.is_set():
                if not self._has_block.wait(GONE_S):
                    self._look_for_microphone(stopping)
                    last = loud = time.monotonic()
                    continue
                self._has_block.clear()
                last, loud = self._take_blocks(listening, last, loud)
        except Exception:  # whatever it is: the session goes on without
            self._recogniser_problem = DEAF

    def _take_blocks(self, listening: Listening, last: float, loud: float) -> tuple[float, float]:
        """Work on what has come; return when anything came last, and when it was not all zeros."""
        for pcm in _drained(self._blocks):
            for block in _drained(self._played):
                listening.add_played(block)
            last = time.monotonic()
            loud = last if any(pcm) else loud
            self._microphone_problem = SILENT if last - loud > SILENT_S else None
            if self._understood.is_set():
                self._understood.clear()
                listening.forget()
            for pieces in listening.hear(pcm):
                if self._pieces.qsize() < MOST_PIECES:
                    self._pieces.put([piece.astype("<f4").tobytes() for piece in pieces])
        return last, loud

    def _look_for_microphone(self, stopping: threading.Event) -> None:
        self._microphone_problem = GONE
        device, self._device = self._device, None
        _close(device)
        while not stopping.wait(TRY_AGAIN_S):
            self._played.clear()
            with contextlib.suppress(MachineError):
                self._device = self._open()
                return

    def _recognise(self, stopping: threading.Event) -> None:
        """Ask the recogniser about each utterance; when it ends, start it once more."""
        for _ in range(2):
            reason = self._ask_until_it_ends(stopping)
            if stopping.is_set():
                return
            self._recogniser_problem = reason
        self._recogniser_problem = self._recogniser_problem or DEAF

    def _ask_until_it_ends(self, stopping: threading.Event) -> str:
        try:
            process = self._process = subprocess.Popen(
                self._worker,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the coach, which then ends it
            )
        except OSError:
            return DEAF
        assert process.stdin is not None  # noqa: S101 - they were started with pipes
        assert process.stdout is not None  # noqa: S101
        try:
            answer = _answer(process.stdout.readline())
            if "ready" not in answer:
                return str(answer.get("error", DEAF))
            self._recogniser_problem = None
            while (pieces := self._pieces.get()) is not None and not stopping.is_set():
                process.stdin.write(request_of(pieces))
                process.stdin.flush()
                answer = _answer(process.stdout.readline())
                if "command" not in answer:
                    return DEAF
                if answer["command"] is not None and not stopping.is_set():
                    self._understood.set()
                    self._on_command(Command(answer["command"]))
        except (OSError, ValueError):  # it has ended
            return DEAF
        finally:
            _end(process)
        return DEAF


def _ignore(_command: Command) -> None:
    """Do nothing."""


def _no_microphone(reason: str) -> str:
    return (
        f"no microphone can be used: {reason}. Connect one and let this program use it in the system's privacy "
        "settings, or go on without spoken commands"
    )


def _drained(blocks: deque[bytes]) -> list[bytes]:
    drained = []
    with contextlib.suppress(IndexError):
        while True:
            drained.append(blocks.popleft())
    return drained


def _answer(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _close(device: Any) -> None:
    if device is not None:
        with contextlib.suppress(Exception):  # whatever a device that is gone may say
            device.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that may have ended already."""
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            if pipe is not None:
                pipe.close()
