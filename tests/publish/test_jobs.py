"""What the files of a plan are called: as their titles are written, in any script, on any disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from coach.order import Order
from coach.publish.jobs import LONGEST_NAME, Job, Made, Names
from coach.publish.table import Row


def named(*rows: dict[str, str]) -> list[Job | Made]:
    """Return what comes of rows with such cells."""
    made = [
        Row(
            place=f"plan.csv:{line}",
            line=line,
            cells={"routine": "cobra", **{name: cell for name, cell in row.items() if name != "output"}},
            output=row.get("output", ""),
        )
        for line, row in enumerate(rows, 2)
    ]
    return list(Names(Path("out")).jobs_of_plan(made, Order()))


def the_failure(row: dict[str, str]) -> str:
    (made,) = named(row)
    assert isinstance(made, Made)
    return made.failure


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Morning for Anna", "Morning for Anna"),
        ("José\xa0Núñez", "José Núñez"),  # a blank at which no line ends, as word processors have it
        ("علی\u200cرضا", "علی\u200cرضا"),  # Persian keeps letters apart so
        ("क्\u200dष", "क्\u200dष"),  # and Hindi joins them
        ("👩\u200d⚕️ Anna", "👩\u200d⚕️ Anna"),
        ("Rücken\xadschule", "Rückenschule"),
        ("\u202eannA\u202c \u200bB", "annA B"),  # letters must not run the other way, nor hide
        ("a/b\\c: d?", "a-b-c- d"),
        ("Con", "_Con"),  # Windows keeps it for a device
        ("con.txt", "_con.txt"),
        ("...", "cobra"),
        ("a\u2028b\x85\x9bc", "a-b-c"),
    ],
)
def test_a_file_is_called_as_a_person_is(title: str, name: str) -> None:
    (job,) = named({"title": title})
    assert isinstance(job, Job)
    assert job.path == Path("out", f"{name}.mp3")


def test_an_output_is_taken_as_it_is_but_for_what_cannot_be_seen() -> None:
    (job,) = named({"output": "José\xa0علی\u200cرضا\u202e 1:1.m4b".replace(":", ".")})
    assert isinstance(job, Job)
    assert job.path == Path("out", "José علی\u200cرضا 1.1.m4b")


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("../x", "the output “../x.mp3” must be a file's name, with no folder; -o names the folder"),
        ("a\nb", "the output “a\nb.mp3” has a line break or another such character in it; type it anew"),
        ("a\x1b[31mb", "the output “a\x1b[31mb.mp3” has a line break or another such character in it; type it anew"),
        ("nul.mp3", "“nul.mp3” is reserved for a device on Windows; choose another name"),
        ("x" * 300, f"the output “{'x' * 20}…” is too long for a file's name; {LONGEST_NAME} bytes are allowed"),
    ],
)
def test_an_output_that_no_file_can_have_is_refused_with_its_row(output: str, says: str) -> None:
    assert the_failure({"output": output}) == f"plan.csv:2: {says}"


def test_what_differs_only_in_what_cannot_be_seen_is_the_same_name() -> None:
    first, second = named({"title": "Anna\xa0B"}, {"title": "Anna B\u200b"})
    assert isinstance(first, Job)
    assert isinstance(second, Made)
    assert "“Anna B” is already made by plan.csv:2" in second.failure


def test_a_row_that_fails_is_called_as_it_calls_itself() -> None:
    wrong = {"minutes": "-1"}
    made = named({**wrong, "title": "Anna", "output": "a"}, {**wrong, "title": "Ben"}, wrong, {**wrong, "routine": ""})
    assert [each.path.name for each in made] == ["a", "Ben", "cobra", "row 5"]
    assert [each.number for each in made] == [2, 3, 4, 5]
