from pathlib import Path

import pytest

from coach.errors import InputError
from coach.publish.table import COLUMNS, Row, read_plan


def plan(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "plan.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_as_any_program_saves_it(tmp_path: Path, separator: str, encoding: str, end: str) -> None:
    lines = [
        ["Routine", " minutes ", "TITLE"],
        ["daily", "12,5" if separator != "," else "12.5", "Für Jörg"],
        ["", "", ""],
        ["cat-cow + cobra", "", ""],
    ]
    path = plan(tmp_path, end.join(separator.join(line) for line in lines) + end, encoding)
    minutes = "12,5" if separator != "," else "12.5"
    assert read_plan(path) == [
        Row(f"{path}:2", ("daily",), {"minutes": minutes, "title": "Für Jörg"}),
        Row(f"{path}:4", ("cat-cow", "cobra"), {}),
    ]


def test_quotes_hold_separators_and_line_breaks(tmp_path: Path) -> None:
    path = plan(tmp_path, 'routine,title\ndaily,"Slow, and\nquiet"\nevening,x\n')
    assert [(row.place.rpartition(":")[2], row.cells) for row in read_plan(path)] == [
        ("3", {"title": "Slow, and\nquiet"}),
        ("4", {"title": "x"}),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a plan needs a column “routine”"),
        ("routine,minutes\n", "has no rows"),
        ("routine,minuts\ndaily,3\n", ":1: no column is called “minuts”; did you mean “minutes”?"),
        ("routine,routine\ndaily,3\n", "is there twice"),
        ("routine,\ndaily,x\n", ":2: there is something in a column without a name: x"),
        ("title\nx\n", "a plan needs a column “routine”"),
        ("routine,title\n,x\n", ":2: the row names no routine"),
        ("routine,title\ndaily,Slow, and quiet\n", ":2: there are more cells than columns"),
        ('routine\n"daily\n', "this is no table"),
    ],
)
def test_what_is_no_plan_is_told_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        read_plan(plan(tmp_path, text))
    assert says in str(refused.value)


def test_a_missing_plan_and_one_that_is_no_text(tmp_path: Path) -> None:
    for place in (tmp_path / "no.csv", tmp_path):
        with pytest.raises(InputError, match="there is no plan"):
            read_plan(place)
    (tmp_path / "bad.csv").write_bytes(b"routine\n\x81\x8d\n")
    with pytest.raises(InputError, match="is no table: save it as CSV"):
        read_plan(tmp_path / "bad.csv")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_tables_of_excel(tmp_path: Path, encoding: str) -> None:
    path = plan(tmp_path, "sep=;\r\nroutine;title;;\r\ndaily;Frau Müller;;\r\n", encoding)
    assert read_plan(path) == [Row(f"{path}:3", ("daily",), {"title": "Frau Müller"})]


def test_a_script_with_any_name_is_one_routine(tmp_path: Path) -> None:
    script = tmp_path / "my own + yours.yaml"
    script.touch()
    assert read_plan(plan(tmp_path, f"routine\n{script}\n"))[0].routine == (str(script),)


def test_every_column_is_described() -> None:
    assert all(COLUMNS.values())
