"""``coach verify``."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from mutagen.id3 import ID3, TIT2

from coach.files import data_folder
from coach.order import Order
from coach.publish.formats import FORMATS, known
from coach.publish.rendering import render
from support.command import Coach

ORDER = Order(targets=("cobra", "cat-cow"), voice="silent", words="names", title="For Ms Lee", captions=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(ORDER, tmp_path_factory.mktemp("verify") / "x.mp3").path


@pytest.mark.parametrize("ending", [ending for ending in FORMATS if ending not in (".m4a", ".opus")])
def test_every_format_tells_what_it_was_made_of(coach_here: Coach, tmp_path: Path, ending: str) -> None:
    path = render(ORDER, tmp_path / f"x{ending}").path
    told = known(path)
    assert Order.read(json.loads(told.order)) == ORDER.changed(title=None, captions=True)
    assert [script.partition(":")[0] for script in told.scripts.split()] == ["my-routine", "cobra", "cat-cow"]
    assert told.voice == "silent"
    done = coach_here("verify", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "as it was made (Stretch Coach " in done.stdout
    assert "its scripts are as they were" in done.stdout


def test_a_changed_script_is_named(coach_here: Coach, made: Path, tmp_path: Path) -> None:
    (tmp_path / "stretches").mkdir()
    cobra = (data_folder("scripts") / "stretches" / "cobra.yaml").read_text()
    (tmp_path / "stretches" / "cobra.yaml").write_text(cobra.replace("name: Cobra", "name: Low cobra"))
    done = coach_here("verify", made, env={"COACH_SCRIPTS": str(tmp_path)})
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].endswith("; scripts changed since: cobra")


def test_a_file_is_told_damaged_changed_or_not_the_coachs(coach_here: Coach, made: Path, tmp_path: Path) -> None:
    damaged, changed, foreign = (tmp_path / f"{name}.mp3" for name in ("damaged", "changed", "foreign"))
    data = bytearray(made.read_bytes())
    data[-5000] ^= 1
    damaged.write_bytes(data)
    shutil.copy(made, changed)
    tags = ID3(changed)
    tags.add(TIT2(encoding=1, text=["Other"]))
    tags.save(changed, v2_version=3)
    foreign.write_bytes(b"no sound")
    done = coach_here("verify", tmp_path)
    assert done.returncode == 1
    told = [line.split("  ", 1)[1] for line in done.stdout.splitlines()[:-1]]
    assert told[0].startswith("CHANGED since")
    assert told[1].startswith("DAMAGED")
    assert told[2].startswith("has no mark of the coach: another program made it")
    assert done.stdout.endswith("0 of 3 as made\n")


def test_no_name_and_no_path_stands_in_the_tags_but_the_title(tmp_path: Path) -> None:
    (tmp_path / "Ms Lee").mkdir()
    script = tmp_path / "Ms Lee" / "mine.yaml"
    script.write_text("name: Mine\npurpose: One.\nstretches:\n  - cobra\n")
    sound = tmp_path / "Ms Lee" / "hum.wav"
    shutil.copy(data_folder("sounds") / "begin.wav", sound)
    order = Order(targets=(str(script),), background=sound, title="Hips")
    assert "Lee" not in order.told
    assert json.loads(order.told) == {"background": "a file", "targets": ["mine"]}


def test_a_folder_with_no_sound_is_not_told_to_be_well(coach_here: Coach, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    done = coach_here("verify", tmp_path)
    assert done.returncode == 2
    assert "there is nothing to verify in" in done.stderr


@pytest.mark.parametrize("name", ["none.mp3", "x.txt"])
def test_what_is_no_such_file_is_refused(coach_here: Coach, tmp_path: Path, name: str) -> None:
    (tmp_path / "x.txt").write_text("x")
    done = coach_here("verify", tmp_path / name)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def told(done: CompletedProcess[str], folder: Path) -> dict[str, str]:
    """Return what is said of each file, by its path in a folder."""
    lines = (line.split("  ", 1) for line in done.stdout.splitlines()[:-1])
    return {str(Path(path).relative_to(folder)): text for path, text in lines}


def test_a_folder_is_verified_with_those_in_it_and_what_its_report_names(
    coach_here: Coach, made: Path, tmp_path: Path
) -> None:
    (tmp_path / "plan.csv").write_text("routine,output\ncobra,a\ncobra,b\nnope,c\n")
    coach_here(
        "render", "--plan", tmp_path / "plan.csv", "-o", tmp_path / "out", "--voice", "silent", "--words", "names"
    )
    (tmp_path / "out" / "p" / "x").mkdir(parents=True)
    shutil.copy(made, tmp_path / "out" / "p" / "x" / "session.mp3")
    well = coach_here("verify", tmp_path / "out")
    assert (well.returncode, well.stdout.splitlines()[-1]) == (0, "3 of 3 as made")
    (tmp_path / "out" / "a.mp3").unlink()
    lost = coach_here("verify", tmp_path / "out")
    assert lost.returncode == 1
    assert told(lost, tmp_path / "out")["a.mp3"] == "MISSING: coach-report.csv beside it says that it was made"
    assert lost.stdout.endswith("\n2 of 3 as made\n")


def test_a_report_names_no_file_elsewhere(coach_here: Coach, made: Path, tmp_path: Path) -> None:
    heads = "row,file,seconds,bytes,asked,result,notes\n"
    names = ("../../x.mp3", "a/b.mp3", "/etc/hosts", "", "\x1b[31m")
    rows = "".join(f"2,{name},1.0,5,x,made,\n" for name in names)
    (tmp_path / "coach-report.csv").write_text(heads + rows)
    shutil.copy(made, tmp_path / "x.mp3")
    done = coach_here("verify", tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("MISSING") == len(names)
    assert "\x1b" not in done.stdout
    assert done.stdout.endswith("\n1 of 6 as made\n")


def test_a_report_that_was_changed_stops_no_verifying(coach_here: Coach, made: Path, tmp_path: Path) -> None:
    (tmp_path / "coach-report.csv").write_text("row;file\n")
    shutil.copy(made, tmp_path / "x.mp3")
    done = coach_here("verify", tmp_path)
    assert done.returncode == 1
    what = told(done, tmp_path)
    assert what["x.mp3"].startswith("as it was made")
    assert what["coach-report.csv"].startswith("is not as the coach wrote it")


def test_captions_are_verified_with_their_sound(coach_here: Coach, tmp_path: Path) -> None:
    path = render(ORDER.changed(captions=True, podcast=True), tmp_path / "x.mp3").path
    assert coach_here("verify", path).returncode == 0
    for ending, change in ((".lrc", "more"), (".vtt", "more"), (".chapters.json", " ")):
        place = path.with_name(f"x{ending}")
        before = place.read_text()
        place.write_text(before + change)
        changed = coach_here("verify", tmp_path)
        assert changed.returncode == 1
        assert told(changed, tmp_path)["x.mp3"] == f"as it was made, but CHANGED beside it: x{ending}"
        place.write_text(before)
    (tmp_path / "x.srt").unlink()  # not every player needs them all
    assert coach_here("verify", path).returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="a file that nobody can read, not even root, is one of Linux")
def test_what_cannot_be_verified_is_told_as_it_is(coach_here: Coach, made: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "cut.mp3").write_bytes(made.read_bytes()[:20])
    (tmp_path / "shut.mp3").symlink_to("/proc/self/mem")  # nobody reads its beginning
    done = coach_here("verify", tmp_path, tmp_path / "shut.mp3")
    assert done.returncode == 1
    assert told(done, tmp_path) == {
        "cut.mp3": "has no mark of the coach: another program made it or wrote it anew, or a part of it is lost",
        "empty.mp3": "EMPTY: delete it and make it anew",
        "shut.mp3": "cannot be read: Input/output error",
    }


def test_objects_are_fetched_first(coach_here: Coach) -> None:
    done = coach_here("verify", "s3://clinic/week")
    assert (done.returncode, done.stderr) == (
        2,
        "coach: s3://clinic/week is elsewhere; fetch its files, and verify those\n",
    )
