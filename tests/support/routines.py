"""Any routine and any manner, for tests that must hold for all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from coach.core.delivery import EARLIEST_BEAT_MS, LATEST_BEAT_MS, Guidance, Pace, Setup, Words
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

line = st.sampled_from(["Soften.", "Let it sink, slowly.", "Draw it a little closer to you, with the breath."])
seconds = st.integers(1, 90).flatmap(lambda low: st.integers(low, low + 30).map(lambda high: f"{low}-{high} s"))
times = st.integers(1, 12).map(lambda n: f"{n} x")
movements = st.one_of(
    st.builds(
        lambda dose, lines: {"kind": "hold", "dose": dose, "lines": lines},
        st.one_of(seconds, st.integers(1, 9).map(lambda n: f"{n} breaths")),
        st.lists(
            st.builds(
                lambda b, p, s: {"breath": b, "phase": p, "say": s},
                st.integers(1, 4),
                st.sampled_from(["in", "out"]),
                line,
            ),
            max_size=4,
            unique_by=lambda timed: (timed["breath"], timed["phase"]),
        ),
    ),
    st.builds(lambda dose, named: {**FLOW, "dose": dose, "named": named}, st.one_of(times, seconds), st.integers(1, 4)),
    st.builds(
        lambda dose, hold, pace, rest: {**REPEATED, "dose": dose, "hold": hold, "pace": pace, "rest": f"{rest} s"},
        times,
        seconds,
        st.sampled_from(["count", "breath"]),
        st.integers(0, 30),
    ),
    st.builds(lambda dose: {**SEQUENCE, "dose": dose}, times),
    st.builds(lambda dose, beats: {**COUNTED, "dose": dose, "beats": beats}, times, st.integers(1, 3)),
    st.builds(lambda dose: {**REST, "dose": dose}, seconds),
)
stretches = st.builds(
    lambda movement, sides, position, again: stretch(
        movement,
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
