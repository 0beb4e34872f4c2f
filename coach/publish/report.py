"""What came of many files, as a table beside them; the next run reads it, and looks at what is missing or changed."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

from coach.core.quoting import as_csv, from_cell
from coach.errors import CoachError, InputError
from coach.publish.jobs import Job, Made
from coach.publish.places import Place
from coach.publish.publish import places_beside
from coach.publish.rendering import Outcome, Rendered
from coach.publish.tools import Tools

REPORT = "coach-report.csv"
HEADS = ("row", "file", "seconds", "bytes", "asked", "result", "notes")


@dataclass(frozen=True)
class _Line:
    length_ms: int
    size: int
    asked: str
    notes: str
    """What is otherwise than in the script, or than was asked for."""


class Report:
    """The table of a place."""

    def __init__(self, place: Place, tools: Tools) -> None:
        """Read it, if it is there.

        Raises:
            InputError: something else is there under its name.
        """
        self._tools = tools
        self._jobs: dict[int, str] = {}
        self._lines: dict[str, _Line] = {}
        data = place.read(REPORT)
        if data is not None:
            self._lines = _read(data)
        self._sizes = place.sizes() if self._lines else {}

    def known(self, job: Job) -> Made | None:
        """Return what came of a job in an earlier run, if it asks for the same, and its files are there.

        The sound must be as long as it was; what lies beside it, captions and chapters, need only be there.
        """
        name, asked = job.path.name, self.asked(job)
        self._jobs[job.number] = asked
        line = self._lines.get(name)
        if line is None or line.asked != asked or self._sizes.get(name) != line.size or not line.size:
            return None
        if not all(self._sizes.get(beside.name) for beside in places_beside(job.path, job.order)):
            return None
        rendered = Rendered(path=job.path, beside=(), outcome=Outcome.UP_TO_DATE, duration_ms=line.length_ms)
        return Made(number=job.number, path=job.path, rendered=rendered)

    def asked(self, job: Job) -> str:
        """Return a digest of what a job asks for, and of what it is made with."""
        made_of = f"{self._tools} {job.track} {job.path.name} {job.order.to_json()}"
        return hashlib.sha256(made_of.encode()).hexdigest()[:16]

    def kept(self, made: Iterator[Made], place: Place) -> Iterator[Made]:
        """Yield what came of each file as it comes, and write all of it down at the end, however that comes."""
        rows: list[tuple[object, ...]] = []
        failed = False
        try:
            for each in made:
                rows.append(self._row(each))
                failed = failed or bool(each.failure)
                yield each
        finally:
            # Where nothing can be written, what came of the files says so.
            with contextlib.suppress(*([CoachError] if failed else [])):
                self._write(place, rows)

    def _row(self, made: Made) -> tuple[object, ...]:
        seconds = f"{made.rendered.duration_ms / 1000:.3f}" if made.rendered else ""
        result = made.rendered.outcome.value if made.rendered else made.left_out or made.failure
        asked = self._jobs.get(made.number, "")
        before = self._lines.get(made.path.name)
        notes = "; ".join(made.rendered.notes) if made.rendered else ""
        if not notes and before is not None and before.asked == asked:  # it is as it was made then
            notes = before.notes
        return made.number, made.path.name, seconds, asked, result, notes

    def _write(self, place: Place, rows: list[tuple[object, ...]]) -> None:
        sizes = place.sizes()
        table: list[tuple[object, ...]] = [HEADS]
        for number, name, seconds, *told in sorted(rows, key=lambda row: row[0]):  # type: ignore[arg-type,return-value]
            table.append((number, name, seconds, sizes.get(str(name), "") if seconds else "", *told))
        place.write(REPORT, as_csv(table).encode())


def told_made(data: bytes) -> tuple[str, ...]:
    """Return the files that a report says were made.

    Raises:
        InputError: it is not as the coach wrote it.
    """
    return tuple(_read(data))


def _read(data: bytes) -> dict[str, _Line]:
    """Return what was made, by the file's name."""
    lines: dict[str, _Line] = {}
    line = 1
    try:
        head, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
        if tuple(head) != HEADS:
            raise ValueError
        for line, row in enumerate(rows, 2):  # noqa: B007 - the message names it
            _, name, seconds, size, asked, _, notes = map(from_cell, row)
            if seconds and size:
                lines[name] = _Line(round(float(seconds) * 1000), int(size), asked, notes)
    except (ValueError, csv.Error):
        problem = f"{REPORT}, in the folder of the files, is not as the coach wrote it (line {line})"
        raise InputError(f"{problem}; move it away, and the next run writes it anew") from None
    return lines
