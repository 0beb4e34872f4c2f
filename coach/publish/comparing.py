"""Comparing voices: the same words of each, one after another, in one file with a chapter for each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from coach.audio.clip import Pcm
from coach.audio.mixer import BLOCK_FRAMES
from coach.core.chapters import Chapter
from coach.core.languages import ENGLISH
from coach.core.routine import Sample
from coach.order import Order
from coach.publish import tags
from coach.publish.encoder import check_target, encode
from coach.publish.ffmpeg_job import Mix
from coach.publish.formats import FORMATS
from coach.publish.publish import mix, year
from coach.recipe import compile_as_ordered, finish_of
from coach.units import frames_to_ms, ms_to_frames
from coach.voices.speaker import Progress

PAUSE_MS = 1_500
"""Between two voices."""


class _Joined:
    """Several mixes, one after another."""

    def __init__(self, mixes: Sequence[Mix]) -> None:
        self._mixes = mixes
        self._pause = ms_to_frames(PAUSE_MS)
        lengths = [each.total_frames + self._pause for each in mixes]
        self.starts = [0, *accumulate(lengths)][:-1]
        self.total_frames = sum(lengths)

    def blocks(self, start_frame: int = 0, end_frame: int | None = None) -> Iterator[Pcm]:
        """Yield the samples from a frame on, up to another or the end."""
        import numpy as np

        end_frame = self.total_frames if end_frame is None else end_frame
        for each, first in zip(self._mixes, self.starts, strict=True):
            last = first + each.total_frames
            if start_frame < last and end_frame > first:
                yield from each.blocks(max(0, start_frame - first), min(end_frame, last) - first)
            silent = min(end_frame, last + self._pause) - max(start_frame, last)
            for done in range(0, max(0, silent), BLOCK_FRAMES):
                yield np.zeros(min(BLOCK_FRAMES, silent - done), dtype=np.int16)


def compare(voices: Sequence[str], order: Order, path: Path, *, force: bool, progress: Progress) -> tuple[Chapter, ...]:
    """Write a file in which several voices say the same, and return when each does.

    Args:
        voices: their names.
        order: how they are to speak, and how loud.
        path: the file.
        force: whether a file that the coach did not make is replaced.
        progress: called with what is being done, how much of it is done, and how much there is.

    Raises:
        InputError: the place or a voice is not possible.
        MachineError: a voice fails, or the file cannot be written.
    """
    check_target(path, force=force)
    finish, loss_db = finish_of(order), FORMATS[path.suffix.lower()].loss_db
    mixes = []
    for number, name in enumerate(voices):
        progress("speaking", number, len(voices))
        sample = Sample("voice", f"The voice {name}", ENGLISH.phrases.SAMPLE)
        mixes.append(mix(compile_as_ordered(sample, order.changed(voice=name)), finish, loss_db))
    joined = _Joined(mixes)
    bounds = [*map(frames_to_ms, joined.starts), frames_to_ms(joined.total_frames)]
    chapters = tuple(map(Chapter, voices, bounds, bounds[1:]))
    about = tags.About(
        title="Voices",
        purpose="The same words of each voice on this machine",
        length_ms=bounds[-1],
        year=year(),
        input=hashlib.sha256(repr((voices, order)).encode()).hexdigest()[:32],
        chapters=chapters,
    )
    encode(joined, path, lambda: about)
    return chapters
