"""What ``import coach`` offers: names, types, examples; and that none of it prints or leaves anything behind."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import threading
import time
from pathlib import Path

import pytest

import coach
from coach.errors import Cancelled, InputError
from coach.order import Order
from coach.publish import rendering
from support.tiers import thorough

SOURCE = ast.parse(Path(str(coach.__file__)).read_text(encoding="utf-8"))
QUICK = Order(voice="silent", breath="2-2", beat=0.8, setup="brisk", captions=False)


def imported_for_types() -> dict[str, str]:
    """Names in the block that only type checkers read, with their modules."""
    block = next(node for node in SOURCE.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_every_exported_name_is_there() -> None:
    assert len(set(coach.__all__)) == len(coach.__all__)
    assert dir(coach) == sorted(coach.__all__)
    for name in coach.__all__:
        assert getattr(coach, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        coach.nonsense  # noqa: B018


def test_type_checkers_and_the_interpreter_see_the_same_names() -> None:
    assert imported_for_types() == {name: f"coach.{home}" for name, home in coach._HOMES.items()}
    assert set(coach._HOMES) < set(coach.__all__)


def test_every_error_is_exported() -> None:
    from coach import errors

    kinds = {name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, Exception)}
    assert kinds <= set(coach.__all__)


@pytest.mark.parametrize(
    "module", ["coach", "coach.order", "coach.recipe", "coach.publish.rendering", "coach.live.opening"]
)
def test_examples_run(module: str) -> None:
    done = doctest.testmod(importlib.import_module(module))
    assert done.attempted > 0
    assert done.failed == 0


def test_every_public_function_has_an_example_or_is_told_by_one() -> None:
    for name in coach.__all__:
        assert name.startswith("__") or inspect.getdoc(getattr(coach, name))


def test_rendering_says_what_came_of_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    order = QUICK.changed(targets=("cat-cow",))
    path = tmp_path / "cat-cow.wav"
    first, second = coach.render(order, path), coach.render(order, str(path))
    assert (first.outcome, second.outcome) == ("made", "up to date")
    assert first.duration_ms == second.duration_ms == coach.compile(order).timeline.duration_ms
    assert coach.render(order.changed(words="names"), path).outcome == "replaced"
    assert [place.name for place in tmp_path.iterdir()] == ["cat-cow.wav"]
    path.write_text("mine")
    with pytest.raises(InputError, match="the coach did not make it"):
        coach.render(order, path)
    assert path.read_text() == "mine"
    assert capfd.readouterr() == ("", "")


def test_gentle_and_shorter_say_what_they_changed(tmp_path: Path) -> None:
    order = QUICK.changed(targets=("therapeutic-five",), gentle=True, minutes=3, drop=True)
    done = coach.render(order, tmp_path / "x.wav")
    assert done.changes[0] == "Figure four instead of Pigeon pose (a fresh back injury)"
    assert done.dropped


def test_an_order_of_nothing_is_refused(tmp_path: Path) -> None:
    for use in (coach.estimate, coach.compile, lambda order: coach.render(order, tmp_path / "x.wav")):
        with pytest.raises(InputError, match="name a routine"):
            use(Order())


def test_breathing_alone_is_an_order_too() -> None:
    timeline = coach.estimate(Order(breathing=True, breath="box", minutes=2, title="Calm"))
    assert timeline.breath == "4-4-4-4"


@pytest.mark.parametrize("moment", ["speaking", "writing"])
def test_cancelling_leaves_nothing_behind(tmp_path: Path, moment: str) -> None:
    """While lines are spoken, and while the file is written."""
    voice, rate = ("system", 113) if moment == "speaking" else ("silent", 145)  # no clip of this rate is cached
    order = Order(targets=("lower-back-seven",), voice=voice, rate=rate)
    is_over = threading.Event()

    def progress(what: str, done: int, total: int) -> None:
        if what == moment and done > total // 4:
            is_over.set()

    before = threading.active_count()
    with pytest.raises(Cancelled):
        coach.render(order, tmp_path / "x.mp3", progress=progress, cancelled=is_over.is_set)
    assert is_over.is_set()
    assert list(tmp_path.iterdir()) == []
    until = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.05)  # a line that is being spoken is ended
    assert threading.active_count() <= before


def test_many_are_yielded_as_they_are_made(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    orders = [QUICK.changed(targets=(name,)) for name in ("cat-cow", "kobra", "cobra", "cobra")]
    told: list[tuple[str, int, int]] = []
    made = list(coach.render_many(orders, tmp_path / "out", progress=lambda *step: told.append(step)))
    by_number = sorted(made, key=lambda each: each.number)
    assert [each.path.name for each in by_number] == ["cat-cow.mp3", "kobra.mp3", "cobra.mp3", "cobra.mp3"]
    assert [each.rendered is not None for each in by_number] == [True, False, True, False]
    assert by_number[1].failure.startswith("kobra: there is no routine or stretch called “kobra”")
    assert by_number[3].failure == "order 4: “cobra” is already made by order 3; leave one out"
    assert told[-1] == ("rendering", 4, 4)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["cat-cow.mp3", "cobra.mp3"]
    assert capfd.readouterr() == ("", "")


@thorough
def test_many_can_be_cancelled_and_left(tmp_path: Path) -> None:
    orders = [QUICK.changed(targets=(name,)) for name in ("cat-cow", "cobra", "bird-dog", "childs-pose")]
    folder = tmp_path / "a"
    with pytest.raises(Cancelled):
        list(coach.render_many(orders, folder, cancelled=lambda: any(folder.glob("*.mp3"))))
    for made in coach.render_many(orders, tmp_path / "b"):
        assert made.rendered
        break
    for folder in (tmp_path / "a", tmp_path / "b"):
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_rendering_is_made_of_values(tmp_path: Path) -> None:
    prepared = rendering.prepare(QUICK.changed(targets=("cobra",)), tmp_path / "x.wav")
    assert prepared.as_track(3).finish.track == 3
    assert prepared.finish.track is None
