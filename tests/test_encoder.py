from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from mutagen.mp3 import MP3, BitrateMode

from coach.encoder import MADE_BY, check_target, encode, made_by_coach
from coach.errors import EncoderError, InputError, OutputError
from coach.ffmpeg import ffmpeg_path
from coach.units import SAMPLE_RATE
from listening import decode

FRAMES = SAMPLE_RATE * 3
TAGS = {"title": "A “title” = with\\signs; é", "artist": MADE_BY, "album": MADE_BY}


def click(frames: int = FRAMES, at: int = SAMPLE_RATE) -> Iterator[np.ndarray]:
    whole = np.zeros(frames, dtype=np.int16)
    whole[at : at + 2000] = (np.sin(np.arange(2000) * 0.1) * 20_000).astype(np.int16)
    yield from np.array_split(whole, 7)


def folder_of(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


@pytest.mark.parametrize("ending", [".mp3", ".wav", ".MP3"])
def test_a_file_decodes_to_what_went_in_with_no_shift(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    encode(click(), FRAMES, path, TAGS)
    samples = decode(path)
    assert len(samples) == FRAMES
    reference = np.concatenate(list(click())).astype(float)
    part = samples[SAMPLE_RATE - 3000 : SAMPLE_RATE + 5000]
    lags = np.correlate(part, reference[SAMPLE_RATE : SAMPLE_RATE + 2000], mode="valid")
    assert np.argmax(lags) - 3000 == 0
    assert folder_of(tmp_path) == [path.name]


def test_an_mp3_has_its_header_and_tags(tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    encode(click(), FRAMES, path, TAGS)
    mp3 = MP3(path)
    assert (mp3.info.sample_rate, mp3.info.channels) == (SAMPLE_RATE, 1)
    assert mp3.info.bitrate == pytest.approx(96_000, rel=0.001)
    assert mp3.info.bitrate_mode in (BitrateMode.CBR, BitrateMode.UNKNOWN)
    assert mp3.info.length == pytest.approx(3, abs=0.06)
    assert b"Info" in path.read_bytes()[:2000]  # the Xing/LAME header of a constant bit rate
    assert mp3.tags is not None
    assert mp3.tags.version[:2] == (2, 3)
    said = {key: mp3.tags[key].text[0] for key in ("TIT2", "TPE1", "TALB", "TLEN")}
    assert said == {"TIT2": TAGS["title"], "TPE1": MADE_BY, "TALB": MADE_BY, "TLEN": "3000"}


def test_the_same_blocks_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp3", "b.mp3"):
        encode(click(), FRAMES, tmp_path / name, TAGS)
    assert (tmp_path / "a.mp3").read_bytes() == (tmp_path / "b.mp3").read_bytes()


@pytest.mark.parametrize("ending", [".mp3", ".wav"])
def test_the_coach_knows_its_own_files(tmp_path: Path, ending: str) -> None:
    own, other, none = tmp_path / f"own{ending}", tmp_path / f"other{ending}", tmp_path / f"none{ending}"
    encode(click(), FRAMES, own, TAGS)
    subprocess.run([ffmpeg_path(), "-v", "error", "-i", str(own), "-map_metadata", "-1", str(other)], check=True)
    none.write_text("my precious notes")
    assert made_by_coach(own)
    assert not made_by_coach(other)
    assert not made_by_coach(none)
    check_target(own, force=False)
    for path in (other, none):
        with pytest.raises(InputError, match="did not make it; add --force"):
            check_target(path, force=False)
        check_target(path, force=True)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("x.aac", "ends in no format"),
        ("x", "ends in no format"),
        ("nowhere/x.mp3", "does not exist"),
        ("d.mp3", "a folder"),
    ],
)
def test_an_impossible_target_is_refused(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "d.mp3").mkdir()
    with pytest.raises(InputError, match=says):
        check_target(tmp_path / name, force=False)


def test_a_name_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        check_target(tmp_path / f"{'x' * 300}.mp3", force=False)


def test_names_that_look_like_something_else_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-y.mp3", "concat:x.mp3", "with space é.mp3", "100%d.mp3"):
        encode(click(), FRAMES, Path(name), TAGS)
        assert made_by_coach(Path(name)), name


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    with pytest.raises(InputError, match="no file that could be replaced"):
        check_target(tmp_path / "pipe.mp3", force=True)


def test_an_ffmpeg_in_the_current_folder_never_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoy = tmp_path / "ffmpeg"
    decoy.write_text("#!/bin/sh\necho RAN\n")
    decoy.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
    for answer in ("ffmpeg", "./ffmpeg"):
        monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda answer=answer: answer)
        ffmpeg_path.cache_clear()
        try:
            found: str | None = ffmpeg_path()
        except EncoderError:
            found = None
        assert found is None or Path(found).parent != tmp_path
    ffmpeg_path.cache_clear()


def test_an_ffmpeg_that_cannot_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.encoder.ffmpeg_path", lambda: str(tmp_path / "missing"))
    with pytest.raises(EncoderError, match="ffmpeg cannot be started"):
        encode(click(), FRAMES, tmp_path / "x.mp3", TAGS)
    with pytest.raises(EncoderError, match="ffmpeg cannot be started"):
        made_by_coach(tmp_path / "y.mp3")


class _InterruptedError(Exception):
    pass


@pytest.mark.parametrize("earlier", [b"an earlier file", None])
def test_an_interrupted_file_leaves_what_was_there(tmp_path: Path, earlier: bytes | None) -> None:
    path = tmp_path / "x.mp3"
    if earlier:
        path.write_bytes(earlier)

    def blocks() -> Iterator[np.ndarray]:
        yield from list(click())[:3]
        raise _InterruptedError

    with pytest.raises(_InterruptedError):
        encode(blocks(), FRAMES, path, TAGS)
    assert folder_of(tmp_path) == ([path.name] if earlier else [])
    if earlier:
        assert path.read_bytes() == earlier


def test_blocks_that_end_early_are_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="came out short"):
        encode(list(click())[:4], FRAMES, tmp_path / "x.mp3", TAGS)
    assert folder_of(tmp_path) == []


def test_a_failing_ffmpeg_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/bin/sh\necho 'something broke' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr("coach.encoder.ffmpeg_path", lambda: str(broken))
    (tmp_path / "out").mkdir()
    with pytest.raises(EncoderError, match=r"ffmpeg failed \(status 3\): something broke"):
        encode(click(), FRAMES, tmp_path / "out" / "x.mp3", TAGS)
    assert folder_of(tmp_path / "out") == []


def test_a_file_has_the_permissions_any_new_file_gets(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    old = os.umask(0o027)
    try:
        encode(click(), FRAMES, path, TAGS)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
