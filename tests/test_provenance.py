"""Every row of the sources' catalogue is a script with its dose, every article a routine in its own order; and no
script asks for more than the pages it names.
"""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from coach.core.breath_stages import BreathStages
from coach.core.dose import Dose, Unit
from coach.core.movements import Counted, Flow, Hold, RepeatedHold, Rest, Sequence
from coach.core.routine import Item, Routine
from coach.files import data_folder
from coach.library.library import Library
from coach.recipe import DEFAULT_DELIVERY
from support.catalogue import CATALOGUE, FIGURES, ROUTINES, Figure, Range, Row

LIBRARY = Library([data_folder("scripts")])
OWN_ROUTINES = {
    "daily",
    "morning",
    "evening",
    "five-minutes",
    "bad-day",
    "strong-back",
    "chair",
    "bed",
    "down-and-up",
    "walk",
    "wind-down",
}
MORE = tuple(dict.fromkeys(figure.script for figure in FIGURES))


def name_of(row: Row) -> str:
    return f"{row.article} {row.stretch}"


def inside(dose: Dose, unit: Unit, limits: Range) -> bool:
    return dose.unit is unit and limits[0] <= dose.low <= dose.high <= limits[1]


def item_of(row: Row) -> Item:
    return next(item for item in LIBRARY.routine(ROUTINES[row.article]).items if item.id == row.script)


def holds_of(item: Item) -> list[Dose]:
    match item.script.movement:
        case RepeatedHold():
            assert item.hold is not None
            return [item.hold.dose]
        case Sequence(places=places):
            return [place.hold for place in places]
        case _:
            return [item.dose.dose]


def heard_holds_s(item: Item, course: BreathStages) -> list[float]:
    """What each hold comes to in the routine."""
    movement = item.script.movement
    if isinstance(movement, RepeatedHold):
        assert item.hold is not None
        if movement.pace == "breath":
            return [course.length_ms(course.breaths_in(item.hold)) / 1000]
        return [item.hold.value / 1000]
    if isinstance(movement, Hold | Flow):
        return [course.length_ms(course.breaths_in(item.dose)) / 1000]
    if isinstance(movement, Sequence):
        return [place.hold.amount().value / 1000 for place in movement.places]
    return [item.dose.value / 1000]


@pytest.mark.parametrize("row", CATALOGUE, ids=name_of)
def test_a_row_has_a_script_that_names_its_article_and_its_sides(row: Row) -> None:
    script = LIBRARY.stretch(row.script)
    assert row.article in {source.article for source in script.sources}
    assert (script.sides is not None) == row.sided
    source = next(source for source in script.sources if source.article == row.article)
    is_unstated = row.times is row.held_s is row.breaths is None
    assert (source.dose == "unstated") == is_unstated
    assert not is_unstated or source.note  # then it says where the default comes from, or what the article does say


@pytest.mark.parametrize("row", CATALOGUE, ids=name_of)
def test_a_row_keeps_its_articles_dose_in_the_articles_routine(row: Row) -> None:
    item = item_of(row)
    movement = item.script.movement
    (course,) = Routine("one", "One", "", None, None, (item,), LIBRARY.positions).stages(DEFAULT_DELIVERY)
    if row.times is not None:
        assert isinstance(movement, RepeatedHold | Sequence | Counted | Flow)
        assert inside(item.dose.dose, Unit.REPETITIONS, row.times)
        assert row.times[0] <= item.dose.value <= row.times[1]
    if row.held_s is not None:
        assert all(inside(hold, Unit.SECONDS, row.held_s) for hold in holds_of(item))
        assert all(row.held_s[0] <= held <= row.held_s[1] for held in heard_holds_s(item, course))
    if row.breaths is not None:
        assert all(inside(hold, Unit.BREATHS, row.breaths) for hold in holds_of(item))


def test_the_catalogue_is_whole() -> None:
    assert len(CATALOGUE) == 38
    known = {(row.script, row.article) for row in CATALOGUE} | {(figure.script, figure.page) for figure in FIGURES}
    named = {(name, source.article) for name in LIBRARY.stretches for source in LIBRARY.stretch(name).sources}
    assert known == named


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: f"{figure.script} {figure.page}")
def test_a_page_that_gives_no_dose_is_said_to(figure: Figure) -> None:
    source = next(source for source in LIBRARY.stretch(figure.script).sources if source.article == figure.page)
    is_unstated = figure.times is figure.held_s is figure.breaths is None
    assert (source.dose == "unstated") == is_unstated
    assert not is_unstated or source.note  # then it says where the dose comes from
    numbers = {int(number) for number in re.findall(r"[0-9]+", source.dose)}
    assert all(numbers.issuperset(limits) for limits in (figure.times, figure.held_s, figure.breaths) if limits)


def assert_within(dose: Dose, limits: list[Range], notes: str) -> None:
    """Never more than the most that a page says; less than the least only if the script says so."""
    if limits:
        assert dose.high <= max(most for _, most in limits)
        assert dose.low >= min(least for least, _ in limits) or re.search("fewer|shorter", notes)


@pytest.mark.parametrize("name", MORE)
def test_no_stretch_asks_for_more_than_its_pages(name: str) -> None:
    script = LIBRARY.stretch(name)
    figures = [figure for figure in FIGURES if figure.script == name]
    notes = " ".join(source.note or "" for source in script.sources)
    everywhere = [item for routine in LIBRARY.routines for item in LIBRARY.routine(routine).items if item.id == name]
    for item in (*LIBRARY.routine(name).items, *everywhere):
        for dose in (item.dose.dose, *holds_of(item)):
            match dose.unit:
                case Unit.REPETITIONS:
                    assert_within(dose, [figure.times for figure in figures if figure.times], notes)
                case Unit.SECONDS:
                    assert_within(dose, [figure.held_s for figure in figures if figure.held_s], notes)
                case Unit.BREATHS:
                    assert_within(dose, [figure.breaths for figure in figures if figure.breaths], notes)


@pytest.mark.parametrize("article", ROUTINES)
def test_an_articles_routine_keeps_the_articles_order(article: str) -> None:
    routine = LIBRARY.routine(ROUTINES[article])
    assert [item.id for item in routine.items] == [row.script for row in CATALOGUE if row.article == article]


def test_there_are_the_other_routines_too() -> None:
    assert set(LIBRARY.routines) == set(ROUTINES.values()) | OWN_ROUTINES


def test_bad_day_has_nothing_that_is_not_for_a_fresh_injury() -> None:
    for item in LIBRARY.routine("bad-day").items:
        assert "fresh-injury" not in item.script.unsuitable


def test_what_the_articles_and_common_care_forbid_is_marked() -> None:
    """Article 002 keeps bridges from a fresh injury, 000 warns of twists; lying face down is not for a pregnancy."""
    scripts = {name: LIBRARY.stretch(name) for name in LIBRARY.stretches}
    for name, script in scripts.items():
        if name in ("glute-bridge", "bridging", "seated-torso-twist"):
            assert "fresh-injury" in script.unsuitable
        if "twist" in name or script.position == "face-down":
            assert "pregnancy" in script.unsuitable


def test_daily_changes_position_rarely() -> None:
    positions = [item.script.position for item in LIBRARY.routine("daily").items]
    changes = sum(before != after for before, after in pairwise(positions))
    assert changes <= 3


def test_every_instead_is_a_stretch_that_needs_no_instead() -> None:
    for name in LIBRARY.stretches:
        other = LIBRARY.stretch(name).instead
        assert other is None or not LIBRARY.stretch(other).unsuitable


def test_every_kind_of_movement_is_in_the_library() -> None:
    kinds = {type(LIBRARY.stretch(name).movement) for name in LIBRARY.stretches}
    assert kinds == {Flow, Hold, RepeatedHold, Sequence, Counted, Rest}
