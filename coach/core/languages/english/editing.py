"""What a writer of English scripts had better not say to a person with closed eyes."""

from __future__ import annotations

import re

LOOK = re.compile(
    r"\b(this way|like this|like so|like that|as shown|as you can see|as in the picture|look at|watch|see how)\b", re.I
)
VAGUE = re.compile(r"\bthis\b(?! (is|was|one|time|routine)\b)|\b(the )?other (leg|arm|side|knee|foot|hand|hip)\b", re.I)
PROMISE = re.compile(
    r"\b(heal(s|ed|ing)?|cure[sd]?|curing|fix(es)?|guarantee[ds]?|pain[- ]free|no more pain|"
    r"will (relieve|ease|end|stop|remove)|takes? (the|your) pain away)\b",
    re.I,
)
PROPS = re.compile(r"\b(towel|strap|belt|pillow|cushion|chair|wall|doorway|door frame|bolster|roller|block|blanket)\b")
BREATHE_IN = re.compile(r"\bbreathe in\b", re.I)
# Verbs that ask for a movement. Breathing, feeling and keeping do not count: they go along with one.
ACTIONS = frozenset(
    [
        "bend",
        "bring",
        "clasp",
        "come",
        "cross",
        "draw",
        "drop",
        "extend",
        "grab",
        "hinge",
        "hug",
        "kick",
        "kneel",
        "lay",
        "lean",
        "lie",
        "lift",
        "lower",
        "move",
        "open",
        "place",
        "press",
        "pull",
        "push",
        "put",
        "raise",
        "reach",
        "rest",
        "rise",
        "roll",
        "rotate",
        "sit",
        "slide",
        "slip",
        "squeeze",
        "stand",
        "step",
        "straighten",
        "stretch",
        "swing",
        "take",
        "tilt",
        "tuck",
        "turn",
        "twist",
        "uncross",
        "walk",
    ]
)
CLAUSES = re.compile(r"(?:^|,\s*(?:and\s+|then\s+)?|\band\s+(?:then\s+)?|\bthen\s+)([a-z]+)", re.I)
