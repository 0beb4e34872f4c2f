"""Seals: what was changed by a person is told from what a disk lost, in every format."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import mutagen
import pytest
from mutagen.id3 import ID3, TIT2
from mutagen.wave import WAVE

from coach.core.chapters import Chapter
from coach.errors import InputError
from coach.publish.cover import cover
from coach.publish.encoder import check_target, encode
from coach.publish.formats import FORMATS, known, state
from coach.publish.seal import SEAL, State, is_sealed, sealed
from coach.publish.tags import About
from support.sound import babble

ABOUT = About(
    title="OggS evening",
    purpose="Rest.",
    length_ms=9_000,
    year=2026,
    input="0123",
    track=7,
    chapters=(Chapter("One", 0, 9_000),),
    lyrics="[00:00.01]Welcome\n" * 300,
    cover=cover("Evening", 9_000),
)
SOUND_AT = 0.7
"""A share of a file that lies in its sound: tags stand first, or take little at the end."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed")
    for ending in FORMATS:
        encode(babble(40), folder / f"x{ending}", lambda: ABOUT)
    return folder


@pytest.fixture(params=FORMATS)
def path(kept: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return Path(shutil.copy(kept / f"x{request.param}", tmp_path))


def cut_short(data: bytes) -> bytes:
    return data[: int(len(data) * SOUND_AT)]


def zeroed(data: bytes) -> bytes:
    begin = int(len(data) * SOUND_AT)
    return data[:begin] + bytes(4096) + data[begin + 4096 :]


def one_bit(data: bytes) -> bytes:
    place = int(len(data) * SOUND_AT)
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_a_file_just_written_is_whole(path: Path) -> None:
    assert state(path) is State.WHOLE
    check_target(path, force=False)


@pytest.mark.parametrize("damage", [cut_short, zeroed, one_bit])
def test_a_file_cut_short_or_with_bytes_zeroed_may_be_made_anew(path: Path, damage: Callable[[bytes], bytes]) -> None:
    path.write_bytes(damage(path.read_bytes()))
    if path.suffix == ".wav" and damage is cut_short:
        assert state(path) is None  # its tags stood at the end
        return
    assert state(path) is State.DAMAGED
    check_target(path, force=False)


def test_a_file_whose_title_a_person_changed_is_not_replaced(path: Path) -> None:
    if path.suffix in (".mp3", ".wav"):
        said = ID3(path) if path.suffix == ".mp3" else WAVE(path)
        (said if path.suffix == ".mp3" else said.tags).add(TIT2(text=["My evening"]))
        said.save()
    else:
        file = mutagen.File(path, easy=True)
        file["title"] = "My evening"
        file.save()
    assert known(path).made_by_coach
    assert state(path) is State.CHANGED
    with pytest.raises(InputError, match="was changed since the coach made it; add --force to replace it"):
        check_target(path, force=False)
    check_target(path, force=True)


def test_a_tag_that_a_player_adds_at_the_end_is_a_change(kept: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(kept / "x.mp3", tmp_path))
    path.write_bytes(path.read_bytes() + b"TAG".ljust(128, b"\0"))
    assert state(path) is State.CHANGED


def test_other_programs_find_nothing_wrong_with_a_sealed_ogg_page(kept: Path) -> None:
    from mutagen.ogg import OggPage

    for name in ("x.ogg", "x.opus"):
        with (kept / name).open("rb") as file:
            while True:
                place = file.tell()
                try:
                    page = OggPage(file)
                except EOFError:
                    break
                end = file.tell()
                file.seek(place)
                assert page.write() == file.read(end - place)


def test_a_file_without_a_seal_is_kept(kept: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(kept / "x.mp3", tmp_path))
    said = ID3(path)
    said.delall("TXXX:coach_seal")
    said.save()
    assert state(path) is State.UNSEALED
    with pytest.raises(InputError, match="was made by an earlier version of the coach, or changed since; add --force"):
        check_target(path, force=False)


def test_a_small_file_is_as_it_was_written_or_not() -> None:
    data = sealed(f"<a/><!-- {SEAL} -->".encode())
    assert is_sealed(data)
    assert SEAL.encode() not in data
    for other in (data.replace(b"a", b"b", 1), data + b"\n", b"", b"<a/>", f"<a/><!-- {SEAL} -->".encode()):
        assert not is_sealed(other)
