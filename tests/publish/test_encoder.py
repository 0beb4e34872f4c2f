from __future__ import annotations

import os
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from coach.audio.ffmpeg import ffmpeg_path
from coach.core.chapters import Chapter
from coach.errors import EncoderError, InputError, OutputError
from coach.publish.encoder import check_target, cores, encode
from coach.publish.formats import FORMATS, known
from coach.publish.tags import ENCODER, About, Known
from coach.units import SAMPLE_RATE, db_to_factor
from support.listening import decode
from support.sound import Mix, babble

FRAMES = SAMPLE_RATE * 3
ABOUT = About(
    title="A “title” = with\\signs; é",
    length_ms=3_000,
    year=2026,
    input="hash",
    chapters=(Chapter("One; =1", 0, 3_000),),
)


def click(frames: int = FRAMES, at: int = SAMPLE_RATE) -> Mix:
    whole = np.zeros(frames, dtype=np.int16)
    whole[at : at + 2000] = (np.sin(np.arange(2000) * 0.1) * 20_000).astype(np.int16)
    return Mix(whole)


def encoded(mix: Mix, path: Path, encoders: int = 1) -> Path:
    encode(mix, path, lambda: ABOUT, encoders=encoders)
    return path


def folder_of(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


@pytest.mark.parametrize("ending", [*FORMATS, ".MP3"])
def test_a_file_decodes_to_what_went_in_with_no_shift(tmp_path: Path, ending: str) -> None:
    path = encoded(click(), tmp_path / f"x{ending}")
    samples = decode(path)
    assert 0 <= len(samples) - FRAMES <= (2_000 if ending in (".m4a", ".m4b") else 40)
    reference = next(Mix(click()._samples).blocks(SAMPLE_RATE, SAMPLE_RATE + 14_000)).astype(float)
    part = samples[SAMPLE_RATE - 3000 : SAMPLE_RATE + 5000]
    lags = np.correlate(part, reference, mode="valid")
    assert np.argmax(lags) - 3000 == 0
    assert folder_of(tmp_path) == [path.name]


@pytest.mark.parametrize("ending", FORMATS)
def test_it_is_as_loud_as_it_was_but_for_what_is_known(tmp_path: Path, ending: str) -> None:
    mix = babble(4)
    decoded = decode(encoded(mix, tmp_path / f"x{ending}"))[: mix.total_frames]
    before = np.concatenate(list(mix.blocks())) / 32_768
    change_db = 10 * np.log10(np.mean(decoded**2) / np.mean(before**2))
    # Of noise, AAC and Vorbis leave out a little that is masked.
    assert change_db == pytest.approx(-FORMATS[ending].loss_db, abs=0.05 if ending in (".mp3", ".wav") else 0.2)


@pytest.mark.parametrize("encoders", [2, 3])
def test_encoders_side_by_side_leave_no_seam(tmp_path: Path, encoders: int) -> None:
    """What several make is what one makes, byte for byte: so there is nothing that could be heard."""
    mix = babble(61 * encoders + 3.21)
    alone, together = (encoded(mix, tmp_path / f"{count}.mp3", count) for count in (1, encoders))
    assert alone.read_bytes() == together.read_bytes()


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_mix_gives_the_same_bytes(tmp_path: Path, ending: str) -> None:
    one, other = (encoded(click(), tmp_path / f"{name}{ending}") for name in "ab")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("ending", FORMATS)
def test_the_coach_knows_its_own_files(tmp_path: Path, ending: str) -> None:
    own, other, none = (tmp_path / f"{name}{ending}" for name in ("own", "other", "none"))
    encoded(click(), own)
    subprocess.run(
        [ffmpeg_path(), "-v", "error", "-i", str(own), "-map", "0:a", "-map_metadata", "-1", str(other)], check=True
    )
    none.write_text("my precious notes")
    assert known(own) == Known(made_by_coach=True, input="hash", encoder=ENCODER)
    check_target(own, force=False)
    for path in (other, none):
        assert not known(path).made_by_coach
        with pytest.raises(InputError, match="did not make it; add --force"):
            check_target(path, force=False)
        check_target(path, force=True)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("x.aac", "does not end in a format"),
        ("x", "does not end in a format"),
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
    for name in ("-y.mp3", "-y.flac", "concat:x.ogg", "with space é.m4a", "100%d.wav", "[x]*.mp3"):
        encoded(click(), Path(name))
        assert known(Path(name)).made_by_coach, name


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    with pytest.raises(InputError, match="is not a file that can be replaced"):
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
    monkeypatch.setattr("coach.publish.ffmpeg_job.ffmpeg_path", lambda: str(tmp_path / "missing"))
    with pytest.raises(EncoderError, match="ffmpeg cannot be started"):
        encoded(click(), tmp_path / "x.mp3")


class _InterruptedError(Exception):
    pass


class _Interrupted(Mix):
    def blocks(self, start_frame: int = 0, end_frame: int | None = None) -> Iterator[np.ndarray]:
        yield from list(super().blocks(start_frame, end_frame))[:3]
        raise _InterruptedError


class _Early(Mix):
    def blocks(self, start_frame: int = 0, end_frame: int | None = None) -> Iterator[np.ndarray]:
        yield from list(super().blocks(start_frame, end_frame))[:4]


@pytest.mark.parametrize("ending", [".mp3", ".flac"])
@pytest.mark.parametrize("earlier", [b"an earlier file", None])
def test_an_interrupted_file_leaves_what_was_there(tmp_path: Path, earlier: bytes | None, ending: str) -> None:
    threads = threading.active_count()
    path = tmp_path / f"x{ending}"
    if earlier:
        path.write_bytes(earlier)
    with pytest.raises(_InterruptedError):
        encoded(_Interrupted(babble(130)._samples), path, 2)
    assert folder_of(tmp_path) == ([path.name] if earlier else [])
    if earlier:
        assert path.read_bytes() == earlier
    assert threading.active_count() == threads


def test_a_cover_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def about() -> About:
        raise _InterruptedError

    with pytest.raises(_InterruptedError):
        encode(babble(130), tmp_path / "x.mp3", about, encoders=2)
    assert folder_of(tmp_path) == []


def test_blocks_that_end_early_are_no_file(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="ended early"):
        encoded(_Early(click()._samples), tmp_path / "x.mp3")
    assert folder_of(tmp_path) == []


def with_ffmpeg(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a shell script in ffmpeg's place; return a folder to write into."""
    program, out = folder / "ffmpeg", folder / "out"
    program.write_text(f"#!/bin/sh\n{script}")
    program.chmod(0o755)
    monkeypatch.setattr("coach.publish.ffmpeg_job.ffmpeg_path", lambda: str(program))
    out.mkdir()
    return out


def test_a_failing_ffmpeg_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = with_ffmpeg("echo 'something broke' >&2\nexit 3\n", tmp_path, monkeypatch)
    for ending in (".mp3", ".ogg"):
        with pytest.raises(EncoderError, match=r"ffmpeg failed \(status 3\): something broke"):
            encoded(click(), out / f"x{ending}")
        assert folder_of(out) == []


def test_a_lying_ffmpeg_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says all is well and writes nothing."""
    out = with_ffmpeg("cat > /dev/null\n", tmp_path, monkeypatch)
    for ending in FORMATS:
        with pytest.raises((EncoderError, OutputError)):
            encoded(click(), out / f"x{ending}")
        assert folder_of(out) == []


@pytest.mark.parametrize("ending", [".mp3", ".wav"])
def test_a_file_has_the_permissions_any_new_file_gets(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    old = os.umask(0o027)
    try:
        encoded(click(), path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_progress_is_told_and_reaches_the_end(tmp_path: Path) -> None:
    told: list[int] = []
    mix = babble(125)
    encode(mix, tmp_path / "x.mp3", lambda: ABOUT, encoders=2, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == mix.total_frames


def test_a_wav_that_would_be_too_long_is_refused(tmp_path: Path) -> None:
    mix = click()
    mix.total_frames = 1 << 31
    with pytest.raises(InputError, match=r"choose \.flac"):
        encoded(mix, tmp_path / "x.wav")
    assert folder_of(tmp_path) == []


def test_there_is_a_core() -> None:
    assert cores() >= 1
    assert db_to_factor(-FORMATS[".mp3"].loss_db) == pytest.approx(0.95, abs=1e-4)
