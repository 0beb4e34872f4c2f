"""Publishing: what is written, what is left alone, what is never touched."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from mutagen.id3 import ID3, TIT2

from coach.audio.finish import Finish
from coach.audio.mixer import GAIN_STEP_DB
from coach.compiler import Compiled
from coach.core.routine import Routine
from coach.errors import Cancelled, EncoderError, InputError
from coach.publish import publish as publish_module
from coach.publish.beside import CAPTION_ENDINGS
from coach.publish.formats import FORMATS
from coach.publish.publish import check_places, mix, publish
from coach.recipe import compile_routine
from coach.voices.silent import SilentVoice
from support.making import delivery, routine, stretch
from support.sound import file_of, noise

HELD = {"kind": "hold", "dose": "6 s"}
ROUTINE = routine(stretch(HELD), stretch(HELD))
FINISH = Finish()


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_routine(ROUTINE, delivery("2-2"), SilentVoice())


@pytest.fixture(scope="module")
def made(compiled: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the file and its captions, for tests to copy."""
    folder = tmp_path_factory.mktemp("made")
    assert run(compiled, folder / "x.mp3")
    return folder


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    """The file as it was made, in a folder of its own."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "x.mp3"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def run(compiled: Compiled, path: Path, finish: Finish = FINISH, programme: Routine = ROUTINE, **how: bool) -> bool:
    return publish(replace(compiled, programme=programme), path, finish=finish, **how).is_new


@pytest.mark.parametrize("damage", [lambda data: data[:-20_000], lambda data: data[:-20_000] + bytes(20_000)])
def test_a_file_cut_short_or_with_bytes_zeroed_is_not_up_to_date(
    compiled: Compiled, path: Path, damage: Callable[[bytes], bytes]
) -> None:
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    check_places(path, FINISH, force=False)
    assert run(compiled, path)
    assert path.read_bytes() == whole
    assert not run(compiled, path)


def test_a_file_whose_tags_were_changed_is_refused(path: Path) -> None:
    said = ID3(path)
    said.add(TIT2(text=["Mine"]))
    said.save()
    with pytest.raises(InputError, match="was changed since the coach made it"):
        check_places(path, FINISH, force=False)


def test_cancelling_leaves_what_was_there(compiled: Compiled, tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    asked = iter((False, True))
    with pytest.raises(Cancelled):
        publish(compiled, path, finish=FINISH, cancelled=lambda: next(asked, True))
    assert names(tmp_path) == []
    run(compiled, path)
    before = stamps(tmp_path)
    with pytest.raises(Cancelled):
        publish(compiled, path, finish=FINISH, cancelled=lambda: True, force=True)
    assert stamps(tmp_path) == before


def test_a_link_is_replaced_and_never_what_it_points_to(compiled: Compiled, tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    outside.mkdir()
    run(compiled, outside / "x.mp3")
    before = stamps(outside)
    for name in names(outside):
        (folder / name).symlink_to(outside / name)
    other = compile_routine(ROUTINE, delivery("3-3"), SilentVoice())
    assert run(other, folder / "x.mp3")
    assert stamps(outside) == before
    assert not any(path.is_symlink() for path in folder.iterdir())


def test_captions_lie_beside_it_and_are_those_inside(compiled: Compiled, tmp_path: Path) -> None:
    told = publish(compiled, tmp_path / "x.y.mp3", finish=Finish(podcast=True))
    endings = ("chapters.json", "lrc", "mp3", "srt", "vtt")
    assert names(tmp_path) == [f"x.y.{ending}" for ending in endings]
    assert sorted(path.name for path in told.beside) == [name for name in names(tmp_path) if name != "x.y.mp3"]
    assert ID3(tmp_path / "x.y.mp3")["USLT::eng"].text == (tmp_path / "x.y.lrc").read_text(encoding="utf-8")


def test_a_second_time_nothing_is_written(compiled: Compiled, tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    assert run(compiled, path)
    before = stamps(tmp_path)
    assert not run(compiled, path)
    assert stamps(tmp_path) == before
    assert run(compiled, path, force=True)
    assert all(stamp != before[name] for name, stamp in stamps(tmp_path).items())


def test_a_missing_caption_is_made_again_without_the_audio(compiled: Compiled, path: Path, tmp_path: Path) -> None:
    before = stamps(tmp_path)
    (tmp_path / "x.vtt").unlink()
    assert run(compiled, path)
    after = stamps(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {"x.vtt"}


CHANGES = {
    "title": (Finish(), replace(ROUTINE, name="Other")),
    "loudness": (Finish(heard_lufs=-20), ROUTINE),
    "track": (Finish(track=3), ROUTINE),
    "captions": (Finish(captions=False), ROUTINE),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_the_file_makes_it_anew(compiled: Compiled, path: Path, change: str) -> None:
    finish, programme = CHANGES[change]
    before = path.read_bytes()
    assert run(compiled, path, finish, programme)
    assert path.read_bytes() != before
    assert not run(compiled, path, finish, programme)


def test_another_background_makes_it_anew(compiled: Compiled, tmp_path: Path) -> None:

    (tmp_path / "b").mkdir(exist_ok=True)
    target = tmp_path / "x.flac"
    finish = Finish(background=file_of(tmp_path / "b", noise(2)))
    assert run(compiled, target, finish)
    assert not run(compiled, target, finish)
    file_of(tmp_path / "b", noise(2, seed=1))
    assert run(compiled, target, finish)


@pytest.mark.parametrize("ending", CAPTION_ENDINGS)
@pytest.mark.parametrize("made_before", [True, False])
def test_captions_of_somebody_else_are_never_touched(
    compiled: Compiled, path: Path, tmp_path: Path, ending: str, made_before: bool
) -> None:
    place = tmp_path / f"x{ending}"
    if made_before:
        place.write_text(place.read_text(encoding="utf-8") + "my own line\n", encoding="utf-8")
    else:
        for name in names(tmp_path):
            (tmp_path / name).unlink()
        place.write_bytes(b"\xff my precious notes")
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    with pytest.raises(InputError, match="not as the coach wrote it; move it away"):
        run(compiled, path)
    with pytest.raises(InputError, match="not as the coach wrote it"):
        run(compiled, path, programme=replace(ROUTINE, name="Other"))
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == before
    run(compiled, path, Finish(captions=False))
    assert place.read_bytes() == before[place.name]
    assert run(compiled, path, force=True)
    assert b"my" not in place.read_bytes()


def test_its_own_captions_of_an_earlier_file_are_replaced_or_go(compiled: Compiled, path: Path, tmp_path: Path) -> None:
    other = compile_routine(ROUTINE, delivery("3-3"), SilentVoice())
    before = (tmp_path / "x.vtt").read_text()
    assert run(other, path)
    assert (tmp_path / "x.vtt").read_text() != before
    run(compiled, path, Finish(captions=False))
    assert names(tmp_path) == ["x.mp3"]


def test_its_own_captions_are_known_when_the_audio_is_gone_or_has_another_ending(
    compiled: Compiled, tmp_path: Path
) -> None:
    other = compile_routine(ROUTINE, delivery("3-3"), SilentVoice())
    run(compiled, tmp_path / "x.mp3", Finish(podcast=True))
    (tmp_path / "x.mp3").unlink()
    assert run(other, tmp_path / "x.flac", Finish(podcast=True))
    assert names(tmp_path) == [f"x.{ending}" for ending in ("chapters.json", "flac", "lrc", "srt", "vtt")]
    (tmp_path / "x.lrc").write_text("mine")
    with pytest.raises(InputError, match="not as the coach wrote it"):
        run(compiled, tmp_path / "x.flac")


def test_chapters_that_are_no_longer_right_go(compiled: Compiled, tmp_path: Path) -> None:
    other = compile_routine(ROUTINE, delivery("3-3"), SilentVoice())
    run(compiled, tmp_path / "x.mp3", Finish(podcast=True))
    run(other, tmp_path / "x.mp3")
    assert "x.chapters.json" not in names(tmp_path)
    assert run(compiled, tmp_path / "x.mp3", Finish(podcast=True))


def test_places_that_cannot_be_are_refused_before_anything_is_spoken(tmp_path: Path) -> None:
    (tmp_path / "x.lrc").mkdir()
    rain = file_of(tmp_path, noise(1))
    with pytest.raises(InputError, match=r"x\.lrc is a folder"):
        check_places(tmp_path / "x.mp3", Finish(), force=True)
    check_places(tmp_path / "x.mp3", Finish(captions=False), force=False)
    with pytest.raises(InputError, match="is the background itself"):
        check_places(rain, Finish(background=rain, captions=False), force=True)


def test_when_the_audio_fails_nothing_appears_and_nothing_goes(
    compiled: Compiled, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    other = compile_routine(ROUTINE, delivery("3-3"), SilentVoice())

    def fail(*_: object, **__: object) -> None:
        raise EncoderError("no")

    monkeypatch.setattr(publish_module, "encode", fail)
    with pytest.raises(EncoderError):
        run(other, path)
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == before


def test_the_year_is_this_one_or_that_of_a_reproducible_build(
    compiled: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    run(compiled, tmp_path / "x.mp3")
    assert str(ID3(tmp_path / "x.mp3", translate=False)["TYER"].text[0]) == "2001"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert not run(compiled, tmp_path / "x.mp3")  # a new year makes no file anew


def test_too_many_stretches_for_a_file_are_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled: Compiled
) -> None:
    monkeypatch.setattr("coach.publish.tags.MOST_CHAPTERS", 3)
    with pytest.raises(InputError, match="chapters"):
        run(compiled, tmp_path / "x.mp3")
    assert names(tmp_path) == []


def test_what_an_encoder_takes_away_is_made_up_for(compiled: Compiled) -> None:
    loss_db = FORMATS[".mp3"].loss_db
    more_db = mix(compiled, Finish(), loss_db).gain_db - mix(compiled, Finish()).gain_db
    assert more_db == pytest.approx(loss_db, abs=GAIN_STEP_DB)
