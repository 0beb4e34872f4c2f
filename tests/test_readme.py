"""What the README and the pages in docs/ show is what the program prints."""

from __future__ import annotations

import re
from pathlib import Path

from coach.cli import command_names
from coach.core.breath import NAMED_PATTERNS
from coach.core.delivery import Pace
from coach.live.screen.keys import BINDINGS
from support.command import Coach

PROJECT = Path(__file__).parent.parent
PAGES = (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md")))
SHOWN = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def test_the_score_is_what_timeline_prints(coach: Coach) -> None:
    printed = coach("timeline", "childs-pose").stdout
    score = SHOWN.split("This is the middle of `coach timeline childs-pose --voice system`:\n\n")[1].split("\n\n")[0]
    assert "\n".join(line.removeprefix("    ") for line in score.splitlines()) in printed


def test_every_command_is_shown_and_every_command_shown_exists() -> None:
    shown = set(re.findall(r"\bcoach ([a-z]+)\b", SHOWN))
    commands = set(command_names())
    assert commands <= shown
    examples = re.findall(r"^    coach ([a-z]+)", SHOWN, re.MULTILINE)
    assert examples
    assert set(examples) <= commands


def test_the_patterns_are_those_there_are() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| ([0-9]+-[0-9-]+) \| ([^|]+) \|", SHOWN, re.MULTILINE)
    assert rows == [(name, named.counts, named.purpose) for name, named in NAMED_PATTERNS.items()]


def test_every_key_is_explained() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \|$", SHOWN.split("| key | what it does |")[1].split("\n\n")[0], re.MULTILINE
    )
    for binding in BINDINGS:
        assert any(all(key in row for key in binding.label.split()) for row in rows), binding.label


def test_every_pace_is_explained() -> None:
    paces = re.findall(r"^\| `([a-z+]+)` \| [^|]+ \|$", SHOWN, re.MULTILINE)
    assert set(Pace) <= set(paces)
