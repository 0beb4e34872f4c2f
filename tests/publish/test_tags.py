"""Tags, read back with mutagen and with ffprobe, which know nothing of each other."""

from __future__ import annotations

import io
import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from mutagen.mp3 import MP3, BitrateMode
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE
from PIL import Image

from coach import __version__
from coach.core.captions import Line
from coach.core.chapters import CLOSING, OPENING, Chapter
from coach.errors import InputError
from coach.publish.cover import cover
from coach.publish.encoder import encode
from coach.publish.formats import FORMATS, known
from coach.publish.tags import COMMENT, MOST_CHAPTERS, About, check_chapters, id3_bytes
from coach.units import SAMPLE_RATE
from support.needs import needs
from support.sound import babble

CHAPTERS = (
    Chapter("Opening", 0, 1_013),
    Chapter("Child's pose", 1_013, 2_501),
    Chapter("Rückenlage = “gut”; #1", 2_501, 6_999),
    Chapter("A much longer name of a stretch", 6_999, 8_000),
    Chapter("Closing", 8_000, 9_000),
)
LINES = (Line(10, 900, "Welcome — lie down."), Line(1_020, 2_000, "In two three · Out two"))
ABOUT = About(
    title="Anna’s evening: rücken",
    purpose="Letting go, für den Rücken.",
    length_ms=9_000,
    year=2026,
    input="0123",
    captions=".lrc:abc .vtt:def",
    track=7,
    chapters=CHAPTERS,
    lines=LINES,
    lyrics="[00:00.01]Welcome — lie down.\n[00:01.02]In two three · Out two\n",
    cover=cover("Anna’s evening", 9_000),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tagged")
    mix = babble(9)
    for ending in FORMATS:
        encode(mix, folder / f"x{ending}", lambda: ABOUT)
    return {ending: folder / f"x{ending}" for ending in FORMATS}


def test_an_mp3_says_all_there_is_to_say(files: dict[str, Path]) -> None:
    mp3 = MP3(files[".mp3"])
    assert (mp3.info.sample_rate, mp3.info.channels, mp3.info.bitrate) == (SAMPLE_RATE, 1, 80_000)
    assert mp3.info.bitrate_mode in (BitrateMode.CBR, BitrateMode.UNKNOWN)
    assert mp3.info.length == pytest.approx(9, abs=0.06)
    said = ID3(files[".mp3"], translate=False)
    assert said.version == (2, 3, 0)
    text = {
        frame.FrameID: frame.text[0] for frame in said.values() if frame.FrameID[0] == "T" and frame.FrameID != "TXXX"
    }
    assert {key: str(value) for key, value in text.items()} == {
        "TIT2": ABOUT.title,
        "TIT3": ABOUT.purpose,
        "TPE1": "Stretch Coach",
        "TALB": "Stretch Coach",
        "TCON": "Health & Fitness",
        "TYER": "2026",
        "TRCK": "7",
        "TLEN": "9000",
        "TLAN": "eng",
        "TENC": f"Stretch Coach {__version__}",
        "TSSE": f"Stretch Coach {__version__}",
    }
    assert said["COMM::eng"].text == [COMMENT]
    assert said["USLT::eng"].text == ABOUT.lyrics
    assert said["SYLT::eng"].text == [(line.text, line.start_ms) for line in LINES]
    assert (said["SYLT::eng"].format, said["SYLT::eng"].type) == (2, 1)  # milliseconds, lyrics
    (picture,) = said.getall("APIC")
    assert (picture.mime, picture.type) == ("image/jpeg", 3)
    assert Image.open(io.BytesIO(picture.data)).size == (1400, 1400)


def test_chapters_stand_in_their_order_after_their_table(files: dict[str, Path]) -> None:
    said = ID3(files[".mp3"], translate=False)
    (toc,) = said.getall("CTOC")
    assert int(toc.flags) == 3  # top-level and ordered
    assert [frame.text for frame in toc.sub_frames.values()] == [["Chapters"]]
    found = [said[f"CHAP:{name}"] for name in toc.child_element_ids]
    assert [Chapter(chap.sub_frames["TIT2"].text[0], chap.start_time, chap.end_time) for chap in found] == list(
        CHAPTERS
    )
    assert {(chap.start_offset, chap.end_offset) for chap in found} == {(0xFFFFFFFF, 0xFFFFFFFF)}
    raw = files[".mp3"].read_bytes()
    places = [raw.index(name.encode() + b"\0", raw.index(b"CHAP")) for name in toc.child_element_ids]
    assert places == sorted(places)
    assert raw.index(b"CTOC") < raw.index(b"CHAP")


def probed(path: Path) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-show_format", "-show_chapters", "-show_streams", "-of", "json", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


@needs("ffprobe", "ffmpeg")
@pytest.mark.parametrize("ending", [ending for ending in FORMATS if ending != ".wav"])
def test_ffprobe_reads_title_picture_and_chapters(files: dict[str, Path], ending: str) -> None:
    told = probed(files[ending])
    streams = {stream["codec_type"]: stream for stream in told["streams"]}
    said = {**told["format"].get("tags", {}), **streams["audio"].get("tags", {})}
    said = {key.lower(): value for key, value in said.items()}
    assert (said["title"], said["artist"], said["album"]) == (ABOUT.title, "Stretch Coach", "Stretch Coach")
    assert said["genre"] == "Health & Fitness"
    assert COMMENT in (said.get("comment"), said.get("description"))
    assert said.get("track", said.get("tracknumber")) in ("7", "7/0")
    assert (streams["video"]["width"], streams["video"]["height"]) == (1400, 1400)
    assert streams["audio"]["channels"] == 1
    if ending == ".flac":
        return  # ffprobe looks for no chapters there
    found = [(part["tags"]["title"], round(float(part["start_time"]) * 1000)) for part in told["chapters"]]
    assert found == [(part.title, part.start_ms) for part in CHAPTERS]
    if ending in (".mp3", ".m4a", ".m4b"):
        ends = [round(float(part["end_time"]) * 1000) for part in told["chapters"]]
        assert ends == [part.end_ms for part in CHAPTERS]


@pytest.mark.parametrize("ending", FORMATS)
def test_the_coach_s_own_fields_come_back(files: dict[str, Path], ending: str) -> None:
    told = known(files[ending])
    assert (told.made_by_coach, told.purpose) == (True, ABOUT.purpose)
    assert (told.input, told.captions) == (ABOUT.input, ABOUT.captions)


@pytest.mark.parametrize("ending", FORMATS)
def test_words_are_inside_every_format(files: dict[str, Path], ending: str) -> None:
    path = files[ending]
    words = {
        ".mp3": lambda: ID3(path)["USLT::eng"].text,
        ".wav": lambda: WAVE(path).tags["USLT::eng"].text,
        ".m4a": lambda: MP4(path)["\xa9lyr"][0],
        ".m4b": lambda: MP4(path)["\xa9lyr"][0],
        ".ogg": lambda: OggVorbis(path)["lyrics"][0],
        ".opus": lambda: OggOpus(path)["lyrics"][0],
        ".flac": lambda: FLAC(path)["lyrics"][0],
    }[ending]()
    assert words == ABOUT.lyrics


def test_a_wav_plays_in_what_knows_nothing_of_tags(files: dict[str, Path]) -> None:
    import wave

    with wave.open(str(files[".wav"])) as file:
        assert (file.getnframes(), file.getframerate(), file.getnchannels()) == (9 * SAMPLE_RATE, SAMPLE_RATE, 1)


def test_a_file_that_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    for ending in (*FORMATS, ".txt"):
        path = tmp_path / f"x{ending}"
        assert not known(path).made_by_coach
        for content in (b"", b"ID3\x03\x00\x00\x7f\x7f\x7f\x7f", b"RIFF", b"OggS" * 20, b"fLaC\0\0\0"):
            path.write_bytes(content)
            assert not known(path).made_by_coach


def test_no_damage_makes_it_more_than_unknown(files: dict[str, Path], tmp_path: Path) -> None:
    chance = random.Random(3)
    for ending, path in files.items():
        whole = path.read_bytes()[:40_000]
        damaged = tmp_path / f"x{ending}"
        for _ in range(40):
            data = bytearray(whole)
            for _ in range(4):
                data[chance.randrange(3_000)] = chance.randrange(256)
            damaged.write_bytes(data)
            known(damaged)  # raises nothing


def test_without_words_and_chapters_there_are_no_empty_frames() -> None:
    said = ID3(io.BytesIO(id3_bytes(About(title="x", length_ms=1, year=2026, input="h"))))
    assert not {"SYLT::eng", "USLT::eng", "CTOC:toc", "TRCK", "TIT3"} & set(said)
    assert not said.getall("APIC")


def test_more_chapters_than_a_file_can_hold_are_refused_and_counted_as_stretches() -> None:
    """The message once counted the opening and the closing as stretches: 253 are the most beside them."""
    one, opening, closing = (Chapter(title, 0, 1) for title in ("x", OPENING, CLOSING))
    check_chapters((one,) * MOST_CHAPTERS)
    with pytest.raises(InputError, match="has 256 stretches, and a file has chapters for at most 255; make two files"):
        check_chapters((one,) * 256)
    check_chapters((opening, *(one,) * 253, closing))
    with pytest.raises(InputError, match="has 254 stretches, and a file has chapters for at most 253; make two files"):
        check_chapters((opening, *(one,) * 254, closing))
