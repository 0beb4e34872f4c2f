"""How English is spoken."""

from __future__ import annotations

from coach.core.languages.spoken import SpokenLanguage

SPOKEN = SpokenLanguage(
    espeak_voice="gmw/en-us",  # the articles speak American English
    # Measured over every line of the library in both voices.
    syllables_per_word=1.67,
    word_alone_ms=125,
    pause_ms=295,
    vowels="aeiouy",
    silent_ending="[^aeiouyl]es?",
)
