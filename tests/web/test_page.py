"""The page in a real browser, with the real ``coach serve``: choosing, playing, going on, the history, clumsy use."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from support.browser import needs_chromium
from support.page import (
    BEGIN,
    MINUTE,
    PATIENCE_S,
    PLAYS,
    Coach,
    begun,
    first_sound_s,
    go,
    opened,
    phone,
    serving_coach,
    shows,
    until,
)
from support.tiers import thorough, thoroughly

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request, Route

pytestmark = needs_chromium

KNOWN_S, NEW_S = 1.0, 3.0
"""After a tap, something is heard of what is known, and of what is not."""
PATIENT = 4
"""How many times as long it may take while other tests run."""
MOST_BYTES = 100_000
STRETCHES = "?targets=childs-pose+cobra"
LOCK_SCREEN = """
window.handlers = {}; window.positions = [];
navigator.mediaSession.setActionHandler = (action, handler) => { handlers[action] = handler; };
navigator.mediaSession.setPositionState = (state) => { positions.push(state); };
"""
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
FORBIDDEN = (
    "IDBFactory.prototype.open = () => { throw new DOMException('private', 'SecurityError'); };"
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
)


@pytest.fixture(scope="module")
def coach() -> Iterator[Coach]:
    with serving_coach() as served:
        yield served


def moment_s(page: Page) -> float:
    return float(page.evaluate("audio.currentTime"))


def chapters_of(page: Page) -> list[tuple[float, str]]:
    shown = page.eval_on_selector_all("#parts button > :last-child", "all => all.map(each => each.textContent)")
    names = page.eval_on_selector_all("#parts button > :first-child", "all => all.map(e => e.firstChild.textContent)")
    return [
        (60 * int(clock.split(":")[0]) + int(clock.split(":")[1]), name)
        for clock, name in zip(shown, names, strict=True)
    ]


def at(page: Page, seconds: float, within: float = 2.5) -> None:
    """Wait until the sound is there, and what is shown too."""
    until(page, f"audio.currentTime >= {seconds - 0.1} && audio.currentTime < {seconds + within} && !audio.seeking")
    until(page, "Math.abs(seek.value - audio.currentTime) < 1.5")


def test_a_tap_is_heard_soon_and_what_is_known_sooner(context: BrowserContext, coach: Coach) -> None:
    page = opened(context, coach.address + "?breathing=true&minutes=2&breath=box")
    new = first_sound_s(page)
    page.goto(coach.address + "?breathing=true&minutes=2&breath=box#/")
    page.reload()
    page.wait_for_selector(f"{BEGIN}:not([disabled])")
    known = first_sound_s(page)
    print(f"first sound of a new one after {new:.2f} s, of a known one after {known:.2f} s")
    assert new < NEW_S * PATIENT
    assert known < KNOWN_S * PATIENT


def test_no_request_leaves_the_house_and_the_page_is_light(context: BrowserContext, coach: Coach) -> None:
    seen: list[Request] = []
    context.on("request", lambda each: seen.append(each))
    page = opened(context, coach.address + MINUTE)
    links = "link => [...document.querySelectorAll('link')].map(each => each.href)"
    for address in page.evaluate(links):
        page.evaluate("address => fetch(address).then(answer => answer.text())", address)
    first: dict[str, int] = {}
    for request in seen:  # some came twice, the second time without their bytes
        if (answer := request.response()) and answer.status == 200:
            first[request.url] = max(first.get(request.url, 0), len(answer.body()))
    total = sum(first.values())
    print(f"{total} bytes in {len(first)} files")
    assert {coach.address + name for name in ("", "app.js", "style.css", "catalogue.json", "manifest.webmanifest")} <= {
        *first
    }
    assert total <= MOST_BYTES
    page.click(BEGIN)
    until(page, PLAYS)
    for view in ("kept", "history", "help", "play"):
        page.goto(f"{coach.address}#/{view}")
        page.wait_for_timeout(50)
    assert {request.url for request in seen if not request.url.startswith((coach.address, "data:", "blob:"))} == set()


@thorough
def test_stretch_by_stretch_with_buttons_list_slider_and_keys(context: BrowserContext, coach: Coach) -> None:
    page = begun(context, coach.address + STRETCHES)
    parts = chapters_of(page)
    assert [name for _, name in parts] == ["Child's pose", "Cobra", "Closing"][: len(parts)] or len(parts) > 2
    (second_s, second), last_s = parts[1], parts[-1][0]

    page.click("#following")
    at(page, second_s)
    shows(page, "#player-part", second)
    shows(page, "#parts [aria-current]", second)
    page.click("#previous")
    at(page, parts[0][0])
    shows(page, "#player-part", parts[0][1])

    page.click(f"#parts li:nth-child({len(parts)}) button")
    at(page, last_s)
    page.click("#following")  # there is none
    assert last_s - 1 < moment_s(page) < last_s + PATIENCE_S
    go(page, second_s * 1000 + 10_000)
    at(page, second_s + 10)
    page.click("#previous")  # first to the beginning of what is heard
    at(page, second_s)

    page.focus("#play")
    for key in (" ", "Enter"):
        page.keyboard.press(key)
        until(page, "audio.paused && play.getAttribute('aria-label') === 'Play'")
        page.keyboard.press(key)
        until(page, "!audio.paused && play.getAttribute('aria-label') === 'Pause'")
    page.click("#play")
    page.focus("#seek")
    before = moment_s(page)
    page.keyboard.press("ArrowRight")
    until(page, f"audio.currentTime >= {int(before) + 1}")
    assert page.evaluate("seek.getAttribute('aria-valuetext').startsWith(document.getElementById('at').textContent)")
    page.keyboard.press("Home")
    until(page, "audio.currentTime < 1")
    page.keyboard.press("End")
    until(page, f"audio.currentTime > {last_s}")


def test_the_lock_screen_does_what_the_page_does(context: BrowserContext, coach: Coach) -> None:
    context.add_init_script(LOCK_SCREEN)
    page = begun(context, coach.address + STRETCHES)
    parts = chapters_of(page)
    set_ones = page.evaluate("Object.keys(handlers).filter((each) => handlers[each])")
    assert sorted(set_ones) == ["nexttrack", "pause", "play", "previoustrack", "seekto"]

    def told(part: int) -> None:
        until(page, f"navigator.mediaSession.metadata.title === {json.dumps(parts[part][1])}")
        last = page.evaluate("positions.at(-1)")
        assert last["duration"] == pytest.approx(page.evaluate("audio.duration"), abs=0.1)
        assert last["position"] == pytest.approx(moment_s(page), abs=2.5)

    page.evaluate("handlers.nexttrack({ action: 'nexttrack' })")
    at(page, parts[1][0])
    told(1)
    page.evaluate("handlers.previoustrack({ action: 'previoustrack' })")
    at(page, parts[0][0])
    told(0)
    position = page.evaluate("(positions.length = 0, handlers.seekto({ seekTime: 40 }), positions.at(-1)?.position)")
    assert position == 40, "the place is told at once: the lock screen would jump back"
    at(page, 40)
    position = page.evaluate("(positions.length = 0, handlers.seekto({ seekTime: 43 }), positions.at(-1)?.position)")
    assert position == 43, "and within a stretch"
    page.evaluate("handlers.pause({ action: 'pause' })")
    until(page, "audio.paused && navigator.mediaSession.playbackState === 'paused'")
    page.evaluate("handlers.play({ action: 'play' })")
    until(page, "!audio.paused && navigator.mediaSession.playbackState === 'playing'")
    assert page.evaluate("navigator.mediaSession.metadata.artwork.length") == 2


@thorough
def test_after_a_reload_one_goes_on_where_one_was(context: BrowserContext, coach: Coach) -> None:
    page = begun(context, coach.address + STRETCHES)
    go(page, 50_000)
    at(page, 50)
    page.wait_for_timeout(500)
    was = moment_s(page)
    title = page.inner_text("#player-title")
    page.reload()
    page.wait_for_selector(f"{BEGIN}:not([disabled])")
    shows(page, "#resume button", f"Go on with {title}, at 0:5")
    assert page.is_visible("#choose"), "what one wants now is to go on"
    page.click("#resume button")
    until(page, PLAYS)
    assert moment_s(page) == pytest.approx(was, abs=6)
    assert page.inner_text("#player-title") == title


@thorough
def test_a_session_is_written_down_with_its_stretches(context: BrowserContext, coach: Coach) -> None:
    page = begun(context, coach.address + "?targets=childs-pose&words=names&setup=brisk")
    length_s = page.evaluate("audio.duration")
    closing_s, _ = chapters_of(page)[-1]
    go(page, (closing_s - 8) * 1000)
    until(page, f"{PLAYS} && audio.currentTime > {closing_s - 7}")
    page.evaluate("audio.playbackRate = 16")
    until(page, "audio.ended")
    practised = until(page, "import('./store.js').then((store) => store.practice())")
    assert len(practised) == 1
    (record,) = practised
    assert record["outcome"] == "finished"
    assert record["practised_ms"] == pytest.approx((length_s - closing_s + 8) * 1000, abs=6_000), (
        "what was jumped over does not count"
    )
    assert record["planned_ms"] == pytest.approx(length_s * 1000, abs=100)
    assert [(each["id"], each["done"]) for each in record["stretches"]] == [("childs-pose", True)]
    page.click("text=History")
    shows(page, "#history-body", record["title"])
    assert page.inner_text("#player-state") == "" or page.is_hidden("#player")
    page.goto(coach.address + "#/")
    page.reload()
    page.wait_for_selector(f"{BEGIN}:not([disabled])")
    assert page.query_selector("#resume button") is None, "it is over"


PAUSED_AFTER_S = """(seconds) => new Promise((resolve) => {
  audio.addEventListener("timeupdate", function look() {
    if (audio.currentTime <= seconds) return;
    audio.removeEventListener("timeupdate", look);
    document.querySelector("#play").click();
    resolve();
  });
})"""
"""Taps on the button once so much was heard: at 8 times the speed a test would be late on a busy machine."""


@thorough
def test_a_try_of_some_seconds_is_not_written_down(context: BrowserContext, coach: Coach) -> None:
    page = begun(context, coach.address + MINUTE)
    page.evaluate("audio.playbackRate = 8")
    page.evaluate(PAUSED_AFTER_S, 5)
    go(page, 40_000)
    assert page.evaluate("import('./store.js').then((store) => store.practice())") == []
    page.click("#play")
    page.evaluate(PAUSED_AFTER_S, 47)
    (record,) = until(page, "import('./store.js').then((s) => s.practice()).then((all) => all.length && all)")
    assert 10_000 <= record["practised_ms"] < 20_000
    assert record["outcome"] == "stopped"


@thorough
def test_choices_are_remembered_and_an_address_comes_first(context: BrowserContext, coach: Coach) -> None:
    page = opened(context, coach.address)
    page.check("input[value=breath]")
    page.check("input[value=box]")
    page.select_option("#f-minutes", "5")
    page.click("summary")
    page.select_option("#f-pace", "tone")
    page.click(BEGIN)
    until(page, PLAYS)
    page.goto(coach.address)
    page.wait_for_selector(f"{BEGIN}:not([disabled])")
    assert page.is_checked("input[value=breath]")
    assert page.is_checked("input[value=box]")
    assert page.eval_on_selector("#f-minutes", "each => each.value") == "5"
    assert page.eval_on_selector("#f-pace", "each => each.value") == "tone"
    shows(page, "#recent", "5 min")
    page.click("#recent button")
    until(page, PLAYS)

    page.goto(coach.address + "?targets=daily&minutes=15")
    page.wait_for_selector(f"{BEGIN}:not([disabled])")
    assert page.is_checked("input[name=kind][value=routine]")
    assert page.is_checked("input[name=routine][value=daily]")
    assert page.eval_on_selector("#f-minutes", "each => each.value") == "15"
    page.goto(coach.address + "?targets=cobra+childs-pose")
    page.wait_for_selector(f"{BEGIN}:not([disabled])")
    assert page.is_checked("input[name=kind][value=stretches]")
    chosen = page.eval_on_selector_all("input[name=stretch]:checked", "all => all.map(each => each.value)")
    assert sorted(chosen) == ["childs-pose", "cobra"]


@thorough
def test_single_stretches_come_in_the_order_of_the_taps(context: BrowserContext, coach: Coach) -> None:
    asked: list[Any] = []
    context.on("request", lambda each: asked.append(each.post_data_json) if each.method == "POST" else None)
    page = opened(context, coach.address)
    page.check("input[name=kind][value=stretches]")
    page.click(BEGIN)
    shows(page, "#problem", "Choose at least one stretch.")
    for name in ("piriformis", "cobra", "childs-pose"):
        page.check(f"input[value={name}]")
    page.uncheck("input[value=cobra]")
    page.click(BEGIN)
    until(page, PLAYS)
    assert asked[-1]["targets"] == ["piriformis", "childs-pose"]
    assert page.inner_text("#problem") == ""


def test_it_can_be_installed(context: BrowserContext, coach: Coach) -> None:
    page = opened(context, coach.address)
    until(page, "navigator.serviceWorker.ready.then((found) => Boolean(found.active))")
    tools = context.new_cdp_session(page)
    found = tools.send("Page.getAppManifest")
    assert found["errors"] == []
    told = json.loads(found["data"])
    hindrances = {each["errorId"] for each in tools.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert hindrances <= {"in-incognito"}  # Playwright's browsers are
    size = """async ({ src, sizes }) => { const image = new Image(); image.src = src; await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}` === sizes; }"""
    assert [page.evaluate(size, each) for each in told["icons"]] == [True, True, True]


@thorough
def test_two_taps_are_one_and_a_later_choice_replaces_what_plays(context: BrowserContext, coach: Coach) -> None:
    page = opened(context, coach.address + MINUTE)
    page.dblclick(BEGIN)
    until(page, PLAYS)
    assert page.evaluate("JSON.parse(localStorage.recent).length") == 1
    one = page.inner_text("#player-title")
    page.click("text=All routines")
    shows(page, "#playing-now", f"Playing: {one}")
    page.check("input[name=kind][value=stretches]")
    page.check("input[value=cobra]")
    page.select_option("#f-minutes", "")
    page.click(BEGIN)  # not covered by the bar that says what plays
    until(page, f"{PLAYS} && document.getElementById('player-title').textContent !== {json.dumps(one)}")
    assert page.evaluate("JSON.parse(localStorage.resume)?.title") != one or page.evaluate("audio.currentTime") < 5
    page.go_back()
    page.wait_for_selector("#choose", state="visible")
    assert page.evaluate(PLAYS), "going back in the browser does not stop it"
    page.go_forward()
    page.wait_for_selector("#player", state="visible")


@thorough
def test_what_was_asked_for_before_comes_too_late(context: BrowserContext, coach: Coach) -> None:
    page = opened(context, coach.address + "?breathing=true&minutes=1&breath=even")
    held: list[Route] = []
    page.route("**/sessions", lambda route: route.continue_() if held else held.append(route))
    page.click(BEGIN)
    page.check("input[value=box]")
    page.click(BEGIN)
    until(page, PLAYS)
    shows(page, "#player-title", "box")
    title = page.inner_text("#player-title")
    held[0].continue_()
    page.wait_for_timeout(1000)
    assert page.inner_text("#player-title") == title


@thorough
@pytest.mark.parametrize(
    ("status", "told"),
    [
        (503, "others are being served just now; try again in a minute"),
        *thoroughly((500, "The coach’s computer cannot be reached.")),
    ],
)
def test_what_cannot_be_is_told_and_what_plays_stays(
    context: BrowserContext, coach: Coach, status: int, told: str
) -> None:
    page = begun(context, coach.address + MINUTE)
    page.click("#play")
    until(page, "audio.paused")
    body = json.dumps({"problem": told}) if status == 503 else "<html>"
    page.route("**/sessions", lambda route: route.fulfill(status=status, body=body))
    page.click("text=All routines")
    page.click(BEGIN)
    until(page, f"problem.textContent.startsWith({json.dumps(told)})")
    assert page.get_attribute("#problem", "role") == "alert"
    page.click("#playing-now")
    page.click("#play")
    until(page, PLAYS)
    assert page.inner_text("#problem") == ""


@thorough
def test_an_impossible_length_is_told(context: BrowserContext, coach: Coach) -> None:
    page = opened(context, coach.address + "?targets=childs-pose&minutes=1")
    page.click(BEGIN)
    told = until(page, "problem.textContent")
    assert re.search(r"minute|:\d\d", told), told
    assert "Traceback" not in told
    assert page.is_visible("#choose")
    assert page.is_enabled(BEGIN)


@thorough
def test_without_any_storage_everything_else_works(context: BrowserContext, coach: Coach) -> None:
    context.add_init_script(FORBIDDEN)
    page = begun(context, coach.address + MINUTE)
    page.click("#keep")
    until(page, "document.getElementById('player-state').textContent.startsWith('It could not be kept: this browser')")
    for view in ("Kept", "History", "Help", "Practise"):
        page.click(f"nav >> text={view}")
    assert page.inner_text("#problem") == ""
    until(page, PLAYS)


@thorough
def test_with_full_storage_everything_else_works(context: BrowserContext, coach: Coach) -> None:
    context.add_init_script(FULL)
    page = begun(context, coach.address + MINUTE)
    assert page.inner_text("#problem") == ""


@thorough
def test_without_javascript_it_says_so(chromium: Browser, coach: Coach) -> None:
    with phone(chromium, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(coach.address)
        assert "This page needs JavaScript" in page.inner_text("main")
