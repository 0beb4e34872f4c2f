"""Histories whose bytes are flipped, cut and swapped by one who knows how a database is built, and then practised with.

However the file is damaged, a session is recorded and can be read back, or the person is told why not; reading ends in
the coach's own words, and a damaged file is kept aside::

    uv run python tests/fuzz/history.py --number 10000 --seed 7
"""

from __future__ import annotations

import functools
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from harness import CaseError, Program, main

from coach.errors import HistoryError
from coach.history.store import History

PAGE = 4096
SESSIONS = 24
STRETCHES = tuple((f"stretch-{number}", f"Stretch {number}, as it is called") for number in range(8))
PRACTISED_MS = 123_456
OURS = ("is damaged. The next session", "newer Stretch Coach; update", "is not a history of Stretch Coach; move")

Damage = Callable[[random.Random, bytearray], None]


class Case(NamedTuple):
    """One damaged history."""

    damage: str
    meanwhile: bool
    """Whether it is damaged during a session, or before."""
    beside: str
    """Ending of a file that a program that was killed may have left beside it, if any."""
    seed: int


@functools.cache
def whole_history() -> bytes:
    """Return the bytes of a sound history of some sessions."""
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder) / "whole.db")
        for number in range(SESSIONS):
            log = history.begin(f"routine-{number}", f"Routine {number}", '{"targets": ["x"]}', 420_000, STRETCHES)
            for index in range(number % len(STRETCHES)):
                log.at(index, "left" if index % 2 else None, 10_000 * (index + 1))
                log.done(index)
            log.end(number % 3 == 0, 90_000)
        return history.path.read_bytes()


def flip(chance: random.Random, data: bytearray, start: int, end: int) -> None:
    """Change one byte of a range to any other."""
    place = chance.randrange(start, min(end, len(data)))
    data[place] ^= chance.choice((1, 2, 4, 8, 16, 32, 64, 128, chance.randrange(1, 256)))


def anywhere(chance: random.Random, data: bytearray) -> None:
    for _ in range(chance.choice((1, 1, 1, 2, 8, 64))):
        flip(chance, data, 0, len(data))


def in_the_head(chance: random.Random, data: bytearray) -> None:
    for _ in range(chance.choice((1, 1, 2))):
        flip(chance, data, 0, 100)


def in_the_schema(chance: random.Random, data: bytearray) -> None:
    start = data.index(b"CREATE TABLE")
    for _ in range(chance.choice((1, 1, 2))):
        flip(chance, data, start - 40, PAGE)


def in_a_tree(chance: random.Random, data: bytearray) -> None:
    """Change the head of a page, or the places of its rows."""
    page = chance.randrange(len(data) // PAGE)
    start = page * PAGE + (100 if page == 0 else 0)
    flip(chance, data, start, start + chance.choice((12, 120)))


def in_the_rows(chance: random.Random, data: bytearray) -> None:
    """Change the end of a page, where its rows are."""
    page = chance.randrange(len(data) // PAGE)
    flip(chance, data, page * PAGE + PAGE - chance.choice((40, 400, 2000)), (page + 1) * PAGE)


def in_a_text(chance: random.Random, data: bytearray) -> None:
    word = chance.choice((b"routine-", b"Routine ", b"stretch-", b"finished", b"stopped", b"+00:00", b"targets"))
    places = [place for place in range(PAGE, len(data)) if data.startswith(word, place)]
    if places:
        start = chance.choice(places)
        flip(chance, data, start, start + len(word))


def cut(chance: random.Random, data: bytearray) -> None:
    del data[chance.choice((1, 15, 16, 99, 100, PAGE, chance.randrange(len(data)))) :]


def zeroes(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice((1, 16, 512, PAGE)))
    data[start:end] = bytes(end - start)


def pages_swapped(chance: random.Random, data: bytearray) -> None:
    one, other = (chance.randrange(len(data) // PAGE) * PAGE for _ in range(2))
    data[one : one + PAGE], data[other : other + PAGE] = data[other : other + PAGE], data[one : one + PAGE]


def longer(chance: random.Random, data: bytearray) -> None:
    data += chance.randbytes(chance.choice((1, 100, PAGE)))


DAMAGES: dict[str, Damage] = {
    damage.__name__: damage
    for damage in (
        *(anywhere, in_the_head, in_the_schema, in_a_tree, in_the_rows, in_a_text),
        *(cut, zeroes, pages_swapped, longer),
    )
}


def make(rng: random.Random) -> Case:
    """Choose how to damage a history."""
    beside = rng.choice(("-journal", "-wal", "-shm")) if rng.random() < 0.1 else ""
    return Case(rng.choice(list(DAMAGES)), rng.random() < 0.25, beside, rng.randrange(1 << 32))


def attempt(case: Case, folder: Path) -> None:
    """Damage a history before or during a session, and look whether the session is recorded.

    Raises:
        CaseError: it is not, and nothing says so, or something else went as it must not.
    """
    history = History(folder / "history.db")
    history.path.write_bytes(whole_history())
    if not case.meanwhile:
        damage(history, case)
    log = history.begin("mine", "Mine", "{}", 420_000, STRETCHES)
    log.at(0, None, 1_000)
    if case.meanwhile:
        damage(history, case)
    log.done(0)
    log.end(True, PRACTISED_MS)
    check(history, log.problem or "")


def damage(history: History, case: Case) -> None:
    """Damage a history, and read it."""
    rng = random.Random(case.seed)
    data = bytearray(history.path.read_bytes())
    DAMAGES[case.damage](rng, data)
    history.path.write_bytes(data)
    if case.beside:
        path = history.path.with_name(history.path.name + case.beside)
        path.write_bytes(rng.randbytes(rng.choice((0, 28, 512, 3 * PAGE))))
    try:
        record = history.read()
    except HistoryError as error:
        require(any(words in str(error) for words in OURS), str(error))
        return
    lost = SESSIONS - sum(session.routine != "mine" for session in record.sessions) - record.unreadable
    require(lost in (0, -1), f"{lost} sessions are neither read nor counted")


def check(history: History, problem: str) -> None:
    """Look at what a session has left in a history that was damaged."""
    is_aside = "was damaged; it is kept as" in problem
    require("\n" not in problem, f"told in several lines: {problem}")
    require(is_aside == bool(list(history.path.parent.glob("*.damaged-*"))), f"set aside unsaid: {problem}")
    if problem and not is_aside:
        require(any(words in problem for words in OURS[1:]), problem)
        return
    kept = [session for session in history.sessions() if session.routine == "mine"]
    recorded = [session.practised_ms for session in kept] == [PRACTISED_MS] and kept[0].stretches[0].done
    require(recorded, f"not recorded: {problem or 'and nothing says so'}")


def require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CaseError(otherwise)


if __name__ == "__main__":
    whole_history()  # now, or the first case would take longer than the others
    main(Program("histories", make, attempt))
