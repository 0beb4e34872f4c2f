"""``coach render``: from routines to audio files."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from coach.cli.options import ForceOption
from coach.cli.order_options import takes, tell_voice
from coach.cli.output import end_with, say
from coach.cli.progress import shown_progress
from coach.cli.safety import point_to_safety_once
from coach.cli.tables import print_table
from coach.errors import CoachError, InputError
from coach.files import place_named
from coach.library.paths import path_library
from coach.order import Group, Order
from coach.publish.batch import render_many, render_plan
from coach.publish.jobs import DEFAULT_FORMAT, Made
from coach.publish.rendering import Outcome, Rendering, prepare
from coach.publish.report import REPORT
from coach.publish.table import COLUMNS
from coach.recipe import file_stem
from coach.storage import cache
from coach.storage.objects import is_address
from coach.units import clock_text

_FAILED = "FAILED"
_MOST_SHOWN = 500
"""Files that are listed one by one; what came of more stands in the report beside them."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(render)


@takes(*Group)
def render(
    *,
    output: Annotated[
        str | None,  # a path would lose the slash at its end
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write: .mp3, .m4a, .m4b, .ogg, .opus, .flac or .wav, or a folder (with --all and --plan: "
            "only a folder). [default: ROUTINE.mp3 here]",
        ),
    ] = None,
    order: Order,
    force: ForceOption = False,
    every: Annotated[bool, typer.Option("--all", help="Every routine there is, into the folder -o names.")] = False,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            metavar="FILE",
            help="A table (.csv, .xlsx, .ods) with a row for each file, into the folder -o names. Columns: routine, "
            f"and any of {', '.join(name for name in COLUMNS if name != 'routine')}.",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="With --all and --plan: have a Dask cluster make the files, like tcp://host:8786; “local” is one of "
            "this machine. All see the folder -o names, or it is the address of an object store: s3://bucket/prefix.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --plan: show what would be made, and make nothing.")
    ] = False,
) -> None:
    """Write a routine as an audio file, to listen to with eyes closed."""
    asked = bool(order.targets) + every + (plan is not None)
    if not asked:
        raise InputError("name a routine, or several, or give --all for every routine there is, or --plan with a table")
    if asked > 1:
        raise InputError("a routine by name, --all and --plan exclude each other; give one of them")
    if every and order.title is not None:
        raise InputError("--title: with --all each routine has its own name; leave it out")
    if dry_run:
        _foresee(plan, output or ".", order, force=force)
        return
    if order.targets:
        if cluster is not None:
            raise InputError("--cluster: it is for many files, with --all or --plan; leave it out")
        if is_address(output or ""):
            raise InputError(f"-o {output}: an object store takes only many files at once; use --all or --plan")
        place = place_of(output, f"{file_stem(order)}{DEFAULT_FORMAT}")
        write(prepare(order, place, library=path_library(), force=force))
    else:
        _render_all(order, plan, output or ".", force=force, cluster=cluster)
    point_to_safety_once()


def _foresee(plan: Path | None, folder: str, order: Order, *, force: bool) -> None:
    """Show what a plan would make."""
    if plan is None:
        raise InputError("--dry-run: it is for a plan; “coach show” tells what one routine would be")
    from coach.cli.plan import report
    from coach.publish.places import place_at
    from coach.publish.planning import foresee
    from coach.publish.table import read_plan

    report(foresee(read_plan(plan), place_at(folder), order, path_library(), force=force))


def write(rendering: Rendering) -> None:
    """Write a file, with progress, and say what came of it."""
    tell_voice(rendering.order)
    with shown_progress() as progress:
        done = rendering.run(progress)
    for note in done.notes:
        say(note, err=True)
    result = "" if done.outcome is Outcome.MADE else f"  {done.outcome}"
    say(f"{done.path}  {clock_text(done.duration_ms)}{result}")


def place_of(output: str | None, name: str) -> Path:
    """Return where a file is to be written; a folder takes it in under its own name.

    Raises:
        InputError: it is named as a folder is, which is not there.
    """
    if output is None:
        return Path(name)
    place = place_named(output)
    return place / name if place.is_dir() else place


def _render_all(order: Order, plan: Path | None, folder: str, *, force: bool, cluster: str | None) -> None:
    """Render the rows of a plan, or every routine there is, with progress, and say what came of them."""
    library = path_library()
    if (shared := cache.shared_cache()) is not None:
        try:
            shared.check()
        except CoachError as error:
            say(f"{cache.SHARED_VARIABLE}: {error}; what is missing here is made here", err=True)
    done = _Done(None if plan is None else f"{folder.rstrip('/')}/{REPORT}")
    with contextlib.ExitStack() as stack:
        client = None
        if cluster is not None:
            from coach.publish.dask import cluster_at

            client = stack.enter_context(cluster_at(cluster))
            if not client.workers:
                say(f"the cluster has no worker yet; start one on any machine: dask worker {cluster}", err=True)
        progress = stack.enter_context(shown_progress())
        how: dict[str, Any] = {"library": library, "force": force, "progress": progress, "client": client}
        if plan is not None:
            files = render_plan(plan, folder, over=order, **how)
        else:
            files = render_many([order.changed(targets=(name,)) for name in library.routines], folder, **how)
        tell_voice(order)
        for made in files:
            done.add(made)
    done.tell()


class _Done:
    """What came of many files; of very many only those are shown, and kept, that were not made."""

    def __init__(self, told_in: str | None) -> None:
        """Begin.

        Args:
            told_in: where all of it will stand, if there is such a report.
        """
        self._told_in = told_in
        self._most = sys.maxsize if told_in is None else _MOST_SHOWN
        self._counts: Counter[str] = Counter()
        self._usual: list[Made] = []
        self._unusual: list[Made] = []

    def add(self, made: Made) -> None:
        """Add a file."""
        result = _result(made)
        self._counts["" if made.left_out else result] += 1
        kept = self._usual if made.rendered else self._unusual
        if len(kept) < self._most:
            kept.append(made)

    def tell(self) -> None:
        """Say it, and end with status 1 if a file failed."""
        total = self._counts.total()
        if total > self._most:
            self._usual = []
            say(f"what came of each of the {total:,} rows: {self._told_in}")
        shown = sorted(self._usual + self._unusual, key=lambda made: made.number)
        if shown:
            print_table(("file", "length", "result"), (_row(made) for made in shown))
        for made in shown:
            if made.rendered:
                for note in made.rendered.notes:
                    say(f"{made.path.name}: {note}")
        say(", ".join(f"{self._counts[what]} {what}" for what in (*Outcome, _FAILED) if self._counts[what]))
        failures = [made.failure for made in shown if made.failure]
        if left := self._counts[_FAILED] - len(failures):
            failures.append(f"{left:,} more failed: {self._told_in}")
        end_with(failures)


def _row(made: Made) -> tuple[str, str, str]:
    length = clock_text(made.rendered.duration_ms) if made.rendered else ""
    return str(made.path), length, _result(made)


def _result(made: Made) -> str:
    return made.rendered.outcome if made.rendered else made.left_out or _FAILED
