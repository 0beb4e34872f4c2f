"""MP3 in sections: several encoders at once, each on its part of a sound that never pauses, and no seam between them.

LAME's frames depend on each other in two ways. Through the bit reservoir, in which frames borrow room from their
neighbours: it is off (there is enough room). And through what the encoder heard before: so each section begins early,
and those frames are dropped. What is left is byte for byte what one encoder makes of the whole;
``tests/publish/test_sections.py`` shows it at every cut.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from coach.publish.ffmpeg_job import Job, Mix
from coach.publish.mp3 import FRAME, frame_bytes, frames_of

LOOKAHEAD_FRAMES = 3
"""An encoder must have heard this much of what follows to write a frame for good."""
LEAD_FRAMES = 150
"""How early a section begins. What LAME remembers longest is how loud it was, which sets the level below which nothing
is heard: that falls by 7.5 % a frame at most, and reaches its floor after 95 frames."""
SECTION_FRAMES = 2_500
"""A minute: starting an encoder for less is not worth it."""
_CHUNK_BYTES = 1 << 20
_WAIT_S = 0.1


@dataclass(frozen=True)
class Section:
    """What one encoder does. Samples of the routine, and frames of the file."""

    start: int
    """First sample it hears."""
    end: int
    """One past the last."""
    skip: int
    """Frames it writes of what belongs to the section before."""
    keep: int
    """How many frames after those are the section."""


def sections(total_samples: int, most: int) -> list[Section]:
    """Divide a routine into at most ``most`` sections, about evenly, none shorter than a minute."""
    frames = frames_of(total_samples)
    count = max(1, min(most, frames // SECTION_FRAMES))
    cuts = [frames * index // count for index in range(count + 1)]
    found = []
    for cut, after in pairwise(cuts):
        begin = max(0, cut - LEAD_FRAMES)
        end = total_samples if after == frames else (after + LOOKAHEAD_FRAMES) * FRAME
        found.append(Section(begin * FRAME, min(end, total_samples), cut - begin, after - cut))
    return found


def options(kbit_per_s: int) -> tuple[str, ...]:
    """Return what makes ffmpeg write bare frames, none of which needs another."""
    coded = ("-c:a", "libmp3lame", "-b:a", f"{kbit_per_s}k", "-reservoir", "0")
    return (*coded, "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3")


@contextlib.contextmanager
def encoded(mix: Mix, kbit_per_s: int, folder: Path | None, encoders: int, most: int) -> Iterator[Iterator[bytes]]:
    """Yield the frames of a mix, some at a time, while others are encoded.

    Args:
        mix: what is to be heard.
        kbit_per_s: the bit rate.
        folder: where what is encoded waits for its turn; ``None`` for the system's.
        encoders: how many work at once.
        most: into how many sections it is divided at most.
    """
    parts = sections(mix.total_frames, most)
    with contextlib.ExitStack() as stack:
        files: list[IO[bytes]] = [stack.enter_context(tempfile.TemporaryFile(dir=folder)) for _ in parts]
        jobs = [
            Job(stack, mix.blocks(part.start, part.end), part.end - part.start, options(kbit_per_s), file)
            for part, file in zip(parts, files, strict=True)
        ]
        threads = stack.enter_context(ThreadPoolExecutor(encoders))
        made = [threads.submit(job.run) for job in jobs]
        try:
            yield _joined(parts, made, files, frame_bytes(kbit_per_s))
        finally:
            for job in jobs:
                job.end()


def _joined(parts: list[Section], made: list[Future[None]], files: list[IO[bytes]], length: int) -> Iterator[bytes]:
    for part, done, file in zip(parts, made, files, strict=True):
        while not done.done():
            yield b""  # whoever waits may want to give up
            with contextlib.suppress(TimeoutError):
                done.result(_WAIT_S)
        done.result()
        file.seek(part.skip * length)
        left = part.keep * length
        while left:
            chunk = file.read(min(left, _CHUNK_BYTES))
            if not chunk or (left == part.keep * length and chunk[:2] != b"\xff\xfb"):
                raise ValueError("a section came out short, or does not begin with a frame")
            yield chunk
            left -= len(chunk)
