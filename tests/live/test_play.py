"""``coach play`` as it is used: the real command, real keys, a real audio server; judged by what it would play."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coach.core.plan import Delivery
from coach.core.routine import Routine
from coach.core.timeline import Timeline
from coach.library import standard_library
from coach.publish import Finish, mix
from coach.recipe import Compiled, cached_voice, compile_routine
from coach.units import SAMPLE_RATE, frames_to_ms
from conftest import Coach
from hearing import Heard, heard_in
from making import delivery
from pulse import AudioServer, Recording, audio_server, needs_pulse

__all__ = ["audio_server"]

PLAYERS = ("miniaudio", "simpleaudio")
SPACING_MS = 10
"""What the timing contract allows between two counts."""
SHORT = """name: Short
purpose: to be over soon
opening: ["Hello."]
closing: ["That is all."]
stretches:
  - {stretch: cat-cow, dose: 4 x}
  - {stretch: childs-pose, dose: 3 breaths}
  - {stretch: cobra, dose: 2 breaths}
"""
MANNER = ("--breath", "2-3", "--words", "names", "--setup", "brisk", "--guidance", "full", "--voice", "system")


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scripts") / "short.yaml"
    path.write_text(SHORT)
    return path


def manner() -> Delivery:
    from coach.core.manner import Setup, Words

    return delivery("2-3", words=Words.NAMES, setup=Setup.BRISK)


@pytest.fixture(scope="module")
def whole(short: Path) -> Compiled:
    """What is to be played; this speaks it, so that it begins at once."""
    routine: Routine = standard_library().routine(str(short))
    return compile_routine(routine, manner(), cached_voice("system", 145))


def spoken_clips(compiled: Compiled) -> dict[str, NDArray[np.int16]]:
    return {text: clip.pcm for text, clip in compiled.clips.items()}


def expected(timeline: Timeline) -> list[Heard]:
    return [Heard(cue.start_ms, cue.text) for cue in timeline.cues if cue.text is not None]


@dataclass
class Played:
    """A session in a terminal of its own."""

    process: subprocess.Popen[bytes]
    terminal: int
    recording: Recording
    began_frame: int

    def press(self, keys: str, then_s: float = 0.0) -> int:
        """Press a key; return the frame at which that was."""
        frame = self.recording.frames
        os.write(self.terminal, keys.encode())
        time.sleep(then_s)
        return frame

    def over(self, within_s: float = 120) -> int:
        """Wait for its end; return its exit status."""
        end = time.monotonic() + within_s
        while self.process.poll() is None:
            assert time.monotonic() < end
            with contextlib.suppress(OSError):
                os.set_blocking(self.terminal, False)
                os.read(self.terminal, 65536)
            time.sleep(0.05)
        return self.process.returncode


@contextlib.contextmanager
def played(server: AudioServer, *arguments: str | Path) -> Iterator[Played]:
    with server.recording() as recording:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "coach", "play", *map(str, arguments), "--quiet"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm"},
            start_new_session=True,
        )
        os.close(theirs)
        try:
            yield Played(process, ours, recording, recording.frames)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(ours)


def until_heard(session: Played, from_frame: int = 0, within_s: float = 10) -> int:
    """Wait for a sound after some frame; return where it begins."""
    end = time.monotonic() + within_s
    while True:
        loud = np.flatnonzero(np.abs(session.recording.samples()[from_frame:]) > 300)
        if len(loud):
            return from_frame + int(loud[0])
        assert time.monotonic() < end, "nothing is heard"
        time.sleep(0.05)


def ms_between(frames: int, later: int) -> float:
    return (later - frames) * 1000 / SAMPLE_RATE


def steepest(samples: NDArray[np.int16]) -> int:
    return int(np.abs(np.diff(samples.astype(int))).max(initial=0))


@needs_pulse
@pytest.mark.parametrize("player", PLAYERS)
def test_what_is_heard_is_the_timeline_count_by_count(
    player: str, audio_server: AudioServer, short: Path, whole: Compiled
) -> None:
    with played(audio_server, short, *MANNER, "--player", player) as session:
        assert session.over() == 0
        heard = heard_in(session.recording.samples(), spoken_clips(whole))
    wanted = expected(whole.timeline)
    assert [sound.what for sound in heard] == [sound.what for sound in wanted]
    apart = [later.at_ms - sooner.at_ms for sooner, later in pairwise(heard)]
    should_be = [later.at_ms - sooner.at_ms for sooner, later in pairwise(wanted)]
    assert apart == pytest.approx(should_be, abs=SPACING_MS)


def test_left_alone_it_is_the_samples_of_its_file(coach: Coach, tmp_path: Path, short: Path, whole: Compiled) -> None:
    done = coach("play", short, *MANNER, "--player", f"record:{tmp_path / 'played.wav'}")
    assert done.returncode == 0, done.stderr
    with wave.open(str(tmp_path / "played.wav")) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    mixer = mix(whole, Finish())
    assert (heard[: mixer.total_frames] == mixer.block(0, mixer.total_frames)).all()
    assert not heard[mixer.total_frames :].any()


@needs_pulse
@pytest.mark.parametrize("player", PLAYERS)
def test_keys_do_what_they_say(player: str, audio_server: AudioServer, short: Path, whole: Compiled) -> None:
    texts = (
        *("Next, Child's pose.", "Back to Cat-cow.", "Once more, Cat-cow.", "Cat-cow.", "That is enough for today."),
        *("Two breaths left.", "Three breaths left.", "Four breaths left.", "Once more, Child's pose."),
    )
    voice = cached_voice("system", 145)
    clips = {**spoken_clips(whole), **{text: voice.speak(text).pcm for text in texts}}
    voice.close()
    with played(audio_server, short, *MANNER, "--player", player) as session:

        def wait_for(what: str, since: int, within_s: float = 40) -> int:
            """Return the frame, in the recording, at which something was said."""
            end = time.monotonic() + within_s
            while True:
                samples = session.recording.samples()[since:]
                found = [sound for sound in heard_in(samples, {what: clips[what]}) if sound.what == what]
                if found:
                    return since + round(found[0].at_ms * SAMPLE_RATE / 1000)
                assert time.monotonic() < end, f"“{what}” is not heard"
                time.sleep(0.2)

        begun = until_heard(session, session.began_frame)
        first = wait_for("In", begun)
        second = wait_for("In", first + SAMPLE_RATE)
        assert ms_between(first, second) == pytest.approx(5_000, abs=SPACING_MS)

        pressed = session.press(" ", 3)
        silent = session.recording.samples()[pressed + SAMPLE_RATE * 6 // 10 :][: SAMPLE_RATE * 2]
        assert np.abs(silent).max() <= 1, "it is not silent within 0.6 s"
        resumed = session.press(" ")
        place = wait_for("Cat-cow.", resumed)
        again = wait_for("In", place)
        assert wait_for("two", again) - again == pytest.approx(
            SAMPLE_RATE, abs=SAMPLE_RATE * SPACING_MS // 1000 + 9_000
        )

        pressed = session.press("-")
        third = wait_for("In", again + SAMPLE_RATE)
        fourth = wait_for("In", third + SAMPLE_RATE)
        assert ms_between(again, third) == pytest.approx(5_000, abs=SPACING_MS)
        assert ms_between(third, fourth) == pytest.approx(5_500, abs=SPACING_MS)

        pressed = session.press("\x1b[C")  # right
        following = wait_for("Next, Child's pose.", pressed)
        assert ms_between(pressed, following) < 6_000
        pressed = session.press("p", 0.5)
        wait_for("Back to Cat-cow.", pressed)
        time.sleep(6)
        pressed = session.press("r")
        wait_for("Once more, Cat-cow.", pressed)
        pressed = session.press("q")
        wait_for("That is all.", pressed)
        assert session.over() == 0
        recording = session.recording.samples()
    uncut = mix(whole, Finish())
    loudest = steepest(uncut.block(0, uncut.total_frames))
    assert steepest(recording) <= 1.1 * loudest, "it clicks"
    # No word was said twice in a row but where somebody asked.
    said = [sound.what for sound in heard_in(recording, clips)]
    assert said.count("Hello.") == 1
    assert said.count("That is all.") == 1


@needs_pulse
def test_ctrl_c_stops_at_once_and_leaves_everything_as_it_was(
    audio_server: AudioServer, short: Path, whole: Compiled, coach: Coach
) -> None:
    with played(audio_server, short, *MANNER, "--player", "miniaudio") as session:
        until_heard(session, session.began_frame)
        time.sleep(2)
        pressed = session.press("\x03")
        assert session.over(within_s=5) == 130
        time.sleep(0.3)
        after = session.recording.samples()[pressed + SAMPLE_RATE // 2 :]
        assert not after.any()
        assert steepest(session.recording.samples()[pressed:]) <= steepest(
            mix(whole, Finish()).block(0, 30 * SAMPLE_RATE)
        )
    assert audio_server.ask("list", "short", "sink-inputs") == ""
    assert "stopped" in coach("history").stdout


@needs_pulse
def test_a_machine_that_was_asleep_goes_on_where_it_was(
    audio_server: AudioServer, short: Path, whole: Compiled
) -> None:
    with played(audio_server, short, *MANNER, "--player", "miniaudio") as session:
        until_heard(session, session.began_frame)
        time.sleep(8)
        os.kill(session.process.pid, signal.SIGSTOP)
        time.sleep(5)
        os.kill(session.process.pid, signal.SIGCONT)
        assert session.over() == 0
        heard = heard_in(session.recording.samples(), spoken_clips(whole))
    said = [sound.what for sound in heard]
    # At most the one word in which it fell asleep is not whole.
    wanted = [sound.what for sound in expected(whole.timeline)]
    missing = len(wanted) - len(said)
    assert missing <= 1
    assert said == wanted if not missing else all(what in wanted for what in said)


@needs_pulse
def test_a_loudspeaker_that_vanishes_is_waited_for(audio_server: AudioServer, short: Path, whole: Compiled) -> None:
    with played(audio_server, short, *MANNER, "--player", "miniaudio") as session:
        begun = until_heard(session, session.began_frame)
        time.sleep(6)
        before = session.recording.samples()
        audio_server.stop()
        time.sleep(3)
        assert session.process.poll() is None
        audio_server.start()
        with audio_server.recording() as later:
            assert session.over() == 0
            after = later.samples()
    first = [sound.what for sound in heard_in(before[begun - SAMPLE_RATE // 10 :], spoken_clips(whole))]
    second = [sound.what for sound in heard_in(after, spoken_clips(whole))]
    assert second[-1] == whole.timeline.cues[-2].text or second[-1] == expected(whole.timeline)[-1].what
    wanted = [sound.what for sound in expected(whole.timeline)]
    assert first == wanted[: len(first)]
    assert len(first) + len(second) >= len(wanted) - 1


def test_with_no_loudspeaker_it_says_what_to_do(coach: Coach, tmp_path: Path, short: Path) -> None:
    nowhere = {"PULSE_SERVER": f"unix:{tmp_path / 'none'}", "ALSA_CONFIG_PATH": str(tmp_path / "none.conf")}
    done = coach("play", short, *MANNER, env=nowhere)
    assert done.returncode == 1
    assert done.stderr.count("\n") <= 2
    assert "no loudspeaker was found" in done.stderr
    assert "coach render" in done.stderr


def test_resume_goes_on_with_the_stretch_where_it_stopped(
    coach: Coach, tmp_path: Path, short: Path, whole: Compiled
) -> None:
    data = {"COACH_DATA": str(tmp_path / "data")}
    process = subprocess.Popen(
        [sys.executable, "-m", "coach", "play", str(short), *MANNER, "--player", f"record:{tmp_path / 'a.wav'}"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **data},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Child's pose (2 of 3)" in line:
            break
    process.kill()
    process.communicate()
    done = coach("play", "--resume", "--player", f"record:{tmp_path / 'b.wav'}", env=data)
    assert done.returncode == 0, done.stderr
    with wave.open(str(tmp_path / "b.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    voice = cached_voice("system", 145)
    extra = {text: voice.speak(text).pcm for text in ("Welcome back.", "Next, Child's pose.", "Next, Cobra.")}
    voice.close()
    said = [sound.what for sound in heard_in(samples, {**spoken_clips(whole), **extra})]
    assert said[0] == "Welcome back."
    assert "Next, Child's pose." in said
    assert "Hello." not in said
    assert said[-1] == expected(whole.timeline)[-1].what
    assert frames_to_ms(len(samples)) < whole.timeline.duration_ms
    again = coach("play", "--resume", env=data)
    assert again.returncode == 2
    assert "there is no session to go on with" in again.stderr


def test_a_full_disk_under_the_history_stops_nothing(coach: Coach, tmp_path: Path, short: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    done = coach(
        "play", short, *MANNER, "--player", f"record:{tmp_path / 'a.wav'}", env={"COACH_DATA": str(tmp_path / "data")}
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert (tmp_path / "a.wav").exists()
    assert "history" in done.stderr
