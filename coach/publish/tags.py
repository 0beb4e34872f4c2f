"""What a file says of itself: title, picture, chapters, words. Written and read with mutagen.

Three families of tags: ID3 (MP3, WAV), atoms (MP4) and Vorbis comments (Ogg, FLAC). Readers raise what mutagen raises;
:func:`coach.publish.formats.known` takes it for a file that says nothing.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach import __version__
from coach.core.captions import Line
from coach.core.chapters import CLOSING, OPENING, Chapter
from coach.core.languages import ENGLISH
from coach.errors import InputError
from coach.publish.cover import SIDE
from coach.publish.seal import BLANK, MADE_BY

if TYPE_CHECKING:
    from mutagen import FileType
    from mutagen.id3 import ID3

ENCODER = f"{MADE_BY} {__version__}"
GENRE = "Health & Fitness"
LANGUAGE = ENGLISH.iso639_2
COMMENT = (
    "Move slowly, and stay where it feels easy. If anything hurts, stop. Seek care for numbness around the groin or "
    "buttocks, loss of bladder or bowel control, weakness in both legs, fever, or pain after an accident."
)
MOST_CHAPTERS = 255
"""ID3 counts them in one byte."""
INPUT, CAPTIONS, VOICE, SEAL = "coach_input", "coach_captions", "coach_voice", "coach_seal"
ORDER, SCRIPTS = "coach_order", "coach_scripts"
"""The coach's own fields: hashes of what the file was made from and of the captions beside it, who speaks, the file's
seal; what was asked for, and the scripts that this came to, each with a hash."""

_KNOWN = {"input": INPUT, "captions": CAPTIONS, "voice": VOICE, "order": ORDER, "scripts": SCRIPTS}
"""What is read of a file's own fields, by the name in :class:`Known`."""
_ID3_HEAD = 10
_MP4_OWN = "----:com.apple.iTunes:"


@dataclass(frozen=True, kw_only=True)
class About:
    """What a file is to say of itself."""

    title: str
    purpose: str = ""
    """What the routine is for, in a line."""
    length_ms: int
    year: int
    input: str
    """A hash of what it was made from."""
    captions: str = ""
    """Names and hashes of the files of captions beside it."""
    voice: str = ""
    """Who speaks."""
    order: str = ""
    """What was asked for; see :attr:`coach.order.Order.told`."""
    scripts: str = ""
    """The scripts that it came to, each with a hash."""
    track: int | None = None
    chapters: tuple[Chapter, ...] = ()
    lines: tuple[Line, ...] = ()
    lyrics: str = ""
    """The lines as LRC."""
    cover: bytes = b""
    """A JPEG."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a file says of who made it, what for, and from what."""

    made_by_coach: bool = False
    purpose: str = ""
    input: str = ""
    captions: str = ""
    voice: str = ""
    order: str = ""
    scripts: str = ""
    encoder: str = ""
    """The coach and its version."""


def check_chapters(chapters: tuple[Chapter, ...]) -> None:
    """Refuse more chapters than a file can hold.

    Raises:
        InputError: there are too many.
    """
    if len(chapters) > MOST_CHAPTERS:
        beside = sum(chapter.title in (OPENING, CLOSING) for chapter in chapters)
        raise InputError(
            f"the routine has {len(chapters) - beside} stretches, and a file has chapters for at most "
            f"{MOST_CHAPTERS - beside}; make two files of it"
        )


def id3_bytes(about: About) -> bytes:
    """Return an ID3v2.3 tag, to stand at the beginning of an MP3.

    Chapters stand in their order, after the table that lists them: some players read no further than that.
    """
    from mutagen.id3 import ID3

    frames = sorted(_id3(about).values(), key=_place)
    whole = b""
    for frame in frames:
        alone, stream = ID3(), io.BytesIO()
        alone.add(frame)
        alone.save(stream, v2_version=3, v1=0, padding=lambda _info: 0)
        whole += stream.getvalue()[_ID3_HEAD:]
    size = bytes(len(whole) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + whole


def _own(about: About) -> tuple[tuple[str, str], ...]:
    """Return the coach's own fields."""
    own = ((INPUT, about.input), (CAPTIONS, about.captions), (VOICE, about.voice))
    return (*own, (ORDER, about.order), (SCRIPTS, about.scripts), (SEAL, BLANK))


def _place(frame: Any) -> tuple[int, int]:
    """Say where a frame stands: text first, the picture last but for the chapters, those by time."""
    kinds = ("APIC", "CTOC", "CHAP")
    kind = kinds.index(frame.FrameID) + 1 if frame.FrameID in kinds else 0
    return kind, frame.start_time if frame.FrameID == "CHAP" else 0


def _id3(about: About) -> ID3:
    from mutagen import id3

    tags = id3.ID3()
    text = {
        "TIT2": about.title,
        "TPE1": MADE_BY,
        "TALB": MADE_BY,
        "TCON": GENRE,
        "TYER": str(about.year),
        "TLEN": str(about.length_ms),
        "TLAN": LANGUAGE,
        "TENC": ENCODER,
        "TSSE": ENCODER,
    }
    if about.purpose:
        text["TIT3"] = about.purpose
    if about.track is not None:
        text["TRCK"] = str(about.track)
    for frame, value in text.items():
        tags.add(getattr(id3, frame)(encoding=id3.Encoding.UTF16, text=[value]))
    tags.add(id3.COMM(encoding=id3.Encoding.UTF16, lang=LANGUAGE, desc="", text=[COMMENT]))
    for name, value in _own(about):
        tags.add(id3.TXXX(encoding=id3.Encoding.LATIN1, desc=name, text=[value]))
    if about.lines:
        tags.add(id3.USLT(encoding=id3.Encoding.UTF16, lang=LANGUAGE, desc="", text=about.lyrics))
        timed = [(line.text, line.start_ms) for line in about.lines]
        tags.add(id3.SYLT(encoding=id3.Encoding.UTF16, lang=LANGUAGE, format=2, type=1, desc="", text=timed))
    if about.cover:
        tags.add(id3.APIC(encoding=id3.Encoding.LATIN1, mime="image/jpeg", type=3, desc="", data=about.cover))
    _add_chapters(tags, about.chapters)
    return tags


def _add_chapters(tags: ID3, chapters: tuple[Chapter, ...]) -> None:
    from mutagen import id3

    names = [f"chapter{index}" for index in range(len(chapters))]
    for name, chapter in zip(names, chapters, strict=True):
        # Times alone: all ones in the byte offsets says that they are not given.
        title = id3.TIT2(encoding=id3.Encoding.UTF16, text=[chapter.title])
        tags.add(
            id3.CHAP(
                element_id=name,
                start_time=chapter.start_ms,
                end_time=chapter.end_ms,
                start_offset=0xFFFFFFFF,
                end_offset=0xFFFFFFFF,
                sub_frames=[title],
            )
        )
    if chapters:
        flags = id3.CTOCFlags.TOP_LEVEL | id3.CTOCFlags.ORDERED
        # Without a title of its own Apple's players show no chapters.
        title = id3.TIT2(encoding=id3.Encoding.UTF16, text=["Chapters"])
        tags.add(id3.CTOC(element_id="toc", flags=flags, child_element_ids=names, sub_frames=[title]))


def write_wave(path: Path, about: About) -> FileType:
    """Write an ID3 chunk into a WAV file."""
    from mutagen.wave import WAVE

    wave = WAVE(path)
    wave.add_tags()
    wave.tags.update(_id3(about))
    wave.tags.update_to_v23()
    wave.save(v2_version=3)
    return wave


def write_mp4(path: Path, about: About) -> FileType:
    """Chapters and language are written by ffmpeg, with the sound."""
    from mutagen.mp4 import MP4, MP4Cover

    mp4 = MP4(path)
    mp4["\xa9nam"], mp4["\xa9ART"], mp4["\xa9alb"] = [about.title], [MADE_BY], [MADE_BY]
    mp4["\xa9gen"], mp4["\xa9day"], mp4["\xa9too"] = [GENRE], [str(about.year)], [ENCODER]
    mp4["\xa9cmt"] = [COMMENT]
    if about.purpose:
        mp4["desc"] = [about.purpose]
    if about.lyrics:
        mp4["\xa9lyr"] = [about.lyrics]
    if about.track is not None:
        mp4["trkn"] = [(about.track, 0)]
    if about.cover:
        mp4["covr"] = [MP4Cover(about.cover, MP4Cover.FORMAT_JPEG)]
    for name, value in _own(about):
        mp4[_MP4_OWN + name] = [value.encode()]
    mp4.save()
    return mp4


def _tag_vorbis(file: FileType, about: About) -> None:
    """Set Vorbis comments: those of Ogg Vorbis, Opus and FLAC."""
    comments = {
        SEAL: BLANK,  # the first, so that it lies in one page of an Ogg file
        "title": about.title,
        "artist": MADE_BY,
        "album": MADE_BY,
        "genre": GENRE,
        "date": str(about.year),
        "comment": COMMENT,
        "language": LANGUAGE,
        "encoded-by": ENCODER,
        "encoder": ENCODER,
        "length": str(about.length_ms),
        **dict(_own(about)),
    }
    if about.purpose:
        comments["subtitle"] = about.purpose
    if about.track is not None:
        comments["tracknumber"] = str(about.track)
    if about.lyrics:
        comments["lyrics"] = about.lyrics
    for number, chapter in enumerate(about.chapters, 1):
        hours, rest = divmod(chapter.start_ms, 3_600_000)
        minutes, rest = divmod(rest, 60_000)
        comments[f"chapter{number:03}"] = f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
        comments[f"chapter{number:03}name"] = chapter.title
    for name, value in comments.items():
        file[name] = [value]


def _picture(about: About) -> Any:
    from mutagen.flac import Picture

    picture = Picture()
    picture.type, picture.mime, picture.data = 3, "image/jpeg", about.cover
    picture.width = picture.height = SIDE
    picture.depth = 24
    return picture


def write_flac(path: Path, about: About) -> FileType:
    """Write Vorbis comments and the picture into a FLAC file."""
    from mutagen.flac import FLAC

    flac = FLAC(path)
    _tag_vorbis(flac, about)
    if about.cover:
        flac.add_picture(_picture(about))
    flac.save()
    return flac


def write_ogg(path: Path, about: About) -> FileType:
    """Write Vorbis comments, the picture among them, into Ogg Vorbis or Opus."""
    ogg = _ogg(path)
    _tag_vorbis(ogg, about)
    if about.cover:
        ogg["metadata_block_picture"] = [base64.b64encode(_picture(about).write()).decode()]
    ogg.save()
    return ogg


def _ogg(path: Path) -> FileType:
    from mutagen.oggopus import OggOpus
    from mutagen.oggvorbis import OggVorbis

    with path.open("rb") as file:
        is_opus = b"OpusHead" in file.read(64)
    return OggOpus(path) if is_opus else OggVorbis(path)


def _known_id3(tags: Any) -> Known:
    if tags is None:
        return Known()

    def first(name: str) -> str:
        return str(tags[name].text[0]) if name in tags else ""

    return Known(
        made_by_coach=first("TENC").startswith(MADE_BY),
        purpose=first("TIT3"),
        encoder=first("TENC"),
        **{field: first(f"TXXX:{name}") for field, name in _KNOWN.items()},
    )


def read_mp3(path: Path) -> Known:
    """Read the ID3 tag of an MP3."""
    from mutagen.id3 import ID3

    return _known_id3(ID3(path))


def read_wave(path: Path) -> Known:
    """Read the ID3 chunk of a WAV file."""
    from mutagen.wave import WAVE

    return _known_id3(WAVE(path).tags)


def read_mp4(path: Path) -> Known:
    """Read the atoms of an MP4."""
    from mutagen.mp4 import MP4

    mp4 = MP4(path)
    own = {field: bytes(mp4.get(_MP4_OWN + name, [b""])[0]).decode() for field, name in _KNOWN.items()}
    encoder, purpose = (str(mp4.get(name, [""])[0]) for name in ("\xa9too", "desc"))
    return Known(made_by_coach=encoder.startswith(MADE_BY), purpose=purpose, encoder=encoder, **own)


def _known_vorbis(file: FileType) -> Known:
    encoder, purpose = (str(file.get(name, [""])[0]) for name in ("encoder", "subtitle"))
    own = {field: str(file.get(name, [""])[0]) for field, name in _KNOWN.items()}
    return Known(made_by_coach=encoder.startswith(MADE_BY), purpose=purpose, encoder=encoder, **own)


def read_flac(path: Path) -> Known:
    """Read the Vorbis comments of a FLAC file."""
    from mutagen.flac import FLAC

    return _known_vorbis(FLAC(path))


def read_ogg(path: Path) -> Known:
    """Read Ogg Vorbis or Opus."""
    return _known_vorbis(_ogg(path))
