import json

from coach.core.timeline import Timeline
from support.making import compiled, routine, stretch


def test_json_says_everything_and_reads_back() -> None:
    timeline = compiled(routine(stretch(sides=["right", "left"])))
    text = timeline.to_json()
    assert Timeline.from_json(text) == timeline
    whole = json.loads(text)
    assert list(whole) == ["routine", "voice", "breath", "beat_ms", "duration_ms", "cues"]
    assert {cue["kind"] for cue in whole["cues"]} == {"speech", "count", "chime", "breath"}
    count = next(cue for cue in whole["cues"] if cue["kind"] == "count")
    assert {"start_ms", "onset_ms", "end_ms", "center_ms", "text", "stretch", "side", "phase", "count", "rep"} <= set(
        count
    )
