"""Any routine and any manner, for tests that must hold for all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from coach.core.delivery import EARLIEST_BEAT_MS, LATEST_BEAT_MS, Guidance, Pace, Setup, Words
from coach.core.routine import Routine, fix
from coach.core.script import RoutineScript, StretchScript
from coach.library.positions import built_in_positions
from support.making import delivery, routine, stretch

FLOW = {"kind": "flow", "dose": "6 x", "inhale": "Breathe in and lift.", "exhale": "Breathe out and lower."}
REPEATED = {"kind": "repeated-hold", "dose": "3 x", "hold": "8 s", "out": "Lift.", "back": "Lower."}
SEQUENCE = {
    "kind": "sequence",
    "dose": "2 x",
    "places": [{"say": "Roll your knees right.", "hold": "5 s"}, {"say": "Roll them back.", "hold": "5 s"}],
}
COUNTED = {"kind": "counted", "dose": "30 x", "beats": 2}
REST = {"kind": "rest", "dose": "60 s"}

TWO_BREATHS = {
    "kind": "flow",
    "dose": "3 x",
    "breaths": [
        {"inhale": "Breathe in, to the middle.", "exhale": "Breathe out, to the right."},
        {"inhale": "Breathe in, to the middle.", "exhale": {"say": "Breathe out, to the left.", "again": "Out, left."}},
    ],
}
"""One repetition is two breaths."""

line = st.sampled_from(["Soften.", "Let it sink, slowly.", "Draw it a little closer to you, with the breath."])
seconds = st.integers(1, 90).flatmap(lambda low: st.integers(low, low + 30).map(lambda high: f"{low}-{high} s"))
times = st.integers(1, 12).map(lambda n: f"{n} x")
on_breath = st.fixed_dictionaries(
    {"breath": st.integers(1, 4), "phase": st.sampled_from(["in", "out"]), "say": line},
)
at_time = st.fixed_dictionaries({"at": st.integers(0, 90).map(lambda s: f"{s} s"), "say": line})
timed = st.lists(at_time, max_size=3, unique_by=lambda each: each["at"])
breath_lines = st.lists(on_breath, max_size=4, unique_by=lambda each: (each["breath"], each["phase"]))
holding = st.fixed_dictionaries({}, optional={"loaded": st.booleans(), "effort": st.sampled_from(["stay", "press"])})


def movement(kind: dict[str, object], **more: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(more).map(lambda found: {**kind, **found})


breaths = st.integers(1, 9).map(lambda n: f"{n} breaths")
places = st.lists(
    st.builds(
        lambda hold, lines, more: {"say": "Roll your knees right.", "hold": hold, "lines": lines, **more},
        st.one_of(seconds, st.integers(1, 3).map(lambda n: f"{n} breaths")),
        timed,
        holding,
    ),
    min_size=1,
    max_size=3,
)
movements = st.one_of(
    st.builds(
        lambda whole, more: {**whole, **more},
        movement({"kind": "hold"}, dose=st.one_of(seconds, breaths), lines=st.one_of(breath_lines, timed)),
        holding,
    ),
    movement(FLOW, dose=st.one_of(times, seconds), named=st.integers(1, 4), lines=timed),
    movement(TWO_BREATHS, dose=st.one_of(times, breaths, seconds)),
    st.builds(
        lambda whole, more: {**whole, **more},
        movement(
            REPEATED,
            dose=times,
            hold=seconds,
            pace=st.sampled_from(["count", "breath"]),
            rest=st.integers(0, 30).map(lambda s: f"{s} s"),
            lines=timed,
        ),
        holding,
    ),
    movement(SEQUENCE, dose=times, places=places),
    movement(COUNTED, dose=times, beats=st.integers(1, 3), lines=timed),
    movement(REST, dose=seconds, lines=timed),
)
stretches = st.builds(
    lambda whole, sides, position, again: stretch(
        whole,
        position=position,
        sides=sides,
        setup=[{"say": "Lift your {side} leg." if sides else "Lift your leg.", "again": None}, again],
    ),
    movements,
    st.sampled_from([None, ["left", "right"], ["right", "left"]]),
    st.sampled_from(["back", "hands-and-knees", "face-down", "sitting"]),
    line,
)
patterns = st.lists(st.integers(1, 20), min_size=2, max_size=4).map(lambda counts: "-".join(map(str, counts)))
ramps = st.lists(st.tuples(st.integers(1, 10), st.integers(0, 10)), min_size=2, max_size=4).map(
    lambda pairs: f"{'-'.join(str(low) for low, _ in pairs)}:{'-'.join(str(low + more) for low, more in pairs)}"
)
deliveries = st.builds(
    lambda pattern, beat_ms, **manner: delivery(pattern, beat_ms, **manner),
    st.one_of(patterns, ramps),
    st.integers(EARLIEST_BEAT_MS, LATEST_BEAT_MS),
    words=st.sampled_from(Words),
    pace=st.sampled_from(Pace),
    guidance=st.sampled_from(Guidance),
    setup=st.sampled_from(Setup),
)
routines = st.lists(stretches, min_size=1, max_size=4).map(lambda scripts: routine(*scripts))


def made(*entries: object, **scripts: StretchScript) -> Routine:
    """A routine of entries in which “a”, “b” and so on are test stretches of these names."""
    known = {name: stretch(name=f"Stretch {name}") for name in "abc"} | scripts
    whole = RoutineScript.model_validate({"name": "Test", "purpose": "testing", "stretches": entries})
    assert whole.problems() == []
    return fix("test", whole, known, built_in_positions())


entry = st.one_of(
    st.sampled_from(["a", "b", "c"]),
    st.fixed_dictionaries(
        {"stretch": st.sampled_from(["b", "c"])},
        optional={
            "sets": st.integers(1, 3),
            "set_rest": st.sampled_from(["0 s", "15 s", "40 s"]),
            "sides": st.sampled_from([["left"], ["left", "right"]]),
            "say": st.just("Slowly now."),
        },
    ),
)
pause = st.integers(0, 60).map(lambda s: {"pause": f"{s} s"})
rounds = st.builds(
    lambda repeat, rest, inner: {"repeat": repeat, "rest": f"{rest} s", "stretches": ["a", *inner]},
    st.integers(2, 4),
    st.integers(0, 60),
    st.lists(st.one_of(entry, entry, pause), min_size=1, max_size=3),
)
SIDED = {"sides": ["right", "left"]}
B = stretch({"kind": "hold", "dose": "10-30 s"}, name="B", **SIDED)
C = stretch(REPEATED, name="C", **SIDED, side_doses={"left": "5 x"})
circuits = st.builds(
    lambda entries, pauses: made(entries[0], *pauses, *entries[1:], "a", b=B, c=C),
    st.lists(st.one_of(entry, rounds), min_size=1, max_size=3),
    st.lists(pause, max_size=2),
)
"""Routines with sets, rounds, pauses, and unequal sides."""
