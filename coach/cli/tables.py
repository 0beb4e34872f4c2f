"""Tables on stdout."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence

from coach.cli.output import say


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows as a table, a line each. On a terminal, what is too wide is cut at the end of the line."""
    from rich.cells import cell_len, set_cell_size

    lines = [tuple(heads), *(tuple(" ".join(cell.splitlines()) for cell in row) for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    limit = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines:
        text = "  ".join(set_cell_size(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()
        say(text if limit is None or cell_len(text) <= limit else f"{set_cell_size(text, limit - 1).rstrip()}…")
