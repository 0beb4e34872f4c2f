"""Short ways to make scripts and routines in tests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from coach.core.breath import BreathPattern, read_ramp
from coach.core.breath_stages import BreathStages
from coach.core.delivery import Delivery, Guidance
from coach.core.languages.english import phrases
from coach.core.plan import lay
from coach.core.routine import Programme, Routine, fix
from coach.core.script import RoutineScript, StretchScript
from coach.core.timeline import ClipTiming, Cue, Part, Sound, Timeline
from coach.library.positions import built_in_positions

SOUNDS = {sound: ClipTiming(1500, 2, 2) for sound in Sound}
HOLD = {"kind": "hold", "dose": "30 s"}


def delivery(pattern: str = "4-6", beat_ms: int = 1000, **manner: Any) -> Delivery:
    """Every count is spoken, unless the test says otherwise."""
    stages = read_ramp(pattern) if ":" in pattern else (BreathPattern.parse(pattern),)
    return Delivery(stages, beat_ms, **{"guidance": Guidance.FULL, **manner})


def course(pattern: str = "4-6", beat_ms: int = 1000) -> BreathStages:
    return BreathStages(delivery(pattern).breath, beat_ms)


def stretch(movement: Mapping[str, Any] = HOLD, **more: Any) -> StretchScript:
    setup = ["Lift your {side} leg."] if more.get("sides") else ["Lift your leg."]
    whole: dict[str, Any] = {
        "name": "Test stretch",
        "eases": "nothing",
        "position": "back",
        "setup": setup,
        "movement": movement,
        "release": ["Let go."],
        "sources": [{"article": "002", "dose": "30 s"}],
        **more,
    }
    script = StretchScript.model_validate(whole)
    assert script.problems() == []
    return script


def routine(*stretches: StretchScript, **more: Any) -> Routine:
    names = [f"stretch-{index}" for index in range(len(stretches))]
    script = RoutineScript.model_validate({"name": "Test", "purpose": "testing", "stretches": names, **more})
    return fix("test", script, dict(zip(names, stretches, strict=True)), built_in_positions())


def timings(
    texts: tuple[str, ...], seed: int = 0, longest_ms: int = 3000, longest_count_ms: int = 250
) -> dict[str, ClipTiming]:
    """Make up the timing of each text, ever the same for one seed; words that are counted stay short."""
    found = {}
    for text in texts:
        digest = hashlib.sha256(f"{seed} {text}".encode()).digest()
        big, onset, centre = int.from_bytes(digest[:4]), digest[4] % 60, digest[5] % 140
        words = (*phrases.EFFORT_WORDS.values(), *phrases.PHASE_WORDS.values(), *phrases.PHASE_PHRASES.values())
        is_count = text in words or text[0].islower()
        length = 200 + big % (longest_count_ms if is_count else longest_ms)
        found[text] = ClipTiming(length, min(onset, length), min(onset + centre, length))
    return found


def compiled(routine_: Programme, delivery_: Delivery | None = None, seed: int = 0, longest_ms: int = 3000) -> Timeline:
    delivery_ = delivery_ or delivery()
    clips = timings(lay(routine_, delivery_).texts, seed, longest_ms)
    return lay(routine_, delivery_).place(clips, SOUNDS)


def of_kind(timeline: Timeline, kind: str) -> list[Cue]:
    return [cue for cue in timeline.cues if cue.kind == kind]


def spoken(timeline: Timeline) -> list[Cue]:
    return [cue for cue in timeline.cues if cue.kind in ("speech", "count")]


def of_part(timeline: Timeline, *parts: Part) -> list[Cue]:
    """What is said in some parts."""
    return [cue for cue in spoken(timeline) if cue.part in parts]


def chimes(timeline: Timeline) -> list[str]:
    return [cue.sound or "" for cue in of_kind(timeline, "chime")]
