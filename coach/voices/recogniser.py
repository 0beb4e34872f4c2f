"""A recogniser that listens to spoken clips (pocketsphinx, with its US English model): is this what should be said?

Single words are told from all others of a set, alone and between two counts. Of a sentence it is asked whether its
words can be found in the sound, each with a length that it can have; how well they are spoken it does not tell.
"""

from __future__ import annotations

import importlib.util
import re
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from coach.errors import InputError
from coach.units import SAMPLE_RATE

if TYPE_CHECKING:
    from coach.audio.clip import Clip

RATE = 16_000
PAUSE_S = 0.3
SHORTEST_FRAMES = 5
"""Of a word in a sentence, in frames of 10 ms; short ones are hardly spoken: “a”, “of”."""
_LONG = 4  # letters
_WORDS = re.compile(r"[a-z]+(?:'[a-z]+)*")
NEEDS = "pocketsphinx is not installed; install it with: pip install 'stretch-coach[hands-free]'"


class Recogniser:
    """Knows the single words of a set, and whatever is in the model's dictionary."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take the single words.

        Raises:
            InputError: pocketsphinx is not installed.
        """
        if importlib.util.find_spec("pocketsphinx") is None:
            raise InputError(NEEDS)
        self._known = tuple(sorted({spelled(word) for word in words}))
        self._own = threading.local()

    def faults(self, text: str, clip: Clip) -> list[str]:
        """Return what is heard otherwise than it should be; empty if nothing is."""
        signal = _signal(clip)
        if " " not in text:
            return self._word_faults(spelled(text), signal)
        words = _WORDS.findall(text.lower().replace("’", "'").replace("-", " "))
        return self._sentence_faults(words, signal)

    def _word_faults(self, word: str, signal: Any) -> list[str]:
        import numpy as np

        if word not in self._known:
            return []
        decoder = self._decoder("words")
        pause = np.zeros(int(RATE * PAUSE_S), dtype=np.int16)
        alone = np.concatenate((pause, signal, pause))
        twice = np.concatenate((pause, signal, pause, pause, signal, pause))
        faults = []
        for sound, right in ((alone, word), (twice, f"{word} {word}")):
            heard = _heard(decoder, sound)
            if heard != right:
                faults.append(f"heard as “{heard}”")
        return faults

    def _sentence_faults(self, words: list[str], signal: Any) -> list[str]:
        import numpy as np

        decoder = self._decoder("aligner")
        if not words or any(decoder.lookup_word(word) is None for word in words):
            return []  # it cannot tell
        pause = np.zeros(int(RATE * PAUSE_S), dtype=np.int16)
        decoder.set_align_text(" ".join(words))
        try:
            _heard(decoder, np.concatenate((pause, signal, pause)))
            found = [(part.word.split("(")[0], part.end_frame - part.start_frame + 1) for part in decoder.seg() or ()]
        except RuntimeError:
            return ["its words are not found in it"]
        spoken = [(word, frames) for word, frames in found if not word.startswith(("<", "["))]
        if [word for word, _ in spoken] != words:
            return ["its words are not found in it"]
        short = [word for word, frames in spoken if len(word) >= _LONG and frames < SHORTEST_FRAMES]
        return [f"“{short[0]}” is hardly spoken"] if short else []

    def _decoder(self, name: str) -> Any:
        """Return a decoder of this thread's own."""
        found = getattr(self._own, name, None)
        if found is None:
            from pocketsphinx import Decoder

            if name == "words":
                found = Decoder(loglevel="FATAL", lm=None)
                choice = " | ".join(self._known)
                found.add_jsgf_string("words", f"#JSGF V1.0; grammar words; public <said> = ({choice})+;")
                found.activate_search("words")
            else:
                found = Decoder(loglevel="FATAL")
            setattr(self._own, name, found)
        return found


def spelled(word: str) -> str:
    """Return a single word as the model's dictionary spells it: “twenty-two” as two words."""
    return word.strip(".").lower().replace("-", " ")


def _signal(clip: Clip) -> Any:
    import numpy as np
    import soxr

    signal = soxr.resample(clip.pcm / 32768.0, SAMPLE_RATE, RATE)
    return np.rint(signal / max(1e-6, np.abs(signal).max()) * 0.4 * 32767).astype(np.int16)


def _heard(decoder: Any, samples: Any) -> str:
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr if hypothesis else ""
