"""How numbers, ranges, units and abbreviations are read in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from coach.core.languages.english.numbers import number_words

_NUMBER = r"\d{1,4}(?:\.\d{1,3})?"
_RANGE = rf"({_NUMBER})\s*(?:-|–|to)\s*({_NUMBER})"
_END = r"(?![\w])"
_START = r"(?<![\w.])"

_UNITS = {
    "s": "second",
    "sec": "second",
    "secs": "second",
    "min": "minute",
    "mins": "minute",
    "h": "hour",
    "cm": "centimetre",
    "mm": "millimetre",
    "m": "metre",
    "kg": "kilo",
    "°": "degree",
    "x": "time",
    "×": "time",
    "%": "percent",
}
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_NO_PLURAL = {"percent"}
_ABBREVIATIONS = {
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "and so on",
    "approx.": "about",
    "vs.": "against",
    "&": "and",
    "+": "plus",
    "=": "is",
    "/": "or",
}
_ORDINALS = {"1st": "first", "2nd": "second", "3rd": "third", "4th": "fourth", "5th": "fifth"}
_FRACTIONS = {"½": "half", "¼": "a quarter", "¾": "three quarters", "1/2": "half", "1/4": "a quarter"}


def _words(number: str) -> str:
    whole, _, part = number.partition(".")
    spoken = number_words(int(whole))
    return f"{spoken} point {' '.join(number_words(int(digit)) for digit in part)}" if part else spoken


def _unit_words(number: str, unit: str) -> str:
    word = _UNITS[unit]
    if word in _NO_PLURAL or number == "1":
        return word
    return f"{word}s"


def _table(words: Mapping[str, str]) -> tuple[re.Pattern[str], Callable[[re.Match[str]], str]]:
    pattern = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(rf"(?<!\w)\s?({pattern})(?!\w)", re.I), lambda match: f" {words[match[1].lower()]} "


# In this order: what is longer is read first, so that the 10 of “5-10x” is not a number of its own.
RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    _table(_ORDINALS),
    _table(_FRACTIONS),
    (
        re.compile(rf"{_START}{_RANGE}\s?({_UNIT}){_END}"),
        lambda match: f"{_words(match[1])} to {_words(match[2])} {_unit_words(match[2], match[3])}",
    ),
    (
        re.compile(rf"{_START}({_NUMBER})\s?({_UNIT}){_END}"),
        lambda match: f"{_words(match[1])} {_unit_words(match[1], match[2])}",
    ),
    # A breath pattern of three or four phases, then a range.
    (
        re.compile(rf"{_START}\d{{1,2}}(?:-\d{{1,2}}){{2,3}}{_END}"),
        lambda match: ", ".join(_words(number) for number in match[0].split("-")),
    ),
    (re.compile(rf"{_START}{_RANGE}{_END}"), lambda match: f"{_words(match[1])} to {_words(match[2])}"),
    (re.compile(rf"{_START}({_NUMBER}){_END}"), lambda match: _words(match[1])),
    _table(_ABBREVIATIONS),
)
"""Patterns, and what is said for what they find."""
