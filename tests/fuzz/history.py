"""Flips, cuts and swaps the bytes of a history, knowing how a database is built, and then practises with it.

    uv run python tests/fuzz/history.py --rounds 2000 --seed 1

However the file is damaged, a session is recorded and can be read back, or the person is told why not; reading ends in
the coach's own words, a damaged file is kept aside, and nothing takes longer than five seconds.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from coach.errors import HistoryError
from coach.history.store import History

PAGE = 4096
SESSIONS = 24
MOST_S = 5.0
STRETCHES = tuple((f"stretch-{number}", f"Stretch {number}, as it is called") for number in range(8))
PRACTISED_MS = 123_456
OURS = ("is damaged. The next session", "newer Stretch Coach; update", "is not a history of Stretch Coach; move")

Damage = Callable[[random.Random, bytearray], None]


def whole_history(folder: Path) -> bytes:
    """Return the bytes of a sound history of some sessions."""
    history = History(folder / "whole.db")
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


DAMAGES: tuple[Damage, ...] = (
    anywhere,
    in_the_head,
    in_the_schema,
    in_a_tree,
    in_the_rows,
    in_a_text,
    cut,
    zeroes,
    pages_swapped,
    longer,
)


def practise(path: Path, chance: random.Random, damage: Damage) -> str:
    """Damage the history at a path before or during a session, and return how that was met.

    Raises:
        AssertionError: it was not met as it must be.
    """
    history = History(path)
    meanwhile = chance.random() < 0.25
    if not meanwhile:
        damaged(path, chance, damage)
        read_before = read(history)
    log = history.begin("mine", "Mine", "{}", 420_000, STRETCHES)
    log.at(0, None, 1_000)
    if meanwhile:
        damaged(path, chance, damage)
        read_before = read(history)
    log.done(0)
    log.end(True, PRACTISED_MS)
    problem = log.problem or ""
    assert "\n" not in problem, problem
    is_aside = "was damaged; it is kept as" in problem
    assert is_aside == bool(list(path.parent.glob("*.damaged-*"))), f"set aside unsaid: {problem}"
    if problem and not is_aside:
        assert any(words in problem for words in OURS[1:]), problem
        return "left alone"
    kept = [session for session in history.sessions() if session.routine == "mine"]
    assert [session.practised_ms for session in kept] == [PRACTISED_MS], f"not recorded: {problem or 'and not told'}"
    assert kept[0].stretches[0].done
    return "set aside" if is_aside else read_before


def damaged(path: Path, chance: random.Random, damage: Damage) -> None:
    data = bytearray(path.read_bytes())
    damage(chance, data)
    path.write_bytes(data)
    if chance.random() < 0.1:  # what a program that was killed may leave beside it
        ending = chance.choice(("-journal", "-wal", "-shm"))
        path.with_name(path.name + ending).write_bytes(chance.randbytes(chance.choice((0, 28, 512, 3 * PAGE))))


def read(history: History) -> str:
    """Read the history and return how that went."""
    try:
        record = history.read()
    except HistoryError as error:
        return told(str(error))
    lost = SESSIONS - sum(session.routine != "mine" for session in record.sessions) - record.unreadable
    assert lost in (0, -1), f"{lost} sessions are neither read nor counted"
    return "some left out" if record.unreadable else "read"


def told(message: str) -> str:
    assert any(words in message for words in OURS), message
    return "unreadable"


def run(rounds: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Return how the rounds were met, and what went wrong in which."""
    met: Counter[str] = Counter()
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        whole = whole_history(Path(folder))
        for number in range(seed, seed + rounds):
            chance = random.Random(number)
            damage = chance.choice(DAMAGES)
            place = Path(folder) / str(number)
            place.mkdir()
            path = place / "history.db"
            path.write_bytes(whole)
            started_s = time.monotonic()
            try:
                met[practise(path, chance, damage)] += 1
            except Exception as error:
                failures.append(f"seed {number}, {damage.__name__}: {type(error).__name__}: {error}")
            if time.monotonic() - started_s > MOST_S:
                failures.append(f"seed {number}, {damage.__name__}: took longer than {MOST_S:g} s")
            for file in place.iterdir():
                file.unlink()
            place.rmdir()
    return met, failures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each round has the next one")
    arguments = parser.parse_args()
    met, failures = run(arguments.rounds, arguments.seed)
    print(", ".join(f"{count} {how}" for how, count in met.most_common()))
    print("\n".join(failures) or f"{arguments.rounds} rounds, nothing wrong")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
