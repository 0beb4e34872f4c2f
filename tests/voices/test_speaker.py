import threading
import time
from collections.abc import Iterator

import pytest

from coach.audio.clip import Clip, silence
from coach.errors import Cancelled, VoiceError
from coach.voices import speaker as module
from coach.voices.speaker import Speaker, Wanted, wanted


class Voice:
    """Notes what it is asked, and waits where the test says so."""

    name = identity = "test"
    parallel = 1

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.closings = 0
        self.factor = 1.0
        self.may_speak = threading.Event()
        self.may_speak.set()
        self.fails: set[str] = set()

    def speak(self, text: str) -> Clip:
        self.asked.append(text)
        assert self.may_speak.wait(10)
        if text in self.fails:
            raise VoiceError(f"cannot say {text}")
        return silence(100, 0, 50)

    def quicker(self, factor: float) -> "Voice":
        other = Voice()
        other.asked, other.factor, other.identity = self.asked, factor, f"test {min(factor, 1.5)}"  # type: ignore[misc]
        return other

    def close(self) -> None:
        self.closings += 1


@pytest.fixture
def voice() -> Voice:
    return Voice()


@pytest.fixture
def speaker(voice: Voice) -> Iterator[Speaker]:
    with Speaker(voice) as made:
        yield made
        voice.may_speak.set()


def test_each_text_is_spoken_once(speaker: Speaker, voice: Voice) -> None:
    wants = wanted(("One.", "Two.", "One."))
    assert speaker.wait(wants, 5)
    assert speaker.wait(wants, 5)
    assert voice.asked == ["One.", "Two."]
    assert set(speaker.clips(wants)) == {"One.", "Two."}


def test_what_is_asked_for_last_is_spoken_first(speaker: Speaker, voice: Voice) -> None:
    voice.may_speak.clear()
    speaker.ask(wanted(("First.", "Later.")))
    while not voice.asked:
        time.sleep(0.001)
    speaker.ask(wanted(("Now.",)))
    voice.may_speak.set()
    assert speaker.wait(wanted(("Now.",)), 5)
    assert speaker.wait(wanted(("Later.",)), 5)
    assert voice.asked == ["First.", "Now.", "Later."]


def test_what_may_never_be_needed_comes_last_and_slowly(
    speaker: Speaker, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LATER_EVERY_S", 0.05)
    voice.may_speak.clear()
    speaker.ask(wanted(("First.",)))
    while not voice.asked:
        time.sleep(0.001)
    speaker.ask_for_later(wanted(("Perhaps.", "Perhaps not.")))
    speaker.ask(wanted(("Now.",)))
    voice.may_speak.set()
    deadline = time.monotonic() + 5
    while len(voice.asked) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert voice.asked == ["First.", "Now.", "Perhaps.", "Perhaps not."]


def test_waiting_ends_in_time(speaker: Speaker, voice: Voice) -> None:
    voice.may_speak.clear()
    assert not speaker.wait(wanted(("Slow.",)), 0.05)


def test_what_fails_is_told_and_tried_again_when_asked_again(speaker: Speaker, voice: Voice) -> None:
    voice.fails.add("Bad.")
    wants = wanted(("Good.", "Bad."))
    assert speaker.wait(wants, 5)
    with pytest.raises(VoiceError, match=r"cannot say Bad\."):
        speaker.clips(wants)
    voice.fails.clear()
    while "Bad." not in speaker.clips(wanted(("Good.",))) and not speaker.wait(wanted(("Bad.",)), 5):
        pass
    assert voice.asked.count("Bad.") == 2


def test_counts_are_spoken_by_the_counter_and_as_fast_as_asked(voice: Voice) -> None:
    counter = Voice()
    with Speaker(voice, counter) as speaker:
        wants = wanted(("Lift.", "two"), frozenset({"two"}), 1.3)
        assert wants == (Wanted("Lift.", False, 1.0), Wanted("two", True, 1.3))
        assert speaker.wait(wants, 5)
        assert speaker.name == "test, counts test"
    assert (voice.asked, counter.asked) == (["Lift."], ["two"])


def test_a_voice_is_let_go_of_when_there_is_nothing_to_say(voice: Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_S", 0.05)
    with Speaker(voice) as speaker:
        deadline = time.monotonic() + 5
        while not voice.closings and time.monotonic() < deadline:
            time.sleep(0.01)
        assert voice.closings
        assert speaker.wait(wanted(("Again.",)), 5)


def test_factors_that_change_nothing_are_left_out(speaker: Speaker) -> None:
    assert speaker.quicker_factors() == (1.0, 1.15, 1.3, 1.45, 1.6)


def test_waiting_for_all_tells_how_many_are_there(speaker: Speaker) -> None:
    told: list[tuple[str, int, int]] = []
    clips = speaker.speak(wanted(("One.", "Two.", "One.")), lambda *what: told.append(what))
    assert list(clips) == ["One.", "Two."]
    assert told[-1] == ("speaking", 2, 2)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_waiting_for_all_ends_with_the_first_line_that_fails(speaker: Speaker, voice: Voice) -> None:
    voice.fails.add("Bad.")
    with pytest.raises(VoiceError, match=r"cannot say Bad\."):
        speaker.speak(wanted(("Good.", "Bad.", "Later.")))


def test_a_line_that_failed_for_another_does_not_end_the_wait(speaker: Speaker, voice: Voice) -> None:
    voice.fails.add("Bad.")
    assert speaker.wait(wanted(("Bad.",)), 5)
    assert list(speaker.speak(wanted(("Good.",)))) == ["Good."]


def test_waiting_for_all_can_be_cancelled_while_the_voice_hangs(speaker: Speaker, voice: Voice) -> None:
    voice.may_speak.clear()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        speaker.speak(wanted(("Slow.",)), cancelled=lambda: bool(voice.asked))
    assert time.monotonic() - begun < 2
    voice.may_speak.set()


def test_a_text_begun_while_the_speaker_closes_leaves_no_voice_open(voice: Voice) -> None:
    opened: list[str] = []
    closed = threading.Event()

    class Opens(Voice):
        def speak(self, text: str) -> Clip:
            assert closed.wait(10)  # as a thread that was held up just before it began to speak
            opened.append(text)
            return silence(100, 0, 50)

        def close(self) -> None:
            opened.clear()
            closed.set()

    with Speaker(Opens()) as speaker:
        speaker.ask(wanted(("One.",)))
        while not speaker._under_way:
            time.sleep(0.001)
    assert opened == []
