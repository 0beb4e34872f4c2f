"""The page without the coach's computer: what plays goes on, what is kept plays, and nothing half is kept."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from support.browser import needs_chromium
from support.page import BEGIN, MINUTE, PLAYS, Coach, begun, go, opened, serving_coach, shows, until
from support.tiers import thorough

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Route

pytestmark = needs_chromium

STATE = "document.getElementById('player-state').textContent"
READY = (
    "navigator.serviceWorker.ready.then((found) => Boolean(found.active) && caches.keys()).then((all) => all.length)"
)
HOME = "http://192.168.7.7:8010/"
NO_ROOM = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };"


@pytest.fixture
def coach() -> Iterator[Coach]:
    with serving_coach() as served:
        yield served


def kept(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(
        "import('./store.js').then((store) => store.sounds()).then((all) => all.map("
        "({ key, isKept, blob, session }) => ({ key, isKept, size: blob.size, wanted: session.size })))"
    )
    return found


def wait_until_kept(page: Page, number: int = 1) -> None:
    until(page, f"import('./store.js').then((s) => s.sounds()).then((all) => all.length >= {number})")


def test_switched_off_it_plays_to_its_end_and_opens_again(context: BrowserContext, coach: Coach) -> None:
    page = begun(context, coach.address + MINUTE)
    until(page, READY)
    page.click("#keep")
    until(page, f"{STATE}.startsWith('It is kept on this phone')")
    assert page.is_disabled("#keep")
    coach.kill()
    page.evaluate("audio.playbackRate = 16")
    until(page, "audio.ended")
    shows(page, "#player-state", "This session is over")

    page.reload()  # as when the phone is picked up the next day
    page.wait_for_selector(f"{BEGIN}:not([disabled])")
    page.click(BEGIN)
    until(page, "problem.textContent.startsWith('The coach’s computer cannot be reached. What is kept')")
    page.click("text=Kept")
    until(page, "document.getElementById('kept-list').textContent.includes('MB')")
    page.click("#kept-list >> text=Play")
    until(page, PLAYS)
    assert page.inner_text("#problem") == ""
    assert page.evaluate("audio.src.startsWith('blob:')")
    go(page, 30_000)
    until(page, f"{PLAYS} && audio.currentTime >= 30")
    page.click("text=Kept")
    page.click("#kept-list >> text=Remove")
    until(page, "document.getElementById('kept-list').textContent.startsWith('Nothing yet')")
    assert kept(page) == []


@thorough
def test_while_a_sound_still_comes_what_was_loaded_goes_on(context: BrowserContext, coach: Coach) -> None:
    """The element has lost its connection, but the page has the whole: it goes on within seconds, and by itself."""
    page = begun(context, coach.address + "?breathing=true&minutes=20")
    wait_until_kept(page)
    coach.kill()
    page.evaluate("audio.src += '?gone'")  # as when the phone has let go of what it had loaded
    until(page, f"{PLAYS} && audio.src.startsWith('blob:')")
    go(page, 600_000)
    until(page, f"{PLAYS} && audio.currentTime >= 600")


@thorough
def test_a_computer_that_does_not_answer_is_not_waited_for(context: BrowserContext, coach: Coach) -> None:
    """Away from home nobody refuses: packets are lost, and a browser would wait for minutes."""
    page = opened(context, coach.address)
    until(page, READY)
    page.reload()
    page.wait_for_selector(f"{BEGIN}:not([disabled])")
    assert coach.process is not None
    os.kill(coach.process.pid, signal.SIGSTOP)
    try:
        page.reload(timeout=10_000)
        page.wait_for_selector(f"{BEGIN}:not([disabled])", timeout=10_000)
    finally:
        os.kill(coach.process.pid, signal.SIGCONT)


@thorough
def test_what_is_moved_while_the_coach_is_gone_goes_on_from_there(context: BrowserContext, coach: Coach) -> None:
    context.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } });")
    page = begun(context, coach.address + "?breathing=true&minutes=20")
    page.route("**/sound/*", lambda route: route.continue_())
    held: list[Route] = []
    page.route("**/sessions", lambda route: held.append(route))
    coach.kill()
    page.evaluate("audio.src += '?gone'")
    while not held:  # it asks for the session again
        page.wait_for_timeout(20)
    go(page, 600_000)
    held[0].abort()
    until(page, f"{STATE}.startsWith('The coach’s computer cannot be reached. Tap the large button')")
    page.unroute("**/sessions")
    coach.start()
    page.click("#play")
    until(page, PLAYS)
    assert 600 <= page.evaluate("audio.currentTime") < 660


@thorough
def test_a_restarted_coach_is_asked_again(context: BrowserContext, coach: Coach) -> None:
    context.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } });")
    page = begun(context, coach.address + "?breathing=true&minutes=20")  # nothing is loaded ahead to save data
    assert kept(page) == []
    page.route("**/sound/*", lambda route: route.continue_())  # past what the browser has kept
    coach.kill()
    page.evaluate("audio.src += '?gone'")
    page.wait_for_timeout(100)
    go(page, 1_000_000)
    until(page, f"{STATE}.startsWith('The coach’s computer cannot be reached. Tap the large button')")
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    page.wait_for_timeout(1000)
    assert len(asked) < 3, "it is not asked again and again"  # the browser itself does once or twice
    coach.start()  # it knows no sessions now
    page.click("#play")
    until(page, f"{PLAYS} && audio.currentTime >= 1000")
    assert page.inner_text("#player-state") == ""


@thorough
def test_only_the_last_sessions_stay_unasked(context: BrowserContext, coach: Coach) -> None:
    page = opened(context, coach.address + MINUTE)
    for number, breath in enumerate(("calm", "even", "resonance", "box"), 1):
        page.goto(f"{coach.address}{MINUTE}&breath={breath}#/")
        page.reload()
        page.wait_for_selector(f"{BEGIN}:not([disabled])")
        page.click(BEGIN)
        until(page, PLAYS)
        if number == 1:
            page.click("#keep")
            until(page, f"{STATE}.startsWith('It is kept')")
            first = kept(page)[0]["key"]
        else:
            wait_until_kept(page, number)
    page.goto(f"{coach.address}{MINUTE}&breath=relax#/")
    page.reload()
    page.wait_for_selector(f"{BEGIN}:not([disabled])")
    page.click(BEGIN)
    until(page, PLAYS)
    until(
        page,
        "import('./store.js').then((store) => store.sounds())"
        ".then((all) => all.some((each) => each.session.title.includes('relax'))"
        " && all.filter((each) => !each.isKept).length <= 3)",
    )
    found = kept(page)
    assert len([each for each in found if not each["isKept"]]) == 3
    assert [each["key"] for each in found if each["isKept"]] == [first]
    assert all(each["size"] == each["wanted"] for each in found)


@thorough
def test_what_is_not_whole_is_not_kept(context: BrowserContext, coach: Coach) -> None:
    def halve(route: Route) -> None:
        if route.request.resource_type == "fetch":
            answer = route.fetch()
            route.fulfill(status=200, body=answer.body()[:-1000], content_type="audio/mpeg")
        else:
            route.continue_()

    context.route("**/sound/*", halve)
    page = begun(context, coach.address + MINUTE)
    page.click("#keep")
    until(page, f"{STATE}.startsWith('It could not be kept')")
    assert kept(page) == []
    assert page.is_enabled("#keep")
    until(page, PLAYS)


@thorough
def test_a_full_phone_is_told(context: BrowserContext, coach: Coach) -> None:
    context.add_init_script(NO_ROOM)
    page = begun(context, coach.address + MINUTE)
    page.click("#keep")
    until(page, f"{STATE} === 'There is no room for it on this phone.'")
    until(page, PLAYS)


@thorough
def test_in_the_home_network_all_but_installing_works(context: BrowserContext, coach: Coach) -> None:
    """By plain http and an address in digits, as a phone sees it, whether this machine is in a network or not."""

    from playwright.sync_api import Error as PlaywrightError

    def pass_on(route: Route) -> None:
        url = route.request.url.replace(HOME, coach.address)
        headers = {**route.request.headers, "origin": coach.address.rstrip("/")}
        try:
            route.fulfill(response=route.fetch(url=url, headers=headers))
        except PlaywrightError:  # the coach is gone
            route.abort()

    context.route(f"{HOME}**", pass_on)
    page = begun(context, HOME + MINUTE)
    assert not page.evaluate("isSecureContext")
    wait_until_kept(page)
    page.click("#keep")
    until(page, f"{STATE}.startsWith('It is kept')")
    page.click("text=Kept")
    shows(page, "#install", "This address is not secure (http)")
    coach.kill()
    go(page, 40_000)
    page.evaluate("audio.playbackRate = 16")
    until(page, "audio.ended")
    assert page.inner_text("#problem") == ""


@thorough
def test_a_sound_that_is_damaged_is_not_asked_for_for_ever(context: BrowserContext, coach: Coach) -> None:
    asked: list[str] = []
    context.on("request", lambda each: asked.append(each.url) if "/sound/" in each.url else None)
    context.route("**/sound/*", lambda route: route.fulfill(body=b"no sound" * 100, content_type="audio/mpeg"))
    page = opened(context, coach.address + MINUTE)
    page.click(BEGIN)
    until(page, f"{STATE}.includes('Tap the large button')")
    page.wait_for_timeout(1000)
    many = len(asked)
    page.wait_for_timeout(1000)
    assert len(asked) == many < 10
    context.unroute("**/sound/*")
    page.click("#play")
    until(page, PLAYS)
