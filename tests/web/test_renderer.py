"""The renderer: one sound for all who ask for it, whatever happens to the process that makes it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest

from coach.errors import InputError, MachineError
from coach.order import Order
from coach.publish.streaming import stream
from coach.web import renderer as module
from coach.web.renderer import BusyError, Take
from support.tiers import thorough
from support.web import Gate, Home, opened_app, put_gate

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are stopped by signals")

LONGEST_S = 180.0
COBRA = Order(targets=("cobra",), voice="silent")
OTHERS = [Order(targets=("cobra",), voice="silent", rate=rate) for rate in range(100, 120)]


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run a test that must not hang."""

    async def timed() -> None:
        async with asyncio.timeout(LONGEST_S):
            await test

    asyncio.run(timed())


async def heard(take: Take, start: int = 0) -> bytes:
    """Return what a listener hears."""
    await take.ready()
    return b"".join([part async for part in take.read(start, take.size)])


async def come(gate: Gate, count: int) -> int:
    """Wait until so many renderings have come to the gate, and return the process of the last."""
    while len(gate.at()) < count:
        await asyncio.sleep(0.01)
    return gate.at()[count - 1]


@pytest.fixture(scope="module")
def right() -> bytes:
    """The sound that everybody must hear."""
    return b"".join(stream(COBRA))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Gate:
    return put_gate(monkeypatch, tmp_path)


@thorough
def test_it_is_heard_while_it_is_made_and_by_many(gate: Gate, tmp_path: Path, right: bytes) -> None:
    async def test(home: Home) -> None:
        take = home.renderer.take(COBRA)
        await come(gate, 1)
        first = take.read(0, take.size)
        early = await anext(first)
        assert right.startswith(early)
        assert 0 < take.made < take.size
        assert not take.is_whole
        listeners = [asyncio.create_task(heard(home.renderer.take(COBRA), start)) for start in range(0, 100_000, 999)]
        gate.open()
        for start, listener in zip(range(0, 100_000, 999), listeners, strict=True):
            assert await listener == right[start:]
        assert early + b"".join([part async for part in first]) == right
        assert (take.listeners, gate.at()) == (0, gate.at()[:1])  # it was rendered once

    run(_with(test, tmp_path))


def test_killed_in_the_middle_it_is_made_once_more_and_nobody_hears_it(
    gate: Gate, tmp_path: Path, right: bytes
) -> None:
    async def test(home: Home) -> None:
        before = home.renderer.take(OTHERS[0])
        killed = home.renderer.take(COBRA)
        gate.open()
        await before.whole()
        (gate.folder / "open").unlink()
        process = await come(gate, 2)
        listener, late = asyncio.create_task(heard(killed)), asyncio.create_task(heard(before))
        await asyncio.sleep(0.05)
        os.kill(process, signal.SIGKILL)
        again = await come(gate, 3)
        assert again != process
        assert not killed.is_whole
        gate.open()
        assert await listener == right
        assert len(await late) == before.size
        assert await heard(home.renderer.take(OTHERS[1]))  # the next order

    run(_with(test, tmp_path))


def test_what_comes_once_more_is_not_heard_before_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound, times, go_on = bytes(range(250)) * 40, [], asyncio.Event()

    async def asked(_order: Order, path: str) -> AsyncIterator[dict[str, Any]]:
        times.append(path)
        Path(path).write_bytes(sound[:5_000] if len(times) == 1 else b"")
        yield {"programme": {"title": "Cobra"}, "size": len(sound)}
        if len(times) == 1:
            yield {"made": 5_000}
            raise module._EndedError("it ended")
        await go_on.wait()
        Path(path).write_bytes(sound)
        yield {"made": len(sound)}
        yield {"whole": True}

    async def test(home: Home) -> None:
        monkeypatch.setattr(home.renderer, "_asked", asked)
        take = home.renderer.take(COBRA)
        while len(times) < 2:
            await asyncio.sleep(0)
        listener = asyncio.create_task(heard(take))
        await asyncio.sleep(0.05)
        assert not listener.done()
        go_on.set()
        assert await listener == sound

    run(_with(test, tmp_path))


@thorough
def test_killed_twice_in_a_row_it_is_a_plain_problem_and_can_be_ordered_anew(
    gate: Gate, tmp_path: Path, right: bytes
) -> None:
    async def test(home: Home) -> None:
        take, other = home.renderer.take(COBRA), home.renderer.take(OTHERS[0])
        listener = asyncio.create_task(heard(take))
        for count in (1, 2):  # once more at once: somebody hears it, and who waits hears nothing yet
            os.kill(await come(gate, count), signal.SIGKILL)
        with pytest.raises(MachineError, match="try again"):
            await listener
        with pytest.raises(MachineError, match="try again"):
            await take.whole()
        gate.open()
        assert len(await heard(other)) == other.size
        anew = home.renderer.take(COBRA)
        assert anew is not take
        assert await heard(anew) == right

    run(_with(test, tmp_path))


@thorough
def test_killed_while_it_waits_for_work_the_next_order_is_made_all_the_same(tmp_path: Path, right: bytes) -> None:
    async def test(home: Home) -> None:
        await home.renderer.start()
        for _ in range(2):
            assert home.renderer._process is not None
            home.renderer._process.send_signal(signal.SIGKILL)
            take = home.renderer.take(COBRA)
            assert await heard(take) == right
            home.renderer._takes.clear()

    run(_with(test, tmp_path))


@thorough
def test_one_that_says_nothing_any_more_is_ended(
    gate: Gate, tmp_path: Path, right: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time that it may say nothing for is over as soon as it is stopped; the test waits for no clock."""
    limits: list[asyncio.Timeout] = []

    def timeout(seconds: float | None) -> asyncio.Timeout:
        limit = started(seconds)
        if seconds == module.SILENCE_S:
            limits.append(limit)
        return limit

    async def test(home: Home) -> None:
        take = home.renderer.take(COBRA)
        stopped = await come(gate, 1)
        os.kill(stopped, signal.SIGSTOP)
        gate.open()
        limits[-1].reschedule(asyncio.get_running_loop().time())
        assert await heard(take) == right
        assert not _is_there(stopped)

    started = asyncio.timeout
    monkeypatch.setattr(asyncio, "timeout", timeout)
    run(_with(test, tmp_path))


@thorough
def test_one_that_says_what_is_no_answer_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        for text in ("7", "nonsense", "x" * 100_000, "\\xff\\xfe"):
            program.write_text(f"#!{sys.executable}\nimport sys\nprint({text!r}, flush=True)\nsys.stdin.read()\n")
            with pytest.raises(MachineError, match="try again"):
                await home.renderer.take(COBRA).ready()

    program = put_gate(monkeypatch, tmp_path).program
    monkeypatch.setattr(module, "_LINE_BYTES", 50_000)
    run(_with(test, tmp_path))


@thorough
def test_more_than_may_wait_are_asked_to_come_again(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(home: Home) -> None:
        first = home.renderer.take(OTHERS[0])
        await come(gate, 1)
        waiting = [home.renderer.take(order) for order in OTHERS[1:4]]
        with pytest.raises(BusyError, match="try again"):
            home.renderer.take(OTHERS[4])
        assert home.renderer.take(OTHERS[2]) is waiting[1]  # who asks for what is coming is not sent away
        answer = await home.order(rate=104)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert "try again" in answer.json()["problem"]
        answer = await home.client.get("/feed/feed.xml")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/json")
        gate.open()
        for take in (first, *waiting):
            assert len(await heard(take)) == take.size
        assert (await home.order(rate=104)).status_code == 200

    monkeypatch.setattr(module, "MOST_WAITING", 3)
    run(_with(test, tmp_path))


@thorough
def test_the_same_order_by_many_at_once_is_made_once(gate: Gate, tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        asking = [asyncio.create_task(home.order()) for _ in range(40)]
        await come(gate, 1)
        gate.open()
        answers = [await each for each in asking]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["key"] for answer in answers}) == 1
        (take,) = home.renderer._takes.values()
        await take.whole()
        assert len(gate.at()) == 1

    run(_with(test, tmp_path))


@thorough
def test_what_cannot_be_made_is_told_and_the_process_goes_on(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        with pytest.raises(InputError, match="no routine or stretch called"):
            await home.renderer.take(Order(targets=("no-such",), voice="silent")).ready()
        process = home.renderer._process
        with pytest.raises(InputError, match="does not fit"):
            await home.renderer.take(Order(targets=("cobra",), voice="silent", minutes=80)).ready()
        assert await heard(home.renderer.take(COBRA))
        assert home.renderer._process is process

    run(_with(test, tmp_path))


@thorough
def test_a_sound_that_cannot_be_kept_is_a_plain_problem(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        take = home.renderer.take(COBRA)
        take.sound.unlink()
        take.sound.mkdir()
        with pytest.raises(MachineError, match="cannot be kept"):
            await take.whole()

    run(_with(test, tmp_path))


def test_what_is_heard_or_made_is_not_removed_and_what_was_heard_last_stays_longest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(home: Home) -> None:
        made = [home.renderer.take(order) for order in OTHERS[:3]]
        for take in made:
            await take.whole()
        slow: AsyncIterator[bytes] = made[0].read(0, made[0].size)
        early = await anext(slow)
        home.renderer.known(made[1].key)  # heard after the third was ordered
        more = home.renderer.take(OTHERS[3])
        assert [home.renderer.known(take.key) for take in made] == [made[0], made[1], None]
        assert not made[2].sound.exists()
        assert not made[2].tag.exists()
        assert len(early + b"".join([part async for part in slow])) == made[0].size
        assert len(await heard(await more.whole())) == more.size
        assert len(list(home.folder.iterdir())) == 6  # a sound and a tag of each, and nothing else

    monkeypatch.setattr(module, "MOST_TAKES", 3)
    run(_with(test, tmp_path))


@thorough
def test_no_more_bytes_are_kept_than_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(home: Home) -> None:
        first = await home.renderer.take(OTHERS[0]).whole()
        monkeypatch.setattr(module, "MOST_BYTES", int(first.size * 2.5))
        for order in OTHERS[1:4]:
            await home.renderer.take(order).whole()
        home.renderer.take(OTHERS[3])
        assert sum(path.stat().st_size for path in home.folder.glob("*.mp3")) <= module.MOST_BYTES
        assert home.renderer.known(first.key) is None

    run(_with(test, tmp_path))


@thorough
def test_one_that_is_closed_ends_its_process_and_whoever_waits(gate: Gate, tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        take, waiting = home.renderer.take(COBRA), home.renderer.take(OTHERS[0])
        process = await come(gate, 1)
        listeners = [asyncio.create_task(heard(take)), asyncio.create_task(heard(waiting))]
        await asyncio.sleep(0.05)
        await home.renderer.close()
        for listener in listeners:
            with pytest.raises(MachineError, match="was stopped"):
                await listener
        assert not _is_there(process)

    run(_with(test, tmp_path))


def test_what_is_asked_for_only_to_be_listed_leaves_the_renderer_free(tmp_path: Path) -> None:
    async def test(home: Home) -> None:
        sizes = await home.renderer.weigh(COBRA)
        process = home.renderer._process
        assert not home.renderer._turn.locked()
        take = await home.renderer.take(COBRA).whole()
        assert (sizes["size"], sizes["tag_size"]) == (take.size, take.tag.stat().st_size)
        assert home.renderer._process is process

    run(_with(test, tmp_path))


def test_another_state_of_the_scripts_is_another_sound() -> None:
    keys = {module._key(COBRA, state) for state in (None, (), (("a", 1, 2),), (("a", 1, 3),))}
    assert len(keys) == 4
    assert module._key(COBRA, ()) != module._key(OTHERS[0], ())
    assert all(key.isalnum() and key.isascii() for key in keys)


async def _with(test: Any, folder: Path) -> None:
    async with opened_app(folder) as home:
        await test(home)


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
