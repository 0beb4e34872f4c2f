from __future__ import annotations

import threading
import time
import wave
from pathlib import Path

import pytest

from coach.errors import InputError, PlayerError, UnknownNameError
from coach.players import open_player
from coach.players.auto import FirstThatWorks
from coach.players.awake import LONGEST_TICK_S, AwakeClock, raise_priority, switch_quickly
from coach.players.base import Player, Read
from coach.players.recording import RecordingPlayer
from coach.units import SAMPLE_RATE


class Counting:
    """Gives frames that count up."""

    def __init__(self) -> None:
        self.position = 0

    def read(self, frames: int) -> bytes:
        first, self.position = self.position, self.position + frames
        return b"".join((i % 30_000).to_bytes(2, "little") for i in range(first, self.position))


def frames_of(path: Path) -> bytes:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, SAMPLE_RATE)
        return file.readframes(file.getnframes())


def test_a_recording_appears_whole_when_it_is_stopped(tmp_path: Path) -> None:
    path, source = tmp_path / "session.wav", Counting()
    player = RecordingPlayer(path)
    player.start(source.read)
    while source.position < SAMPLE_RATE:
        time.sleep(0.005)
    assert not path.exists()
    player.stop()
    player.stop()
    assert frames_of(path) == Counting().read(source.position)
    assert player.frames == source.position
    assert list(tmp_path.iterdir()) == [path]
    assert player.problem() is None
    assert player.name == f"record:{path}"


def test_stepwise_it_reads_only_what_is_pulled(tmp_path: Path) -> None:
    path, source = tmp_path / "session.wav", Counting()
    threads = threading.active_count()
    player = RecordingPlayer(path, stepwise=True)
    assert player.pull(10) == b""
    player.start(source.read)
    for frames in (1, 480, 7):
        assert len(player.pull(frames)) == 2 * frames
        assert threading.active_count() == threads
    player.stop()
    assert player.pull(10) == b""
    assert source.position == player.frames == 488
    assert frames_of(path) == Counting().read(488)


def test_without_a_file_it_keeps_the_sound_in_memory() -> None:
    player = RecordingPlayer(stepwise=True)
    player.start(Counting().read)
    player.pull(100)
    player.stop()
    assert player.pcm == Counting().read(100)
    assert player.name == "record:"


def test_started_again_it_goes_on_with_the_same_recording(tmp_path: Path) -> None:
    path, source = tmp_path / "session.wav", Counting()
    player = RecordingPlayer(path, stepwise=True)
    for _ in range(3):
        player.start(source.read)
        player.pull(1_000)
        player.stop()
    assert frames_of(path) == Counting().read(3_000)


def test_it_records_as_fast_as_it_is_told(tmp_path: Path) -> None:
    begun = time.monotonic()
    player = RecordingPlayer(speed=10)
    player.start(bytes_of_silence)
    while player.frames < 2 * SAMPLE_RATE:
        time.sleep(0.001)
    player.stop()
    assert 0.19 < time.monotonic() - begun < 0.6


def bytes_of_silence(frames: int) -> bytes:
    return bytes(2 * frames)


def test_a_file_that_is_there_is_kept_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "session.wav"
    path.write_bytes(b"precious")
    for make in (RecordingPlayer, lambda path: open_player(f"record:{path}")):
        with pytest.raises(InputError, match=r"session\.wav is there already; choose another name"):
            make(path)
    player = RecordingPlayer(path, replace=True, stepwise=True)
    player.start(Counting().read)
    player.pull(5)
    assert path.read_bytes() == b"precious"
    player.stop()
    assert frames_of(path) == Counting().read(5)


def test_a_full_disk_is_told_and_what_was_written_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "session.wav"
    player = RecordingPlayer(path, stepwise=True)
    player.start(Counting().read)
    player.pull(100)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(wave.Wave_write, "writeframesraw", full)
        player.pull(100)
    assert player.problem() == f"{path} cannot be written: No space left on device"
    assert player.pull(100) == b""
    player.stop()
    assert frames_of(path) == Counting().read(100)
    assert player.problem() is not None


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="does not exist"):
        RecordingPlayer(tmp_path / "nowhere" / "session.wav")

    def denied(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    player = RecordingPlayer(tmp_path / "session.wav")
    monkeypatch.setattr("tempfile.mkstemp", denied)
    with pytest.raises(PlayerError, match="cannot be written: Permission denied"):
        player.start(Counting().read)
    player.stop()


def test_sound_that_cannot_be_made_is_told() -> None:
    def read(frames: int) -> bytes:
        raise ZeroDivisionError("by what?")

    player = RecordingPlayer()
    player.start(read)
    while player.problem() is None:
        time.sleep(0.001)
    player.stop()
    assert player.problem() == "the sound could not be made (ZeroDivisionError: by what?)"


def test_players_are_opened_by_name(tmp_path: Path) -> None:
    assert open_player().name == "auto"
    assert open_player("miniaudio").name == "miniaudio"
    assert open_player(f"record:{tmp_path}/a.wav").name == f"record:{tmp_path}/a.wav"
    with pytest.raises(UnknownNameError, match="there is no player called “minaudio”; did you mean “miniaudio”"):
        open_player("minaudio")
    with pytest.raises(UnknownNameError, match=r"did you mean “record:FILE\.wav”"):
        open_player("record")
    with pytest.raises(InputError, match="which file to record to"):
        open_player("record:")


class Broken:
    """A player for which there is no device."""

    name = "broken"
    latency_ms = 7
    underruns = 3

    def start(self, read: Read) -> None:
        raise PlayerError("no loudspeaker was found")

    def problem(self) -> str | None:
        raise AssertionError("not asked")

    def stop(self) -> None:
        raise AssertionError("not asked")


def test_auto_takes_the_first_that_works_and_says_which() -> None:
    recorder = RecordingPlayer(stepwise=True)
    players: list[Player] = [Broken(), recorder]
    player = FirstThatWorks(players)
    assert (player.name, player.latency_ms, player.problem()) == ("auto", 7, None)
    player.stop()
    player.start(Counting().read)
    assert (player.name, player.latency_ms, player.underruns) == ("record:", 0, 3)
    assert recorder.pull(5) == Counting().read(5)
    player.stop()
    with pytest.raises(PlayerError, match="no loudspeaker was found"):
        FirstThatWorks([Broken(), Broken()]).start(Counting().read)


def test_the_watch_stands_still_while_nobody_could_look(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = AwakeClock()
    time.sleep(0.5)
    awake_s = watch.awake_s
    assert 0.2 < awake_s < 0.7
    real = time.monotonic
    monkeypatch.setattr("coach.players.awake.time.monotonic", lambda: real() + 30)
    time.sleep(0.3)
    assert watch.awake_s - awake_s < 3 * LONGEST_TICK_S
    watch.stop()


def test_threads_take_turns_quickly_only_while_something_plays() -> None:
    import sys

    usual_s = sys.getswitchinterval()
    as_it_was = switch_quickly()
    assert sys.getswitchinterval() == pytest.approx(0.001)
    as_it_was()
    assert sys.getswitchinterval() == pytest.approx(usual_s)


def test_where_no_priority_is_given_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.sched_setscheduler", denied, raising=False)
    raise_priority()
