from pathlib import Path

import pytest

from coach.errors import InputError
from coach.order import Order
from coach.publish.jobs import Job, Made, Names
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
    rows = list(read_plan(path))
    assert rows == [
        Row(place=f"{path}:2", line=2, cells={"routine": "daily", "minutes": minutes, "title": "Für Jörg"}),
        Row(place=f"{path}:4", line=4, cells={"routine": "cat-cow + cobra"}),
    ]
    assert [row.order(Order(rate=100)) for row in rows] == [
        Order(targets=("daily",), minutes=12.5, title="Für Jörg", rate=100),
        Order(targets=("cat-cow", "cobra"), rate=100),
    ]


def test_quotes_hold_separators_and_line_breaks(tmp_path: Path) -> None:
    path = plan(tmp_path, 'routine,title\ndaily,"Slow, and\nquiet"\nevening,x\n')
    assert [(row.place.rpartition(":")[2], row.cells) for row in read_plan(path)] == [
        ("3", {"routine": "daily", "title": "Slow, and\nquiet"}),
        ("4", {"routine": "evening", "title": "x"}),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a plan needs a column “routine”"),
        ("routine,minutes\n", "has no rows"),
        ("routine,minuts\ndaily,3\n", ":1: no column is called “minuts”; did you mean “minutes”?"),
        ("routine,routine\ndaily,3\n", "is there twice"),
        ("title\nx\n", "a plan needs a column “routine”"),
        ('routine\n"daily\n', 'plan.csv:2: a cell begins with a quote (") that nothing closes'),
    ],
)
def test_what_is_no_plan_is_told_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        read_plan(plan(tmp_path, text))
    assert says in str(refused.value)


def test_a_missing_plan_and_one_that_is_no_text(tmp_path: Path) -> None:
    for place, what in ((tmp_path / "no.csv", "is not there"), (tmp_path, "is not a file")):
        with pytest.raises(InputError, match=f"the plan {place} {what}; name a table"):
            read_plan(place)
    (tmp_path / "bad.csv").write_bytes(b"routine\n\x81\x8d\n")
    with pytest.raises(InputError, match=r"is not a table; save it as .xlsx, .ods or CSV"):
        read_plan(tmp_path / "bad.csv")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_tables_of_excel(tmp_path: Path, encoding: str) -> None:
    path = plan(tmp_path, "sep=;\r\nroutine;title;;\r\ndaily;Frau Müller;;\r\n", encoding)
    assert list(read_plan(path)) == [Row(place=f"{path}:3", line=3, cells={"routine": "daily", "title": "Frau Müller"})]


def test_a_script_with_any_name_is_one_routine(tmp_path: Path) -> None:
    script = tmp_path / "my own + yours.yaml"
    script.touch()
    (row,) = read_plan(plan(tmp_path, f"routine\n{script}\n"))
    assert row.order(Order()).targets == (str(script),)


def test_a_row_of_too_many_cells_is_told_by_its_place_and_ends_only_itself(tmp_path: Path) -> None:
    whole, broken, last = read_plan(plan(tmp_path, "routine,title\ncobra,x\ndaily,Slow, and quiet\ncat-cow,\n"))
    assert whole.order(Order()).title == "x"
    assert last.order(Order()).targets == ("cat-cow",)
    assert broken.place.endswith("plan.csv:3")
    with pytest.raises(InputError, match="there are more cells than columns"):
        broken.order(Order())


@pytest.mark.parametrize("routine", ["x" * 300, "~nobody-of-this-name/x", "a/" * 3000, "a\0b"])
def test_a_routine_that_can_be_no_file_is_the_concern_of_its_row(tmp_path: Path, routine: str) -> None:
    (row,) = read_plan(plan(tmp_path, f"routine\n{routine}\n"))
    assert row.order(Order()).targets == (routine,)


def test_every_field_of_an_order_is_a_column(tmp_path: Path) -> None:
    head = ",".join(COLUMNS)
    cells = "daily,,9,yes,no,knees,harder,brief,box,,1.5,TONE,full,brisk,system,120,silent,Mine"
    cells += ",-18,rain.wav,-20,best,no,1,mine"
    (row,) = read_plan(plan(tmp_path, f"{head}\n{cells}\n"))
    order = row.order(Order(ramp="3-4:4-6"))
    assert {name for name in Order.model_fields if getattr(order, name) != getattr(Order(), name)} == {
        *Order.model_fields
    } - {"breathing", "gentle", "ramp"}
    assert row.output == "mine"


def test_breathing_alone_can_be_a_row(tmp_path: Path) -> None:
    (row,) = read_plan(plan(tmp_path, "breathing,breath\nyes,4-6\n"))
    assert row.order(Order()) == Order(breathing=True, breath="4-6")


def test_every_column_is_described() -> None:
    assert all(COLUMNS.values())


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("daily,x", "there is something in a column without a name: x"),
        (",", None),
        ("nothing", None),
        ('"",,', None),
    ],
)
def test_what_is_wrong_with_a_row_is_told_when_it_is_asked_for(tmp_path: Path, row: str, says: str | None) -> None:
    path = plan(tmp_path, f"routine,\ncobra,\n{row}\ncat-cow,\n")
    rows = list(read_plan(path))
    assert rows[0].order(Order()).targets == ("cobra",)
    assert rows[-1].order(Order()).targets == ("cat-cow",)
    if says is not None:
        with pytest.raises(InputError, match=says):
            rows[1].order(Order())


def test_a_row_without_a_routine_stops_no_other(tmp_path: Path) -> None:
    rows = list(read_plan(plan(tmp_path, "routine,title\n,x\ncobra,\n")))
    with pytest.raises(InputError, match="the row names no routine"):
        rows[0].order(Order())
    assert rows[1].order(Order()) == Order(targets=("cobra",))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_lines_that_only_explain_are_left_out(tmp_path: Path, separator: str) -> None:
    text = f'# a, b; c\n"# quoted, as a spreadsheet saves it"\nroutine{separator}title\n# here too\ncobra{separator}x\n'
    (row,) = read_plan(plan(tmp_path, text))
    assert (row.place.rpartition(":")[2], row.cells) == ("5", {"routine": "cobra", "title": "x"})


@pytest.mark.parametrize(
    "cell", ["2026-06-04", "2026-06-04T12:00:00", "06. Apr", "4-Jun", "Jun 06", "04.06.2026", "4/6/26"]
)
@pytest.mark.parametrize("column", ["breath", "ramp", "minutes"])
def test_what_a_spreadsheet_took_for_a_date_is_told_so(tmp_path: Path, cell: str, column: str) -> None:
    (row,) = read_plan(plan(tmp_path, f"routine,{column}\ncobra,{cell}\n"))
    with pytest.raises(InputError) as refused:
        row.order(Order())
    problem = f"{column}: a spreadsheet took this for a date ({cell})"
    assert str(refused.value) == f"{problem}; make the column text there, and write it again"


def test_a_date_may_be_a_name(tmp_path: Path) -> None:
    (row,) = read_plan(plan(tmp_path, "routine,voice\n2026-06-04.yaml,4-Jun\n"))
    assert row.order(Order()).targets == ("2026-06-04.yaml",)
    (row,) = read_plan(plan(tmp_path, "routine,title,output,person\ncobra,2026-06-04,4-Jun,Jun 06\n"))
    assert (row.order(Order()).title, row.output, row.person) == ("2026-06-04", "4-Jun", "Jun 06")


@pytest.mark.parametrize("before", ["\n", "# a\n# b\n\n", ",,\n  ,\n", '"# a; b"\n\n', "\r\n\r\n"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_blank_lines_may_stand_above_the_heads(tmp_path: Path, before: str, separator: str) -> None:
    (row,) = read_plan(
        plan(tmp_path, f"{before.replace(',', separator)}routine{separator}title\ncobra{separator}Anna\n")
    )
    assert row.cells == {"routine": "cobra", "title": "Anna"}
    assert row.line == before.count("\n") + 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('routine\ncobra\n"cobra\ncat-cow\n', ':3: a cell begins with a quote (") that nothing closes'),
        ('routine\n"a"b\n', ':2: there is something behind the quote (") that closes a cell; write a quote inside'),
        ("routine\n" + "x" * 200_000, ":2: a cell is too long"),
    ],
)
def test_what_is_wrong_with_quotes_is_told_where_it_begins(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        read_plan(plan(tmp_path, text))
    assert str(refused.value).startswith(f"{tmp_path / 'plan.csv'}{says}")


def test_utf_16_that_does_not_say_so_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not a table; save it as .xlsx, .ods or CSV \(UTF-8\)"):
        read_plan(plan(tmp_path, "routine,title\ncobra,x\n", "utf-16-le"))


def test_a_row_may_have_a_number_among_the_others(tmp_path: Path) -> None:
    rows = read_plan(plan(tmp_path, "routine,track,output\ncobra,12,a\ncobra,,b\ncobra,0,c\ncobra,1.5,d\n"))
    first, second, *wrong = Names(tmp_path).jobs_of_plan(rows, Order())
    assert isinstance(first, Job)
    assert isinstance(second, Job)
    assert (first.track, second.track) == (12, None)
    for job, cell in zip(wrong, ("0", "1.5"), strict=True):
        assert isinstance(job, Made)
        assert job.failure.endswith(f": track: “{cell}” is not a whole number from 1 to 9999")
