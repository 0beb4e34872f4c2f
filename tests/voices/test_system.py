"""The real engine, and fakes that only cause faults."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from coach.audio.ffmpeg import ffmpeg_path
from coach.core.languages.english.numbers import number_words
from coach.errors import UnknownNameError, VoiceError
from coach.units import SAMPLE_RATE
from coach.voices import open_voice, system_worker
from coach.voices.cached import CachedVoice
from coach.voices.system import WORKER, SystemVoice
from support.faults import fake


@pytest.fixture
def voice() -> Iterator[SystemVoice]:
    one = SystemVoice()
    yield one
    one.close()


def test_it_speaks(voice: SystemVoice) -> None:
    clip = voice.speak("Cross your right ankle over your left thigh.")
    assert 2000 < clip.timing.length_ms < 4000
    assert len(clip.pcm) == pytest.approx(clip.timing.length_ms * SAMPLE_RATE / 1000, abs=50)
    assert np.abs(clip.pcm).max() > 8000
    assert 0 <= clip.timing.onset_ms <= 20


def test_it_says_the_same_every_time(voice: SystemVoice) -> None:
    clips = [voice.speak(text) for text in ("two", "Breathe out.", "two")]
    assert np.array_equal(clips[0].pcm, clips[2].pcm)
    assert not np.array_equal(clips[0].pcm, clips[1].pcm)


def test_every_line_is_spoken_at_the_rate_asked_for(voice: SystemVoice) -> None:
    """pyttsx3 lost the rate of about one text in sixty: it was spoken at espeak's own 200 words a minute."""
    lengths = {voice.speak("Set your hands under your shoulders.").timing.length_ms for _ in range(40)}
    assert len(lengths) == 1


def test_counts_of_two_words_are_felt_in_their_first(voice: SystemVoice) -> None:
    """“Twenty-four” once had its centre in “four”, half a second late."""
    centres = [voice.speak(number_words(number)).timing.center_ms for number in range(21, 50)]
    assert max(centres) - min(centres) <= 60
    assert max(centres) < 160


@pytest.fixture(scope="module")
def rates() -> Iterator[list[SystemVoice]]:
    voices = [SystemVoice(rate_wpm=wpm, processes=1) for wpm in (110, 145, 200, 290)]
    yield voices
    for each in voices:
        each.close()


@pytest.mark.parametrize(
    "text",
    [*map(number_words, (*range(1, 11), 13, 20, 31, 39)), "In", "Out", "Hold", "Rest", "Breathe in.", "Breathe out."],
)
def test_a_word_is_felt_in_the_same_place_at_every_rate(text: str, rates: list[SystemVoice]) -> None:
    """“Breathe out.” once had its centre in “out” at 200 words a minute, and in “breathe” at 145."""
    shares = []
    for each in rates:
        timing = each.speak(text).timing
        shares.append((timing.center_ms - timing.onset_ms) / timing.length_ms)
    assert max(shares) - min(shares) <= 0.16


def test_a_faster_rate_is_shorter(voice: SystemVoice) -> None:
    fast = SystemVoice(rate_wpm=250)
    slow = voice.speak("Lower your hips to the floor.")
    assert fast.speak("Lower your hips to the floor.").timing.length_ms < 0.8 * slow.timing.length_ms
    assert fast.identity != voice.identity
    fast.close()


@pytest.mark.parametrize("wanted", ["en-gb", "gmw/en", "English (Great Britain)"])
def test_a_voice_is_found_by_language_id_or_name(wanted: str) -> None:
    british = SystemVoice(wanted)
    assert british.name == "system:gmw/en"
    assert british.speak("Rest.").timing.length_ms > 200
    british.close()
    same = open_voice(f"system:{wanted}", 145)
    assert same.name == british.name
    same.close()


def test_an_unknown_voice_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="no voice called “en-gbb”; did you mean “en-gb”"):
        open_voice("en-gbb", 145)
    with pytest.raises(UnknownNameError, match="“coach voices” lists them"):
        open_voice("silent:loud", 145)


def test_many_short_lines_lose_none(voice: SystemVoice) -> None:
    """pyttsx3 cancels about one text in a hundred when they come quickly; a lost one costs a second."""
    started = time.monotonic()
    for _ in range(3):
        for word in ("In", "two", "three", "four", "Out", "five", "six", "Breathe out, and sink."):
            assert voice.speak(word).timing.length_ms > 150
    assert time.monotonic() - started < 20


def test_nothing_of_the_engine_is_printed(voice: SystemVoice, capfd: pytest.CaptureFixture[str]) -> None:
    voice.speak("two")
    assert capfd.readouterr() == ("", "")


FAULTS = {
    "hangs": ("time.sleep(60)", "did not answer within 1 s"),
    "dies": ("sys.exit(7)", r"ended unexpectedly \(status 7\)"),
    "is killed": ("os.kill(os.getpid(), 9)", r"ended unexpectedly \(status -9\)"),
    "answers rubbish": ("print('\\x1b[0m?!', flush=True)", "sent invalid data"),
    "answers bytes": ("sys.stdout.buffer.write(b'\\xff\\xfe\\n'); sys.stdout.flush()", "sent invalid data"),
    "writes no file": ("answer(spoken=True)", "nothing can be heard"),
    "writes an empty file": ("open(request['path'], 'w').close(); answer(spoken=True)", "nothing can be heard"),
    "writes silence": ("sound(0); answer(spoken=True)", "nothing can be heard"),
    "says it twice": ("sound(40000); answer(spoken=True)", r"it came out too long \(1\.8 s, and about 0\.\d s"),
    "loses its tail": ("sound(2000); answer(spoken=True)", r"it came out cut short \(0\.1 s"),
    "writes half a file": (
        "sound(); data = open(request['path'], 'rb').read()[:3000]; open(request['path'], 'wb').write(data); "
        "answer(spoken=True)",
        "cut short|nothing can be heard",
    ),
    "reports an error": ("answer(error='RuntimeError: no device')", "RuntimeError: no device"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_engine_is_asked_twice_and_then_named(tmp_path: Path, fault: str) -> None:
    body, says = FAULTS[fault]
    voice = SystemVoice(worker=fake(tmp_path, f"    {body}"), processes=1, line_timeout_s=1)
    with pytest.raises(VoiceError, match=rf"could not say “Breathe in\.”: .*{says}"):
        voice.speak("Breathe in.")
    workers = (tmp_path / "asked").read_text().split()
    assert len(workers) == 2
    assert len(set(workers)) == 2
    voice.close()
    for pid in workers:
        assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_is_not_noticed(tmp_path: Path, fault: str) -> None:
    body = f"    if times == 1:\n        {FAULTS[fault][0]}\n        continue\n    sound(); answer(spoken=True)"
    voice = SystemVoice(worker=fake(tmp_path, body), processes=1, line_timeout_s=1)
    assert voice.speak("Breathe in.").timing.length_ms == pytest.approx(408, abs=15)
    voice.close()


def test_a_missing_engine_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match=r"no speech engine could be started: .*Install one"):
        SystemVoice("en-gb", worker=fake(tmp_path, "    answer(error='ImportError: no espeak')"))


def test_closing_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    voice = SystemVoice(worker=fake(tmp_path, "    sound(); answer(spoken=True)"), processes=1)
    voice.speak("x")
    (worker,) = voice._pool._workers
    folder = worker.folder()
    assert folder.is_dir()
    pid = (tmp_path / "asked").read_text().strip()
    voice.close()
    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()
    voice.speak("x")  # it may be asked again
    voice.close()


def test_the_folder_of_a_render_that_was_killed_is_swept_by_the_next(tmp_path: Path) -> None:
    """Six renders of a hundred that were killed once left their folder for good."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    (temporary / "coach-voice-of-mine").mkdir()
    env = {**os.environ, "TMPDIR": str(temporary), "COACH_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "coach", "timeline", "cat-cow", "--words", "names"]
    with subprocess.Popen([*command, "--rate", "141"], env=env, stdout=subprocess.DEVNULL) as render:
        while not list(temporary.glob("coach-voice-*.coach-part")):
            assert render.poll() is None
            time.sleep(0.005)
        render.kill()
    left = set(temporary.glob("coach-voice-*.coach-part"))
    assert left
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
    assert [path.name for path in temporary.glob("coach-voice-*")] == ["coach-voice-of-mine"]


def test_the_worker_ends_when_the_coach_is_gone() -> None:
    worker = subprocess.Popen(WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    worker.communicate(timeout=10)
    assert worker.returncode == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_cache_is_sound_and_the_next_try_works(tmp_path: Path, fault: str) -> None:
    body = f"    if times <= 2:\n        {FAULTS[fault][0]}\n        continue\n    sound(); answer(spoken=True)"
    bare = SystemVoice(worker=fake(tmp_path, body), processes=1, line_timeout_s=1)
    voice = CachedVoice(bare, tmp_path / "clips")
    with pytest.raises(VoiceError):
        voice.speak("Breathe in.")
    assert not list((tmp_path / "clips").rglob("*"))
    clip = voice.speak("Breathe in.")
    assert voice.path_of("Breathe in.").is_file()
    assert np.array_equal(voice.speak("Breathe in.").pcm, clip.pcm)
    assert len((tmp_path / "asked").read_text().split()) == 3
    voice.close()


def test_two_texts_are_spoken_at_once(tmp_path: Path) -> None:
    body = "    while len(open(asked).readlines()) < 2: time.sleep(0.01)\n    sound(); answer(spoken=True)"
    voice = SystemVoice(worker=fake(tmp_path, body), processes=2)
    with ThreadPoolExecutor(voice.parallel) as threads:
        clips = list(threads.map(voice.speak, ["Breathe in.", "Breathe out."]))
    assert len(clips) == 2
    voice.close()


def test_closing_gives_up_what_is_being_spoken(tmp_path: Path) -> None:
    voice = SystemVoice(worker=fake(tmp_path, "    time.sleep(30)"), processes=1)
    with ThreadPoolExecutor(1) as threads:
        speaking = threads.submit(voice.speak, "Breathe in.")
        while not (tmp_path / "asked").exists():
            time.sleep(0.01)
        voice.close()
        with pytest.raises(VoiceError, match="it was stopped"):
            speaking.result(timeout=10)
    assert len((tmp_path / "asked").read_text().split()) == 1  # and not asked again


def test_macos_writes_aiff_whatever_the_ending_says(tmp_path: Path) -> None:
    """NSSpeechSynthesizer gives 16-bit AIFF at 22,050 Hz; the file is still called .wav."""
    make = (
        "    import subprocess; sound(); aiff = request['path'] + '.aiff'; "
        f"subprocess.run([{ffmpeg_path()!r}, '-v', 'error', '-y', '-i', request['path'], aiff], check=True); "
        "os.replace(aiff, request['path']); answer(spoken=True)"
    )
    voice = SystemVoice(worker=fake(tmp_path, make), processes=1)
    assert voice.speak("Breathe in.").timing.length_ms == pytest.approx(408, abs=15)
    voice.close()


def test_windows_initialises_com_before_the_engine_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAPI is a COM server: each thread that uses it must call CoInitialize first."""
    calls: list[str] = []
    com, engine = ModuleType("comtypes"), ModuleType("pyttsx3")
    monkeypatch.setattr(com, "CoInitialize", lambda: calls.append("CoInitialize"), raising=False)
    monkeypatch.setattr(engine, "init", lambda: calls.append("init"), raising=False)
    monkeypatch.setitem(sys.modules, "comtypes", com)
    monkeypatch.setitem(sys.modules, "pyttsx3", engine)
    monkeypatch.setattr(sys, "platform", "win32")
    system_worker.start_engine()
    assert calls == ["CoInitialize", "init"]
