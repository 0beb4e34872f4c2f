"""``coach doctor``: what is installed and what would be used."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from typing import NamedTuple

import typer

from coach.cli.output import say


class Finding(NamedTuple):
    """One thing that was checked."""

    what: str
    is_well: bool
    text: str


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor() -> None:
    """Check what the coach needs, and say what to do about anything that is missing."""
    findings = [
        Finding("python", True, platform.python_version()),
        _finding("voice", _voice),
        _finding("lexicon", _lexicon),
        _finding("encoder", _encoder),
        _finding("player", _player),
        _finding("sounds", _sounds),
        _finding("scripts", _scripts),
        _finding("cache", _cache),
    ]
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        say(f"{'ok ' if finding.is_well else 'BAD'}  {finding.what:{width}}  {finding.text}")
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)


def _finding(what: str, look: Callable[[], str]) -> Finding:
    from coach.errors import CoachError

    try:
        return Finding(what, True, look())
    except (CoachError, OSError) as error:
        return Finding(what, False, str(error))


def _voice() -> str:
    from coach.defaults import RATE_WPM
    from coach.voices import best_voice, open_voice

    name = os.environ.get("COACH_VOICE") or best_voice()
    voice = open_voice(name, RATE_WPM)
    try:
        clip = voice.speak("Breathe in.")
    finally:
        voice.close()
    return f"{voice.name} speaks ({clip.timing.length_ms} ms for “Breathe in.” at {RATE_WPM} words a minute)"


def _lexicon() -> str:
    from coach.library.standard import LEXICON, standard_lexicon, user_folder

    return f"{len(standard_lexicon().spellings)} words; your own go into {user_folder() / LEXICON}"


def _encoder() -> str:
    import subprocess

    from coach.audio.ffmpeg import ffmpeg_path
    from coach.errors import EncoderError

    path = ffmpeg_path()
    listed = subprocess.run([path, "-v", "error", "-encoders"], capture_output=True, text=True, check=False)
    if "libmp3lame" not in listed.stdout:
        raise EncoderError(f"{path} cannot write MP3; reinstall the coach, or install an ffmpeg with libmp3lame")
    return path


def _player() -> str:
    from coach.players import find_players

    # Without a loudspeaker there is all the same a file.
    return "; ".join(f"{player.name}: {player.text}" for player in find_players())


def _sounds() -> str:
    from coach.audio.sounds import load_sounds
    from coach.files import data_folder

    return f"{len(load_sounds())} chimes in {data_folder('sounds')}"


def _scripts() -> str:
    from coach.files import data_folder
    from coach.library.standard import user_folder

    own = user_folder()
    state = "" if own.is_dir() else " (not there yet: make it for scripts of your own)"
    return f"built in: {data_folder('scripts')}; your own: {own}{state}"


def _cache() -> str:
    from coach.errors import OutputError
    from coach.storage.cache import kept_in, shared_cache
    from coach.voices.kept import cache_folder, clips_folder

    folder = cache_folder()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise OutputError(f"{folder} cannot be written, so every line is spoken anew each time; change COACH_CACHE")
    kept = kept_in(clips_folder())
    size = sum(size for _, size, _ in kept) / 1e6
    text = f"{folder} ({len(kept)} files, {size:.1f} MB; it may be deleted at any time)"
    shared = shared_cache()
    if shared is None:
        return text
    shared.check()
    return f"{text}; shared through {shared.address}"
