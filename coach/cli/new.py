"""``coach new``: a script to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coach.cli.output import say
from coach.core.quoting import quoted
from coach.errors import InputError, ScriptError
from coach.files import check_place, written_whole
from coach.library.library import HOW_TO_NAME, NAMES
from coach.library.reader import read_script

ROUTINE = """\
# A routine: stretches in an order. “coach check {file}” finds mistakes, “coach render {file}” makes the MP3.
name: {name}
purpose: What it is for, in a line.

# First and last words. Leave them out, and the coach says its own.
opening:
  - Lie down, and be easy.
  - If anything hurts, stop, and ease out.
closing:
  - That was the last stretch.

# “coach list” shows every name. A dose of your own goes beside it; without one the script's own counts.
stretches:
  - knee-to-chest
  - stretch: childs-pose
    dose: 30 s
  - stretch: cat-cow
    dose: 5-10 x
"""

STRETCH = """\
# A stretch, written for closed eyes: one action a sentence, side and body part named.
# “coach check --style {file}” finds mistakes, “coach render {file}” lets you hear it.
name: {name}
eases: what it eases, in a few words
position: back             # back, back-knees-bent, hands-and-knees, kneeling, face-down, sitting, standing
sides: [right, left]       # leave this out, and every {{side}} below, if it has no sides

setup:                     # into it; the first sentence names the side
  - say: Draw your {{side}} knee toward your chest.
    again: "{{side}} knee toward your chest."    # what the second side hears
    move: 4 s                                  # time to do it
  - say: Hold it with both hands.
    again: false                               # not needed the second time

movement:
  kind: hold               # or flow, repeated-hold, sequence, counted, rest: see scripts/README.md
  dose: 10-20 s
  lines:                   # words on a breath of the hold; few are enough
    - breath: 1
      phase: out
      say: Breathe out, and let your shoulders soften.

release:                   # out of it
  - say: Slide your {{side}} leg long.
    move: 4 s

# cautions:
#   - note: Shown by “coach show”.
#     say: Spoken once, before the setup.
# easier:
#   - note: An easier way.

sources:                   # where the dose comes from
  - article: mine
    dose: 10-20 s each side
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(new)


def new(
    name: Annotated[str, typer.Argument(help="Its name; NAME.yaml is written here.", show_default=False)],
    stretch: Annotated[bool, typer.Option("--stretch", help="A stretch instead of a routine.")] = False,
) -> None:
    """Write a commented script to start from."""
    stem = name.removesuffix(".yaml")
    if not NAMES.fullmatch(stem):
        raise InputError(f"{quoted(name)} cannot be a script's name; {HOW_TO_NAME}")
    path = Path(f"{stem}.yaml")
    if check_place(path):
        raise InputError(f"{path} is there already; choose another name")
    title = stem.replace("-", " ").replace("_", " ")
    text = (STRETCH if stretch else ROUTINE).format(file=path, name=f'"{title[0].upper()}{title[1:]}"')
    try:
        read_script(text, str(path))
    except ScriptError as error:  # a name that no voice can say, or a long one
        raise InputError(f"{quoted(name)} cannot be a script's name: {error.problems[0].message}") from error
    with written_whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    say(f"{path}  (next: edit it, then “coach check {path}”)")
