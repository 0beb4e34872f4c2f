"""Tables on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from coach.cli.output import say


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows as a table, a line each. On a terminal, what is too wide is cut at the end of the line."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))  # as it is: a script's brackets are no markup
    wide = Console(width=1000, force_terminal=sys.stdout.isatty())
    with wide.capture() as text:
        wide.print(table)
    limit = Console().width if sys.stdout.isatty() else None
    for line in text.get().splitlines():
        say(_cut(line.rstrip(), limit))


def _cut(line: str, limit: int | None) -> str:
    if limit is None:
        return line
    from rich.text import Text

    text = Text.from_ansi(line)
    text.truncate(limit, overflow="ellipsis")
    return text.plain
