"""Positions of the body, and conditions: the coach's own, and those of a folder."""

from __future__ import annotations

import functools
from pathlib import Path

from coach.core.conditions import Conditions
from coach.core.positions import Positions
from coach.files import data_folder
from coach.library.entry import read_text
from coach.library.reader import read_conditions, read_positions

POSITIONS, CONDITIONS = "positions.yaml", "conditions.yaml"


@functools.cache
def built_in_positions() -> Positions:
    """Return the positions that come with the coach."""
    path = data_folder("scripts") / POSITIONS
    return read_positions(read_text(path), str(path))


def with_positions_of(folder: Path, positions: Positions) -> Positions:
    """Return positions with those of a folder, which outrank them.

    Raises:
        ScriptError: the folder's file has problems.
    """
    path = folder / POSITIONS
    if folder == data_folder("scripts") or not path.is_file():
        return positions
    return positions.joined(read_positions(read_text(path), str(path), positions.positions))


@functools.cache
def built_in_conditions() -> Conditions:
    """Return the conditions that come with the coach."""
    path = data_folder("scripts") / CONDITIONS
    return read_conditions(read_text(path), str(path))


def with_conditions_of(folder: Path, conditions: Conditions) -> Conditions:
    """Return conditions with those of a folder, which outrank them.

    Raises:
        ScriptError: the folder's file has problems.
    """
    path = folder / CONDITIONS
    if folder == data_folder("scripts") or not path.is_file():
        return conditions
    return conditions.joined(read_conditions(read_text(path), str(path), conditions.by_name))
