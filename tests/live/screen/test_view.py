"""What the screen shows; the goldens are screens as they look (``pytest --update-golden`` writes them anew)."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from coach.live.screen.keys import KEYS_HELP
from coach.live.screen.view import heading, view
from coach.live.status import State, Status
from support.terminals import moment
from support.tiers import examples

GOLDEN = Path(__file__).parents[2] / "golden" / "screen"

MOMENTS = {
    "breathing": moment(),
    "full": moment(phase="hold", phase_share=0.5, phase_left_ms=3400),
    "empty": moment(phase="rest", phase_share=0.5, phase_left_ms=1000),
    "paused": moment(state=State.PAUSED, volume_db=-6.0, beat_ms=1200, listens=True),
    "waiting": moment(state=State.WAITING, phase=None, breath=0, notice="The loudspeaker is gone; waiting for it."),
    "opening": moment(
        stretch=None,
        side=None,
        number=0,
        phase=None,
        breath=0,
        now="Move slowly, and do only what feels comfortable.",
        then="If anything hurts, stop, and ease out.",
        elapsed_ms=5000,
        left_ms=653_000,
    ),
    "long-words": moment(
        title="Lower back, seven stretches between two massages",
        stretch="Standing hamstring stretch with a towel",
        side="left",
        now="Slide your left heel forward, toes up, and lean from your hips with a long back until you feel it behind "
        "your thigh, not behind your knee.",
        then="For an easier way, hold on to a chair, and keep your back as long as it wants to be today.",
    ),
    "breath-alone": moment(
        title="Breath 4-7-8", stretch=None, side=None, number=0, stretches=0, now="", then="", breath=7, breaths=16
    ),
    "over": moment(
        state=State.OVER,
        stretch=None,
        side=None,
        number=6,
        now="Take your time to get up.",
        then="",
        phase=None,
        breath=0,
        elapsed_ms=658_000,
        left_ms=0,
    ),
}
SIZES = ((80, 24), (120, 40), (60, 20), (40, 10))


def screen(status: Status, columns: int, rows: int) -> list[str]:
    """The rows of a screen, without what is empty at their ends."""
    console = Console(width=columns, height=rows, file=io.StringIO(), color_system=None)
    console.print(view(status), end="")
    written = console.file.getvalue()  # type: ignore[attr-defined]
    assert written.endswith("\n")
    return [line.rstrip() for line in written.removesuffix("\n").split("\n")]


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_moment_looks_as_before(name: str, columns: int, rows: int, request: pytest.FixtureRequest) -> None:
    lines = screen(MOMENTS[name], columns, rows)
    edge = f"+{'-' * columns}+"
    text = "\n".join([edge, *(f"|{line}{' ' * (columns - cell_len(line))}|" for line in lines), edge]) + "\n"
    path = GOLDEN / f"{name}-{columns}x{rows}.txt"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), "there is no golden yet: run pytest --update-golden, and look at it"
    assert text == path.read_text(encoding="utf-8")


def test_asked_for_the_keys_stay_on_the_smallest_screen() -> None:
    rows = "\n".join(screen(moment(shows_keys=True), 40, 10))
    assert all(text in rows for text in KEYS_HELP)


def test_no_golden_is_left_over() -> None:
    known = {f"{name}-{columns}x{rows}" for name in MOMENTS for columns, rows in SIZES}
    assert {path.stem for path in GOLDEN.glob("*.txt")} == known


texts = (
    st.text(max_size=60)
    | st.text("ab cd ’ \n\x1b[2J", max_size=200)
    | st.sampled_from(["背中を丸める " * 9, "👩‍🦯 e\u0301"])
)
times_ms = st.integers(0, 20_000_000)
statuses = st.builds(
    Status,
    title=texts,
    state=st.sampled_from(State),
    stretch=st.none() | texts,
    side=st.sampled_from([None, "left", "right"]),
    number=st.integers(0, 300),
    stretches=st.integers(0, 300),
    now=texts,
    then=texts,
    phase=st.sampled_from([None, "in", "hold", "out", "rest"]),
    phase_share=st.floats(-0.1, 1.1),
    phase_left_ms=st.integers(-100, 900_000),
    breath=st.integers(0, 1000),
    breaths=st.integers(0, 1000),
    elapsed_ms=times_ms,
    left_ms=times_ms,
    beat_ms=st.integers(300, 4000),
    volume_db=st.floats(-60, 0),
    notice=st.just("") | texts,
    listens=st.booleans(),
)


@given(statuses, st.integers(20, 200), st.integers(5, 60))
@examples(400)
def test_any_moment_fits_any_screen(status: Status, columns: int, rows: int) -> None:
    lines = screen(status, columns, rows)
    assert len(lines) == rows
    assert max(map(cell_len, lines)) <= columns
    assert not re.search(r"[\x00-\x1f\x7f]", "".join(lines))  # nothing steers the terminal


@given(statuses, st.integers(1, 19), st.integers(1, 4))
def test_a_screen_too_small_for_anything_breaks_nothing(status: Status, columns: int, rows: int) -> None:
    assert len(screen(status, columns, rows)) == rows


words = st.lists(st.text("abcdefgh’", min_size=1, max_size=12), min_size=1, max_size=8).map(" ".join)


@given(words, words, words, words, st.integers(40, 200), st.integers(20, 60))
def test_every_word_is_there_and_whole(title: str, stretch: str, now: str, then: str, columns: int, rows: int) -> None:
    status = moment(title=title[:30], stretch=stretch, now=now, then=then)
    lines = screen(status, columns, rows)
    shown = " ".join(lines).split()
    for text in (title[:30], heading(status), now, then, "Breathe out", "7:38 left", "2 of 6", "breath 2 of 3"):
        assert all(word in shown for word in text.split()), text
    if columns >= 60:
        assert all(help_text in "   ".join(lines) for help_text in KEYS_HELP)


@given(st.text("ab ", min_size=100, max_size=300))
def test_where_there_is_no_room_an_ellipsis_says_so(text: str) -> None:
    lines = screen(moment(now=text), 20, 5)
    whole = " ".join(text.split()) in re.sub(r"\s+", " ", " ".join(line[6:] for line in lines))
    assert whole or any(line.endswith("…") for line in lines[1:])


def width_of_breath(phase: str, share: float, columns: int = 80) -> int:
    lines = screen(moment(phase=phase, phase_share=share), columns, 24)
    (bar,) = [line for line in lines if "█" in line]
    assert bar.strip(" ─▐▌█") == ""
    assert abs(bar.index("█") - (columns - 1 - bar.rindex("█"))) <= 1  # in the middle
    return bar.count("█") * 2 + bar.count("▐") + bar.count("▌")


@pytest.mark.parametrize("columns", [40, 80, 81, 200])
def test_the_breath_grows_stays_and_shrinks_smoothly(columns: int) -> None:
    steps = [number / 48 for number in range(49)]  # 4 s, twelve times a second
    grows = [width_of_breath("in", share, columns) for share in steps]
    shrinks = [width_of_breath("out", share, columns) for share in steps]
    assert grows == sorted(grows)
    assert shrinks == pytest.approx(grows[::-1], abs=2)
    assert max(after - before for before, after in pairwise(grows)) <= 2 * (1 + columns // 50)
    assert grows[-1] >= 2 * (min(columns, 80) - 5)
    assert {width_of_breath("hold", share, columns) for share in steps} == {grows[-1]}
    assert {width_of_breath("rest", share, columns) for share in steps} == {grows[0]}
    assert 0 < grows[0] < 20


def test_nothing_moves_but_the_breath() -> None:
    """From one moment to the next of a stretch, every text stays on its row."""
    rows = set()
    for changes in (
        {},
        {"phase": None, "breath": 0},
        {"now": "In."},
        {"then": ""},
        {"now": "Draw your right knee up toward your chest, and hold it with both hands, just below the knee."},
        {"state": State.PAUSED},
        {"notice": "The loudspeaker is gone; waiting for it."},
        {"volume_db": -3.0},
        {"side": None},
        {"stretch": None},
    ):
        lines = screen(moment(**changes), 80, 24)
        rows.add(
            tuple(
                number
                for number, line in enumerate(lines)
                if "2 of 6" in line or line.startswith("  Now") or "──" in line or "left" in line or "space" in line[:8]
            )
        )
    assert len(rows) == 1


def test_what_is_usual_is_not_worth_a_word() -> None:
    usual = "\n".join(screen(moment(), 80, 24))
    assert "volume" not in usual
    assert "beat" not in usual
    unusual = "\n".join(screen(moment(volume_db=-4.5, beat_ms=1300, listens=True), 80, 24))
    assert "volume −4.5 dB · beat 1.3 s" in unusual
    assert "coach" in unusual


def test_colours_are_few_and_say_nothing_alone() -> None:
    def written(**how: bool) -> str:
        console = Console(width=80, height=24, file=io.StringIO(), force_terminal=True, color_system="truecolor", **how)
        for status in MOMENTS.values():
            console.print(view(status), end="")
        return str(console.file.getvalue())  # type: ignore[attr-defined]

    colours = set(re.findall(r"\x1b\[([0-9;]+)m", written()))
    assert colours == {"0", "1", "2", "36", "1;7"}  # bold, faint, cyan, reverse: right on any background
    assert set(re.findall(r"\x1b\[([0-9;]+)m", written(no_color=True))) == {"0", "1", "2", "1;7"}


def test_a_terminal_without_utf_8_gets_plain_characters() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = Console(width=80, height=24, file=file, color_system=None)
    for name in ("breathing", "paused", "waiting", "opening"):
        console.print(view(MOMENTS[name]), end="")
    file.flush()
    text = file.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert "----  ###" not in text
    assert "#####" in text
    assert "> n next   < p back" in text
