"""Phonemes of words that no dictionary has, from espeak-ng, in the alphabet of Kokoro's voices.

espeak-ng is GPL-3.0: only the process in which a voice runs loads it, and only when a word is not known.
"""

from __future__ import annotations

import ctypes
import functools
import re

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: nothing is played
_UTF8 = 1
_IPA = 0x02
_TIED = 0x80 | ord("^") << 8  # letters of one sound are tied

_FROM_IPA = (
    ("a^ɪ", "I"),
    ("a^ʊ", "W"),
    ("d^ʒ", "ʤ"),
    ("t^ʃ", "ʧ"),
    ("e^ɪ", "A"),
    ("o^ʊ", "O"),
    ("ə^ʊ", "O"),
    ("ɔ^ɪ", "Y"),
    ("ə^l", "ᵊl"),
    ("ɜː", "ɜɹ"),
    ("ɚ", "əɹ"),
    ("ɾ", "T"),
    ("e", "A"),
    ("r", "ɹ"),
    ("x", "k"),
    ("ç", "k"),
    ("g", "ɡ"),
)
"""Sounds of espeak-ng's American English, and how the voices' alphabet writes them; in this order."""
_LEFT_OUT = re.compile("[^ AIOQSTWYᵊabcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔˈˌʲᵻ]")


@functools.cache
def _engine() -> ctypes.CDLL:
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    if library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0) < 0:
        raise OSError("espeak-ng cannot be started")
    library.espeak_SetVoiceByName(b"gmw/en-US")
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    return library


def phonemes(word: str) -> str:
    """Return how a word is pronounced.

    Raises:
        ValueError: espeak-ng is not installed, or says nothing for it.
    """
    try:
        engine = _engine()
    except (ImportError, OSError) as error:
        raise ValueError(f"no dictionary has “{word}”, and espeak-ng, which would know it, is not there") from error
    text = ctypes.c_char_p(word.encode())
    said = engine.espeak_TextToPhonemes(ctypes.byref(text), _UTF8, _IPA | _TIED) or b""
    found = said.decode("utf-8", "ignore").replace("\u200d", "^")
    for ipa, letters in _FROM_IPA:
        found = found.replace(ipa, letters)
    found = _LEFT_OUT.sub("", found).strip()
    if not found:
        raise ValueError(f"nothing is known of how “{word}” is pronounced")
    return found
