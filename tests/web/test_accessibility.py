"""The page for everybody: small screens, large letters, a keyboard alone, no motion, few colours, and axe's rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from support.browser import needs_chromium
from support.page import BEGIN, PHONE, PLAYS, Coach, begun, go, opened, phone, serving_coach, session_of, until
from support.tiers import thorough, thoroughly

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium

SMALL, WIDE = {"width": 320, "height": 568}, {"width": 1280, "height": 800}
LEAST_TAP = 44
"""Pixels that a finger finds, by Apple's and the W3C's advice."""
VIEWS = ("", "play", "kept", "history", "help")
STRETCHES = "?targets=childs-pose+cobra"
LARGE = "document.documentElement.style.fontSize = '225%'"
"""Of what a browser has; 112.5 % is the page's own."""
PRACTISED = """import("./store.js").then(async (store) => { for (const day of [0, 1, 9]) await store.writePractice({
  id: String(day).repeat(32), began: new Date(Date.now() - day * 864e5).toISOString(), routine: "daily",
  breathing: false, title: "Lower back, seven stretches", planned_ms: 9e5, practised_ms: 8e5, outcome: "finished",
  stretches: [] }); })"""
WIDER = """(() => { const most = document.documentElement.clientWidth; return [...document.querySelectorAll("body *")]
  .filter((each) => each.checkVisibility() && !each.closest(".skip, .history-hidden, svg, #playing-now")
    && each.getBoundingClientRect().right > most + 1).map((each) => each.outerHTML.slice(0, 120))
  .concat(document.documentElement.scrollWidth > most ? ["the page"] : []); })()"""
FOCUSED = """(() => { const it = document.activeElement; const box = it.getBoundingClientRect();
  const style = getComputedStyle(it);
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return { name: it.id || it.name || it.textContent.trim().slice(0, 20), y: Math.round(box.y + scrollY),
    isMarked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    isSeen: it.contains(top) || top?.contains(it) && !top.matches(".go") }; })()"""


@pytest.fixture(scope="module")
def coach() -> Iterator[Coach]:
    with serving_coach() as served:
        yield served


def views_of(page: Page, coach: Coach) -> Iterator[str]:
    """Go to each part of the page, with something to show in it, and yield what it is called."""
    page.evaluate(PRACTISED)
    page.evaluate("document.querySelector('details').open = true")
    for kind in ("routine", "stretches", "breath"):
        page.evaluate("location.hash = '#/'")
        page.check(f"input[name=kind][value={kind}]")
        yield kind
    page.evaluate("audio.pause()")
    for view in VIEWS[1:]:
        page.evaluate("(view) => { location.hash = `#/${view}`; }", view)
        page.wait_for_timeout(150)
        yield view


@thorough
@pytest.mark.parametrize(
    ("screen", "is_large"), [(SMALL, True), *thoroughly((SMALL, False), (PHONE, False), (PHONE, True), (WIDE, False))]
)
def test_no_view_is_wider_than_its_screen(
    chromium: Browser, coach: Coach, screen: dict[str, int], is_large: bool
) -> None:
    with phone(chromium, viewport=screen) as context:
        page = begun(context, coach.address + STRETCHES)
        go(page, session_of(page, {"targets": ["childs-pose", "cobra"]})["breaths"][2][0])
        until(page, "document.getElementById('phase').textContent")
        if is_large:
            page.evaluate(LARGE)
        for view in views_of(page, coach):
            assert page.evaluate(WIDER) == [], view


@thorough
def test_what_one_needs_on_the_mat_is_on_the_smallest_screen(chromium: Browser, coach: Coach) -> None:
    with phone(chromium, viewport=SMALL) as context:
        page = begun(context, coach.address + STRETCHES)
        box_of = "(what) => document.querySelector(what).getBoundingClientRect().toJSON()"
        boxes = [page.evaluate(box_of, each) for each in ("#play", "#previous", "#following", "#seek")]
        assert boxes[0]["bottom"] <= SMALL["height"]
        assert min(min(each["width"], each["height"]) for each in boxes) >= LEAST_TAP
        page.click("text=All routines")
        assert page.evaluate(box_of, BEGIN)["bottom"] <= page.evaluate(box_of, "#playing-now")["top"]


@thorough
@pytest.mark.parametrize("scheme", ["light", *thoroughly("dark")])
def test_axe_finds_nothing(chromium: Browser, coach: Coach, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    axe = Axe()
    # Only for axe, which is a script of the test's: the page's policy lets in none.
    with phone(chromium, color_scheme=scheme, bypass_csp=True) as context:
        page = begun(context, coach.address + STRETCHES)
        for view in views_of(page, coach):
            found = axe.run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == [], view


@thorough
def test_by_keyboard_alone(chromium: Browser, coach: Coach) -> None:
    with phone(chromium) as context:
        page = opened(context, coach.address + STRETCHES)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.evaluate("document.activeElement.getBoundingClientRect().x >= 0")
        seen = []
        for _ in range(120):
            page.keyboard.press("Tab")
            seen.append(page.evaluate(FOCUSED))
            if seen[-1]["name"] == "Begin":
                break
        names = [each["name"] for each in seen]
        assert names[:4] == ["Practise", "Kept", "History", "Help"]
        assert {"kind", "stretch", "f-minutes", "More choices", "Begin"} <= {*names}
        assert [each for each in seen if not each["isMarked"]] == []
        assert [each for each in seen if not each["isSeen"]] == [], "hidden under the button"
        places = [each["y"] for each in seen[:-1]]
        assert places == sorted(places), "they come as they stand"
        page.keyboard.press("Enter")
        until(page, PLAYS)
        assert page.evaluate("document.activeElement.id") == "main"
        reached: list[str] = []
        while len(reached) < 30 and "sheet" not in reached:
            page.keyboard.press("Tab")
            found = page.evaluate(FOCUSED)
            assert found["isMarked"], (found, reached)
            reached.append(found["name"])
        assert reached[:5] == ["All routines", "seek", "previous", "play", "following"]
        assert reached[-4:] == ["awake", "keep", "save", "sheet"]


@thorough
def test_without_motion_only_words_change(chromium: Browser, coach: Coach) -> None:
    with phone(chromium, reduced_motion="reduce") as context:
        page = begun(context, coach.address + "?breathing=true&minutes=1")
        go(page, 20_000)
        until(page, f"{PLAYS} && audio.currentTime > 20")
        sizes, words = set(), set()
        page.evaluate("audio.playbackRate = 16")
        while page.evaluate("audio.currentTime < 40"):
            sizes.add(page.evaluate("document.querySelector('.air').style.transform"))
            words.add(page.inner_text("#phase"))
        assert len(sizes) == 1
        assert {"Breathe in", "Breathe out"} <= words
        assert page.evaluate("document.getAnimations().length") == 0


@thorough
def test_with_few_colours_what_is_chosen_and_the_breath_are_seen(chromium: Browser, coach: Coach) -> None:
    with phone(chromium, forced_colors="active") as context:
        page = begun(context, coach.address + "?breathing=true&minutes=1")
        colour = "(what) => getComputedStyle(document.querySelector(what)).backgroundColor"
        assert page.evaluate(colour, ".air") != page.evaluate(colour, "body")
        page.click("text=All routines")
        style = "(what) => getComputedStyle(document.querySelector(what)).outlineStyle"
        assert page.evaluate(style, ".kinds label:has(input:checked)") == "solid"
        edge = "(what) => getComputedStyle(document.querySelector(what)).borderBottomColor"
        assert page.evaluate(edge, "nav a[aria-current]") != page.evaluate(edge, "nav a:not([aria-current])")
