"""How good the evidence is for the kinds of exercise that there are."""

from __future__ import annotations

from enum import StrEnum


class Evidence(StrEnum):
    """What a stretch is an exercise of."""

    STRETCHING = "stretching"
    STRENGTH = "strength"
    WALKING = "walking"
    BREATHING = "breathing"
    GETTING_UP = "getting-up"

    @property
    def told(self) -> str:
        """How good the evidence for it is, in a sentence or two; ``docs/evidence.md`` has the sources."""
        return _TOLD[self]


_TOLD = {
    Evidence.STRETCHING: "For lasting back pain it did no better than doing nothing, in a comparison of 89 trials of "
    "low quality (Owen 2020). Do it because it feels good.",
    Evidence.STRENGTH: "For lasting back pain strength and motor control were among the best of what 89 trials "
    "compared, all of low quality (Owen 2020). Nobody has tested these very exercises together.",
    Evidence.WALKING: "In one trial of 701 people a walking programme with lessons kept pain from coming back for "
    "longer, 208 days against 112 (WalkBack 2024).",
    Evidence.BREATHING: "Twelve trials found a little less stress with breathing exercises; a large one found slow "
    "breath no better than ordinary breath (both Fincham 2023). They measured stress, not pain.",
    Evidence.GETTING_UP: "In one small trial those who practised it feared falling less (26 people, Kubik 2025).",
}
