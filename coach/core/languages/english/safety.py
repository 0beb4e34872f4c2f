"""When to see a doctor instead of stretching, and how to stretch with care."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """Some lines under a title."""

    title: str
    lines: tuple[str, ...]


SECTIONS = (
    Section(
        "Get medical help now, and do not stretch, if your back pain comes with",
        (
            "numbness around the groin, genitals or buttocks",
            "loss of control of bladder or bowel, or trouble passing water",
            "weakness or numbness in both legs",
            "a fall, a crash or another accident",
            "fever, or feeling ill",
        ),
    ),
    Section(
        "See a doctor or physiotherapist first if",
        (
            "the pain is new and goes below the knee, or your way of walking has changed",
            "one leg is getting weaker",
            "you are pregnant: take special care, and ask which positions suit you",
            "you were injured in the last days",
        ),
    ),
    Section(
        "While you stretch",
        (
            "Go to a gentle pull, never into pain. What makes the pain worse is not for you today.",
            "Move slowly, with no jerk and no bounce.",
            "Never hold your breath to reach farther. Breathe softly, not deeply; if you feel light-headed, breathe as "
            "you like.",
            "If a stretch hurts, stop, ease out, and leave it out next time.",
        ),
    ),
)
NO_DIAGNOSIS = "This is not a diagnosis, and the coach promises nothing."
SOURCES = """\
Sources: NHS Greater Glasgow and Clyde, lower back self-help (warning signs); NHS Borders physiotherapy, low back pain
(avoid what increases pain); the articles 000, 001, 002 and 004 (care in twists, in pregnancy and after an injury).
"""
_HOW = {
    "you are pregnant: take special care, and ask which positions suit you": " (--gentle leaves some out)",
    "you were injured in the last days": " (--gentle, and the routine bad-day)",
}
"""What the command line can do about some of them."""


def _listed(section: Section) -> str:
    return "\n".join([section.title, *(f"  - {line}{_HOW.get(line, '')}" for line in section.lines)])


TEXT = "\n\n".join(
    [
        "Before you stretch",
        *map(_listed, SECTIONS),
        f"{NO_DIAGNOSIS} Doses come from the articles that “coach show” names.",
        SOURCES,
    ]
)
"""All of it, for the command line."""
AVOIDING = """\
What can be avoided: --avoid NAME, or several with commas between. Stretches that ask for what it forbids are swapped or
left out, and the coach says which. This is careful reading, not a medical list: it knows what a movement asks, and not
what you can do. A doctor or physiotherapist who knows you outranks it.
"""
"""What stands above the list of conditions."""
