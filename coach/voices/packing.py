"""Packing: has a voice speak every line beforehand, and makes a set of it (:mod:`coach.voices.clip_set`).

Of each line the first take is kept that is heard as it should be; if none is, the best of them, and the line is named.
What is in the set already, and spoken by the same voice, is left as it is.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from coach.audio.ffmpeg import ffmpeg_path
from coach.errors import CoachError, InputError, MachineError, OutputError, VoiceError, reason
from coach.files import written_whole
from coach.units import FRAMES_PER_MS, SAMPLE_RATE, db_to_factor, ms_to_frames
from coach.voices.clip_set import CODED_RATE, ENDING, INDEX, ClipSet, Entry, key_of, pcm_of, sum_of
from coach.voices.neural import CLEAR_MS

if TYPE_CHECKING:
    from coach.audio.clip import Clip
    from coach.voices.base import Voice
    from coach.voices.recogniser import Recogniser
    from coach.voices.speaker import Progress

QUICKER = (1.3, 1.6, 2.0)
"""How much quicker counts are spoken too: at twice the rate most words are still clear, and 0.25 s long."""
BITRATE, BITRATE_ALONE = "34k", "64k"
"""Of sentences and of single words, which are few, lie on the beat, and lose more of their loudness to the coder.

Sentences in two voices just fit into 25 MB. Of 10 to 24 lines DistillMOS lost 0.12 at 27 kbit/s, their pauses counted,
0.10 at 34, 0.07 at 44 and 0.01 at 88. Half the band (to 8 kHz) would lose 0.05 at 25, and the sharp sounds their edge.
"""
_CODING = f"opus {BITRATE} {BITRATE_ALONE} 1"
_ROUNDS = 3
_MOST_GAIN_DB = 1.5
LATEST_ONSET_MS, SOONEST_ONSET_MS = 40, 25
"""What is softer before the onset is hardly heard: if it lasts longer than the first, the second is left of it."""
LATEST_CENTRE_MS = 200
"""Of a single word: “eleven” at 145 words a minute has its vowel at 180."""
CENTRE_OFF_MS = 3
"""How far a coder may move the centre of a clip."""
LOUDNESS_OFF_LU = 0.5
_SAVED_EVERY = 50
_CODE_TIMEOUT_S = 60


class Wanted(NamedTuple):
    """A text to be spoken at a rate."""

    text: str
    wpm: int

    @property
    def is_alone(self) -> bool:
        """Whether it is a single word, which may lie on a beat."""
        return " " not in self.text

    def __str__(self) -> str:
        return f"{self.text} ({self.wpm} words a minute)"


@dataclass(frozen=True)
class Packed:
    """What came of packing."""

    spoken: int
    kept: int
    removed: int
    unclear: tuple[str, ...]
    """Texts of which no take was heard as it should be, though one is in the set."""
    refused: tuple[str, ...]
    """Texts that are not in the set, and why."""
    size: int
    """Of the whole set, in bytes."""


def pack(
    engine: Voice,
    facts: ClipSet,
    texts: frozenset[str],
    counts: frozenset[str],
    *,
    keep: Callable[[Voice], Voice],
    recogniser: Recogniser | None,
    progress: Progress,
) -> Packed:
    """Make a set, or bring one up to date.

    Args:
        engine: speaks at the set's rate; it is not closed.
        facts: what the set is called, and where it is to lie.
        texts: what is to be in it, as it is given to the voice.
        counts: those of the texts that are spoken on the beat.
        keep: wraps the engine, so that first takes need not be spoken again.
        recogniser: listens to each take; without one, only lengths and centres are looked at.
        progress: called with what is being done, how much of it is done, and how much there is.

    Raises:
        InputError: the folder holds something else.
        OutputError: the set cannot be written.
        MachineError: ffmpeg failed.
    """
    wants = [Wanted(text, facts.rate_wpm) for text in sorted(texts)]
    wants += [Wanted(text, round(facts.rate_wpm * factor)) for factor in QUICKER for text in sorted(counts)]
    before = set_in(facts.folder)
    facts = replace(facts, made_with=f"{engine.identity} | {_CODING}")
    kept = _whole(before, wants) if before and before.made_with == facts.made_with else {}
    missing = [want for want in wants if key_of(*want) not in kept]
    clips = dict(kept)
    unclear: list[str] = []
    refused: list[str] = []
    try:
        facts.folder.mkdir(parents=True, exist_ok=True)
        with _threads(engine) as threads:
            made = threads.map(lambda want: _made(want, _takes(want, engine, keep, facts), facts, recogniser), missing)
            for number, (want, (entry, problem)) in enumerate(zip(missing, made, strict=True), 1):
                if entry is not None:
                    clips[key_of(*want)] = entry
                if problem:
                    (refused if entry is None else unclear).append(f"{want}: {problem}")
                progress("packing", number, len(missing))
                if number % _SAVED_EVERY == 0:
                    _save(replace(facts, clips=clips))
        _save(replace(facts, clips=clips))
        removed = _clear(facts.folder, set(before.clips if before else ()) - set(clips))
    except OSError as error:
        raise OutputError(f"the set cannot be written to {facts.folder}: {reason(error)}") from error
    size = sum(path.stat().st_size for path in facts.folder.iterdir() if path.suffix in (ENDING, Path(INDEX).suffix))
    return Packed(len(missing) - len(refused), len(kept), removed, tuple(unclear), tuple(refused), size)


@contextlib.contextmanager
def _threads(engine: Voice) -> Iterator[ThreadPoolExecutor]:
    """Yield threads that speak; if something goes wrong, or Ctrl-C is pressed, they begin nothing more."""
    with ThreadPoolExecutor(max(engine.parallel, os.cpu_count() or 1)) as threads:
        try:
            yield threads
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def set_in(folder: Path) -> ClipSet | None:
    """Return the set that lies in a folder where one is to be made; ``None`` if it is empty, or not there.

    Raises:
        InputError: it holds something else.
    """
    if (folder / INDEX).is_file():
        return ClipSet.read(folder)
    if folder.is_file():
        raise InputError(f"{folder} is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder} holds something else; name a new folder, or that of a set")
    return None


def _whole(before: ClipSet, wants: list[Wanted]) -> dict[str, Entry]:
    """Return what a set has of some texts, and need not be spoken anew."""
    found = {key: entry for want in wants if (entry := before.clips.get(key := key_of(*want))) is not None}
    return {key: entry for key, entry in found.items() if before.data(entry) is not None}


def _save(facts: ClipSet) -> None:
    with written_whole(facts.folder / INDEX) as part:
        part.write_text(facts.to_json(), encoding="utf-8")


def _clear(folder: Path, keys: set[str]) -> int:
    """Remove the clips of texts that are no longer said."""
    for key in keys:
        (folder / f"{key}{ENDING}").unlink(missing_ok=True)
    return len(keys)


def _made(
    want: Wanted, takes: Iterator[Callable[[], Clip]], facts: ClipSet, recogniser: Recogniser | None
) -> tuple[Entry | None, str]:
    """Speak and code one text; return its entry, and what is wrong with it, if anything."""
    best: tuple[int, Clip, str] | None = None
    problem = ""
    for take in takes:
        try:
            clip = take()
        except VoiceError as error:
            problem = str(error)
            continue
        faults = _faults(clip, want, recogniser)
        if best is None or len(faults) < best[0]:
            best = (len(faults), clip, "; ".join(faults))
        if not faults:
            break
    if best is None:
        return None, problem
    _, clip, problem = best
    if clip.timing.onset_ms > LATEST_ONSET_MS:
        clip = _begun_later(clip, want.wpm)
    coded, worse = _best_coded(clip, want)
    if worse:
        return None, worse
    with written_whole(facts.path_of(*want)) as part:
        part.write_bytes(coded.data)
    return coded.entry, problem


def _takes(want: Wanted, engine: Voice, keep: Callable[[Voice], Voice], facts: ClipSet) -> Iterator[Callable[[], Clip]]:
    """Yield ways to speak a text: as the voice does, then a little otherwise."""
    text = want.text
    voice = engine if want.wpm == facts.rate_wpm else engine.quicker(want.wpm / facts.rate_wpm)
    yield lambda: keep(voice).speak(text)
    again: Callable[..., Clip] | None = getattr(voice, "take", None)
    if again is None:
        yield from (lambda: voice.speak(text) for _ in range(2))
        return
    marks = ("", ".", ",", "!") if want.is_alone else (None,)
    for pace in (1.0, 0.9, 1.1) if want.wpm == facts.rate_wpm else (1.0,):
        for mark in marks:
            changed: dict[str, Any] = {"pace": pace} if mark is None else {"pace": pace, "mark": mark}
            if changed != {"pace": 1.0}:
                yield lambda changed=changed: again(text, **changed)  # type: ignore[misc]


def _faults(clip: Clip, want: Wanted, recogniser: Recogniser | None) -> list[str]:
    from coach.audio.centre import centre_spread_ms

    faults = recogniser.faults(want.text, clip) if recogniser is not None else []
    if not want.is_alone:
        return faults
    found = {
        "its centre is not clear": centre_spread_ms(clip.pcm, SAMPLE_RATE, want.wpm) > CLEAR_MS,
        "it begins too softly": clip.timing.onset_ms > LATEST_ONSET_MS,
        "its centre is late": clip.timing.center_ms > LATEST_CENTRE_MS,
    }
    return [*(fault for fault, is_so in found.items() if is_so), *faults]


def _begun_later(clip: Clip, wpm: int) -> Clip:
    """Return a clip without what is hardly heard before its first sound, but for the last of it."""
    import numpy as np

    from coach.audio.clip import FADE_MS, fade_ends, measure, measured

    signal = clip.pcm[ms_to_frames(clip.timing.onset_ms - SOONEST_ONSET_MS) :].astype(np.float64)
    fade_ends(signal, ms_to_frames(FADE_MS), 0)
    pcm = np.rint(signal).astype(np.int16)
    return measured(pcm, measure(pcm, wpm))


class _Coded(NamedTuple):
    """A coded clip, measured on what it decodes to."""

    data: bytes
    entry: Entry
    off_lu: float
    """How much too loud it is."""


def _best_coded(clip: Clip, want: Wanted) -> tuple[_Coded, str]:
    """Return a clip as Ogg Opus, as loud as it was before, and what the coder did wrong.

    Raises:
        MachineError: ffmpeg failed.
    """
    gain_db = 0.0
    for _ in range(_ROUNDS):
        coded = _measured(_coded(clip, gain_db, BITRATE_ALONE if want.is_alone else BITRATE), clip, want)
        if abs(coded.off_lu) <= LOUDNESS_OFF_LU / 2:
            break
        gain_db = min(_MOST_GAIN_DB, gain_db - coded.off_lu)  # a coder takes some of it away
    off_ms = coded.entry.timing.center_ms - clip.timing.center_ms
    if abs(coded.off_lu) > LOUDNESS_OFF_LU:
        return coded, f"coded, it is {coded.off_lu:+.1f} LU off"
    if want.is_alone and abs(off_ms) > CENTRE_OFF_MS:
        return coded, f"coded, its centre moves by {off_ms} ms"
    return coded, ""


def _coded(clip: Clip, gain_db: float, bitrate: str) -> bytes:
    import soxr

    loud = clip.pcm / 32768.0 * db_to_factor(gain_db)
    signal = soxr.resample(loud, SAMPLE_RATE, CODED_RATE, quality="VHQ")
    raw = ["-f", "f32le", "-ar", str(CODED_RATE), "-ac", "1", "-i", "-"]
    exact = ["-fflags", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1"]
    coder = ["-c:a", "libopus", "-b:a", bitrate, "-vbr", "on"]
    command = [ffmpeg_path(), "-v", "error", *raw, *coder, *exact, "-f", "ogg", "-"]
    try:
        done = subprocess.run(
            command, input=signal.astype("<f4").tobytes(), capture_output=True, timeout=_CODE_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MachineError(f"a clip could not be coded: {error}") from error
    if done.returncode or not done.stdout:
        raise MachineError("a clip could not be coded as Opus; “coach doctor” looks at ffmpeg")
    coded: bytes = done.stdout
    return coded


def _measured(data: bytes, clip: Clip, want: Wanted) -> _Coded:
    import numpy as np

    from coach.audio.clip import measure
    from coach.audio.loudness import SPEECH_LUFS, levels_of, speech_lufs, weighted_power

    pcm = pcm_of(data, -(-len(clip.pcm) // FRAMES_PER_MS) * FRAMES_PER_MS)
    power = weighted_power(pcm / 32768.0)
    room = int(-80 * np.log10(np.abs(pcm.astype(np.int32)).max(initial=1) / 32768))
    entry = Entry(want.text, want.wpm, sum_of(data), measure(pcm, want.wpm), room, levels_of(power))
    return _Coded(data, entry, speech_lufs(power) - SPEECH_LUFS)


def listener(words: frozenset[str]) -> Recogniser | None:
    """Return a recogniser that knows single words, if pocketsphinx is installed."""
    try:
        from coach.voices.recogniser import Recogniser

        return Recogniser(words)
    except CoachError:
        return None
