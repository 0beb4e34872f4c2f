from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from coach.core.evidence import Evidence
from coach.core.timeline import Timeline
from coach.drawing.score import score
from support.command import Coach
from support.making import compiled, delivery, routine, stretch


def test_show_tells_a_stretch_as_a_person_reads_it(coach: Coach) -> None:
    text = coach("show", "knee-to-chest").stdout
    for part in (
        "Knee to chest",
        "Dose: 10-20 s; here 2 breaths of 4-6, 20 s each side",
        "Source: article 002",
        "Easier:",
    ):
        assert part in text


def test_show_says_what_each_dose_came_to(coach_here: Coach) -> None:
    # No breath is held in a movement.
    assert "12 breaths of 4-8, 144 s" in coach_here("show", "glute-bridge", "--breath", "4-7-8").stdout
    facts = json.loads(coach_here("show", "lower-back-seven", "--json").stdout)
    assert [stretch["comes_to"] for stretch in facts["stretches"]][:3] == [
        "2 breaths of 4-6, 20 s each side",
        "2 breaths of 4-6, 20 s each side",
        "3 breaths of 4-6, 30 s",
    ]


def test_show_says_once_how_good_the_evidence_is(coach_here: Coach) -> None:
    told = [line for line in coach_here("show", "daily").stdout.splitlines() if line.startswith("Evidence")]
    assert [line.split(":")[0] for line in told] == ["Evidence, stretching", "Evidence, strength"]
    assert coach_here("show", "down-standing").stdout.endswith(f"Evidence, getting up: {Evidence.GETTING_UP.told}\n")


def test_list_has_every_name_with_a_length(coach_here: Coach) -> None:
    whole = json.loads(coach_here("list", "--json").stdout)
    names = [row["name"] for row in (*whole["routines"], *whole["stretches"])]
    assert {"lower-back-seven", "cat-cow"} <= set(names)
    assert all(row["length_ms"] > 30_000 for row in (*whole["routines"], *whole["stretches"]))
    text = coach_here("list").stdout
    assert all(name in text for name in names)


def test_the_timeline_is_a_score_or_json(coach_here: Coach) -> None:
    score = coach_here("timeline", "cat-cow", "--voice", "silent").stdout
    assert "♪ begin" in score
    assert "Out two three four five six" in score
    timeline = Timeline.from_json(
        coach_here("timeline", "cat-cow", "--voice", "silent", "--json", "--beat", "1.5").stdout
    )
    assert (timeline.beat_ms, timeline.breath, timeline.voice) == (1500, "4-6", "silent")


def test_voices_marks_the_default(coach: Coach) -> None:
    rows = json.loads(coach("voices", "--json").stdout)
    assert [row["name"] for row in rows if row["default"]] == ["system:gmw/en-us"]
    assert rows[-1]["name"] == "silent"
    assert "* " in coach("voices").stdout


def test_doctor_finds_everything_well(coach: Coach) -> None:
    done = coach("doctor")
    assert done.returncode == 0, done.stdout
    assert "BAD" not in done.stdout
    assert "ffmpeg" in done.stdout


def test_doctor_says_what_is_missing(coach_here: Coach, tmp_path: object) -> None:
    done = coach_here("doctor", env={"COACH_SCRIPTS": "/nowhere"})
    assert done.returncode == 1
    assert "BAD  scripts  COACH_SCRIPTS is /nowhere, which is not a folder" in done.stdout


def test_brackets_in_a_script_are_shown_as_they_are(coach_here: Coach, tmp_path: Path) -> None:
    (tmp_path / "routines").mkdir()
    (tmp_path / "routines" / "odd.yaml").write_text('name: O\npurpose: "a [/b] c [short]"\nstretches: [cobra]\n')
    done = coach_here("list", env={"COACH_SCRIPTS": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, "")
    assert "a [/b] c [short]" in done.stdout


def test_output_is_utf_8_in_a_pipe_and_a_full_disk_is_told(coach: Coach) -> None:
    assert "♪ begin" in coach("timeline", "cat-cow", "--voice", "silent", env={"PYTHONIOENCODING": "cp1252"}).stdout
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-m", "coach", "list"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "coach: the output: No space left on device\n"


def test_the_score_keeps_holds_apart_and_every_count_once(tmp_path: Path) -> None:
    sequence = {"kind": "sequence", "dose": "2 x", "places": [{"say": "Roll.", "hold": "3 s"}] * 2}
    lines = list(score(compiled(routine(stretch(sequence)))))
    assert [line.split("count")[1].split() for line in lines if " count " in line] == [["Stay", "two", "three"]] * 4
    timeline = compiled(routine(stretch({"kind": "hold", "dose": "2 breaths"})), delivery("2-3-2"))
    held = "\n".join(score(timeline))
    assert held.count("hold 3 s") == 2
    assert held.count("Hold") == sum(cue.text == "Hold" for cue in timeline.cues)


def test_version_and_help(coach: Coach, coach_here: Coach) -> None:
    alone = coach()
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout.startswith("Usage: ")
    assert coach("--version").stdout.startswith("Stretch Coach ")
    for command in ("render", "timeline", "show", "list", "check", "schema", "voices", "doctor"):
        done = coach_here(command, "--help")
        assert done.returncode == 0
        assert "Usage: " in done.stdout
