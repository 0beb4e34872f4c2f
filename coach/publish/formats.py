"""The audio formats the coach writes: one table. Adding a format is adding a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coach.audio.finish import Quality
from coach.publish import layout, tags
from coach.publish.seal import Sound, State, audio_state, seal_audio
from coach.publish.tags import About, Known

if TYPE_CHECKING:
    from mutagen import FileType


@dataclass(frozen=True, kw_only=True)
class Format:
    """What the coach knows of an audio format."""

    ending: str
    mime: str
    options: tuple[str, ...]
    """What makes ffmpeg write it."""
    rate_option: str = "-b:a"
    """Which option of ffmpeg says how many bits a second it may take."""
    rates: tuple[str, str, str] | None = None
    """Its values, in the order of :class:`coach.audio.finish.Quality`; ``None`` for what loses nothing."""
    sound: Sound
    read: Callable[[Path], Known]
    """Reads tags; raises whatever mutagen raises."""
    write: Callable[[Path, About], FileType] | None = None
    """Writes tags into a finished file; an MP3 begins with them."""
    loss_db: float = 0.0
    """By how much the encoder turns everything down."""
    most_bytes: int | None = None
    """How long the sound may be, in bytes of 16 bit samples."""
    is_given_chapters: bool = False
    """Whether ffmpeg writes the chapters, with the sound."""

    def options_for(self, quality: Quality) -> tuple[str, ...]:
        """Return what makes ffmpeg write it in a quality."""
        return self.options if self.rates is None else (*self.options, self.rate_option, self.rate(quality))

    def rate(self, quality: Quality) -> str:
        """Return how many bits a second it may take, as ffmpeg is told."""
        assert self.rates is not None  # noqa: S101 - asked only of what loses something
        return self.rates[list(Quality).index(quality)]


_AAC = ("-c:a", "aac", "-movflags", "+faststart", "-f", "mp4")
_AAC_RATES = ("64k", "96k", "160k")
_ROWS = (
    Format(
        ending=".mp3",
        mime="audio/mpeg",
        options=(),  # see coach.publish.encoder
        rates=("56k", "80k", "128k"),  # what each loses: docs/benchmarks.md
        sound=layout.mp3,
        read=tags.read_mp3,
        loss_db=0.4455,  # LAME turns everything down to 0.95
    ),
    Format(
        ending=".m4a",
        mime="audio/mp4",
        options=_AAC,
        rates=_AAC_RATES,
        sound=layout.mp4,
        read=tags.read_mp4,
        write=tags.write_mp4,
        is_given_chapters=True,
    ),
    Format(
        ending=".m4b",
        mime="audio/mp4",
        options=_AAC,
        rates=_AAC_RATES,
        sound=layout.mp4,
        read=tags.read_mp4,
        write=tags.write_mp4,
        is_given_chapters=True,
    ),
    Format(
        ending=".ogg",
        mime="audio/ogg",
        options=("-c:a", "libvorbis", "-f", "ogg"),
        rate_option="-q:a",
        rates=("1", "4", "7"),
        sound=layout.ogg,
        read=tags.read_ogg,
        write=tags.write_ogg,
    ),
    Format(
        ending=".opus",
        mime="audio/ogg",  # RFC 7845: audio/opus is for streams without Ogg
        options=("-c:a", "libopus", "-f", "opus"),
        rates=("32k", "64k", "96k"),
        sound=layout.ogg,
        read=tags.read_ogg,
        write=tags.write_ogg,
    ),
    Format(
        ending=".flac",
        mime="audio/flac",
        options=("-c:a", "flac", "-f", "flac"),
        sound=layout.flac,
        read=tags.read_flac,
        write=tags.write_flac,
    ),
    Format(
        ending=".wav",
        mime="audio/wav",
        options=("-c:a", "pcm_s16le", "-f", "wav"),
        sound=layout.wav,
        read=tags.read_wave,
        write=tags.write_wave,
        most_bytes=0xFFFFFFFF - 0x100000,
    ),
)
FORMATS = {row.ending: row for row in _ROWS}
"""By the ending of a file's name."""


def format_of(path: Path) -> Format | None:
    """Return the format that a file's name ends in, if the coach writes it."""
    return FORMATS.get(path.suffix.lower())


def known(path: Path) -> Known:
    """Return what a file's tags say of the coach; nothing if it has none or is damaged."""
    row = format_of(path)
    try:
        return Known() if row is None else row.read(path)
    except Exception:  # parsers of files that anybody may have made raise anything
        return Known()


def state(path: Path) -> State | None:
    """Return what became of a file since the coach made it; ``None`` if it did not make it."""
    row = format_of(path)
    return audio_state(path, row.sound) if row is not None and known(path).made_by_coach else None


def tag(path: Path, row: Format, about: About) -> float:
    """Write tags into a file whose format has none before the sound; return how long it says it lasts, in seconds.

    Raises:
        ValueError: it is not such a file.
    """
    from mutagen import MutagenError

    assert row.write is not None  # noqa: S101 - only an MP3 has none
    try:
        return float(row.write(path, about).info.length)
    except (MutagenError, IndexError) as error:
        raise ValueError(f"it cannot be read: {error}") from error


def seal(path: Path, row: Format) -> None:
    """Fill in the sums of a finished file.

    Raises:
        OSError: it cannot be written.
        ValueError: it is not such a file.
    """
    seal_audio(path, row.sound)
