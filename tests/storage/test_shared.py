"""A cache that machines share through an object store: what one made, another need not make; else nothing changes."""

from __future__ import annotations

import itertools
import os
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Event

import pytest

from coach.errors import InputError, MachineError
from coach.order import Order
from coach.publish import blocks
from coach.publish.batch import render_many
from coach.publish.rendering import render
from coach.storage import cache
from coach.storage.objects import Objects
from coach.storage.shared import LONGEST_REST_S, MOST_TO_GIVE, REST_S, Shared, shared_at
from support.buckets import bucket, stored
from support.command import Coach

BODY = b"what is kept"
DIGEST = "ab12"
NAME = f"ab/{DIGEST}{cache.CLIP}"


@pytest.fixture(scope="module", name="clinic")
def _clinic() -> Iterator[str]:
    with bucket() as address:
        yield address


@pytest.fixture
def address(clinic: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of a shared cache that the environment names."""
    address = f"{clinic}/{request.node.name}"
    monkeypatch.setenv(cache.SHARED_VARIABLE, address)
    return address


def place(machine: Path) -> Path:
    return cache.place_of(machine, DIGEST, cache.CLIP)


def given(address: str) -> None:
    """Wait until all is written that was given: until every thread that writes has nothing else to do."""
    room = shared_at(address)._room
    for _ in range(MOST_TO_GIVE):
        assert room.acquire(timeout=60)
    room.release(MOST_TO_GIVE)


def test_what_one_machine_keeps_another_fetches(address: str, tmp_path: Path) -> None:
    cache.keep(place(tmp_path / "one"), BODY)
    given(address)
    assert [*stored(address)] == [NAME]
    assert cache.load(place(tmp_path / "two")) is None
    cache.fetch([place(tmp_path / "two"), cache.place_of(tmp_path / "two", "cd34", cache.CLIP)])
    found = cache.load(place(tmp_path / "two"))
    assert found is not None
    assert bytes(found) == BODY
    assert len(cache.kept_in(tmp_path / "two")) == 1


def test_what_is_damaged_there_is_as_if_it_were_not_and_is_mended(address: str, tmp_path: Path) -> None:
    Objects(address).replace(NAME, b"rubbish" * 10)
    cache.fetch([place(tmp_path)])
    assert not place(tmp_path).exists()
    cache.keep(place(tmp_path), BODY)
    given(address)
    cache.fetch([place(tmp_path / "two")])
    assert place(tmp_path / "two").read_bytes() == place(tmp_path).read_bytes()


def test_a_routine_that_one_machine_made_another_only_joins(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spoken by a real engine: neither is it asked again, nor is anything encoded."""
    order = Order(targets=("cobra",), voice="system", words="brief", captions=False)
    monkeypatch.setenv("COACH_CACHE", str(tmp_path / "one"))
    render(order, tmp_path / "one.mp3")
    given(address)
    kept = [cache.CLIP, cache.BLOCK]
    assert sorted({Path(name).suffix for name in stored(address)}) == sorted(kept)
    monkeypatch.setenv("COACH_CACHE", str(tmp_path / "two"))

    def refused(*_: object) -> object:
        raise AssertionError("it is there already")

    blocks.silent_frame(blocks_rate())
    monkeypatch.setattr("coach.voices.system.SystemVoice.speak", refused)
    monkeypatch.setattr(blocks, "_encoder", refused)
    render(order, tmp_path / "two.mp3")
    assert (tmp_path / "two.mp3").read_bytes() == (tmp_path / "one.mp3").read_bytes()


def blocks_rate() -> int:
    from coach.publish.encoder import kbit_per_s

    return kbit_per_s(Order().quality)


def test_a_process_ends_when_what_it_gave_is_written(address: str, coach: Coach, tmp_path: Path) -> None:
    options = ("--voice", "silent", "--breath", "2-2", "--no-captions")
    env = {cache.SHARED_VARIABLE: address, "COACH_CACHE": str(tmp_path / "cache")}
    done = coach("render", "cobra", "-o", "cobra.mp3", *options, cwd=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    here = {f"{path.parent.name}/{path.name}" for _, _, path in cache.kept_in(tmp_path / "cache" / "clips")}
    assert {*stored(address)} >= {name for name in here if name.endswith(cache.BLOCK)} != set()


def test_machines_are_told_of_the_cache_that_they_share(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = Order(targets=("cobra",), voice="silent", words="names", captions=False)
    monkeypatch.setenv("COACH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(cache.SHARED_VARIABLE)
    with ProcessPoolExecutor(1, get_context("spawn")) as client:
        client.submit(os.getpid).result()  # a process that the environment has told nothing
        monkeypatch.setenv(cache.SHARED_VARIABLE, address)
        (made,) = render_many([order], tmp_path / "out", client=client)
    assert made.rendered
    assert any(name.endswith(cache.BLOCK) for name in stored(address))


def test_a_store_that_does_not_answer_costs_time_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # nobody listens
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "a")
        monkeypatch.setenv(cache.SHARED_VARIABLE, "s3://deaf/cache")
        cache.keep(place(tmp_path), BODY)
        given("s3://deaf/cache")  # or what is written meanwhile would have it left alone once more
        cache.fetch([place(tmp_path / "other")])
        tries: list[str] = []
        monkeypatch.setattr(Objects, "get", lambda _, name: tries.append(name))
        cache.fetch([place(tmp_path / "other")])
        assert tries == []
        shared_at("s3://deaf/cache")._rests_until_s = 0.0
        cache.fetch([place(tmp_path / "other")])
        assert tries == [NAME]
    assert cache.load(place(tmp_path)) is not None


def test_what_cannot_be_written_as_fast_as_it_is_made_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    answers = Event()

    def slow(_: Objects, name: str, data: bytes) -> None:
        answers.wait(60)
        written.append(name)

    monkeypatch.setattr(Objects, "replace", slow)
    shared = Shared(Objects("memory:///", is_hasty=True))
    for number in range(10 * MOST_TO_GIVE):
        shared.give(str(number), b"")  # nobody waits for a store
    assert written == []
    answers.set()
    shared._givers.shutdown()
    assert len(written) == MOST_TO_GIVE


def test_a_store_that_goes_on_not_answering_is_left_alone_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [1_000.0]
    monkeypatch.setattr("coach.storage.shared.time.monotonic", lambda: now_s[0])
    asked: list[float] = []

    def deaf(_: Objects, name: str) -> bytes | None:
        asked.append(now_s[0])
        if name == "deaf":
            raise MachineError("no answer")
        return b""

    monkeypatch.setattr(Objects, "get", deaf)
    shared = Shared(Objects("memory:///", is_hasty=True))
    for _ in range(20_000):
        list(shared.found(["deaf"]))
        now_s[0] += 1.0
    rests = [later - sooner for sooner, later in itertools.pairwise(asked)]
    assert rests[:3] == [REST_S, 2 * REST_S, 4 * REST_S]
    assert rests[-1] == LONGEST_REST_S
    now_s[0] += LONGEST_REST_S
    assert list(shared.found(["well"])) == [("well", b"")]
    asked.clear()
    list(shared.found(["deaf"]))
    now_s[0] += REST_S
    list(shared.found(["deaf"]))
    assert len(asked) == 2  # it has begun anew


def test_what_is_fetched_counts_as_kept(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that only fetches would else fill its disk."""
    order = Order(targets=("cobra",), voice="system", words="names", captions=False)
    monkeypatch.setenv("COACH_CACHE", str(tmp_path / "one"))
    render(order, tmp_path / "one.mp3")
    given(address)
    monkeypatch.setenv("COACH_CACHE", str(tmp_path / "two"))
    monkeypatch.setenv("COACH_CACHE_MB", "0")
    monkeypatch.setattr(cache, "_LOOK_EVERY_S", 0.0)
    render(order, tmp_path / "two.mp3")
    assert cache.kept_in(tmp_path / "two" / "clips") == []


def test_a_machine_that_cannot_open_what_it_is_told_of_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    cache.share_at("s3://never/opened/here")
    try:
        assert cache.fetch([place(tmp_path)]) == 0
        monkeypatch.setenv(cache.SHARED_VARIABLE, "s3://never/opened/here")  # but its own is refused
        with pytest.raises(InputError):
            cache.fetch([place(tmp_path)])
    finally:
        cache.share_at("")


def test_a_machine_shares_the_cache_of_its_latest_order(clinic: str, tmp_path: Path) -> None:
    try:
        cache.share_at(f"{clinic}/first")
        cache.share_at(f"{clinic}/second")
        cache.keep(place(tmp_path), BODY)
        given(f"{clinic}/second")
        assert (stored(f"{clinic}/first"), [*stored(f"{clinic}/second")]) == ({}, [NAME])
    finally:
        cache.share_at("")
    assert cache.shared_cache() is None


def test_a_wrong_address_is_refused_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.SHARED_VARIABLE, "/mnt/cache")
    with pytest.raises(InputError, match="COACH_CACHE_SHARED"):
        render_many([Order(targets=("cobra",))], tmp_path / "out")


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("s3://a/b#c", r"COACH_CACHE_SHARED: s3://a/b#c: leave “\?” and “#” out of an address"),
        ("/mnt/cache", r"COACH_CACHE_SHARED: “/mnt/cache” is not an address like s3://bucket/cache"),
        ("xyz://cache", r"COACH_CACHE_SHARED: xyz://cache cannot be opened"),
    ],
)
def test_what_is_no_address_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, says: str
) -> None:
    monkeypatch.setenv(cache.SHARED_VARIABLE, named)
    with pytest.raises(InputError, match=says) as refused:
        cache.fetch([place(tmp_path)])
    assert len(str(refused.value).splitlines()) == 1


def test_without_its_package_it_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    monkeypatch.setenv(cache.SHARED_VARIABLE, "s3://never/opened")
    with pytest.raises(InputError, match=r"COACH_CACHE_SHARED: .*pip install 'stretch-coach\[stores\]'"):
        cache.fetch([place(tmp_path)])


def test_who_renders_many_is_told_that_it_cannot_be_used(
    clinic: str, coach_here: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plan.csv").write_text("routine\ncobra\n")
    for address, told in ((f"{clinic}/well", []), ("s3://no-such-bucket/cache", ["answers 404 Not Found"])):
        monkeypatch.setenv(cache.SHARED_VARIABLE, address)
        done = coach_here("render", "--plan", "plan.csv", "--dry-run", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")  # it makes nothing
        done = coach_here("render", "--plan", "plan.csv", "--voice", "silent", "--words", "names", cwd=tmp_path)
        assert done.returncode == 0
        lines = [line for line in done.stderr.splitlines() if line.startswith("COACH_CACHE_SHARED")]
        assert len(lines) == len(told)
        for line, what in zip(lines, told, strict=True):
            assert what in line
            assert line.endswith("; what is missing here is made here")


def test_the_doctor_tries_it(address: str, coach_here: Coach, monkeypatch: pytest.MonkeyPatch) -> None:
    well = coach_here("doctor").stdout
    assert f"; shared through {address}" in well
    monkeypatch.setenv(cache.SHARED_VARIABLE, "s3://no-such-bucket/cache")
    ill = coach_here("doctor")
    assert ill.returncode == 1
    assert "BAD  cache    s3://no-such-bucket/cache cannot be written" in ill.stdout


def test_many_threads_may_use_it(address: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        names = [f"{number:04x}" for number in range(40)]
        list(threads.map(lambda name: cache.keep(cache.place_of(tmp_path / "one", name, cache.CLIP), BODY), names))
        given(address)
        places = [cache.place_of(tmp_path / "two", name, cache.CLIP) for name in names]
        list(threads.map(lambda _: cache.fetch(places), range(4)))
    assert len(cache.kept_in(tmp_path / "two")) == 40
