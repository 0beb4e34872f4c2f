"""``coach verify``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

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
    assert done.stdout.splitlines()[0].endswith("; changed since: cobra")


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
    assert told[2] == "the coach did not make it"
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
