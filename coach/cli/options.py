"""Options that commands share; those of an order are in :mod:`coach.cli.order_options`."""

from __future__ import annotations

from typing import Annotated

import typer

ForceOption = Annotated[
    bool, typer.Option("--force", help="Make it anew, and replace files even if the coach did not make them.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
