"""Kokoro's voices: fakes that only cause faults, a server that is the model's home, and the real model in CI."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coach.audio.loudness import SPEECH_LUFS, speech_lufs
from coach.errors import InputError, MachineError, UnknownNameError, VoiceError
from coach.voices import best_engine, kokoro_files, open_voice
from coach.voices.kokoro import KokoroVoice
from coach.voices.kokoro_files import MODEL, download, style_path, styles
from coach.voices.plausible import expected_ms
from support.command import Coach
from support.faults import fake
from support.kokoro import STYLE, kokoro_voices, needs_kokoro
from support.server import serving
from support.tiers import thorough

STYLE_DATA = b"s" * 64
MODEL_DATA = b"m" * 128


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for voices, and sums that small files have instead of the model's."""
    monkeypatch.setenv("COACH_VOICES", str(tmp_path / "voices"))
    monkeypatch.setattr(kokoro_files, "MODEL_SUM", digest(MODEL_DATA))
    monkeypatch.setattr(kokoro_files, "MODEL_BYTES", len(MODEL_DATA))
    monkeypatch.setattr(kokoro_files, "STYLE_BYTES", len(STYLE_DATA))
    for name in ("af_heart", "am_michael", "bf_emma"):
        monkeypatch.setitem(kokoro_files.STYLE_SUMS, name, digest(STYLE_DATA))
    return tmp_path / "voices" / "kokoro"


@pytest.fixture
def there(folder: Path) -> Path:
    """The same with a model and two styles in it."""
    folder.mkdir(parents=True)
    (folder / MODEL).write_bytes(MODEL_DATA)
    for name in ("am_michael", "af_heart"):
        (folder / f"{name}.bin").write_bytes(STYLE_DATA)
    return folder


# What there is


def test_styles_are_found_by_name_the_usual_first(there: Path) -> None:
    (there / "af_bella.bin").write_bytes(STYLE_DATA)
    assert styles() == ("af_heart", "am_michael", "af_bella")
    assert style_path("AF_Heart") == there / "af_heart.bin"


def test_a_style_that_is_not_there_is_named_with_the_nearest(there: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"no style called “af_hart”; did you mean “?af_heart"):
        style_path("af_hart")
    with pytest.raises(InputError, match="bf_emma is not on this machine; “coach voices --download kokoro:bf_emma”"):
        style_path("bf_emma")


def test_without_a_model_the_way_to_it_is_told(folder: Path) -> None:
    assert styles() == ()
    with pytest.raises(InputError, match="is not on this machine; “coach voices --download kokoro” fetches it"):
        open_voice("kokoro", 145)


def test_without_onnxruntime_the_way_to_it_is_told(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.voices.kokoro.is_installed", lambda: False)
    with pytest.raises(InputError, match=r"needs onnxruntime; install it with: pip install 'stretch-coach\[kokoro\]'"):
        open_voice("kokoro:af_heart", 145)
    assert not best_engine().startswith("kokoro")


def test_a_blend_has_both_names_and_another_identity(there: Path) -> None:
    one, both = open_voice("kokoro:af_heart", 145), open_voice("kokoro:af_heart+am_michael", 145)
    assert (one.name, both.name) == ("kokoro:af_heart", "kokoro:af_heart+am_michael")
    assert one.identity != both.identity
    assert one.quicker(1.5).identity != one.identity


def test_a_damaged_style_is_never_used(there: Path) -> None:
    (there / "af_heart.bin").write_bytes(STYLE_DATA[:-1] + b"x")
    voice = KokoroVoice("af_heart")
    with pytest.raises(VoiceError, match=r"af_heart\.bin is damaged; “coach voices --download kokoro:af_heart”"):
        _ = voice.identity


# Faults of the worker


def test_a_worker_that_dies_is_replaced_and_asked_once_more(there: Path, tmp_path: Path) -> None:
    body = "    sys.exit(3) if times == 1 else (sound(), answer(spoken=True))"
    voice = KokoroVoice("af_heart", worker=fake(tmp_path, body))
    assert voice.speak("Rest.").timing.length_ms > 300
    assert len(set((tmp_path / "asked").read_text().split())) == 2
    voice.close()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("    sys.exit(3)", "ended unexpectedly"),
        ('    answer(error="there is nothing in it to say")', "there is nothing in it to say"),
        ("    answer(spoken=True)", "nothing can be heard in what it gave"),
        ('    print("no", flush=True)', "sent invalid data"),
    ],
)
def test_what_fails_twice_is_told_in_a_line(there: Path, tmp_path: Path, body: str, says: str) -> None:
    voice = KokoroVoice("af_heart", worker=fake(tmp_path, body))
    with pytest.raises(VoiceError, match=f"kokoro:af_heart could not say “Rest.”: .*{says}") as caught:
        voice.speak("Rest.")
    assert len(str(caught.value).splitlines()) == 1
    voice.close()


def test_a_model_with_another_checksum_never_loads(there: Path) -> None:
    voice = KokoroVoice("af_heart")  # by the sum of the real model
    with pytest.raises(VoiceError, match="is damaged or another model; “coach voices --download kokoro”"):
        voice.speak("Rest.")
    voice.close()


# Fetching it


FILES = {
    MODEL: MODEL_DATA,
    "af_heart.bin": STYLE_DATA,
    "am_michael.bin": STYLE_DATA,
    "bf_emma.bin": STYLE_DATA[:-1],
    "af_sky.bin": b"x" * len(STYLE_DATA),
    "af_nova.bin": b"x" * 5_000_000,
}
"""The model's home: a style is cut short there, another is something else, another has no end."""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with serving(lambda path: FILES.get(path.rpartition("/")[2], 404)) as address:
        monkeypatch.setenv("COACH_KOKORO_HOME", address)
        yield


@pytest.mark.usefixtures("home")
def test_model_and_styles_are_fetched_whole_and_once(folder: Path) -> None:
    assert [path.name for path in download()] == [MODEL, "af_heart.bin", "am_michael.bin"]
    assert sorted(path.name for path in folder.iterdir()) == ["af_heart.bin", "am_michael.bin", MODEL]
    before = {path: path.stat().st_ino for path in folder.iterdir()}
    (folder / "af_heart.bin").write_bytes(b"damaged")
    download("af_heart")
    assert (folder / "af_heart.bin").read_bytes() == STYLE_DATA
    assert (folder / MODEL).stat().st_ino == before[folder / MODEL]  # it was not fetched again


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("style", "says"),
    [
        ("bf_emma", r"is not Kokoro's file \(63 bytes instead of 64\); it was thrown away"),
        ("af_sky", r"is not Kokoro's file \(its checksum is wrong\)"),
        ("af_nova", "is not Kokoro's file"),
        ("bm_lewis", "the server says 404"),
    ],
)
def test_a_download_that_fails_leaves_nothing_of_itself(folder: Path, style: str, says: str) -> None:
    with pytest.raises(MachineError, match=says):
        download(style)
    assert [path.name for path in folder.iterdir()] == [MODEL]


def test_an_impossible_style_is_refused_before_anything_is_fetched(folder: Path) -> None:
    for style in ("af_hart", "../../x", "x" * 300):
        with pytest.raises(UnknownNameError):
            download(style)
    assert not folder.exists()


def test_without_a_network_it_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COACH_KOKORO_HOME", "http://127.0.0.1:9")
    with pytest.raises(MachineError, match=r"could not be downloaded: .*Is there a network\?"):
        download()
    monkeypatch.setenv("COACH_KOKORO_HOME", "file:///etc")
    with pytest.raises(MachineError, match="is not the address of a server"):
        download()
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("home")
def test_without_room_nothing_half_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, place: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(MachineError, match=r"could not be downloaded to .*: .*[Nn]o space"):
        download()
    assert list(folder.iterdir()) == []


# The real model


@needs_kokoro
@thorough
def test_the_real_model_speaks_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coach_here: Coach) -> None:
    monkeypatch.setenv("COACH_VOICES", str(kokoro_voices(tmp_path / "voices")))
    assert best_engine() == f"kokoro:{STYLE}"
    voice = KokoroVoice(STYLE, 145)
    for text in ("two", "Rest on your back.", "Piriformis, 12 times."):
        clip = voice.speak(text)
        assert 0.4 < clip.timing.length_ms / expected_ms(text, 145) < 1.85
        assert speech_lufs(clip.power) == pytest.approx(SPEECH_LUFS, abs=1)
    assert (voice.speak("two").pcm == voice.speak("two").pcm).all()
    assert voice.quicker(1.6).speak("seven").timing.length_ms < 0.8 * voice.speak("seven").timing.length_ms
    with pytest.raises(VoiceError, match="could not say “…”"):
        voice.speak("…")
    voice.close()
    listed = coach_here("voices").stdout
    assert f"kokoro:{STYLE}" in listed
