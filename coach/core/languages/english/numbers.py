"""Numbers as words, so that every voice says them alike."""

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


_SCALES = ((1_000, "thousand"), (100, "hundred"))
MOST = 999_999


def number_words(number: int) -> str:
    """Return a number from 0 to 999,999 as English words: ``42`` is “forty-two”.

    Raises:
        ValueError: the number is outside that range.
    """
    if not 0 <= number <= MOST:
        raise ValueError(f"no words for {number}")
    if number < len(_SMALL):
        return _SMALL[number]
    if number < 100:  # noqa: PLR2004
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_SMALL[ones]}" if ones else "")
    size, word = next(scale for scale in _SCALES if number >= scale[0])
    whole, rest = divmod(number, size)
    tail = "" if not rest else f" and {number_words(rest)}" if rest < 100 else f" {number_words(rest)}"  # noqa: PLR2004
    return f"{number_words(whole)} {word}{tail}"


def quantity(number: int, unit: str) -> str:
    """Return a number with its unit in the singular or plural: “one breath”, “three breaths”."""
    return f"{number_words(number)} {unit}{'' if number == 1 else 's'}"


def duration_words(seconds: int) -> str:
    """Return a length as one says it: “forty seconds”, “one minute”, “one minute and thirty seconds”."""
    minutes, rest = divmod(seconds, 60)
    parts = [quantity(minutes, "minute")] if minutes else []
    if rest or not parts:
        parts.append(quantity(rest, "second"))
    return " and ".join(parts)
