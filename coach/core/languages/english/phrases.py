"""Every phrase that the coach adds of its own accord.

Short, plain and calm: they are heard hundreds of times. Everything else that is spoken stands in the scripts.
"""

from __future__ import annotations

from collections.abc import Mapping

from coach.core.breath import BreathPattern, Phase
from coach.core.effort import Activity, Effort
from coach.core.languages.english.numbers import duration_words, number_words, quantity

OPENING: tuple[str, ...] = (
    "Welcome. Make yourself comfortable.",
    "Move slowly, and stay where it feels easy.",
    "If anything hurts, stop, and ease out.",
)
OPENING_BRIEF: tuple[str, ...] = OPENING[-1:]
"""All that is said first in few words, whatever the routine's own words are."""
WELCOME_BACK: tuple[str, ...] = ("Welcome back.", *OPENING[1:])
"""Said if a session goes on that was stopped before."""
BREATHING_OPENING: tuple[str, ...] = ("Sit or lie as you like.", "Loosen what is tight, and close your eyes.")
BREATH_CARE: tuple[str, ...] = ("Breathe softly, not deeply.", "If you feel light-headed, breathe as you like.")
"""Said before any paced breath. Beginners at slow rates breathe too much, and such a line helps: see
doi 10.1371/journal.pone.0218550 and doi 10.1007/s10484-019-09438-y."""
BREATH_CARE_BRIEF: tuple[str, ...] = BREATH_CARE[:1]
HELD_CARE = "If a pause feels long, breathe on."
"""Said too if a pattern holds the breath."""
CLOSING: tuple[str, ...] = ("That was the last stretch.",)
"""What the position has to say follows: where to rest, and how to come up."""
CLOSING_ALONE: tuple[str, ...] = ("That is all for now.",)
"""Said if there was one stretch only."""
CLOSING_EARLY: tuple[str, ...] = ("That is enough for today.",)
"""Said if a session ends before its last stretch."""
BREATHING_CLOSING: tuple[str, ...] = ("That was the last breath.", "Stay for a moment, and let your breath be easy.")
BREATHING_CLOSING_EARLY: tuple[str, ...] = (
    "That is enough for today.",
    "Stay for a moment, and let your breath be easy.",
)
WHEN_READY = "When you are ready, open your eyes."
"""Before getting up at the end."""
SETTLE = "Take a moment to settle."
"""Before the first instruction."""
CLOSE_EYES = "Close your eyes, if you like."
"""Said once the listener is down and set."""
CLOSE_EYES_AGAIN = "Close your eyes again."
OWN_WAY = "Move there in your own way, and take your time."
"""Where the coach knows no way that the listener may take."""
OWN_WAY_UP = "Come up in your own way, and take your time."
OPEN_EYES = "Open your eyes."
"""Before a way through standing."""

HALFWAY: tuple[str, ...] = ("Halfway.", "You are halfway.")
LAST_BREATH: tuple[str, ...] = ("Last breath.", "One more breath.")
LAST_ONE: tuple[str, ...] = ("Last one.", "One more.")
"""Wordings that take turns, by the place in the routine: the same place always says the same."""
RESTING: tuple[str, ...] = ("Let your breath be easy.", "Move a little, if you like.")
"""Said in the middle of a long rest."""
TEN_MORE = "Ten seconds more."
"""Said in a long rest, before it ends."""
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
EFFORT_WORDS: Mapping[Effort, str] = {
    Effort.STAY: "Stay",
    Effort.PRESS: "Press",
    Effort.PULL: "Pull",
    Effort.SQUEEZE: "Squeeze",
}
"""The first count of a hold: never the word for a held breath."""
KEEP_BREATHING = "Keep breathing."
EFFORT_BREATHING: Mapping[Effort, str] = {
    effort: f"{word}, and keep breathing." for effort, word in EFFORT_WORDS.items()
}
"""In a hold under load."""
LENGTHENS = "It grows longer, little by little."

SAMPLE: tuple[str, ...] = (
    "Lie on your back, and bend both knees.",
    "Breathe out, and let your shoulders grow heavy.",
)
"""What lets one hear a voice."""


def at_hand(props: tuple[str, ...]) -> str:
    """Name what the listener should have beside them: “You will need a towel, and a firm cushion.”."""
    *others, last = props
    return f"You will need {', '.join(others)}, and {last}." if others else f"You will need {last}."


def alone_name(name: str) -> str:
    """Announce the only stretch."""
    return f"{name}."


def first_name(name: str) -> str:
    """Announce the first stretch of a routine."""
    return f"First, {name}."


def next_name(name: str, turn: int = 0) -> str:
    """Announce the next stretch, in wordings that take turns."""
    return (f"Next, {name}.", f"Now, {name}.")[turn % 2]


def again_name(name: str) -> tuple[str, ...]:
    """Announce a stretch that is done once more."""
    return "Once more.", f"{name}."


def back_name(name: str) -> tuple[str, ...]:
    """Announce a stretch that is gone back to."""
    return "Going back.", f"{name}."


def place_name(name: str, side: str | None) -> str:
    """Return what a place in a routine is called: “Child's pose, right side”."""
    return f"{name}, {side} side" if side else name


def place(name: str, side: str | None) -> tuple[str, ...]:
    """Say where one is: “Child's pose.”, “Right side.”."""
    return (f"{name}.", SIDE_NAMES[side]) if side else (f"{name}.",)


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


def hold_dose(breaths: int, sided: bool, effort: Effort = Effort.STAY) -> str:
    """Say how long a hold will last."""
    return f"{EFFORT_WORDS[effort]} for {quantity(breaths, 'slow breath')}{', each side' if sided else ''}."


def flow_times(times: int, sided: bool) -> str:
    """Say how many movements follow, each of them one breath."""
    return f"{quantity(times, 'time').capitalize()}{', each side' if sided else ''}, one to a breath."


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


def rest_dose(seconds: int, activity: Activity = Activity.REST) -> str:
    """Say how long a rest, or a walk, will last."""
    return f"{'Rest here' if activity is Activity.REST else 'Walk'} for {duration_words(seconds)}."


def rest_between(seconds: int) -> str:
    """Say how long the rest between two repetitions is."""
    return f"Rest for {duration_words(seconds)}."


def sets(number: int) -> str:
    """Say how many sets follow."""
    return f"{quantity(number, 'set').capitalize()}."


def set_name(number: int, of: int) -> str:
    """Name a set."""
    return f"Set {number_words(number)} of {number_words(of)}."


def rounds(number: int) -> str:
    """Say how many rounds follow."""
    return f"{quantity(number, 'round').capitalize()}."


def round_name(number: int, of: int) -> str:
    """Name a round."""
    return f"Round {number_words(number)} of {number_words(of)}."
