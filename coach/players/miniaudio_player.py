"""Plays through miniaudio, which comes with wheels for every system and streams from a generator."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from coach.errors import PlayerError
from coach.players.alsa import hush_alsa
from coach.players.awake import Watch, quick_switching
from coach.players.base import Read, read_whole
from coach.units import SAMPLE_RATE

PERIOD_MS, PERIODS = 50, 2
"""How much the device asks for at a time, and how many times that it holds. Periods of 20 ms are too short where a
thread of this process is busy; with 40 ms a full machine was heard once a minute. More than two
gain nothing: PulseAudio adds them to its own latency.
"""
LATENCY_MS = 100
"""From reading a frame until it is heard, at most; a loudspeaker may add to it (at PulseAudio: 50 to 90)."""
GONE_AFTER_S = 1.0
"""A device that has not asked for so long has gone."""
FIRST_AFTER_S = 5.0
"""Until a device first asks: one without a wire may have to be woken."""
_CLOCKS_DIFFER = 0.0005
"""The device's clock and the system's differ by no more than this share."""
_ASLEEP_S = 0.5

NO_LOUDSPEAKER = "no loudspeaker was found; connect one or turn it on, or make a file with “coach render”"


class MiniaudioPlayer:
    """Plays through the system's default device."""

    name = "miniaudio"
    is_device = True
    latency_ms = LATENCY_MS

    def __init__(self) -> None:
        self._device: Any = None
        self._stream: _Stream | None = None
        self._underruns = 0
        self._switch_back: Callable[[], None] | None = None
        self._lock = threading.Lock()

    @property
    def underruns(self) -> int:
        """How often the device must have run dry: it asked later than what it held lasts, by the system's clock.

        Time in which this process was stopped or the machine asleep does not count.
        """
        return self._underruns + (self._stream.underruns if self._stream else 0)

    def start(self, read: Read) -> None:
        """Open the default device and begin to read.

        Raises:
            PlayerError: there is none, or it cannot be opened.
        """
        self.stop()
        with self._lock:
            device = _open()
            stream = _Stream(read)
            generator = stream.blocks()
            next(generator)
            device.stop_callback = stream.device_stopped
            self._switch_back = quick_switching()
            self._device, self._stream = device, stream
            try:
                device.start(generator)
            except Exception as error:  # whatever the device's driver raises
                self._close()
                raise PlayerError(f"the loudspeaker cannot be used ({error}); “coach render” makes a file") from error

    def problem(self) -> str | None:
        """Why it no longer plays; told within 1.5 s."""
        stream = self._stream
        return stream.problem() if stream else None

    def stop(self) -> None:
        """Close the device."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        device, stream = self._device, self._stream
        self._device = self._stream = None
        if stream is not None:
            self._underruns += stream.underruns
            stream.end()
        if device is not None:
            _close(device)
        if self._switch_back is not None:
            self._switch_back()
            self._switch_back = None


class _Stream:
    """What the device asks for, and when: all that is known of it."""

    HOLDS_S = (PERIOD_MS * PERIODS - 12) / 1000
    """What the device surely has left of its periods: PulseAudio takes a part of them at once, here 12 ms."""

    def __init__(self, read: Read) -> None:
        self.underruns = 0
        self._read = read
        self._held_s = self.HOLDS_S
        self._before: float | None = None
        self._awake_before_s = 0.0
        self._failure: str | None = None
        self._over = False
        self._watch = Watch()

    def blocks(self) -> Generator[bytes, int, None]:
        """Give what the device asks for. What is raised here would be printed, and the device would fall silent."""
        frames = yield b""
        while True:
            self._asked(frames)
            if self._failure is None and not self._over:
                block, failure = read_whole(self._read, frames)
                self._failure = self._failure or failure  # the device may have stopped meanwhile
            else:
                block = bytes(2 * frames)
            frames = yield block

    def _asked(self, frames: int) -> None:
        now, awake_s = time.monotonic(), self._watch.awake_s
        if self._before is not None:
            past_s = now - self._before
            self._held_s += past_s * (_CLOCKS_DIFFER - 1)
            if self._held_s < 0:
                was_asleep = past_s > _ASLEEP_S and awake_s - self._awake_before_s < past_s / 2
                self.underruns += not was_asleep
                self._held_s = self.HOLDS_S  # it asks until it is full again
        self._held_s = min(self._held_s + frames / SAMPLE_RATE, self.HOLDS_S)
        self._before, self._awake_before_s = now, awake_s

    def device_stopped(self) -> None:
        """The device has stopped by itself (also called when it was asked to)."""
        if not self._over and self._failure is None:
            self._failure = "the loudspeaker is gone"

    def problem(self) -> str | None:
        longest_s = FIRST_AFTER_S if self._before is None else GONE_AFTER_S
        if self._failure is None and self._watch.awake_s - self._awake_before_s > longest_s:
            self._failure = "the loudspeaker is gone"
        return self._failure

    def end(self) -> None:
        self._over = True
        self._watch.stop()


def _open() -> Any:
    import miniaudio

    hush_alsa()
    try:
        device = miniaudio.PlaybackDevice(
            output_format=miniaudio.SampleFormat.SIGNED16,
            nchannels=1,
            sample_rate=SAMPLE_RATE,
            buffersize_msec=PERIOD_MS,
            callback_periods=PERIODS,
            thread_prio=miniaudio.ThreadPriority.REALTIME,  # where the system allows it; elsewhere it is as others are
            app_name="Stretch Coach",
        )
    except miniaudio.MiniaudioError as error:
        raise PlayerError(NO_LOUDSPEAKER) from error
    if device.backend == "Null":  # chosen when nothing else is there: it plays to nobody and says nothing
        _close(device)
        raise PlayerError(NO_LOUDSPEAKER)
    return device


def _close(device: Any) -> None:
    with contextlib.suppress(Exception):  # a device that has gone may say so once more
        device.close()
    # Left open by the package, a context keeps its connection to the server and five files; a session that waits for
    # a loudspeaker opens one a second.
    with contextlib.suppress(Exception):
        import miniaudio

        context, device._context = device._context, None
        miniaudio.lib.ma_context_uninit(context)


def backend() -> str:
    """Return through what miniaudio would play here: PulseAudio, ALSA, Core Audio, WASAPI.

    Raises:
        PlayerError: there is no device.
    """
    device = _open()
    try:
        return str(device.backend)
    finally:
        _close(device)
