"""What ``coach play`` makes of its options; how it sounds is heard in ``tests/live``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from coach.cli.play import _is_first, _remarks
from coach.errors import InputError
from coach.history.store import History
from coach.library.paths import path_library
from coach.live.opening import open_session
from coach.live.resuming import Stop, from_anywhere, going_on_at, last_stop
from coach.order import Order
from coach.recipe import routine_of
from support.command import Coach
from support.tiers import thorough

ORDER = Order(targets=("five-minutes",), ramp="3-4:4-6", voice="silent", rate=145)


@pytest.fixture(autouse=True)
def _no_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COACH_DATA", str(tmp_path / "data"))


def stopped(order: Order, index: int) -> None:
    routine, _ = routine_of(order, path_library())
    keep(order.to_json(), [(item.id, item.script.name) for item in routine.items], index)


def keep(order: str, stretches: list[tuple[str, str]], index: int) -> None:
    log = History.open().begin("five-minutes", "Five minutes", order, 1, stretches)
    log.at(index, None, 1_000)
    log.end(False, 2_000)


def test_it_goes_on_in_the_same_manner_but_for_what_is_given() -> None:
    stopped(ORDER, 1)
    now = Order(gentle=True, voice="system", rate=120, breath="box")
    order, stop = last_stop(now, {"gentle", "voice", "breath"})
    changed = {name for name in Order.model_fields if getattr(order, name) != getattr(ORDER, name)}
    assert changed == {"gentle", "voice", "breath", "ramp"}
    assert order.voice == "system"
    assert stop == Stop(routine_of(ORDER)[0].items[1].id, 1)


def test_a_voice_of_the_environment_does_not_outrank_that_of_the_session(coach: Coach, tmp_path: Path) -> None:
    """Only what is typed does."""
    stopped(ORDER, 1)
    place = tmp_path / "b.wav"
    done = coach("play", "--resume", "--words", "names", "--player", f"record:{place}", env={"COACH_VOICE": "no-such"})
    assert (done.returncode, place.is_file()) == (0, True), done.stderr


def test_every_count_is_spoken_in_the_first_session_only() -> None:
    order = Order(targets=("five-minutes",))
    assert _is_first(order)
    assert not _is_first(order.changed(guidance="minimal"))  # from the environment, say
    stopped(ORDER, 1)
    assert not _is_first(order)
    History.open().path.write_text("not a history")
    assert not _is_first(order)


@thorough
def test_the_first_session_says_that_it_is(coach: Coach, tmp_path: Path) -> None:
    how = ("play", "pelvic-tilt", "--words", "names", "--player", f"record:{tmp_path / 'a.wav'}")
    for is_told in (True, False):
        done = coach(*how, env={"COACH_VOICE": "silent"})
        assert done.returncode == 0, done.stderr
        assert ("your first session" in done.stderr) == is_told
        (tmp_path / "a.wav").unlink()
        stopped(ORDER, 1)


def test_what_the_version_before_kept_goes_on() -> None:
    """As ``coach play`` of version 0.1.0 wrote it."""
    kept = (
        '{"targets": ["five-minutes"], "minutes": null, "drop": false, "gentle": false, "words": "full", '
        '"breath": null, "ramp": "3-4:4-6", "beat": "0.8", "pace": "tone+count", "guidance": "fading", '
        '"setup": "normal", "voice": "silent", "rate": 145, "count_voice": null, "title": "Für mich", '
        '"loudness": -16.0, "background": "/music/rain.wav", "background_level": -12.0}'
    )
    keep(kept, [("cobra", "Cobra"), ("cat-cow", "Cat-cow")], 1)
    order, stop = last_stop(Order(), set())
    assert stop == Stop("cat-cow", 1)
    assert order == ORDER.changed(beat=0.8, pace="tone+count", title="Für mich", background="/music/rain.wav")


def test_an_order_is_kept_so_that_it_means_the_same_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    order = from_anywhere(Order(targets=("daily", "mine.yaml"), background=Path("rain.wav")))
    assert order.targets == ("daily", str(tmp_path / "mine.yaml"))
    assert order.background == tmp_path / "rain.wav"


def test_it_goes_on_with_the_same_stretch_of_a_script_that_was_changed(tmp_path: Path) -> None:
    script = tmp_path / "mine.yaml"
    head = "name: Mine\npurpose: to be changed\nstretches: "
    script.write_text(f"{head}[cat-cow, cobra, childs-pose]")
    order = ORDER.changed(targets=(str(script),))
    script.write_text(f"{head}[bird-dog, glute-bridge, cat-cow, cobra]")
    routine, _ = routine_of(order, path_library())
    departure = going_on_at(routine, Stop("cobra", 1)).departure
    assert departure is not None
    assert departure.index == 3
    with pytest.raises(InputError, match="childs-pose, which is no longer in the routine"):
        going_on_at(routine, Stop("childs-pose", 2))


def test_it_lasts_as_long_as_is_asked_for(tmp_path: Path) -> None:
    order = ORDER.changed(minutes=5.0, drop=True)
    with open_session(order, player=f"record:{tmp_path / 'x.wav'}") as session:
        assert len(session.programme.items) < len(routine_of(ORDER)[0].items)
        assert len(session.dropped) == len(routine_of(ORDER)[0].items) - len(session.programme.items)
        assert session.planned_ms == pytest.approx(300_000, abs=5_100)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name a routine, like “coach play daily”"),
        (("--resume", "daily"), "it takes no routine"),
        (("--resume",), "there is no session to go on with"),
        (("daily", "--player", "record:~nobody-of-this-name/x.wav"), "an unknown user"),
        (("daily", "--background", "~nobody-of-this-name/x.wav"), "an unknown user"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(coach_here: Coach, arguments: tuple[str, ...], says: str) -> None:
    done = coach_here("play", *arguments, "--voice", "silent")
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_another_version_kept_is_not_guessed_at(coach: Coach) -> None:
    log = History.open().begin(
        "daily", "Daily", json.dumps({"targets": ["daily"], "tempo": 3}), 1, [("cobra", "Cobra")]
    )
    log.end(False, 2_000)
    with pytest.raises(InputError, match="another version"):
        last_stop(ORDER, set())


@pytest.mark.skipif(sys.platform == "win32", reason="it needs limits as Unix has them")
def test_a_recording_on_a_full_disk_ends_in_a_line(tmp_path: Path) -> None:
    """It never ended, and printed tracebacks."""
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    place = tmp_path / "x.wav"
    done = subprocess.run(
        [sys.executable, "-m", "coach", "play", "cat-cow", "--voice", "silent", "--player", f"record:{place}"],
        capture_output=True,
        text=True,
        preexec_fn=limit,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[2:] == [f"coach: {place} cannot be written: File too large"]


@pytest.mark.parametrize(("times", "told"), [(1, "once"), (2, "2 times")])
def test_a_loudspeaker_that_ran_dry_is_told_in_good_english(times: int, told: str) -> None:
    session = SimpleNamespace(logbook=SimpleNamespace(problem=None), underruns=times)
    assert _remarks(session) == [f"the loudspeaker ran dry {told}; close other programs"]  # type: ignore[arg-type]
