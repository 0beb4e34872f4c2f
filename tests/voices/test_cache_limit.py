"""The cache keeps within its limit, and any number of coaches may share it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from coach.audio.clip import silence
from coach.audio.clip_file import load_clip
from coach.storage.cache import CLIP, kept_in, load, shrink
from coach.voices.cached import CachedVoice
from support.command import Coach
from support.tiers import thorough


class Speaker:
    """Says nothing, and counts how often."""

    name = "speaker"
    identity = "speaker 1"
    parallel = 1

    def __init__(self) -> None:
        self.spoken: list[str] = []

    def speak(self, text: str):  # type: ignore[no-untyped-def]
        self.spoken.append(text)
        return silence(1000, 10, 80)

    def quicker(self, factor: float) -> Speaker:
        return self

    def close(self) -> None:
        pass


def age(folder: Path, voice: CachedVoice, text: str, days: int) -> None:
    past = time.time() - days * 86_400
    os.utime(voice.path_of(text), (past, past))


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    speaker = Speaker()
    voice = CachedVoice(speaker, tmp_path, limit_bytes=3 * 98_000)
    for days, text in enumerate(("newest", "new", "old", "oldest")):
        voice.speak(text)
        age(tmp_path, voice, text, days)
    voice.speak("old")  # used again just now
    voice.speak("one more")
    voice.close()
    kept = [text for text in ("one more", "newest", "new", "old", "oldest") if voice.path_of(text).exists()]
    assert kept == ["one more", "newest", "old"]
    assert sum(size for _, size, _ in kept_in(tmp_path)) <= 3 * 98_000
    assert [path.name for path in tmp_path.rglob("*.part")] == []


def test_folders_that_vanish_while_they_are_looked_through_do_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that was given up removes the folder that it would have been kept in."""
    voice = CachedVoice(Speaker(), tmp_path)
    voice.speak("kept")
    real = Path.glob

    def vanishing(path: Path, pattern: str):  # type: ignore[no-untyped-def]
        found = list(real(path, pattern))
        if pattern == "??":
            return [*found, tmp_path / "zz"]
        if path.name == "zz":
            raise FileNotFoundError(path)
        return found

    monkeypatch.setattr(Path, "glob", vanishing)
    assert len(kept_in(tmp_path)) == 1
    assert shrink(tmp_path, 0) == 1


def test_a_clip_that_was_taken_away_is_made_again(tmp_path: Path) -> None:
    speaker = Speaker()
    voice = CachedVoice(speaker, tmp_path)
    first = voice.speak("In")
    assert shrink(tmp_path, 0) == 1
    assert np.array_equal(voice.speak("In").pcm, first.pcm)
    assert speaker.spoken == ["In", "In"]


@thorough
def test_cache_shows_and_clears(coach: Coach, tmp_path: Path) -> None:
    env = {"COACH_CACHE": str(tmp_path)}
    assert "0 clips and 0 blocks, 0.0 MB of at most 500 MB" in coach("cache", env=env).stdout
    coach("timeline", "cat-cow", "--words", "names", env=env)
    shown = coach("cache", "show", env={**env, "COACH_CACHE_MB": "7"}).stdout
    assert " MB of at most 7 MB" in shown
    assert "the one used longest ago: 20" in shown
    cleared = coach("cache", "clear", env=env).stdout
    assert int(cleared.split()[0]) == int(shown.split()[0]) > 5
    assert not list(tmp_path.rglob("*.clip"))


def test_a_limit_that_is_no_number_is_refused(coach: Coach, tmp_path: Path) -> None:
    done = coach("timeline", "cat-cow", env={"COACH_CACHE": str(tmp_path), "COACH_CACHE_MB": "lots"})
    assert done.returncode == 2
    assert "COACH_CACHE_MB is “lots”; write a number of megabytes, like 500" in done.stderr


def test_a_render_keeps_within_the_limit(coach: Coach, tmp_path: Path) -> None:
    env = {"COACH_CACHE": str(tmp_path), "COACH_CACHE_MB": "1"}
    assert coach("timeline", "cat-cow", env=env).returncode == 0
    assert 0 < sum(size for _, size, _ in kept_in(tmp_path / "clips")) <= 1_000_000


def two_renders(folder: Path, env: dict[str, str], rate: int = 119) -> list[subprocess.Popen[bytes]]:
    return [
        subprocess.Popen(
            [sys.executable, "-m", "coach", "render", name, "--rate", str(rate), "-o", f"{name}.mp3"],
            cwd=folder,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for name in ("cat-cow", "cobra")
    ]


ROUNDS = 50


@thorough
def test_two_renders_at_once_killed_at_random_leave_nothing_bad(tmp_path: Path) -> None:
    """Two coaches share a cold cache, again and again; each is killed at some moment, or comes to its end."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("looks for stray processes in /proc, which is only on Linux")
    dice = random.Random(5)
    mark = f"round-{os.getpid()}"
    env = {**os.environ, "COACH_CACHE": str(tmp_path / "cache"), "COACH_TEST_MARK": mark, "TMPDIR": str(tmp_path)}
    begun = time.monotonic()
    assert [render.wait(300) for render in two_renders(tmp_path, env)] == [0, 0]
    left_alone_s = time.monotonic() - begun
    ended = 0
    for number in range(ROUNDS):
        renders = two_renders(tmp_path, env, 120 + number % 4)
        begun = time.monotonic()
        moments_s = (dice.uniform(0.04, 1.4) * left_alone_s for _ in renders)
        for after_s, render in sorted(zip(moments_s, renders, strict=True), key=lambda pair: pair[0]):
            try:
                render.wait(max(0.0, begun + after_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.kill(render.pid, dice.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
            ended += render.wait(30) == 0
    assert not stray(mark, patience_s=10)
    checked = 0
    for _, _, path in kept_in(tmp_path / "cache" / "clips"):
        assert load(path) is not None
        if path.suffix == CLIP:
            clip = load_clip(path)
            assert clip is not None
            assert len(clip.pcm) > 1000
        checked += 1
    assert checked > 50
    assert 0 < ended < 2 * ROUNDS
    for name in ("cat-cow", "cobra"):  # whole files, or none
        done = subprocess.run(
            [sys.executable, "-m", "coach", "render", name, "-o", f"{name}.mp3"],
            cwd=tmp_path,
            env=env,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / f"{name}.mp3").stat().st_size > 500_000


def stray(mark: str, patience_s: float) -> list[str]:
    """Return processes of a round that are still there after a while."""
    deadline = time.monotonic() + patience_s
    while True:
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark.encode() in environment.read_bytes() and int(environment.parent.name) != os.getpid():
                    found.append((environment.parent / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def test_folders_that_come_and_go_meanwhile_do_not_matter(tmp_path: Path) -> None:
    """An empty folder is removed by whoever waited there for a clip that was never made."""
    is_over = threading.Event()

    def come_and_go() -> None:
        while not is_over.is_set():
            for number in range(20):
                (tmp_path / f"{number:02}").mkdir(exist_ok=True)
            for number in range(20):
                (tmp_path / f"{number:02}").rmdir()

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for _ in range(300):
            assert shrink(tmp_path, 0) == 0
    finally:
        is_over.set()
        thread.join()
