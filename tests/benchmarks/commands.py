"""How well spoken commands are heard, in figures: ``uv run python tests/benchmarks/commands.py [--rounds N]``.

Commands are spoken by the neural voice, by variants of the system voice at several rates, and by flite where it is
installed (its voices were cut from people). They are said in quiet, and while the coach speaks: a real routine, in
either voice, through a loudspeaker and a room that are made up anew each time, 60 to 330 ms late, and at the microphone
0, 6 or 12 dB below the command. Then the coach speaks alone for half an hour, undisturbed, with a room that changes
every 40 seconds, and with nobody knowing what it plays; and people talk.

Voices with a star, and all rooms and moments, had no part in how the spotter was made. ``--fit`` fits its weights anew.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soxr
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from coach.audio.audio_file import read_audio
from coach.audio.clip import Clip, clip_from_signal
from coach.audio.finish import Finish
from coach.errors import VoiceError
from coach.library.standard import standard_library
from coach.live.commands import Command
from coach.live.ears.hearing import Listening
from coach.live.ears.spotter import Likeness, Spotter
from coach.publish.publish import mix
from coach.recipe import DEFAULT_DELIVERY, cached_voice, compile_routine
from coach.units import SAMPLE_RATE
from coach.voices.cached import CachedVoice
from coach.voices.neural import NeuralVoice
from coach.voices.system import SystemVoice
from support.room import (
    RATE,
    SPEECH_LEVEL,
    SPOKEN,
    Samples,
    Scene,
    at_level,
    hear,
    loudspeaker,
    noise,
    pcm,
    right,
    scene,
    speech,
)
from support.talk import NEARLY, ORDINARY

ROUTINE = "lower-back-seven"
BELOW_DB = (None, 12.0, 6.0, 0.0)
KNOWN = (
    "neural@145",
    "neural@120",
    "gmw/en-us@145",
    "gmw/en-us@120",
    "gmw/en@145",
    "gmw/en-us+f3@145",
    "gmw/en-gb-x-rp@145",
    "flite-rms",
    "flite-slt",
    "flite-kal16",
)
"""Voices that the spotter's weights were fitted to."""
NEW = (
    "neural@130",
    "neural@160",
    "neural@175",
    "gmw/en-us@175",
    "gmw/en-us+m3@145",
    "gmw/en-us-nyc@145",
    "gmw/en-us+f2@120",
    "gmw/en@120",
    "gmw/en@175",
    "gmw/en+f2@145",
    "gmw/en+f4@145",
    "gmw/en-gb-x-rp+f3@120",
    "gmw/en-gb-scotland@145",
    "flite-awb",
)
CLIPS = Path(tempfile.gettempdir()) / "coach-benchmark-clips"


class Flite:
    """A voice of flite, a program of its own: it has nothing in common with the coach's."""

    name = identity = "flite"
    parallel = 1

    def __init__(self, voice: str) -> None:
        self.identity = f"flite {voice}"
        self._voice = voice

    def speak(self, text: str) -> Clip:
        """Return the clip of a text."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.wav"
            subprocess.run(["flite", "-voice", self._voice, "-t", text, "-o", str(path)], check=True)
            audio = read_audio(path)
        clip = clip_from_signal(audio.signal, audio.rate)
        assert clip is not None
        return clip

    def quicker(self, factor: float) -> Flite:
        """Return itself."""
        return self

    def close(self) -> None:
        """Do nothing."""


def voice_of(name: str) -> Any:
    """Return a voice by its name here, with a cache around it."""
    kind, _, rate = name.partition("@")
    voice: Any
    if kind.startswith("flite-"):
        voice = Flite(kind.removeprefix("flite-"))
    elif kind == "neural":
        voice = NeuralVoice("", int(rate))
    else:
        voice = SystemVoice(rate_wpm=int(rate))
        voice._voice = kind  # espeak's variants of a voice are not in its list
    return CachedVoice(voice, CLIPS)


def group_of(name: str) -> str:
    """Return which group of voices one belongs to."""
    return "neural" if name.startswith("neural") else "flite" if name.startswith("flite") else "system"


def spoken(name: str, texts: Sequence[tuple[str, Command | None]]) -> list[tuple[Samples, Command | None]]:
    """Return texts as a voice says them; those that it cannot say are left out."""
    voice = voice_of(name)
    said = []
    for text, command in texts:
        try:
            said.append((speech(voice, text), command))
        except VoiceError:
            continue
    voice.close()
    return said


def commands(rng: np.random.Generator) -> list[tuple[str, Command | None]]:
    """Return every command in both ways of writing it (with a pause after “coach”, and with none), in any order."""
    texts: list[tuple[str, Command | None]] = [
        (form.format(words), command) for command, words in SPOKEN.items() for form in ("Coach, {}.", "Coach {}.")
    ]
    return [texts[index] for index in rng.permutation(len(texts))]


@cache
def coach_audio(voice: str) -> NDArray[np.int16]:
    """Return all that the coach plays in a routine."""
    path = CLIPS / f"{voice}.npy"
    if not path.exists():
        CLIPS.mkdir(exist_ok=True)
        compiled = compile_routine(standard_library().routine(ROUTINE), DEFAULT_DELIVERY, cached_voice(voice, 145))
        np.save(path, np.concatenate(list(mix(compiled, Finish()).blocks())))
    whole: NDArray[np.int16] = np.load(path)
    return whole


class Trial(NamedTuple):
    """One voice in one condition."""

    voice: str
    below_db: float | None
    seed: int


class Outcome(NamedTuple):
    """How many of how many were right, which were not; how many were reported in all, and how late the median was."""

    right: int
    all: int
    reported: int
    missed: tuple[str, ...]
    late_s: tuple[float, ...]


def make_scene(trial: Trial, texts: list[tuple[str, Command | None]]) -> Scene:
    """Return the scene of a trial."""
    rng = np.random.default_rng(trial.seed)
    coach = None if trial.below_db is None else coach_audio(("system", "neural")[trial.seed % 2])
    return scene(spoken(trial.voice, texts), rng, coach, trial.below_db or 0.0, float(rng.uniform(60, 330)))


def try_commands(trial: Trial) -> Outcome:
    """Say every command and see what is heard."""
    scene_ = make_scene(trial, commands(np.random.default_rng(trial.seed)))
    heard = hear(scene_, Spotter())
    missed = tuple(str(said.command) for said in scene_.said if not right(said, heard))
    late = [
        each.at_s - said.end_s
        for said in scene_.said
        for each in heard
        if each.command == said.command and said.start_s < each.at_s < said.end_s + 1
    ]
    return Outcome(len(scene_.said) - len(missed), len(scene_.said), len(heard), missed, tuple(late))


def print_commands(pool: ProcessPoolExecutor, voices: Sequence[str], rounds: int, seed: int) -> None:
    """Print the table of commands."""
    trials = [
        Trial(voice, below_db, seed + 97 * index + 10_007 * turn)
        for turn in range(rounds)
        for index, voice in enumerate(voices)
        for below_db in BELOW_DB
    ]
    outcomes = dict(zip(trials, pool.map(try_commands, trials), strict=True))
    heads = ["quiet" if below is None else f"{below:g} dB below" for below in BELOW_DB]
    print(f"\n{'commands heard':28}" + "".join(f"{head:>16}" for head in heads))

    def line(name: str, wanted: Sequence[str]) -> None:
        cells = []
        for below_db in BELOW_DB:
            found = [outcomes[trial] for trial in trials if trial.voice in wanted and trial.below_db == below_db]
            good, count = sum(each.right for each in found), sum(each.all for each in found)
            cells.append(f"{good:>4}/{count:<4} {good / max(1, count):6.1%}")
        print(f"{name:28}" + "".join(f"{cell:>16}" for cell in cells), flush=True)

    for voice in voices:
        line(voice + (" *" if voice in NEW else ""), [voice])
    for group in ("neural", "system", "flite"):
        line(f"all {group}", [voice for voice in voices if group_of(voice) == group])
        line(f"all {group} *", [voice for voice in voices if group_of(voice) == group and voice in NEW])
    late = [each for outcome in outcomes.values() for each in outcome.late_s]
    print(
        f"reported {np.median(late):.2f} s after the last sound (95 %: {np.percentile(late, 95):.2f} s), plus reading"
    )
    missed = [word for outcome in outcomes.values() for word in outcome.missed]
    print("missed: " + ", ".join(f"{word} {missed.count(word)}" for word in sorted(set(missed))))


def try_alone(case: tuple[str, str]) -> tuple[float, int, float, float]:
    """Let the coach speak alone; return minutes, false triggers, and the shares of a core of hearing and of all."""
    voice, how = case
    played = coach_audio(voice)
    rng = np.random.default_rng(4711 + len(how))
    dry = soxr.resample(played / 32768, SAMPLE_RATE, RATE)
    heard = np.zeros(len(dry))
    piece = 40 * RATE if how == "changing" else len(dry)
    for start in range(0, len(dry), piece):
        before = max(0, start - RATE)
        wet = np.convolve(dry[before : start + piece], loudspeaker(rng, float(rng.uniform(60, 330))))
        heard[start : start + piece] = wet[start - before :][: len(heard[start : start + piece])]
    microphone = at_level(heard, SPEECH_LEVEL) + noise(rng, len(heard)) * SPEECH_LEVEL * 10**-1.25
    alone = Scene(pcm(microphone), played.tobytes(), ())
    spotter = Spotter()
    started = time.process_time()
    found = hear(alone, spotter, knows_what_is_played=how != "unknown")
    all_s = time.process_time() - started
    return len(dry) / RATE / 60, len(found), all_s / (len(dry) / RATE), 0.0


def print_alone(pool: ProcessPoolExecutor) -> None:
    """Print what the coach alone triggers."""
    print(f"\n{'the coach alone':28}{'minutes':>10}{'false triggers':>16}{'share of a core':>17}")
    cases = [(voice, how) for how in ("undisturbed", "changing", "unknown") for voice in ("system", "neural")]
    for (voice, how), (minutes, false, share, _) in zip(cases, pool.map(try_alone, cases), strict=True):
        print(f"{voice + ', ' + how:28}{minutes:>10.1f}{false:>16}{share:>17.1%}", flush=True)


def try_talk(case: tuple[str, int]) -> tuple[int, int, int, int, tuple[str, ...]]:
    """Let somebody talk; return how many of how many sentences triggered, ordinary ones and near ones, and which."""
    voice, seed = case
    texts = [(text, None) for text in (*ORDINARY, *NEARLY)]
    said = spoken(voice, texts)
    scene_ = scene(said, np.random.default_rng(seed))
    heard = hear(scene_, Spotter())
    false = [any(one.start_s < each.at_s < one.end_s + 1 for each in heard) for one in scene_.said]
    share = len(said) - len(texts) + len(ORDINARY)  # a sentence that could not be said is a short one
    which = tuple(texts[index][0] for index, wrong in enumerate(false) if wrong) if len(said) == len(texts) else ()
    return sum(false[:share]), share, sum(false[share:]), len(false) - share, which


def print_talk(pool: ProcessPoolExecutor, voices: Sequence[str]) -> None:
    """Print what talk triggers."""
    print(f"\n{'talk taken for commands':28}{'ordinary':>12}{'nearly the same':>18}")
    cases = [(voice, 31 + index) for index, voice in enumerate(voices)]
    for (voice, _), (false, count, false_near, near, which) in zip(cases, pool.map(try_talk, cases), strict=True):
        star = " *" if voice in NEW else ""
        print(f"{voice + star:28}{f'{false}/{count}':>12}{f'{false_near}/{near}':>18}  {' '.join(which)}", flush=True)


def likenesses(trial: Trial) -> list[tuple[bool, Likeness]]:
    """Return how like commands the pieces of a scene are: those of commands, rightly read, and those of talk."""
    rng = np.random.default_rng(trial.seed)
    talk: list[tuple[str, Command | None]] = [(text, None) for text in (*ORDINARY, *NEARLY)]
    scene_ = make_scene(trial, commands(rng) + [talk[index] for index in rng.permutation(len(talk))[:20]])
    listening, spotter = Listening(), Spotter()
    found = []
    microphone_bytes, played_bytes = 2 * RATE // 50, 2 * SAMPLE_RATE // 50
    for index in range(len(scene_.microphone) // microphone_bytes):
        listening.add_played(scene_.played[index * played_bytes : (index + 1) * played_bytes])
        for pieces in listening.hear(scene_.microphone[index * microphone_bytes : (index + 1) * microphone_bytes]):
            at_s = (index + 1) / 50
            meant = next((one.command for one in scene_.said if one.start_s < at_s < one.end_s + 1), None)
            for read in (spotter.likeness(piece) for piece in pieces):
                if read is not None and meant in (None, read[0]):
                    found.append((meant is not None, read[1]))
    return found


def fit(pool: ProcessPoolExecutor, seed: int) -> None:
    """Print weights fitted to the known voices: logistic regression, commands counted twice."""
    from scipy.optimize import minimize

    voices = list(available(KNOWN))
    trials = [Trial(voice, below, seed + index) for index, voice in enumerate(voices) for below in BELOW_DB]
    rows = [row for found in pool.map(likenesses, trials) for row in found]
    values = np.array([row[1].capped() for row in rows])
    sign = np.array([1.0 if row[0] else -1.0 for row in rows])
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    normal = (values - mean) / spread

    def cost(weights: NDArray[Any]) -> float:
        loss = np.logaddexp(0, -sign * (normal @ weights[:-1] + weights[-1]))
        return float(np.mean(np.where(sign > 0, 2.0, 1.0) * loss) + 0.002 * np.square(weights[:-1]).sum())

    found = minimize(cost, np.zeros(values.shape[1] + 1)).x
    weights = found[:-1] / spread
    print(f"{len(rows)} pieces")
    print("WEIGHTS = (" + ", ".join(f"{weight:.3f}" for weight in weights) + ")")
    print(f"OFFSET = {found[-1] - float(weights @ mean):.2f}")


def available(voices: Sequence[str]) -> Iterator[str]:
    """Yield the voices that can be used here."""
    for voice in voices:
        if not voice.startswith("flite") or shutil.which("flite"):
            yield voice


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--only", choices=("commands", "alone", "talk"))
    arguments = parser.parse_args()
    voices = list(available((*KNOWN, *NEW)))
    for voice in ("system", "neural"):
        coach_audio(voice)
    with ProcessPoolExecutor(2) as pool:
        if arguments.fit:
            fit(pool, 7)
            return
        if arguments.only in (None, "commands"):
            print_commands(pool, voices, arguments.rounds, arguments.seed)
        if arguments.only in (None, "alone"):
            print_alone(pool)
        if arguments.only in (None, "talk"):
            print_talk(pool, voices)


if __name__ == "__main__":
    main()
