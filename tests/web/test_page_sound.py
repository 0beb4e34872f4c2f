"""The sound of the page and what it shows: the counts are where they belong, and the breath is drawn with them."""

from __future__ import annotations

import base64
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from coach.compiler import Compiled
from coach.core.timeline import Timeline
from coach.order import Order
from coach.publish.publish import mix
from coach.recipe import compile as compiled_as_ordered
from coach.recipe import finish_of
from coach.units import SAMPLE_RATE
from support.browser import PROGRAM, needs_chromium
from support.hearing import heard_in
from support.page import MINUTE, PLAYS, Coach, begun, go, phone, serving_coach, until
from support.pulse import AudioServer, audio_server, needs_pulse  # noqa: F401 - a fixture
from support.tiers import thorough

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium

TOGETHER_MS = 50
"""What is drawn may differ from what is heard by so much."""
SPACING_MS = 10
HEARD_S = 3.0
LIKENESS = 0.99
MOST_TRIES = 4
LEAST = 0.35
"""What is left of the circle when the breath is out; the same as in breath.js."""

# All that the element plays, with the frame of the audio clock at which it does; and at each frame of the screen the
# time of that clock, the element's, and what is drawn.
_EAR = """registerProcessor("ear", class extends AudioWorkletProcessor {
  process([input]) {
    if (input.length) this.port.postMessage([currentFrame, input[0].slice()]);
    return true;
  }
});"""
_LISTEN = """async ([ear, rate]) => {
  const clock = new AudioContext({ sampleRate: rate });
  await clock.audioWorklet.addModule(URL.createObjectURL(new Blob([ear], { type: "text/javascript" })));
  const node = new AudioWorkletNode(clock, "ear", { channelCount: 1, channelCountMode: "explicit" });
  clock.createMediaElementSource(audio).connect(node).connect(clock.destination);
  window.ear = { sound: [], looks: [] };
  node.port.onmessage = ({ data }) => window.ear.sound.push(data);
  const look = () => {
    window.ear.looks.push([clock.currentTime, audio.currentTime, document.querySelector(".air").style.transform]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
_HEARD = """() => {
  const { sound, looks } = window.ear;
  window.ear = { sound: [], looks: [] };
  const samples = new Float32Array(sound.length * 128);
  sound.forEach(([, part], index) => samples.set(part, index * 128));
  const isWhole = sound.every(([frame], index) => frame === sound[0][0] + index * 128);
  const bytes = new Uint8Array(samples.buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return [sound[0][0], isWhole, btoa(text), looks];
}"""
_WATCH = """() => {
  window.seen = [];
  const air = document.querySelector(".air");
  const look = () => window.seen.push([audio.currentTime, air.style.transform]);
  new MutationObserver(look).observe(air, { attributes: true });
}"""


@pytest.fixture(scope="module")
def coach() -> Iterator[Coach]:
    with serving_coach() as served:
        yield served


@dataclass(frozen=True)
class Moment:
    """What was heard and drawn in some seconds."""

    clock_ms: float
    """How far the element's own time is ahead of what it plays."""
    drawn_ms: NDArray[np.float64]
    """How far the breath that is drawn is ahead of the one that is heard, at each frame of the screen."""


def ordered(minutes: float) -> Order:
    return Order(breathing=True, minutes=minutes, voice=os.environ["COACH_VOICE"])


def breaths_of(timeline: Timeline) -> list[tuple[int, int, str]]:
    return [(cue.start_ms, cue.end_ms, cue.phase) for cue in timeline.cues if cue.kind == "breath" and cue.phase]


def drawn_at_ms(scale: str, near_ms: float, breaths: list[tuple[int, int, str]]) -> float | None:
    """Return the moment of which a circle of such a size is a picture; ``None`` where it does not move."""
    share = (float(scale.removeprefix("scale(").removesuffix(")")) - LEAST) / (1 - LEAST)
    if not 0.02 < share < 0.98:  # near its ends two breaths look alike
        return None
    moments = [
        start + (end - start) * (share if phase == "in" else 1 - share)
        for start, end, phase in breaths
        if phase in ("in", "out") and start - 500 < near_ms < end + 500
    ]
    return min(moments, key=lambda moment: abs(moment - near_ms), default=None)


def listen(page: Page, sound: Callable[[int, int], NDArray[np.int16]], timeline: Timeline) -> Moment | None:
    """Hear some seconds in the page, and find them in what the coach makes; ``None`` if they are not there whole."""
    page.wait_for_timeout(300)
    page.evaluate(_HEARD)
    page.wait_for_timeout(HEARD_S * 1000)
    first, is_whole, text, looks = page.evaluate(_HEARD)
    heard = np.frombuffer(base64.b64decode(text), "<f4").astype(float)
    assert is_whole
    assert np.abs(heard).max() > 0.01, "nothing is heard"
    looks = [look for look in looks if look[0] * SAMPLE_RATE >= first]
    begin = max(0, round((looks[0][1] - 1) * SAMPLE_RATE))
    made = sound(begin, begin + len(heard) + 2 * SAMPLE_RATE).astype(float)
    size = 1 << (len(made) + len(heard)).bit_length()
    match = np.fft.irfft(np.fft.rfft(made, size) * np.conj(np.fft.rfft(heard, size)), size)[: 2 * SAMPLE_RATE]
    shift = int(np.argmax(match))
    same = made[shift : shift + len(heard)]
    if np.dot(same, heard) < LIKENESS * np.linalg.norm(same) * np.linalg.norm(heard):
        return None
    ahead_s = (begin + shift - first) / SAMPLE_RATE  # of the moment that is heard before the audio clock
    breaths = breaths_of(timeline)
    drawn = []
    for clock_s, _, scale in looks:
        heard_ms = (clock_s + ahead_s) * 1000
        if (at_ms := drawn_at_ms(scale, heard_ms, breaths)) is not None:
            drawn.append(at_ms - heard_ms)
    clock = [(element_s - clock_s - ahead_s) * 1000 for clock_s, element_s, _ in looks]
    return Moment(float(np.median(clock)), np.array(drawn))


def sound_of(compiled: Compiled, order: Order) -> Callable[[int, int], NDArray[np.int16]]:
    mixer = mix(compiled, finish_of(order))
    return lambda start, end: mixer.block(start, min(end, mixer.total_frames))


def assert_together(chromium: Browser, coach: Coach, minutes: int, moments_s: tuple[float, ...]) -> None:
    order = ordered(minutes)
    compiled = compiled_as_ordered(order)
    # Only for the ear, which is a script of the test's: the page's policy lets in none.
    with phone(chromium, bypass_csp=True) as context:
        page = begun(context, f"{coach.address}?breathing=true&minutes={minutes}")
        page.evaluate(_LISTEN, [_EAR, SAMPLE_RATE])
        for moment_s in moments_s:
            go(page, moment_s * 1000)
            until(page, f"{PLAYS} && Math.abs(audio.currentTime - {moment_s}) < 3", 120)
            # A machine with much else to do leaves gaps, now and then.
            heard = (listen(page, sound_of(compiled, order), compiled.timeline) for _ in range(MOST_TRIES))
            moment = next(filter(None, heard), None)
            assert moment, "this is another sound"
            furthest = float(np.abs(moment.drawn_ms).max())
            print(
                f"{moment_s:6.0f} s: the clock is {moment.clock_ms:+.1f} ms ahead of the sound, "
                f"the breath that is drawn {np.median(moment.drawn_ms):+.1f} ms, at most {furthest:.1f}"
            )
            assert len(moment.drawn_ms) > 20
            assert abs(moment.clock_ms) < TOGETHER_MS
            assert np.median(np.abs(moment.drawn_ms)) < TOGETHER_MS
            # A frame of the screen may be late while the machine is busy, but no more than a few are.
            assert np.quantile(np.abs(moment.drawn_ms), 0.9) < TOGETHER_MS


@thorough
def test_the_breath_is_drawn_with_the_sound(chromium: Browser, coach: Coach) -> None:
    assert_together(chromium, coach, 1, (20,))


@thorough
def test_the_breath_is_drawn_with_the_sound_for_an_hour(chromium: Browser, coach: Coach) -> None:
    assert_together(chromium, coach, 60, (20, 15 * 60, 30 * 60 + 0.7, 45 * 60, 59 * 60))


@thorough
def test_the_breath_is_drawn_in_time_for_an_hour(chromium: Browser, coach: Coach) -> None:
    """Four listeners hear a quarter of it each, sixteen times as fast."""
    address, quarter_s = f"{coach.address}?breathing=true&minutes=60", 900
    breaths = breaths_of(compiled_as_ordered(ordered(60)).timeline)
    with ExitStack() as stack:
        pages = [begun(stack.enter_context(phone(chromium)), address) for _ in range(4)]
        for number, page in enumerate(pages):
            go(page, number * quarter_s * 1000)
            until(page, f"{PLAYS} && audio.currentTime > {number * quarter_s}", 120)
            page.evaluate("audio.playbackRate = 16")
            page.evaluate(_WATCH)
        off = []
        for number, page in enumerate(pages):
            until(page, f"audio.ended || audio.currentTime > {(number + 1) * quarter_s}", 120)
            seen = page.evaluate("seen")
            moments = [(drawn_at_ms(scale, now_s * 1000, breaths), now_s * 1000) for now_s, scale in seen]
            off += [abs(at_ms - now_ms) for at_ms, now_ms in moments if at_ms is not None]
            assert len(off) > (number + 1) * len(breaths) / 4, "it was seldom drawn"
    print(f"{len(off)} frames: mostly {np.median(off):.2f} ms from the timeline, at most {max(off):.1f}")
    # Played fast, the time between drawing and looking is more of the routine's than it would be.
    assert np.median(off) < TOGETHER_MS
    assert np.quantile(off, 0.9) < TOGETHER_MS * 16


@pytest.mark.live
@needs_pulse
def test_a_listener_hears_each_count_where_it_belongs(audio_server: AudioServer, coach: Coach) -> None:  # noqa: F811
    """The ear is where a person's is: after the browser and the audio server."""
    from playwright.sync_api import sync_playwright

    order = ordered(1)
    compiled = compiled_as_ordered(order)
    counts = [cue for cue in compiled.timeline.cues if cue.kind == "count"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which(PROGRAM),
            args=["--no-sandbox"],
            ignore_default_args=["--mute-audio"],
            env={**os.environ, **audio_server.env},
        )
        with phone(browser) as context, audio_server.recording() as recording:
            page = begun(context, coach.address + MINUTE)
            looks = []
            while not page.evaluate("audio.ended"):
                before = time.monotonic()
                now_s = page.evaluate("audio.currentTime")
                looks.append((recording.frames / SAMPLE_RATE - now_s) if time.monotonic() - before < 0.01 else np.nan)
                page.wait_for_timeout(50)
        browser.close()
        samples = recording.samples()
    clips = {cue.text: compiled.clips[cue.text].pcm for cue in counts if cue.text}
    heard = heard_in(samples, clips)
    assert [sound.what for sound in heard] == [cue.text for cue in counts]
    apart = [later.at_ms - sooner.at_ms for sooner, later in pairwise(heard)]
    should_be = [later.start_ms - sooner.start_ms for sooner, later in pairwise(counts)]
    furthest = max(abs(one - other) for one, other in zip(apart, should_be, strict=True))
    late_ms = np.median([sound.at_ms - cue.start_ms for sound, cue in zip(heard, counts, strict=True)])
    ahead_ms = float(late_ms - np.nanmedian(looks) * 1000)
    print(f"{len(heard)} counts, their distances at most {furthest:.1f} ms off; {ahead_ms:+.0f} ms behind the clock")
    assert furthest < SPACING_MS
    assert abs(ahead_ms) < 2 * TOGETHER_MS  # what is recorded comes in parts of some ten milliseconds
