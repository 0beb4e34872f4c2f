"""Files in an object store: whole, once, and never over what somebody else put there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import obstore
import pytest

from coach.errors import CoachError, InputError
from coach.order import Order
from coach.publish.batch import render_many
from coach.publish.jobs import Made
from coach.publish.places import Folder, place_at
from coach.storage.objects import Objects, opened
from support.buckets import bucket, stored
from support.faulty_proxy import faulty

ORDER = Order(targets=("cobra",), voice="silent", captions=False, words="names")
WITH_CAPTIONS = ORDER.changed(captions=True)


@pytest.fixture(scope="module", name="clinic")
def _clinic() -> Iterator[str]:
    with bucket() as address:
        yield address


@pytest.fixture
def place(clinic: str, request: pytest.FixtureRequest) -> str:
    """Return the address of a part of the bucket that only this test writes to."""
    return f"{clinic}/{request.node.name}"


def written(place: str, *orders: Order, force: bool = False) -> list[Made]:
    with ThreadPoolExecutor(1) as client:
        return sorted(render_many(orders, place, force=force, client=client), key=lambda made: made.number)


def outcomes(made: list[Made]) -> list[str]:
    return [each.rendered.outcome.value if each.rendered else each.failure for each in made]


def test_what_is_there_is_looked_at(place: str) -> None:
    other = ORDER.changed(targets=("cat-cow",))
    assert outcomes(written(place, ORDER, other)) == ["made", "made"]
    assert outcomes(written(place, ORDER, other.changed(words="brief"))) == ["up to date", "replaced"]


def test_what_was_lost_beside_a_sound_is_put_there_again(place: str) -> None:
    assert outcomes(written(place, WITH_CAPTIONS)) == ["made"]
    whole = stored(place)
    assert len(whole) == 4
    obstore.delete(opened(place), "cobra.vtt")
    assert outcomes(written(place, WITH_CAPTIONS)) == ["made"]
    assert stored(place) == whole
    assert outcomes(written(place, WITH_CAPTIONS)) == ["up to date"]


@pytest.mark.parametrize("name", ["cobra.mp3", "cobra.lrc"])
def test_what_others_put_there_is_left_alone(place: str, name: str) -> None:
    """It is seen before anything is made: nothing lies beside it afterwards."""
    obstore.put(opened(place), name, b"mine")
    (made,) = written(place, WITH_CAPTIONS)
    assert f"{name} is there already and the coach did not make it" in made.failure
    assert stored(place) == {name: b"mine"}
    assert outcomes(written(place, WITH_CAPTIONS, force=True)) == ["replaced"]


def test_what_others_put_there_meanwhile_is_left_alone(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It appears after the coach has looked, and before it writes."""
    put = Objects.put

    def late(self: Objects, name: str, *given: Any, **more: Any) -> bool:
        if more["over"] is None:
            obstore.put(opened(self.url), name, b"mine")
        return put(self, name, *given, **more)

    monkeypatch.setattr(Objects, "put", late)
    (made,) = written(place, ORDER)
    assert "the coach did not make it" in made.failure
    assert stored(place) == {"cobra.mp3": b"mine"}


def test_captions_that_are_not_wanted_any_more_are_removed(place: str) -> None:
    assert outcomes(written(place, WITH_CAPTIONS)) == ["made"]
    obstore.put(opened(place), "cobra.srt", b"mine")
    assert outcomes(written(place, ORDER.changed(words="brief"))) == ["replaced"]
    assert sorted(stored(place)) == ["cobra.mp3", "cobra.srt"]  # which is somebody else's now


def test_two_who_write_the_same_write_it_once(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another machine makes the same file, and is quicker by a moment."""
    put = Objects.put
    writings: list[bool] = []

    def twice(self: Objects, name: str, *given: Any, **more: Any) -> bool:
        writings.extend((put(self, name, *given, **more), put(self, name, *given, **more)))
        return writings[-1]

    monkeypatch.setattr(Objects, "put", twice)
    assert outcomes(written(place, ORDER)) == ["up to date"]
    assert writings == [True, False]


def test_what_was_written_since_it_was_looked_at_is_not_replaced(place: str) -> None:
    objects = Objects(place)
    told = {"who": "me"}
    assert objects.put("a", b"1", kind="text/plain", told=told, over=None)
    seen = objects.seen("a")
    assert seen is not None
    assert seen.told["who"] == "me"
    assert objects.put("a", b"2", kind="text/plain", told=told, over=seen)
    assert not objects.put("a", b"3", kind="text/plain", told=told, over=seen)
    assert not objects.put("a", b"3", kind="text/plain", told=told, over=None)
    assert objects.get("a") == b"2"


def test_what_is_large_goes_there_in_parts(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.storage.objects.MOST_AT_ONCE", 1_000_000)
    (tmp_path / "large").write_bytes(bytes(range(256)) * 50_000)
    assert Objects(place).put("large", tmp_path / "large", kind="audio/wav", told={}, over=None)
    assert Objects(place).get("large") == (tmp_path / "large").read_bytes()
    seen = Objects(place).seen("large")
    assert seen is not None
    assert seen.writing["e_tag"].strip('"').endswith("-3")  # of how many parts it was made


def test_a_store_that_knows_no_conditions_is_written_all_the_same(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put = obstore.put

    def simple(*given: Any, mode: object, **more: Any) -> object:
        if mode != "overwrite":
            raise NotImplementedError("no conditional put here")
        return put(*given, mode="overwrite", **more)

    monkeypatch.setattr(obstore, "put", simple)
    assert outcomes(written(place, ORDER)) == ["made"]
    assert outcomes(written(place, ORDER.changed(words="brief"))) == ["replaced"]


def test_a_store_that_refuses_conditions_is_asked_without(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real server, which answers 501 to whatever is to be written under a condition; it is asked so once."""
    monkeypatch.setattr("coach.storage.objects._unconditional", set())
    with faulty(os.environ["AWS_ENDPOINT_URL"], share=0.0, knows_conditions=False) as (endpoint, done):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        opened.cache_clear()
        assert outcomes(written(place, ORDER)) == ["made"]
        refused = done["no conditions"]
        assert refused >= 1
        assert outcomes(written(place, ORDER.changed(words="brief"))) == ["replaced"]
        assert done["no conditions"] == refused
    opened.cache_clear()


def test_keys_that_may_not_write_are_told_at_once(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from obstore.exceptions import PermissionDeniedError

    tries: list[str] = []

    def denied(_store: object, name: str, *_: Any, **__: Any) -> None:
        tries.append(name)
        raise PermissionDeniedError("access denied\nand a long explanation")

    monkeypatch.setattr(obstore, "put", denied)
    (made,) = written(place, ORDER)
    assert made.failure == f"cobra: {place} cannot be written with the keys that are given: access denied"
    assert tries == ["cobra.mp3"]


def test_who_is_always_quicker_is_told(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.publish.places.PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr(Objects, "put", lambda *_, **__: False)
    (made,) = written(place, ORDER)
    assert made.failure == f"cobra: {place}/cobra.mp3: others keep writing it; run it again"


def test_what_cannot_be_written_is_tried_again(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.publish.places.PAUSES_S", (0.0, 0.0, 0.0))
    put, tries = obstore.put, 0

    def cut(*given: Any, **more: Any) -> object:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OSError("connection cut")
        return put(*given, **more)

    monkeypatch.setattr(obstore, "put", cut)
    assert outcomes(written(place, ORDER)) == ["made"]
    monkeypatch.setattr("coach.publish.places.PAUSES_S", (0.0,))
    tries = 0
    (made,) = written(place, ORDER.changed(words="brief"))
    assert made.failure == f"cobra: {place} cannot be written: connection cut"


def test_without_its_package_a_store_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(InputError, match=r"pip install 'stretch-coach\[stores\]'"):
        render_many([ORDER], "s3://elsewhere/x")


@pytest.mark.parametrize("address", ["s3://no-such-bucket/x", "xyz://what"])
def test_a_bucket_that_is_not_there_is_told_in_a_line(clinic: str, address: str) -> None:
    with pytest.raises(CoachError) as refused:
        written(address, ORDER)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("address", ["s3://clinic/ward#1", "s3://clinic/ward?1", "file:///srv/week #1", "file://srv/x"])
def test_an_address_of_which_a_part_would_be_ignored_is_refused(address: str) -> None:
    with pytest.raises(InputError):
        place_at(address).check()


def test_the_address_of_a_folder_is_a_folder() -> None:
    assert place_at("file:///srv/patients%20of%20today") == Folder(Path("/srv/patients of today"))
