"""What the page makes of what was practised, beside the coach's own history and readers of its files."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.cli.history import to_csv, to_json
from coach.history.model import Outcome, Session, Stretch
from coach.history.streaks import streaks, weeks
from support.browser import ADDRESS, call, needs_chromium, serve
from support.tiers import examples, thoroughly

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = needs_chromium

TODAY = date(2026, 11, 18)  # a Wednesday
GUIDE = "http://hl7.org/fhir/us/physical-activity"
HOSTILE = 'Back; hips, "knees"\\n\r\nBEGIN:VEVENT 🧘🏽‍♀️ für Überübung — ' + "é" * 80
INDEX = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Test</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="main.css">
<link rel="stylesheet" href="history.css"></head><body><main><h1>Stretch Coach</h1><div id="root"></div></main></body>
</html>"""
MAIN = """:root { --ground: #fff; --ink: #222; --soft: #595959; --line: #bbb; --accent: #205040; --accent-ink: #fff; }
@media (prefers-color-scheme: dark) {
:root { --ground: #111; --ink: #eee; --soft: #aaa; --line: #555; --accent: #8fd0b0; --accent-ink: #111; } }
body { background: var(--ground); color: var(--ink); margin: 1em; font: 1rem sans-serif; }"""
SHOW = f"""async ([sessions, can_import]) => {{
  const {{ showHistory }} = await import("{ADDRESS}history.js");
  window.kept = sessions;
  const options = {{ today: new Date(2026, 10, 18, 12), remove: async () => {{ window.kept = []; }}, title: "Back" }};
  if (can_import) options.onImport = async (sessions) => {{ window.imported = sessions; }};
  showHistory(document.querySelector("#root"), sessions, options);
}}"""


def in_page(session: Session) -> dict[str, Any]:
    """Return a session as the page keeps it."""
    return {
        "id": session.id,
        "began": session.began.isoformat(timespec="milliseconds"),
        "routine": session.routine,
        "title": session.title,
        "planned_ms": session.planned_ms,
        "practised_ms": session.practised_ms,
        "outcome": session.outcome.value,
        "stretches": [
            {"id": part.id, "name": part.name, "practised_ms": part.practised_ms, "done": part.done}
            for part in session.stretches
        ],
        "breathing": False,
    }


def made(began: datetime, practised_ms: int = 420_000, **other: Any) -> Session:
    facts = {
        "id": f"{abs(hash((began, practised_ms))):032x}",
        "routine": "daily",
        "title": "Daily",
        "order": "",
        "planned_ms": 420_000,
        "stretches": (Stretch("cat-cow", "Cat-cow", 200_000, True), Stretch("cobra", "Cobra", 1_500)),
        "outcome": Outcome.FINISHED,
    }
    return Session(**(facts | {"began": began, "practised_ms": practised_ms} | other))


def at(day: int, hour: int = 7, month: int = 11, hours_ahead: float = 1) -> datetime:
    return datetime(2026, month, day, hour, 30, tzinfo=timezone(timedelta(hours=hours_ahead)))


ids = st.uuids(version=4).map(lambda found: found.hex)
places = st.integers(-48, 56).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
moments = st.datetimes(datetime(2026, 10, 5), datetime(2026, 12, 1), timezones=places).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
lengths = st.sampled_from([0, 1, 60_000, 89_999, 90_000, 179_999, 180_000]) | st.integers(0, 3_600_000)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
titles = texts | st.builds(str.__add__, st.sampled_from(list("=+-@\t\r\n\"',")), texts)
stretches = st.builds(Stretch, st.sampled_from(["cat-cow", "cobra"]), texts, lengths, st.booleans())
sessions = st.builds(
    Session,
    id=ids,
    began=moments,
    routine=st.sampled_from(["daily", "walk"]),
    title=titles,
    order=st.just(""),
    planned_ms=lengths,
    practised_ms=lengths,
    stretches=st.lists(stretches, max_size=3).map(tuple),
    outcome=st.sampled_from([Outcome.STOPPED, Outcome.STOPPED, Outcome.FINISHED]),
)
histories = st.lists(sessions, max_size=25)


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(timezone_id="Europe/Berlin", viewport={"width": 320, "height": 640})
    serve(context, {"index.html": INDEX, "main.css": MAIN})
    yield context
    context.close()


@pytest.fixture(scope="module")
def still(context: BrowserContext) -> Page:
    """A page in which only functions are called."""
    page = context.new_page()
    page.goto(ADDRESS)
    return page


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(ADDRESS)
    yield page
    page.close()
    assert complaints == []


def show(page: Page, kept: list[Session], *, can_import: bool = False) -> None:
    page.evaluate(SHOW, [[in_page(session) for session in kept], can_import])


# Weeks and streaks


@examples(10)
@given(st.lists(st.tuples(histories, st.dates(date(2026, 10, 1), date(2026, 12, 6)), st.integers(1, 9)), min_size=10))
def test_weeks_and_streaks_are_the_coachs(still: Page, cases: list[tuple[list[Session], date, int]]) -> None:
    given = [[[in_page(session) for session in kept], str(today), count] for kept, today, count in cases]
    found = still.evaluate(
        """async (cases) => {
          const { weeks, streaks } = await import("http://coach.test/practice.js");
          return cases.map(([sessions, day, count]) => [23, 0].map((hour) => {
            const today = new Date(`${day}T${String(hour).padStart(2, "0")}:59:00`);
            return [weeks(sessions, today, count), streaks(sessions, today)];
          }));
        }""",
        given,
    )
    for (kept, today, count), both in zip(cases, found, strict=True):
        expected = streaks(kept, today)
        rows = [
            {
                "monday": str(week.monday),
                "days": list(week.days),
                "practised_ms": week.practised_ms,
                "sessions": sum(0 <= (session.day - week.monday).days < 7 for session in kept),
            }
            for week in weeks(kept, today, count)
        ]
        assert both == [[rows, {"current": expected.current, "longest": expected.longest}]] * 2


@pytest.mark.parametrize(
    ("days", "current", "longest"),
    [((), 0, 0), ((17,), 1, 1), ((16,), 0, 1), ((16, 17, 18), 3, 3), ((12, 13, 14, 17), 1, 3), ((17, 18, 19), 2, 3)],
)
def test_today_may_still_come(still: Page, days: tuple[int, ...], current: int, longest: int) -> None:
    kept = [in_page(made(at(day))) for day in days]
    found = still.evaluate(
        f"async (kept) => (await import('{ADDRESS}practice.js')).streaks(kept, new Date(2026, 10, 18, 6))", kept
    )
    assert found == {"current": current, "longest": longest}


@pytest.mark.parametrize(
    "zone", ["America/St_Johns", *thoroughly("Europe/Berlin", "Asia/Kathmandu", "UTC", "Pacific/Kiritimati")]
)
def test_a_moment_is_written_by_the_clock_of_the_place(chromium: Browser, zone: str) -> None:
    moments = [datetime(2026, month, 28, 23, 59, 1, 5_000, tzinfo=UTC) for month in (1, 3, 7, 10)]
    elsewhere = chromium.new_context(timezone_id=zone)
    serve(elsewhere, {"index.html": INDEX})
    page = elsewhere.new_page()
    page.goto(ADDRESS)
    found = page.evaluate(
        """async (moments) => {
          const { localIso } = await import("http://coach.test/practice.js");
          return moments.map((moment) => localIso(new Date(moment)));
        }""",
        [moment.isoformat() for moment in moments],
    )
    elsewhere.close()
    assert found == [moment.astimezone(ZoneInfo(zone)).isoformat(timespec="milliseconds") for moment in moments]


def test_an_id_is_a_random_uuid(still: Page) -> None:
    found = [call(still, "practice.js", "newId") for _ in range(50)]
    assert len(set(found)) == 50
    assert all(re.fullmatch("[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", each) for each in found)


# CSV


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@examples(20)
@given(histories)
def test_csv_is_the_coachs(still: Page, kept: list[Session]) -> None:
    text = call(still, "exports.js", "toCsv", [in_page(session) for session in kept])
    assert read(text) == read(to_csv(kept))
    assert text.split("\n")[0] == to_csv([]).split("\n")[0]
    assert text.endswith("\n")


def test_csv_of_no_formulas_is_the_coachs_to_the_letter(still: Page) -> None:
    kept = [made(at(day), title=title) for day, title in enumerate(("Daily", 'A "b", c', "two\nlines", "Füße 🦶"), 1)]
    assert call(still, "exports.js", "toCsv", [in_page(session) for session in kept]) == to_csv(kept) + "\n"


def taken(page: Page, text: str) -> Any:
    return call(page, "exports.js", "toSessions", text)


@examples(20)
@given(st.lists(sessions, min_size=1, max_size=10))
def test_what_was_saved_can_be_taken_in_again(still: Page, kept: list[Session]) -> None:
    facts = [in_page(session) for session in kept]
    text = call(still, "exports.js", "toCsv", facts)
    again = taken(still, text)
    assert call(still, "exports.js", "toCsv", again) == text
    assert taken(still, text.replace("\r\n", "\n").replace("\n", "\r\n"))[0]["id"] == kept[0].id
    for session in facts + again:
        for part in session["stretches"]:  # a table has no names, and only how many were done
            del part["name"], part["done"]
    assert again == facts
    assert taken(still, to_json(kept)) == [in_page(session) for session in kept]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "<b>"},
        {"id": 1},
        {"began": "2026-11-18"},
        {"began": "2026-13-18T07:00:00.000+01:00"},
        {"practised_ms": -1},
        {"practised_ms": "x"},
        {"planned_ms": 1e300},
        {"stretches": None},
        {"stretches": [{"id": "cobra", "name": "Cobra", "practised_ms": None, "done": 1}, None]},
    ],
)
def test_a_damaged_session_is_not_taken(still: Page, change: dict[str, Any]) -> None:
    fine = in_page(made(at(1)))
    assert taken(still, json.dumps({"sessions": [fine | {"more": 1}]})) == [fine]
    with pytest.raises(Exception, match="Error"):
        taken(still, json.dumps({"sessions": [fine, fine | change]}))


@pytest.mark.parametrize("text", ["", "{}", '{"sessions": []}', "PK\3\4", 'a"b', "a,b\n1,2\n", to_csv([])])
def test_what_is_no_history_is_not_taken(still: Page, text: str) -> None:
    with pytest.raises(Exception, match="Error"):
        taken(still, text)


@pytest.mark.parametrize("title", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_no_title_is_a_formula(still: Page, title: str) -> None:
    (row,) = read(call(still, "exports.js", "toCsv", [in_page(made(at(1), title=title))]))
    assert row["title"] == f"'{title}"


# Calendar


def calendar(page: Page, at_clock: str = "2026-11-18T12:00", **facts: Any) -> str:
    facts = {"title": "Stretch", "url": f"{ADDRESS}?a=1;b=2,3", "days": ["WE", "MO"], "time": "07:30"} | facts
    return page.evaluate(
        f"""async ([facts, from]) =>
          (await import("{ADDRESS}exports.js")).toCalendar({{ ...facts, from: new Date(from) }})""",
        [facts, at_clock],
    )


def readable(title: str) -> str:
    return re.sub("[\0-\x08\x0b-\x1f\x7f]", "", re.sub("\r\n?", "\n", title))


def event(text: str) -> Any:
    (found,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    return found


def test_a_calendar(still: Page) -> None:
    text = calendar(still, minutes=16.2, alarm_minutes=5)
    whole = icalendar.Calendar.from_ical(text)
    found = event(text)
    (alarm,) = found.walk("VALARM")
    assert (whole["VERSION"], bool(whole["PRODID"])) == ("2.0", True)
    assert found["RRULE"].to_ical() == b"FREQ=WEEKLY;BYDAY=MO,WE"
    assert found["DTSTART"].dt == datetime(2026, 11, 23, 7, 30)  # the next Monday; by whatever clock there is
    assert found["DTSTAMP"].dt == datetime(2026, 11, 18, 11, tzinfo=UTC)
    assert found["DURATION"].dt == timedelta(minutes=17)
    assert (found["SUMMARY"], found["URL"]) == ("Stretch", f"{ADDRESS}?a=1;b=2,3")
    assert re.fullmatch("[0-9a-f]{32}@stretch-coach", found["UID"])
    assert (alarm["ACTION"], alarm["DESCRIPTION"], alarm["TRIGGER"].dt) == ("DISPLAY", "Stretch", -timedelta(minutes=5))
    assert found.errors == []
    assert whole.errors == []


def test_a_calendar_with_as_little_as_there_is(still: Page) -> None:
    found = event(calendar(still, url="", days=["SU"]))
    assert not {"URL", "DESCRIPTION", "DURATION"} & set(found)
    assert found.walk("VALARM")[0]["TRIGGER"].dt == timedelta(0)


@pytest.mark.parametrize(
    ("days", "time", "first"),
    [
        (["WE"], "12:01", datetime(2026, 11, 18, 12, 1)),
        (["WE"], "12:00", datetime(2026, 11, 25, 12)),
        (["WE", "TH"], "00:00", datetime(2026, 11, 19)),
        (["TU"], "23:59", datetime(2026, 11, 24, 23, 59)),
    ],
)
def test_it_begins_with_the_first_time_that_is_not_over(
    still: Page, days: list[str], time: str, first: datetime
) -> None:
    assert event(calendar(still, days=days, time=time))["DTSTART"].dt == first


def test_a_time_that_the_clock_skips_is_still_written_as_asked(still: Page) -> None:
    found = event(calendar(still, "2026-03-28T12:00", days=["SU"], time="02:30"))  # summer time begins at two
    assert found["DTSTART"].dt == datetime(2026, 3, 29, 2, 30)


@examples(30)
@given(texts | st.just(HOSTILE))
def test_a_title_stays_text_and_lines_stay_short(still: Page, title: str) -> None:
    text = calendar(still, title=title)
    lines = text.encode().split(b"\r\n")
    assert lines.pop() == b""
    for line in lines:
        assert len(line) <= 75
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
        line.decode()  # no character is split
    whole = text.replace("\r\n ", "")
    shown = re.search("^SUMMARY:(.*)\r$", whole, re.M)
    assert shown is not None
    assert re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], shown[1]) == readable(title)
    names = [re.match("[A-Z-]+", line)[0] for line in re.split("\r\n(?! )", text)[:-1]]  # type: ignore[index]
    assert names.count("BEGIN") == names.count("END") == 3


def test_a_hostile_title_is_read_back(still: Page) -> None:
    text = calendar(still, title=HOSTILE)
    assert "\r\n " in text
    assert event(text)["SUMMARY"] == HOSTILE.replace("\r\n", "\n")


def test_an_address_stays_in_its_line(still: Page) -> None:
    found = event(calendar(still, url=f"{ADDRESS}ü\r\nX: 1"))
    assert found["URL"] == found["DESCRIPTION"] == f"{ADDRESS}%C3%BCX:%201"


def test_without_a_day_there_is_no_calendar(still: Page) -> None:
    with pytest.raises(Exception, match="no day is chosen"):
        calendar(still, days=["XX"])


# FHIR


def bundle(page: Page, kept: list[Session]) -> Any:
    """Return a bundle of R4 (the packages reads it as R4B, which is the same for these resources)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its import alone
        from fhir.resources.R4B.bundle import Bundle
    facts = call(page, "exports.js", "toFhir", [in_page(session) for session in kept])
    return Bundle.model_validate(facts)


def codes(concept: Any) -> list[tuple[str, str]]:
    return [(str(coding.system), str(coding.code)) for coding in concept.coding]


@examples(15)
@given(st.lists(sessions, max_size=8, unique_by=lambda session: session.id[:-1]))
def test_fhir_has_what_the_guide_requires(still: Page, kept: list[Session]) -> None:
    found = bundle(still, kept)
    practised = [session for session in kept if session.practised_ms]
    assert found.type == "collection"
    assert bool(found.entry) == bool(practised)
    by_url = {str(entry.fullUrl): entry.resource for entry in found.entry or ()}
    assert len(by_url) == len(found.entry or ())
    assert all(
        url == f"urn:uuid:{resource.id}" and re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", resource.id)
        for url, resource in by_url.items()
    )
    observations = [each for each in by_url.values() if each.get_resource_type() == "Observation"]
    assert len(by_url) - len(observations) == bool(practised)
    for each in observations:
        assert each.status == "final"
        assert [codes(category) for category in each.category] == [
            [("http://terminology.hl7.org/CodeSystem/observation-category", "activity")],
            [(f"{GUIDE}/CodeSystem/pa-temporary-codes", "PhysicalActivity")],
        ]
        assert by_url[each.subject.reference].get_resource_type() == "Patient"
        assert by_url[each.performer[0].reference].get_resource_type() == "Patient"
    groups = [each for each in observations if each.hasMember]
    assert all(
        str(each.meta.profile[0])
        == f"{GUIDE}/StructureDefinition/pa-observation-activity-{'group' if each in groups else 'measure'}"
        for each in observations
    )
    assert len(observations) == sum(3 if session.routine == "walk" else 2 for session in practised)
    for group, session in zip(groups, practised, strict=True):
        members = [by_url[member.reference] for member in group.hasMember]
        assert str(group.id).replace("-", "") == session.id
        assert codes(group.code) == [(f"{GUIDE}/CodeSystem/pa-temporary-codes", "PAPanel")]
        assert group.valueQuantity is None
        assert group.note[0].text == f"{readable(session.title)}: {session.outcome.value}"
        assert group.note[0].authorReference.reference in by_url
        assert group.note[0].time == session.began
        duration = members[0].valueQuantity
        assert codes(members[0].code) == [("http://loinc.org", "55411-3")]
        assert (duration.system, duration.code, duration.unit) == ("http://unitsofmeasure.org", "min", "min")
        assert abs(float(duration.value) - session.practised_ms / 60_000) < 0.00501
        for each in (group, *members):
            assert each.effectivePeriod.start == session.began
            assert each.effectivePeriod.end == session.began + timedelta(milliseconds=session.practised_ms)
        if session.routine == "walk":
            assert codes(members[1].code) == [("http://loinc.org", "73985-4")]
            assert codes(members[1].valueCodeableConcept) == [("http://loinc.org", "LA11834-1")]


def test_fhir_times_keep_the_clock_of_the_place(still: Page) -> None:
    began = at(29, 23, hours_ahead=-3.5)
    facts = call(still, "exports.js", "toFhir", [in_page(made(began, 3_600_000))])
    period = facts["entry"][1]["resource"]["effectivePeriod"]
    assert period == {"start": "2026-11-29T23:30:00.000-03:30", "end": "2026-11-30T00:30:00.000-03:30"}


def test_fhir_names_nobody_and_is_the_same_each_time(still: Page) -> None:
    kept = [in_page(made(at(day))) for day in (3, 4)]
    facts = call(still, "exports.js", "toFhir", kept)
    assert facts == call(still, "exports.js", "toFhir", kept)
    person = facts["entry"][0]["resource"]
    assert set(person) == {"resourceType", "id", "identifier", "name", "gender"}  # what US Core requires
    assert person["gender"] == "unknown"
    assert [list(name) for name in person["name"]] == [["extension"]]
    assert person["name"][0]["extension"][0]["valueCode"] == "masked"
    other = call(still, "exports.js", "toFhir", kept[1:])["entry"][0]["resource"]
    assert other["identifier"] != person["identifier"]  # no two people are one


# The page


def a_few() -> list[Session]:
    return [
        made(at(18, 8), 30_000, outcome=Outcome.STOPPED, title="A title without any space:" + "x" * 60),
        made(at(3)),
        made(at(4), 1_200_000),
        made(at(17)),
        made(at(16), 61_000),
        made(at(5), title="<img src=x>"),
    ]


def test_what_is_shown(page: Page) -> None:
    show(page, a_few())
    rows = page.locator("tbody tr")
    assert page.locator("caption").inner_text() == "Your weeks"
    assert page.locator("thead th").count() == page.locator("thead th[scope=col]").count() == 3
    assert [row.locator("th[scope=row]").inner_text() for row in rows.all()] == ["2 Nov", "9 Nov", "16 Nov"]
    assert rows.locator(".history-hidden").all_inner_texts() == [
        "Tuesday, Wednesday, Thursday",
        "none",
        "Monday, Tuesday",
    ]
    marks = [[mark.inner_text() for mark in row.locator(".history-days span").all()] for row in rows.all()]
    assert marks == [list("·●●●···"), list("·······"), ["●", "●", "·", "", "", "", ""]]
    assert rows.locator(".history-bar span").all_inner_texts() == ["34", "0", "9"]
    assert [bar.evaluate("bar => bar.value / bar.max") for bar in rows.locator("meter").all()] == [
        1.0,
        0.0,
        pytest.approx((420 + 61 + 30) / (420 + 1200 + 420)),
    ]
    assert page.get_by_text("2 days in a row; the longest was 3 days.").is_visible()
    last = page.locator(".history-last li").all_inner_texts()
    assert last[0].startswith("18 Nov · 30 s · A title without")
    assert last[0].endswith(" · stopped")
    assert last[1:] == [
        "17 Nov · 7 min · Daily · finished",
        "16 Nov · 1 min · Daily · finished",
        "5 Nov · 7 min · <img src=x> · finished",
        "4 Nov · 20 min · Daily · finished",
        "3 Nov · 7 min · Daily · finished",
    ]


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ([], "No sessions yet."),
        ([17], "1 day in a row; the longest so far."),
        ([10], "No streak just now; the longest was 1 day."),
    ],
)
def test_the_sentence(page: Page, days: list[int], sentence: str) -> None:
    show(page, [made(at(day)) for day in days])
    assert page.get_by_text(sentence, exact=True).is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("kept", [[], a_few()], ids=["nothing", "a few"])
def test_it_is_accessible_and_narrow(page: Page, kept: list[Session], asked: bool, scheme: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from axe_playwright_python.sync_playwright import Axe
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    show(page, kept, can_import=True)
    if asked and kept:
        page.get_by_role("button", name="Remove all").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    sizes = page.locator("button:visible, .history-choices label, input:not([type=checkbox])").evaluate_all(
        "all => all.map(e => e.offsetHeight)"
    )
    assert min(sizes) >= 44


def downloaded(page: Page, button: str) -> tuple[str, str]:
    with page.expect_download() as wait:
        page.get_by_role("button", name=button).click()
    return wait.value.suggested_filename, Path(wait.value.path()).read_bytes().decode()


def test_files_are_saved(page: Page) -> None:
    kept = a_few()
    show(page, kept)
    oldest_first = sorted(kept, key=lambda session: session.began)
    assert downloaded(page, "Save as CSV") == ("stretch-coach-2026-11-18.csv", to_csv(oldest_first) + "\n")
    name, text = downloaded(page, "Save as FHIR")
    assert name == "stretch-coach-2026-11-18.fhir.json"
    assert json.loads(text) == call(page, "exports.js", "toFhir", [in_page(session) for session in oldest_first])


def test_a_reminder_is_saved(page: Page) -> None:
    show(page, a_few())
    for day in ("Tuesday", "Sunday"):
        page.get_by_label(day).uncheck()
    page.get_by_role("textbox", name="At").fill("18:05")
    name, text = downloaded(page, "Save for my calendar")
    assert name == "stretch-coach.ics"
    assert event(text)["RRULE"].to_ical() == b"FREQ=WEEKLY;BYDAY=MO,WE,TH,FR,SA"
    assert event(text)["DTSTART"].dt.time().isoformat() == "18:05:00"
    assert event(text)["DURATION"].dt == timedelta(minutes=7)
    assert (event(text)["SUMMARY"], event(text)["URL"]) == ("Back", ADDRESS)


def test_a_reminder_needs_a_day(page: Page) -> None:
    show(page, [])
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    saved: list[object] = []
    page.on("download", lambda download: saved.append(download))
    page.get_by_role("button", name="Save for my calendar").click()
    assert page.get_by_role("alert").inner_text() == "Choose one day or more."
    assert saved == []


def test_removing_asks_first(page: Page) -> None:
    kept = a_few()
    show(page, kept)
    page.get_by_role("button", name="Remove all").click()
    assert page.get_by_role("dialog", name="Remove all that you practised, for good?").is_visible()
    assert page.evaluate("window.kept.length") == len(kept)
    page.get_by_role("button", name="Keep it").click()
    assert not page.get_by_role("dialog").is_visible()
    assert page.evaluate("window.kept.length") == len(kept)
    page.get_by_role("button", name="Remove all").click()
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("No sessions yet.").wait_for()
    assert page.evaluate("window.kept") == []
    assert page.evaluate("document.activeElement.tagName") == "H2"
    assert page.get_by_role("button", name="Save as CSV").count() == 0


def test_what_cannot_be_removed_says_so(page: Page) -> None:
    show(page, a_few())
    page.evaluate(
        f"""async () => (await import("{ADDRESS}history.js")).showHistory(document.querySelector("#root"), window.kept,
          {{ today: new Date(), remove: () => Promise.reject(new Error("no")) }})"""
    )
    page.get_by_role("button", name="Remove all").click()
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("It could not be removed.").wait_for()
    assert page.get_by_role("table").is_visible()


def test_a_file_is_taken_only_where_it_is_wanted(page: Page) -> None:
    show(page, [])
    assert page.get_by_label("Add from a file").count() == 0
    show(page, [], can_import=True)
    kept = made(at(3))
    file = {"name": "kept.json", "mimeType": "application/json", "buffer": to_json([kept]).encode()}
    page.get_by_label("Add from a file").set_input_files(file)  # type: ignore[arg-type]
    page.wait_for_function("window.imported")
    assert page.evaluate("window.imported") == [in_page(kept)]


def test_a_file_that_is_none_says_so(page: Page) -> None:
    show(page, [], can_import=True)
    file = {"name": "kept.csv", "mimeType": "text/csv", "buffer": b"a,b\n"}
    page.get_by_label("Add from a file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_text("No sessions could be read from that file.").wait_for()
    assert page.evaluate("window.imported") is None


def test_focus_stays_in_the_history_when_it_is_shown_anew(page: Page) -> None:
    show(page, a_few())
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.get_by_label("Monday").focus()
    show(page, a_few())
    assert page.evaluate("document.activeElement.textContent") == "What you practised"
