"""The real model, and fakes that only cause faults."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from coach.audio.clip import Clip, measured
from coach.core.timeline import ClipTiming
from coach.errors import InputError, MachineError, UnknownNameError, VoiceError
from coach.voices import best_engine, open_voice
from coach.voices.neural import NeuralVoice, download, find_model, models
from support.command import Coach
from support.faults import fake
from support.server import serving
from support.tiers import thorough


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of voices with one in it, which is the packaged one under another name."""
    (tmp_path / "voices").mkdir()
    packaged = models()[0].path
    (tmp_path / "voices" / "en_GB-other-low.onnx").symlink_to(packaged)
    shutil.copy(f"{packaged}.json", tmp_path / "voices" / "en_GB-other-low.onnx.json")
    monkeypatch.setenv("COACH_VOICES", str(tmp_path / "voices"))
    return tmp_path / "voices"


def test_the_packaged_voice_is_the_best_engine_there_is() -> None:
    assert best_engine() == "neural:en_US-joe-medium"
    facts = models()[0].facts()
    assert (facts["gender"], facts["rate"]) == ("male", "22050")
    assert facts["language"].startswith("en")


@pytest.mark.parametrize("wanted", ["", "en_US-joe-medium", "joe", "EN_us-JOE-medium"])
def test_a_voice_is_found_by_its_name(wanted: str) -> None:
    assert find_model(wanted).name == "en_US-joe-medium"


def test_a_voice_is_found_in_the_folder_and_by_path(folder: Path) -> None:
    assert [model.name for model in models()] == ["en_US-joe-medium", "en_GB-other-low"]
    assert find_model("other").path == folder / "en_GB-other-low.onnx"
    by_path = open_voice(str(folder / "en_GB-other-low.onnx"), 145)
    assert by_path.name == "neural:en_GB-other-low"
    assert by_path.identity == open_voice("neural", 145).identity  # it is the same model, whatever it is called
    assert by_path.speak("Rest.").timing.length_ms > 150
    by_path.close()


def test_a_voice_that_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="no neural voice called “joy”; did you mean"):
        find_model("joy")
    with pytest.raises(InputError, match="there is no voice file"):
        find_model(str(tmp_path / "nix.onnx"))
    (folder / "en_GB-other-low.onnx.json").unlink()
    with pytest.raises(InputError, match=r"lacks its description; put en_GB-other-low\.onnx\.json beside it"):
        find_model(str(folder / "en_GB-other-low.onnx"))


def test_a_file_that_is_no_model_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_text("nothing of the kind")
    shutil.copy(f"{models()[0].path}.json", tmp_path / "bad.onnx.json")
    voice = NeuralVoice(str(tmp_path / "bad.onnx"))
    with pytest.raises(VoiceError, match=r"neural:bad could not say “Rest\.”") as caught:
        voice.speak("Rest.")
    assert len(str(caught.value).splitlines()) == 1
    voice.close()


DESCRIPTIONS = {
    "a list": "[]",
    "a number": "7",
    "nothing in it": "{}",
    "empty": "",
    "cut short": "{",
    "other kinds": '{"language": "en", "audio": []}',
    "kinds within": '{"language": {"code": ["en"]}}',
    "a rate of 5,000 digits": '{"audio": {"sample_rate": "' + "9" * 5_000 + '"}}',
    "a number of 5,000 digits": '{"audio": {"sample_rate": ' + "9" * 5_000 + "}}",
    "nested": "[" * 100_000,
    "not text": "\x00",
}


@pytest.mark.parametrize("how", DESCRIPTIONS)
def test_a_bad_description_of_a_model_is_no_traceback(folder: Path, how: str, coach: Coach) -> None:
    (folder / "en_GB-other-low.onnx.json").write_text(DESCRIPTIONS[how])
    assert find_model("other").facts() == {"language": "", "gender": "", "rate": ""}
    if how in ("a list", "cut short"):
        listed = coach("voices", "--all", "--json")
        assert listed.returncode == 0
        assert "neural:en_GB-other-low" in listed.stdout
        done = coach("timeline", "cat-cow", "--voice", "neural:other", "--words", "names")
        assert done.returncode == 1
        assert "the voice neural:en_GB-other-low could not say" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_faulty_model_is_asked_twice_and_then_named(tmp_path: Path) -> None:
    voice = NeuralVoice(worker=fake(tmp_path, "    sys.exit(3)"))
    with pytest.raises(VoiceError, match=r"neural:en_US-joe-medium could not say “Rest\.”: .*status 3"):
        voice.speak("Rest.")
    assert len((tmp_path / "asked").read_text().split()) == 2
    voice.close()


@pytest.mark.parametrize(
    ("spreads_ms", "text", "takes", "chosen"),
    [
        ([5.0], "Six", 1, 0),
        ([37.0, 9.0], "Six", 2, 1),
        ([37.0, 50.0, 25.0, 1.0], "Six", 3, 2),
        ([37.0, 9.0], "Breathe out", 1, 0),
    ],
)
def test_a_take_whose_centre_is_unclear_is_taken_again(
    monkeypatch: pytest.MonkeyPatch, spreads_ms: list[float], text: str, takes: int, chosen: int
) -> None:
    """A count is placed by its centre: on an edge, an encoder moves it by a tenth of a second."""
    clips: list[Clip] = []

    def take(*_: object) -> Clip:
        clips.append(measured(np.full(100, len(clips), np.int16), ClipTiming(1, 0, 0)))
        return clips[-1]

    monkeypatch.setattr("coach.voices.worker.WorkerPool.speak", take)
    monkeypatch.setattr("coach.audio.centre.centre_spread_ms", lambda pcm, *_: spreads_ms[pcm[0]])
    voice = NeuralVoice(worker=["never started"])
    assert voice.speak(text) is clips[chosen]
    assert len(clips) == takes
    voice.close()


def test_sentences_have_a_pause_between_them() -> None:
    voice = NeuralVoice()
    both, one, other = (voice.speak(text).timing.length_ms for text in ("Let go. Rest here.", "Let go.", "Rest here."))
    voice.close()
    assert both > one + other + 200


def test_without_piper_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert best_engine() == "system"
    with pytest.raises(InputError, match=r"needs Piper; install it with: pip install 'stretch-coach\[neural\]'"):
        open_voice("neural", 145)


@thorough
def test_auto_takes_the_best_and_says_so_once(coach: Coach, tmp_path: Path) -> None:
    first = coach("render", "cat-cow", "--words", "names", "-o", "x.mp3", cwd=tmp_path, env={"COACH_VOICE": "auto"})
    assert (first.returncode, first.stderr) == (0, "voice: heart\n")
    named = coach("timeline", "cat-cow", "--words", "names", "--voice", "neural", "--json")
    assert named.stderr == ""
    assert '"voice": "neural:en_US-joe-medium"' in named.stdout


def test_counts_may_have_a_voice_of_their_own(coach: Coach, tmp_path: Path) -> None:
    how = ("cat-cow", "--words", "names", "--voice", "neural", "--json")
    alone, both = (coach("timeline", *how, *more).stdout for more in ((), ("--count-voice", "system")))
    assert '"voice": "neural:en_US-joe-medium, counts system:gmw/en-us"' in both
    assert alone.count('"kind": "count"') == both.count('"kind": "count"')
    assert alone != both


def piper_home(path: str) -> bytes | int:
    """Has one voice, and a second of which the description is missing."""
    name = Path(urlsplit(path).path).name
    if name.startswith("en_XX-half") and name.endswith(".json"):
        return 500
    if name.startswith(("en_XX-good", "en_XX-half")):
        return b"{}" if name.endswith(".json") else b"model"
    return 404


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from piper import download_voices

    with serving(piper_home) as address:
        pattern = f"{address}/{{lang_code}}-{{voice_name}}-{{voice_quality}}{{extension}}?download=true"
        monkeypatch.setattr(download_voices, "URL_FORMAT", pattern)
        yield


@pytest.mark.usefixtures("server")
def test_a_voice_is_downloaded_whole(tmp_path: Path) -> None:
    path = download("en_XX-good-low", tmp_path / "voices")
    assert path.read_text() == "model"
    assert sorted(file.name for file in path.parent.iterdir()) == ["en_XX-good-low.onnx", "en_XX-good-low.onnx.json"]


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("en_XX-none-low", r"there is no Piper voice called en_XX-none-low \(the server says 404\)"),
        ("en_XX-half-low", r"the server says 500"),
        ("joe", "“joe” is not a name of a Piper voice; they look like en_US-lessac-medium"),
        ("../../x", "is not a name of a Piper voice"),
        ("en_US-../../x-low", "is not a name of a Piper voice"),
        ("en_US-x-low/../../../x", "is not a name of a Piper voice"),
        ("en_US-x-/tmp/x", "is not a name of a Piper voice"),
        ("en_US-x-low?a=b", "is not a name of a Piper voice"),
        ("en_US-x-low\n", "is not a name of a Piper voice"),
    ],
)
def test_a_download_that_fails_leaves_nothing(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        download(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from piper import download_voices

    monkeypatch.setattr(download_voices, "URL_FORMAT", "http://127.0.0.1:9/{voice_name}{extension}")
    with pytest.raises(MachineError, match=r"could not be downloaded: .*Is there a network\?"):
        download("en_XX-good-low", tmp_path)


@thorough
def test_a_batch_in_the_neural_voice_with_a_fresh_cache_is_up_to_date_the_second_time(
    coach: Coach, tmp_path: Path
) -> None:
    """Two workers spoke the same line differently, and kept the later one: the files were made once more."""
    (tmp_path / "plan.csv").write_text("routine,words\ncat-cow,names\ncobra,names\n")
    env = {"COACH_CACHE": str(tmp_path / "cache"), "COACH_VOICE": "neural"}
    first, second = (coach("render", "--plan", "plan.csv", "-o", "out", cwd=tmp_path, env=env) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    assert "2 made" in first.stdout
    assert "2 up to date" in second.stdout
    assert not list(tmp_path.rglob("*.turn"))
