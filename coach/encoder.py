"""The encoder: blocks of samples become a file, whole or not at all."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

from coach import __version__
from coach.errors import EncoderError, InputError, OutputError
from coach.ffmpeg import ffmpeg_path
from coach.files import check_place, written_whole
from coach.units import SAMPLE_RATE

if TYPE_CHECKING:
    from coach.clip import Pcm

MP3_KBIT_PER_S = 96
"""Apple's advice for mono speech is 96 to 128 kbit/s."""
MADE_BY = "Stretch Coach"
_MADE_BY_TAG = "encoded_by"
INPUT_TAG = "coach_input"
"""Holds a hash of what the file was made from (not in WAV, which has no place for it)."""

# What follows the input, by the ending of the file's name. The Xing/LAME header makes players drop the encoder's delay.
_FORMATS: dict[str, tuple[str, ...]] = {
    ".mp3": (
        "-c:a",
        "libmp3lame",
        "-b:a",
        f"{MP3_KBIT_PER_S}k",
        "-write_xing",
        "1",
        "-id3v2_version",
        "3",
        "-f",
        "mp3",
    ),
    ".wav": ("-c:a", "pcm_s16le", "-f", "wav"),
}
FORMATS = tuple(_FORMATS)
_TOO_LARGE_SIGNAL = 25  # SIGXFSZ: a limit on the size of files ended ffmpeg
_BYTES_PER_SECOND = {".mp3": MP3_KBIT_PER_S * 125, ".wav": SAMPLE_RATE * 2}


def check_target(path: Path, *, force: bool) -> None:
    """Refuse a target that cannot or must not be written.

    Raises:
        InputError: the ending is unknown, the folder is not there, or a file is there that the coach did not make.
    """
    taken = check_place(path)
    if path.suffix.lower() not in _FORMATS:
        raise InputError(f"“{path.name}” ends in no format the coach writes; end it in {' or '.join(FORMATS)}")
    if taken and not force and not made_by_coach(path):
        raise InputError(f"{path} is there already and the coach did not make it; add --force to replace it")


def made_by_coach(path: Path) -> bool:
    """Whether a file's tags say that the coach made it."""
    return read_tags(path).get(_MADE_BY_TAG, "").startswith(MADE_BY)


def read_tags(path: Path) -> dict[str, str]:
    """Return a file's tags, as ffmpeg names them; none where there is no audio."""
    command = [ffmpeg_path(), "-v", "error", "-nostdin", "-i", _as_file(path), "-f", "ffmetadata", "-"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        raise _no_start(error) from error
    lines = done.stdout.decode(errors="replace").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def encode(blocks: Iterable[Pcm], total_frames: int, path: Path, tags: Mapping[str, str]) -> None:
    """Write an audio file: beside its place first, then moved there.

    Args:
        blocks: mono samples at :data:`coach.units.SAMPLE_RATE`.
        total_frames: how many frames the blocks hold together.
        path: the file; its ending (:data:`FORMATS`) chooses the format.
        tags: title, artist and album.

    Raises:
        OutputError: the folder cannot be written, or the disk is full.
        EncoderError: ffmpeg failed otherwise.
    """
    suffix = path.suffix.lower()
    with written_whole(path) as temporary:
        _run(blocks, temporary, _FORMATS[suffix], {**tags, **_own_tags(total_frames, suffix)})
        expected = total_frames * _BYTES_PER_SECOND[suffix] // SAMPLE_RATE
        written = temporary.stat().st_size
        if written < expected * 0.99:
            raise OutputError(f"{path} came out short ({written} of {expected} bytes); is the disk full?")


def _own_tags(total_frames: int, suffix: str) -> dict[str, str]:
    tags = {_MADE_BY_TAG: f"{MADE_BY} {__version__}"}
    if suffix == ".mp3":
        tags["TLEN"] = str(total_frames * 1000 // SAMPLE_RATE)  # milliseconds, says ID3
    return tags


def _as_file(path: Path) -> str:
    """Keep ffmpeg from reading a name such as ``concat:x`` or ``-x`` as anything but a file."""
    return f"file:{path}"


def _run(blocks: Iterable[Pcm], target: Path, format_options: tuple[str, ...], tags: Mapping[str, str]) -> None:
    metadata = [option for key, value in tags.items() for option in ("-metadata", f"{key}={value}")]
    raw = ("-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1")
    command = [
        ffmpeg_path(),
        "-v",
        "error",
        "-y",
        *raw,
        "-i",
        "pipe:0",
        *metadata,
        *format_options,
        _as_file(target),
    ]
    with tempfile.TemporaryFile() as complaints:
        # In a session of its own: Ctrl-C is for the coach, which then ends ffmpeg itself.
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,
            )
        except OSError as error:
            raise _no_start(error) from error
        try:
            _feed(process, blocks)
            status = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if status:
            raise _failure(complaints, status)


def _feed(process: subprocess.Popen[bytes], blocks: Iterable[Pcm]) -> None:
    assert process.stdin is not None  # noqa: S101 - it was started with a pipe
    # When ffmpeg ends early its exit status says why, not the broken pipe.
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
        for block in blocks:
            pipe.write(block.data)


def _no_start(error: OSError) -> EncoderError:
    return EncoderError(f"ffmpeg cannot be started: {error}. Reinstall the coach")


def _failure(complaints: IO[bytes], status: int) -> EncoderError | OutputError:
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    text = "\n".join(lines)
    if status == -_TOO_LARGE_SIGNAL:
        text = "File too large"
    for sign in ("No space left on device", "Disk quota exceeded", "File too large", "Read-only file system"):
        if sign in text:
            return OutputError(f"the file could not be written: {sign.lower()}. Make room, or write elsewhere with -o")
    return EncoderError(f"ffmpeg failed (status {status}): {lines[-1] if lines else 'it said nothing'}")
