"""Every phrase that the coach adds of its own accord.

Short, plain and calm: they are heard hundreds of times. Everything else that is spoken stands in the scripts.
"""

from __future__ import annotations

from collections.abc import Mapping

from coach.core.breath import BreathPattern, Phase
from coach.core.languages.english import ways
from coach.core.languages.english.numbers import duration_words, number_words, quantity
from coach.core.positions import Position

way = ways.way
"""How one gets from position to position."""

OPENING: tuple[str, ...] = (
    "Welcome. Make yourself comfortable, and close your eyes.",
    "Move slowly, and stay where it feels easy.",
    "If anything hurts, stop, and ease out.",
)
WELCOME_BACK: tuple[str, ...] = ("Welcome back.", *OPENING[1:])
"""Said if a session goes on that was stopped before."""
BREATHING_OPENING: tuple[str, ...] = ("Sit or lie as you like.", "Loosen what is tight, and close your eyes.")
BREATH_CARE: tuple[str, ...] = ("Breathe softly, not deeply.", "If you feel light-headed, breathe as you like.")
"""Said before any paced breath. Beginners at slow rates breathe too much, and such a line helps: see
doi 10.1371/journal.pone.0218550 and doi 10.1007/s10484-019-09438-y."""
HELD_CARE = "If a pause feels long, breathe on."
"""Said too if a pattern holds the breath."""
CLOSING: tuple[str, ...] = ("That was the last stretch.", "Stay here for a moment, and let your breath be easy.")
CLOSING_EARLY: tuple[str, ...] = ("That is enough for today.", "Stay here for a moment, and let your breath be easy.")
"""Said if a session ends before its last stretch."""
BREATHING_CLOSING: tuple[str, ...] = ("That was the last breath.", "Stay for a moment, and let your breath be easy.")
BREATHING_CLOSING_EARLY: tuple[str, ...] = (
    "That is enough for today.",
    "Stay for a moment, and let your breath be easy.",
)
OPEN_EYES = "When you are ready, open your eyes."
RISING: Mapping[Position, str] = {
    Position.BACK: "When you are ready, roll onto your side, and come up slowly.",
    Position.BACK_KNEES_BENT: "When you are ready, roll onto your side, and come up slowly.",
    Position.HANDS_AND_KNEES: "When you are ready, sit back, and rise slowly.",
    Position.KNEELING: "When you are ready, rise slowly.",
    Position.FACE_DOWN: "When you are ready, push up onto your knees, and rise slowly.",
    Position.SITTING: "When you are ready, rise slowly.",
    Position.STANDING: OPEN_EYES,
}
"""The last words, by the position in which a routine ends: --gentle and --drop may change it."""

HALFWAY = "Halfway."
LAST_BREATH = "Last breath."
LAST_ONE = "Last one."
SIDES: Mapping[str, str] = {"left": "left", "right": "right"}
"""What ``{side}`` and ``{other_side}`` become."""
SIDE_NAMES: Mapping[str, str] = {"left": "Left side.", "right": "Right side."}
PHASE_WORDS: Mapping[Phase, str] = {Phase.IN: "In", Phase.HOLD: "Hold", Phase.OUT: "Out", Phase.REST: "Rest"}
PHASE_PHRASES: Mapping[Phase, str] = {
    Phase.IN: "Breathe in.",
    Phase.HOLD: "Hold.",
    Phase.OUT: "Breathe out.",
    Phase.REST: "Rest.",
}
HOLD_WORD = "Hold"
LENGTHENS = "It grows longer, little by little."

SAMPLE: tuple[str, ...] = (
    "Lie on your back, and bend both knees.",
    "Breathe out, and let your shoulders grow heavy.",
)
"""What lets one hear a voice."""


def first_name(name: str) -> str:
    """Announce the first stretch of a routine."""
    return f"First, {name}."


def next_name(name: str) -> str:
    """Announce the next stretch."""
    return f"Next, {name}."


def again_name(name: str) -> str:
    """Announce a stretch that is done once more."""
    return f"Once more, {name}."


def back_name(name: str) -> str:
    """Announce a stretch that is gone back to."""
    return f"Back to {name}."


def place_name(name: str, side: str | None) -> str:
    """Return what a place in a routine is called: “Child's pose, right side”."""
    return f"{name}, {side} side" if side else name


def place(name: str, side: str | None) -> str:
    """Say where one is: “Child's pose, right side.”."""
    return f"{place_name(name, side)}."


def breaths_left(number: int) -> str:
    """Say how many breaths are left."""
    return f"{quantity(number, 'breath').capitalize()} left."


def repetitions_left(number: int) -> str:
    """Say how many repetitions are left."""
    return f"{quantity(number, 'time').capitalize()} more."


def seconds_left(seconds: int) -> str:
    """Say how much time is left."""
    return f"{duration_words(seconds).capitalize()} left."


def count_word(number: int) -> str:
    """Return the word of a count."""
    return number_words(number)


def repetition(number: int) -> str:
    """Name a repetition by its number."""
    return f"{number_words(number).capitalize()}."


def pattern_counts(pattern: BreathPattern) -> str:
    """Say a breath pattern: “In for four, hold for seven, out for eight.”, for one."""
    parts = (f"{PHASE_WORDS[phase].lower()} for {number_words(count)}" for phase, count in pattern.phases)
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def hold_dose(breaths: int, sided: bool) -> str:
    """Say how long a hold will last."""
    return f"Stay for {quantity(breaths, 'slow breath')}{', each side' if sided else ''}."


def flow_dose(breaths: int, sided: bool) -> str:
    """Say how many repetitions of one breath follow."""
    return f"{quantity(breaths, 'slow breath').capitalize()}{', each side' if sided else ''}."


def repeated_dose(times: int, sided: bool) -> str:
    """Say how many repetitions follow."""
    return f"{quantity(times, 'time').capitalize()}{', each side' if sided else ''}."


def repeated_breaths(times: int, breaths: int, sided: bool) -> str:
    """Say how many repetitions follow, and how many breaths each is held."""
    each = f"{quantity(breaths, 'slow breath')} each"
    return f"{quantity(times, 'time').capitalize()}{' on each side' if sided else ''}, {each}."


def rest_dose(seconds: int) -> str:
    """Say how long a rest will last."""
    return f"Rest here for {duration_words(seconds)}."


def rest_between(seconds: int) -> str:
    """Say how long the rest between two repetitions is."""
    return f"Rest for {duration_words(seconds)}."
