"""How English is pronounced, with a small dictionary; and with the real ones where they are installed."""

from __future__ import annotations

import importlib.util
import os

import pytest

from coach.files import data_folder
from coach.library.library import Library
from coach.voices import espeak_phonemes
from coach.voices.kokoro_worker import ALPHABET, MOST_TOKENS, _parts, _tokens
from coach.voices.phonemes import Pronouncer, dictionary

WORDS = {
    "knee": "nˈi",
    "press": "pɹˈɛs",
    "stretch": "stɹˈɛʧ",
    "lift": "lˈɪft",
    "rest": "ɹˈɛst",
    "bend": "bˈɛnd",
    "release": "ɹəlˈis",
    "step": "stˈɛp",
    "sit": "sˈɪt",
    "carry": "kˈæɹi",
    "child": "ʧˈIld",
    "close": {"DEFAULT": "klˈOs", "VERB": "klˈOz"},
    "the": "ði",
    "to": "tu",
    "a": "A",
    "arm": "ˈɑɹm",
    "eyes": "ˈIz",
    "your": "jʊɹ",
    "floor": "flˈɔɹ",
}


def unknown(word: str) -> str:
    raise AssertionError(f"asked for {word}")


SMALL = Pronouncer(WORDS, unknown)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("knee", "nˈi"),
        ("knees", "nˈiz"),
        ("steps", "stˈɛps"),
        ("presses", "pɹˈɛsᵻz"),
        ("pressed", "pɹˈɛst"),
        ("lifted", "lˈɪftᵻd"),
        ("bending", "bˈɛndɪŋ"),
        ("sitting", "sˈɪTɪŋ"),
        ("releasing", "ɹəlˈisɪŋ"),
        ("carries", "kˈæɹiz"),
        ("child's", "ʧˈIldz"),
        ("Child’s", "ʧˈIldz"),
        ("the knee", "ðə nˈi"),
        ("the arm", "ði ˈɑɹm"),
        ("to the floor", "tə ðə flˈɔɹ"),
        ("to", "tu"),
        ("a knee, the.", "ɐ nˈi, ði."),
        ("Close your eyes.", "klˈOz jʊɹ ˈIz."),
        ("close to the floor", "klˈOs tə ðə flˈɔɹ"),
        ("knee-floor", "nˈi flˈɔɹ"),
        ("Rest – knee… arm!", "ɹˈɛst — nˈi… ˈɑɹm!"),
    ],
)
def test_a_text_is_said_as_in_american_english(text: str, said: str) -> None:
    assert SMALL.phonemes(text) == said


def test_a_word_that_no_dictionary_has_is_asked_for_once_it_is_needed() -> None:
    asked: list[str] = []

    def fallback(word: str) -> str:
        asked.append(word)
        return "x"

    assert Pronouncer(WORDS, fallback).phonemes("Rest, Piriformis") == "ɹˈɛst, x"
    assert asked == ["Piriformis"]


def test_espeak_answers_in_the_alphabet_of_the_model() -> None:
    for word in ("piriformis", "psoas", "12", "Cäsar", "choir", "joy", "eight", "usually"):
        said = espeak_phonemes.phonemes(word)
        assert said
        assert set(said) <= set(ALPHABET) - {"·"}, (word, said)
    with pytest.raises(ValueError, match="nothing is known"):
        espeak_phonemes.phonemes("")


def test_a_long_text_is_spoken_in_parts_that_the_model_takes() -> None:
    sentence = "ɹˈɛst nˈi " * 20 + "."
    parts = _parts(" ".join([sentence] * 10))
    assert len(parts) > 1
    assert all(0 < len(part) <= MOST_TOKENS for part in parts)
    whole = "".join(ALPHABET[token] for part in parts for token in part).replace(" ", "")
    assert whole == (sentence * 10).replace(" ", "")
    without_end = "ɹ" * (3 * MOST_TOKENS)
    assert [len(part) for part in _parts(without_end)] == [MOST_TOKENS] * 3
    assert _tokens("☂·") == []


@pytest.mark.skipif(
    importlib.util.find_spec("misaki") is None and not os.environ.get("COACH_CI"),
    reason="needs misaki's dictionaries (uv sync --group kokoro), which .ci/run installs",
)
def test_the_dictionaries_have_nearly_every_word_of_the_library() -> None:
    missing: set[str] = set()

    def fallback(word: str) -> str:
        missing.add(word.lower())
        return "x"

    pronouncer = Pronouncer(dictionary(), fallback)
    library = Library((data_folder("scripts"),))
    for name in library.stretches:
        for step in library.stretch(name).setup:
            pronouncer.phonemes(step.say)
    assert missing <= {"piriformis"}
