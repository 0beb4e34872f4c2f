"""``coach play`` as it is used: the real command, real keys, a real audio server; judged by what it would play."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
import wave
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coach.audio.finish import Finish
from coach.compiler import Compiled
from coach.core.delivery import Setup
from coach.core.languages.english import phrases
from coach.core.timeline import Timeline
from coach.defaults import RATE_WPM
from coach.library.paths import path_library
from coach.publish.publish import mix
from coach.recipe import cached_voice, compile_routine
from coach.units import SAMPLE_RATE
from support.command import Coach
from support.hearing import Heard, heard_in
from support.making import delivery
from support.pulse import AudioServer, Recording, needs_pulse
from support.terminals import Pseudo

PLAYERS = ("miniaudio", "simpleaudio")
STRETCH = """name: {name} stretch
eases: nothing
position: standing
setup: [{{say: Lift your toes., move: 1 s}}]
movement: {{kind: hold, dose: 3 breaths}}
release: [{{say: Let your toes go., move: 1 s}}]
sources: [{{article: "002", dose: 3 breaths}}]
"""
SPACING_MS = 10
"""What the timing contract allows between two counts."""
SCRIPTS = {
    "short": """name: Short
purpose: to be over soon
opening: ["Hello.", "Breathe softly, not deeply.", "If you feel light-headed, breathe as you like."]
closing: ["That is all."]
stretches: [{stretch: alpha}, {stretch: beta, dose: 1 breaths}]
""",
    "alpha": STRETCH.format(name="Alpha"),
    "beta": STRETCH.format(name="Beta"),
}
MANNER = ("--breath", "2-2", "--setup", "brisk", "--guidance", "full", "--voice", "system")


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scripts")
    for name, text in SCRIPTS.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder / "short.yaml"


@pytest.fixture(scope="module")
def whole(short: Path) -> Compiled:
    """What is to be played; this speaks it, so that it begins at once."""
    routine = path_library().routine(str(short))
    return compile_routine(routine, delivery("2-2", setup=Setup.BRISK), cached_voice("system", RATE_WPM))


def spoken_clips(compiled: Compiled) -> dict[str, NDArray[np.int16]]:
    return {text: clip.pcm for text, clip in compiled.clips.items()}


def expected(timeline: Timeline) -> list[Heard]:
    return [Heard(cue.start_ms, cue.text) for cue in timeline.cues if cue.text is not None]


@dataclass
class Played:
    """A session in a terminal of its own, and an ear on it."""

    server: AudioServer
    recording: Recording
    pseudo: Pseudo

    def press(self, keys: str, then_s: float = 0.0) -> int:
        """Press a key; return the frame of the recording at which that was."""
        frame = self.recording.frames
        self.pseudo.press(keys.encode())
        time.sleep(then_s)
        return frame

    def over(self, within_s: float = 120) -> int:
        """Wait for its end; return its exit status."""
        return self.pseudo.process.wait(within_s)

    def wait_for(self, what: str, clips: Mapping[str, NDArray[np.int16]], since: int = 0, within_s: float = 45) -> int:
        """Wait until something has been said whole; return the frame at which it begins."""
        end = time.monotonic() + within_s
        while True:
            found = heard_in(self.recording.samples()[since:], {what: clips[what]})
            if found:
                return since + round(found[0].at_ms * SAMPLE_RATE / 1000)
            assert self.pseudo.process.poll() is None, f"it has ended: {self.pseudo.output}"
            assert time.monotonic() < end, f"“{what}” is not heard; {self.pseudo.output}"
            time.sleep(0.25)


@contextlib.contextmanager
def played(tmp_path: Path, *arguments: str | Path, server: AudioServer | None = None) -> Iterator[Played]:
    """Play something to an audio server of its own."""
    with contextlib.ExitStack() as stack:
        if server is None:
            server = AudioServer()
            stack.callback(server.close)
            server.start()
        recording = stack.enter_context(server.recording())
        words = ["coach", "play", *map(str, arguments), "--quiet"]
        tmp_path.mkdir(exist_ok=True)
        code = f"import sys; sys.argv = {words!r}; from coach.__main__ import main; main()"
        pseudo = Pseudo(code, tmp_path, {**server.env, "COACH_DATA": str(tmp_path / "data")})
        stack.callback(pseudo.close)
        yield Played(server, recording, pseudo)


def with_each_player(play: Callable[[str], None]) -> None:
    """Play with every player at once: it takes as long as it sounds."""
    with ThreadPoolExecutor() as threads:
        for done in [threads.submit(play, player) for player in PLAYERS]:
            done.result()


def ms_between(frames: int, later: int) -> float:
    return (later - frames) * 1000 / SAMPLE_RATE


def steepest(samples: NDArray[np.int16]) -> int:
    return int(np.abs(np.diff(samples.astype(int))).max(initial=0))


@pytest.mark.live
@needs_pulse
def test_what_is_heard_is_the_timeline_count_by_count(tmp_path: Path, short: Path, whole: Compiled) -> None:
    def play(player: str) -> None:
        with played(tmp_path / player, short, *MANNER, "--player", player) as session:
            assert session.over() == 0
            heard = heard_in(session.recording.samples(), spoken_clips(whole))
        wanted = expected(whole.timeline)
        assert [sound.what for sound in heard] == [sound.what for sound in wanted]
        apart = [later.at_ms - sooner.at_ms for sooner, later in pairwise(heard)]
        should_be = [later.at_ms - sooner.at_ms for sooner, later in pairwise(wanted)]
        assert apart == pytest.approx(should_be, abs=SPACING_MS)

    with_each_player(play)


def test_left_alone_it_is_the_samples_of_its_file(coach: Coach, tmp_path: Path, short: Path, whole: Compiled) -> None:
    done = coach("play", short, *MANNER, "--player", f"record:{tmp_path / 'played.wav'}")
    assert done.returncode == 0, done.stderr
    with wave.open(str(tmp_path / "played.wav")) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    mixer = mix(whole, Finish())
    assert (heard[: mixer.total_frames] == mixer.block(0, mixer.total_frames)).all()
    assert not heard[mixer.total_frames :].any()


@pytest.mark.live
@needs_pulse
def test_keys_do_what_they_say(tmp_path: Path, short: Path, whole: Compiled) -> None:
    texts = ("Now, Beta stretch.", "Once more.", "Beta stretch.", "Going back.", "Alpha stretch.")
    texts += tuple(phrases.breaths_left(number) for number in (1, 2, 3))
    voice = cached_voice("system", RATE_WPM)
    clips = {**spoken_clips(whole), **{text: voice.speak(text).pcm for text in texts}}
    voice.close()
    uncut = mix(whole, Finish())
    loudest = steepest(uncut.block(0, uncut.total_frames))

    def play(player: str) -> None:
        with played(tmp_path / player, short, *MANNER, "--player", player) as session:
            first = session.wait_for("In", clips)
            second = session.wait_for("In", clips, first + SAMPLE_RATE)
            assert ms_between(first, second) == pytest.approx(4_000, abs=SPACING_MS)

            pressed = session.press(" ", 2.5)
            pause = session.recording.samples()[pressed + SAMPLE_RATE * 6 // 10 :][: SAMPLE_RATE * 3 // 2]
            assert np.abs(pause).max() <= 1, "it is not silent within 0.6 s"
            resumed = session.press(" ")
            place = session.wait_for("Alpha stretch.", clips, resumed)
            left = session.wait_for("Two breaths left.", clips, place)
            again = session.wait_for("In", clips, left)

            session.press("-")
            third = session.wait_for("In", clips, again + SAMPLE_RATE)
            assert ms_between(again, third) == pytest.approx(4_000, abs=SPACING_MS)
            slower = [session.wait_for(word, clips, third) for word in ("In", "two")]
            assert ms_between(*slower) == pytest.approx(ms_on_beat("In", "two", whole, 1_100), abs=SPACING_MS)

            pressed = session.press("\x1b[C")  # the right arrow
            assert ms_between(pressed, session.wait_for("Let your toes go.", clips, pressed)) < 1_000
            session.wait_for("Now, Beta stretch.", clips, pressed)
            pressed = session.press("r")
            session.wait_for("Beta stretch.", clips, session.wait_for("Once more.", clips, pressed))
            pressed = session.press("p")
            session.wait_for("Alpha stretch.", clips, session.wait_for("Going back.", clips, pressed))
            pressed = session.press("q")
            session.wait_for("That is all.", clips, pressed)
            assert session.over() == 0
            recording = session.recording.samples()
        assert steepest(recording) <= 1.1 * loudest, "it clicks"
        said = [sound.what for sound in heard_in(recording, clips)]
        paused, skipped = said.index("Alpha stretch."), said.index("Let your toes go.")
        wanted = [sound.what for sound in expected(whole.timeline)]
        assert said[:paused] == wanted[:paused]
        assert paused >= wanted.index("In") + 4
        assert said[paused : paused + 6] == [
            "Alpha stretch.",
            "Two breaths left.",
            "In",
            "two",
            "Out",
            "One more breath.",
        ]
        assert said[skipped:] == [
            *(
                "Let your toes go.",
                "Now, Beta stretch.",
                "Once more.",
                "Beta stretch.",
                "Going back.",
                "Alpha stretch.",
            ),
            *("That is all.", "Stand easy, and let your breath be easy.", "Notice your back now."),
        ]

    with_each_player(play)


def ms_on_beat(one: str, other: str, whole: Compiled, beat_ms: int) -> int:
    """Return from the beginning of one count to that of the next: their centres are a beat apart."""
    return beat_ms + whole.clips[one].timing.center_ms - whole.clips[other].timing.center_ms


@pytest.mark.live
@needs_pulse
def test_ctrl_c_stops_at_once_and_leaves_everything_as_it_was(tmp_path: Path, short: Path, whole: Compiled) -> None:
    with played(tmp_path / "it", short, *MANNER, "--player", "miniaudio") as session:
        session.wait_for("Hello.", spoken_clips(whole))
        time.sleep(1)
        pressed = session.press("\x03")
        assert session.over(within_s=5) == 130
        time.sleep(0.5)
        heard = session.recording.samples()[pressed:]
        assert not heard[SAMPLE_RATE // 2 :].any()
        assert steepest(heard) <= steepest(mix(whole, Finish()).block(0, 10 * SAMPLE_RATE))
        assert session.server.ask("list", "short", "sink-inputs") == ""
        assert session.pseudo.modes() == session.pseudo.before
        assert session.pseudo.errors.splitlines()[1:] == []


@pytest.mark.live
@needs_pulse
def test_a_machine_that_was_asleep_goes_on_where_it_was(tmp_path: Path, short: Path, whole: Compiled) -> None:
    clips = spoken_clips(whole)
    with played(tmp_path / "it", short, *MANNER, "--player", "miniaudio") as session:
        session.wait_for("Hello.", clips)
        os.kill(session.pseudo.process.pid, signal.SIGSTOP)
        time.sleep(30)
        os.kill(session.pseudo.process.pid, signal.SIGCONT)
        assert session.over() == 0
        said = [sound.what for sound in heard_in(session.recording.samples(), clips)]
    wanted = [sound.what for sound in expected(whole.timeline)]
    # The word in which it fell asleep has a hole.
    assert said == wanted or [*said[:1], wanted[1], *said[1:]] == wanted


@pytest.mark.live
@needs_pulse
def test_a_loudspeaker_that_vanishes_is_waited_for(tmp_path: Path, short: Path, whole: Compiled) -> None:
    clips = spoken_clips(whole)
    with played(tmp_path / "it", short, *MANNER, "--player", "miniaudio") as session:
        session.wait_for("Breathe softly, not deeply.", clips)
        first = [sound.what for sound in heard_in(session.recording.samples(), clips)]
        session.server.stop()
        time.sleep(3)
        assert session.pseudo.process.poll() is None
        session.server.start()
        with session.server.recording() as later:
            assert session.over() == 0
            second = [sound.what for sound in heard_in(later.samples(), clips)]
    wanted = [sound.what for sound in expected(whole.timeline)]
    assert first == wanted[: len(first)]
    # What broke off is said anew.
    assert second == wanted[-len(second) :]
    assert len(first) + len(second) >= len(wanted)


@pytest.mark.live
@needs_pulse
def test_a_player_that_is_killed_is_started_again(tmp_path: Path, short: Path, whole: Compiled) -> None:
    clips = spoken_clips(whole)
    with played(tmp_path / "it", short, *MANNER, "--player", "simpleaudio") as session:
        session.wait_for("Hello.", clips)
        tasks = Path(f"/proc/{session.pseudo.process.pid}/task").glob("*/children")
        children = [child for task in tasks for child in task.read_text().split()]
        players = [
            int(child) for child in children if b"simpleaudio_worker" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]
        assert len(players) == 1
        killed = session.recording.frames
        os.kill(players[0], signal.SIGKILL)
        session.wait_for("First, Alpha stretch.", clips, killed)
        session.press("\x03")
        assert session.over(within_s=5) == 130
        assert session.pseudo.modes() == session.pseudo.before
        said = [sound.what for sound in heard_in(session.recording.samples(), clips)]
    # What broke off is said anew, and nothing is lost.
    wanted = [sound.what for sound in expected(whole.timeline)]
    assert list(dict.fromkeys(said)) == wanted[: len(dict.fromkeys(said))]


def test_with_no_loudspeaker_it_says_what_to_do(coach: Coach, tmp_path: Path, short: Path) -> None:
    nowhere = {"PULSE_SERVER": f"unix:{tmp_path / 'none'}", "ALSA_CONFIG_PATH": str(tmp_path / "none.conf")}
    done = coach("play", short, *MANNER, env=nowhere)
    assert done.returncode == 1
    assert done.stderr.count("\n") <= 2
    assert "no loudspeaker was found" in done.stderr
    assert "coach render" in done.stderr


@pytest.mark.live
@needs_pulse
def test_resume_goes_on_with_the_stretch_where_it_was_killed(
    coach: Coach, tmp_path: Path, short: Path, whole: Compiled
) -> None:
    clips = spoken_clips(whole)
    voice = cached_voice("system", RATE_WPM)
    clips |= {text: voice.speak(text).pcm for text in ("Welcome back.", "Now, Beta stretch.")}
    voice.close()
    with played(tmp_path / "it", short, *MANNER, "--player", "miniaudio") as session:
        session.wait_for("Now, Beta stretch.", clips, within_s=90)
        time.sleep(0.3)  # where it is is noted a moment later
        session.pseudo.process.kill()
        session.pseudo.process.wait()
    data = {"COACH_DATA": str(tmp_path / "it" / "data")}
    done = coach("play", "--resume", "--words", "names", "--player", f"record:{tmp_path / 'b.wav'}", env=data)
    assert done.returncode == 0, done.stderr
    with wave.open(str(tmp_path / "b.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    said = [sound.what for sound in heard_in(samples, clips)]
    assert said[:2] == ["Welcome back.", "Now, Beta stretch."]
    assert said[-1] == "Stand easy, and let your breath be easy."  # and, in few words, nothing after it
    assert not {"Hello.", "Lift your toes."} & set(said)  # what is given now outranks what was given then
    told = json.loads(coach("history", "--json", env=data).stdout)["sessions"]
    assert [(each["outcome"], each["at_number"]) for each in told] == [("stopped", 2)]  # a recording is no practice


@pytest.mark.live
@needs_pulse
def test_a_full_disk_under_the_history_stops_nothing(tmp_path: Path, short: Path, whole: Compiled) -> None:
    (tmp_path / "it").mkdir()
    (tmp_path / "it" / "data").write_text("a file where a folder should be")
    with played(tmp_path / "it", short, *MANNER, "--player", "miniaudio") as session:
        session.wait_for("Hello.", spoken_clips(whole))
        session.press("q")
        assert session.over() == 0
        assert "Traceback" not in session.pseudo.errors
        assert "history" in session.pseudo.errors
