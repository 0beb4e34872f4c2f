"""The standard library: the scripts and the lexicon that come with the coach, and the user's own."""

from __future__ import annotations

import os
from pathlib import Path

from coach.core.lexicon import Lexicon
from coach.errors import InputError
from coach.files import data_folder, expanded
from coach.library.entry import read_text
from coach.library.library import Library
from coach.library.reader import read_lexicon

SCRIPTS_VARIABLE = "COACH_SCRIPTS"
LEXICON = "lexicon.yaml"


def user_folder() -> Path:
    """Return the folder of a person's own scripts, with ``stretches/`` and ``routines/`` in it; it need not exist.

    Raises:
        InputError: ``COACH_SCRIPTS`` names something that is not a folder.
    """
    chosen = os.environ.get(SCRIPTS_VARIABLE)
    if not chosen:
        import platformdirs

        return platformdirs.user_data_path("stretch-coach", appauthor=False) / "scripts"
    folder = expanded(chosen)
    if not os.path.isdir(folder):  # noqa: PTH112 - unlike Path.is_dir it raises nothing
        raise InputError(f"{SCRIPTS_VARIABLE} is {chosen}, which is not a folder; make it, or unset the variable")
    return folder


def standard_folders() -> tuple[Path, Path]:
    """Return the folders of the standard library; a name that is in both is the person's own.

    Raises:
        InputError: ``COACH_SCRIPTS`` names something that is not a folder.
    """
    return user_folder(), data_folder("scripts")


def standard_library() -> Library:
    """Return the person's own scripts and the built-in ones, by name alone.

    Raises:
        InputError: ``COACH_SCRIPTS`` names something that is not a folder.
    """
    return Library(standard_folders())


def standard_lexicon() -> Lexicon:
    """Return how words are spelled for the voices: the coach's own lexicon, and the person's, which outranks it.

    Raises:
        ScriptError: a lexicon has problems.
    """
    spellings: dict[str, str] = {}
    for folder in (data_folder("scripts"), user_folder()):
        path = folder / LEXICON
        if path.is_file():
            spellings |= read_lexicon(read_text(path), str(path))
    return Lexicon(spellings)
