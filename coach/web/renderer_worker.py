"""The process that renders for the page: one order after another, each into a file that grows while it is heard.

It reads one JSON request a line on stdin and answers with JSON lines on stdout: what the programme is, as soon as that
is known, then how many bytes of sound there are, then that all of it is there.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import IO, Any

from coach.errors import CoachError, InputError, OutputError, reason
from coach.library.library import Library
from coach.library.standard import standard_library
from coach.order import Order
from coach.publish.streaming import Stream
from coach.recipe import compile_as_ordered, finish_of, programme_of
from coach.units import clock_text
from coach.web.programme import programme_data

LONGEST_MS = 2 * 3_600_000
"""Nobody lies on the mat for longer; and a longer one would keep others waiting."""


def main() -> None:
    """Render what is asked for until nothing more is."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what engines print is no answer
    shelf = _Shelf()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            _render(request, shelf.library(), answers)
        except CoachError as error:
            _tell(answers, problem=str(error), is_input=isinstance(error, InputError))
        except OSError as error:
            _tell(answers, problem=f"the sound cannot be kept: {reason(error, 'Make room on the disk')}")


class _Shelf:
    """The library, read anew when a script has changed."""

    def __init__(self) -> None:
        self._library = standard_library()
        self._state = self._library.state()

    def library(self) -> Library:
        now = standard_library()
        if (state := now.state()) != self._state:
            self._library, self._state = now, state
        return self._library


def _render(request: dict[str, Any], library: Library, answers: IO[str]) -> None:
    """Tell what an order comes to; if a file is named for it, write its sound, then the tag that stands before it."""
    order = Order.from_json(request["order"])
    programme, changes = programme_of(order, library)
    compiled = compile_as_ordered(programme, order)
    length_ms = compiled.timeline.duration_ms
    if length_ms > LONGEST_MS:
        raise InputError(f"that would last {clock_text(length_ms)}; the page plays at most {clock_text(LONGEST_MS)}")
    stream = Stream(compiled, finish_of(order))
    _tell(
        answers,
        programme=programme_data(compiled, order, changes),
        size=stream.size,
        tag_size=None if request["sound"] else stream.tag_size,  # it takes a picture to be drawn
    )
    if not request["sound"]:
        return
    place = Path(request["sound"])
    made = 0
    with place.open("wb", buffering=0) as file:
        for part in stream:
            made += file.write(part)
            _tell(answers, made=made)
    if made != stream.size:
        raise OutputError("the sound came out shorter than it should be; try again")
    place.with_suffix(".tag").write_bytes(stream.tag())
    _tell(answers, whole=True)


def _tell(answers: IO[str], **what: object) -> None:
    answers.write(json.dumps(what, ensure_ascii=False) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
