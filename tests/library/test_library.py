from __future__ import annotations

from pathlib import Path

import pytest

from coach.core.dose import Dose
from coach.core.movements import Rest
from coach.core.routine import Routine
from coach.core.script import RoutineScript, StretchScript
from coach.errors import InputError, ScriptError, UnknownNameError
from coach.files import data_folder
from coach.library.library import Library
from coach.library.paths import PathLibrary, is_path
from coach.library.standard import standard_library, user_folder

BUILT_IN = data_folder("scripts")
STRETCH = (BUILT_IN / "stretches" / "cobra.yaml").read_text()


def ids(routine: Routine) -> list[str]:
    return [item.id for item in routine.items]


def test_every_built_in_script_is_sound() -> None:
    library = Library([BUILT_IN])
    entries = [*library.stretches.values(), *library.routines.values()]
    assert entries
    for entry in entries:
        assert library.problems(entry) == []


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
    found = PathLibrary([BUILT_IN]).routine(str(routine))
    assert found.id == "mine"
    assert ids(found) == ["seal", "cat-cow"]
    assert found.items[1].dose.value == 7
    assert ids(PathLibrary([BUILT_IN]).routine(str(tmp_path / "seal.yaml"))) == ["seal"]


def test_a_routine_names_every_unknown_stretch_and_wrong_dose(tmp_path: Path) -> None:
    routine = tmp_path / "mine.yaml"
    routine.write_text(
        "name: M\npurpose: p\nstretches:\n  - cobbra\n  - {stretch: cat-cow, hold: 5 s}\n"
        "  - {stretch: piriformis, dose: 5 x}\n  - ../secret\n"
    )
    library = PathLibrary([BUILT_IN])
    with pytest.raises(ScriptError) as caught:
        library.routine(str(routine))
    found = [str(problem).removeprefix(f"{routine}:") for problem in caught.value.problems]
    assert found == [
        "4:5: there is no stretch called “cobbra”; did you mean “cobra”?",
        "5:30: a flow takes no “hold”; its dose says it all",
        "6:33: the dose of a hold is written like “30 s” or “5 breaths”, not “5 x”",
        "7:5: there is no stretch called “../secret”; “coach list” shows them all",
    ]
    assert [str(problem) for problem in library.problems_at(routine)] == [str(p) for p in caught.value.problems]


def test_an_unknown_position_has_its_place_and_names_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "seal.yaml"
    path.write_text(STRETCH.replace("position: face-down", "position: face-dwon\nends_in: bakc"))
    library = PathLibrary([BUILT_IN])
    found = [str(problem).removeprefix(f"{path}:") for problem in library.problems_at(path)]
    assert [text.split(": ", maxsplit=1)[1] for text in found] == [
        "there is no position called “face-dwon”; did you mean “face-down”?",
        "there is no position called “bakc”; did you mean “back”?",
    ]
    assert [text.split(":")[1] for text in found] == ["11", "10"]
    with pytest.raises(ScriptError, match="face-dwon"):
        library.routine(str(path))


def test_a_folder_of_ones_own_adds_positions_and_conditions(tmp_path: Path) -> None:
    (tmp_path / "stretches").mkdir()
    (tmp_path / "positions.yaml").write_text(
        "positions:\n  sofa:\n    name: on a sofa\n    begin: [Sit on the sofa.]\n"
        "ways:\n  - {from: standing, to: sofa, steps: [Sit down.]}\n"
    )
    (tmp_path / "conditions.yaml").write_text(
        "ankles: {name: sore ankles, also: [knees], forbids: [kneeling], why: They are sore., source: mine}\n"
    )
    (tmp_path / "stretches" / "seal.yaml").write_text(STRETCH.replace("position: face-down", "position: sofa"))
    library = Library([tmp_path, BUILT_IN])
    assert library.routine("seal").items[0].ends_in == "sofa"
    for name in ("positions.yaml", "conditions.yaml"):
        assert PathLibrary([tmp_path, BUILT_IN]).problems_at(tmp_path / name) == []
    assert [move.say for move in library.positions.moves("standing", "sofa")] == ["Sit down."]
    assert {"ankles", "knees"} <= set(library.conditions.by_name)
    assert "sofa" not in Library([BUILT_IN]).positions.positions


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("positions.yaml", "positions: {sofa: {name: s}}\n", "the key “begin” is missing"),
        (
            "positions.yaml",
            "positions: {sofa: {name: s, begin: [Sit.]}}\nways: [{from: sofa, to: moon, steps: [Fly.]}]\n",
            "there is no position called “moon”",
        ),
        (
            "conditions.yaml",
            "ankles: {name: a, why: w, source: s, forbids: [flying]}\n",
            "“flying” is not possible here",
        ),
        (
            "conditions.yaml",
            "ankles: {name: a, why: w, source: s, also: [toes]}\n",
            "there is no condition called “toes”",
        ),
    ],
)
def test_problems_of_positions_and_conditions_are_found(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    (found,) = PathLibrary([tmp_path, BUILT_IN]).problems_at(tmp_path / name)
    assert found.message.startswith(says)
    with pytest.raises(ScriptError):
        _ = getattr(Library([tmp_path, BUILT_IN]), name.removesuffix(".yaml"))


def test_unknown_names_are_told_together_with_other_problems(tmp_path: Path) -> None:
    routine = tmp_path / "mine.yaml"
    routine.write_text("name: M\nstretches:\n  - cobbra\n  - {stretch: cat-cow, dose: much}\n")
    found = [problem.message[:30] for problem in PathLibrary([BUILT_IN]).problems_at(routine)]
    assert len(found) == 3


@pytest.mark.parametrize(("name", "says"), [("no.yaml", "there is no file"), ("dir.yaml", "is not a script")])
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "dir.yaml").mkdir()
    with pytest.raises(InputError, match=says):
        PathLibrary([BUILT_IN]).routine(str(tmp_path / name))


def test_other_encodings_are_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: A\neases: caf\xe9\n".encode("latin-1"))
    with pytest.raises(ScriptError, match=r"latin\.yaml:2:1: this is not text in UTF-8"):
        PathLibrary([BUILT_IN]).routine(str(path))


def test_the_users_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_folder().name == "scripts"
    monkeypatch.setenv("COACH_SCRIPTS", str(tmp_path))
    assert user_folder() == tmp_path
    assert standard_library().folders == (tmp_path, BUILT_IN)
    monkeypatch.setenv("COACH_SCRIPTS", str(tmp_path / "missing"))
    with pytest.raises(InputError, match=r"COACH_SCRIPTS is .*missing, which is not a folder"):
        user_folder()


@pytest.mark.parametrize("name", ["x .yaml", " .yaml", "é.yaml", "-x.yaml"])
def test_odd_file_names_are_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(STRETCH)
    assert ids(PathLibrary([BUILT_IN]).routine(str(path))) == [path.stem]


def test_a_routine_may_have_a_stretchs_name(tmp_path: Path) -> None:
    (tmp_path / "routines").mkdir()
    path = tmp_path / "routines" / "cat-cow.yaml"
    path.write_text("name: M\npurpose: p\nstretches: [cat-cow]\n")
    library = PathLibrary([tmp_path, BUILT_IN])
    assert library.problems_at(path) == []
    assert ids(library.routine("cat-cow")) == ["cat-cow"]


def test_an_unknown_home_is_named() -> None:
    with pytest.raises(InputError, match="the home folder of an unknown user"):
        PathLibrary([BUILT_IN]).routine("~nosuchuser/x.yaml")


def test_many_problems_are_found_in_time_that_grows_with_their_number(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    path.write_text("name: M\npurpose: p\nstretches:\n" + "  - {stretch: cobra, hold: 5 s}\n" * 400)
    assert len(PathLibrary([BUILT_IN]).problems_at(path)) == 400


def test_names_and_paths_are_told_apart() -> None:
    assert not is_path("cat-cow")
    assert all(map(is_path, ("mine.yaml", "mine.yml", "./mine", "a/b")))


def test_scripts_can_be_texts_and_models() -> None:
    model = StretchScript.model_validate({**Library([BUILT_IN]).stretch("cobra").model_dump(), "name": "Mine"})
    routine = RoutineScript(name="M", purpose="p", stretches=("seal", "mine", "cat-cow"))  # type: ignore[arg-type]
    library = Library([BUILT_IN], stretches={"seal": STRETCH, "mine": model}, routines={"my-day": routine})
    assert [item.script.name for item in library.routine("my-day").items] == ["Cobra", "Mine", "Cat-cow"]
    assert ids(library.routine_of(["my-day", "cobra"])) == ["seal", "mine", "cat-cow", "cobra"]
    alone = Library(routines={"r": "name: M\npurpose: p\nstretches: [s]\n"}, stretches={"s": STRETCH})
    assert ids(alone.routine("r")) == ["s"]


def test_texts_and_models_are_checked_like_files() -> None:
    with pytest.raises(ScriptError, match=r"^broken:1:1: the key “eases” is missing\n7 more$"):
        Library(stretches={"broken": "nam: x\n"}).stretch("broken")
    cobra = Library([BUILT_IN]).stretch("cobra")
    wrong = cobra.model_copy(update={"movement": Rest(kind="rest", dose=Dose.parse("5 x"))})
    with pytest.raises(ScriptError, match="the dose of a rest is written like “30 s”"):
        Library(stretches={"wrong": wrong}).stretch("wrong")
    with pytest.raises(ScriptError, match="day:3:13: there is no stretch called “seal”"):
        Library(routines={"day": "name: M\npurpose: p\nstretches: [seal]\n"}).routine("day")
    with pytest.raises(ScriptError, match="this is a routine, and a stretch is needed here"):
        Library(stretches={"day": "name: M\npurpose: p\nstretches: [day]\n"}).stretch("day")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "-x", "a b", "x\x00", "x\n", "a" * 101, "C:x", "a\\b"])
def test_a_script_cannot_be_called_like_a_path(name: str) -> None:
    with pytest.raises(InputError, match="cannot be a script's name"):
        Library(stretches={name: STRETCH})


def test_a_library_takes_names_and_never_opens_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text(STRETCH)
    (tmp_path / "stretches").mkdir()
    (tmp_path / "stretches" / "seal.yaml").write_text(STRETCH)
    library = Library([tmp_path, BUILT_IN])
    assert library.stretches
    assert library.routines
    opened: list[object] = []
    monkeypatch.setattr(Path, "read_text", lambda path, **_: opened.append(path))
    for target in (
        secret,
        "../secret",
        "../secret.yaml",
        "stretches/seal",
        "~root/x.yaml",
        "seal.yaml",
        "seal\x00",
        "C:x",
    ):
        with pytest.raises(UnknownNameError):
            library.routine(str(target))
    assert opened == []


def test_each_file_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    monkeypatch.setattr("coach.library.entry.read_text", lambda path: read.append(path) or path.read_text("utf-8"))
    library = PathLibrary([BUILT_IN])
    for name in (*library.routines, *library.stretches):
        library.routine(name)
    paths = [*library.stretches.values(), *library.routines.values()]
    assert len(read) == len(set(read)) == len(paths)
    for entry in paths:
        assert isinstance(entry.source, Path)
        assert library.problems_at(entry.source) == []
    assert len(read) == len(paths)
    read.clear()
    broken = Library(stretches={"a": "x"}, routines={"r": "name: M\npurpose: p\nstretches: [a, a, a]\n"})
    assert len(broken.problems(broken.routines["r"])) == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: a: b\n", "1:8"),
        ("name: a\nsetup:\n\t- x\n", "3:1"),
        ("name: x\nsetup:\n  - say: {side} up\n", "3:17"),
        ("a: &x 1\nb: &x 2\n", "2:4"),
        ("a: *x\n", "1:4"),
        ("a:\n  <<: 5\n", "2:7"),
        ("a: x\x07y\n", "1:5"),
        ("? ? ? a\n", "1:3"),
        ("[[", "2:1"),
    ],
)
def test_checking_a_file_that_is_not_yaml_is_a_problem_and_no_traceback(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    for library in (PathLibrary(), PathLibrary([tmp_path, BUILT_IN])):
        (problem,) = library.problems_at(path)
        assert str(problem).startswith(f"{path}:{place}: ")
        with pytest.raises(ScriptError) as caught:
            library.routine(str(path))
        assert caught.value.problems == (problem,)


def test_checking_a_file_that_is_no_text_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"name: A\neases: caf\xe9\n")
    (problem,) = PathLibrary([BUILT_IN]).problems_at(path)
    assert str(problem).startswith(f"{path}:2:1: this is not text in UTF-8")


def test_a_routine_can_name_the_stretch_that_is_called_like_its_file(tmp_path: Path) -> None:
    path = tmp_path / "cat-cow.yaml"
    path.write_text("name: M\npurpose: p\nstretches: [cat-cow]\n")
    assert ids(PathLibrary([BUILT_IN]).routine(str(path))) == ["cat-cow"]


def test_a_path_with_a_nul_is_refused() -> None:
    with pytest.raises(InputError):
        PathLibrary([BUILT_IN]).routine("a\x00b.yaml")
