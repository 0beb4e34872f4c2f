"""Tables on stdout."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence

from coach.cli.output import say

_NARROWEST_COLUMNS = 20
"""A last column that has less room than this is not wrapped: the terminal does that."""


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows as a table; on a terminal, a long last cell goes on below itself."""
    for line in table_lines([heads, *rows], shutil.get_terminal_size().columns if sys.stdout.isatty() else None):
        say(line)


def table_lines(rows: Sequence[Sequence[str]], columns: int | None = None) -> Iterator[str]:
    """Yield the lines of a table: its columns side by side, as wide as the widest cell of each.

    Args:
        rows: their cells, the same number in each; line ends in them become spaces.
        columns: how wide the screen is, if the last cell is to be wrapped.
    """
    from rich.cells import cell_len, set_cell_size

    cells = [[" ".join(cell.split("\n")) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)][:-1]
    room = None if columns is None else columns - sum(widths) - 2 * len(widths)
    for row in cells:
        parts = [row[-1]] if room is None or room < _NARROWEST_COLUMNS else list(_wrapped(row[-1], room))
        for number, part in enumerate(parts):
            heads = row[:-1] if number == 0 else [""] * len(widths)
            line = [set_cell_size(cell, width) for cell, width in zip(heads, widths, strict=True)]
            yield "  ".join([*line, part]).rstrip()


def _wrapped(text: str, columns: int) -> Iterator[str]:
    """Yield lines of words; a word that is wider than the screen has one of its own."""
    from rich.cells import cell_len

    line = ""
    for word in text.split(" "):
        if line and cell_len(line) + 1 + cell_len(word) > columns:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line
