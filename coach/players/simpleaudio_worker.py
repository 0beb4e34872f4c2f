"""The process in which simpleaudio plays.

simpleaudio plays one whole buffer, cannot pause, and does not tell how far it has come. But it reads the buffer while
it plays, on every system about 0.1 s ahead, so sound can be written just before it is read: by the clock, a little
ahead of where simpleaudio must be. Such a buffer is called a reel here. It lasts minutes. Before its end, in a silence,
the next reel takes over where the clock says that the last one is, so that the clocks of system and device never drift
far apart. That place is known to about 20 ms: within a reel every frame is in its place; from one reel to the next a
pause between two phrases may be that much longer or shorter.

The worker asks for sound with a line of JSON on what was stdout, ``{"want": frames}``, and gets that many frames on
stdin; it ends when stdin does, since the coach is gone then. stdout and stderr themselves lead nowhere: the sound
libraries print on them.

simpleaudio frees Python's memory without holding Python's lock. That crashes Python 3.12 and later, and may harm any.
With the environment variable ``PYTHONMALLOC=malloc`` the memory is the C library's, which may be freed like that:
the player sets it when it starts this worker.
"""

from __future__ import annotations

import array
import contextlib
import json
import mmap
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from coach.players.awake import raise_priority

RATE = 48_000
"""Frames per second, as in coach.units."""
REEL_S = 300.0
"""How long a reel is: 29 MB. Clocks that differ by 0.01 % differ by 0.03 s then, which the lead has room for."""
TICK_S = 0.02
LEAD_S = 0.22
"""How far ahead of the clock a reel is written: what simpleaudio reads ahead, a tick, and 0.09 s for a busy machine."""
READ_AHEAD_S = 0.11
"""How far simpleaudio reads ahead (it asks for 0.1 s; measured at PulseAudio)."""
START_LEAD_S = 0.28
"""The same while a reel begins: the server may take 0.2 s at once."""
STALL_S = 0.3
"""After a pause of this length simpleaudio may be anywhere, so a new reel begins."""
END_S = 2 * START_LEAD_S
"""How long before its end a reel is left at last."""
JOIN_S = 0.05
"""How long two reels sound together, one fading and one rising."""
_LONG_SILENCE_S, _SHORT_SILENCE_S = 1.5, 0.25

Ask = Callable[[int], bytes]
"""Returns the next frames, as many as it is asked for."""


class Playing(Protocol):
    """What simpleaudio returns when it begins to play."""

    def is_playing(self) -> bool:
        """Whether there is more to play."""

    def stop(self) -> None:
        """Play no more."""


Play = Callable[[Any, int, int, int], Playing]
"""simpleaudio's ``play_buffer``: buffer, channels, bytes a sample, frames a second."""


class GoneError(Exception):
    """A reel has ended before its time."""


class Reel:
    """A buffer that is written while it plays; silent if nothing was written."""

    def __init__(self, play: Play, length_s: float, first: bytes = b"", at_s: float = 0.0) -> None:
        """Begin to play, with what is to be heard first."""
        self._pcm = mmap.mmap(-1, 2 * round(length_s * RATE))
        self.written = round(at_s * RATE)
        """The frame that is written next."""
        self.write(first)
        self._playing = play(self._pcm, 1, 2, RATE)
        self.started = time.monotonic()

    def write(self, block: bytes) -> None:
        """Write what comes next."""
        room = max(0, len(self._pcm) - 2 * self.written)
        self._pcm[2 * self.written : 2 * self.written + min(room, len(block))] = block[:room]
        self.written += len(block) // 2

    def ahead_s(self) -> float:
        """How far it is written ahead of the clock."""
        return self.written / RATE - (time.monotonic() - self.started)

    def skip_to(self, ahead_s: float) -> None:
        """Leave out what it is too late for."""
        self.written += max(0, round((ahead_s - self.ahead_s()) * RATE))

    def is_playing(self) -> bool:
        """Whether it has not ended."""
        return self._playing.is_playing()

    def stop(self) -> None:
        """End it."""
        self._playing.stop()


class Deck:
    """Keeps a reel written ahead of the clock, and lets the next one take over."""

    def __init__(self, play: Play, ask: Ask, reel_s: float = REEL_S) -> None:
        """Begin with a first reel."""
        self._play, self._ask, self._reel_s = play, ask, reel_s
        self.underruns = 0
        """How often simpleaudio has read what was not written yet."""
        self.changes = 0
        """How many reels have taken over from another."""
        self._silent_frames = 0
        self._old: list[Reel] = []
        self._reel = Reel(play, reel_s, self._next(START_LEAD_S))
        self._turned = time.monotonic()

    def turn(self) -> None:
        """Write what is due; to be called every :data:`TICK_S`.

        Raises:
            GoneError: the reel has ended before its time.
        """
        stalled = time.monotonic() - self._turned > STALL_S
        if not stalled and not self._reel.is_playing():
            raise GoneError
        if not stalled and self._is_time_to_change():
            self._change()
        else:
            self._feed()
        self._turned = time.monotonic()
        for reel in [reel for reel in self._old if reel.ahead_s() < -LEAD_S]:
            self._old.remove(reel)
            reel.stop()

    def _next(self, length_s: float) -> bytes:
        block = self._ask(round(length_s * RATE))
        silent = block.count(0) == len(block)
        self._silent_frames = self._silent_frames + len(block) // 2 if silent else 0
        return block

    def _feed(self) -> None:
        due_s = min(LEAD_S - self._reel.ahead_s(), LEAD_S)
        if due_s <= 0:
            return
        block = self._next(due_s)
        if time.monotonic() - self._turned > STALL_S:
            # What is written is still heard, if it was not yet; then comes the new reel.
            self._old.append(self._reel)
            self._reel = Reel(self._play, self._reel_s, block, LEAD_S)
            return
        if self._reel.ahead_s() < READ_AHEAD_S:
            self.underruns += 1
            self._reel.skip_to(LEAD_S - due_s)
        self._reel.write(block)

    def _is_time_to_change(self) -> bool:
        """Between two phrases if it can be, or else between two words, or else anywhere."""
        share = self._reel.written / RATE / self._reel_s
        silent_s = self._silent_frames / RATE
        return (
            self._is_at_its_end()
            or (share > 0.5 and silent_s >= _LONG_SILENCE_S)  # noqa: PLR2004
            or (share > 0.8 and silent_s >= _SHORT_SILENCE_S)  # noqa: PLR2004
        )

    def _is_at_its_end(self) -> bool:
        return self._reel.written / RATE > self._reel_s - END_S

    def _change(self) -> None:
        """Let a new reel take over where the clock says that the old one is."""
        old = self._reel
        was_silent = self._silent_frames > 0
        old.write(self._next(max(TICK_S, START_LEAD_S - old.ahead_s())))
        if was_silent and not self._silent_frames and not self._is_at_its_end():
            return  # something is being said: it can wait
        try:
            new = Reel(self._play, self._reel_s)
        except Exception:  # a device that plays one thing at a time
            self._change_after_end()
            return
        new.written = old.written - round((new.started - old.started) * RATE)
        new.skip_to(START_LEAD_S - JOIN_S)
        join = self._next(JOIN_S)
        old.write(faded(join, 1, 0))
        new.write(faded(join, 0, 1))
        self._old.append(old)
        self._reel = new
        self.changes += 1

    def _change_after_end(self) -> None:
        old = self._reel
        time.sleep(max(0.0, old.ahead_s() + READ_AHEAD_S))
        old.stop()
        deadline = time.monotonic() + 2 * STALL_S
        while old.is_playing() and time.monotonic() < deadline:
            time.sleep(TICK_S / 4)
        self._reel = Reel(self._play, self._reel_s, self._next(START_LEAD_S))
        self.changes += 1


def faded(block: bytes, begin: float, end: float) -> bytes:
    """Return a block whose level goes evenly from one factor to another."""
    samples = array.array("h", block)
    step = (end - begin) / max(1, len(samples))
    return array.array("h", (round(sample * (begin + step * i)) for i, sample in enumerate(samples))).tobytes()


def main() -> NoReturn:
    """Play until stdin ends."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    with contextlib.suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coach
    raise_priority()
    deck: Deck | None = None

    def ask(frames: int) -> bytes:
        _say(answers, {"want": frames, "underruns": deck.underruns if deck else 0})
        block = sys.stdin.buffer.read(2 * frames)
        if len(block) < 2 * frames:
            os._exit(0)
        return block

    try:
        import simpleaudio

        reel_s = float(sys.argv[1]) if len(sys.argv) > 1 else REEL_S
        deck = Deck(simpleaudio.play_buffer, ask, reel_s)
        _say(answers, {"plays": True})
        while True:
            deck.turn()
            time.sleep(TICK_S)
    except GoneError:
        _say(answers, {"gone": True})
    except BaseException as error:  # whatever it is, the coach must hear of it
        _say(answers, {"error": (f"{type(error).__name__}: {error}".splitlines() or [""])[0]})
    os._exit(1)  # simpleaudio's threads are not waited for


def _say(answers: Any, what: dict[str, Any]) -> None:
    try:
        answers.write(json.dumps(what).encode() + b"\n")
    except OSError:  # the coach no longer listens
        os._exit(0)


if __name__ == "__main__":
    main()
