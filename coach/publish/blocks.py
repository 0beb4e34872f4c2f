"""MP3 in blocks: what is heard between two silences is encoded once, and kept for wherever it is heard again.

A sentence begins with a frame (:data:`coach.core.engine.GRID_MS`). So what lies between two silences is the same frames
in any routine, in any order, and so is every third beat. Each block is encoded by an encoder of its own, from silence
to silence: its first frame needs none before it, and what another encoder remembers cannot reach it. Silence is one
frame, as often as needed. The file then follows from the samples, whether its blocks were kept or not.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import lameenc

from coach.publish.mp3 import DECODER_DELAY, DELAY, FRAME, frame_bytes, frames_of
from coach.storage import cache
from coach.units import SAMPLE_RATE

if TYPE_CHECKING:
    from coach.audio.mixer import Mixer

LEAD_FRAMES = 6
"""Silent frames at the beginning of a block: in them the encoder saves bits for what comes, and settles. Of 1 to 12, it
is with 6 that a block comes out most like its part of one encoding of the whole."""
TAIL_FRAMES = 2
"""Silent frames at its end, after all that a decoder makes of the last sound."""
EFFORT = 7
"""Of LAME, 0 (most) to 9: 7 takes two thirds of the time of 4, and comes 4 dB nearer to the samples."""


class Block(NamedTuple):
    """What is heard between two silences."""

    first: int
    """Its first frame, in the file."""
    frames: int
    key: str
    """What changes with its bytes."""

    @property
    def end(self) -> int:
        """The frame after its last."""
        return self.first + self.frames


def blocks_of(mixer: Mixer, kbit_per_s: int) -> list[Block]:
    """Return what a mix of clips is made of, in order."""
    blocks: list[Block] = []
    coded_by = f"{kbit_per_s} {EFFORT} {LEAD_FRAMES} {TAIL_FRAMES} {silent_frame(kbit_per_s).hex()}"
    for begin, end in _spans(mixer):
        made_of = f"{coded_by} {end - begin} {mixer.digest(begin * FRAME, end * FRAME)}"
        blocks.append(Block(begin, end - begin, hashlib.sha256(made_of.encode()).hexdigest()))
    return blocks


def _spans(mixer: Mixer) -> Iterator[tuple[int, int]]:
    """Yield from which frame of the file to which there is sound; no two overlap."""
    before: tuple[int, int] | None = None
    for start, stop in mixer.sounding(0):
        begin = max(0, start // FRAME - LEAD_FRAMES)
        end = -(-(stop + DELAY + DECODER_DELAY) // FRAME) + TAIL_FRAMES
        if before is not None and begin < before[1]:
            before = before[0], max(before[1], end)
            continue
        if before is not None:
            yield before
        before = begin, end
    if before is not None:
        yield before


@contextlib.contextmanager
def encoded(
    mixer: Mixer, kbit_per_s: int, folder: Path, encoders: int, limit_bytes: int | None = None
) -> Iterator[Iterator[bytes]]:
    """Yield the frames of a mix of clips, some at a time, while others are encoded.

    Args:
        mixer: the mix; nothing sounds in it but clips.
        kbit_per_s: the bit rate.
        folder: where blocks are kept.
        encoders: how many work at once.
        limit_bytes: how large that folder may become.
    """
    blocks = blocks_of(mixer, kbit_per_s)
    stored: list[Path] = []
    fetched = cache.fetch(cache.place_of(folder, block.key, cache.BLOCK) for block in blocks)
    with ThreadPoolExecutor(encoders) as threads:
        made: dict[str, Future[bytes]] = {}
        for block in blocks:
            if block.key not in made:
                made[block.key] = threads.submit(_kept, mixer, block, kbit_per_s, folder, stored)
        try:
            yield _joined(blocks, made, frames_of(mixer.total_frames), silent_frame(kbit_per_s))
        finally:
            threads.shutdown(wait=True, cancel_futures=True)
            if (stored or fetched) and limit_bytes is not None:
                cache.keep_within(folder, limit_bytes)


def _joined(blocks: list[Block], made: dict[str, Future[bytes]], frames: int, silent: bytes) -> Iterator[bytes]:
    at = 0
    for block in blocks:
        yield silent * (block.first - at)
        yield made[block.key].result()[: (frames - block.first) * len(silent)]
        at = block.end
    yield silent * (frames - at)


def _kept(mixer: Mixer, block: Block, kbit_per_s: int, folder: Path, stored: list[Path]) -> bytes:
    """Return the frames of a block: those that are kept, or new ones, which are kept then."""
    path = cache.place_of(folder, block.key, cache.BLOCK)
    there = cache.load(path)
    if there is not None:
        return bytes(there)
    encoder = _encoder(kbit_per_s)
    samples = mixer.blocks(block.first * FRAME, block.end * FRAME)
    frames = b"".join(bytes(encoder.encode(pcm.tobytes())) for pcm in samples) + bytes(encoder.flush())
    whole = frames[: block.frames * frame_bytes(kbit_per_s)]
    with contextlib.suppress(OSError):  # a folder that cannot be written costs time, nothing else
        cache.keep(path, whole)
        stored.append(path)
    return whole


@functools.cache
def silent_frame(kbit_per_s: int) -> bytes:
    """Return the frame that LAME makes of silence when it has heard nothing before; LAME's version stands in it."""
    encoder = _encoder(kbit_per_s)
    return (bytes(encoder.encode(bytes(4 * FRAME))) + bytes(encoder.flush()))[: frame_bytes(kbit_per_s)]


def _encoder(kbit_per_s: int) -> lameenc.Encoder:
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(SAMPLE_RATE)
    encoder.set_out_sample_rate(SAMPLE_RATE)
    encoder.set_bit_rate(kbit_per_s)
    encoder.set_quality(EFFORT)
    return encoder
