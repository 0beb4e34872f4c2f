"""Scripts as models: valid ones of every kind, which are written, read back, and compiled in any manner.

uv run python tests/fuzz/models.py --number 10000 --seed 1
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from coach.compiler import estimate
from coach.core.delivery import Delivery
from coach.core.script import RoutineScript, StretchScript
from coach.core.timeline import Timeline
from coach.drawing.facts import RoutineFacts, StretchFacts
from coach.errors import InputError
from coach.library.library import Library
from coach.library.positions import built_in_conditions, built_in_positions
from coach.library.reader import read_script
from fuzz.harness import LIMIT_S, CaseError, badly_told, limited, own_folders
from support.routines import deliveries

LETTERS = "abcdefghijklmnopqrstuvwxyzÉßø ABC .,;:!?'’“”\"()-–—…/&%+=°×½ 0123456789"


def texts(most: int) -> st.SearchStrategy[str]:
    """Return texts that a voice can say."""
    return st.text(LETTERS, min_size=1, max_size=most).map(str.strip).filter(lambda text: any(map(str.isalnum, text)))


free = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40)
"""What is shown and never spoken."""


def doses(unit: str, most: int) -> st.SearchStrategy[str]:
    """Return doses in a unit, one number or a range."""
    lows = st.one_of(st.integers(1, 12), st.integers(1, most))
    return lows.flatmap(lambda low: st.integers(low, min(most, low + 20)).map(lambda high: f"{low}-{high} {unit}"))


def _mapping(must: dict[str, Any], may: dict[str, Any] | None = None) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(must, optional=may or {})


lines = texts(60)
waits = st.one_of(st.integers(0, 9), st.integers(0, 600)).map(lambda s: f"{s} s")
seconds, breaths, times = doses("s", 3600), doses("breaths", 360), doses("x", 500)
steps = st.one_of(lines, _mapping({"say": lines}, {"again": st.one_of(lines, st.just(False)), "move": waits}))
moves = _mapping({"say": lines}, {"again": lines, "move": waits})
spoken = st.one_of(lines, _mapping({"say": lines}, {"again": lines}))
times_at = st.one_of(st.integers(0, 60), st.integers(0, 3600)).map(lambda s: f"{s} s")
on_breath = _mapping({"breath": st.integers(1, 360), "phase": st.sampled_from(["in", "out"]), "say": lines})
at_time = _mapping({"at": times_at, "say": lines})
timed = st.lists(at_time, max_size=3)
timed_or_breathed = st.lists(st.one_of(at_time, on_breath), max_size=4)
in_reps = st.lists(_mapping({"at": times_at, "say": lines}, {"rep": st.integers(1, 500)}), max_size=3)
holding = {"loaded": st.booleans(), "effort": st.sampled_from(["stay", "press", "pull", "squeeze"])}
notes = st.lists(st.one_of(free, _mapping({"note": lines}, {"say": lines})), max_size=3)
patterns = st.one_of(
    st.sampled_from(["calm", "box"]), st.tuples(st.integers(1, 20), st.integers(1, 20)).map("{0[0]}-{0[1]}".format)
)
positions = st.sampled_from(sorted(built_in_positions().positions))
conditions = st.sampled_from(sorted(built_in_conditions().by_name))
places = _mapping(
    {"say": lines, "hold": st.one_of(doses("s", 60), doses("breaths", 20))},
    {"move": waits, "lines": in_reps, **holding},
)
movements = st.one_of(
    _mapping(
        {"kind": st.just("flow"), "dose": st.one_of(seconds, breaths, times), "inhale": spoken, "exhale": spoken},
        {"named": st.integers(1, 20), "breath": patterns, "lines": timed_or_breathed},
    ),
    _mapping(
        {
            "kind": st.just("flow"),
            "dose": st.one_of(seconds, breaths, times),
            "breaths": st.lists(_mapping({"inhale": spoken, "exhale": spoken}), min_size=1, max_size=4),
        },
    ),
    _mapping({"kind": st.just("hold"), "dose": st.one_of(seconds, breaths)}, {"lines": timed_or_breathed, **holding}),
    _mapping(
        {"kind": st.just("repeated-hold"), "dose": times, "hold": doses("s", 120), "out": moves, "back": moves},
        {"pace": st.sampled_from(["count", "breath"]), "rest": waits, "lines": in_reps, **holding},
    ),
    _mapping(
        {
            "kind": st.just("sequence"),
            "dose": doses("x", 50),
            "places": st.lists(places, min_size=1, max_size=4),
        }
    ),
    _mapping({"kind": st.just("counted"), "dose": times}, {"beats": st.integers(1, 20), "lines": timed}),
    _mapping({"kind": st.just("rest"), "dose": seconds}, {"lines": timed}),
)
sources = _mapping({"article": free, "dose": lines}, {"note": free})


def _sided(script: dict[str, Any]) -> dict[str, Any]:
    """Name the side where a script with sides must."""
    if "sides" in script:
        script = {**script, "setup": ["Lift your {side} leg, not the {other_side}.", *script["setup"]]}
    return script


stretches = _mapping(
    {
        "name": texts(60),
        "eases": lines,
        "position": positions,
        "setup": st.lists(steps, min_size=1, max_size=4),
        "movement": movements,
        "release": st.lists(steps, min_size=1, max_size=3),
        "sources": st.lists(sources, min_size=1, max_size=2),
    },
    {
        "ends_in": positions,
        "sides": st.permutations(["left", "right"]),
        "breath": patterns,
        "cautions": notes,
        "easier": notes,
        "harder": notes,
        "unsuitable": st.lists(conditions, max_size=2),
    },
).map(_sided)
routines = st.lists(stretches, min_size=1, max_size=4)
frames = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "sets": st.integers(1, 10),
            "set_rest": times_at,
            "say": lines,
            "level": st.sampled_from(["easier", "usual", "harder"]),
        },
    ),
    min_size=4,
    max_size=4,
)
between = st.lists(st.one_of(st.none(), _mapping({"pause": times_at}, {"say": lines})), min_size=3, max_size=3)
repeats = st.one_of(st.just(1), st.integers(2, 20))
openings = st.one_of(st.none(), st.lists(lines, max_size=3))


def entries(names: list[str], frame: list[dict[str, Any]], pauses: list[Any], repeat: int) -> list[Any]:
    """Return what a routine says of some stretches."""
    found: list[Any] = []
    for name, asked, pause in zip(names, frame, [None, *pauses], strict=False):
        found += [*([pause] if pause else []), {"stretch": name, **asked}]
    return found if repeat == 1 else [{"repeat": repeat, "rest": "20 s", "stretches": found}]


def attempt(data: list[dict[str, Any]], opening: list[str] | None, delivery: Delivery, asked: list[Any]) -> None:
    """Write scripts, read them back, and compile the routine of them."""
    scripts = {f"stretch-{number}": StretchScript.model_validate(each) for number, each in enumerate(data)}
    assume(not any(script.problems() for script in scripts.values()))
    for name, script in scripts.items():
        assert read_script(_written(script), name) == script
        json.dumps(script.model_json_schema())
    whole = RoutineScript(name="All", purpose="p", opening=opening, stretches=asked)  # type: ignore[arg-type]
    library = Library(stretches=scripts, routines={"all": _written(whole)})
    assert read_script(_written(whole), "all") == whole
    assume(not library.problems(library.routines["all"]))
    routine = library.routine("all")
    try:
        timeline = estimate(routine, delivery)
    except InputError as error:
        if wrong := badly_told(str(error)):
            raise CaseError(f"{wrong}: {error}") from error
        return
    assert Timeline.from_json(timeline.to_json()) == timeline
    assert all(cue.end_ms <= timeline.duration_ms for cue in timeline.cues)
    assert [*RoutineFacts.of(routine, delivery, timeline).lines()]
    alone = library.routine("stretch-0")
    assert [*StretchFacts.of(alone, delivery, timeline).lines()]


def _written(script: StretchScript | RoutineScript) -> str:
    return json.dumps(script.model_dump(mode="json", exclude_none=True), ensure_ascii=False)


def main() -> None:
    """Run as the command line asks; Hypothesis shows the smallest case that fails."""
    parser = argparse.ArgumentParser(description="Tries scripts as models, and reports what fails.")
    parser.add_argument("--number", type=int, default=1000, help="how many cases [%(default)s]")
    parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same cases [%(default)s]")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds that a case may take [%(default)s]")
    asked = parser.parse_args()

    @seed(asked.seed)
    @settings(
        max_examples=asked.number,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(routines, openings, deliveries, frames, between, repeats)
    def each(
        data: list[dict[str, Any]], opening: list[str] | None, delivery: Delivery, frame: Any, pauses: Any, repeat: int
    ) -> None:
        names = [f"stretch-{number}" for number, _ in enumerate(data)]
        with limited(asked.limit):
            attempt(data, opening, delivery, entries(names, frame, pauses, repeat))

    began = time.perf_counter()
    with own_folders():
        each()
    sys.stdout.write(f"{asked.number} models, {time.perf_counter() - began:.0f} s, seed {asked.seed}\n")


if __name__ == "__main__":
    main()
