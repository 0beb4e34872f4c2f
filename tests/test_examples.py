"""The scripts of ``docs/scripts.md``: sound, in good style, and rendered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import coach
from coach.core.style import stretch_findings, timeline_findings
from coach.core.timeline import Timeline
from coach.files import data_folder
from coach.library.library import Library
from support.tiers import thoroughly

PAGE = (Path(__file__).parents[1] / "docs" / "scripts.md").read_text()
EXAMPLES = dict(re.findall(r"```yaml\n# ([a-z-]+)\.yaml\n(.*?)```", PAGE, re.DOTALL))
ROUTINES = {name: EXAMPLES.pop(name) for name in ["box-routine"]}
LIBRARY = Library([data_folder("scripts")], stretches=EXAMPLES, routines=ROUTINES)


def compiled(name: str) -> Timeline:
    return coach.estimate(coach.Order(targets=(name,)), library=LIBRARY)


def said(name: str) -> list[str]:
    return [cue.text or "" for cue in compiled(name).cues if cue.kind == "speech"]


def test_there_are_six() -> None:
    assert sorted(EXAMPLES) == ["body-scan", "box", "contract-relax", "interval-plank", "nerve-floss", "press-ups"]


NAMES = (*EXAMPLES, *ROUTINES)


@pytest.mark.parametrize("name", [*NAMES[::4], *thoroughly(*(name for name in NAMES if name not in NAMES[::4]))])
def test_each_is_sound_and_rendered(name: str, tmp_path: Path) -> None:
    done = coach.render(coach.Order(targets=(name,), voice="system"), tmp_path / "x.mp3", library=LIBRARY)
    assert done.path.stat().st_size > 100_000


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_is_in_good_style(name: str) -> None:
    script = LIBRARY.stretch(name)
    position = LIBRARY.positions.positions[script.position]
    assert [*stretch_findings(script, position.props), *timeline_findings(script, compiled(name))] == []


def test_each_says_what_it_is_there_for() -> None:
    assert said("nerve-floss").count("In and long.") == 12
    press = said("contract-relax")
    assert {"Press, and keep breathing.", "A little closer."} <= set(press)
    assert {"Three sets.", "Set three of three.", "Rest for forty-five seconds."} <= set(said("press-ups"))
    assert next(text for text in said("body-scan") if text.startswith("Notice")).endswith("feet touch the floor.")
    plank = said("interval-plank")
    assert plank.count("Knees back.") == 3
    assert "Stay, and keep breathing." in plank
    phases = {cue.phase for cue in compiled("box-routine").cues if cue.kind == "breath" and cue.stretch == "box"}
    assert phases == {"in", "hold", "out", "rest"}
