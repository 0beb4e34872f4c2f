"""The spotter: tells whether a piece of speech is a command, and which (pocketsphinx, with its US English model).

Its own way of spotting words in running speech hears one command in three at best. So each piece is read three times:
as a command, as other words, and as any phones at all. It is a command when that reading explains it about as well as
the phones do, which are free to be anything, and better than the other words; how much each of these tells was fitted
to spoken commands and talk (``tests/benchmarks/commands.py --fit``).
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from coach.core.languages.english.commands import BIAS, COMMANDS, LIKE_A_COMMAND, LIKE_THE_NAME, NAME, PHONES, SOUNDS
from coach.errors import InputError
from coach.live.commands import Command

if TYPE_CHECKING:
    from coach.live.ears.echo import Samples

NEEDS = "spoken commands need pocketsphinx; install it with: pip install 'stretch-coach[hands-free]'"

_AS_COMMAND, _AS_TALK, _AS_PHONES = "command", "talk", "phones"
_ANY = "any_"
_SENONE_SHIFT = 1024
"""A step of pocketsphinx's scores is this many times what it says."""
_PEAK = 0.3
"""What each piece is brought to."""


class Part(NamedTuple):
    """A word of a reading: the frames (10 ms) it takes, both included, and its log-likelihood in nats."""

    word: str
    first: int
    last: int
    nats: float

    @property
    def frames(self) -> int:
        """How long it is."""
        return self.last - self.first + 1


class Likeness(NamedTuple):
    """How like a command a piece of speech is."""

    name: float
    """How much better “coach” explains its part than any phones do: nats a frame, mostly below 0."""
    word: float
    """The same for the word after it."""
    both: float
    """The same for all of the piece, seen from the frames of both words."""
    outside: float
    """Nats that are lost if neither is said, but something is."""
    talk: float
    """Nats by which a command explains the piece better than other words do."""
    name_frames: float
    word_frames: float
    pause_frames: float
    """Between the two."""

    def capped(self) -> tuple[float, ...]:
        """Return what the score is made of: beyond these limits more does not tell more."""
        return (
            max(self.name, -10.0),
            max(self.word, -10.0),
            max(self.both, -10.0),
            max(self.outside, -100.0) / 20,
            max(-200.0, min(self.talk, 200.0)) / 20,
            min(self.name_frames, 45.0) / 10,
            min(self.word_frames, 45.0) / 10,
            max(0.0, self.pause_frames - 40.0) / 10,
        )


WEIGHTS = (0.9, 0.55, 0.7, 0.4, 0.9, 0.9, 0.5, -0.3)
OFFSET = -0.5
"""Of the score: above 0 it is a command."""


class Spotter:
    """Tells commands from talk, a piece at a time."""

    def __init__(self) -> None:
        try:
            from pocketsphinx import Decoder
        except ImportError as error:
            raise InputError(NEEDS) from error
        # All senones are scored in each frame, so that the readings of one piece can be compared.
        beams = {"beam": 1e-50, "pbeam": 1e-50, "wbeam": 1e-40}
        odds = {"silprob": 0.3, "fillprob": 1e-4, "wip": 1.0, "pip": 1.0, "lw": 1.0}
        self._decoder: Any = Decoder(
            lm=None, dict=os.devnull, loglevel="FATAL", bestpath=False, compallsen=True, **beams, **odds
        )
        for name, phones in _dictionary():
            self._decoder.add_word(name, phones, False)
        for name, rule in _grammars().items():
            self._decoder.add_jsgf_string(name, f"#JSGF V1.0;\ngrammar {name};\npublic <{name}> = {rule};")

    def command_in(self, pieces: Iterable[Samples]) -> Command | None:
        """Return the command that one of the pieces is, the first that is one; mostly ``None``."""
        for piece in pieces:
            read = self.likeness(piece)
            if read is not None and score(read[1]) > 0:
                return read[0]
        return None

    def likeness(self, piece: Samples) -> tuple[Command, Likeness] | None:
        """Return the command a piece is likest to, and how like; ``None`` when it cannot be read as one."""
        pcm = _levelled(piece)
        command = self._read(_AS_COMMAND, pcm)
        words = [part for part in command if part.word in SOUNDS]
        if len(words) != 2:  # noqa: PLR2004 - the name and what is asked
            return None
        phones, talk = self._read(_AS_PHONES, pcm), self._read(_AS_TALK, pcm)
        if not phones:
            return None
        name, word = words
        gains = _gains(command, phones)
        total = sum(gains)
        likeness = Likeness(
            sum(gains[name.first : name.last + 1]) / name.frames,
            sum(gains[word.first : word.last + 1]) / word.frames,
            total / (word.last - name.first + 1),
            sum(gains[: name.first]) + sum(gains[word.last + 1 :]),
            sum(part.nats for part in command) - sum(part.nats for part in talk) if talk else 0.0,
            name.frames,
            word.frames,
            word.first - name.last - 1,
        )
        return Command(COMMANDS[word.word]), likeness

    def _read(self, how: str, pcm: bytes) -> list[Part]:
        """Read a piece in one of the ways; nothing when it cannot be."""
        decoder = self._decoder
        decoder.activate_search(how)
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        if decoder.hyp() is None:
            return []
        return [
            Part(
                segment.word.partition("(")[0],
                segment.start_frame,
                segment.end_frame,
                _SENONE_SHIFT * math.log(max(segment.ascore, 1e-300)),
            )
            for segment in decoder.seg()
            if segment.word not in ("(NULL)", "</s>")
        ]


def score(likeness: Likeness) -> float:
    """Return how sure it is that something is a command: above 0 it is."""
    return OFFSET + sum(weight * value for weight, value in zip(WEIGHTS, likeness.capped(), strict=True))


def _dictionary() -> Iterable[tuple[str, str]]:
    for word, sounds in SOUNDS.items():
        for index, phones in enumerate(sounds, 1):
            yield (word if index == 1 else f"{word}({index})"), phones
    yield from chain(LIKE_THE_NAME.items(), LIKE_A_COMMAND.items())
    for phone in PHONES:
        yield _ANY + phone.lower(), phone


def _grammars() -> dict[str, str]:
    asked, first, second = (" | ".join(words) for words in (COMMANDS, LIKE_THE_NAME, LIKE_A_COMMAND))
    weighed = " | ".join(f"/{math.exp(BIAS.get(word, 0.0)):.4g}/ {word}" for word in COMMANDS)
    any_phone = " | ".join(_ANY + phone.lower() for phone in PHONES)
    talk = (
        f"({first}) ({asked} | {second})",
        f"{NAME} ({second})",
        f"({first})",
        NAME,
        f"({asked})",
        f"({first}) ({first}) ({asked} | {second})",
    )
    return {
        _AS_COMMAND: f"{NAME} ( {weighed} )",
        _AS_TALK: " | ".join(talk),
        _AS_PHONES: f"( {any_phone} )+",
    }


def _gains(one: Sequence[Part], other: Sequence[Part]) -> list[float]:
    """Return, frame by frame, how many nats the first reading explains more; each word's are spread over its frames."""
    frames = max(one[-1].last, other[-1].last) + 1
    gains = [0.0] * frames
    for sign, parts in ((1, one), (-1, other)):
        for part in parts:
            share = sign * part.nats / part.frames
            for frame in range(part.first, part.last + 1):
                gains[frame] += share
    return gains


def _levelled(piece: Samples) -> bytes:
    """Return a piece as 16 bit samples, as loud as what the model was trained on."""
    import numpy as np

    peak = float(np.abs(piece).max())
    scaled = piece * (_PEAK / peak) if peak > 0 else piece
    return np.rint(scaled * 32767).astype("<i2").tobytes()
