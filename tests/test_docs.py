"""The pages a person reads: links lead somewhere, commands and examples run, tables are accepted."""

from __future__ import annotations

import importlib
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import cast

import pytest
import typer
from typer.core import TyperCommand

import coach as library
from coach.cli import COMMANDS
from coach.publish.table import COLUMNS, read_plan
from support.command import Coach
from support.tiers import thorough

PROJECT = Path(__file__).parent.parent
README = PROJECT / "README.md"
PAGES = (README, *sorted((PROJECT / "docs").glob("*.md")))
LINKED = (*PAGES, PROJECT / "scripts" / "README.md", PROJECT / "sounds" / "README.md", PROJECT / "CHANGELOG.md")

GOES_ON = ("play", "serve")
"""Commands that are only parsed."""
TAKES_LONG = {
    *("playlist", "feed", "site", "--all", "--plan", "--background", "--style", "--try", "--voice", "--count-voice"),
    *("daily", "evening", "lower-back-seven", "cobra"),
}
"""What makes a command line slow, or needs what a slow one makes; it runs only if it is marked ``thorough``."""
NEEDS_MORE = re.compile(r"--pack|--download|kokoro|my-voice|tcp://|s3://|verify patients")
"""What is only parsed: it needs the model of a voice, a cluster or a store, which other tests have."""
MAY_FAIL = ("doctor",)
"""Commands that exit with 1 if this machine lacks something."""


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


def blocks(page: Path) -> Iterator[str]:
    """Indented blocks, as they stand."""
    yield from re.findall(r"(?:^    .*\n)+", text_of(page), re.MULTILINE)


def command_lines(page: Path) -> list[str]:
    """What follows ``coach`` in the command lines of indented blocks, without what explains them."""
    lines = [line for block in blocks(page) for line in block.splitlines()]
    found = [re.match(r"^    (?:\S.*(?:uv|--no-dev|--extra \S+) )?coach (.+)$", line) for line in lines]
    return [re.split(r"\s{2,}", match[1])[0] for match in found if match]


def mentioned(page: Path) -> list[str]:
    """What follows ``coach`` in code within sentences."""
    return re.findall(r"`coach ([a-z]+(?: [^`…]+)?)`", text_of(page).replace("\n", " "))


@cache
def command(name: str) -> TyperCommand:
    """The command itself, with its options."""
    own = typer.Typer()
    importlib.import_module(f"coach.cli.{COMMANDS[name][0]}").register(own)
    return cast("TyperCommand", typer.main.get_group(own).commands[name])


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def plan_tables() -> list[str]:
    return [block for page in PAGES for block in blocks(page) if block.strip().startswith("routine,")]


def test_the_readme_is_short() -> None:
    assert len(text_of(README).splitlines()) <= 150


@pytest.mark.parametrize("page", LINKED, ids=name_of)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_index() -> None:
    index = text_of(PROJECT / "docs" / "README.md")
    for page in (PROJECT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in index, page.name


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_line_parses(page: Path) -> None:
    for line in command_lines(page):
        name, *arguments = shlex.split(line)
        assert name in COMMANDS, line
        command(name).make_context(name, arguments)  # a word or option that is not one raises


@pytest.mark.parametrize("page", LINKED, ids=name_of)
def test_every_option_in_a_sentence_is_one(page: Path) -> None:
    for line in mentioned(page):
        name, *arguments = line.split()
        assert name in COMMANDS, line
        known = {option for parameter in command(name).params for option in parameter.opts}
        assert {each for each in arguments if each.startswith("-")} <= known, line


def test_command_lines_are_found() -> None:
    assert "render lower-back-seven" in command_lines(README)
    assert len({line for page in PAGES for line in command_lines(page)}) > 30


def test_every_extra_shown_is_one() -> None:
    extras = set(tomllib.loads(text_of(PROJECT / "pyproject.toml"))["project"]["optional-dependencies"])
    for page in PAGES:
        named = re.findall(r"--extra ([a-z-]+)|'?\.\[([a-z,-]+)\]", text_of(page))
        assert {each for pair in named for each in ",".join(filter(None, pair)).split(",")} <= extras, name_of(page)


def is_slow(words: list[str]) -> bool:
    return words[0] != "timeline" and not TAKES_LONG.isdisjoint(words)


@pytest.mark.parametrize("with_slow", [False, pytest.param(True, marks=thorough)])
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_run(page: Path, with_slow: bool, coach: Coach, tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text(plan_tables()[0], encoding="utf-8")
    shutil.copy(PROJECT / "sounds" / "begin.wav", tmp_path / "rain.ogg")
    for line in dict.fromkeys(command_lines(page)):
        words = shlex.split(line)
        if words[0] in GOES_ON or NEEDS_MORE.search(line) or (is_slow(words) and not with_slow):
            continue
        done = coach(*words, cwd=tmp_path, env={"COACH_VOICE": "silent"})
        fine = (0, 1) if words[0] in MAY_FAIL else (0,)
        assert done.returncode in fine, f"coach {line}\n{done.stderr}"
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("table", plan_tables())
def test_a_plan_shown_is_accepted_as_it_is_pasted(table: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.csv"
    for pasted in (table, re.sub("(?m)^    ", "", table)):
        plan.write_text(pasted, encoding="utf-8")
        for row in read_plan(plan):
            order = row.order(library.Order(voice="silent"))
            assert abs(library.estimate(order).duration_ms - (order.minutes or 0) * 60_000) <= 5_000
            assert row.output


def test_a_plan_is_shown_and_every_column_is_named() -> None:
    assert plan_tables()
    page = text_of(PROJECT / "docs" / "plans.md").replace("\n", " ")
    assert [column for column in COLUMNS if f"`{column}`" not in page] == []


def python_examples() -> list[str]:
    return re.findall(r"^```python\n(.+?)^```$", text_of(PROJECT / "docs" / "library.md"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", python_examples())
def test_python_examples_run(example: str, tmp_path: Path) -> None:
    program = tmp_path / "example.py"
    program.write_text(example, encoding="utf-8")
    done = subprocess.run([sys.executable, program], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr
