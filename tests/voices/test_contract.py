"""What every voice keeps to: the system's, neural ones, and sets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from coach.audio.clip import SPEECH_PEAK_DB
from coach.audio.loudness import SPEECH_LUFS, speech_lufs, weighted_power
from coach.core.lexicon import Lexicon
from coach.errors import VoiceError
from coach.units import SAMPLE_RATE, db_to_factor
from coach.voices import open_voice
from coach.voices.base import Voice
from coach.voices.cached import CachedVoice
from coach.voices.clip_set import SetVoice
from coach.voices.lexical import LexicalVoice
from coach.voices.plausible import expected_ms
from support.kokoro import STYLE, kokoro_voices, needs_kokoro
from support.listening import loudness_lufs
from support.tiers import thorough

WORDS = ("In", "Out", "Hold", "two", "three", "four", "five", "six", "seven", "eight")
SENTENCES = (
    "Bring your heels a little closer to your hips.",
    "Bring your right knee up above your hip.",
    "Rest your arms by your sides.",
    "If anything hurts, stop, and ease out.",
    "Breathe out, and let the knee grow heavy.",
)
"""Lines of the library: a set has them too."""
CODER_DB = 2.0
"""By how much a coder may raise a peak; the mix holds its own ceiling."""


@pytest.fixture(scope="module")
def with_kokoro(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COACH_VOICES", str(kokoro_voices(tmp_path_factory.mktemp("voices") / "here")))
        yield


KOKORO = pytest.param(f"kokoro:{STYLE}", marks=[needs_kokoro, thorough])


@pytest.fixture(scope="module", params=["system", "neural", "heart", "michael", KOKORO])
def voice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voice]:
    """The voice as the coach uses it: cached, and read by a lexicon."""
    if request.param.startswith("kokoro"):
        request.getfixturevalue("with_kokoro")
    bare = open_voice(request.param, 145, lambda voice: CachedVoice(voice, tmp_path_factory.mktemp("clips")))
    yield LexicalVoice(bare, Lexicon())
    bare.close()


def test_clips_are_mono_whole_and_as_long_as_they_should_be(voice: Voice) -> None:
    for text in (*WORDS, *SENTENCES):
        clip = voice.speak(text)
        assert clip.pcm.ndim == 1
        assert clip.pcm.dtype == np.int16
        assert len(clip.pcm) == pytest.approx(clip.timing.length_ms * SAMPLE_RATE / 1000, abs=SAMPLE_RATE / 1000)
        assert 0.4 < clip.timing.length_ms / expected_ms(text, 145) < 1.85


def test_onset_and_centre_lie_where_speech_begins(voice: Voice) -> None:
    for text in (*WORDS, *SENTENCES):
        timing = voice.speak(text).timing
        assert 0 <= timing.onset_ms <= 40
        assert timing.center_ms <= timing.length_ms
        assert text not in WORDS or timing.onset_ms <= timing.center_ms <= 200


def test_every_clip_is_as_loud_as_every_other(voice: Voice) -> None:
    for text in (*WORDS, *SENTENCES):
        assert speech_lufs(weighted_power(voice.speak(text).pcm / 32768)) == pytest.approx(SPEECH_LUFS, abs=1), text


def test_speech_is_as_loud_as_the_standard_measures_it_in_any_voice(voice: Voice) -> None:
    """By ffmpeg's ebur128, with the standard's own blocks: sentences and counts as they are heard one after another."""
    pause = np.zeros(SAMPLE_RATE // 20, dtype=np.int16)
    said = [
        np.concatenate([part for text in texts for part in (voice.speak(text).pcm, pause)])
        for texts in (WORDS, SENTENCES)
    ]
    words, sentences = (loudness_lufs(pcm / 32768) for pcm in said)
    assert sentences == pytest.approx(SPEECH_LUFS, abs=0.5)  # so two voices are within 1 LU of each other
    assert abs(words - sentences) <= 1


def test_nothing_clips(voice: Voice) -> None:
    for text in (*WORDS, *SENTENCES):
        most_db = SPEECH_PEAK_DB + (CODER_DB if isinstance(voice._voice, SetVoice) else 0)
        assert np.abs(voice.speak(text).pcm).max() <= 32767 * db_to_factor(most_db) + 1


def test_the_same_text_is_the_same_clip(voice: Voice) -> None:
    one, other = voice.speak("Breathe in."), voice.speak("Breathe in.")
    assert np.array_equal(one.pcm, other.pcm)
    assert one.timing == other.timing


def test_a_quicker_voice_is_shorter_and_another(voice: Voice) -> None:
    quick = voice.quicker(1.6)
    assert quick.identity != voice.identity
    assert quick.speak("seven").timing.length_ms < 0.85 * voice.speak("seven").timing.length_ms


def test_it_speaks_again_after_it_was_closed(voice: Voice) -> None:
    voice.speak("seven")
    voice.close()
    assert voice.speak("Let go.").timing.length_ms > 100


def test_what_cannot_be_said_is_named(voice: Voice) -> None:
    with pytest.raises(VoiceError, match=r"(could not say|has not spoken) “…”"):
        voice.speak("…")
