"""``coach history``: what was practised."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coach.cli import options
from coach.cli.output import say
from coach.core.quoting import as_csv, escaped, harmless

if TYPE_CHECKING:
    from datetime import date

    from coach.history.model import Record, Session
    from coach.history.store import History
    from coach.history.streaks import Streaks, Week

MOST_WEEKS = 520
_SHOWN_SESSIONS = 6
_BAR_COLUMNS = 40
_TITLE_COLUMNS = 28
_COLUMNS = 80
_MINUTE_MS = 60_000
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_PLAIN = str.maketrans("▏▎▍▌▋▊▉█●·…", "---#####*..")
"""For terminals that cannot show these characters."""
CSV_HEADS = (
    *("began", "began_utc", "routine", "title", "planned_ms", "practised_ms", "outcome", "stretches", "done"),
    *("at_stretch", "side", "stretch_ms", "order", "id"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(history)


def history(
    weeks: Annotated[
        int, typer.Option("--weeks", metavar="N", help="How many weeks to show.", min=1, max=MOST_WEEKS)
    ] = 8,
    json: options.JsonOption = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print all of it as CSV, a row for each session.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write --json or --csv into a file.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Remove the whole history; asks first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Show the weeks, the days in a row and the last sessions; nothing of it leaves this machine."""
    from datetime import date

    from coach.errors import InputError
    from coach.history.store import History

    if sum((json, csv, clear)) > 1:
        raise InputError("--json, --csv and --clear: give one of them")
    kept = History.open()
    if clear:
        _clear(kept, sure=yes)
    elif json or csv:
        record = kept.read()
        sessions = record.sessions[::-1]
        _export(to_json(sessions) if json else to_csv(sessions), output, force=force)
        for line in _left_out(record, kept):
            say(line, err=True)
    elif output is not None:
        raise InputError("--output: say with --json or --csv what to write")
    else:
        lacks_signs = _lacks_signs()
        for line in page(kept, date.today(), weeks):
            say(line.translate(_PLAIN) if lacks_signs else line)


def page(kept: History, today: date, count: int) -> Iterator[str]:
    """Yield what is shown of a history, a line of at most 80 columns each.

    Raises:
        HistoryError: it cannot be read.
    """
    from coach.history.streaks import streaks, weeks

    record = kept.read()
    sessions = record.sessions
    yield from _left_out(record, kept)
    if not sessions:
        yield "No sessions yet: “coach play lower-back-seven” begins the first."
        yield f"What you practise is kept here, and nowhere else: {kept.path}"
        return
    yield from chart(_since_the_first(weeks(sessions, today, count), sessions), today)
    yield ""
    yield _streak_line(streaks(sessions, today))
    yield "A day counts once a session is finished, or three minutes are practised."
    yield ""
    yield "Last sessions"
    yield from _session_lines(sessions[:_SHOWN_SESSIONS])
    if sessions[0].goes_on_at is not None:
        yield "“coach play --resume” goes on where the last one stopped."


def chart(rows: Sequence[Week], today: date) -> Iterator[str]:
    """Yield a line for each week: its Monday, a dot for each day that counts, and a bar of its minutes."""
    from datetime import timedelta

    most_ms = max(row.practised_ms for row in rows)
    yield "week of     M T W T F S S  minutes"
    for row in rows:
        gone = (today - row.monday) // timedelta(days=1)
        dots = " ".join("●" if counts else "·" if day <= gone else " " for day, counts in enumerate(row.days))
        bar = _bar(row.practised_ms, most_ms)
        yield f"{row.monday}  {dots}  {bar}{' ' if bar else ''}{_minutes(row.practised_ms)}"


def to_json(sessions: Sequence[Session]) -> str:
    """Return all there is of some sessions as JSON."""
    facts = {"sessions": [_facts(session) for session in sessions]}
    return escaped(json_module.dumps(facts, ensure_ascii=False, indent=1))


def to_csv(sessions: Sequence[Session]) -> str:
    """Return all there is of some sessions as CSV, a row each."""
    rows = [_row(session) for session in sessions]
    return as_csv([CSV_HEADS, *([row[head] for head in CSV_HEADS] for row in rows)]).removesuffix("\n")


def _row(session: Session) -> dict[str, object]:
    return _facts(session) | {
        "stretches": len(session.stretches),
        "done": sum(part.done for part in session.stretches),
        "at_stretch": "" if session.stretch is None else session.stretch.id,
        "stretch_ms": " ".join(f"{part.id}={part.practised_ms}" for part in session.stretches),
    }


def _facts(session: Session) -> dict[str, object]:
    from datetime import UTC

    return {
        "id": session.id,
        "began": session.began.isoformat(timespec="milliseconds"),
        "began_utc": session.began.astimezone(UTC).isoformat(timespec="milliseconds"),
        "routine": session.routine,
        "title": session.title,
        "order": session.order,
        "planned_ms": session.planned_ms,
        "practised_ms": session.practised_ms,
        "outcome": session.outcome.value,
        "at_number": None if session.index is None else session.index + 1,
        "side": session.side,
        "stretches": [
            {"id": part.id, "name": part.name, "practised_ms": part.practised_ms, "done": part.done}
            for part in session.stretches
        ],
    }


def _export(text: str, output: Path | None, *, force: bool) -> None:
    from coach.files import check_free, expanded, written_whole

    if output is None:
        say(text)
        return
    path = expanded(str(output))
    check_free(path, force=force)
    with written_whole(path) as part:
        part.write_text(text + "\n", encoding="utf-8", newline="\n")
    say(path)


def _clear(kept: History, *, sure: bool) -> None:
    from coach.errors import InputError

    if not sure:
        if not sys.stdin.isatty():
            raise InputError("--clear asks first, and there is no terminal to ask in; add --yes")
        try:
            sure = typer.confirm(harmless(f"Remove the whole history, for good, from {kept.path}?"))
        except typer.Abort:
            sure = False
    if not sure:
        say("nothing was removed")
        return
    kept.clear()
    say(f"the history was removed from {kept.path.parent}")


def _left_out(record: Record, kept: History) -> Iterator[str]:
    """Yield a line about sessions that cannot be read, if there are any."""
    if record.unreadable:
        what = "1 session is" if record.unreadable == 1 else f"{record.unreadable} sessions are"
        yield f"{what} left out: damaged in {kept.path}"


def _since_the_first(rows: Sequence[Week], sessions: Sequence[Session]) -> Sequence[Week]:
    """Leave out the weeks before the very first session, but never all."""
    first = min(session.day for session in sessions)
    return [row for row in rows[:-1] if (first - row.monday).days < len(row.days)] + [rows[-1]]


def _streak_line(streaks: Streaks) -> str:
    if not streaks.longest:
        return "No streak yet."
    if not streaks.current:
        return f"No streak just now; the longest was {_days(streaks.longest)}."
    best = "the longest so far" if streaks.current == streaks.longest else f"the longest was {_days(streaks.longest)}"
    return f"{_days(streaks.current)} in a row; {best}."


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _session_lines(sessions: Sequence[Session]) -> Iterator[str]:
    from rich.cells import cell_len, set_cell_size

    titles = [_cut(session.title, _TITLE_COLUMNS) for session in sessions]
    width = max(map(cell_len, titles))
    for session, title in zip(sessions, titles, strict=True):
        told = f"{session.day}  {_length(session.practised_ms)}  {set_cell_size(title, width)}"
        yield _cut(f"{told}  {_ending(session)}", _COLUMNS)


def _ending(session: Session) -> str:
    from coach.history.model import Outcome

    if session.outcome is Outcome.FINISHED:
        return "finished"
    word = "going on" if session.outcome is Outcome.RUNNING else "stopped"
    if session.stretch is None:
        return word
    return f"{word} at {session.stretch.name}{f', {session.side}' if session.side else ''}"


def _length(ms: int) -> str:
    """Return a session's length: seconds below a minute, else minutes."""
    return f"{ms // 1000:3} s  " if ms < _MINUTE_MS else f"{_minutes(ms):>3} min"


def _minutes(ms: int) -> str:
    """Return whole minutes, the nearest; less than one is not nothing, and not one."""
    return "<1" if 0 < ms < _MINUTE_MS else str((ms + _MINUTE_MS // 2) // _MINUTE_MS)


def _bar(ms: int, most_ms: int) -> str:
    if not ms:
        return ""
    eighths = max(1, round(ms * _BAR_COLUMNS * 8 / most_ms))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _cut(text: str, columns: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= columns else set_cell_size(text, columns - 1).rstrip() + "…"


def _lacks_signs() -> bool:
    try:
        "█▏●…".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return True
    return False
