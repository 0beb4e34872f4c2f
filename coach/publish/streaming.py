"""Streaming: an MP3 that can be heard while the rest of it is made."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from coach.compiler import Compiled, IsCancelled, never
from coach.core.routine import stretch_names
from coach.publish import mp3, tags
from coach.publish.beside import texts_beside, words_of
from coach.publish.encoder import cores, kbit_per_s, mp3_frames
from coach.publish.formats import FORMATS
from coach.publish.publish import about, fingerprint, mix
from coach.publish.seal import Sealing
from coach.publish.sections import SECTION_FRAMES
from coach.recipe import compile as compile_order
from coach.recipe import finish_of

if TYPE_CHECKING:
    from coach.audio.finish import Finish
    from coach.library.library import Library
    from coach.order import Order


class Stream:
    """The sound of an MP3, part by part; with :meth:`tag` before it, it is the file that ``render`` writes.

    It can be iterated over once. Whoever stops early ends the encoders with :meth:`close`, or with the iterator.
    """

    def __init__(self, compiled: Compiled, finish: Finish) -> None:
        """Begin with what is compiled; nothing is encoded before the first part is asked for.

        Raises:
            InputError: the background is not audio, or there are too many chapters.
        """
        self.compiled = compiled
        self._mix = mix(compiled, finish, FORMATS[".mp3"].loss_db)
        self._rate = kbit_per_s(finish.quality)
        self._encoders = finish.encoders or cores()
        words = words_of(compiled.timeline, compiled.programme.name, stretch_names(compiled.programme))
        tags.check_chapters(words.chapters)
        _, told = texts_beside(Path("x.mp3"), words, with_captions=finish.captions, with_chapters=finish.podcast)
        self._about: Callable[[], tags.About] = lambda: about(
            compiled, words, fingerprint(compiled, finish), told, finish
        )
        self._sealing: Sealing | None = None
        self._parts = self._made()

    @property
    def size(self) -> int:
        """How many bytes of sound there will be: its first frame tells how long all of it is."""
        first = mp3.info_frame(self._mix.total_frames, self._rate)
        return len(first) + mp3.frames_of(self._mix.total_frames) * mp3.frame_bytes(self._rate)

    @property
    def tag_size(self) -> int:
        """How many bytes stand before the sound in the file; for it, the picture is drawn."""
        return len(self._unsealed)

    def __iter__(self) -> Iterator[bytes]:
        return self._parts

    def close(self) -> None:
        """End the encoders."""
        self._parts.close()

    def tag(self) -> bytes:
        """Return what stands before the sound in the file, once all of that has been made.

        Raises:
            ValueError: it has not.
        """
        if self._sealing is None:
            raise ValueError("the sound is not yet made")
        return self._sealing.sealed()

    @cached_property
    def _unsealed(self) -> bytes:
        return tags.id3_bytes(self._about())

    def _made(self) -> Generator[bytes, None, None]:
        first = mp3.info_frame(self._mix.total_frames, self._rate)
        yield first
        most = max(1, mp3.frames_of(self._mix.total_frames) // SECTION_FRAMES)
        with mp3_frames(self._mix, self._rate, self._encoders, most_sections=most) as frames:
            sealing = Sealing(self._unsealed)
            for part in sealing.pass_on(chain([first], frames)):
                if part and part is not first:
                    yield part
        self._sealing = sealing


def stream(order: Order, *, library: Library | None = None, cancelled: IsCancelled = never) -> Stream:
    """Return an MP3 part by part, from the first on, while later ones are made.

    >>> from coach.order import Order
    >>> heard = stream(Order(targets=("cat-cow",), voice="silent"))
    >>> sum(map(len, heard)) == heard.size
    True

    Args:
        order: what is asked for.
        library: where its routines and stretches are looked for; the person's own and the coach's if not given.
        cancelled: asked several times a second, while lines are spoken, whether to give up.

    Raises:
        InputError: something that is ordered is not possible.
        VoiceError: a line cannot be spoken.
        EncoderError: ffmpeg failed; it may be raised while the parts are made.
        Cancelled: ``cancelled`` said so.
    """
    return Stream(compile_order(order, library=library, cancelled=cancelled), finish_of(order))
