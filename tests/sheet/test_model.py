from __future__ import annotations

from pathlib import Path

import pytest

from coach.core.languages.english.safety import SECTIONS
from coach.errors import InputError
from coach.library.library import Library
from coach.library.standard import standard_library
from coach.order import Order
from coach.sheet.model import LONGEST_ADDRESS, Sheet, sheet_of
from coach.sheet.words import cleaned, on_paper, plain_dose

ROUNDS = """\
name: Rounds
purpose: Two rounds of a stretch, and one more.
stretches:
  - repeat: 2
    rest: 30 s
    stretches: [cat-cow]
  - {pause: 3 min}
  - cobra
"""


def sheet(*targets: str, **asked: object) -> Sheet:
    return sheet_of(Order(targets=targets, **asked))


def told(sheet_: Sheet) -> str:
    return str(sheet_)


def test_a_sheet_says_what_is_done_and_how_much() -> None:
    made = sheet("lower-back-seven")
    assert (made.title, made.length) == ("Lower back seven", "about 16 minutes")
    assert [item.number for item in made.items] == [*range(1, 8)]
    piriformis = made.items[4]
    assert (piriformis.name, piriformis.dose) == ("Piriformis stretch", "2 breaths of 4-6, 20 s each side")
    assert (piriformis.range, piriformis.position) == ("10-20 s", "on the back, knees bent")
    assert piriformis.cautions == ("Go light after an injury.",)
    assert made.unsuitable == (
        "With a fresh injury leave out Glute bridge",
        "In pregnancy leave out Lying knee twist, Cobra",
    )
    assert made.changes == made.dropped == made.avoided == ()


def test_steps_are_those_that_the_first_side_hears() -> None:
    (item,) = sheet("piriformis").items
    assert item.steps == (
        "Cross your right ankle over your left thigh.",
        "Reach both hands behind your left thigh.",
        "Draw the thigh toward you.",
        "Stop where you feel it in your right hip.",
        "Stay for two slow breaths.",
        "Breathe out, and let your right hip soften.",
        "Let go, and put your left foot down.",
        "Uncross your right leg, foot flat on the floor.",
    )
    assert item.then == "Then the same on the left side."


def test_a_movement_is_told_once_and_its_way_back_too() -> None:
    (cat_cow,) = sheet("cat-cow").items
    assert cat_cow.steps[2:4] == (
        "Breathe in, belly down, chest forward.",
        "Breathe out, round your back, chin to chest.",
    )
    assert "Breathe in, and come back." in sheet("dead-bug").items[0].steps
    assert "Roll your knees slowly to the right. (hold 5 s)" in sheet("knee-rolls").items[0].steps
    assert not any("Ten seconds more" in step for step in sheet("knees-to-chest").items[0].steps)


def test_an_order_is_honoured() -> None:
    gentle = sheet("lower-back-seven", gentle=True)
    assert gentle.avoided == ("a fresh back injury", "pregnancy")
    assert gentle.changes
    assert gentle.unsuitable == ()
    assert sheet("daily", minutes=15).length == "about 15 minutes"
    assert sheet("daily", minutes=8, drop=True).dropped
    easier = sheet("chair-march", level="easier").items[0]
    assert "On each count lift one heel, then put it down." in easier.steps
    assert easier.easier == ()
    assert sheet("cat-cow", breath="3-5").items[0].dose == "3 breaths of 3-5, 24 s"
    assert sheet("cat-cow", breath="3-5", beat=1.5).breath == (
        "3-5 means in for 3, out for 5, in counts of 1.5 seconds.",
    )
    assert sheet("cat-cow", title="Mine").title == "Mine"


def test_in_fewer_words_steps_are_shorter() -> None:
    full, brief, names = (sheet("piriformis", words=words).items[0] for words in ("full", "brief", "names"))
    assert "Hands behind your left thigh." in brief.steps
    assert len(" ".join(brief.steps)) < len(" ".join(full.steps))
    assert names.steps == ()
    assert names.cautions == full.cautions != ()  # what is for safety is always told


def test_a_stretch_that_comes_again_points_to_its_steps(tmp_path: Path) -> None:
    (tmp_path / "routines").mkdir()
    (tmp_path / "routines" / "rounds.yaml").write_text(ROUNDS)
    library = Library([tmp_path, *standard_library().folders])
    first, second, cobra = sheet_of(Order(targets=("rounds",)), library=library).items
    assert first.before == "Round 1 of 2."
    assert first.steps
    assert (second.before, second.steps) == ("Rest for 30 s. Round 2 of 2.", ())
    assert second.then == "As number 1."
    assert cobra.before == "Rest for 3 min."


def test_the_safety_advice_is_the_coach_s_own() -> None:
    made = sheet("daily")
    assert [(each.title, each.lines) for each in made.safety] == [(each.title, each.lines) for each in SECTIONS]
    assert "not a diagnosis" in made.disclaimer
    assert made.sources[-1].startswith("Warnings: NHS")


def test_a_routine_s_own_warnings_are_kept_and_its_greetings_are_not() -> None:
    assert "Do it only if you can get up from the floor by yourself." in sheet("down-and-up").before
    assert sheet("daily").before == ()
    assert sheet("bed").before[0] == "Stay in bed."


def test_sources_are_grouped_and_say_where_no_dose_is() -> None:
    made = sheet("lower-back-seven")
    assert made.sources[0].startswith(
        "Article 002: Knee to chest, 10-20 s each side; Lying knee twist, 20 s each side;"
    )
    assert "Article 001: Child's pose, a few breaths; with no dose Knee to chest." in made.sources
    assert [each.title for each in made.evidence] == ["Stretching", "Strength"]


@pytest.mark.parametrize("routine", standard_library().routines)
def test_nothing_on_paper_speaks_of_a_command_line(routine: str) -> None:
    made = sheet(routine)
    for option in ("--", "coach show", "coach safety", "{side}", "{other_side}"):
        assert option not in told(made)
    assert all(item.steps or item.then for item in made.items)


def test_breathing_alone_has_a_sheet() -> None:
    made = sheet_of(Order(breathing=True, breath="relax", minutes=5))
    assert made.title == "Breathe relax"
    assert made.items[0].steps[0] == "Breathe in for 4, hold for 7, out for 8."
    assert "of 4-7-8" in made.items[0].dose
    assert made.safety[-1].title == "While you breathe"
    assert "If a pause feels long, breathe on." in made.breath
    assert [each.title for each in made.evidence] == ["Breathing"]
    ramp = sheet_of(Order(breathing=True, ramp="3-4:4-6"))
    assert ramp.items[0].steps[1] == "Lengthen it little by little to in for 4, out for 6."


def test_an_address_is_checked() -> None:
    assert sheet_of(Order(targets=("cobra",)), url="HTTPS://example.org/ü").url == "HTTPS://example.org/ü"
    for wrong in (
        "",
        "example.org",
        "ftp://example.org",
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "https://a b",
        "https://example.org/\x07",
        "https://example.org/\u202e",
        "https://example.org/\n",
        "https://example.org/" + "a" * LONGEST_ADDRESS,
    ):
        with pytest.raises(InputError, match="address"):
            sheet_of(Order(targets=("cobra",)), url=wrong)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1050 s", "17 min 30 s"),
        ("119 s", "119 s"),
        ("12 breaths of 4-6, 120 s", "12 breaths of 4-6, 2 min"),
        ("5.5 s", "5.5 s"),
        ("4 times 0.125 s", "4 times 0.125 s"),
        ("1 times 3 breaths of 4-6, 30 s", "3 breaths of 4-6, 30 s"),
        ("1 times", "once"),
        ("1 times each side", "once each side"),
        ("11 times", "11 times"),
    ],
)
def test_doses_are_as_people_say_them(text: str, plain: str) -> None:
    assert plain_dose(text) == plain


def test_options_are_left_out() -> None:
    assert on_paper("A walk (--minutes 20), easy.") == "A walk, easy."
    assert on_paper("One; 23 minutes, or 15 with --words brief --setup brisk.") == "One; 23 minutes."
    assert on_paper("a -- b, well-known (as here)") == "a -- b, well-known (as here)"


def test_what_harms_a_page_is_left_out() -> None:
    hostile = "a\x00b\x1b[2J \u202ec\ud800 \n d\u2066" + "x" * 10_000
    clean = cleaned(hostile)
    assert clean.startswith("ab[2J c dx")
    assert len(clean) <= 600
    made = cleaned(Sheet(**{**vars(sheet("cobra")), "title": "a\x07"}))
    assert made.title == "a"
    assert cleaned("سلام 😀 é") == "سلام 😀 é"
