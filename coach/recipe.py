"""The recipe: read, speak, compile, mix. The one place where the edges meet; the command line calls this."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from coach.core.breath import BreathPattern
from coach.core.engine import BeatTooShortError, TooLongError, compile_timeline, lines_in
from coach.core.plan import Pacing
from coach.core.routine import Routine
from coach.core.timeline import Sound, Timeline
from coach.errors import InputError
from coach.paths import expanded
from coach.units import SAMPLE_RATE

if TYPE_CHECKING:
    from coach.clip import Clip, Pcm
    from coach.mixer import Mixer
    from coach.voices.base import Voice

CACHE_VARIABLE = "COACH_CACHE"
DEFAULT_PATTERN = BreathPattern.parse("4-6")
"""Slow breathing near six a minute with the longer exhale is a fair default; the evidence is mixed (Steffen 2017,
Laborde 2021, Meehan & Shaffer 2024), so it is adjustable and promises comfort, not therapy."""
DEFAULT_BEAT_MS = 1000

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Compiled:
    """A timeline with the audio it needs."""

    timeline: Timeline
    clips: dict[str, Clip]
    sounds: dict[Sound, Clip]

    def mixer(self) -> Mixer:
        """Return the mixer that turns it into samples."""
        from coach.mixer import Mixer

        return Mixer(self.timeline, self.clips, self.sounds)


def cache_folder() -> Path:
    """Return where clips are kept: ``COACH_CACHE``, or the platform's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return expanded(chosen) if chosen else platformdirs.user_cache_path("stretch-coach", appauthor=False)


def cached_voice(name: str, rate_wpm: int) -> Voice:
    """Return a voice by name, with the cache around it (silence needs none)."""
    from coach.voices import open_voice
    from coach.voices.cached import CachedVoice

    voice = open_voice(name, rate_wpm)
    return voice if voice.name == "silent" else CachedVoice(voice, cache_folder() / "clips")


def compile_routine(routine: Routine, pacing: Pacing, voice: Voice, progress: Progress = no_progress) -> Compiled:
    """Speak every line of a routine and compile it.

    Raises:
        InputError: it would be too long, or the beat is too short for this voice.
        VoiceError: a line cannot be spoken.

    """
    from coach.sounds import load_sounds

    try:
        with closing(voice):
            sounds = load_sounds()
            clips = dict(_speak(lines_in(routine, pacing), voice, progress))
        timeline = compile_timeline(
            routine,
            pacing,
            {text: clip.timing for text, clip in clips.items()},
            {sound: clip.timing for sound, clip in sounds.items()},
            voice.name,
        )
    except (BeatTooShortError, TooLongError) as error:
        raise InputError(str(error)) from error
    return Compiled(timeline, clips, sounds)


def _speak(texts: tuple[str, ...], voice: Voice, progress: Progress) -> Iterator[tuple[str, Clip]]:
    for done, text in enumerate(texts):
        progress("speaking", done, len(texts))
        yield text, voice.speak(text)
    progress("speaking", len(texts), len(texts))


def estimate(routine: Routine, pacing: Pacing) -> Timeline:
    """Compile with the silent voice: about as long as a spoken one, in milliseconds of work and with no engine.

    Raises:
        InputError: it would be too long.

    """
    from coach.sounds import load_sounds
    from coach.voices.silent import silent_timing

    try:
        clips = {text: silent_timing(text) for text in lines_in(routine, pacing)}
        sounds = {sound: clip.timing for sound, clip in load_sounds().items()}
        return compile_timeline(routine, pacing, clips, sounds, check_beat=False)
    except TooLongError as error:
        raise InputError(str(error)) from error


def write_audio(compiled: Compiled, routine: Routine, path: Path, progress: Progress = no_progress) -> None:
    """Mix and encode; the blocks of one and the same mixer go to the encoder as they come.

    Raises:
        OutputError: the file cannot be written.
        EncoderError: ffmpeg failed.

    """
    from coach.encoder import MADE_BY, encode

    mixer = compiled.mixer()
    tags = {"title": routine.name, "artist": MADE_BY, "album": MADE_BY}
    encode(_watched(mixer, progress), mixer.total_frames, path, tags)


def _watched(mixer: Mixer, progress: Progress) -> Iterator[Pcm]:
    done = 0
    total_s = mixer.total_frames // SAMPLE_RATE
    for block in mixer.blocks():
        yield block
        done += len(block)
        progress("writing", done // SAMPLE_RATE, total_s)
