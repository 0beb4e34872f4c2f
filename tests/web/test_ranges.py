"""Ranges of bytes (RFC 9110, 13 and 14), alone and as the app answers them, of sounds that grow and that are whole."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coach.errors import MachineError
from coach.order import Order
from coach.web.app import House, app_of
from coach.web.ranges import range_of
from coach.web.renderer import Take
from support.tiers import examples
from support.web import OVER, VOICES, Answer, asked

SIZES = st.integers(1, 2_000_000) | st.integers(1, 5)
PLACES = st.integers(0, 3_000_000) | st.integers(0, 6) | st.just(999_999_999_999_999)


@given(PLACES, PLACES, SIZES)
@example(0, 1, 10)
@example(9, 9, 10)
@example(10, 10, 10)
def test_first_and_last(first: int, last: int, size: int) -> None:
    header = f"bytes={first}-{last}"
    if first >= size or last < first:
        with pytest.raises(ValueError, match="begins after the end"):
            range_of(header, size)
    else:
        assert range_of(header, size) == (first, min(last + 1, size))


@given(PLACES, SIZES)
def test_from_a_byte_on(first: int, size: int) -> None:
    if first >= size:
        with pytest.raises(ValueError, match="begins after the end"):
            range_of(f"bytes={first}-", size)
    else:
        assert range_of(f"bytes={first}-", size) == (first, size)


@given(PLACES, SIZES)
def test_the_last_bytes(length: int, size: int) -> None:
    if not length:
        with pytest.raises(ValueError, match="no byte"):
            range_of(f"bytes=-{length}", size)
    else:
        assert range_of(f"bytes=-{length}", size) == (max(0, size - length), size)


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", " ", "bytes", "bytes=", "bytes=-", "bytes=0", "bytes=a-b", "bytes=0-1,3-4", "bytes=0-1,", "=0-1"),
        *("bytes=--1", "bytes=-1-2", "bytes=0x0-1", "bytes=1.5-2", "bytes=+1-2", "bytes=0 - 1", "seconds=0-1", "0-1"),
        *("bytes=0-1\x00", "bytes=٠-١", "bytes=²-³", "bytes=0-1bytes=0-1", "bytes=" + "9" * 5_000 + "-", "bytes=0-1;"),
        "bytes=" + "0-1," * 5_000,
    ],
)
def test_what_is_no_single_range_asks_for_the_whole(header: str | None) -> None:
    assert range_of(header, 10) is None


@given(st.text() | st.from_regex(r"bytes=[0-9, -]{0,12}"), st.integers(0, 10))
def test_any_header_gives_a_part_of_what_there_is(header: str, size: int) -> None:
    with contextlib.suppress(ValueError):
        found = range_of(header, size)
        assert found is None or 0 <= found[0] < found[1] <= size


KEY = "0" * 32
SOUND = bytes(index * 7 % 251 for index in range(200_000))
TAG = b"ID3" + bytes(1_000)


class Shelf:
    """A renderer that has one take."""

    def __init__(self, folder: Path, made: int) -> None:
        path = folder / f"{KEY}.mp3"
        path.write_bytes(SOUND[:made])
        self.take = Take(KEY, Order(targets=("cobra",)), path, {"title": "Cobra"}, len(SOUND), made)
        if made == len(SOUND):
            self.take.tag.write_bytes(TAG)
            self.take.tell(whole=True)

    def known(self, key: str) -> Take | None:
        return self.take if key == KEY else None

    async def grow(self, by: int) -> None:
        """Write the rest, a part at a time, as the renderer does."""
        while self.take.made < len(SOUND):
            await asyncio.sleep(0)
            with self.take.sound.open("ab") as file:
                file.write(SOUND[self.take.made :][:by])
            self.take.tell(made=min(len(SOUND), self.take.made + by))
        if not self.take.is_whole:
            self.take.tag.write_bytes(TAG)
            self.take.tell(whole=True)


def ask(folder: Path, path: str, *, made: int = len(SOUND), method: str = "GET", **headers: str) -> Answer:
    """Return the answer to a request that comes while ``made`` bytes are there; the rest follows."""

    async def all_of_it() -> Answer:
        shelf = Shelf(folder, made)
        app = app_of(House(renderer=shelf, voices=VOICES, over=OVER))  # type: ignore[arg-type]
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        growing = asyncio.create_task(shelf.grow(7_001))
        answer = await asked(app, path, (b"host", b"localhost"), *pairs, method=method)
        await growing
        assert shelf.take.listeners == 0
        return answer

    return asyncio.run(all_of_it())


FILES = {f"/sound/{KEY}.mp3": SOUND, f"/file/{KEY}/cobra.mp3": TAG + SOUND}
RANGES = st.one_of(
    st.builds("bytes={}-{}".format, st.integers(0, 210_000), st.integers(0, 210_000)),
    st.builds("bytes={}-".format, st.integers(0, 210_000)),
    st.builds("bytes=-{}".format, st.integers(0, 210_000)),
    st.just(None),
)


@settings(examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(list(FILES)), RANGES, st.integers(0, len(SOUND)))
@example(f"/file/{KEY}/cobra.mp3", "bytes=0-1", 0)
@example(f"/file/{KEY}/cobra.mp3", f"bytes={len(TAG) - 1}-{len(TAG)}", 0)
@example(f"/sound/{KEY}.mp3", f"bytes={len(SOUND) - 1}-", 240)
def test_the_bytes_are_right_however_far_the_sound_is(
    tmp_path: Path, path: str, asked_for: str | None, made: int
) -> None:
    whole = FILES[path]
    answer = ask(tmp_path, path, made=made, **({"range": asked_for} if asked_for else {}))
    assert answer.header("accept-ranges") == "bytes"
    assert (answer.header("etag") or "").startswith(f'"{KEY}')
    try:
        found = range_of(asked_for, len(whole))
    except ValueError:
        assert (answer.status, answer.body) == (416, b"")
        assert answer.header("content-range") == f"bytes */{len(whole)}"
        assert answer.header("cache-control") == "no-store"
        return
    start, end = found or (0, len(whole))
    assert answer.header("content-type") == "audio/mpeg"
    assert answer.status == (206 if found else 200)
    assert answer.header("content-range") == (f"bytes {start}-{end - 1}/{len(whole)}" if found else None)
    assert answer.header("content-length") == str(end - start)
    assert answer.body == whole[start:end]


@pytest.mark.parametrize("path", FILES)
def test_safari_s_first_question_is_answered_while_the_sound_is_made(path: str, tmp_path: Path) -> None:
    answer = ask(tmp_path, path, made=2, range="bytes=0-1")
    assert (answer.status, answer.body) == (206, FILES[path][:2])
    assert answer.header("content-range") == f"bytes 0-1/{len(FILES[path])}"


@pytest.mark.parametrize("path", FILES)
def test_a_range_holds_only_for_the_same_sound(path: str, tmp_path: Path) -> None:
    tag = ask(tmp_path, path).header("etag") or ""
    assert ask(tmp_path, path, range="bytes=5-9", if_range=tag).body == FILES[path][5:10]
    for other in ('"other"', f"W/{tag}", tag.strip('"'), "Sun, 06 Nov 1994 08:49:37 GMT", ""):
        answer = ask(tmp_path, path, range="bytes=5-9", if_range=other)
        assert (answer.status, answer.body) == (200, FILES[path])
        assert ask(tmp_path, path, range="bytes=999999-", if_range=other).status == 200


def test_the_sound_and_the_file_are_not_taken_for_each_other(tmp_path: Path) -> None:
    tags = {ask(tmp_path, path).header("etag") for path in FILES}
    assert len(tags) == 2


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("asked_for", ["bytes=0-1", "bytes=999999-", "bytes=-5", ""])
def test_a_range_is_of_get_alone(path: str, asked_for: str, tmp_path: Path) -> None:
    answer = ask(tmp_path, path, method="HEAD", range=asked_for)  # RFC 9110, 14.2
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("content-length") == str(len(FILES[path]))
    assert answer.header("content-range") is None


@pytest.mark.parametrize(
    "path", [f"/sound/{'1' * 32}.mp3", f"/file/{'1' * 32}/cobra.mp3", f"/sessions/{'1' * 32}.json"]
)
def test_what_is_not_there_is_a_plain_problem(path: str, tmp_path: Path) -> None:
    answer = ask(tmp_path, path, range="bytes=0-1")
    assert (answer.status, answer.header("content-type")) == (400, "application/json")
    assert b"begin it again" in answer.body


def test_a_sound_that_fails_ends_the_answer_before_its_length(tmp_path: Path) -> None:
    async def listen() -> bytes:
        shelf = Shelf(tmp_path, 1_000)
        heard = bytearray()

        async def all_of_it(parts: AsyncIterator[bytes]) -> None:
            async for part in parts:
                heard.extend(part)

        listening = asyncio.create_task(all_of_it(shelf.take.read(0, len(SOUND))))
        await asyncio.sleep(0)
        shelf.take.fail(MachineError("the disk is full"))
        with pytest.raises(MachineError, match="the disk is full"):
            await listening
        assert shelf.take.listeners == 0
        return bytes(heard)

    assert asyncio.run(listen()) == SOUND[:1_000]
