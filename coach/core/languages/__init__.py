"""Everything that is spoken and stands in no script: one folder a language.

A language is a folder with ``phrases`` (signals, announcements and doses), ``numbers``, ``spoken`` (its voice, and how
long its texts take), ``reading`` (how numbers and abbreviations are read), ``editing`` (what ``coach check --style``
looks for), ``commands`` (what is said to the coach) and ``safety``; and a row in :data:`LANGUAGES`. Nothing elsewhere
but the scripts holds a word that is spoken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from coach.core.breath import BreathPattern, Phase
from coach.core.effort import Activity, Effort
from coach.core.languages.english import phrases as english
from coach.core.languages.english.spoken import SPOKEN
from coach.core.languages.spoken import SpokenLanguage

Words = tuple[str, ...]


class Phrases(Protocol):
    """What a language must be able to say; see the English for what each is."""

    OPENING: Words
    OPENING_BRIEF: Words
    WELCOME_BACK: Words
    BREATHING_OPENING: Words
    BREATH_CARE: Words
    BREATH_CARE_BRIEF: Words
    HELD_CARE: str
    LENGTHENS: str
    SAMPLE: Words
    CLOSING: Words
    CLOSING_ALONE: Words
    CLOSING_EARLY: Words
    BREATHING_CLOSING: Words
    BREATHING_CLOSING_EARLY: Words
    WHEN_READY: str
    SETTLE: str
    CLOSE_EYES: str
    CLOSE_EYES_AGAIN: str
    OPEN_EYES: str
    OWN_WAY: str
    OWN_WAY_UP: str
    HALFWAY: Words
    LAST_BREATH: Words
    LAST_ONE: Words
    RESTING: Words
    TEN_MORE: str
    EFFORT_WORDS: Mapping[Effort, str]
    EFFORT_BREATHING: Mapping[Effort, str]
    KEEP_BREATHING: str
    SIDES: Mapping[str, str]
    SIDE_NAMES: Mapping[str, str]
    PHASE_WORDS: Mapping[Phase, str]
    PHASE_PHRASES: Mapping[Phase, str]

    def at_hand(self, props: tuple[str, ...]) -> str: ...
    def alone_name(self, name: str) -> str: ...
    def first_name(self, name: str) -> str: ...
    def next_name(self, name: str, turn: int = 0) -> str: ...
    def again_name(self, name: str) -> tuple[str, ...]: ...
    def back_name(self, name: str) -> tuple[str, ...]: ...
    def place_name(self, name: str, side: str | None) -> str: ...
    def place(self, name: str, side: str | None) -> tuple[str, ...]: ...
    def breaths_left(self, number: int) -> str: ...
    def repetitions_left(self, number: int) -> str: ...
    def seconds_left(self, seconds: int) -> str: ...
    def count_word(self, number: int) -> str: ...
    def repetition(self, number: int) -> str: ...
    def pattern_counts(self, pattern: BreathPattern) -> str: ...
    def hold_dose(self, breaths: int, sided: bool, effort: Effort = ...) -> str: ...
    def flow_times(self, times: int, sided: bool) -> str: ...
    def flow_dose(self, breaths: int, sided: bool) -> str: ...
    def repeated_dose(self, times: int, sided: bool) -> str: ...
    def repeated_breaths(self, times: int, breaths: int, sided: bool) -> str: ...
    def rest_dose(self, seconds: int, activity: Activity = ...) -> str: ...
    def rest_between(self, seconds: int) -> str: ...
    def sets(self, number: int) -> str: ...
    def set_name(self, number: int, of: int) -> str: ...
    def rounds(self, number: int) -> str: ...
    def round_name(self, number: int, of: int) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Language:
    """One language."""

    code: str
    """As in BCP 47, and as voices are listed by: ``en``."""
    iso639_2: str
    """As MP3 tags want it: ``eng``."""
    phrases: Phrases
    spoken: SpokenLanguage


ENGLISH = Language(code="en", iso639_2="eng", phrases=english, spoken=SPOKEN)
LANGUAGES = {each.code: each for each in (ENGLISH,)}
"""By code."""


def language(code: str) -> Language:
    """Return a language by its code.

    Raises:
        ValueError: the coach does not speak it.
    """
    try:
        return LANGUAGES[code]
    except KeyError:
        raise ValueError(f"the coach does not speak “{code}”; it speaks {', '.join(LANGUAGES)}") from None
