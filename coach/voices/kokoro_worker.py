"""The process in which Kokoro runs: a neural model, loaded once, one text at a time, on one thread.

It speaks the protocol of :mod:`coach.voices.worker`. Its arguments are the path of the model, and the checksum it must
have: another model is never loaded.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from coach.voices.onnx import serve, session, write_wave

RATE = 24_000
"""Frames a second of what the model gives."""
MOST_TOKENS = 400
"""A longer text is spoken in parts; the model takes 510, and grows hasty before that."""
PART_PAUSE_MS = 300
ALPHABET = (
    '·;:,.!?··—…"()“” \u0303ʣʥʦʨᵝꭧAI·····O·Q·ST··W·Yᵊabcdef·hijklmnopqrstuvwxyzɑɐɒæ··βɔɕç·ɖðʤə·ɚɛɜ'
    "··ɟ·ɡ······ɥ·ɨɪʝ······ɯɰŋɳɲɴø·ɸθœ··ɹ·ɾɻ·ʁɽʂʃʈʧ·ʊʋ·ʌɣɤ·χʎ···ʒʔ·······ˈˌː···ʰ·ʲ····↓·→↗↘···ᵻ"
)
"""The letters that the model knows, each at its number; “·” stands where there is none."""


class Speech:
    """A loaded model."""

    def __init__(self, model: str, right_sum: str) -> None:
        """Load a model.

        Raises:
            ValueError: it is not the one it should be.
            OSError: it cannot be read.
        """
        from coach.voices.espeak_phonemes import phonemes
        from coach.voices.kokoro_files import sum_of
        from coach.voices.phonemes import Pronouncer, dictionary

        if sum_of(Path(model)) != right_sum:
            raise ValueError(f"{model} is damaged or another model; “coach voices --download kokoro” fetches it anew")
        self._session = session(model)
        self._pronouncer = Pronouncer(dictionary(), phonemes)
        self._styles: dict[str, Any] = {}

    def speak(self, request: dict[str, Any]) -> Any:
        """Return the samples of a text, as float32.

        Raises:
            ValueError: it cannot be pronounced.
        """
        import numpy as np

        said = request.get("phonemes") or self._said(request["text"], request.get("mark"))
        if not any(letter.isalpha() for letter in said):
            raise ValueError("there is nothing in it to say")
        pause = np.zeros(RATE * PART_PAUSE_MS // 1000, dtype=np.float32)
        parts = [self._part(tokens, request) for tokens in _parts(said)]
        return np.concatenate([part for each in parts for part in (pause, each)][1:])

    def _said(self, text: str, mark: str | None) -> str:
        if mark is None:
            return self._pronouncer.phonemes(text)
        return self._pronouncer.phonemes(text.rstrip(".")) + mark

    def _part(self, tokens: list[int], request: dict[str, Any]) -> Any:
        import numpy as np

        row = min(len(tokens), MOST_TOKENS) - 1
        style = sum(weight * self._style(path)[row] for path, weight in request["style"])
        given = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": np.asarray(style, dtype=np.float32),
            "speed": np.array([request["speed"]], dtype=np.float32),
        }
        return np.asarray(self._session.run(None, given)[0], dtype=np.float32).reshape(-1)

    def _style(self, path: str) -> Any:
        import numpy as np

        if path not in self._styles:
            self._styles[path] = np.fromfile(path, dtype="<f4").reshape(510, 1, 256)
        return self._styles[path]


def _parts(said: str) -> list[list[int]]:
    """Return the tokens of a text, in parts that the model takes; split after sentences, else after words."""
    parts: list[list[int]] = []
    for sentence in re.split(r"(?<=[.!?…]) ", said):
        for words in _short_enough(_tokens(sentence), sentence):
            if parts and len(parts[-1]) + len(words) < MOST_TOKENS:
                parts[-1] += [ALPHABET.index(" "), *words]
            elif words:
                parts.append(words)
    return parts


def _short_enough(tokens: list[int], sentence: str) -> list[list[int]]:
    if len(tokens) <= MOST_TOKENS:
        return [tokens]
    space = sentence.rfind(" ", 0, MOST_TOKENS)
    cut = space if space > 0 else MOST_TOKENS
    return [_tokens(sentence[:cut]), *_short_enough(_tokens(sentence[cut:]), sentence[cut:].strip())]


def _tokens(said: str) -> list[int]:
    return [ALPHABET.index(letter) for letter in said if letter in ALPHABET and letter != "·"]


def _write(speech: Speech, request: dict[str, Any]) -> None:
    import numpy as np

    signal = speech.speak(request)
    write_wave(Path(request["path"]), np.rint(np.clip(signal, -1, 1) * 32767), RATE)


def _told(error: BaseException) -> str:
    """What goes wrong here says so in words for a person."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def main(model: str, right_sum: str) -> None:
    """Serve until stdin ends."""
    serve(lambda: Speech(model, right_sum), _write, _told)


if __name__ == "__main__":
    main(*sys.argv[1:])
