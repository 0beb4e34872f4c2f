from __future__ import annotations

from pathlib import Path

import pytest

from coach.core.routine import Routine
from coach.errors import InputError, ScriptError, UnknownNameError
from coach.library.library import Library, is_path, standard_library, user_folder
from coach.library.package_data import data_folder

BUILT_IN = data_folder("scripts")
STRETCH = (BUILT_IN / "stretches" / "cobra.yaml").read_text()


def ids(routine: Routine) -> list[str]:
    return [item.id for item in routine.items]


def test_every_built_in_script_is_sound() -> None:
    library = Library([BUILT_IN])
    paths = [*library.stretch_paths.values(), *library.routine_paths.values()]
    assert paths
    for path in paths:
        assert library.problems(path) == []


def test_article_002_is_there_in_its_order_with_doses_inside_its_ranges() -> None:
    routine = Library([BUILT_IN]).routine("lower-back-seven")
    assert {item.id: str(item.dose.dose) for item in routine.items} == {
        "knee-to-chest": "10-20 s",
        "lying-knee-twist": "20 s",
        "childs-pose": "30 s",
        "cat-cow": "30 s",
        "piriformis": "10-20 s",
        "glute-bridge": "10-15 x",
        "cobra": "5-10 x",
    }
    assert ids(routine) == [
        "knee-to-chest",
        "lying-knee-twist",
        "childs-pose",
        "cat-cow",
        "piriformis",
        "glute-bridge",
        "cobra",
    ]


def test_a_stretch_alone_is_a_routine_of_one() -> None:
    assert ids(Library([BUILT_IN]).routine("cobra")) == ["cobra"]


def test_unknown_names_name_the_nearest() -> None:
    library = Library([BUILT_IN])
    with pytest.raises(UnknownNameError, match="no routine or stretch called “kobra”; did you mean “cobra”"):
        library.routine("kobra")
    with pytest.raises(UnknownNameError, match="no stretch called “catcow”; did you mean “cat-cow”"):
        library.stretch("catcow")


def test_a_persons_own_scripts_add_to_the_built_in_ones_and_come_first(tmp_path: Path) -> None:
    (tmp_path / "stretches").mkdir()
    (tmp_path / "routines").mkdir()
    (tmp_path / "stretches" / "seal.yaml").write_text(STRETCH.replace("name: Cobra", "name: Seal"))
    (tmp_path / "stretches" / "cobra.yaml").write_text(STRETCH.replace("name: Cobra", "name: My cobra"))
    (tmp_path / "routines" / "mine.yaml").write_text("name: M\npurpose: p\nstretches: [seal, cobra, cat-cow]\n")
    library = Library([tmp_path, BUILT_IN])
    names = [item.script.name for item in library.routine("mine").items]
    assert names == ["Seal", "My cobra", "Cat-cow"]


def test_a_path_finds_the_stretches_beside_it(tmp_path: Path) -> None:
    (tmp_path / "seal.yaml").write_text(STRETCH)
    routine = tmp_path / "mine.yaml"
    routine.write_text("name: M\npurpose: p\nstretches: [seal, {stretch: cat-cow, dose: 5-10 x}]\n")
    found = Library([BUILT_IN]).routine(str(routine))
    assert found.id == "mine"
    assert ids(found) == ["seal", "cat-cow"]
    assert found.items[1].dose.value == 7
    assert ids(Library([BUILT_IN]).routine(str(tmp_path / "seal.yaml"))) == ["seal"]


def test_a_routine_names_every_unknown_stretch_and_wrong_dose(tmp_path: Path) -> None:
    routine = tmp_path / "mine.yaml"
    routine.write_text(
        "name: M\npurpose: p\nstretches:\n  - cobbra\n  - {stretch: cat-cow, hold: 5 s}\n"
        "  - {stretch: piriformis, dose: 5 x}\n  - ../secret\n"
    )
    library = Library([BUILT_IN])
    with pytest.raises(ScriptError) as caught:
        library.routine(str(routine))
    found = [str(problem).removeprefix(f"{routine}:") for problem in caught.value.problems]
    assert found == [
        "4:5: there is no stretch called “cobbra”; did you mean “cobra”?",
        "5:30: a flow takes no “hold”; its dose says it all",
        "6:33: the dose of a hold is written like “30 s” or “5 breaths”, not “5 x”",
        "7:5: there is no stretch called “../secret”",
    ]
    assert [str(problem) for problem in library.problems(routine)] == [str(p) for p in caught.value.problems]


def test_unknown_names_are_told_together_with_other_problems(tmp_path: Path) -> None:
    routine = tmp_path / "mine.yaml"
    routine.write_text("name: M\nstretches:\n  - cobbra\n  - {stretch: cat-cow, dose: much}\n")
    found = [problem.message[:30] for problem in Library([BUILT_IN]).problems(routine)]
    assert len(found) == 3


@pytest.mark.parametrize(("name", "says"), [("no.yaml", "there is no file"), ("dir.yaml", "is no script")])
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "dir.yaml").mkdir()
    with pytest.raises(InputError, match=says):
        Library([BUILT_IN]).routine(str(tmp_path / name))


def test_other_encodings_are_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: A\neases: caf\xe9\n".encode("latin-1"))
    with pytest.raises(ScriptError, match=r"latin\.yaml:2:1: this is not text in UTF-8"):
        Library([BUILT_IN]).routine(str(path))


def test_the_users_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_folder().name == "scripts"
    monkeypatch.setenv("COACH_SCRIPTS", str(tmp_path))
    assert user_folder() == tmp_path
    assert standard_library().folders == (tmp_path, BUILT_IN)
    monkeypatch.setenv("COACH_SCRIPTS", str(tmp_path / "missing"))
    with pytest.raises(InputError, match=r"COACH_SCRIPTS is .*missing, which is no folder"):
        user_folder()


@pytest.mark.parametrize("name", ["x .yaml", " .yaml", "é.yaml", "-x.yaml"])
def test_odd_file_names_are_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(STRETCH)
    assert ids(Library([BUILT_IN]).routine(str(path))) == [path.stem]


def test_a_routine_may_have_a_stretchs_name(tmp_path: Path) -> None:
    (tmp_path / "routines").mkdir()
    path = tmp_path / "routines" / "cat-cow.yaml"
    path.write_text("name: M\npurpose: p\nstretches: [cat-cow]\n")
    library = Library([tmp_path, BUILT_IN])
    assert library.problems(path) == []
    assert ids(library.routine("cat-cow")) == ["cat-cow"]


def test_an_unknown_home_is_named() -> None:
    with pytest.raises(InputError, match="the home folder of an unknown user"):
        Library([BUILT_IN]).routine("~nosuchuser/x.yaml")


def test_many_problems_are_found_in_time_that_grows_with_their_number(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    path.write_text("name: M\npurpose: p\nstretches:\n" + "  - {stretch: cobra, hold: 5 s}\n" * 400)
    assert len(Library([BUILT_IN]).problems(path)) == 400


def test_names_and_paths_are_told_apart() -> None:
    assert not is_path("cat-cow")
    assert all(map(is_path, ("mine.yaml", "mine.yml", "./mine", "a/b")))
