"""What ``coach play`` makes of its options; how it sounds is heard in ``tests/live``."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from coach.cli.options import Speaking
from coach.cli.play import Asked, Place, _last_asked, _routine
from coach.core.delivery import Guidance, Pace, Setup, Words
from coach.errors import InputError
from coach.history.history import History
from coach.recipe import estimate
from support.command import Coach

ASKED = Asked(
    targets=("five-minutes",),
    minutes=None,
    drop=False,
    gentle=False,
    words=Words.FULL,
    breath=None,
    ramp="3-4:4-6",
    beat="1",
    pace=Pace.COUNT,
    guidance=Guidance.FADING,
    setup=Setup.NORMAL,
    voice="silent",
    rate=145,
    count_voice=None,
    title=None,
    loudness=-16.0,
    background=None,
    background_level=-12.0,
)
SPEAKING = Speaking("silent", 145)


@pytest.fixture(autouse=True)
def _no_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COACH_DATA", str(tmp_path / "data"))


def stopped(asked: Asked, index: int) -> None:
    routine = _routine(asked, SPEAKING, None)
    stretches = [(item.id, item.script.name) for item in routine.items]
    log = History.open().begin(routine.id, routine.name, asked.to_json(), 1, stretches)
    log.at(index, None, 1_000)
    log.end(False, 2_000)


def test_it_goes_on_in_the_same_manner_but_for_what_is_given() -> None:
    stopped(ASKED, 1)
    now = Asked(
        **{**vars(ASKED), "targets": (), "gentle": True, "voice": "system", "rate": 120, "breath": "box", "ramp": None}
    )
    asked, place = _last_asked(now, {"gentle", "voice", "breath", "player", "resume"})
    changed = {each.name for each in fields(Asked) if getattr(asked, each.name) != getattr(ASKED, each.name)}
    assert changed == {"gentle", "voice", "breath", "ramp"}
    assert asked.voice == "system"
    assert place == Place(_routine(ASKED, SPEAKING, None).items[1].id, 1)


def test_it_goes_on_with_the_same_stretch_of_a_script_that_was_changed(tmp_path: Path) -> None:
    script = tmp_path / "mine.yaml"
    head = "name: Mine\npurpose: to be changed\nstretches: "
    script.write_text(f"{head}[cat-cow, cobra, childs-pose]")
    asked = Asked(**{**vars(ASKED), "targets": (str(script),)})
    script.write_text(f"{head}[bird-dog, glute-bridge, cat-cow, cobra]")
    departure = _routine(asked, SPEAKING, Place("cobra", 1)).departure
    assert departure is not None
    assert departure.index == 3
    with pytest.raises(InputError, match="childs-pose, which is no longer in the routine"):
        _routine(asked, SPEAKING, Place("childs-pose", 2))


def test_it_lasts_as_long_as_is_asked_for() -> None:
    asked = replace(ASKED, minutes=4.0, drop=True)
    fitted = _routine(asked, SPEAKING, None)
    assert len(fitted.items) < len(_routine(ASKED, SPEAKING, None).items)
    assert estimate(fitted, asked.delivery).duration_ms == pytest.approx(240_000, abs=5_100)


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
def test_what_cannot_be_is_told_in_a_line(coach: Coach, arguments: tuple[str, ...], says: str) -> None:
    done = coach("play", *arguments, "--voice", "silent")
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_another_version_kept_is_not_guessed_at(coach: Coach) -> None:
    log = History.open().begin("daily", "Daily", json.dumps({"targets": ["daily"]}), 1, [("cobra", "Cobra")])
    log.end(False, 2_000)
    with pytest.raises(InputError, match="another version"):
        _last_asked(ASKED, set())
