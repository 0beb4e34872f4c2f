"""One renderer for everybody: a process that makes one sound after another, and a short queue before it.

A sound can be heard from the moment its first bytes are there, by any number of listeners. If the process dies, what is
made stays, and what it was making is made once more, by a new one: the same bytes. If that dies too, it fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coach import __version__
from coach.errors import CoachError, InputError, MachineError
from coach.files import HeldFolder
from coach.order import Order

MOST_WAITING = 8
"""Orders in the queue; who comes later is asked to try again."""
MOST_TAKES, MOST_BYTES = 64, 2_000_000_000
"""What is kept while the server runs; the least lately heard goes first. A quarter of an hour is 9 MB."""
SILENCE_S = 120.0
"""How long the process may say nothing: an engine that speaks a new routine in full takes most of this."""
_LINE_BYTES = 8_000_000
_READ_BYTES = 1 << 16


class BusyError(MachineError):
    """Too many orders are waiting."""


class _EndedError(MachineError):
    """The process ended in the middle of something."""


@dataclass(eq=False)
class Take:
    """One sound: being made, made, or failed."""

    key: str
    order: Order
    sound: Path
    programme: dict[str, Any] = field(default_factory=dict)
    """What the player needs; see :func:`coach.web.programme.programme_data`."""
    size: int = 0
    """How many bytes of sound there will be."""
    made: int = 0
    """How many there are."""
    is_whole: bool = False
    problem: CoachError | None = None
    listeners: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def tag(self) -> Path:
        """What stands before the sound in a file that is saved."""
        return self.sound.with_suffix(".tag")

    async def ready(self) -> Take:
        """Wait until it is known what it is, and return it.

        Raises:
            CoachError: it cannot be made.
        """
        return await self._wait(lambda: bool(self.programme))

    async def whole(self) -> Take:
        """Wait until all of it is made, and return it.

        Raises:
            CoachError: it cannot be made.
        """
        return await self._wait(lambda: self.is_whole)

    async def read(self, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of its sound from ``start`` to before ``end``, as they are made.

        Raises:
            CoachError: it failed before they were.
        """
        self.listeners += 1
        try:
            while start < end:
                await self._wait(lambda: self.made > start)  # noqa: B023 - asked at once
                with self.sound.open("rb") as file:  # not for longer: there are more listeners than files may be open
                    file.seek(start)
                    part = file.read(min(_READ_BYTES, end - start, self.made - start))
                if not part:
                    raise MachineError("the sound is no longer there; ask for it again")
                yield part
                start += len(part)
        finally:
            self.listeners -= 1

    def tell(self, **news: Any) -> None:
        """Take in what the renderer says, and wake up whoever waits."""
        for name, value in news.items():
            if name in ("programme", "size", "made"):
                setattr(self, name, value)
        self.is_whole = self.is_whole or bool(news.get("whole"))
        news_before, self._news = self._news, asyncio.Event()
        news_before.set()

    def fail(self, error: CoachError) -> None:
        """Say why it cannot be made."""
        self.problem = error
        self.tell()

    async def _wait(self, is_so: Callable[[], bool]) -> Take:
        while not is_so():
            if self.problem is not None:
                raise self.problem.with_traceback(None)
            await self._news.wait()
        return self


class Renderer:
    """Makes takes, one at a time, and keeps some of them."""

    def __init__(self, folder: HeldFolder) -> None:
        """Begin with a folder of its own, which it does not close."""
        self._folder = folder.path
        self._takes: dict[str, Take] = {}
        self._weighed: dict[str, dict[str, Any]] = {}
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._process: asyncio.subprocess.Process | None = None
        self._work: set[asyncio.Task[None]] = set()

    def take(self, order: Order, state: object = None) -> Take:
        """Return the take of an order, which is begun if there is none; ``state`` is that of the library.

        Raises:
            BusyError: too many are waiting.
        """
        key = _key(order, state)
        found = self._takes.pop(key, None)
        if found is None or found.problem is not None:
            self._check_room()
            found = Take(key, order, self._folder / f"{key}.mp3")
            found.sound.touch()
            self._begin(found)
        self._takes[key] = found  # the last is the one lately asked for
        self._forget_some()
        return found

    def known(self, key: str) -> Take | None:
        """Return the take of a key, if it is kept: somebody hears it."""
        found = self._takes.pop(key, None)
        if found is not None:
            self._takes[key] = found
        return found

    async def weigh(self, order: Order, state: object = None) -> dict[str, Any]:
        """Return what an order comes to, with the sizes of its sound and of its tag, and no sound.

        Raises:
            CoachError: it cannot be made.
            BusyError: too many are waiting.
        """
        key = _key(order, state)
        if key not in self._weighed:
            self._check_room()
            async with self._own_turn():
                async for answer in self._asked(order, ""):
                    self._weighed[key] = answer
        return self._weighed[key]

    async def start(self) -> None:
        """Start the process, so that the first order need not wait for it."""
        async with self._turn:
            await self._running()

    async def close(self) -> None:
        """End the process and whoever waits for it."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._stop()

    def _check_room(self) -> None:
        if max(self._waiting, len(self._work) - 1) >= MOST_WAITING:  # one that was just begun does not yet wait
            raise BusyError("others are being served just now; try again in a minute")

    def _begin(self, take: Take) -> None:
        task = asyncio.create_task(self._make(take))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _make(self, take: Take) -> None:
        try:
            async with self._own_turn():
                try:
                    await self._follow(take)
                except _EndedError:  # once more: the same bytes come, and whoever listens goes on where it was
                    await self._follow(take)
        except CoachError as error:
            take.fail(error)
        except asyncio.CancelledError:
            take.fail(MachineError("the coach was stopped"))
            raise

    async def _follow(self, take: Take) -> None:
        take.made = 0
        async for answer in self._asked(take.order, str(take.sound)):
            take.tell(**answer)

    @contextlib.asynccontextmanager
    async def _own_turn(self) -> AsyncIterator[None]:
        """Wait until the process is free, and have it for oneself."""
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turn.release()

    async def _asked(self, order: Order, sound: str) -> AsyncIterator[dict[str, Any]]:
        """Ask the process, in one's own turn, and yield its answers to the last.

        Raises:
            CoachError: what was asked for cannot be made, or the process ended.
        """
        is_done = False
        try:
            process = await self._running()
            assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - made with pipes
            request = {"order": order.model_dump_json(include=set(order.given)), "sound": sound}
            process.stdin.write(json.dumps(request).encode() + b"\n")
            await process.stdin.drain()
            while not is_done:
                answer = await _line(process.stdout)
                is_done = "problem" in answer or "whole" in answer or ("programme" in answer and not sound)
                if "problem" in answer:
                    raise (InputError if answer.get("is_input") else MachineError)(answer["problem"])
                yield answer
        except (TimeoutError, OSError, ValueError) as error:
            raise _EndedError("the renderer ended before the sound was made; try again") from error
        finally:
            if not is_done:  # it may be in the middle of something
                await self._stop()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "coach.web.renderer_worker"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_LINE_BYTES,
                start_new_session=True,  # Ctrl-C is for the server, which ends it
            )
        return self._process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _forget_some(self) -> None:
        """Remove what was heard longest ago, while there is too much; never what is being made or heard."""
        for take in [*self._takes.values()][:-1]:
            if len(self._takes) <= MOST_TAKES and sum(each.size for each in self._takes.values()) <= MOST_BYTES:
                return
            if not take.listeners and (take.is_whole or take.problem is not None):
                del self._takes[take.key]
                for path in (take.sound, take.tag):
                    path.unlink(missing_ok=True)


async def _line(stream: asyncio.StreamReader) -> dict[str, Any]:
    """Return the next answer.

    Raises:
        ValueError: the process ended, or what it says is no answer.
    """
    async with asyncio.timeout(SILENCE_S):
        answer = json.loads(await stream.readline())  # an empty line, at the end, is no JSON either
    if not isinstance(answer, dict):
        raise ValueError("this is no answer")
    return answer


def _key(order: Order, state: object) -> str:
    made_of = f"{__version__} {order.to_json()} {state!r}"
    return hashlib.sha256(made_of.encode()).hexdigest()[:32]
