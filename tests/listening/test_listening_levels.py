"""How loud every routine of the library is heard, in both voices: the MP3s decoded, measured by ffmpeg's ebur128."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import numpy as np
import pytest

from coach.audio.ffmpeg import ffmpeg_path
from coach.core.timeline import Timeline
from support.command import Coach
from support.listening import audible, decode, levels_of, loudness_lufs, window
from support.tiers import thorough, thoroughly


@pytest.mark.parametrize("routines", [("five-minutes",), pytest.param(("--all",), marks=thorough)])
def test_every_routine_is_as_loud_as_podcasts_are(coach: Coach, tmp_path: Path, routines: tuple[str, ...]) -> None:
    """Given briskly, which takes half the time; ``tests/benchmarks/levels.py`` has them as they are, in both voices."""
    briskly, out = ("--words", "brief", "--setup", "brisk", "--no-captions"), tmp_path / "all"
    out.mkdir()
    if routines == ("--all",):
        assert coach("render", "--all", *briskly, "-o", out).returncode == 0
    else:
        for name in routines:
            assert coach("render", name, *briskly, "-o", out / f"{name}.mp3").returncode == 0
    paths = sorted(out.glob("*.mp3"))
    assert len(paths) == len(routines) if routines != ("--all",) else len(paths) >= 10
    for path in paths:
        levels = levels_of(path)
        assert levels.lufs == pytest.approx(-19, abs=0.5), path.name
        assert levels.true_peak_db <= -1.0, path.name


ENDINGS = (".mp3", ".m4a", ".ogg", ".opus", ".wav")
FORMATS_SPOKEN = [("system", ".m4a")]
MORE_FORMATS = [each for each in itertools.product(("system", "neural"), ENDINGS) if each not in FORMATS_SPOKEN]


@pytest.mark.parametrize(("voice", "ending"), [*FORMATS_SPOKEN, *thoroughly(*MORE_FORMATS)])
def test_every_format_too(coach: Coach, tmp_path: Path, voice: str, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    assert coach("render", "knee-to-chest", "cat-cow", "--voice", voice, "-o", path).returncode == 0
    levels = levels_of(path)
    assert levels.lufs == pytest.approx(-19, abs=0.5)
    assert levels.true_peak_db <= -1.0


@pytest.mark.parametrize("manner", ["--loudness -20", *thoroughly("--pace tone", "--pace chime", "--words names")])
def test_in_every_manner_too(coach: Coach, tmp_path: Path, manner: str) -> None:
    path = tmp_path / "x.mp3"
    assert coach("render", "childs-pose", "cobra", *manner.split(), "-o", path).returncode == 0
    levels = levels_of(path)
    assert levels.lufs == pytest.approx(-23 if "--loudness" in manner else -19, abs=0.5)
    assert levels.true_peak_db <= -1.0


def test_on_two_loudspeakers_it_is_three_louder(coach: Coach, tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    coach("render", "cat-cow", "-o", path)
    assert loudness_lufs(decode(path), channels=2) == pytest.approx(-16, abs=0.5)


@pytest.mark.parametrize("voice", ["system", *thoroughly("neural")])
def test_signals_are_no_louder_than_the_voice_and_not_lost_beside_it(coach: Coach, tmp_path: Path, voice: str) -> None:
    path = tmp_path / "x.wav"
    how = ("knee-to-chest", "cat-cow", "--voice", voice)
    assert coach("render", *how, "-o", path).returncode == 0
    timeline = Timeline.from_json(coach("timeline", *how, "--json").stdout)
    samples = decode(path)

    def peaks_db(kind: str) -> np.ndarray:
        # A chime may ring on under the word that follows: only what is heard alone counts.
        cues = audible(timeline)
        ends = [after.start_ms for after in cues[1:]] + [timeline.duration_ms]
        parts = [
            window(samples, cue.start_ms, min(cue.end_ms, end_ms))[0]
            for cue, end_ms in zip(cues, ends, strict=True)
            if cue.kind == kind
        ]
        return np.array([20 * np.log10(np.abs(part).max()) for part in parts])

    chimes, speech = peaks_db("chime"), peaks_db("speech")
    assert len(chimes) >= 5
    assert chimes.max() <= np.median(speech)
    assert chimes.min() >= np.median(speech) - 15


@thorough
def test_a_background_changes_neither_loudness_nor_voice(coach: Coach, tmp_path: Path) -> None:
    rain = tmp_path / "rain.ogg"
    source = ["-f", "lavfi", "-i", "anoisesrc=d=7:c=pink:a=0.4:seed=1"]
    subprocess.run([ffmpeg_path(), "-v", "error", *source, str(rain)], check=True)
    with_rain, without = tmp_path / "a.wav", tmp_path / "b.wav"
    assert coach("render", "cat-cow", "--background", rain, "-o", with_rain).returncode == 0
    assert coach("render", "cat-cow", "-o", without).returncode == 0
    assert levels_of(with_rain).lufs == pytest.approx(-19, abs=0.5)
    assert levels_of(with_rain).true_peak_db <= -1.0
    timeline = Timeline.from_json(coach("timeline", "cat-cow", "--json").stdout)
    gaps = [
        (before.end_ms, after.start_ms)
        for before, after in zip(audible(timeline), audible(timeline)[1:], strict=False)
        if before.kind == after.kind == "speech" and after.start_ms - before.end_ms > 4_000
    ]
    rained = decode(with_rain)
    for end_ms, start_ms in gaps:
        # Between sentences far apart it has come back; just after one it is still 15 dB down.
        back, _ = window(rained, end_ms + 1_500, start_ms - 500)
        under, _ = window(rained, end_ms + 20, end_ms + 120)
        assert 10 * np.log10(np.mean(back**2) / np.mean(under**2)) > 10
    assert gaps
    assert len(rained) == len(decode(without))
