"""Sets of clips: read, spoken from, damaged; those that come with the coach hold what the library says."""

from __future__ import annotations

import json
import shutil
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from mutagen.id3 import ID3

from coach.audio.clip import Clip
from coach.audio.loudness import SPEECH_LUFS, speech_lufs, weighted_power
from coach.core.delivery import Words
from coach.core.plan import lay
from coach.core.timeline import ClipTiming
from coach.errors import InputError, UnknownNameError, VoiceError
from coach.files import data_folder
from coach.library.library import Library
from coach.library.standard import standard_lexicon
from coach.lines import Lines, lines_of
from coach.order import Order
from coach.publish.packing import pack_library
from coach.recipe import compile as compile_order
from coach.recipe import open_voices
from coach.voices import USUAL_SET, best_engine, best_voice, open_voice
from coach.voices.clip_set import ENDING, INDEX, ClipSet, Entry, SetVoice, UnsaidError, find_set, key_of, sets
from coach.voices.packing import pack
from coach.voices.plausible import expected_ms
from coach.voices.silent import SilentVoice
from coach.voices.system import SystemVoice
from support.command import Coach
from support.tiers import thorough

SHIPPED = sorted((data_folder("sounds") / "voices").glob(f"*/{INDEX}"))
LIBRARY = Library((data_folder("scripts"),))
TEXTS = frozenset({"In", "two", "Rest on your back."})
COUNTS = frozenset({"In", "two"})


def pack_small(folder: Path, texts: frozenset[str] = TEXTS) -> ClipSet:
    """Have the system's voice speak a few texts."""
    voice = SystemVoice("", 145)
    facts = ClipSet(folder=folder, speaker="system", rate_wpm=145)
    try:
        pack(voice, facts, texts, COUNTS & texts, keep=lambda each: each, recogniser=None, progress=lambda *_: None)
    finally:
        voice.close()
    return ClipSet.read(folder)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets") / "small"
    pack_small(folder)
    return folder


@pytest.fixture
def small(packed: Path, tmp_path: Path) -> Path:
    """A copy of a set that a test may damage."""
    return Path(shutil.copytree(packed, tmp_path / "small"))


def test_a_set_speaks_what_is_in_it(small: Path) -> None:
    voice = SetVoice(ClipSet.read(small), 145)
    assert voice.name == "small"
    for text in TEXTS:
        clip = voice.speak(text)
        assert 0.4 < clip.timing.length_ms / expected_ms(text, 145) < 1.85
        assert speech_lufs(weighted_power(clip.pcm / 32768.0)) == pytest.approx(SPEECH_LUFS, abs=0.5)
        assert speech_lufs(clip.power) == pytest.approx(SPEECH_LUFS, abs=1)  # in coarse steps
        assert len(clip.pcm) == clip.frames == clip.timing.length_ms * 48
        assert np.abs(clip.pcm.astype(int)).max() <= clip.peak
    assert np.array_equal(voice.speak("two").pcm, voice.speak("two").pcm)


def test_what_it_decodes_to_is_what_was_spoken(small: Path) -> None:
    from coach.audio.clip import measure

    voice, engine = SetVoice(ClipSet.read(small), 145), SystemVoice("", 145)
    for text in TEXTS:
        coded, spoken = voice.speak(text), engine.speak(text)
        assert 0 <= len(coded.pcm) - len(spoken.pcm) < 48  # a whole number of milliseconds
        assert abs(coded.timing.center_ms - spoken.timing.center_ms) <= 3
        assert coded.timing == measure(coded.pcm, 145)
        loud = np.abs(np.correlate(coded.pcm.astype(float)[:8000], spoken.pcm.astype(float)[:8000], "same"))
        assert abs(int(loud.argmax()) - 4000) <= 4  # it is not shifted: by 0.1 ms at most
    engine.close()


def test_counts_are_there_as_much_quicker_as_short_beats_need(small: Path) -> None:
    voice = SetVoice(ClipSet.read(small), 145)
    lengths = [voice.quicker(factor).speak("two").timing.length_ms for factor in (1.0, 1.3, 1.6, 2.0)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] < 0.8 * lengths[0]
    assert voice.quicker(3.0).identity == voice.quicker(2.0).identity  # it has none that is quicker
    with pytest.raises(UnsaidError):
        voice.quicker(1.3).speak("Rest on your back.")


def test_a_text_that_is_not_in_it_is_refused_by_name_or_spoken_by_its_engine(small: Path) -> None:
    alone = SetVoice(ClipSet.read(small), 145)
    with pytest.raises(UnsaidError, match=r"small has not spoken “Stand up\.” beforehand, at 145 words"):
        alone.speak("Stand up.")
    assert alone.unsaid(["two", "Stand up."]) == "Stand up."
    both = SetVoice(ClipSet.read(small), 145, SilentVoice())
    assert not both.speak("Stand up.").pcm.any()
    assert both.speak("two").pcm.any()
    assert both.unsaid(["Stand up."]) is None
    assert both.identity != alone.identity


@pytest.mark.parametrize("damage", ["missing", "cut", "changed", "empty"])
def test_a_damaged_clip_is_noticed(small: Path, damage: str) -> None:
    path = ClipSet.read(small).path_of("two", 145)
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"cut": data[:-9], "changed": data[:-1] + bytes([data[-1] ^ 1]), "empty": b""}[damage])
    with pytest.raises(VoiceError, match="the clip of “two” in the voice small is missing or damaged"):
        SetVoice(ClipSet.read(small), 145).speak("two")
    assert not SetVoice(ClipSet.read(small), 145, SilentVoice()).speak("two").pcm.any()


@pytest.mark.parametrize(
    "index",
    ["", "[]", "{}", '{"version": 2}', '{"version": 2, "clips": [[1]]}', "[" * 5_000, "\x00"],
)
def test_a_damaged_index_is_told_in_a_line(small: Path, index: str) -> None:
    (small / INDEX).write_text(index)
    with pytest.raises(InputError, match=r"voice\.json is damaged; install the coach anew"):
        ClipSet.read(small)


@pytest.mark.parametrize("levels", ["A", "A\u00e9" * 30, 7])
def test_damaged_levels_are_told_in_a_line(small: Path, levels: object) -> None:
    data = json.loads((small / INDEX).read_text())
    clips = [[*row[:-1], levels] for row in data["clips"]]
    (small / INDEX).write_text(json.dumps({**data, "clips": clips}))
    with pytest.raises(InputError, match=r"voice\.json is damaged; install the coach anew"):
        SetVoice(ClipSet.read(small), 145).speak("two")


def test_an_index_of_another_version_is_told(small: Path) -> None:
    data = json.loads((small / INDEX).read_text())
    (small / INDEX).write_text(json.dumps({**data, "version": 99}))
    with pytest.raises(InputError, match="another version of the coach"):
        ClipSet.read(small)


def test_an_index_is_read_as_it_was_written(small: Path) -> None:
    read = ClipSet.read(small)
    assert read.to_json() == (small / INDEX).read_text()
    assert {entry.text for entry in read.clips.values()} == TEXTS
    assert all(isinstance(entry, Entry) and isinstance(entry.timing, ClipTiming) for entry in read.clips.values())


def test_packing_again_speaks_only_what_is_new_or_damaged(small: Path) -> None:
    before = {path.name: path.read_bytes() for path in small.iterdir()}
    damaged = ClipSet.read(small).path_of("two", 145)
    damaged.write_bytes(b"x")
    voice = SystemVoice("", 145)
    facts = ClipSet(folder=small, speaker="system", rate_wpm=145)
    texts = TEXTS - {"Rest on your back."} | {"Stand up."}
    done = pack(voice, facts, texts, COUNTS, keep=lambda each: each, recogniser=None, progress=lambda *_: None)
    voice.close()
    assert (done.spoken, done.removed, done.refused) == (2, 1, ())
    assert damaged.read_bytes() == before[damaged.name]  # espeak-ng says the same each time
    now = ClipSet.read(small)
    assert {entry.text for entry in now.clips.values()} == texts
    assert {path.stem for path in small.glob(f"*{ENDING}")} == set(now.clips)
    assert done.size == sum(path.stat().st_size for path in small.iterdir())


def test_packing_leaves_a_folder_with_something_else_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        pack_small(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_packing_that_is_stopped_begins_nothing_more(tmp_path: Path) -> None:
    spoken: list[str] = []

    class Slow(SilentVoice):
        def speak(self, text: str) -> Clip:
            time.sleep(0.05)
            spoken.append(text)
            raise VoiceError("slow")

    def stop(_what: str, _done: int, _total: int) -> None:
        raise KeyboardInterrupt

    facts = ClipSet(folder=tmp_path / "slow", speaker="slow", rate_wpm=145)
    texts = frozenset(f"Text {number}." for number in range(300))
    with pytest.raises(KeyboardInterrupt):
        pack(Slow(), facts, texts, frozenset(), keep=lambda each: each, recogniser=None, progress=stop)
    assert len(spoken) < 60  # of 900 takes


def test_a_folder_with_something_else_is_refused_before_anything_is_laid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach.publish.packing.lines_of", lambda _: pytest.fail("it is laid"))
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        pack_library("system", tmp_path, LIBRARY, 145, lambda *_: None)
    with pytest.raises(InputError, match=r"mine\.txt is a file; name a folder"):
        pack_library("system", tmp_path / "mine.txt", LIBRARY, 145, lambda *_: None)


def test_a_damaged_set_is_told_of_and_the_others_are_listed(
    small: Path, monkeypatch: pytest.MonkeyPatch, coach_here: Coach
) -> None:
    (small / INDEX).write_text("{")
    monkeypatch.setenv("COACH_VOICES", str(small.parent))
    listed = coach_here("voices")
    assert listed.returncode == 0
    assert f"{INDEX} is damaged" in listed.stderr
    assert USUAL_SET in listed.stdout


def test_what_cannot_be_spoken_is_listed_and_left_out(tmp_path: Path) -> None:
    class Mute(SilentVoice):
        def speak(self, text: str) -> Clip:
            raise VoiceError(f"could not say “{text}”")

    facts = ClipSet(folder=tmp_path / "mute", speaker="mute", rate_wpm=145)
    done = pack(Mute(), facts, TEXTS, frozenset(), keep=lambda each: each, recogniser=None, progress=lambda *_: None)
    assert len(done.refused) == len(TEXTS)
    assert not ClipSet.read(tmp_path / "mute").clips


def test_a_set_is_found_by_name_and_by_folder(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COACH_VOICES", str(small.parent))
    assert sets()["small"] == small
    assert find_set("small") == small == find_set(str(small))
    assert find_set("smaller") is None
    shutil.copytree(small, small.parent / "moved")
    assert open_voice("moved", 145).name == "moved"  # as its folder is called
    assert open_voice("small", 145).name == "small"
    with pytest.raises(UnknownNameError, match="there is no voice called “smal”; did you mean “small”"):
        open_voice("smal", 145)


# With the rest of the coach


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine but the system's: as where nothing else is installed."""
    monkeypatch.setattr("coach.recipe.best_engine", lambda: "system")
    monkeypatch.setattr("coach.voices.kokoro.is_ready", lambda _: False)
    monkeypatch.delenv("COACH_VOICE", raising=False)


def test_the_coach_s_own_set_speaks_if_no_voice_is_named(own: None) -> None:
    assert best_voice() == USUAL_SET
    voice, _ = open_voices(Order(targets=("cat-cow",)))
    assert voice.name == USUAL_SET
    assert best_engine() != USUAL_SET


def test_a_routine_of_the_library_needs_nothing_else(own: None) -> None:
    compiled = compile_order(Order(targets=("cat-cow",), words="brief"), library=LIBRARY)
    assert (compiled.timeline.voice, compiled.voice_note) == (USUAL_SET, "")


def test_what_a_set_lacks_has_one_voice_say_all_of_it_and_is_said(own: None) -> None:
    script = (data_folder("scripts") / "stretches" / "cat-cow.yaml").read_text(encoding="utf-8")
    own_words = Library((data_folder("scripts"),), stretches={"mine": script.replace("Cat-cow", "Quokka")})
    compiled = compile_order(Order(targets=("mine",), words="brief"), library=own_words)
    assert compiled.timeline.voice.startswith("system")
    assert "has not spoken “Quokka.” beforehand" in compiled.voice_note
    assert "pip install" in compiled.voice_note


def test_another_rate_is_another_voice(own: None) -> None:
    compiled = compile_order(Order(targets=("cat-cow",), words="names", rate=120), library=LIBRARY)
    assert compiled.timeline.voice.startswith("system")


@pytest.mark.parametrize("index", SHIPPED, ids=lambda path: path.parent.name)
def test_every_clip_of_a_set_of_the_coach_is_there_and_no_other(index: Path) -> None:
    clips = ClipSet.read(index.parent)
    assert {path.stem for path in index.parent.glob(f"*{ENDING}")} == set(clips.clips)
    assert clips.licence
    for entry in clips.clips.values():
        data = clips.path_of(entry.text, entry.wpm).read_bytes()
        assert data[:4] == b"OggS"
        assert key_of(entry.text, entry.wpm) in clips.clips
        assert 0 <= entry.timing.onset_ms <= (140 if " " in entry.text else 90), entry
        assert entry.timing.center_ms < entry.timing.length_ms


def test_the_sets_are_small_enough_to_be_shipped() -> None:
    assert sum(path.stat().st_size for index in SHIPPED for path in index.parent.iterdir()) <= 25_000_000


@pytest.mark.parametrize("index", SHIPPED, ids=lambda path: path.parent.name)
def test_a_set_of_the_coach_has_what_its_routines_say(index: Path) -> None:
    clips, lexicon = ClipSet.read(index.parent), standard_lexicon()
    for name in (*LIBRARY.routines, *LIBRARY.stretches):
        for words in Words:
            for text in lay(LIBRARY.routine(name), Order(words=words).delivery).texts:
                assert clips.has(lexicon.said(text), 145), (name, text)


@cache
def lines() -> Lines:
    """Every line of the library, which takes a minute."""
    return lines_of(LIBRARY)


@thorough
@pytest.mark.parametrize("index", SHIPPED, ids=lambda path: path.parent.name)
def test_a_set_of_the_coach_has_every_line_that_the_library_can_say(index: Path) -> None:
    clips, lexicon = ClipSet.read(index.parent), standard_lexicon()
    missing = sorted(text for text in lines().texts if not clips.has(lexicon.said(text), 145))
    assert not missing, "pack the set again: coach voices --pack NAME -o sounds/voices/NAME"


def test_the_command_lists_a_set_and_speaks_with_it(coach_here: Coach, tmp_path: Path) -> None:
    assert f"\n* {USUAL_SET}" in coach_here("voices", env={"COACH_VOICE": ""}).stdout.replace("*  ", "* ")
    done = coach_here("render", "cat-cow", "--voice", USUAL_SET, "--words", "names", "-o", str(tmp_path / "c.mp3"))
    assert done.returncode == 0, done.stderr
    assert ID3(tmp_path / "c.mp3")["TXXX:coach_voice"].text == [USUAL_SET]  # the file says who spoke
