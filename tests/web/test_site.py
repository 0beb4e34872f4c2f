"""The page as files: what is in the folder, what is not, and what a second run leaves alone."""

from __future__ import annotations

import csv
import json
import re
import stat
from pathlib import Path
from urllib.parse import urljoin

import feedparser
import pytest

from coach.core.timeline import Timeline
from coach.errors import InputError
from coach.publish.formats import state
from coach.publish.seal import State, is_sealed
from coach.web.pages import page_files
from coach.web.private import FEEDS, PAGES, Addresses, PrivateSite
from support.command import Coach, run_coach, run_here
from support.tiers import thorough

URL = "https://example.org/s/"
PLAN = """\
routine,words,title,output,person
cat-cow,names,Hips of Ms Lee,lee,Ms Lee
cobra,names,,lee-2,Ms Lee
pelvic-tilt,names,,noor,
nothing,names,,gone,
"""
QUICK = ("--voice", "silent")


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def linked(html: str) -> list[str]:
    return re.findall(r'(?:href|src)="([^"#][^"]*)"', html)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    done = run_coach("site", "site", "cat-cow", "cobra", "--base-url", URL, *QUICK, cwd=place)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^2 sessions, about \d+ MB of sound$", done.stderr, re.MULTILINE)
    assert done.stdout.startswith("site/index.html  2 sessions, ")
    return place / "site"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("clinic")
    (place / "plan.csv").write_text(PLAN)
    done = run_coach("site", "out", "--plan", "plan.csv", "--base-url", URL, *QUICK, cwd=place)
    assert done.returncode == 1
    assert "plan.csv:5: there is no routine or stretch called “nothing”" in done.stderr
    assert "Traceback" not in done.stderr
    return place


def addresses(place: Path) -> dict[str, dict[str, str]]:
    with (place / "out-addresses.csv").open(newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def page_of(place: Path, name: str) -> Path:
    return place / "out" / addresses(place)[name]["page"].removeprefix(URL)


def test_everything_that_the_page_needs_is_there(place: Path) -> None:
    files = files_in(place)
    assert set(page_files()) <= set(files)
    catalogue = json.loads(files["catalogue.json"])
    assert not catalogue["is_live"]
    assert [each["id"] for each in catalogue["sessions"]] == ["cat-cow", "cobra"]
    for each in catalogue["sessions"]:
        session = json.loads(files[each["session"]])
        for name in ("sound", "file", "sheet"):
            assert urljoin(each["session"], session[name]) in files
        sound = files[urljoin(each["session"], session["sound"])]
        assert len(sound) == session["size"] == each["size"]
        assert session["key"] == each["key"]
    assert all(name in files for name in linked(files["index.html"].decode()))


def test_the_public_page_may_be_found_and_the_private_ones_may_not(place: Path, clinic: Path) -> None:
    noindex = '<meta name="robots" content="noindex">'
    assert noindex not in (place / "index.html").read_text()
    for html in (clinic / "out").rglob("*.html"):
        assert noindex in html.read_text(), html


def test_a_sound_is_a_file_as_render_writes_it(place: Path) -> None:
    assert state(place / "sessions" / "cat-cow.mp3") is State.WHOLE
    told = run_here("timeline", "cat-cow", "--json", *QUICK)
    timeline = Timeline.from_json(told.stdout)
    session = json.loads((place / "sessions" / "cat-cow.json").read_text())
    breaths = [[cue.start_ms, cue.end_ms, cue.phase] for cue in timeline.cues if cue.kind == "breath"]
    assert session["breaths"] == breaths
    assert session["length_ms"] == timeline.duration_ms


def test_every_file_but_sounds_and_the_picture_is_sealed(place: Path, clinic: Path) -> None:
    for folder in (place, clinic / "out", clinic / "out-sheets"):
        for name, data in files_in(folder).items():
            assert name.endswith(".mp3") or is_sealed(data), name


@thorough
def test_a_second_run_writes_nothing_anew_and_replaces_nothing_of_others(place: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*") if path.is_file()}
    arguments = ("site", "site", "cat-cow", "cobra", "--base-url", URL, *QUICK)
    done = run_coach(*arguments, cwd=place.parent)
    assert done.returncode == 0, done.stderr
    changed = {path.name for path, time_ns in before.items() if path.stat().st_mtime_ns != time_ns}
    assert changed <= {"feed.xml", "cover.jpg"}  # written each time, with the same bytes
    page = place / "index.html"
    whole = page.read_bytes()
    page.write_bytes(whole + b"<p>mine</p>")
    refused = run_coach(*arguments, cwd=place.parent)
    assert refused.returncode == 2
    assert "index.html is there already and is not as the coach wrote it" in refused.stderr
    assert page.read_bytes() == whole + b"<p>mine</p>"
    assert run_coach(*arguments, "--force", cwd=place.parent).returncode == 0
    assert page.read_bytes() == whole


def test_the_feed_names_files_that_are_there(place: Path) -> None:
    feed = feedparser.parse((place / "sessions" / "feed.xml").read_bytes())
    assert not feed.bozo
    assert len(feed.entries) == 2
    for entry in feed.entries:
        name = entry.enclosures[0].href.removeprefix(URL)
        assert (place / name).stat().st_size == int(entry.enclosures[0].length)


def test_each_row_has_a_page_that_cannot_be_guessed(clinic: Path) -> None:
    pages = addresses(clinic)
    assert set(pages) == {"lee", "lee-2", "noor"}  # what was not made has none
    tokens = {row["page"].removeprefix(f"{URL}p/").rstrip("/") for row in pages.values()}
    assert len(tokens) == len(pages)
    assert all(re.fullmatch(r"[\w-]{22}", token) for token in tokens)
    assert stat.S_IMODE((clinic / "out-addresses.csv").stat().st_mode) == 0o600
    page = page_of(clinic, "lee")
    html = (page / "index.html").read_text()
    assert all((page / name).is_file() for name in linked(html)), linked(html)
    catalogue = json.loads((page / "catalogue.json").read_text())
    assert [each["name"] for each in catalogue["sessions"]] == ["Hips of Ms Lee"]
    manifest = json.loads((page / "manifest.webmanifest").read_text())
    assert all((page / icon["src"]).is_file() for icon in manifest["icons"])
    assert len([*(clinic / "out" / "p").iterdir()]) == 1 + len(pages)


def test_no_file_of_the_folder_lists_the_pages(clinic: Path) -> None:
    pages = {name: row["page"].rstrip("/").rpartition("/")[2] for name, row in addresses(clinic).items()}
    feeds = {row["feed"].split("/")[-2] for row in addresses(clinic).values()}
    for path, data in files_in(clinic / "out").items():
        named = {token for token in pages.values() if token.encode() in data}
        if path.startswith("f/"):  # a person's feed names that person's pages
            continue
        own = {token for token in pages.values() if token in path}
        assert named <= own, path
        assert not any(token.encode() in data for token in feeds) or path.startswith("p/")


def test_names_of_people_stand_only_where_the_plan_puts_them(clinic: Path) -> None:
    own = page_of(clinic, "lee").relative_to(clinic / "out").as_posix()
    shared = addresses(clinic)["lee"]["feed"].removeprefix(URL).removesuffix("feed.xml")
    for path, data in files_in(clinic / "out").items():
        if b"Ms Lee" in data:
            assert path.startswith((own, shared)), path
        assert b"lee-2" not in data or path.endswith(".mp3"), path
        assert b"noor" not in data or path.endswith(".mp3"), path


def test_the_rows_of_one_person_share_a_private_feed(clinic: Path) -> None:
    rows = addresses(clinic)
    assert rows["lee"]["feed"] == rows["lee-2"]["feed"] != rows["noor"]["feed"]
    text = (clinic / "out" / rows["lee"]["feed"].removeprefix(URL)).read_bytes()
    feed = feedparser.parse(text)
    assert b"<itunes:block>Yes</itunes:block>" in text
    assert {entry.enclosures[0].href for entry in feed.entries} == {
        rows[name]["page"] + "session.mp3" for name in ("lee", "lee-2")
    }
    for entry in feed.entries:
        sound = clinic / "out" / entry.enclosures[0].href.removeprefix(URL)
        assert sound.stat().st_size == int(entry.enclosures[0].length)


def test_each_sheet_has_the_address_of_its_page(clinic: Path) -> None:
    for name in ("lee", "lee-2", "noor"):
        text = (clinic / "out-sheets" / f"{name}.html").read_text()
        named = set(re.findall(rf"{re.escape(URL)}p/[\w-]+/", text))
        assert named == {addresses(clinic)[name]["page"]}


@thorough
def test_addresses_stay_when_the_plan_is_run_again(clinic: Path) -> None:
    before = addresses(clinic)
    (clinic / "plan.csv").write_text(PLAN.replace("nothing", "bird-dog").replace("pelvic-tilt,names,,noor,\n", ""))
    done = run_coach("site", "out", "--plan", "plan.csv", "--base-url", URL, *QUICK, cwd=clinic)
    assert done.returncode == 0, done.stderr
    after = addresses(clinic)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"gone"}
    assert "still there, though in no row of this plan: noor" in done.stderr


def test_no_name_is_a_formula_for_a_spreadsheet(tmp_path: Path) -> None:
    addresses = Addresses(tmp_path / "addresses.csv")
    page, feed = addresses.page("=1+1"), addresses.feed("@Lee")
    addresses.write([("=1+1", "@Lee", f"{URL}{PAGES}/{page}/", f"{URL}{FEEDS}/{feed}/feed.xml")])
    with addresses.path.open(newline="") as file:
        assert [*csv.reader(file)][1][:2] == ["'=1+1", "'@Lee"]
    again = Addresses(addresses.path)
    assert (again.page("=1+1"), again.feed("@Lee")) == (page, feed)


@pytest.mark.parametrize("named", [".", "..", "../ward", "../ward/p/.."])
def test_the_list_never_lies_in_the_folder_that_is_put_on_the_web(named: str, tmp_path: Path) -> None:
    (tmp_path / "ward" / "p").mkdir(parents=True)
    here = tmp_path / "ward" / ("p" if named == ".." else "")
    (tmp_path / "plan.csv").write_text("routine,title\ncat-cow,Anna\n")
    done = run_here("site", named, "--plan", str(tmp_path / "plan.csv"), *QUICK, cwd=here)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)
    assert {path.name for path in tmp_path.iterdir()} == {"ward", "plan.csv", "ward-addresses.csv", "ward-sheets"}
    assert not [path for path in (tmp_path / "ward").rglob("*") if "Anna" in path.name or "addresses" in path.name]
    assert stat.S_IMODE((tmp_path / "ward-sheets").stat().st_mode) == 0o700


def test_a_disk_s_root_has_no_room_beside_it() -> None:
    with pytest.raises(InputError, match="has nothing beside it, where the list"):
        _ = PrivateSite(folder=Path("/"), url=None).addresses


def test_a_list_of_addresses_that_is_none_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text("routine\ncat-cow\n")
    (tmp_path / "out-addresses.csv").write_text("my notes\n")
    done = run_here("site", "out", "--plan", "plan.csv", *QUICK, cwd=tmp_path)
    assert done.returncode == 2
    assert "should hold the addresses of pages, and does not" in done.stderr
    assert (tmp_path / "out-addresses.csv").read_text() == "my notes\n"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("out", "cat-cow", "--plan", "plan.csv"), "exclude each other"),
        (("out", "--title", "X"), "each session has its own name"),
        (("out", "cat-cow", "--base-url", "example.org"), "cannot be where a folder is on the web"),
        (("no/such/folder", "cat-cow"), "the folder no/such does not exist; make it first"),
        (("out.mp3", "cat-cow"), "would be a file"),
        (("out", "cat-cow", "cat-cow"), "is there twice"),
    ],
)
def test_what_is_impossible_is_refused(
    arguments: tuple[str, ...], problem: str, tmp_path: Path, coach_here: Coach
) -> None:
    done = coach_here("site", *arguments, *QUICK, cwd=tmp_path)
    assert done.returncode == 2
    assert problem in done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_where_nothing_could_be_made_there_is_no_page(tmp_path: Path) -> None:
    done = run_coach("site", "out", "cat-cov", *QUICK, cwd=tmp_path)
    assert done.returncode == 1
    assert "did you mean “cat-cow”?" in done.stderr
    assert not (tmp_path / "out" / "index.html").exists()


@thorough
def test_a_routine_that_is_not_there_stops_none_of_the_others(tmp_path: Path) -> None:
    done = run_coach("site", "out", "cat-cow", "cat-cov", *QUICK, cwd=tmp_path)
    assert done.returncode == 1
    assert "did you mean “cat-cow”?" in done.stderr
    catalogue = json.loads((tmp_path / "out" / "catalogue.json").read_text())
    assert [each["id"] for each in catalogue["sessions"]] == ["cat-cow"]
