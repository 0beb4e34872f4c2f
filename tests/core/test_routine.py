from dataclasses import replace

from coach.compiler import estimate
from coach.core.delivery import Words
from coach.core.routine import Routine, joined
from coach.core.timeline import Part
from coach.files import data_folder
from coach.library.library import Library
from coach.recipe import DEFAULT_DELIVERY

LIBRARY = Library([data_folder("scripts")])


def ids(routine: Routine) -> list[str]:
    return [item.id for item in routine.items]


def said(routine: Routine, words: Words) -> list[str]:
    delivery = replace(DEFAULT_DELIVERY, words=words)
    return [cue.text or "" for cue in estimate(routine, delivery).cues if cue.kind == "speech"]


def test_routines_and_stretches_join_in_their_order() -> None:
    routine = joined([LIBRARY.routine("cobra"), LIBRARY.routine("five-minutes")])
    assert ids(routine) == ["cobra", *ids(LIBRARY.routine("five-minutes"))]
    assert LIBRARY.routine_of(["cobra"]) == LIBRARY.routine("cobra")


def test_each_level_says_less_with_the_same_signals_and_clock() -> None:
    routine = LIBRARY.routine("lower-back-seven")
    full, brief, names = (said(routine, words) for words in Words)
    assert sum(map(len, full)) > sum(map(len, brief)) > sum(map(len, names))
    assert "Next, Child's pose." in names
    assert "Left side." in names
    assert not [line for line in names if "thigh" in line]
    assert "Right ankle over your left thigh." in brief
    assert "Keep it light, if your back was hurt not long ago." in full
    assert "Keep it light, if your back was hurt not long ago." not in brief
    timelines = [estimate(routine, replace(DEFAULT_DELIVERY, words=words)) for words in Words]
    for kind, field in (("chime", "sound"), ("breath", "phase")):
        rows = [[getattr(cue, field) for cue in timeline.cues if cue.kind == kind] for timeline in timelines]
        assert rows[0] == rows[1] == rows[2]


def test_the_next_stretch_is_named_during_the_release_of_the_one_before() -> None:
    cues = [cue for cue in estimate(LIBRARY.routine("lower-back-seven"), DEFAULT_DELIVERY).cues if cue.kind == "speech"]
    names = [index for index, cue in enumerate(cues) if cue.part is Part.NAME and cue.item != 1]
    assert len(names) == 6
    for index in names:
        assert cues[index].start_ms - cues[index - 1].end_ms <= 1000  # while the last movement is still being done


def test_the_second_stretch_in_a_position_is_not_led_there_again() -> None:
    lines = said(LIBRARY.routine("daily"), Words.FULL)
    assert sum("your back" in line and "Roll" in line for line in lines) <= 1
